"""A fit that fails is told, and leaves nothing that passes for a fitted estimator."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.utils.validation import check_is_fitted
from skorch.callbacks import Callback

from ecgclf.augmentation import WaveNetAugmenter, WaveNetOverSampler
from ecgclf.datasets import make_recordings
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.explanation import LimeTimeSeriesExplainer
from ecgclf.persistence import load, save
from ecgclf.preprocessing import BandpassFilter, FixedLength, RecordingNormalizer, RRFeatures
from small import GENERATORS, NAMES, small


@pytest.fixture(scope="module")
def recordings():
    return make_recordings(24, classes=("N", "A"), duration=(2.0, 3.0), random_state=0, return_X_y=True)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_training_that_diverged_is_an_error(name, early_stopping, recordings):
    classifier = small(name, max_epochs=5, learning_rate=1e30, early_stopping=early_stopping)
    with pytest.raises(
        ValueError, match=r"diverged in epoch \d: its (loss|weights).*Lower learning_rate, which is 1e\+30"
    ):
        classifier.fit(*recordings)
    with pytest.raises(NotFittedError):
        check_is_fitted(classifier)


def test_it_ends_a_cross_validation(recordings):
    with pytest.raises(ValueError, match="diverged in epoch"):
        cross_val_score(small("LSTMClassifier", learning_rate=1e30), *recordings, cv=2, error_score="raise")
    with pytest.raises(ValueError, match="diverged in epoch"):
        TunedDecisionClassifierCV(small("LSTMClassifier", learning_rate=1e30), cv=2).fit(*recordings)


class _Spoil(Callback):
    """Stands for a last step that goes too far, after whose loss nobody looks."""

    def on_train_end(self, net, **kwargs):
        next(net.module_.parameters()).data[0] = np.inf


def test_the_last_step_is_looked_at_too(recordings):
    with pytest.raises(ValueError, match="its weights are not finite"):
        small("ResNetClassifier", max_epochs=1, callbacks=[_Spoil()]).fit(*recordings)


@pytest.mark.parametrize("cls", [WaveNetAugmenter, WaveNetOverSampler])
def test_a_generator_that_diverged_is_an_error(cls, recordings):
    generator = cls(**{**GENERATORS[cls.__name__], "max_epochs": 3}, learning_rate=1e30, random_state=0)
    with pytest.raises(ValueError, match="diverged in epoch"):
        generator.fit(*recordings)
    with pytest.raises(NotFittedError):
        check_is_fitted(generator)


ESTIMATORS = [
    *(small(name, max_epochs=1) for name in NAMES),
    BandpassFilter(sampling_rate=300.0),
    RecordingNormalizer(),
    FixedLength(50),
    RRFeatures(300),
    TunedDecisionClassifierCV(small("LSTMClassifier", max_epochs=1), cv=2),
    TunedDecisionClassifierCV(LogisticRegression(), cv=2),
    LimeTimeSeriesExplainer(sampling_rate=300.0),
    WaveNetAugmenter(**GENERATORS["WaveNetAugmenter"], random_state=0),
    WaveNetOverSampler(**GENERATORS["WaveNetOverSampler"], random_state=0),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_what_failed_is_not_fitted(estimator, recordings):
    """Whatever it failed for, and whether it was fitted before or not."""
    X, y = recordings
    X = np.stack([x[:600] for x in X])
    spoilt = X.copy()
    spoilt[-1, 10] = np.nan
    estimator = clone(estimator)
    empty = vars(estimator).copy()
    with pytest.raises(ValueError, match="NaN"):
        estimator.fit(spoilt, y)
    assert vars(estimator) == empty
    estimator.fit(X, y)
    before = vars(estimator).copy()
    with pytest.raises(ValueError, match="NaN"):
        estimator.fit(spoilt[:, :500], y)
    assert vars(estimator).keys() == before.keys()
    assert all(vars(estimator)[name] is value for name, value in before.items())


class _Fail(Callback):
    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == 2:
            raise RuntimeError("the machine is gone")


def test_a_fit_that_ends_within_the_training(recordings, tmp_path):
    classifier = small("CRNNClassifier", callbacks=[_Fail()])
    with pytest.raises(RuntimeError, match="gone"):
        classifier.fit(*recordings)
    with pytest.raises(NotFittedError):
        classifier.predict(recordings[0])
    classifier.set_params(callbacks=None)
    save(classifier, tmp_path / "file")
    with pytest.raises(NotFittedError):
        load(tmp_path / "file").predict(recordings[0])


def test_going_on_and_failing_leaves_the_first_fit(recordings):
    X, y = recordings
    classifier = small("ResNetClassifier", warm_start=True).fit(X, y)
    expected, epochs = classifier.predict_proba(X), classifier.n_epochs_
    classifier.set_params(learning_rate=1e30)
    with pytest.raises(ValueError, match="diverged"):
        classifier.fit(X, y)
    np.testing.assert_array_equal(classifier.predict_proba(X), expected)
    assert classifier.n_epochs_ == len(classifier.net_.history) == epochs


CHANGES = {
    "ResNetClassifier": {"n_filters": 6},
    "LSTMClassifier": {"pooling": "max"},
    "BiLSTMClassifier": {"n_units": 6},
    "CRNNClassifier": {"dropout": 0.1},
    "CRANNClassifier": {"strides": (2, 2, 3)},
    "ATICNNClassifier": {"residual": True},
}


@pytest.mark.parametrize("name", NAMES)
def test_going_on_with_another_network_is_refused(name, recordings):
    X, y = recordings
    classifier = small(name, warm_start=True, max_epochs=1).fit(X, y)
    expected = classifier.predict_proba(X)
    (parameter,) = CHANGES[name]
    with pytest.raises(ValueError, match=rf"parameters of it were changed: {parameter}=.*\(was .*warm_start=False"):
        classifier.set_params(**CHANGES[name]).fit(X, y)
    np.testing.assert_array_equal(classifier.predict_proba(X), expected)
    # What makes no network may change.
    other = small(name, warm_start=True, max_epochs=1).fit(X, y)
    other.set_params(learning_rate=1e-4, max_epochs=2, batch_size=4, weight_decay=0.0).fit(X, y)
    assert other.n_epochs_ == 3
    assert classifier.set_params(warm_start=False).fit(X, y).n_epochs_ == 1
