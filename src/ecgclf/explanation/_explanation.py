"""What an explanation says."""

from dataclasses import dataclass, fields

import numpy as np

from ecgclf._warnings import warn

#: An explanation warns if its weighted R² is (adjusted) below the first or its gap above the second.
LOWEST_R2 = 0.5
LARGEST_GAP = 0.2


class ExplanationWarning(UserWarning):
    """An explanation is not to be trusted, or not the one asked for.

    Parameters
    ----------
    message : str
        What is wrong.
    """

    def __init__(self, message):
        super().__init__(message)


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Which segments of a recording spoke for a label, and which against it.

    Made by :meth:`LimeTimeSeriesExplainer.explain`. Nothing in it can be changed: its arrays are read-only.

    Attributes
    ----------
    recording : ndarray of shape (n_leads, n_timepoints)
        The recording, in mV.
    sampling_rate : float
        Its sampling rate, in Hz.
    intervals : ndarray of int of shape (n_intervals, 4)
        Feature, lead (-1 for all leads), start and stop (exclusive) in samples. A feature may have several.
    feature_names : tuple of str
        Name of each feature.
    labels : ndarray of shape (n_labels,)
        The labels explained.
    weights : ndarray of shape (n_labels, n_features)
        What the presence of each feature adds to the label's probability; 0 where it was not selected.
    intercept : ndarray of shape (n_labels,)
        What the surrogate predicts with all features taken out.
    local_prediction : ndarray of shape (n_labels,)
        What the surrogate predicts for the recording.
    probabilities : ndarray of shape (n_labels,)
        What the classifier predicts for the recording.
    r2 : ndarray of shape (n_labels,)
        Weighted R² of the surrogate over the perturbations: 1 where it follows the classifier exactly.
    selected : ndarray of bool of shape (n_labels, n_features)
        Which features the surrogate uses.
    segmentation : str
        "uniform", "beats", "waves", or the name of a function: what `intervals` are.
    merged : bool
        Whether a wave is one feature over all beats.
    fallback : bool
        Whether uniform segments stand in because fewer than two beats were found.
    r_peaks : ndarray of int of shape (n_beats,)
        R peaks, in samples; empty where the segmentation needs none.
    perturbation : str
        What stood where a feature was taken out.
    n_perturbations : int
        Number of perturbations learnt from.
    flat : bool
        Whether the recording came as (n_timepoints,).

    See Also
    --------
    average_explanations : Which feature matters over many recordings.

    Examples
    --------
    >>> from ecgclf.datasets import load_cinc2017_sample
    >>> from ecgclf.explanation import LimeTimeSeriesExplainer
    >>> recording = load_cinc2017_sample().data[0]
    >>> def is_large(X):
    ...     p = 1 / (1 + 1 / X[:, :900].std(axis=1))
    ...     return [[1 - value, value] for value in p]
    >>> explainer = LimeTimeSeriesExplainer(
    ...     n_segments=10, sampling_rate=300, random_state=0
    ... )
    >>> explanation = explainer.explain(is_large, recording, labels=1)
    >>> explanation.as_list()[0][0], explanation.seconds[0].tolist()
    ('segment 0', [0.0, 3.0])
    """

    recording: np.ndarray
    sampling_rate: float
    intervals: np.ndarray
    feature_names: tuple
    labels: np.ndarray
    weights: np.ndarray
    intercept: np.ndarray
    local_prediction: np.ndarray
    probabilities: np.ndarray
    r2: np.ndarray
    selected: np.ndarray
    segmentation: str
    merged: bool
    fallback: bool
    r_peaks: np.ndarray
    perturbation: str
    n_perturbations: int
    flat: bool

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value = value.copy()
                value.flags.writeable = False
                object.__setattr__(self, field.name, value)

    def __repr__(self):
        found = (
            f"{label!r}: {self._first(label)} of {len(self.feature_names)} first, R² {r2:.2f}"
            for label, r2 in zip(self.labels.tolist(), self.r2, strict=True)
        )
        return f"<Explanation of {self.recording.shape[0]} lead(s), {'; '.join(found)}>"

    @property
    def gap(self):
        """Distance between surrogate and classifier at the recording, ndarray of shape (n_labels,)."""
        return np.abs(self.local_prediction - self.probabilities)

    @property
    def adjusted_r2(self):
        """`r2` less what as many features reach by chance, ndarray of shape (n_labels,).

        Minus infinity where there are not more perturbations than features.
        """
        freedom = self.n_perturbations - self.selected.sum(axis=1) - 1
        adjusted = 1 - (1 - self.r2) * (self.n_perturbations - 1) / np.maximum(freedom, 1)
        return np.where(freedom > 0, adjusted, -np.inf)

    @property
    def seconds(self):
        """Start and stop of each interval in seconds, ndarray of shape (n_intervals, 2)."""
        return self.intervals[:, 2:] / self.sampling_rate

    def find_label(self, label=None):
        """Find the row of a label.

        Parameters
        ----------
        label : object, default=None
            One of `labels`; None is the first.

        Returns
        -------
        int
            Its row in `weights`, `r2` and the others.

        Raises
        ------
        ValueError
            If this label is not explained.
        """
        if label is None:
            return 0
        labels = self.labels.tolist()
        if label not in labels:
            raise ValueError(
                f"The label {label!r} is not explained here, only {labels}. Name it in `labels` of explain."
            )
        return labels.index(label)

    def as_list(self, label=None):
        """Name the features with their weights, as lime does.

        Parameters
        ----------
        label : object, default=None
            One of `labels`; None is the first.

        Returns
        -------
        list of (str, float)
            The selected features, the largest absolute weight first.
        """
        row = self.find_label(label)
        return [(self.feature_names[feature], weight) for feature, weight in self._ranked(row)]

    def as_map(self):
        """Give the features of each label with their weights, as lime does.

        Returns
        -------
        dict of {label: list of (int, float)}
            The selected features by number, the largest absolute weight first.
        """
        return {label: self._ranked(row) for row, label in enumerate(self.labels.tolist())}

    def to_frame(self):
        """Give the explanation as a table.

        Returns
        -------
        pandas.DataFrame
            One row for each label and interval, with the columns label, feature, name, lead, start, stop (in samples),
            start_s, stop_s (in seconds) and weight.
        """
        import pandas as pd

        feature, lead, start, stop = self.intervals.T
        per_label = {
            "feature": feature,
            "name": np.array(self.feature_names, dtype=object)[feature],
            "lead": lead,
            "start": start,
            "stop": stop,
            "start_s": self.seconds[:, 0],
            "stop_s": self.seconds[:, 1],
        }
        frames = [
            pd.DataFrame({"label": label, **per_label, "weight": weights[feature]})
            for label, weights in zip(self.labels.tolist(), self.weights, strict=True)
        ]
        return pd.concat(frames, ignore_index=True)

    def plot(self, label=None, **options):
        """Draw the explanation on its recording.

        Parameters
        ----------
        label : object, default=None
            One of `labels`, or a list of several; None is the first.
        **options
            Whatever else :meth:`ecgclf.plotting.ExplanationDisplay.from_explanation` takes, by name.

        Returns
        -------
        ecgclf.plotting.ExplanationDisplay
            The display, drawn.
        """
        from ecgclf.plotting import ExplanationDisplay

        return ExplanationDisplay.from_explanation(self, label, **options)

    def _first(self, label):
        # A path of the lasso may select none.
        return next((name for name, _ in self.as_list(label)), "none")

    def _ranked(self, row):
        features = np.flatnonzero(self.selected[row])
        order = np.argsort(-np.abs(self.weights[row, features]), kind="stable")
        return [(int(feature), float(self.weights[row, feature])) for feature in features[order]]


def warn_of(explanation):
    """Warn if a surrogate does not follow the classifier.

    Parameters
    ----------
    explanation : Explanation
        As `explain` is about to return it.
    """
    doubts = []
    for label, r2, gap in zip(explanation.labels.tolist(), explanation.adjusted_r2, explanation.gap, strict=True):
        if r2 < LOWEST_R2:
            doubts.append(f"for {label!r} its adjusted R² is {r2:.2f}, below {LOWEST_R2}")
        if gap > LARGEST_GAP:
            doubts.append(f"for {label!r} it is {gap:.2f} off at the recording, more than {LARGEST_GAP}")
    if doubts:
        warn(
            f"The surrogate does not follow the classifier well: {'; '.join(doubts)}. Look at `stability` and "
            "`faithfulness`, or try more perturbations, fewer segments or another perturbation.",
            ExplanationWarning,
        )
