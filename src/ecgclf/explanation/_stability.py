"""How much an explanation depends on the seed."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import rankdata


@dataclass(frozen=True, eq=False, repr=False)
class Stability:
    """How well explanations of different seeds agree.

    Made by :meth:`LimeTimeSeriesExplainer.stability`.

    Attributes
    ----------
    label : object
        The label explained.
    feature_names : tuple of str
        Name of each feature.
    weights : ndarray of shape (n_repeats, n_features)
        Weights of each explanation.
    r2 : ndarray of shape (n_repeats,)
        Weighted R² of each explanation.
    spearman : float
        Mean rank correlation of the weights, over all pairs of explanations: 1 if they always rank the same.
    jaccard : float
        Mean overlap of the sets of `top` features, over all pairs: their intersection divided by their union.
    top : int
        Number of features in a set.
    """

    label: object
    feature_names: tuple
    weights: np.ndarray
    r2: np.ndarray
    spearman: float
    jaccard: float
    top: int

    def __repr__(self):
        return (
            f"<Stability of {self.label!r} over {len(self.weights)} seeds: rank correlation {self.spearman:.2f}, "
            f"overlap of the top {self.top} {self.jaccard:.2f}, R² from {self.r2.min():.2f} to {self.r2.max():.2f}>"
        )

    def plot(self, **options):
        """Draw the weights of each seed.

        Parameters
        ----------
        **options
            Whatever else :meth:`ecgclf.plotting.WeightsDisplay.from_stability` takes, by name.

        Returns
        -------
        ecgclf.plotting.WeightsDisplay
            The display, drawn.
        """
        from ecgclf.plotting import WeightsDisplay

        return WeightsDisplay.from_stability(self, **options)


def compare(explanations, top):
    """Measure the agreement of explanations of one label.

    Parameters
    ----------
    explanations : list of Explanation
        At least two, of one recording.
    top : int
        Number of features whose sets are compared.

    Returns
    -------
    Stability
        Their agreement.
    """
    weights = np.array([explanation.weights[0] for explanation in explanations])
    top = min(int(top), weights.shape[1])
    best = [set(np.argsort(-np.abs(row), kind="stable")[:top].tolist()) for row in weights]
    pairs = list(combinations(range(len(weights)), 2))
    return Stability(
        label=explanations[0].labels.tolist()[0],
        feature_names=explanations[0].feature_names,
        weights=weights,
        r2=np.array([explanation.r2[0] for explanation in explanations]),
        spearman=float(np.mean([_spearman(weights[i], weights[j]) for i, j in pairs])),
        jaccard=float(np.mean([len(best[i] & best[j]) / len(best[i] | best[j]) for i, j in pairs])),
        top=top,
    )


def _spearman(one, other):
    ranks = np.array([rankdata(one), rankdata(other)])
    ranks -= ranks.mean(axis=1, keepdims=True)
    norms = np.sqrt((ranks**2).sum(axis=1))
    if not norms.all():
        # Weights that are all alike rank nothing: two such agree.
        return float(norms[0] == norms[1])
    return float(ranks[0] @ ranks[1] / (norms[0] * norms[1]))
