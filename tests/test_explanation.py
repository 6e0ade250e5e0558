"""Explanations are true where the truth is known, and lime's where lime has an answer."""

import numpy as np
import pytest
from lime.lime_base import LimeBase
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import pairwise_distances
from sklearn.pipeline import make_pipeline

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.explanation import LimeTimeSeriesExplainer
from ecgclf.preprocessing import BandpassFilter, FixedLength
from ecgclf.signal import find_r_peaks
from small import small

pytestmark = pytest.mark.filterwarnings("ignore::ecgclf.explanation.ExplanationWarning")


@pytest.fixture(scope="module")
def recordings():
    """Real recordings, of 9 to 60 s."""
    return load_cinc2017_sample().data


class LooksAt:
    """A classifier that by construction looks at one stretch of one lead.

    It answers whether that is lively, or (``alike=True``) whether it is as it was in the recording.
    """

    def __init__(self, recording, lead, start, stop, alike=False):
        self.span = np.index_exp[:, lead, start:stop]
        self.original = np.atleast_2d(recording)[lead, start:stop].astype(np.float64)
        self.alike = alike

    def __call__(self, X):
        x = (X[:, np.newaxis] if X.ndim == 2 else X)[self.span].astype(np.float64)
        if self.alike:
            p = np.exp(-((x - self.original) ** 2).mean(axis=1) / self.original.var())
        else:
            p = 1 / (1 + np.exp(4 - 6 * x.std(axis=1) / self.original.std()))
        return np.column_stack([1 - p, p])


def _segment(rng, recordings):
    recording = recordings[rng.randint(len(recordings))][:2700]
    start = 135 * rng.randint(20) + rng.randint(40)
    return recording, 0, start, start + 90


def _beat(rng, recordings):
    while True:
        recording = recordings[rng.randint(len(recordings))][:2700]
        peaks = find_r_peaks(recording, 300.0)
        if len(peaks) > 3:
            peak = peaks[rng.randint(1, len(peaks) - 1)]
            return recording, 0, peak - 15, peak + 15


def _lead(rng, recordings):
    recording = np.stack([recordings[i][:2700] for i in rng.choice(len(recordings), 3, replace=False)])
    start = 270 * rng.randint(10) + 40
    return recording, rng.randint(3), start, start + 190


@pytest.mark.parametrize(
    ("perturbation", "alike"),
    [("mean", False), ("total_mean", False), ("interpolate", True), ("noise", True), ("other_recordings", True)],
)
@pytest.mark.parametrize(
    ("plant", "params"),
    [
        (_segment, {"n_segments": 20}),
        (_beat, {"segmentation": "beats"}),
        (_lead, {"n_segments": 10, "per_lead": True}),
    ],
    ids=["uniform", "beats", "leads"],
)
def test_the_stretch_that_is_looked_at_has_the_top_weight(recordings, perturbation, alike, plant, params):
    rng = np.random.RandomState(0)
    explainer = LimeTimeSeriesExplainer(
        perturbation=perturbation, n_perturbations=200, random_state=rng, sampling_rate=300.0, **params
    )
    explainer.fit([_lead(rng, recordings)[0] if plant is _lead else recordings[i][:2700] for i in range(20)])
    hits = 0
    for _ in range(100):
        recording, lead, start, stop = plant(rng, recordings)
        explanation = explainer.explain(LooksAt(recording, lead, start, stop, alike), recording, labels=1)
        top, weight = explanation.as_map()[1][0]
        spans = explanation.intervals[explanation.intervals[:, 0] == top]
        middle = (start + stop) // 2
        hits += weight > 0 and any(at in (-1, lead) and a <= middle < b for _, at, a, b in spans.tolist())
    assert hits >= 95


@pytest.mark.parametrize("segmentation", ["uniform", "beats", "waves"])
def test_a_classifier_that_ignores_its_input_gets_no_weight(recordings, segmentation):
    def constant(X):
        return np.tile([0.3, 0.6, 0.1], (len(X), 1))

    explainer = LimeTimeSeriesExplainer(segmentation, n_perturbations=100, random_state=0, sampling_rate=300.0)
    explanation = explainer.explain(constant, recordings[0], top_labels=3)
    assert explanation.labels.tolist() == [1, 0, 2]
    assert np.abs(explanation.weights).max() < 1e-10
    np.testing.assert_allclose(explanation.local_prediction, [0.6, 0.3, 0.1], atol=1e-10)
    np.testing.assert_array_equal(explanation.r2, 1.0)


def test_other_weights_in_the_network_give_another_map(recordings):
    y = np.arange(20) % 2
    X = [recording[:1500] * (1 + label) for recording, label in zip(recordings[:20], y, strict=True)]
    trained = small("ResNetClassifier", max_epochs=15, learning_rate=0.01).fit(X, y)
    explainer = LimeTimeSeriesExplainer(n_segments=10, n_perturbations=150, random_state=0, sampling_rate=300.0)

    def maps():
        return np.array([explainer.explain(trained, x, labels=1).weights[0] for x in X[:6]])

    before = maps()
    np.testing.assert_array_equal(maps(), before)
    state = {name: weight.clone() for name, weight in trained.net_.module_.state_dict().items()}
    scale = trained.net_.module_.scale
    mean, std = scale.mean.clone(), scale.std.clone()
    other = small("ResNetClassifier", max_epochs=1, learning_rate=1e-9, random_state=7).fit(X, y)
    trained.net_.module_.load_state_dict(other.net_.module_.state_dict())
    scale.mean.copy_(mean)
    scale.std.copy_(std)
    random = maps()
    trained.net_.module_.load_state_dict(state)
    np.testing.assert_array_equal(maps(), before)
    alike = [abs(np.corrcoef(one, another)[0, 1]) for one, another in zip(before, random, strict=True)]
    assert np.mean(alike) < 0.7
    assert np.abs(random - before).max() > 0.5 * np.abs(before).max()


def _by_hand(recording, classifier, seed, n_segments, n_perturbations):
    """lime's data: masks, the answers to perturbations made one by one, distances."""
    masks = np.random.RandomState(seed).randint(0, 2, n_perturbations * n_segments).reshape(-1, n_segments)
    masks[0] = 1
    edges = np.linspace(0, len(recording), n_segments + 1).round().astype(int)
    perturbed = np.tile(recording, (n_perturbations, 1))
    for row, mask in zip(perturbed, masks, strict=True):
        for i in np.flatnonzero(mask == 0):
            row[edges[i] : edges[i + 1]] = recording[edges[i] : edges[i + 1]].mean()
    distances = pairwise_distances(masks, masks[:1], metric="cosine").ravel()
    return masks.astype(float), classifier(perturbed), distances


@pytest.mark.parametrize(
    ("n_features", "selection"), [(None, "auto"), (3, "auto"), (9, "auto"), (3, "lasso_path"), (4, "highest_weights")]
)
def test_lime_base_says_the_same(recordings, n_features, selection):
    recording = recordings[3].astype(np.float64)

    def classifier(X):
        p = 1 / (1 + np.exp(-5 * X[:, ::50].std(axis=1) * X[:, 2000:4000].max(axis=1)))
        return np.column_stack([p, 1 - p])

    explainer = LimeTimeSeriesExplainer(
        n_segments=12, n_perturbations=200, feature_selection=selection, random_state=5, sampling_rate=300.0
    )
    explanation = explainer.explain(classifier, recording, labels=[1, 0], n_features=n_features)
    data, answers, distances = _by_hand(recording, classifier, 5, 12, 200)
    base = LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / 0.25**2)), random_state=0)
    for row, column in enumerate([1, 0]):
        intercept, pairs, r2, local = base.explain_instance_with_data(
            data, answers, distances, column, n_features or 12, selection if n_features else "none"
        )
        assert {feature for feature, _ in pairs} == set(np.flatnonzero(explanation.selected[row]))
        for feature, weight in pairs:
            assert abs(explanation.weights[row, feature] - weight) < 1e-8
        np.testing.assert_allclose(
            [explanation.intercept[row], explanation.r2[row], explanation.local_prediction[row]],
            [intercept, r2, local[0]],
            atol=1e-8,
        )
    np.testing.assert_allclose(explanation.probabilities, answers[0, [1, 0]], atol=1e-12)


def test_a_closed_form_says_the_same(recordings):
    recording = recordings[4].astype(np.float64)
    classifier = LooksAt(recording, 0, 500, 900)
    explanation = LimeTimeSeriesExplainer(n_perturbations=400, random_state=2, sampling_rate=300.0).explain(
        classifier, recording, labels=1
    )
    data, answers, distances = _by_hand(recording, classifier, 2, 20, 400)
    w = np.exp(-(distances**2) / (2 * 0.25**2))
    design = np.column_stack([np.ones(400), data])
    penalty = np.diag([0.0, *np.ones(20)])
    solution = np.linalg.solve(design.T @ (w[:, None] * design) + penalty, design.T @ (w * answers[:, 1]))
    np.testing.assert_allclose(explanation.weights[0], solution[1:], atol=1e-8)
    np.testing.assert_allclose(explanation.intercept[0], solution[0], atol=1e-8)
    np.testing.assert_allclose(explanation.local_prediction[0], solution.sum(), atol=1e-8)
    residual, mean = answers[:, 1] - design @ solution, np.average(answers[:, 1], weights=w)
    r2 = 1 - (w * residual**2).sum() / (w * (answers[:, 1] - mean) ** 2).sum()
    np.testing.assert_allclose(explanation.r2[0], r2, atol=1e-8)


def _classifiers(recordings):
    y = np.arange(12) % 2
    X = [recording[:1500] for recording in recordings[:12]]
    table = np.stack(X).astype(np.float64)
    filters = (BandpassFilter(sampling_rate=300.0), FixedLength(1500), LogisticRegression(C=0.01))
    return {
        "function": LooksAt(X[0], 0, 300, 700),
        "ResNetClassifier": small("ResNetClassifier").fit(X, y),
        "batches of 10": small("LSTMClassifier", batch_size=10).fit(table, y),
        "windows": small("LSTMClassifier", window_length=400).fit(X, y),
        "LogisticRegression": LogisticRegression(C=0.01).fit(table, y),
        "Pipeline": make_pipeline(*filters).fit(X, y),
    }


@pytest.mark.parametrize("perturbation", ["mean", "noise", "other_recordings"])
def test_the_same_to_the_bit_at_every_batch_size(recordings, perturbation):
    for name, classifier in _classifiers(recordings).items():
        expected = None
        for batch_size in (64, 1, 23, 32, 500):
            explainer = LimeTimeSeriesExplainer(
                n_perturbations=101,
                perturbation=perturbation,
                batch_size=batch_size,
                random_state=0,
                sampling_rate=300.0,
            ).fit(list(recordings[20:25]))
            explanation = explainer.explain(classifier, recordings[0][:1500], top_labels=2)
            expected = expected or explanation
            for field in ("weights", "intercept", "r2", "local_prediction", "probabilities"):
                np.testing.assert_array_equal(
                    getattr(explanation, field), getattr(expected, field), f"{name}, {batch_size}, {field}"
                )


def test_another_seed_gives_other_perturbations(recordings):
    classifier = LooksAt(recordings[0], 0, 300, 700)
    one, other = (
        LimeTimeSeriesExplainer(random_state=seed, sampling_rate=300.0).explain(classifier, recordings[0])
        for seed in (0, 1)
    )
    assert (one.weights != other.weights).any()
