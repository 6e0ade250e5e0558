"""What explanations of many recordings have in common."""

from dataclasses import dataclass

import numpy as np

from ecgclf._warnings import warn
from ecgclf.explanation._explanation import Explanation, ExplanationWarning


@dataclass(frozen=True, eq=False, repr=False)
class AverageExplanation:
    """Mean weights of features over many recordings.

    Made by :func:`average_explanations`.

    Attributes
    ----------
    feature_names : tuple of str
        Name of each feature.
    labels : ndarray of shape (n_labels,)
        The labels explained.
    weights : ndarray of shape (n_labels, n_features)
        Mean weight of each feature over the explanations of a label that have it; NaN where none has.
    std : ndarray of shape (n_labels, n_features)
        Standard deviation of these weights.
    counts : ndarray of int of shape (n_labels, n_features)
        Number of these weights.
    r2 : ndarray of shape (n_labels,)
        Mean weighted R² of the explanations of each label.
    """

    feature_names: tuple
    labels: np.ndarray
    weights: np.ndarray
    std: np.ndarray
    counts: np.ndarray
    r2: np.ndarray

    def __repr__(self):
        found = (
            f"{label!r}: {self._first(row)} of {len(self.feature_names)} first, R² {self.r2[row]:.2f}"
            for row, label in enumerate(self.labels.tolist())
        )
        return f"<AverageExplanation of up to {self.counts.max(initial=0)} recordings, {'; '.join(found)}>"

    def _first(self, row):
        strengths = np.nan_to_num(np.abs(self.weights[row]), nan=-1.0)
        return self.feature_names[int(strengths.argmax())]

    def to_frame(self):
        """Give the means as a table.

        Returns
        -------
        pandas.DataFrame
            One row for each label and feature, with the columns label, name, weight, std and count.
        """
        import pandas as pd

        n_labels, n_features = self.weights.shape
        return pd.DataFrame(
            {
                "label": np.repeat(self.labels, n_features),
                "name": np.tile(np.array(self.feature_names, dtype=object), n_labels),
                "weight": self.weights.ravel(),
                "std": self.std.ravel(),
                "count": self.counts.ravel(),
            }
        )

    def plot(self, label=None, **options):
        """Draw the means.

        Parameters
        ----------
        label : object, default=None
            One of `labels`; None is the first.
        **options
            Whatever else :meth:`ecgclf.plotting.WeightsDisplay.from_average` takes, by name.

        Returns
        -------
        ecgclf.plotting.WeightsDisplay
            The display, drawn.
        """
        from ecgclf.plotting import WeightsDisplay

        return WeightsDisplay.from_average(self, label, **options)


def average_explanations(explanations):
    """Average explanations over a collection of recordings: which feature matters for which label.

    Features are the same if their names are. That holds for waves merged over beats, for the same number of uniform
    segments (the third of twenty is the third of twenty, whatever the length of the recording), and for what a
    function cut. The fifth beats of two recordings have nothing in common and are refused. Explanations in
    which uniform segments stood in for waves are left out, with a warning.

    Parameters
    ----------
    explanations : iterable of Explanation
        Explanations of one segmentation.

    Returns
    -------
    AverageExplanation
        Mean weights by label and feature.

    Raises
    ------
    ValueError
        If there is none, or if their features have nothing in common.

    Examples
    --------
    >>> import numpy as np
    >>> from ecgclf.explanation import LimeTimeSeriesExplainer, average_explanations
    >>> def classifier(X):
    ...     p = 1 / (1 + np.exp(-X[:, 1200:1500].max(axis=1)))
    ...     return np.column_stack([1 - p, p])
    >>> explainer = LimeTimeSeriesExplainer(
    ...     n_segments=10, sampling_rate=300, random_state=0
    ... )
    >>> recordings = np.random.RandomState(0).randn(3, 3000)
    >>> average = average_explanations(
    ...     explainer.explain(classifier, x, labels=1) for x in recordings
    ... )
    >>> average.feature_names[average.weights[0].argmax()]
    'segment 4'
    """
    explanations = list(explanations) if hasattr(explanations, "__iter__") else [None, explanations]
    if not all(isinstance(explanation, Explanation) for explanation in explanations):
        raise TypeError("explanations is no collection of what `explain` gives, such as a list of them.")
    usable = [explanation for explanation in explanations if not explanation.fallback]
    if not usable:
        raise ValueError(
            f"None of the {len(explanations)} explanations can be averaged; expected at least one in which the "
            "segments are those asked for."
        )
    if len(usable) < len(explanations):
        warn(
            f"{len(explanations) - len(usable)} of {len(explanations)} explanations are left out: no beats were found "
            "in their recordings.",
            ExplanationWarning,
        )
    _check_comparable(usable)
    names = list(dict.fromkeys(name for explanation in usable for name in explanation.feature_names))
    labels = np.unique(np.concatenate([explanation.labels for explanation in usable]))
    column = {name: i for i, name in enumerate(names)}
    weights = np.full((len(usable), len(labels), len(names)), np.nan)
    r2 = np.full((len(usable), len(labels)), np.nan)
    for i, explanation in enumerate(usable):
        rows = np.searchsorted(labels, explanation.labels)
        columns = [column[name] for name in explanation.feature_names]
        weights[np.ix_([i], rows, columns)] = explanation.weights
        r2[i, rows] = explanation.r2
    there = ~np.isnan(weights)
    counts = there.sum(axis=0)
    divisor = np.where(counts > 0, counts, np.nan)
    mean = np.where(there, weights, 0).sum(axis=0) / divisor
    std = np.sqrt((np.where(there, weights - mean, 0) ** 2).sum(axis=0) / divisor)
    return AverageExplanation(tuple(names), labels, mean, std, counts, np.nanmean(r2, axis=0))


def _check_comparable(explanations):
    kinds = {_kind(explanation) for explanation in explanations}
    if len(kinds) > 1:
        listed = "; ".join(
            f"{kind}{', merged' if merged else ''}{', by lead' if by_lead else ''}"
            for kind, merged, by_lead in sorted(kinds)
        )
        raise ValueError(f"Explanations of different segmentations cannot be averaged, here {listed}.")
    ((kind, merged, _),) = kinds
    if kind == "beats" or (kind == "waves" and not merged):
        raise ValueError(
            "Single beats of different recordings have nothing in common and cannot be averaged. Explain with "
            'segmentation="waves" and merge_beats=True.'
        )
    if kind == "uniform" and len({explanation.feature_names for explanation in explanations}) > 1:
        raise ValueError(
            "Explanations of different numbers of segments or leads cannot be averaged; use the same `n_segments`."
        )


def _kind(explanation):
    by_lead = bool((explanation.intervals[:, 1] >= 0).any())
    return explanation.segmentation, explanation.merged, by_lead
