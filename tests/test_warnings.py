"""Warnings point at the line of a user, whoever stands between."""

import ast
import linecache
from pathlib import Path

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline

import ecgclf
from ecgclf.datasets import make_recordings
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.metrics import cinc2017_score
from ecgclf.plotting import RecordingDisplay
from ecgclf.preprocessing import RecordingNormalizer
from ecgclf.signal import SignalQualityWarning
from small import small

FLAT = [np.full(700, 1.5)]
HERE = "HERE"


@pytest.fixture(scope="module")
def recordings():
    X, y = make_recordings(12, duration=(2.0, 3.0), classes=("N", "A"), random_state=0, return_X_y=True)
    return [*X, *FLAT, *FLAT], [*y, "N", "A"]


def asked_alone(classifier, X, y):
    classifier.fit(X, y).predict(FLAT)  # HERE


def asked_in_a_pipeline(classifier, X, y):
    make_pipeline(RecordingNormalizer(), classifier).fit(X, y).predict_proba(FLAT)  # HERE


def asked_by_a_meta_estimator(classifier, X, y):
    model = TunedDecisionClassifierCV(classifier, cv=2, scoring="accuracy")
    model.fit(X, y)  # HERE
    model.predict(FLAT)  # HERE


def asked_by_a_search_of_pipelines(classifier, X, y):
    pipeline = make_pipeline(RecordingNormalizer(), TunedDecisionClassifierCV(classifier, cv=2))
    search = GridSearchCV(pipeline, {"tuneddecisionclassifiercv__calibration": [None]}, cv=2, scoring="accuracy")
    search.fit(X, y)  # HERE
    search.predict(FLAT)  # HERE


def asked_by_cross_validation(classifier, X, y):
    cross_val_predict(classifier, X, y, cv=2)  # HERE


@pytest.mark.parametrize(
    "ask",
    [
        asked_alone,
        asked_in_a_pipeline,
        asked_by_a_meta_estimator,
        asked_by_a_search_of_pipelines,
        asked_by_cross_validation,
    ],
)
def test_a_warning_of_a_classifier_points_at_who_asked(ask, recordings):
    with pytest.warns(SignalQualityWarning) as caught:
        ask(small("LSTMClassifier", max_epochs=1), *recordings)
    for warning in caught:
        assert_here(warning)


def test_warnings_of_other_rooms_point_at_who_asked(recordings):
    with pytest.warns(UserWarning, match="neither in y_true nor in y_pred") as caught:
        make_scorer(cinc2017_score)(DummyClassifier().fit(FLAT, ["N"]), FLAT, ["A"])  # HERE
    assert_here(caught[0])
    with pytest.warns(UserWarning, match="no beat is taller") as caught:
        RecordingDisplay.from_recording(1000 * recordings[0][0], sampling_rate=300)  # HERE
    assert_here(caught[0])


def assert_here(warning):
    assert warning.filename == __file__
    assert HERE in linecache.getline(__file__, warning.lineno)


def test_there_is_one_home_of_warnings():
    """Whoever warns past it points at a line of ours."""
    for path in Path(ecgclf.__file__).parent.rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
        assert path.name == "_warnings.py" or not any(call.attr in ("warn", "warn_explicit") for call in calls), path
