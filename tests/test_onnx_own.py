"""Networks of one's own as ONNX, by torch's exporter."""

import numpy as np
import pytest
import torch
from sklearn.pipeline import make_pipeline

from ecgclf.classifiers import ECGClassifier
from ecgclf.datasets import make_recordings
from ecgclf.nn import ResNet
from ecgclf.onnx import load_onnx, to_onnx
from ecgclf.preprocessing import Resampler
from own import Fixed, Small, Unmasked


@pytest.fixture(scope="module")
def recordings():
    return make_recordings(24, duration=(2.0, 4.0), random_state=0, return_X_y=True)


def fitted(recordings, module=Small, **params):
    return ECGClassifier(module, **{"max_epochs": 2, "random_state": 0, **params}).fit(*recordings)


def test_it_answers_as_the_classifier_does(recordings, tmp_path):
    X, _ = recordings
    classifier = fitted(recordings)
    to_onnx(classifier, tmp_path / "own.onnx")
    model = load_onnx(tmp_path / "own.onnx")
    np.testing.assert_allclose(model.predict_proba(X), classifier.predict_proba(X), atol=1e-5)
    # With weights large enough to tell a wrong graph.
    assert np.ptp(classifier.predict_proba(X), axis=0).max() > 1e-3


def test_behind_other_steps_and_by_windows(recordings, tmp_path):
    X, y = recordings
    own = ECGClassifier(Small, max_epochs=2, window_length=200, window_stride=100, random_state=0)
    pipeline = make_pipeline(Resampler(100, sampling_rate=300), own).fit(X, y)
    to_onnx(pipeline, tmp_path / "own.onnx")
    found = load_onnx(tmp_path / "own.onnx").predict_proba(X)
    np.testing.assert_allclose(found, pipeline.predict_proba(X), atol=1e-5)


def test_one_that_does_not_mask_is_given_recordings_of_one_length_at_a_time(recordings, tmp_path):
    X, y = recordings
    classifier = fitted(([x[:600] for x in X], y), Unmasked)
    to_onnx(classifier, tmp_path / "own.onnx")
    model = load_onnx(tmp_path / "own.onnx")
    assert not model.metadata["masks_padding"]
    np.testing.assert_allclose(model.predict_proba(X), classifier.predict_proba(X), atol=1e-5)


def test_one_that_knows_one_length(recordings, tmp_path):
    X, y = recordings
    X = np.stack([x[:600] for x in X])
    classifier = fitted((X, y), Fixed)
    to_onnx(classifier, tmp_path / "own.onnx")
    np.testing.assert_allclose(
        load_onnx(tmp_path / "own.onnx").predict_proba(X), classifier.predict_proba(X), atol=1e-5
    )


def test_one_of_this_package(recordings, tmp_path):
    params = {"n_blocks": 1, "kernel_size": 5, "n_filters": 4, "widen_every": 2, "filter_growth": "linear"}
    params |= {"subsample_every": 1, "stem_stride": 4, "pooling": "mean_max", "dropout": 0.0}
    classifier = fitted(recordings, ResNet, module_params=params)
    to_onnx(classifier, tmp_path / "own.onnx")
    found = load_onnx(tmp_path / "own.onnx").predict_proba(recordings[0])
    np.testing.assert_allclose(found, classifier.predict_proba(recordings[0]), atol=1e-5)


class Untraceable(Small):
    """Decides by the values in a batch."""

    def forward(self, x, lengths):
        """Logits of a batch."""
        return super().forward(x if float(x.sum()) < 1e9 else -x, lengths)


def test_what_torch_cannot_export_is_told(recordings, tmp_path, capfd):
    classifier = fitted(recordings, Untraceable)
    with pytest.raises(ValueError, match="torch cannot export the Untraceable to ONNX"):
        to_onnx(classifier, tmp_path / "own.onnx")
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr().out == ""


def test_an_older_torch_is_told_from_a_network_that_cannot_be_exported(recordings, tmp_path, monkeypatch):
    classifier = fitted(recordings)
    # There it is a function, without the attribute.
    monkeypatch.setattr(torch.export, "Dim", lambda name: None)
    with pytest.raises(ValueError, match=r"torch .* cannot export the Small to ONNX .* needs a newer torch"):
        to_onnx(classifier, tmp_path / "own.onnx")
    assert not list(tmp_path.iterdir())
