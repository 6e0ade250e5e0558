"""Classifiers inside scikit-learn's tools, with ragged recordings."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline

from ecgclf.metrics import cinc2017_score
from ecgclf.persistence import load, save
from ecgclf.preprocessing import BandpassFilter, FixedLength, RecordingNormalizer, RRFeatures
from small import NAMES, small
from test_classifiers import ecgs

each = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module", params=["list", "object"])
def recordings(request):
    X, y = ecgs(n_recordings=24)
    return (list(X) if request.param == "list" else X), y


@each
def test_cross_val_score(recordings, name):
    scores = cross_val_score(small(name), *recordings, cv=3)
    assert scores.shape == (3,)
    assert ((scores >= 0) & (scores <= 1)).all()


@each
def test_grid_search_gives_the_same_on_one_and_two_workers(name):
    X, y = ecgs(n_recordings=24)
    results = []
    for n_jobs in (1, 2):
        search = GridSearchCV(small(name), {"dropout": [0.0, 0.3]}, cv=2, n_jobs=n_jobs, scoring="neg_log_loss")
        search.fit(X, y)
        results.append(search)
    np.testing.assert_allclose(
        results[0].cv_results_["mean_test_score"], results[1].cv_results_["mean_test_score"], atol=1e-6
    )
    np.testing.assert_allclose(results[0].predict_proba(X), results[1].predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("name", ["LSTMClassifier", "ATICNNClassifier"])
def test_a_grid_of_numpys_numbers(name, tmp_path):
    X, y = ecgs(n_recordings=24)
    numbers = {"batch_size": 8, "max_epochs": 2, "n_units": 4, "learning_rate": 0.01}
    grid = {key: np.array([value]) for key, value in numbers.items()}
    if name == "ATICNNClassifier":
        grid["n_filters"] = [np.array([6, 8])]
    found = GridSearchCV(small(name), grid, cv=2).fit(X, y).best_estimator_
    expected = small(name, **numbers).fit(X, y).predict_proba(X)
    save(found, tmp_path / "found.ecgclf")
    for same in (found, copy.deepcopy(found), pickle.loads(pickle.dumps(found)), load(tmp_path / "found.ecgclf")):
        np.testing.assert_array_equal(same.predict_proba(X), expected)
    found.set_params(warm_start=True).fit(X, y)
    small(name, init_from=found, **numbers).fit(X, y)


def test_lists_of_sizes_are_tuples():
    X, y = ecgs(n_recordings=12)
    classifier = small("ATICNNClassifier", n_filters=[6, 8], max_epochs=1, warm_start=True).fit(X, y)
    assert classifier.set_params(n_filters=(6, 8)).fit(X, y).n_epochs_ == 2


def test_pipeline(recordings):
    X, y = recordings
    scorer = make_scorer(cinc2017_score, labels=["A", "N"])
    pipeline = make_pipeline(
        BandpassFilter(sampling_rate=100.0), RecordingNormalizer(clip=8.0), small("ResNetClassifier")
    )
    search = GridSearchCV(pipeline, {"bandpassfilter__low": [0.5, 1.0]}, cv=2, scoring=scorer)
    search.fit(X, y)
    assert search.predict_proba(X).shape == (24, 2)
    assert search.best_estimator_.score(X, y) >= 0.5


def test_calibrated_classifier(recordings):
    X, y = recordings
    calibrated = CalibratedClassifierCV(small("CRNNClassifier"), cv=2).fit(X, y)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1.0)


def test_stacking_and_voting(recordings):
    X, y = recordings
    members = [
        ("crnn", small("CRNNClassifier")),
        ("intervals", make_pipeline(RRFeatures(sampling_rate=100.0), LogisticRegression(max_iter=10_000))),
    ]
    stacked = StackingClassifier(members, cv=2).fit(X, y)
    assert stacked.predict_proba(X).shape == (24, 2)
    voted = VotingClassifier(members, voting="soft").fit(X, y)
    expected = np.mean([member.predict_proba(X) for member in voted.estimators_], axis=0)
    np.testing.assert_allclose(voted.predict_proba(X), expected)


def test_split_and_cross_val_predict(recordings):
    X, y = recordings
    X_train, X_test, y_train, _ = train_test_split(X, y, stratify=y, random_state=0)
    assert len(small("LSTMClassifier").fit(X_train, y_train).predict(X_test)) == len(X_test)
    assert cross_val_predict(small("LSTMClassifier"), X, y, cv=2, method="predict_proba").shape == (24, 2)


def test_table_for_other_estimators(recordings):
    X, y = recordings
    pipeline = make_pipeline(FixedLength(200), LogisticRegression(max_iter=10_000)).fit(X, y)
    assert pipeline.predict(X).shape == (24,)
