"""Answers along the time of recordings, calibrated and averaged."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import make_pipeline

from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.decision._temperature import apply_temperature
from ecgclf.preprocessing import RecordingNormalizer
from ecgclf.pretrained import load_pretrained
from small import small
from test_classifiers import ecgs


def long_and_short():
    X, y = ecgs(n_recordings=12)
    return X, y, [np.concatenate(X[:6]), X[7][:50]]


@pytest.mark.parametrize("ensemble", [False, True])
@pytest.mark.parametrize("calibration", ["temperature", None])
@pytest.mark.parametrize("cut", [{}, {"window_length": 90, "window_stride": 40}], ids=["by the median", "told"])
def test_windows_are_calibrated_and_averaged_as_recordings_are(cut, calibration, ensemble):
    X, y, asked = long_and_short()
    model = TunedDecisionClassifierCV(
        small("LSTMClassifier", max_epochs=2, **cut), cv=3, calibration=calibration, ensemble=ensemble
    ).fit(X, y)
    length = cut.get("window_length", int(np.median([each.window_length_ for each in model.estimators_])))
    before = [each.window_length_ for each in model.estimators_]
    told = model.predict_windows(asked)
    assert [each.window_length_ for each in model.estimators_] == before
    assert len(told) == 2
    for x, windows in zip(asked, told, strict=True):
        np.testing.assert_array_equal(windows.labels, model.classes_)
        np.testing.assert_array_equal(windows.stops - windows.starts, np.minimum(length, len(x)))
        assert windows.stops[-1] == len(x)
        pieces = [x[start:stop] for start, stop in zip(windows.starts, windows.stops, strict=True)]
        # Of a piece that is one window.
        np.testing.assert_allclose(windows.probabilities, model.predict_proba(pieces), atol=1e-6)
        of_each = [each.predict_proba(pieces) for each in model.estimators_]
        expected = np.mean([apply_temperature(each, model.temperature_) for each in of_each], axis=0)
        np.testing.assert_allclose(windows.probabilities, expected, atol=1e-6)


@pytest.mark.parametrize("window_length", [None, 3000])
def test_a_stride_longer_than_the_recordings_trained_on(window_length):
    """The window is then as long as these, and windows lie side by side."""
    X, y, asked = long_and_short()
    classifier = small("LSTMClassifier", max_epochs=1, window_length=window_length, window_stride=2000).fit(X, y)
    for windows, x in zip(classifier.predict_windows(asked), asked, strict=True):
        np.testing.assert_array_equal(
            windows.starts[:-1], np.arange(len(windows.starts) - 1) * classifier.window_length_
        )
        assert windows.stops[-1] == len(x)
        pieces = [x[start:stop] for start, stop in zip(windows.starts, windows.stops, strict=True)]
        np.testing.assert_allclose(windows.probabilities, classifier.predict_proba(pieces), atol=1e-6)


def test_a_class_that_a_fold_did_not_see_has_a_column():
    X, y, asked = long_and_short()
    y = np.array([*"aab", *"abab" * 2, "c"])
    folds = [(np.arange(11), [11]), (np.arange(12), np.arange(11))]
    model = TunedDecisionClassifierCV(small("LSTMClassifier", max_epochs=1), cv=folds, ensemble=True)
    with pytest.warns(UserWarning, match="0 of 1 recordings of 'c'"):
        model.fit(X, y)
    assert [len(each.classes_) for each in model.estimators_] == [2, 3]
    windows = model.predict_windows(asked)[0]
    assert windows.labels.tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(windows.probabilities.sum(axis=1), 1, atol=1e-6)
    assert (windows.probabilities[:, 2] <= 0.5).all()


def test_a_trained_model_answers_along_time():
    model = load_pretrained("tiny-cinc2017", sampling_rate=300)
    x = np.random.RandomState(0).randn(20_000).astype(np.float32)
    (prepared,) = model[:-1].transform([x])
    (windows,) = model[-1].predict_windows([prepared])
    assert windows.starts.tolist() == [0, 3000, 3667]
    expected = model[-1].predict_proba([prepared[start : start + 3000] for start in windows.starts])
    np.testing.assert_allclose(windows.probabilities, expected, atol=1e-5)


@pytest.mark.parametrize(
    "estimator",
    [
        DummyClassifier(),
        make_pipeline(RecordingNormalizer(), DummyClassifier()),
        VotingClassifier([("a", small("LSTMClassifier", max_epochs=1))], voting="soft"),
    ],
    ids=["dummy", "pipeline", "votes"],
)
def test_it_is_there_where_the_classifier_has_it(estimator):
    X, y, asked = long_and_short()
    assert hasattr(TunedDecisionClassifierCV(small("LSTMClassifier")), "predict_windows")
    model = TunedDecisionClassifierCV(estimator, cv=2)
    assert not hasattr(model, "predict_windows")
    assert not hasattr(model.fit(X, y), "predict_windows")
    with pytest.raises(AttributeError, match="predict_windows"):
        model.predict_windows(asked)
