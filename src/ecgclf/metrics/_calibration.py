"""Whether a classifier is right as often as it says."""

import numpy as np

from ecgclf._recordings import visible
from ecgclf._whole import at_least

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

    References
    ----------
    .. [1] Guo C, Pleiss G, Sun Y, Weinberger KQ (2017). On calibration of modern neural networks. arXiv:1706.04599.

    Examples
    --------
    Two answers given with a probability of 0.8, of which one is right:

    >>> from ecgclf.metrics import expected_calibration_error
    >>> round(expected_calibration_error(["A", "N"], [[0.8, 0.2], [0.8, 0.2]], ["A", "N"]), 3)
    0.3
    """
    probabilities, classes = visible(probabilities, "probabilities").astype(float), np.asarray(classes)
    confidence = probabilities.max(axis=1)
    right = classes[probabilities.argmax(axis=1)] == visible(y_true, "y_true")
    weight = np.ones(len(confidence)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    # The borders belong to the bin below, as in the paper.
    of_recording = np.clip(at_least(confidence, n_bins) - 1, 0, n_bins - 1)
    gaps = np.bincount(of_recording, weight * (confidence - right), minlength=n_bins)
    return float(np.abs(gaps).sum() / weight.sum())
