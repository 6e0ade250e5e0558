"""Heart beats: R peaks and the intervals between them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import uniform_filter1d

from ._checks import FloatArray, as_signal, check_sampling_rate
from ._filters import bandpass

_QRS_BAND = (8.0, 20.0)  # Hz
_QRS_DURATION = 0.097  # s, as in the paper
_BEAT_DURATION = 0.611  # s, as in the paper
_OFFSET = 0.08  # of the mean energy, as in the paper
_BLOCK = 2.0  # s, surely holds a beat
_REFRACTORY = 0.2  # s
_REACH = 0.075  # s, from the centre of a QRS complex to its tip
_LOWEST_RATE = 50.0  # Hz


def find_r_peaks(x: ArrayLike, sampling_rate: float) -> NDArray[np.int64]:
    """Find the R peak of each heart beat.

    Where the energy between 8 and 20 Hz, averaged over the duration of a QRS complex, exceeds its average
    over the duration of a beat, there is a QRS complex; its R peak is the extremum of the signal there.

    Parameters
    ----------
    x : array-like of shape (n_timepoints,) or (n_leads, n_timepoints)
        The recording. Several leads are looked at together.
    sampling_rate : float
        Its sampling rate, in Hz; at least 50.

    Returns
    -------
    ndarray of shape (n_beats,) and dtype int64
        The sample of each R peak, increasing; empty if there is none.

    Raises
    ------
    ValueError
        If the sampling rate is not a number of at least 50, or `x` has more than two dimensions, or is empty,
        complex or not finite.

    Notes
    -----
    The two moving averages follow Elgendi [1]_. Departing from it, the energy's level is the median over
    blocks of 2 s, so that a short artefact does not hide the beats; of two beats within 200 ms the stronger
    is kept; and the tips all point the same way, up or down as most of them do, so that a recording with
    exchanged electrodes has the same R peaks. With several leads, the tip is looked for in the lead in
    which it is highest.

    References
    ----------
    .. [1] Elgendi, M. (2013). Fast QRS detection with an optimized knowledge-based method: evaluation on 11
       standard ECG databases. PLoS ONE 8, e73557. :doi:`10.1371/journal.pone.0073557`

    Examples
    --------
    Three beats, the second one early:

    >>> import numpy as np
    >>> from ecgclf.signal import find_r_peaks
    >>> time = np.arange(900) / 300
    >>> x = sum(np.exp(-(((time - beat) / 0.02) ** 2)) for beat in (0.5, 1.2, 2.2))
    >>> find_r_peaks(x, 300)
    array([150, 360, 660])
    """
    x = np.atleast_2d(as_signal(x))
    rate = check_beat_rate(sampling_rate)
    if x.ndim > 2:
        raise ValueError(
            f"x has shape {x.shape}; expected one recording, (n_timepoints,) or (n_leads, n_timepoints). "
            "Call this function once for each recording."
        )
    energy = _qrs_energy(x, rate)
    smooth = _moving_average(energy, _QRS_DURATION * rate)
    threshold = _moving_average(energy, _BEAT_DURATION * rate) + _OFFSET * _level(energy, rate)
    edges = np.flatnonzero(np.diff(smooth > threshold, prepend=False, append=False))
    beats = [
        start + int(np.argmax(energy[start:stop]))
        for start, stop in zip(edges[::2], edges[1::2], strict=True)
        if stop - start >= _QRS_DURATION * rate
    ]
    tips = _tips(x, beats, round(_REACH * rate))
    return _apart(tips, smooth, _REFRACTORY * rate)


def check_beat_rate(sampling_rate: float) -> float:
    """Give a sampling rate as a float, or say why R peaks cannot be found at it."""
    rate = check_sampling_rate(sampling_rate)
    if rate < _LOWEST_RATE:
        raise ValueError(
            f"sampling_rate={rate:g} Hz is too low to see a QRS complex; expected at least "
            f"{_LOWEST_RATE:g} Hz. Use recordings of a higher rate."
        )
    return rate


def _qrs_energy(x: FloatArray, rate: float) -> FloatArray:
    energy = np.zeros(x.shape[-1])
    for lead in x:
        of_lead = bandpass(lead, rate, *_QRS_BAND).astype(np.float64) ** 2
        level = _level(of_lead, rate)
        # Below this a flat lead's rounding errors would pass for beats.
        if level > (1e-6 * np.abs(lead).max()) ** 2:
            energy += of_lead / level
    return energy


def _level(energy: FloatArray, rate: float) -> float:
    n_blocks = max(1, int(len(energy) / (_BLOCK * rate)))
    return float(np.median([block.mean() for block in np.array_split(energy, n_blocks)]))


def _moving_average(x: FloatArray, width: float) -> FloatArray:
    return uniform_filter1d(x, max(1, round(width)), mode="nearest")


def _tips(x: FloatArray, beats: list[int], reach: int) -> NDArray[np.int64]:
    spans = [slice(max(0, beat - reach), beat + reach + 1) for beat in beats]
    if not spans:
        return np.empty(0, dtype=np.int64)
    middle = np.array([np.median(x[:, span], axis=1) for span in spans])
    up = np.median(np.array([x[:, span].max(axis=1) for span in spans]) - middle, axis=0)
    down = np.median(middle - np.array([x[:, span].min(axis=1) for span in spans]), axis=0)
    lead = int(np.argmax(np.maximum(up, down)))
    upright = x[lead] if up[lead] >= down[lead] else -x[lead]
    return np.array([span.start + np.argmax(upright[span]) for span in spans], dtype=np.int64)


def _apart(tips: NDArray[np.int64], strength: FloatArray, distance: float) -> NDArray[np.int64]:
    kept: list[int] = []
    for tip in tips.tolist():
        if not kept or tip - kept[-1] >= distance:
            kept.append(tip)
        elif strength[tip] > strength[kept[-1]]:
            kept[-1] = tip
    return np.array(kept, dtype=np.int64)


def rr_intervals(r_peaks: ArrayLike, sampling_rate: float) -> NDArray[np.float64]:
    """Compute the times between successive R peaks.

    Parameters
    ----------
    r_peaks : array-like of int of shape (n_beats,)
        The sample of each R peak, increasing.
    sampling_rate : float
        Sampling rate of the recording, in Hz.

    Returns
    -------
    ndarray of shape (n_beats - 1,)
        The RR intervals, in seconds; empty for fewer than two beats.

    Raises
    ------
    ValueError
        If the R peaks are not increasing numbers of samples, or the sampling rate is not a positive number.

    Examples
    --------
    >>> from ecgclf.signal import rr_intervals
    >>> rr_intervals([150, 360, 660], 300)
    array([0.7, 1. ])
    """
    rate = check_sampling_rate(sampling_rate)
    peaks = np.asarray(r_peaks)
    if peaks.size == 0:
        return np.empty(0)
    if peaks.ndim != 1 or peaks.dtype.kind not in "iu":
        raise ValueError(
            f"r_peaks has shape {peaks.shape} and dtype {peaks.dtype}, expected sample numbers of shape "
            "(n_beats,) as find_r_peaks returns them."
        )
    steps = np.diff(peaks.astype(np.float64))
    if (steps <= 0).any():
        raise ValueError(
            f"r_peaks must increase, but after peak {int(np.argmax(steps <= 0))} they do not. Sort them, "
            "without repeats: numpy.unique(r_peaks)."
        )
    return steps / rate
