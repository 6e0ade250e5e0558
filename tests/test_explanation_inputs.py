"""What can be explained, and what is refused with which words."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from ecgclf._labels import label_probabilities
from ecgclf.datasets import make_recordings
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.explanation import LimeTimeSeriesExplainer
from ecgclf.preprocessing import BandpassFilter, FixedLength, RecordingNormalizer, RRFeatures
from small import NAMES, small

pytestmark = pytest.mark.filterwarnings("ignore::ecgclf.explanation.ExplanationWarning")
RATE = 100.0


def ecgs(kind, n_leads=1):
    """Sixteen labelled recordings of a kind, and what to explain: of 4 s, or up to 5 s in a ragged collection."""
    ragged = kind == "ragged"
    X, y = make_recordings(
        16,
        n_leads=n_leads,
        classes=("N", "A"),
        sampling_rate=RATE,
        duration=(3.0, 5.0) if ragged else (4.0, 4.0),
        random_state=0,
        return_X_y=True,
    )
    if not ragged:
        X = np.stack(list(X))
    if kind == "array":
        X = X.reshape(16, n_leads, -1)
    return X, y


def explain(estimator, recording, *args, **params):
    explainer = LimeTimeSeriesExplainer(
        **{"n_segments": 8, "n_perturbations": 40, "sampling_rate": RATE, "random_state": 0, **params}
    )
    return explainer.explain(estimator, recording, *args)


def check(estimator, recording):
    """The explanation starts from what the estimator says of the recording itself."""
    explanation = explain(estimator, recording, estimator.classes_)
    assert explanation.labels.tolist() == estimator.classes_.tolist()
    assert explanation.weights.shape == (len(estimator.classes_), 8)
    np.testing.assert_allclose(explanation.weights.sum(axis=0), 0, atol=1e-6)
    assert np.abs(explanation.weights).max() > 0
    return explanation


@pytest.mark.parametrize(("kind", "n_leads"), [("table", 1), ("array", 1), ("array", 3), ("ragged", 1), ("ragged", 3)])
@pytest.mark.parametrize("name", NAMES)
def test_every_classifier_on_every_kind(name, kind, n_leads):
    X, y = ecgs(kind, n_leads)
    classifier = small(name, max_epochs=1).fit(X, y)
    explanation = check(classifier, X[3])
    expected = classifier.predict_proba(X[3:4])[0]
    np.testing.assert_allclose(explanation.probabilities, expected, atol=1e-5)
    if n_leads == 1:
        again = check(classifier, X[3].ravel() if X[3].ndim == 2 else X[3][np.newaxis])
        np.testing.assert_allclose(again.weights, explanation.weights, atol=1e-5)


FOREST = RandomForestClassifier(10, random_state=0)
LINEAR = LogisticRegression(C=0.1, max_iter=10_000)


@pytest.mark.parametrize("kind", ["table", "ragged"])
@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(BandpassFilter(sampling_rate=RATE), RecordingNormalizer(), small("ResNetClassifier")),
        make_pipeline(BandpassFilter(sampling_rate=RATE), FixedLength(300), FOREST),
        make_pipeline(RRFeatures(sampling_rate=RATE), LINEAR),
        CalibratedClassifierCV(small("CRNNClassifier", max_epochs=1), cv=2),
        GridSearchCV(small("LSTMClassifier", max_epochs=1), {"dropout": [0.0]}, cv=2),
    ],
    ids=["filters", "forest", "intervals", "calibrated", "search"],
)
def test_pipelines_and_other_estimators_of_recordings(estimator, kind):
    X, y = ecgs(kind)
    estimator = clone(estimator).fit(X, y)
    explanation = check(estimator, X[3]) if "rrfeatures" not in str(estimator).lower() else explain(estimator, X[3])
    np.testing.assert_allclose(explanation.probabilities.max(), estimator.predict_proba(X[3:4])[0].max(), atol=1e-5)


def test_a_pipeline_of_several_leads():
    X, y = ecgs("ragged", 3)
    check(make_pipeline(BandpassFilter(sampling_rate=RATE), small("ResNetClassifier")).fit(X, y), X[0])


@pytest.mark.parametrize("estimator", [FOREST, LINEAR])
def test_estimators_of_a_table(estimator):
    X, y = ecgs("table")
    plain = check(estimator.fit(X, y), X[3])
    named = check(estimator.fit(pd.DataFrame(X).add_prefix("t"), y), X[3])
    np.testing.assert_array_equal(plain.weights, named.weights)


def test_functions_are_given_arrays_like_the_recording():
    seen = []

    def function(X):
        seen.append((type(X), X.shape, X.dtype))
        assert len(np.unique(X.reshape(len(X), -1)[:, ::7], axis=0)) > 1
        p = 1 / (1 + np.exp(-X.reshape(len(X), -1).max(axis=1)))
        return np.column_stack([p, 1 - p])

    X, _ = ecgs("array", 3)
    explain(function, X[0, 0].astype(np.float32), n_perturbations=60, batch_size=20)
    assert seen == [(np.ndarray, (32, 400), np.float32), (np.ndarray, (32, 400), np.float32)]
    seen.clear()
    explanation = explain(function, (1000 * X[0]).astype(np.int16), per_lead=True)
    assert seen == [(np.ndarray, (48, 3, 400), np.float32)]
    assert explanation.labels.tolist() in ([0], [1])
    assert explanation.feature_names[8] == "lead 1 segment 0"


def test_explain_instance_has_the_order_of_lime():
    X, y = ecgs("table")
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    explainer = LimeTimeSeriesExplainer(n_segments=8, sampling_rate=RATE, random_state=0)
    by_function = explainer.explain_instance(X[0], forest.predict_proba, (1,), None, 3, 50)
    by_estimator = explainer.explain_instance(X[0], forest, (1,), None, 3, 50)
    same = explain(forest, X[0], [forest.classes_[1]], None, 3, n_perturbations=50)
    for explanation in (by_function, by_estimator):
        np.testing.assert_array_equal(explanation.weights, same.weights)
    assert by_function.labels.tolist() == [1]
    assert by_estimator.labels.tolist() == [forest.classes_[1]]
    assert len(by_function.as_list(1)) == 3
    assert len(explainer.explain_instance(X[0], forest.predict_proba, top_labels=2, num_samples=50).labels) == 2
    assert explainer.n_perturbations == 1000
    assert explainer.explain_instance(X[0], forest, 1, None, 3, 50).labels.tolist() == [forest.classes_[1]]
    for wrong in ((2,), -1, ["A"], [0.5], "N"):
        with pytest.raises(ValueError, match="are columns, expected numbers from 0 to 1"):
            explainer.explain_instance(X[0], forest, wrong)


SEVERAL = [
    RandomForestClassifier(20, random_state=0),
    KNeighborsClassifier(3),
    MLPClassifier((5,), max_iter=20, random_state=0),
    MultiOutputClassifier(LogisticRegression()),
    ClassifierChain(LogisticRegression()),
    OneVsRestClassifier(LogisticRegression()),
    make_pipeline(StandardScaler(), MLPClassifier((5,), max_iter=20, random_state=0)),
    make_pipeline(StandardScaler(), RandomForestClassifier(20, random_state=0)),
    GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [3]}, cv=2),
]


@pytest.mark.parametrize("estimator", SEVERAL, ids=lambda each: type(each).__name__)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learns_classifiers_of_several_labels(estimator):
    """Each label is explained by its own probability, whatever the form in which they are told."""
    X, _ = ecgs("table")
    Y = np.random.default_rng(0).integers(0, 2, (16, 3))
    estimator = clone(estimator).fit(X, Y)
    told = label_probabilities(estimator.predict_proba(X[:1]), getattr(estimator, "classes_", None))[0]
    explanation = explain(estimator, X[0], [0, 1, 2])
    np.testing.assert_allclose(explanation.probabilities, told, atol=1e-6)
    for function in (estimator.predict_proba, lambda recordings: estimator.predict_proba(recordings)):
        np.testing.assert_array_equal(explain(function, X[0], [0, 1, 2]).weights, explanation.weights)
    for label in range(3):
        alone = explain(lambda X, k=label: as_classes(estimator, X, k), X[0], [1])
        np.testing.assert_allclose(alone.weights[0], explanation.weights[label], atol=1e-9)


def as_classes(estimator, X, label):
    """No and yes to one of several labels, as the two classes of a classifier."""
    yes = label_probabilities(estimator.predict_proba(X), getattr(estimator, "classes_", None))[:, label]
    return np.column_stack([1 - yes, yes])


@pytest.mark.parametrize(
    "around",
    [
        lambda classifier: classifier,
        lambda classifier: make_pipeline("passthrough", BandpassFilter(sampling_rate=RATE), classifier),
        lambda classifier: GridSearchCV(classifier, {"dropout": [0.1]}, cv=2),
        lambda classifier: TunedDecisionClassifierCV(classifier, cv=2, ensemble=True),
    ],
)
def test_what_learnt_from_a_table_is_explained_on_other_lengths(around):
    X, y = ecgs("table")
    estimator = around(small("LSTMClassifier", max_epochs=1)).fit(X, y)
    explanation = explain(estimator, X[0, :250])
    np.testing.assert_allclose(explanation.probabilities.max(), estimator.predict_proba([X[0, :250]]).max(), atol=1e-5)
    with_two_axes = explain(estimator, X[:1, :250])
    np.testing.assert_array_equal(with_two_axes.weights, explanation.weights)


def _halves(X):
    return np.full((len(X), 2), 0.5)


@pytest.mark.parametrize(
    ("estimator", "recording", "params", "error", "message"),
    [
        (
            LinearSVC().fit([[0.0] * 9, [1.0] * 9], [0, 1]),
            np.zeros(9),
            {},
            TypeError,
            "LinearSVC has no predict_proba",
        ),
        ("forest", np.zeros(9), {}, TypeError, "str has no predict_proba"),
        (RandomForestClassifier, np.zeros(9), {}, TypeError, "The class RandomForestClassifier was given"),
        (RandomForestClassifier(), np.zeros(9), {}, NotFittedError, "not fitted yet"),
        (small("ResNetClassifier"), np.zeros(9), {}, NotFittedError, "not fitted yet"),
        (
            make_pipeline(RecordingNormalizer(), small("ResNetClassifier")),
            np.zeros(9),
            {},
            NotFittedError,
            "not fitted yet",
        ),
        (LINEAR, np.zeros(9), {}, ValueError, "recording has 9 timepoints, but LogisticRegression .* table of 400"),
        (_halves, np.zeros(7), {}, ValueError, "7 timepoints, fewer than n_segments=8"),
        (_halves, np.zeros((2, 3, 400)), {}, ValueError, r"shape \(2, 3, 400\).* one recording"),
        (_halves, np.array(["a"] * 9), {}, ValueError, "does not convert to numbers"),
        (_halves, np.array([*np.zeros(8), np.nan]), {}, ValueError, "NaN .*lead 0, sample 8"),
        (lambda X: _halves(X) * np.nan, np.zeros(9), {}, ValueError, r"answered a perturbed recording with \[nan"),
        (lambda X: _halves(X) * 3, np.zeros(9), {}, ValueError, "each must be from 0 to 1. Apply a softmax"),
        (lambda X: _halves(X) * [3, -1], np.zeros(9), {}, ValueError, "are no probabilities"),
        (lambda X: _halves(X)[:, 0], np.zeros(9), {}, ValueError, r"shape \(16,\); expected .*\(16, n_classes\)"),
        (lambda X: _halves(X[:1]), np.zeros(9), {}, ValueError, r"answered 16 recordings with .*\(1, 2\)"),
        (_halves, np.zeros(400), {"segmentation": "noodles"}, ValueError, "'segmentation' parameter"),
        (
            _halves,
            np.zeros(400),
            {"segmentation": lambda x, rate: x},
            ValueError,
            r"expected integers of shape \(400,",
        ),
        (_halves, np.zeros(400), {"segmentation": lambda x, rate: np.zeros(400, int)}, ValueError, "gives 1 feature"),
        (_halves, np.zeros(400), {"segmentation": lambda x, rate: np.zeros(9, int)}, ValueError, r"of shape \(9,\)"),
        (_halves, np.zeros(400), {"perturbation": lambda x, replaced, rng: x[0]}, ValueError, r"of shape \(1, 400\)"),
        (_halves, np.zeros(400), {"perturbation": lambda x, replaced, rng: x / 0}, ValueError, "gave NaN"),
        (_halves, np.zeros(400), {"perturbation": "other_recordings"}, NotFittedError, "Call fit"),
        (_halves, np.zeros(400), {"segmentation": "beats", "sampling_rate": 30.0}, ValueError, "at least 50 Hz"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_what_is_wrong_is_said(estimator, recording, params, error, message):
    if estimator is LINEAR:
        estimator.fit(*ecgs("table"))
    with pytest.raises(error, match=message):
        explain(estimator, recording, n_perturbations=10, **params)


def test_unknown_labels_and_wrong_leads_are_named():
    X, y = ecgs("array", 3)
    classifier = small("ResNetClassifier", max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=r"labels=\['B'\] .*ResNetClassifier, which are \['A', 'N'\]"):
        explain(classifier, X[0], "B")
    with pytest.raises(ValueError, match=r"labels=\[2\] .*_halves, which are \[0, 1\]"):
        explain(_halves, X[0], 2)
    with pytest.raises(ValueError, match=r"labels=\[\]"):
        explain(classifier, X[0], [])
    with pytest.raises(ValueError, match="has 2 lead.* fitted on 3"):
        explain(classifier, X[0, :2])
    with pytest.raises(ValueError, match="top_labels=0"):
        explain(classifier, X[0], None, 0)
    pipeline = make_pipeline(RecordingNormalizer(), classifier).fit(X, y)
    with pytest.raises(ValueError, match="X has 1 lead, but RecordingNormalizer was fitted on 3"):
        explain(pipeline, X[0, 0])
    explainer = LimeTimeSeriesExplainer(perturbation="other_recordings", random_state=0, sampling_rate=300.0).fit(X)
    with pytest.raises(ValueError, match="has 1 lead.*given to fit have 3"):
        explainer.explain(_halves, X[0, 0])
