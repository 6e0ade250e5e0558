"""What stands where a segment is taken out."""

import numpy as np

from ecgclf._recordings import visible

NAMES = ("mean", "total_mean", "noise", "interpolate", "other_recordings")
_STRETCHES = 2**16


class Replacements:
    """Perturbed copies of a recording.

    Parameters
    ----------
    perturbation : str or callable
        Name out of `NAMES`, or a function.
    recording : ndarray of shape (n_leads, n_timepoints)
        The recording, in mV.
    intervals : ndarray of shape (n_intervals, 4)
        Feature, lead (-1 for all), start and stop of each interval.
    background : list of ndarray of shape (n_leads, n_timepoints_i) or None
        Recordings for "other_recordings".
    seed : int
        Together with the number of a perturbation it decides all that is drawn for it, so that nothing depends on
        how perturbations are batched.
    """

    def __init__(self, perturbation, recording, intervals, background, seed):
        self.perturbation = perturbation
        self.recording = recording
        self.intervals = intervals
        self.background = background
        self.seed = seed
        self.mean, self.std = recording.mean(axis=1, keepdims=True), recording.std(axis=1, keepdims=True)
        self.fixed = _FIXED[perturbation](recording, intervals) if perturbation in _FIXED else None
        self.noise = self._draw_noise() if perturbation == "noise" else None

    def make(self, masks, numbers):
        """Make perturbed recordings.

        Parameters
        ----------
        masks : ndarray of bool of shape (n, n_features)
            False where a feature is taken out.
        numbers : ndarray of int of shape (n,)
            Number of each perturbation.

        Returns
        -------
        ndarray of shape (n, n_leads, n_timepoints)
            New arrays of the dtype of the recording.
        """
        out = np.empty((len(masks), *self.recording.shape), dtype=self.recording.dtype)
        if self.fixed is None:
            for row, mask, number in zip(out, masks, numbers, strict=True):
                self._replace_drawn(row, mask, number)
            return out
        out[:] = self.recording
        absent = [np.flatnonzero(off) for off in ~masks.T]
        for feature, lead, start, stop in self.intervals.tolist():
            leads = slice(None) if lead < 0 else slice(lead, lead + 1)
            out[absent[feature], leads, start:stop] = self.fixed[leads, start:stop]
        return out

    def _replace_drawn(self, row, mask, number):
        row[:] = self.recording
        if mask.all():
            return
        rng = np.random.default_rng([self.seed, number])
        replaced = np.zeros(row.shape, dtype=bool)
        for feature, lead, start, stop in self.intervals.tolist():
            if not mask[feature]:
                replaced[slice(None) if lead < 0 else lead, start:stop] = True
        if self.perturbation == "noise":
            values = self._stretch_of_noise(rng)
        elif self.perturbation == "other_recordings":
            values = self._other(rng)
        else:
            values = self._called(replaced, rng)
        np.copyto(row, values, where=replaced, casting="same_kind")

    def _draw_noise(self):
        # Longer than needed, and each perturbation gets a stretch of it: to draw anew for each would cost more than
        # all else that is done for it.
        n_leads, n_timepoints = self.recording.shape
        rng = np.random.default_rng(self.seed)
        drawn = rng.standard_normal((n_leads, n_timepoints + _STRETCHES), dtype=self.recording.dtype)
        return drawn * self.std + self.mean

    def _stretch_of_noise(self, rng):
        start = rng.integers(_STRETCHES)
        return self.noise[:, start : start + self.recording.shape[1]]

    def _other(self, rng):
        other = self.background[rng.integers(len(self.background))]
        if other.shape[1] >= self.recording.shape[1]:
            return other[:, : self.recording.shape[1]]
        return np.take(other, np.arange(self.recording.shape[1]), axis=1, mode="wrap")

    def _called(self, replaced, rng):
        values = visible(self.perturbation(self.recording.copy(), replaced.copy(), rng), "What the perturbation gave")
        if values.shape != self.recording.shape or values.dtype.kind not in "biuf":
            raise ValueError(
                f"The perturbation gave an array of shape {values.shape} and dtype {values.dtype}; expected real "
                f"numbers of shape {self.recording.shape}, as the recording has."
            )
        if not np.isfinite(values[replaced]).all():
            raise ValueError("The perturbation gave NaN or infinity where the recording is to be replaced.")
        return values.astype(self.recording.dtype)


def _segment_means(recording, intervals):
    """Each feature's mean over all its intervals, in each lead."""
    total = np.zeros((intervals[:, 0].max() + 1, len(recording)))
    count = np.zeros_like(total)
    for feature, lead, start, stop in intervals.tolist():
        leads = slice(None) if lead < 0 else slice(lead, lead + 1)
        total[feature, leads] += recording[leads, start:stop].sum(axis=1, dtype=np.float64)
        count[feature, leads] += stop - start
    means = total / np.maximum(count, 1)
    values = np.zeros_like(recording)
    for feature, lead, start, stop in intervals.tolist():
        leads = slice(None) if lead < 0 else slice(lead, lead + 1)
        values[leads, start:stop] = means[feature, leads, np.newaxis]
    return values


def _lead_means(recording, intervals):
    means = recording.mean(axis=1, keepdims=True, dtype=np.float64)
    return np.broadcast_to(means.astype(recording.dtype), recording.shape)


def _lines(recording, intervals):
    """A straight line through each interval, from its first sample to the sample after its last."""
    values = np.zeros_like(recording)
    last = recording.shape[1] - 1
    for _, lead, start, stop in intervals.tolist():
        leads = slice(None) if lead < 0 else slice(lead, lead + 1)
        end = min(stop, last)
        share = np.linspace(0, 1, end - start + 1)[: stop - start] if end > start else np.zeros(1)
        first, final = recording[leads, start, np.newaxis], recording[leads, end, np.newaxis]
        values[leads, start:stop] = first + (final - first) * share
    return values


_FIXED = {"mean": _segment_means, "total_mean": _lead_means, "interpolate": _lines}
