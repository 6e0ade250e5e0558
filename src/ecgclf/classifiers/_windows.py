"""What a classifier says along the time of a recording."""

from typing import NamedTuple

import numpy as np


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
