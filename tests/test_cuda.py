"""On a GPU: the answers are the CPU's, fits come again from their seed, files go back and forth."""

import pickle

import numpy as np
import pytest
import torch

from ecgclf._training._net import best_device
from ecgclf.augmentation import WaveNetAugmenter
from ecgclf.classifiers import ECGClassifier
from ecgclf.datasets import load_cinc2017_sample, make_recordings
from ecgclf.explanation import LimeTimeSeriesExplainer
from ecgclf.nn._layers import Dropout
from ecgclf.persistence import load, save
from ecgclf.pretrained import list_pretrained, load_pretrained
from own import Small
from small import NAMES, small

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU of CUDA here")

ALL = [*NAMES, "ECGClassifier"]


@pytest.fixture(scope="module")
def recordings():
    return make_recordings(24, duration=(2.0, 4.0), random_state=0, return_X_y=True)


def make(name, **params):
    """A classifier of the class named, with dropout."""
    params = {"device": "cuda", "max_epochs": 3, "random_state": 0, **params}
    if name == "ECGClassifier":
        return ECGClassifier(Small, module_params={"dropout": 0.3}, **params)
    return small(name, **{"dropout": 0.3, **params})


def weights(classifier):
    return {key: value.cpu() for key, value in classifier.net_.module_.state_dict().items()}


def on_cpu(classifier):
    """The same classifier, restored on the CPU."""
    there = pickle.loads(pickle.dumps(classifier.set_params(device="cpu")))
    classifier.set_params(device="cuda")
    assert {value.device.type for value in there.net_.module_.state_dict().values()} == {"cpu"}
    return there


def test_auto_is_the_gpu(recordings, monkeypatch):
    monkeypatch.setattr("ecgclf._training._net.best_device", best_device)
    classifier = make("ATICNNClassifier", device="auto").fit(*recordings)
    assert {value.device.type for value in classifier.net_.module_.state_dict().values()} == {"cuda"}


@pytest.mark.parametrize("name", ALL)
def test_answers_are_those_of_the_cpu(name, recordings):
    X, y = recordings
    classifier = make(name).fit(X, y)
    there = on_cpu(classifier)
    np.testing.assert_allclose(classifier.predict_proba(X), there.predict_proba(X), rtol=0, atol=1e-5)
    np.testing.assert_allclose(classifier.transform(X), there.transform(X), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ALL)
def test_answers_do_not_depend_on_the_company(name, recordings):
    X, y = recordings
    classifier = make(name).fit(X, y)
    together = classifier.predict_proba(X)
    alone = np.concatenate([classifier.predict_proba(X[i : i + 1]) for i in range(len(X))])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_gives_the_same_network(name, precision, recordings):
    before = torch.cuda.get_rng_state()
    one = weights(make(name, precision=precision).fit(*recordings))
    torch.testing.assert_close(torch.cuda.get_rng_state(), before)
    torch.cuda.manual_seed(1)
    two = weights(make(name, precision=precision).fit(*recordings))
    other = weights(make(name, precision=precision, random_state=1).fit(*recordings))
    for key, value in one.items():
        torch.testing.assert_close(two[key], value, rtol=0, atol=0)
    assert any((other[key] != value).any() for key, value in one.items())


def test_dropout_drops_its_share_and_keeps_the_mean():
    layer = Dropout(0.3)
    layer.generator = torch.Generator("cuda").manual_seed(0)
    x = torch.ones(1_000_000, device="cuda", requires_grad=True)
    dropped = layer(x)
    # Five standard errors.
    assert abs((dropped == 0).float().mean() - 0.3) < 5 * (0.3 * 0.7 / 1e6) ** 0.5
    torch.testing.assert_close(dropped.detach().unique(), torch.tensor([0, 1 / 0.7], device="cuda"))
    dropped.sum().backward()
    torch.testing.assert_close(x.grad, dropped.detach())


def test_a_file_goes_back_and_forth(recordings, tmp_path):
    X, y = recordings
    classifier = make("CRANNClassifier").fit(X, y)
    for device in ("cuda", "cpu"):
        save(classifier.set_params(device=device), tmp_path / device)
        again = load(tmp_path / device)
        assert {value.device.type for value in again.net_.module_.state_dict().values()} == {device}
        np.testing.assert_allclose(again.predict_proba(X), classifier.predict_proba(X), rtol=0, atol=1e-5)


def test_several_labels(recordings):
    X, y = recordings
    y = np.column_stack([y == y[0], np.arange(len(X)) % 2]).astype(int)
    classifier = make("ResNetClassifier").fit(X, y)
    np.testing.assert_allclose(classifier.predict_proba(X), on_cpu(classifier).predict_proba(X), rtol=0, atol=1e-5)


def test_learning_begins_with_weights_of_either_side(recordings):
    X, y = recordings
    still = {"max_epochs": 1, "learning_rate": 1e-12, "weight_decay": 0.0, "schedule": "constant"}
    for here, there in (("cuda", "cpu"), ("cpu", "cuda")):
        source = make("BiLSTMClassifier", device=here).fit(X, y)
        after = make("BiLSTMClassifier", device=there, init_from=source, **still).fit(X, y)
        for key, _ in source.net_.module_.named_parameters():
            torch.testing.assert_close(weights(after)[key], weights(source)[key], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", [model.name for model in list_pretrained()])
def test_trained_models_answer_as_on_the_cpu(name, monkeypatch):
    X, _ = load_cinc2017_sample(return_X_y=True)
    there = load_pretrained(name)
    monkeypatch.setattr("ecgclf._training._net.best_device", best_device)
    here = load_pretrained(name)
    np.testing.assert_allclose(here.predict_proba(X[:20]), there.predict_proba(X[:20]), rtol=0, atol=1e-5)


@pytest.mark.filterwarnings("ignore::ecgclf.explanation.ExplanationWarning")
def test_an_explanation(recordings):
    X, y = recordings
    classifier = make("ATICNNClassifier").fit(X, y)
    ours, theirs = (
        LimeTimeSeriesExplainer(n_perturbations=200, sampling_rate=300.0, random_state=0).explain(each, X[0])
        for each in (classifier, on_cpu(classifier))
    )
    np.testing.assert_allclose(ours.weights, theirs.weights, rtol=0, atol=1e-3)


def test_invented_recordings(recordings):
    X, y = recordings
    params = {"n_bins": 32, "n_blocks": 1, "n_layers": 3, "n_filters": 4, "n_skip_filters": 4, "max_epochs": 1}
    fits = [WaveNetAugmenter(**params, device="cuda", random_state=0).fit(X, y) for _ in range(2)]
    one, two = (fit.sample(2, y[0], 300) for fit in fits)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)


def test_torch_s_own_settings_are_left_as_they_were(recordings):
    X, y = recordings
    settings = torch.backends.cudnn.deterministic, torch.backends.cudnn.allow_tf32
    assert settings == (False, True)
    make("CRNNClassifier").fit(X, y).predict_proba(X)
    assert settings == (torch.backends.cudnn.deterministic, torch.backends.cudnn.allow_tf32)
