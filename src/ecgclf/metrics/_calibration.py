"""Whether a classifier is right as often as it says."""

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from ecgclf._numbers import is_whole
from ecgclf._whole import at_least
from ecgclf.metrics._answers import check_class_answers
from ecgclf.metrics._intervals import ALIKE, unseen

_N_BINS = 15


def expected_calibration_error(y_true, probabilities, classes, *, n_bins=_N_BINS, sample_weight=None):
    """Compute how far the probability of the answer is from the share of right answers.

    Recordings are put into bins of equal width by the probability of the label predicted. In each bin the mean of
    this probability is compared with the share of right answers; the error is the mean of the differences, weighted
    by the recordings in the bin [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_recordings,)
        True labels.
    probabilities : array-like of shape (n_recordings, n_classes)
        Predicted probabilities.
    classes : array-like of shape (n_classes,)
        The labels that the columns stand for.
    n_bins : int, default=15
        Number of bins between 0 and 1.
    sample_weight : array-like of shape (n_recordings,), default=None
        How often each recording counts.

    Returns
    -------
    float
        Between 0 (best) and 1.

    Raises
    ------
    ValueError
        If labels, probabilities, classes and weights do not fit one another.

    References
    ----------
    .. [1] Guo C, Pleiss G, Sun Y, Weinberger KQ (2017). On calibration of modern neural networks. arXiv:1706.04599.

    Examples
    --------
    Two answers given with a probability of 0.8, of which one is right:

    >>> from ecgclf.metrics import expected_calibration_error
    >>> probabilities = [[0.8, 0.2], [0.8, 0.2]]
    >>> round(expected_calibration_error(["A", "N"], probabilities, ["A", "N"]), 3)
    0.3
    """
    truth, probabilities, _ = check_class_answers(y_true, probabilities, classes)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    if not is_whole(n_bins, 1):
        raise ValueError(f"n_bins={n_bins!r}; expected a whole number of at least 1, such as {_N_BINS}.")
    weight = _check_sample_weight(sample_weight, probabilities, ensure_non_negative=True)
    return _error(_bins(confidence, n_bins), confidence - right, weight)


def calibration_interval(confidence, right, weights, rng, groups=None):
    """Estimate the expected calibration error and its 95 % interval.

    Parameters
    ----------
    confidence : ndarray of shape (n_recordings,)
        Probability of the label predicted.
    right : ndarray of bool of shape (n_recordings,)
        Whether that is the true label.
    weights : list of ndarray of shape (n_recordings,)
        How often each recording counts: once in the first, as often as it was drawn in the others.
    rng : RandomState
        Draws what a calibrated classifier would have answered rightly.
    groups : ndarray of int of shape (n_recordings,), default=None
        The patient of each recording, from 0; what a calibrated classifier answers rightly is drawn for each, as if
        its recordings were hard or easy together.

    Returns
    -------
    value, low, high : float
        The error, and the basic bootstrap interval; it reaches down to 0 if a calibrated classifier, as sure of its
        answers as this one, might have had that error, and up to the value at least. Where all draws are alike it
        reaches as far as recordings of a kind that was never met, `unseen`.
    """
    bins = _bins(confidence, _N_BINS)
    value, *resampled = (_error(bins, confidence - right, weight) for weight in weights)
    if not resampled:
        return value, value, value
    # Resampled errors lie above the error by about as much as it lies above the one in truth.
    low, high = 2 * value - np.percentile(resampled, [97.5, 2.5])
    groups = np.arange(len(confidence)) if groups is None else groups
    n_drawn = groups.max() + 1
    if np.ptp([value, *resampled]) < ALIKE:
        low, high = low - unseen(n_drawn), min(high + unseen(n_drawn), 1.0)
    answered = (rng.random_sample(n_drawn)[groups] < confidence for _ in resampled)
    calibrated = [_error(bins, confidence - by_chance, weights[0]) for by_chance in answered]
    if low < 0 or value <= np.percentile(calibrated, 97.5):
        low = 0.0
    return value, float(min(low, value)), float(max(high, value))


def _bins(confidence, n_bins):
    # The borders belong to the bin below, as in the paper.
    return np.clip(at_least(confidence, n_bins) - 1, 0, n_bins - 1)


def _error(bins, gaps, weight):
    return float(np.abs(np.bincount(bins, weight * gaps)).sum() / weight.sum())
