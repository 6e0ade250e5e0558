"""How far to trust an explanation: warnings, stability, faithfulness, and work that is interrupted."""

import warnings

import numpy as np
import pytest
from scipy.stats import spearmanr

from ecgclf.explanation import ExplanationWarning, LimeTimeSeriesExplainer

RECORDING = np.random.RandomState(0).randn(2000)
EXPLAINER = LimeTimeSeriesExplainer(n_segments=10, n_perturbations=200, random_state=0, sampling_rate=300.0)


def additive(X):
    """Each of ten segments adds its share, by its number, for as far as it is lively."""
    lively = X.reshape(len(X), 10, 200).std(axis=2) > 0.1
    p = 0.1 + lively @ np.arange(10) / 60
    return np.column_stack([1 - p, p])


def parity(X):
    """Nothing that a sum of segments could follow."""
    lively = X.reshape(len(X), 10, 200).std(axis=2) > 0.1
    p = 0.1 + 0.8 * (lively.sum(axis=1) % 2 == 0)
    return np.column_stack([1 - p, p])


def test_a_surrogate_that_does_not_follow_warns():
    with pytest.warns(ExplanationWarning, match=r"for 1 its adjusted R² is .*, below 0.5; for 1 it is .* off at the"):
        explanation = EXPLAINER.explain(parity, RECORDING)
    assert explanation.adjusted_r2[0] < explanation.r2[0] < 0.5
    assert explanation.gap[0] == abs(explanation.local_prediction[0] - explanation.probabilities[0]) > 0.2


def test_a_surrogate_with_as_many_features_as_perturbations_warns():
    explainer = LimeTimeSeriesExplainer(n_segments=100, n_perturbations=100, random_state=0, sampling_rate=300.0)
    with pytest.warns(ExplanationWarning, match="adjusted R² is -inf"):
        explainer.explain(lambda X: additive(X), RECORDING)


def test_a_surrogate_that_follows_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explanation = EXPLAINER.explain(additive, RECORDING, labels=1)
    assert explanation.r2[0] > 0.99
    assert explanation.gap[0] < 0.02
    np.testing.assert_allclose(explanation.weights[0], np.arange(10) / 60, atol=0.01)


def test_stability_is_spearman_and_jaccard_over_pairs():
    stability = EXPLAINER.stability(parity, RECORDING, 1, n_repeats=4, top=3)
    assert stability.label == 1
    assert stability.weights.shape == (4, 10)
    rank = spearmanr(stability.weights, axis=1).statistic
    np.testing.assert_allclose(stability.spearman, rank[np.triu_indices(4, 1)].mean())
    best = [set(np.argsort(-abs(row))[:3]) for row in stability.weights]
    overlaps = [len(best[i] & best[j]) / len(best[i] | best[j]) for i, j in zip(*np.triu_indices(4, 1), strict=True)]
    np.testing.assert_allclose(stability.jaccard, np.mean(overlaps))
    assert len(np.unique(stability.weights[:, 0])) == 4
    again = EXPLAINER.stability(parity, RECORDING, 1, n_repeats=4, top=3)
    np.testing.assert_array_equal(again.weights, stability.weights)


def test_what_is_simple_is_stable_and_what_is_not_is_not():
    simple = EXPLAINER.stability(additive, RECORDING, 1, n_repeats=3)
    hard = EXPLAINER.stability(parity, RECORDING, 1, n_repeats=3)
    constant = EXPLAINER.stability(lambda X: np.full((len(X), 2), 0.5), RECORDING)
    assert simple.spearman > 0.95 > 0.6 > hard.spearman
    assert simple.jaccard == 1.0 > hard.jaccard
    assert constant.spearman == constant.jaccard == 1.0


def test_faithfulness_has_a_closed_form_for_a_sum():
    explanation = EXPLAINER.explain(additive, RECORDING, labels=1)
    faithfulness = EXPLAINER.faithfulness(additive, explanation, n_random=20)
    falling = np.arange(10)[::-1]
    deletion = 0.1 + (45 - np.array([0, *np.cumsum(falling)])) / 60
    insertion = 0.1 + np.array([0, *np.cumsum(falling)]) / 60
    np.testing.assert_allclose(faithfulness.deletion, deletion)
    np.testing.assert_allclose(faithfulness.insertion, insertion)
    np.testing.assert_allclose(faithfulness.deletion_auc, np.trapezoid(deletion, dx=0.1))
    np.testing.assert_allclose(faithfulness.insertion_auc, np.trapezoid(insertion, dx=0.1))
    np.testing.assert_allclose(faithfulness.random_auc, np.trapezoid(faithfulness.random, dx=0.1))
    np.testing.assert_allclose(faithfulness.random[:, [0, -1]], [[0.85, 0.1]] * 20)
    assert faithfulness.deletion_auc < faithfulness.random_auc.min()
    assert faithfulness.insertion_auc > faithfulness.random_auc.max()
    assert faithfulness.label == 1


@pytest.mark.parametrize("perturbation", ["noise", "other_recordings"])
def test_trust_in_drawn_perturbations(perturbation):
    explainer = LimeTimeSeriesExplainer(
        perturbation=perturbation, n_perturbations=100, random_state=0, sampling_rate=300.0
    )
    explainer.fit(np.zeros((2, 100)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExplanationWarning)
        explanation = explainer.explain(additive, RECORDING)
        faithfulness = [explainer.faithfulness(additive, explanation, n_random=2) for _ in range(2)]
        assert explainer.stability(additive, RECORDING, n_repeats=2).weights.shape == (2, 20)
    np.testing.assert_array_equal(faithfulness[0].random, faithfulness[1].random)


def test_faithfulness_needs_a_label_that_is_explained():
    explanation = EXPLAINER.explain(additive, RECORDING, labels=1)
    with pytest.raises(ValueError, match=r"label 0 is not explained here, only \[1\]"):
        EXPLAINER.faithfulness(additive, explanation, 0)
    for call in (
        lambda: EXPLAINER.faithfulness(additive, explanation, n_random=0),
        lambda: EXPLAINER.stability(additive, RECORDING, n_repeats=1),
        lambda: EXPLAINER.stability(additive, RECORDING, top=0),
    ):
        with pytest.raises(ValueError, match="must be"):
            call()


class _Interrupted:
    """A classifier during whose n-th answer Ctrl-C is pressed."""

    def __init__(self, n):
        self.n = n

    def __call__(self, X):
        self.n -= 1
        if self.n == 0:
            raise KeyboardInterrupt
        return additive(X)


def test_ctrl_c_keeps_what_is_answered():
    explainer = LimeTimeSeriesExplainer(n_segments=10, batch_size=16, random_state=0, sampling_rate=300.0)
    with pytest.warns(ExplanationWarning, match="Interrupted after .* of 1000 perturbations"):
        explanation = explainer.explain(_Interrupted(9), RECORDING, labels=1)
    assert 8 * 16 <= explanation.n_perturbations < 200
    np.testing.assert_allclose(explanation.weights[0], np.arange(10) / 60, atol=0.02)
    drawn = LimeTimeSeriesExplainer(
        n_segments=10, batch_size=16, perturbation="noise", random_state=0, sampling_rate=300.0
    )
    for n in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            LimeTimeSeriesExplainer(n_segments=50, batch_size=16, random_state=0, sampling_rate=300.0).explain(
                _Interrupted(n), RECORDING
            )
    with pytest.raises(KeyboardInterrupt):
        explainer.faithfulness(_Interrupted(2), explanation)
    with pytest.raises(KeyboardInterrupt):
        drawn.explain(_Interrupted(1), RECORDING)


def test_verbose_shows_a_bar(capsys):
    # Three masks were drawn twice.
    LimeTimeSeriesExplainer(n_segments=10, n_perturbations=50, verbose=1, random_state=0, sampling_rate=300.0).explain(
        additive, RECORDING
    )
    assert "47/47" in capsys.readouterr().err
    EXPLAINER.explain(additive, RECORDING)
    assert capsys.readouterr().err == ""


def test_arguments_the_other_way_round_are_told():
    explanation = EXPLAINER.explain(additive, RECORDING)
    with pytest.raises(TypeError, match="explanation is a function; expected what `explain` gives"):
        EXPLAINER.faithfulness(explanation, additive)


@pytest.mark.parametrize("label", [[1], np.array([0, 1]), ()])
def test_stability_is_of_one_label(label):
    with pytest.raises(ValueError, match="stability is of one label"):
        EXPLAINER.stability(additive, RECORDING, label)
    with pytest.raises(ValueError, match="expected a label, or a list of labels"):
        EXPLAINER.explain(additive, RECORDING, [label])


@pytest.mark.parametrize("distance", ["cosine", "euclidean", "hamming"])
def test_a_kernel_that_leaves_nothing_is_refused(distance):
    """All weights are 0 then, and fit what is left, the recording itself, as if they were right."""
    explainer = LimeTimeSeriesExplainer(
        n_segments=5, n_perturbations=200, kernel_width=1e-3, distance=distance, random_state=0, sampling_rate=300.0
    )
    with pytest.raises(ValueError, match=r"kernel_width=0.001 leaves .* of 1\d\d perturbations.* median distance is"):
        explainer.explain(additive, RECORDING)
