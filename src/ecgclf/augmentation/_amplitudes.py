"""From amplitudes in mV to mu-law bins, and back."""

import numpy as np
import torch

from ecgclf.nn import mu_law_decode, mu_law_encode


class Amplitudes:
    """Scale of each lead, learnt from recordings, and the mu-law bins on it.

    The centre of a lead is the median of the recordings' medians. Its range is taken robustly, so that R peaks fit and
    artefacts clip: in each recording the distance from the centre that one sample in a thousand exceeds, and of these
    the one that one recording in twenty exceeds. A lead that never leaves its centre gets a range of 1.

    Parameters
    ----------
    items : list of ndarray of shape (n_leads, n_timepoints_i)
        The recordings.
    n_bins : int
        Number of bins.
    """

    def __init__(self, items, n_bins):
        self.n_bins = n_bins
        self.center = np.median([np.median(item, axis=1) for item in items], axis=0).astype(np.float64)
        ranges = [np.quantile(np.abs(item - self.center[:, None]), 0.999, axis=1) for item in items]
        scale = np.quantile(ranges, 0.95, axis=0)
        self.scale = np.where(scale > np.finfo(np.float32).eps * (1 + np.abs(self.center)), scale, 1.0)
        self._dtype = np.min_scalar_type(n_bins - 1)
        self._levels = mu_law_decode(torch.arange(n_bins), n_bins).numpy()

    def encode(self, item):
        """Quantise a recording of shape (n_leads, n_timepoints); the smallest unsigned integers that hold the bins."""
        scaled = (item - self.center[:, None]) / self.scale[:, None]
        return mu_law_encode(torch.from_numpy(scaled), self.n_bins).numpy().astype(self._dtype)

    def decode(self, codes, dtype):
        """Give the amplitudes in mV in the middle of bins of shape (n_leads, n_timepoints)."""
        return (self._levels[codes] * self.scale[:, None] + self.center[:, None]).astype(dtype)
