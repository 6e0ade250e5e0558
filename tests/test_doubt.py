"""What a network is asked about and cannot know is answered, with a warning that names it."""

import warnings

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from ecgclf.datasets import make_recordings
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.explanation import ExplanationWarning, LimeTimeSeriesExplainer
from ecgclf.preprocessing import Resampler
from ecgclf.signal import SignalQualityWarning
from small import NAMES, small


@pytest.fixture(scope="module")
def recordings():
    X, y = make_recordings(12, duration=(2.0, 3.0), random_state=0, return_X_y=True)
    return list(X), y


def test_every_classifier_warns_of_flat_and_short_recordings(recordings):
    X, y = recordings
    asked = [X[0], np.full(700, 1.5), X[1], X[2][:5], np.zeros(600)]
    for name in NAMES:
        classifier = small(name, max_epochs=1).fit(X, y)
        for method in (classifier.predict, classifier.predict_proba, classifier.predict_windows):
            with pytest.warns(SignalQualityWarning) as record:
                assert len(method(asked)) == len(asked)
            (told,) = record
            said = str(told.message)
            assert "recording 1 is flat: all its samples have one value" in said
            usual = classifier.window_length_
            assert f"recording 3 has {500 / usual:.2g} % of the length that was trained on (5 samples, as they" in said
            assert "recording 4 is flat" in said
            assert "recording 0" not in said
            assert "recording 2" not in said


def test_windows_longer_than_every_recording_make_none_of_them_short(recordings):
    X, y = recordings
    classifier = small("ResNetClassifier", max_epochs=1, window_length=20_000).fit(X, y)
    assert classifier.window_length_ == max(map(len, X))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [len(each.probabilities) for each in classifier.predict_windows(X)] == [1] * len(X)
    whole = small("ResNetClassifier", max_epochs=1).fit(X, y)
    np.testing.assert_array_equal(classifier.predict_proba(X), whole.predict_proba(X))


def test_in_a_pipeline_samples_are_said_to_be_those_that_reach_the_classifier():
    X, y = make_recordings(12, duration=3.0, random_state=0, return_X_y=True)
    pipeline = make_pipeline(Resampler(100, sampling_rate=300), small("ResNetClassifier", max_epochs=1)).fit(X, y)
    with pytest.warns(SignalQualityWarning) as record:
        pipeline.predict([X[0][:60], np.zeros(900)])
    (told,) = record
    said = str(told.message)
    short = "recording 0 has 6.7 % of the length that was trained on (20 samples, as they reach the classifier, where"
    assert f"{short} about 300 were usual)" in said
    assert "recording 1 is flat: all its samples have one value" in said


def test_volts_are_told_from_millivolts(recordings):
    X, y = recordings
    classifier = small("ResNetClassifier", max_epochs=1).fit(X, y)
    with pytest.warns(
        SignalQualityWarning, match=r"recording 1 has a standard deviation of .*trained on: is it in mV"
    ):
        classifier.predict([X[0], X[1] / 1000])
    # One lead that moves is enough.
    both = small("ResNetClassifier", max_epochs=1).fit([np.stack([x, x]) for x in X], y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier.predict([X[0] * 1000, X[1] / 10])
        both.predict([np.stack([X[0], X[0] / 1000])])


def test_many_are_counted(recordings):
    X, y = recordings
    classifier = small("ResNetClassifier", max_epochs=1).fit(X, y)
    with pytest.warns(SignalQualityWarning, match=r"recording 2 is flat.*, and 4 more like these\."):
        classifier.predict([np.zeros(700)] * 7)


@pytest.mark.parametrize(
    "made",
    [
        lambda x: x[0] + np.array([0.0, 1e-6]),
        lambda x: np.r_[np.zeros(699), 1.0],
        lambda x: np.r_[1.0, np.zeros(699)],
        lambda x: x[:80],
    ],
    ids=["two samples that differ", "a step at the end", "a step at the start", "short, not too short"],
)
def test_nothing_is_said_of_others(recordings, made):
    X, y = recordings
    x = made(X[0])
    classifier = small("ResNetClassifier", max_epochs=1, window_length=min(10 * len(x), 600)).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier.predict([x])


def test_a_flat_lead_beside_another_is_no_flat_recording(recordings):
    _, y = recordings
    X = np.random.default_rng(0).normal(size=(12, 2, 600))
    classifier = small("ResNetClassifier", max_epochs=1).fit(X, y)
    X[0, 1] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier.predict(X)
    with pytest.warns(SignalQualityWarning, match="recording 0 is flat"):
        classifier.predict(np.full((1, 2, 600), 0.25))


def test_what_is_built_on_a_classifier_passes_it_on(recordings):
    X, y = recordings
    tuned = TunedDecisionClassifierCV(small("ResNetClassifier", max_epochs=1), cv=2).fit(X, y)
    with pytest.warns(SignalQualityWarning, match="recording 0 is flat"):
        tuned.predict([np.zeros(700)])


def test_an_explanation_asks_about_flat_recordings_without_a_word(recordings):
    X, y = recordings
    classifier = small("ResNetClassifier", max_epochs=1).fit(X, y)
    explainer = LimeTimeSeriesExplainer(n_segments=3, n_perturbations=30, sampling_rate=300, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ExplanationWarning)
        explainer.explain(classifier, X[0], n_features=3)
