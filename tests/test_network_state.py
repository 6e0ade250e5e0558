"""What holds networks gives arrays and plain values as its state, to pickle and to copies, and takes them back."""

import copy
import pickle
import pickletools

import joblib
import numpy as np
import pytest
import torch
from skorch.callbacks import EpochTimer

from ecgclf.augmentation import WaveNetOverSampler
from ecgclf.datasets import make_recordings
from small import GENERATORS, small

X, Y = make_recordings(16, duration=(2.0, 4.0), random_state=0, return_X_y=True)


def _oversampler():
    return WaveNetOverSampler(**GENERATORS["WaveNetOverSampler"], random_state=0).fit(X, Y)


def _modules_named_by(content):
    """Names of the packages that a pickle asks for."""
    strings, found = [], set()
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name == "STACK_GLOBAL":
            found.add(next(text for text in reversed(strings[:-1]) if text.partition(".")[0] in _PACKAGES))
        elif isinstance(argument, str):
            strings.append(argument)
    return {name.partition(".")[0] for name in found}


_PACKAGES = {"builtins", "collections", "copyreg", "ecgclf", "numpy", "sklearn", "skorch", "torch"}


@pytest.mark.parametrize("fitted", [lambda: small("CRNNClassifier").fit(X, Y), _oversampler], ids=["net", "modules"])
def test_a_pickle_holds_nothing_of_torch_or_skorch(fitted):
    assert _modules_named_by(pickle.dumps(torch.nn.Linear(1, 1))) & {"torch"}
    assert _modules_named_by(pickle.dumps(fitted())) <= {"builtins", "ecgclf", "numpy"}


def test_a_net_with_callbacks_stays_whole():
    classifier = small("LSTMClassifier", max_epochs=1, callbacks=[EpochTimer()]).fit(X, Y)
    again = pickle.loads(pickle.dumps(classifier))
    assert [name for name, _ in again.net_.callbacks_] == [name for name, _ in classifier.net_.callbacks_]
    assert (
        again.net_.optimizer_.state_dict()["state"].keys() == classifier.net_.optimizer_.state_dict()["state"].keys()
    )
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))


@pytest.mark.parametrize("changed", [{"n_filters": 4}, {"pooling": "max"}, {"dropout": 0.5}, {"n_units": "many"}])
def test_a_network_that_its_parameters_no_longer_describe_stays_what_it_is(changed):
    classifier = small("LSTMClassifier", max_epochs=1).fit(X, Y)
    expected = classifier.predict_proba(X)
    again = pickle.loads(pickle.dumps(classifier.set_params(**changed)))
    np.testing.assert_array_equal(again.predict_proba(X), expected)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_has_weights_of_its_own(copied):
    classifier = small("LSTMClassifier", max_epochs=1).fit(X, Y)
    expected, again = classifier.predict_proba(X), copied(classifier)
    for weights in again.net_.module_.state_dict().values():
        weights.zero_()
    np.testing.assert_array_equal(classifier.predict_proba(X), expected)
    assert (again.predict_proba(X) != expected).any()


def test_the_random_state_of_the_caller_stays(tmp_path):
    classifier, sampler = small("CRANNClassifier", max_epochs=1).fit(X, Y), _oversampler()
    before = torch.get_rng_state()
    pickle.loads(pickle.dumps([classifier, sampler]))
    assert torch.equal(torch.get_rng_state(), before)


def test_arrays_that_cannot_be_written_to_are_taken(tmp_path):
    """As joblib gives them to its workers."""
    classifier = small("CRNNClassifier", max_epochs=1, warm_start=True).fit(X, Y)
    joblib.dump(classifier, tmp_path / "classifier")
    again = joblib.load(tmp_path / "classifier", mmap_mode="r")
    np.testing.assert_array_equal(again.fit(X, Y).predict_proba(X), classifier.fit(X, Y).predict_proba(X))


def test_a_pickle_from_a_device_that_is_not_here_comes_back_on_the_cpu():
    classifier = small("LSTMClassifier", device="cpu", max_epochs=1).fit(X, Y)
    content = pickle.dumps(classifier.set_params(device="cuda:63"))
    with pytest.warns(UserWarning, match=r"cuda:63.*network is on the CPU now"):
        again = pickle.loads(content)
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
