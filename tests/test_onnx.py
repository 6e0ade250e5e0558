"""An ONNX file says what the estimator says, on recordings of any length, and needs no torch for it."""

import json
import math
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import ecgclf.onnx._export as exporter
from ecgclf.classifiers import ResNetClassifier
from ecgclf.datasets import load_cinc2017_sample, make_recordings
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.explanation import ExplanationWarning, LimeTimeSeriesExplainer
from ecgclf.metrics import cinc2017_score
from ecgclf.onnx import OnnxClassifier, _portable, load_onnx, to_onnx
from ecgclf.onnx._steps import describe
from ecgclf.preprocessing import (
    BandpassFilter,
    FixedLength,
    NotchFilter,
    RecordingNormalizer,
    Resampler,
    RRFeatures,
    WaveletDenoiser,
)
from ecgclf.pretrained import load_pretrained
from small import NAMES, Column, small
from strategies import recording

pytestmark = pytest.mark.filterwarnings("ignore::ecgclf.signal.SignalQualityWarning")

# Networks with what the small ones leave out.
VARIANTS = {
    "ResNetClassifier": {"n_blocks": 5, "widen_every": 2, "subsample_every": 2, "pooling": "mean", "stem_stride": 3},
    "LSTMClassifier": {"stem_stride": 12, "n_layers": 2, "pooling": "max"},
    "BiLSTMClassifier": {"stem_stride": 1, "n_layers": 2, "pooling": "mean", "n_units": 2},
    "CRNNClassifier": {"batch_norm": False, "segment_pooling": "max", "n_layers": 2},
    "CRANNClassifier": {"pooling": "attention", "bidirectional": False},
    "ATICNNClassifier": {"residual": False, "pool_size": 3, "n_layers": 2, "pooling": "attention"},
}
STEPS = [
    BandpassFilter(sampling_rate=300.0),
    BandpassFilter(1.0, 45.0, order=3, sampling_rate=250.0),
    NotchFilter(60.0, quality=12.0, sampling_rate=300.0),
    Resampler(100.0, sampling_rate=300.0),
    Resampler(300.0, sampling_rate=257.3),
    Resampler(sampling_rate=300.0),
    RecordingNormalizer(clip=1.5),
    RecordingNormalizer("robust"),
    WaveletDenoiser(),
    WaveletDenoiser("sym4", 3),
    FixedLength(50, position="center"),
    FixedLength(50, position="end", mode="edge"),
    FixedLength(50, mode="repeat"),
]


@pytest.fixture(scope="module")
def real():
    """Some real recordings, cut to lengths from two samples to half a minute."""
    X, y = load_cinc2017_sample(return_X_y=True)
    lengths = [9000, 2, 47, 700, 3001, 64, 65, 1500, 333, 128, 4999, 10]
    return [item[:length] for item, length in zip(X, lengths, strict=False)], y[: len(lengths)]


@pytest.fixture
def path(tmp_path):
    """A place for a file."""
    return tmp_path / "model.onnx"


def check(estimator, X, path):
    """Export, and compare with the estimator."""
    to_onnx(estimator, path)
    model = load_onnx(path)
    probabilities = model.predict_proba(X)
    np.testing.assert_array_equal(model.classes_, estimator.classes_)
    np.testing.assert_allclose(probabilities, estimator.predict_proba(X), atol=1e-4, rtol=0)
    np.testing.assert_array_equal(model.predict_log_proba(X), np.log(probabilities))
    return probabilities


@pytest.mark.parametrize("name", NAMES)
def test_a_classifier_says_the_same_on_real_recordings(name, real, path):
    X, y = real
    check(small(name, class_weight="balanced").fit(X, y), X, path)
    variant = small(name, **VARIANTS[name]).fit(X[3:5], y[3:5] if len(set(y[3:5])) > 1 else ["a", "b"])
    probabilities = check(variant, X[1:], path)
    assert np.ptp(probabilities[:, 0]) > 1e-3


@pytest.mark.parametrize("ensemble", [False, True])
@pytest.mark.parametrize("metric", [None, accuracy_score])
def test_tuned_decisions_and_ensembles_say_the_same(ensemble, metric, real, path):
    X, y = real
    X, y = X * 2, np.array(["A", "N", "O"] * 8)
    for estimator in (
        small("CRANNClassifier", max_epochs=2),
        make_pipeline(Resampler(150.0, sampling_rate=300.0), small("LSTMClassifier", max_epochs=2)),
    ):
        tuned = TunedDecisionClassifierCV(estimator, cv=2, ensemble=ensemble, scoring=metric).fit(X, y)
        # Far from one, as these have not learnt anything.
        tuned.temperature_ = 0.3
        assert np.ptp(check(tuned, X, path)[:, 0]) > 1e-3
        assert about(path)["class_weights"] == tuned.class_weights_.tolist()
        pipeline = make_pipeline(RecordingNormalizer().fit(X), tuned)
        check(pipeline, X, path)
        assert about(path)["preprocessing"][0]["step"] == "normalize"


@pytest.mark.parametrize("tuned", [False, True])
def test_a_vote_says_the_same(tuned, real, path):
    X, y = real
    X, y = X * 2, np.array(["A", "N", "O"] * 8)
    vote = VotingClassifier(
        [(name[:4], small(name, max_epochs=2)) for name in ("LSTMClassifier", "CRANNClassifier")], voting="soft"
    )
    if tuned:
        vote = TunedDecisionClassifierCV(vote, cv=2, ensemble=True)
    pipeline = make_pipeline(Resampler(150.0, sampling_rate=300.0), vote).fit(X, y)
    if tuned:
        pipeline[-1].temperature_ = 0.3
    assert np.ptp(check(pipeline, X, path)[:, 0]) > 1e-3
    model = load_onnx(path)
    assert model.classes_.tolist() == ["A", "N", "O"]
    np.testing.assert_array_equal(model.predict(X), pipeline.predict(X))


@pytest.mark.parametrize("n_leads", [1, 2])
@pytest.mark.parametrize("shared", [[], [Resampler(300.0, sampling_rate=250.0), RecordingNormalizer()]], ids=len)
def test_members_of_a_vote_may_have_rates_of_their_own(shared, n_leads, path, tmp_path):
    rate = 250.0 if shared else 300.0
    X, y = make_recordings(
        16, n_leads=n_leads, sampling_rate=rate, duration=(1.0, 6.0), random_state=0, return_X_y=True
    )
    crann = small("CRANNClassifier", max_epochs=2)
    vote = VotingClassifier(
        [
            ("a", make_pipeline(*shared, small("LSTMClassifier", max_epochs=2))),
            ("b", make_pipeline(*shared, Resampler(100.0, sampling_rate=300.0), crann)),
            ("c", make_pipeline(*shared, make_pipeline(Resampler(60.0, sampling_rate=300.0), crann))),
        ],
        voting="soft",
    )
    model = vote.fit(X, y)
    assert np.ptp(check(model, X, path)[:, 0]) > 1e-3
    told = about(path)
    assert (told["sampling_rate"], told["network_sampling_rate"]) == (rate, 300.0)
    assert [step["step"] for step in told["preprocessing"]] == ["resample", "normalize"][: len(shared)]
    # Whatever stands beyond the end of a recording: the same answers.
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    x = np.atleast_2d(X[0])[None].astype(np.float32)
    lengths = np.array([x.shape[2]])
    padded = np.concatenate([x, np.full((1, n_leads, 500), 1e30, dtype=np.float32)], axis=2)
    (alone,), (beside,) = (
        session.run(["probabilities"], {"signal": signal, "lengths": count})
        for signal, count in [
            (x, lengths),
            (np.concatenate([padded, padded]), np.array([x.shape[2], x.shape[2] + 100])),
        ]
    )
    np.testing.assert_allclose(beside[0], alone[0], atol=1e-6, rtol=0)
    # Attention of both is on other steps, hence not told; that of one is.
    assert told["attention_step"] is None
    one = vote.set_params(c="drop").fit(X, y)
    to_onnx(one, path)
    step = about(path)["attention_step"]
    network = one.estimators_[1][-1]
    own_step = network.net_.module_.encoder.segment_length
    assert step == 3 * own_step
    if not shared:
        of_network = network.attention(one.estimators_[1][0].transform(X))
        for found, expected in zip(load_onnx(path).attention(X), of_network, strict=True):
            np.testing.assert_allclose(_by_step(found, step), _by_step(expected, own_step), atol=1e-6)


def _by_step(weights, step):
    return np.add.reduceat(weights, np.arange(0, len(weights), step))


@pytest.mark.parametrize("own", [Resampler(200.0, sampling_rate=300.0), NotchFilter(sampling_rate=300.0)], ids=str)
def test_other_steps_of_their_own_are_refused(own, real, path):
    one = small("LSTMClassifier", max_epochs=1)
    vote = VotingClassifier([("a", one), ("b", make_pipeline(own, one))], voting="soft").fit(*real)
    with pytest.raises(ValueError, match="other preprocessing steps, .* and cannot share a file"):
        to_onnx(vote, path)
    rates = {"a": 300.0, "b": 200.0}
    voters = [(name, make_pipeline(Resampler(100.0, sampling_rate=rate), one)) for name, rate in rates.items()]
    vote = VotingClassifier(voters, voting="soft")
    with pytest.raises(ValueError, match="one network takes recordings at .*but the preprocessing is made for"):
        to_onnx(vote.fit(*real), path)


@pytest.mark.parametrize(
    ("settings", "match"),
    [({"voting": "hard"}, "voting='hard'"), ({"voting": "soft", "weights": [2, 1]}, r"weights=\[2, 1\]")],
)
def test_other_votes_are_refused(settings, match, real, path):
    voters = [("a", small("LSTMClassifier", max_epochs=1)), ("b", small("CRNNClassifier", max_epochs=1))]
    with pytest.raises(ValueError, match=f"VotingClassifier .*{match}.* cannot be exported"):
        to_onnx(VotingClassifier(voters, **settings).fit(*real), path)


def test_a_search_is_sent_to_its_best_estimator(real, path):
    search = GridSearchCV(small("LSTMClassifier", max_epochs=1), {"n_units": [8]}, cv=2)
    search.fit(real[0], np.arange(len(real[0])) % 2)
    with pytest.raises(ValueError, match=r"^GridSearchCV cannot be exported; its \.best_estimator_ can"):
        to_onnx(search, path)
    to_onnx(search.best_estimator_, path)


def test_voters_with_windows_or_steps_of_their_own_are_refused(real, path):
    one, other = small("LSTMClassifier", max_epochs=1), small("CRNNClassifier", max_epochs=1, window_length=300)
    with pytest.raises(ValueError, match="windows of their own"):
        to_onnx(VotingClassifier([("a", one), ("b", other)], voting="soft").fit(*real), path)
    voters = [("a", one), ("b", make_pipeline(RecordingNormalizer(), one))]
    with pytest.raises(ValueError, match="other preprocessing steps"):
        to_onnx(VotingClassifier(voters, voting="soft").fit(*real), path)


@pytest.mark.parametrize("ensemble", [False, True])
@pytest.mark.parametrize("several", [False, True])
def test_decisions_tuned_on_tuned_decisions_say_the_same(ensemble, several, real, path):
    """As those of a trained model are, tuned once more to recordings of one's own."""
    X, y = real
    X, y = X * 2, np.array(["A", "N", "O"] * 8)
    inner = TunedDecisionClassifierCV(small("LSTMClassifier", max_epochs=2), cv=3, ensemble=ensemble)
    if several:
        y = np.stack([y == "A", np.arange(24) % 2], axis=1).astype(int)
    pipeline = make_pipeline(Resampler(150.0, sampling_rate=300.0), inner).fit(X, y)
    outer = TunedDecisionClassifierCV(pipeline, cv="prefit", scoring=accuracy_score).fit(X, y)
    # Neither is near one, nor are the answers near a half.
    pipeline[-1].temperature_, outer.temperature_ = 0.05, 2.0
    outer.class_weights_ = np.array([0.3, 1.5, 2.0])[: len(outer.classes_)]
    probabilities = check(outer, X, path)
    assert np.ptp(probabilities[:, 0]) > 0.01
    assert about(path)["class_weights"] == outer.class_weights_.tolist()
    assert [step["step"] for step in about(path)["preprocessing"]] == ["resample"]
    np.testing.assert_array_equal(load_onnx(path).predict(X), outer.predict(X))


def test_a_vote_of_tuned_decisions_says_the_same(real, path):
    X, y = real
    X, y = X * 2, np.array(["A", "N", "O"] * 8)
    tuned = TunedDecisionClassifierCV(small("LSTMClassifier", max_epochs=2), cv=2, ensemble=True)
    vote = VotingClassifier([("a", tuned), ("b", small("CRNNClassifier", max_epochs=2))], voting="soft").fit(X, y)
    vote.estimators_[0].temperature_ = 0.1
    check(vote, X, path)
    assert about(path)["class_weights"] == [1.0] * 3
    np.testing.assert_array_equal(load_onnx(path).predict(X), vote.predict(X))


def test_a_trained_model_whose_decisions_are_tuned_anew_says_the_same(path):
    X, y = load_cinc2017_sample(return_X_y=True)
    model = load_pretrained("tiny-cinc2017", sampling_rate=300)
    tuned = TunedDecisionClassifierCV(FrozenEstimator(model), scoring=cinc2017_score, cv="prefit").fit(X[:60], y[:60])
    check(tuned, X[60:70], path)
    np.testing.assert_array_equal(load_onnx(path).predict(X[60:70]), tuned.predict(X[60:70]))


def test_a_probability_of_nothing_may_win_by_its_weight_as_in_tuning(real, path):
    classifier = small("LSTMClassifier", max_epochs=1).fit(real[0], np.arange(12) % 2)
    tuned = TunedDecisionClassifierCV(classifier, cv="prefit", calibration=None, scoring=accuracy_score)
    tuned.fit(real[0], np.arange(12) % 2)
    # The logits are so far apart that float32 has a probability of 0.
    classifier.net_.module_.head.weight.data.zero_()
    classifier.net_.module_.head.bias.data = torch.tensor([300.0, 0.0])
    tuned.class_weights_ = np.array([1e-7, 1e7])
    to_onnx(tuned, path)
    assert (tuned.predict_proba(real[0])[:, 1] < 1e-100).all()
    np.testing.assert_array_equal(tuned.predict(real[0]), 1)
    np.testing.assert_array_equal(load_onnx(path).predict(real[0]), 1)


def test_what_an_ensemble_cannot_export_is_said(real, path):
    X, _ = real
    windows = TunedDecisionClassifierCV(small("LSTMClassifier", max_epochs=1, window_length=300), cv=2)
    windows.fit(X, np.arange(len(X)) % 2)
    with pytest.raises(ValueError, match="means over windows"):
        to_onnx(windows, path)
    to_onnx(windows.set_params(calibration=None).fit(X, np.arange(len(X)) % 2), path)
    splits = [(np.arange(8), np.arange(8, 12)), (np.arange(4, 12), np.arange(4))]
    labels = np.array([2, 2, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    lacking = TunedDecisionClassifierCV(small("LSTMClassifier", max_epochs=1), cv=splits, ensemble=True)
    with pytest.warns(UserWarning, match="0 of 2 recordings of 2"):
        lacking.fit(X, labels)
    with pytest.raises(ValueError, match="has not seen all classes"):
        to_onnx(lacking, path)


@pytest.mark.parametrize(
    ("recording", "match"),
    [
        (
            np.ma.array(np.zeros((2, 500)), mask=np.arange(1000).reshape(2, 500) == 7),
            r"recording 1 contains NaN.*masked",
        ),
        ([np.zeros(500), np.ma.array(np.zeros(500), mask=np.arange(500) == 7)], r"recording 1 contains NaN.*masked"),
        (np.full((2, 500), 1e39), r"recording 1 contains .*float32 \(first at lead 0, sample 0\)"),
        (np.where(np.arange(1000).reshape(2, 500) == 707, np.nan, 0), "first at lead 1, sample 207"),
        (np.zeros((500, 2)), r"recording 1 has shape \(500, 2\); expected \(2, n_timepoints\).*transpose"),
        ([["a", "b"], ["c", "d"]], "recording 1 does not convert to numbers"),
        ([[0.0], [1.0, 2.0]], "recording 1 does not convert to numbers"),
    ],
)
def test_the_second_copy_of_the_gate_says_what_the_first_does(recording, match, path):
    """`load_onnx` has numpy alone, and refuses what the estimator refuses."""
    X, y = make_recordings(8, n_leads=2, duration=(2.0, 3.0), random_state=0, return_X_y=True)
    classifier = small("LSTMClassifier", max_epochs=1).fit(X, y)
    to_onnx(classifier, path)
    with pytest.raises(ValueError, match=match):
        load_onnx(path).predict_proba([X[0], recording])
    with pytest.raises(ValueError, match="recording 1"):
        classifier.predict_proba([X[0], recording])


def about(path):
    """What a file says of itself."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return json.loads(session.get_modelmeta().custom_metadata_map["ecgclf"])


def test_doubling_filters_and_raw_samples(real, path):
    X, _ = real
    resnet = ResNetClassifier(
        n_blocks=2, n_filters=4, widen_every=1, filter_growth="double", stem_stride=1, max_epochs=1
    )
    check(resnet.fit(X[4:8], [0, 1, 0, 1]), X, path)


def test_a_whole_pipeline_of_two_leads_says_the_same(path):
    X, y = make_recordings(12, n_leads=2, duration=(2.0, 4.0), random_state=0, return_X_y=True)
    steps = [
        Resampler(150.0, sampling_rate=300.0),
        BandpassFilter(sampling_rate=150.0),
        WaveletDenoiser(level=3),
        RecordingNormalizer(clip=8.0),
    ]
    pipeline = make_pipeline(make_pipeline(*steps[:2]), "passthrough", *steps[2:], small("CRANNClassifier"))
    probabilities = check(pipeline.fit(X, y), X, path)
    # Off the filter's grid and in another precision the steps have to be the same too.
    halves = load_onnx(path).predict_proba([item.astype(np.float32) for item in X])
    np.testing.assert_allclose(halves, probabilities, atol=1e-4)


@pytest.mark.parametrize("stride", [None, 100, {"A": 50}])
def test_windows_are_averaged(stride, real, path):
    X, y = real
    check(small("LSTMClassifier", window_length=400, window_stride=stride).fit(X, y), X, path)


def test_tables_and_arrays_are_taken(path):
    X = np.random.default_rng(0).normal(size=(8, 200))
    classifier = small("CRNNClassifier", max_epochs=1).fit(X, np.arange(8) % 2)
    expected = check(classifier, X, path)
    model = load_onnx(path)
    np.testing.assert_array_equal(model.predict_proba(X[:, np.newaxis]), expected)
    np.testing.assert_array_equal(model.predict_proba(list(X)), expected)
    np.testing.assert_array_equal(model.predict(X), classifier.predict(X))


@pytest.mark.parametrize("step", STEPS, ids=repr)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(recording=recording(n_leads=2, max_timepoints=300))
def test_preparation_with_numpy_is_the_transformers(step, recording):
    about = {
        "classes": "ab",
        "class_weights": [1, 1],
        "multilabel": False,
        "masks_padding": True,
        "n_leads": 2,
        "sampling_rate": None,
    }
    prepare = OnnxClassifier("", None, {**about, "preprocessing": json.loads(json.dumps([describe(step)]))}).prepare
    (expected,) = step.fit_transform([recording])
    np.testing.assert_allclose(prepare(recording), expected, atol=1e-7)
    short = prepare(recording.astype(np.float32))
    assert short.dtype == np.float32
    assert short.shape == expected.shape


def test_a_collection_is_what_it_is_for_an_estimator(real, path):
    X, y = real
    classifier = small("LSTMClassifier", max_epochs=1).fit(X, y)
    to_onnx(classifier, path)
    model = load_onnx(path)
    table = np.stack([np.resize(x, 600) for x in X])
    expected = model.predict_proba(table)
    np.testing.assert_allclose(expected, classifier.predict_proba(table), atol=1e-5)
    # A wide frame, a long one, a column of recordings in either form, and an array that no library here has.
    for form in (pd.DataFrame(table), Column(list(table)), pd.Series(list(table)), pd.DataFrame({"ecg": list(table)})):
        np.testing.assert_array_equal(model.predict_proba(form), expected)
    long = np.tile(table, (60, 1))
    np.testing.assert_allclose(model.predict_proba(pd.DataFrame(long)), np.tile(expected, (60, 1)), atol=1e-6)
    others = (b"abc", {1, 2}, {"data": X}, "abc", None, 3, iter(X), [], np.zeros((0, 9)))
    for wrong in (X[0], [1, 2, 3], list(X[0]), *others):
        with pytest.raises(ValueError, match="^X (is|holds)"):
            model.predict(wrong)
    for wrong in ("1.5", np.zeros(9, complex), np.zeros(9, "datetime64[s]"), np.array(["1.5"] * 9)):
        with pytest.raises(ValueError, match="^X is one recording|recording 1 does not convert to numbers"):
            model.predict([X[0], wrong] if np.ndim(wrong) else [wrong])


def test_a_long_recording_does_not_lengthen_the_others(real, path):
    X, y = real
    to_onnx(small("LSTMClassifier", max_epochs=1).fit(X, y), path)
    model = load_onnx(path)
    long = np.random.default_rng(0).normal(size=2**20)
    calls = []

    class Session:
        def run(self, outputs, inputs):
            calls.append(inputs["signal"].shape)
            return model_session.run(outputs, inputs)

    model_session, model._session = model._session, Session()
    together = model.predict_proba([*X, long])
    assert [shape[0] for shape in calls] == [len(X), 1]
    np.testing.assert_allclose(together[:-1], model.predict_proba(X), atol=1e-6)


def changed(path, change):
    """Change a file as a stranger may."""
    model = onnx.load(path)
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


def test_answers_that_are_none_are_no_label(real, path):
    X, y = real
    classifier = small("LSTMClassifier", max_epochs=1).fit(X, y)
    to_onnx(classifier, path)

    def damage(model):
        weights = next(each for each in model.graph.initializer if each.dims[:1] == [4] or each.dims[1:] == [4])
        weights.CopyFrom(onnx.numpy_helper.from_array(np.full(weights.dims, np.nan, np.float32), weights.name))

    with pytest.raises(ValueError, match=r"model.onnx answers recording \d+ by \[nan"):
        load_onnx(changed(path, damage)).predict(X)
    to_onnx(classifier, path)

    def rename(model):
        model.graph.output[0].name = model.graph.node[-1].output[0] = "logits"

    with pytest.raises(ValueError, match=r"has a graph from \['lengths', 'signal'\] to \['logits'\]"):
        load_onnx(changed(path, rename))


def test_no_other_file_is_read(real, path, tmp_path, monkeypatch):
    """What an initializer points at, in the folder one happens to be in."""
    to_onnx(small("LSTMClassifier", max_epochs=1).fit(*real), path)
    monkeypatch.chdir(tmp_path)
    np.arange(1000, dtype=np.float32).tofile("secret.bin")

    def point(model):
        secret = model.graph.initializer.add(name="secret", data_type=onnx.TensorProto.FLOAT, dims=[1000])
        secret.data_location = onnx.TensorProto.EXTERNAL
        secret.external_data.add(key="location", value="secret.bin")
        model.graph.node.append(onnx.helper.make_node("Gather", ["secret", "lengths"], ["told"]))
        model.graph.output.append(onnx.helper.make_tensor_value_info("told", onnx.TensorProto.FLOAT, ["n"]))

    with pytest.raises(ValueError, match="model.onnx is no ONNX file.*secret"):
        load_onnx(changed(path, point))


@pytest.mark.parametrize("rate", [0, -5.0, np.nan, np.inf, True, "300"])
def test_a_rate_that_is_none(rate, real, path):
    with pytest.raises(ValueError, match="^sampling_rate=.*; expected a number of Hz"):
        to_onnx(small("LSTMClassifier", max_epochs=1).fit(*real), path, sampling_rate=rate)
    assert not path.exists()


def test_steps_beyond_what_a_file_may_ask_for(path):
    X = [np.random.default_rng(i).normal(size=60) for i in range(6)]
    pipeline = make_pipeline(Resampler(3000.0, sampling_rate=10.0), small("LSTMClassifier", max_epochs=1))
    with pytest.raises(ValueError, match=r"\[Resampler.* cannot be exported, and no file was written.*hundredfold"):
        to_onnx(pipeline.fit(X, [0, 1] * 3), path)
    assert not path.exists()


def test_nothing_but_numpy_and_onnxruntime_is_needed(real, path, tmp_path):
    """A fresh interpreter in which ecgclf, torch and all else that could help cannot be imported."""
    X, y = real
    pipeline = make_pipeline(
        BandpassFilter(sampling_rate=300.0),
        Resampler(200.0, sampling_rate=300.0),
        RecordingNormalizer(),
        small("BiLSTMClassifier"),
    ).fit(X, y)
    to_onnx(pipeline, path)
    np.savez(tmp_path / "X.npz", *X)
    shutil.copytree(Path(_portable.__file__).parent, tmp_path / "alone")
    code = """
import sys
class Blocked:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in {"torch", "skorch", "sklearn", "scipy", "pywt", "onnx", "ecgclf", "safetensors"}:
            raise ImportError(name + " is blocked")
sys.meta_path.insert(0, Blocked())
try:
    import torch
except ImportError:
    import numpy as np, alone
    with np.load("X.npz") as file:
        X = [file[name] for name in file.files]
    model = alone.load_onnx("model.onnx")
    np.save("p.npy", model.predict_proba(X))
    print(model.classes_.tolist())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": ""}, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == str(pipeline.classes_.tolist())
    np.testing.assert_allclose(np.load(tmp_path / "p.npy"), pipeline.predict_proba(X), atol=1e-4)


def test_the_public_function_loads_no_torch():
    code = "import sys; from ecgclf.onnx import load_onnx; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def test_the_file_tells_about_itself(real, path):
    X, y = real
    pipeline = make_pipeline(Resampler(100.0, sampling_rate=300.0), small("LSTMClassifier", max_epochs=1)).fit(X, y)
    to_onnx(pipeline, path)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    about = json.loads({prop.key: prop.value for prop in model.metadata_props}["ecgclf"])
    assert about["classes"] == pipeline.classes_.tolist()
    assert (about["sampling_rate"], about["network_sampling_rate"], about["unit"]) == (300.0, 100.0, "mV")
    assert {"ecgclf", "torch", "numpy"} < about["versions"].keys()
    shapes = {
        value.name: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in model.graph.input
    }
    assert shapes == {"signal": ["n", 1, "n_timepoints"], "lengths": ["n"]}


CRANN = small("CRANNClassifier", max_epochs=1)


@pytest.mark.parametrize("name", ["CRANNClassifier", "ATICNNClassifier"])
@pytest.mark.parametrize("settings", [{}, {"window_length": 300, "window_stride": 200}, {"pooling": "attention"}])
def test_attention_is_that_of_the_network(name, settings, real, path):
    X, y = real
    classifier = small(name, max_epochs=1, **settings).fit(X, y)
    to_onnx(classifier, path)
    for one, other in zip(load_onnx(path).attention(X), classifier.attention(X), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
        assert one.sum() == pytest.approx(1)


def test_attention_of_an_ensemble_is_the_mean_and_on_the_axis_of_the_recording(real, path):
    X, _ = real
    vote = VotingClassifier([("a", CRANN), ("b", small("CRNNClassifier", max_epochs=1))], voting="soft")
    tuned = TunedDecisionClassifierCV(vote, cv=2, calibration=None, ensemble=True)
    model = make_pipeline(Resampler(100.0, sampling_rate=300.0), tuned).fit(X, np.arange(len(X)) % 2)
    to_onnx(model, path)
    prepared = model[0].transform(X)
    looked = [each.named_estimators_["a"].attention(prepared) for each in model[-1].estimators_]
    for x, first, second, found in zip(X, *looked, load_onnx(path).attention(X), strict=True):
        mean = (first + second) / 2
        expected = mean[np.arange(len(x)) * len(mean) // len(x)]
        np.testing.assert_allclose(found, expected / expected.sum(), atol=1e-6)


def test_where_there_is_no_telling_where_it_looks(real, path):
    X, y = real
    for estimator in (
        small("CRNNClassifier", max_epochs=1),
        make_pipeline(FixedLength(600), CRANN),
        VotingClassifier(
            [("a", CRANN), ("b", small("CRANNClassifier", max_epochs=1, segment_length=64))], voting="soft"
        ),
    ):
        to_onnx(estimator.fit(X, y), path)
        with pytest.raises(ValueError, match="does not tell where"):
            load_onnx(path).attention(X)
        assert [output.name for output in onnx.load(path).graph.output] == ["probabilities"]


def test_a_step_of_the_same_name_from_elsewhere_is_refused():
    """It may do anything, and what is exported would be ours."""
    other = type("RecordingNormalizer", (), {"method": "zscore", "clip": None, "__module__": "elsewhere"})()
    with pytest.raises(ValueError, match="step RecordingNormalizer cannot be exported"):
        describe(other)


def test_a_sampling_rate_that_contradicts_is_refused(real, path):
    X, y = real
    classifier = small("LSTMClassifier", max_epochs=1).fit(X, y)
    to_onnx(classifier, path, sampling_rate=250.0)
    with pytest.raises(ValueError, match=r"sampling_rate=250\.0, but the preprocessing is made for 300\.0"):
        to_onnx(make_pipeline(BandpassFilter(sampling_rate=300.0), classifier).fit(X, y), path, sampling_rate=250.0)


@pytest.mark.parametrize(
    ("steps", "match"),
    [
        (
            [Resampler(150, sampling_rate=500), BandpassFilter(sampling_rate=300)],
            "made for 300 Hz.*Resampler.* 150 Hz",
        ),
        (
            [BandpassFilter(sampling_rate=300), NotchFilter(sampling_rate=500)],
            "made for 500 Hz.*BandpassFilter.* 300 Hz",
        ),
        (
            [NotchFilter(sampling_rate=300), RecordingNormalizer(), Resampler(100, sampling_rate=500)],
            "made for 500 Hz.* 300 Hz",
        ),
        ([Resampler(100, sampling_rate=300), Resampler(50, sampling_rate=300)], "made for 300 Hz.* 100 Hz"),
    ],
    ids=str,
)
@pytest.mark.parametrize("nested", [False, True])
def test_steps_that_disagree_about_the_rate_are_refused(steps, match, nested, real, path):
    X, y = real
    classifier = small("LSTMClassifier", max_epochs=1)
    pipeline = make_pipeline(steps[0], make_pipeline(*steps[1:], classifier)) if nested else [*steps, classifier]
    pipeline = (pipeline if nested else make_pipeline(*pipeline)).fit(X, y)
    with pytest.raises(ValueError, match=match):
        to_onnx(pipeline, path)
    assert not path.exists()


@pytest.mark.parametrize("step", [RRFeatures(300), StandardScaler()])
def test_steps_without_numbers_are_refused(step, path):
    X = np.random.default_rng(0).normal(size=(8, 200))
    pipeline = make_pipeline(step, small("LSTMClassifier", max_epochs=1)).fit(X, np.arange(8) % 2)
    with pytest.raises(ValueError, match=f"step {type(step).__name__} cannot be exported"):
        to_onnx(pipeline, path)


def test_other_classifiers_and_unknown_networks_are_refused(real, path):
    with pytest.raises(ValueError, match="LogisticRegression cannot be exported"):
        to_onnx(make_pipeline(RRFeatures(300), LogisticRegression()), path)
    classifier = small("LSTMClassifier", max_epochs=1).fit(*real)
    classifier.net_.module_.pool = None
    with pytest.raises(ValueError, match="no ONNX graph is known for a RecurrentNet"):
        to_onnx(classifier, path)


def test_a_graph_that_differs_is_not_written(real, path, monkeypatch):
    classifier = small("CRNNClassifier", max_epochs=1).fit(*real)
    monkeypatch.setattr(exporter, "_TOLERANCE", -1.0)
    with pytest.raises(RuntimeError, match="CRNNClassifier differs from it"):
        to_onnx(classifier, path)
    assert not path.exists()


def test_bad_recordings_and_files_are_told(real, path):
    to_onnx(small("LSTMClassifier", max_epochs=1).fit(*real), path)
    with pytest.raises(ValueError, match=r"recording 1 has shape \(2, 5\); expected \(1, n_timepoints\)"):
        load_onnx(path).predict_proba([np.zeros(5), np.zeros((2, 5))])
    with pytest.raises(ValueError, match="recording 0 contains NaN"):
        load_onnx(path).predict([np.array([1.0, np.nan])])
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, path)
    with pytest.raises(ValueError, match="does not say how recordings are prepared"):
        load_onnx(path)
    path.write_bytes(b"no model")
    with pytest.raises(ValueError, match="model.onnx is no ONNX file"):
        load_onnx(path)
    with pytest.raises(FileNotFoundError, match="nowhere.onnx"):
        load_onnx(path.with_name("nowhere.onnx"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 2),
        ("classes", ["A"]),
        ("classes", None),
        ("class_weights", ["1", "1", "1", "1"]),
        ("class_weights", [math.nan] * 4),
        ("preprocessing", [{"step": "resample", "up": 100, "down": 1, "taps": [1.0] * 200}] * 4),
        ("preprocessing", [{"step": "length", "n_timepoints": 2**24 + 1, "position": "start", "mode": "edge"}]),
        ("n_leads", 0),
        ("n_leads", 2**40),
        ("sampling_rate", -1.0),
        ("sampling_rate", "300"),
        ("window_length", 1.5),
        ("window_stride", 0),
        ("preprocessing", [{"step": "run", "command": "true"}]),
        ("preprocessing", [{"step": "length", "n_timepoints": 2**50, "position": "start", "mode": "edge"}]),
        ("preprocessing", [{"step": "resample", "up": 2**50, "down": 1, "taps": []}]),
        ("preprocessing", [{"step": "filter", "sos": [], "zi": [], "padding": -1}]),
        ("preprocessing", [{"step": "resample", "up": 10**6, "down": 1, "taps": []}]),
        ("preprocessing", [{"step": "resample", "up": 1, "down": 2, "taps": [1.0] * 1000}]),
        (
            "preprocessing",
            [{"step": "denoise", "level": 10**7, "dec_lo": [1], "dec_hi": [1], "rec_lo": [1], "rec_hi": [1]}],
        ),
        ("preprocessing", [{"step": "length", "n_timepoints": 50, "position": "middle", "mode": "edge"}]),
        ("preprocessing", [{"step": "length", "n_timepoints": 500, "position": "start", "mode": "dream"}]),
        ("preprocessing", [{"step": "normalize", "method": "zscore", "clip": "much"}]),
        ("preprocessing", [{"step": "normalize", "method": "zscore", "clip": None, "more": 1}]),
        ("classes", [["A"], ["N"], ["O"], ["~"]]),
        ("n_leads", 2**20),
        ("preprocessing", {"step": "filter"}),
        ("preprocessing", None),
    ],
)
def test_what_a_stranger_says_in_a_file_is_looked_at(key, value, real, path):
    to_onnx(small("LSTMClassifier", max_epochs=1).fit(*real), path)
    model = onnx.load(path)
    (told,) = model.metadata_props
    told.value = json.dumps({**json.loads(told.value), key: value})
    onnx.save(model, path)
    with pytest.raises(ValueError, match="model.onnx .*of itself what to_onnx"):
        load_onnx(path)


def test_an_explainer_takes_it(real, path):
    X, y = real
    classifier = small("LSTMClassifier", max_epochs=2).fit(X, y)
    to_onnx(classifier, path, sampling_rate=300.0)
    explainer = LimeTimeSeriesExplainer(n_segments=4, n_perturbations=40, sampling_rate=300.0, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExplanationWarning)
        of_file, of_estimator = (explainer.explain(each, X[3]) for each in (load_onnx(path), classifier))
    np.testing.assert_array_equal(of_file.labels, of_estimator.labels)
    np.testing.assert_allclose(of_file.weights, of_estimator.weights, atol=1e-3)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(recording(max_timepoints=700), min_size=1, max_size=4), st.floats(-9, 9))
def test_padding_does_not_matter(exported, items, filler):
    lengths = np.array([item.shape[1] for item in items])
    signal = np.full((len(items), 1, lengths.max() + 13), filler, dtype=np.float32)
    for row, item in zip(signal, items, strict=True):
        row[:, : item.shape[1]] = item
    together, *attention = exported.run(None, {"signal": signal, "lengths": lengths})
    for i, item in enumerate(items):
        alone = {"signal": item.astype(np.float32)[np.newaxis], "lengths": np.array([item.shape[1]])}
        expected, *looked = exported.run(None, alone)
        np.testing.assert_allclose(together[i], expected[0], atol=1e-5)
        for all_steps, own in zip(attention, looked, strict=True):
            np.testing.assert_allclose(all_steps[i, : own.shape[1]], own[0], atol=1e-5)
            assert (all_steps[i, own.shape[1] :] == 0).all()


@pytest.fixture(scope="module", params=NAMES)
def exported(request, real, tmp_path_factory):
    """A session of each classifier."""
    path = tmp_path_factory.mktemp("exported") / "model.onnx"
    to_onnx(small(request.param, max_epochs=2).fit(*real), path)
    return onnxruntime.InferenceSession(path)
