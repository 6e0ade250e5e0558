"""Windows: where they lie in recordings, and what a classifier says of them."""

from numbers import Integral
from typing import NamedTuple

import numpy as np

from ecgclf._numbers import is_whole
from ecgclf._training import cut_windows


def training_windows(lengths, targets, classes, window_length, window_stride):
    """Cut recordings into windows to train on, those of some classes closer together if so asked.

    Parameters
    ----------
    lengths : ndarray of int of shape (n_recordings,)
        Timepoints of each recording.
    targets : ndarray
        Class index of each recording, or 0 and 1 for each label; of several the shortest stride counts.
    classes : ndarray of shape (n_classes,)
        The labels.
    window_length, window_stride : int, dict or None
        As of the classifiers.

    Returns
    -------
    ndarray of shape (n_windows, 3)
        As `cut_windows` gives them.

    Raises
    ------
    ValueError
        If the stride names a label that is not there, has no window to be the stride of, or is no number of samples.
    """
    if not isinstance(window_stride, dict):
        return cut_windows(lengths, window_length, np.full(len(lengths), window_stride or window_length or 1))
    if window_length is None:
        raise ValueError(
            f"window_stride={window_stride} tells how close windows of some labels lie, and window_length=None has "
            "none: recordings are trained on whole. Set window_length, or window_stride=None."
        )
    unknown = [label for label in window_stride if label not in classes]
    if unknown:
        raise ValueError(
            f"window_stride names the labels {unknown}, which y does not hold; its classes are {classes.tolist()}."
        )
    wrong = [stride for stride in window_stride.values() if not is_whole(stride)]
    if wrong:
        raise ValueError(f"window_stride={window_stride} holds {wrong[0]!r}; expected whole numbers of samples.")
    usual = window_length
    by_class = np.array([window_stride.get(label, usual) for label in classes.tolist()])
    if targets.ndim == 2:
        has_any, longest = targets.any(axis=1), by_class.max()
        strides = np.where(has_any, np.where(targets > 0, by_class, longest).min(axis=1), usual)
    else:
        strides = by_class[targets]
    return cut_windows(lengths, window_length, strides)


def prediction_windows(lengths, window_length, window_stride):
    """Cut recordings of unknown classes into windows: side by side, unless one stride is told for all.

    Parameters
    ----------
    lengths : ndarray of int of shape (n_recordings,)
        Timepoints of each recording.
    window_length, window_stride : int, dict or None
        As of the classifiers.

    Returns
    -------
    ndarray of shape (n_windows, 3)
        As `cut_windows` gives them.
    """
    stride = window_stride if isinstance(window_stride, Integral) else window_length
    # A window no longer than the recordings trained on may be shorter than the stride that was asked for.
    stride = stride if window_length is None else min(stride, window_length)
    return cut_windows(lengths, window_length, np.full(len(lengths), stride))


class Windows(NamedTuple):
    """Probabilities of the windows of one recording, and where they lie in it.

    Made by ``predict_windows`` of the classifiers, drawn by :class:`ecgclf.plotting.WindowsDisplay`.

    Attributes
    ----------
    probabilities : ndarray of shape (n_windows, n_classes)
        Probability of each class, in the order of time.
    starts, stops : ndarray of int of shape (n_windows,)
        First sample of each window, and the one after its last. In seconds: divided by the sampling rate.
    labels : ndarray of shape (n_classes,)
        The labels of the columns, the classifier's `classes_`.
    """

    probabilities: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    labels: np.ndarray

    def __repr__(self):
        return (
            f"<Windows: {len(self.starts)} in samples {self.starts[0]} to {self.stops[-1]}, "
            f"probabilities of {len(self.labels)} labels>"
        )
