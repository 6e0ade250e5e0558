"""Is what was recorded an ECG?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecgclf._whole import at_least, nearest
from ecgclf.signal._beats import check_beat_rate, find_r_peaks
from ecgclf.signal._checks import FloatArray, as_leads
from ecgclf.signal._filters import bandpass
from ecgclf.signal._silence import flat, runs

_BAND = (0.5, 40.0)  # Hz
_REACH = 0.3  # s, to each side of an R peak: P wave to T wave, in atrial fibrillation too
_NOISE = 0.66  # correlation, as in the paper
_FEWEST = 3  # beats: with fewer, there is no second interval to compare with
_SHORTEST = 4.0  # s: three beats of a heart at 30 a minute
_FLAT = 0.5  # of the time
_STILL = 4.0  # s, from which on a lead is silent, not clipped
_TOP = 0.02  # s, for which no wave rests at its extremum
_CLIPPED = 0.01  # of the time: a QRS complex cut off for 10 ms, once a second


class SignalQualityWarning(UserWarning):
    """A recording is no ECG, or too little of one: what is computed from it means nothing.

    Parameters
    ----------
    message : str
        Which recording, and why.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)


@dataclass(frozen=True)
class Quality:
    """What `signal_quality` found.

    Attributes
    ----------
    index : float
        How much the beats resemble one another, from 0 (noise, or no beats) to 1.
    n_beats : int
        Number of R peaks.
    flat : float
        Share of the time, over all leads, in which a lead stands still for 2 s or longer.
    clipped : float
        Share of the time, over all leads, in which a lead rests at its largest or smallest value.
    problems : tuple of str
        Why the recording should not be trusted, in words; empty if nothing speaks against it.
    """

    index: float
    n_beats: int
    flat: float
    clipped: float
    problems: tuple[str, ...]


def signal_quality(x: ArrayLike, sampling_rate: float) -> Quality:
    """Tell whether a recording is an ECG in which beats can be seen.

    Parameters
    ----------
    x : array-like of shape (n_timepoints,) or (n_leads, n_timepoints)
        The recording.
    sampling_rate : float
        Its sampling rate, in Hz; at least 50.

    Returns
    -------
    Quality
        The `index`, the number of beats, the shares `flat` and `clipped`, and the `problems` in words.

    Raises
    ------
    ValueError
        If the sampling rate is not a number of at least 50, or `x` has more than two dimensions, or is empty,
        complex or not finite.

    Notes
    -----
    The index is the mean correlation of the beats with their mean, after Orphanidou and others [1]_, and so is its
    limit of 0.66; nothing was fitted. Departing from them, a beat is what lies within 0.3 s of its R peak between 0.5
    and 40 Hz, and not a whole RR interval, whose length varies in atrial fibrillation. Of several leads the mean is
    taken over those that are not flat throughout. A recording whose beats have many shapes has a low index, too: it
    says that a look is needed, not that nothing can be seen.

    Further problems are: fewer than three beats or 4 s, leads that stand still for more than half of the time, or
    that are flat throughout, and more than 1 % of the time, in stretches of 20 ms, at the largest or smallest value.

    References
    ----------
    .. [1] Orphanidou, C., Bonnici, T., Charlton, P., Clifton, D., Vallance, D., Tarassenko, L. (2015). Signal-quality
       indices for the electrocardiogram and photoplethysmogram: derivation and applications to wireless monitoring.
       IEEE Journal of Biomedical and Health Informatics 19, 832-838. :doi:`10.1109/JBHI.2014.2338351`

    Examples
    --------
    >>> import numpy as np
    >>> from ecgclf.signal import signal_quality
    >>> time = np.arange(3000) / 300
    >>> beats = np.arange(0.5, 10, 0.8)
    >>> x = sum(np.exp(-(((time - beat) / 0.02) ** 2)) for beat in beats)
    >>> x += 0.1 * np.sin(time)
    >>> signal_quality(x, 300).problems
    ()
    >>> x[900:] = 0
    >>> signal_quality(x, 300).problems
    ('a flat line for 70 % of the time',)
    """
    leads = as_leads(x)
    rate = check_beat_rate(sampling_rate)
    peaks = find_r_peaks(leads, rate)
    still = flat(leads, rate)
    clipped = float(np.mean([_share_at_extrema(lead, rate) for lead in leads]))
    index = _resemblance(leads[~still.min(axis=1)], peaks, rate)
    return Quality(
        index=index,
        n_beats=len(peaks),
        flat=float(still.mean()),
        clipped=clipped,
        problems=tuple(_problems(index, len(peaks), still, clipped, rate)),
    )


def _resemblance(leads: FloatArray, peaks: NDArray[np.int64], rate: float) -> float:
    """Correlation of the beats with their mean, over beats and leads."""
    reach = nearest(_REACH, rate)
    whole = peaks[(peaks >= reach) & (peaks < leads.shape[1] - reach)]
    if len(leads) == 0 or len(peaks) < _FEWEST or len(whole) < 2:
        return 0.0
    low, high = _BAND
    leads = bandpass(leads, rate, low, min(high, 0.45 * rate))
    beats = leads[:, whole[:, np.newaxis] + np.arange(-reach, reach + 1)]
    beats = beats - beats.mean(axis=2, keepdims=True)
    beats = beats / np.maximum(np.linalg.norm(beats, axis=2, keepdims=True), np.finfo(beats.dtype).tiny)
    typical = beats.mean(axis=1, keepdims=True)
    typical = typical / np.maximum(np.linalg.norm(typical, axis=2, keepdims=True), np.finfo(beats.dtype).tiny)
    return float(np.clip(np.mean(np.sum(beats * typical, axis=2)), 0, 1))


def _share_at_extrema(lead: FloatArray, rate: float) -> float:
    """Share of the time at the largest or the smallest value, but for what stands still for long."""
    if np.ptp(lead) == 0:
        return 0.0
    shortest, longest = max(3, at_least(_TOP, rate)), at_least(_STILL, rate)
    lengths = [stop - start for start, stop in runs((lead == lead.max()) | (lead == lead.min()))]
    return sum(length for length in lengths if shortest <= length < longest) / len(lead)


def _problems(index: float, n_beats: int, still: NDArray[np.bool_], clipped: float, rate: float) -> list[str]:
    problems = []
    n_leads, n_timepoints = still.shape
    if n_timepoints < at_least(_SHORTEST, rate):
        problems.append(f"only {n_timepoints / rate:.3g} s long")
    of_all, n_flat = still.min(axis=0).mean(), int(still.min(axis=1).sum())
    if of_all > _FLAT:
        problems.append(f"a flat line for {100 * of_all:.0f} % of the time")
    elif n_flat:
        problems.append(f"{n_flat} of {n_leads} leads flat")
    if clipped > _CLIPPED:
        problems.append(f"clipped for {100 * clipped:.0f} % of the time")
    if n_beats < _FEWEST:
        problems.append(f"{n_beats or 'no'} beat{'' if n_beats == 1 else 's'} found")
    elif index < _NOISE:
        problems.append(f"noise: the beats resemble one another by {index:.2f} only")
    return problems
