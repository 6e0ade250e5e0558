"""One routine over all classifiers: what every one of them promises."""

import pickle

import joblib
import numpy as np
import pytest
import skorch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from ecgclf._recordings import object_array
from ecgclf.datasets import make_recordings
from small import NAMES, small

each = pytest.mark.parametrize("name", NAMES)


def ecgs(n_recordings=24, n_leads=1, classes=("N", "A"), seed=0):
    """Short labelled recordings of different lengths."""
    return make_recordings(
        n_recordings,
        n_leads=n_leads,
        classes=classes,
        sampling_rate=100.0,
        duration=(2.0, 5.0),
        random_state=seed,
        return_X_y=True,
    )


@pytest.fixture(scope="module")
def fitted():
    """Each small classifier, fitted on the same ragged recordings."""
    X, y = ecgs()
    return {name: small(name).fit(X, y) for name in NAMES}


@each
def test_fitted_attributes(fitted, name):
    classifier = fitted[name]
    assert isinstance(classifier.net_, skorch.NeuralNetClassifier)
    assert isinstance(classifier.net_.module_, torch.nn.Module)
    assert classifier.classes_.tolist() == ["A", "N"]
    assert classifier.n_epochs_ == len(classifier.net_.history) == 3
    assert classifier.n_leads_ == 1
    assert not hasattr(classifier, "n_features_in_")


@each
def test_probabilities_are_probabilities(fitted, name):
    X, y = ecgs(seed=1)
    probabilities = fitted[name].predict_proba(X)
    assert probabilities.shape == (len(X), 2)
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_array_equal(fitted[name].predict_log_proba(X), np.log(probabilities))
    predicted = fitted[name].predict(X)
    np.testing.assert_array_equal(predicted, fitted[name].classes_[probabilities.argmax(axis=1)])
    assert fitted[name].score(X, y) == np.mean(predicted == y)


@each
def test_learns_what_can_be_learnt(name):
    """Slow against fast oscillation; forty recordings, different lengths."""
    rng = np.random.RandomState(0)
    y = np.arange(40) % 2
    X = [np.sin(np.arange(rng.randint(200, 400)) * (0.15, 0.6)[label] + rng.rand()) for label in y]
    classifier = small(name, max_epochs=15, batch_size=8, learning_rate=0.01).fit(X[:20], y[:20])
    assert classifier.score(X[20:], y[20:]) >= 0.9
    assert classifier.net_.history[-1, "train_loss"] < 0.5 * classifier.net_.history[0, "train_loss"]


@each
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(data=st.data())
def test_a_recording_is_answered_alone(fitted, name, data):
    """In any company, any order and at any batch size a recording has the same probabilities."""
    X, _ = ecgs(seed=2)
    classifier = fitted[name]
    alone = np.concatenate([classifier.predict_proba([x]) for x in X])
    chosen = data.draw(st.lists(st.integers(0, len(X) - 1), min_size=1, max_size=30))
    batch_size = data.draw(st.integers(1, 40))
    classifier = pickle.loads(pickle.dumps(classifier))
    classifier.net_.batch_size = batch_size
    together = classifier.predict_proba([X[i] for i in chosen])
    np.testing.assert_allclose(together, alone[chosen], atol=1e-5, rtol=0)


@each
@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
def test_padding_changes_nothing(fitted, name, training):
    """Whatever stands behind the end of a recording, its logits stay; also while training."""
    module = pickle.loads(pickle.dumps(fitted[name])).net_.module_
    for layer in module.modules():
        # Dropout draws by position, so that only a network without it can be compared.
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0
    module.train(training)
    lengths = torch.tensor([301, 257, 300, 40, 1, 64])
    x = torch.randn(6, 1, 301, generator=torch.Generator().manual_seed(0))
    zeros, rubbish = torch.zeros(6, 1, 400), torch.full((6, 1, 400), 7.0)
    for i, length in enumerate(lengths):
        zeros[i, :, :length] = rubbish[i, :, :length] = x[i, :, :length]
    with torch.no_grad():
        expected = module(zeros[..., :301], lengths)
        torch.testing.assert_close(module(zeros, lengths), expected, atol=1e-5, rtol=0)
        torch.testing.assert_close(module(rubbish, lengths), expected, atol=1e-5, rtol=0)


@each
@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize("filler", [float("nan"), float("inf"), -3e38], ids=str)
def test_padding_may_hold_what_is_no_number(fitted, name, training, filler):
    """The answers and gradients are those of zeros, to the bit: no product turns NaN into zero."""
    lengths = torch.tensor([301, 40, 1, 300])
    answers = []
    for value in (0.0, filler):
        module = pickle.loads(pickle.dumps(fitted[name])).net_.module_.train(training)
        x = torch.randn(4, 1, 310, generator=torch.Generator().manual_seed(0))
        for row, length in zip(x, lengths, strict=True):
            row[:, length:] = value
        x.requires_grad_()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            logits = module(x, lengths)
            looked = [module.attention(x, lengths)] if hasattr(fitted[name], "attention") else []
        logits.square().sum().backward()
        answers.append([logits, x.grad, *(weight.grad for weight in module.parameters()), *looked])
    assert answers[0][0].isfinite().all()
    for of_zeros, of_filler in zip(*answers, strict=True):
        assert torch.equal(of_zeros, of_filler)


@each
def test_kinds_of_collections_agree(name):
    """A table, a 3-D array, a list and an object array of the same recordings give the same answer."""
    rng = np.random.RandomState(0)
    table, y = rng.randn(16, 150), np.arange(16) % 2
    kinds = [table, table[:, np.newaxis], list(table), list(table[:, np.newaxis]), object_array(list(table))]
    answers = [small(name).fit(X, y).predict_proba(X) for X in kinds]
    for answer in answers[1:]:
        np.testing.assert_array_equal(answer, answers[0])


@each
def test_leads(name):
    X, y = ecgs(n_leads=3)
    classifier = small(name).fit(X, y)
    assert classifier.n_leads_ == 3
    assert classifier.predict_proba(X).shape == (len(X), 2)
    with pytest.raises(ValueError, match="X has 2 leads, but .* was fitted on 3 leads"):
        classifier.predict([x[:2] for x in X])


@each
@pytest.mark.parametrize(
    "labels", [("A", "N"), (True, False), (3, 7), (0.0, 1.0), (np.int8(-1), np.int8(1)), (object, None)], ids=str
)
def test_labels_of_any_dtype(name, labels):
    X, y = ecgs(n_recordings=12)
    if labels[0] is object:
        y = np.array(["yes", "no"], dtype=object)[(y == "A").astype(int)]
    else:
        y = np.array(labels)[(y == "A").astype(int)]
    classifier = small(name, max_epochs=1).fit(X, y)
    assert classifier.classes_.tolist() == sorted(set(y.tolist()))
    assert set(classifier.predict(X).tolist()) <= set(y.tolist())
    assert classifier.predict(X).dtype == y.dtype


@each
def test_same_seed_same_fit(name):
    X, y = ecgs()
    first = small(name, random_state=3).fit(X, y).predict_proba(X)
    again = small(name, random_state=3).fit(X, y).predict_proba(X)
    other = small(name, random_state=4).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


@each
def test_random_state_of_the_caller_stays(name):
    X, y = ecgs(n_recordings=12)
    torch.manual_seed(5)
    np.random.seed(5)
    expected = torch.rand(3), np.random.rand(3)
    torch.manual_seed(5)
    np.random.seed(5)
    small(name, early_stopping=True, validation_fraction=0.25).fit(X, y).predict(X)
    torch.testing.assert_close(torch.rand(3), expected[0], atol=0, rtol=0)
    np.testing.assert_array_equal(np.random.rand(3), expected[1])


@each
def test_pickle_and_joblib(fitted, name, tmp_path):
    X, _ = ecgs(seed=1)
    expected = fitted[name].predict_proba(X)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted[name])).predict_proba(X), expected)
    joblib.dump(fitted[name], tmp_path / "classifier.joblib")
    np.testing.assert_array_equal(joblib.load(tmp_path / "classifier.joblib").predict_proba(X), expected)


@each
def test_a_fitted_classifier_carries_no_recordings(name):
    X, y = ecgs(n_recordings=40)
    without = len(pickle.dumps(small(name, max_epochs=1).fit(X[:20], y[:20])))
    with_validation = small(name, max_epochs=1, early_stopping=True).fit(X, y)
    assert len(pickle.dumps(with_validation)) < without + 10_000


@each
def test_clone_is_unfitted(fitted, name):
    X, _ = ecgs(n_recordings=4)
    with pytest.raises(NotFittedError):
        clone(fitted[name]).predict(X)


@each
def test_table_of_another_width_is_refused(name):
    X, y = np.random.RandomState(0).randn(10, 50), np.arange(10) % 2
    classifier = small(name, max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="X has 40 features, but .* is expecting 50 features"):
        classifier.predict(X[:, :40])
    # Recordings given as such may be of any length, also after a fit on a table.
    assert classifier.predict([x[:40] for x in X]).shape == (10,)


@each
def test_refit_on_another_kind(name):
    X, y = np.random.RandomState(0).randn(10, 50), np.arange(10) % 2
    classifier = small(name, max_epochs=1).fit(X, y)
    classifier.fit([x[: 40 + i] for i, x in enumerate(X)], y)
    assert not hasattr(classifier, "n_features_in_")
    assert classifier.predict(X[:, :30]).shape == (10,)
