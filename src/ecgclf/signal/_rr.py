"""The rhythm: intervals between R peaks, and the figures that describe them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecgclf._recordings import visible
from ecgclf._whole import at_most
from ecgclf.signal._checks import as_leads, check_sampling_rate
from ecgclf.signal._silence import flat, runs

RR_FIGURES = (
    "n_beats",
    "mean_rr",
    "median_rr",
    "min_rr",
    "max_rr",
    "sdnn",
    "rmssd",
    "pnn50",
    "cv_rr",
    "rmssd_ratio",
    "median_heart_rate",
)
_LONGEST_PAUSE = 10.0  # s
_NN50 = 0.05  # s


def rr_intervals(r_peaks: ArrayLike, sampling_rate: float, gaps: ArrayLike | None = None) -> NDArray[np.float64]:
    """Compute the times between successive R peaks.

    Parameters
    ----------
    r_peaks : array-like of int of shape (n_beats,)
        The sample of each R peak, increasing.
    sampling_rate : float
        Sampling rate of the recording, in Hz.
    gaps : array-like of int of shape (n_gaps, 2), default=None
        Where there is no ECG, as `find_gaps` tells it: start and stop (exclusive). What spans one is no interval.

    Returns
    -------
    ndarray of shape (n_intervals,)
        The RR intervals, in seconds: one fewer than there are beats, and one fewer for each gap between beats.

    Raises
    ------
    ValueError
        If the R peaks are not increasing numbers of samples, the gaps not starts and stops, or the sampling rate is
        not from 10 to 100,000 Hz.

    Examples
    --------
    >>> from ecgclf.signal import rr_intervals
    >>> rr_intervals([150, 360, 660], 300)
    array([0.7, 1. ])
    """
    rate = check_sampling_rate(sampling_rate)
    steps, observed = _steps(r_peaks, gaps)
    return steps[observed] / rate


def rr_statistics(r_peaks: ArrayLike, sampling_rate: float, gaps: ArrayLike | None = None) -> dict[str, float]:
    """Describe a rhythm by the times between its R peaks.

    Parameters
    ----------
    r_peaks : array-like of int of shape (n_beats,)
        The sample of each R peak, increasing.
    sampling_rate : float
        Sampling rate of the recording, in Hz.
    gaps : array-like of int of shape (n_gaps, 2), default=None
        Where there is no ECG, as `find_gaps` tells it: start and stop (exclusive). What spans one is no interval,
        and the intervals before and after it do not succeed one another.

    Returns
    -------
    dict of str to float
        The figures; NaN where there are too few beats for one.

        =====================  ==================================================================
        ``n_beats``            number of R peaks
        ``mean_rr``            mean of the RR intervals, in seconds
        ``median_rr``          median of the RR intervals, in seconds
        ``min_rr``             shortest RR interval, in seconds
        ``max_rr``             longest RR interval, in seconds
        ``sdnn``               standard deviation of the RR intervals, in seconds
        ``rmssd``              root mean square of successive differences, in seconds
        ``pnn50``              share of successive differences above 50 ms, from 0 to 1
        ``cv_rr``              ``sdnn / mean_rr``
        ``rmssd_ratio``        ``rmssd / mean_rr``
        ``median_heart_rate``  60 divided by the median RR interval, in beats per minute
        =====================  ==================================================================

    Raises
    ------
    ValueError
        If the R peaks are not increasing numbers of samples, the gaps not starts and stops, or the sampling rate is
        not from 10 to 100,000 Hz.

    Notes
    -----
    The measures of variability are those of the task force [1]_, taken over all RR intervals, of ectopic beats too.
    Intervals are compared in samples: at 300 Hz a difference of 15 samples is 50 ms, and not above.

    References
    ----------
    .. [1] Task Force of the European Society of Cardiology and the North American Society of Pacing and
       Electrophysiology (1996). Heart rate variability: standards of measurement, physiological
       interpretation and clinical use. Circulation 93, 1043-1065. :doi:`10.1161/01.CIR.93.5.1043`

    Examples
    --------
    The differences are 0.3 s, 40 ms and 50 ms:

    >>> from ecgclf.signal import rr_statistics
    >>> figures = rr_statistics([150, 360, 660, 972, 1269], 300)
    >>> print(figures["n_beats"], round(figures["mean_rr"], 4), round(figures["pnn50"], 4))
    5.0 0.9325 0.3333
    """
    rate = check_sampling_rate(sampling_rate)
    steps, observed = _steps(r_peaks, gaps)
    figures = dict.fromkeys(RR_FIGURES, np.nan)
    figures["n_beats"] = float(np.size(r_peaks))
    differences = np.diff(steps)[observed[1:] & observed[:-1]]
    steps = steps[observed]
    if len(steps) > 0:
        mean, median = steps.mean(), np.median(steps)
        figures |= {"mean_rr": mean / rate, "median_rr": median / rate, "median_heart_rate": 60 * rate / median}
        figures |= {"min_rr": steps.min() / rate, "max_rr": steps.max() / rate}
    if len(steps) > 1:
        spread = steps.std(ddof=1)
        figures |= {"sdnn": spread / rate, "cv_rr": spread / mean}
    if len(differences) > 0:
        rmssd = np.sqrt(np.mean(np.square(differences, dtype=np.float64)))
        figures |= {"rmssd": rmssd / rate, "rmssd_ratio": rmssd / mean}
        figures["pnn50"] = np.mean(np.abs(differences) > at_most(_NN50, rate))
    return {name: float(value) for name, value in figures.items()}


def find_gaps(x: ArrayLike, r_peaks: ArrayLike, sampling_rate: float) -> NDArray[np.int64]:
    """Tell where a recording has no ECG, so that nothing is known of its rhythm.

    Parameters
    ----------
    x : array-like of shape (n_timepoints,) or (n_leads, n_timepoints)
        The recording.
    r_peaks : array-like of int of shape (n_beats,)
        The sample of each R peak, increasing.
    sampling_rate : float
        Its sampling rate, in Hz.

    Returns
    -------
    ndarray of shape (n_gaps, 2) and dtype int64
        Start and stop (exclusive) of each gap, in samples; increasing, and none overlaps another.

    Raises
    ------
    ValueError
        If the R peaks are not increasing numbers of samples, the sampling rate is not from 10 to 100,000 Hz, or `x`
        is empty, complex or not finite.

    Notes
    -----
    When a heart stands still an ECG shows a line as well, and what follows the last beat before it is a long RR
    interval that was observed. It is told from a gap by two things. The amplifier at a body is never quite still: a
    gap is where all leads keep one value, or three neighbouring ones, for 2 s. And a heart that stands still for
    more than 10 s is rarer than an electrode that falls off: from one R peak to the next in more than 10 s is a gap,
    where such still stretches do not account for it. A shorter stretch of noise is taken for a pause.

    Examples
    --------
    >>> import numpy as np
    >>> from ecgclf.signal import find_gaps, find_r_peaks
    >>> time = np.arange(3000) / 300
    >>> beats = (0.5, 1.2, 8.5, 9.2)
    >>> x = sum(np.exp(-(((time - beat) / 0.02) ** 2)) for beat in beats)
    >>> x += 0.01 * np.sin(20 * time)
    >>> x[600:2400] = -1
    >>> find_gaps(x, find_r_peaks(x, 300), 300)
    array([[ 600, 2400]])
    """
    x = as_leads(x)
    rate = check_sampling_rate(sampling_rate)
    steps, _ = _steps(r_peaks, None)
    peaks = np.asarray(r_peaks, dtype=np.int64)
    if peaks.size and peaks[-1] >= x.shape[1]:
        raise ValueError(f"r_peaks reach to {peaks[-1]}, but x has samples 0 to {x.shape[1] - 1} only.")
    still = flat(x, rate).min(axis=0)
    n_still = np.concatenate([[0], np.cumsum(still)])[peaks]
    far = np.flatnonzero(steps - np.diff(n_still) > at_most(_LONGEST_PAUSE, rate))
    return _joined(runs(still) + np.column_stack([peaks[far], peaks[far + 1]]).tolist())


def _joined(stretches: list[tuple[int, int]]) -> NDArray[np.int64]:
    """Make one of stretches that overlap."""
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(map(tuple, stretches)):
        if joined and start < joined[-1][1]:
            start, stop = joined[-1][0], max(stop, joined.pop()[1])
        joined.append((start, stop))
    return np.array(joined, dtype=np.int64).reshape(-1, 2)


def _steps(r_peaks: ArrayLike, gaps: ArrayLike | None) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give the samples between successive R peaks, and whether there is no gap between them."""
    peaks = visible(r_peaks, "r_peaks")
    if peaks.size == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=bool)
    if peaks.ndim != 1 or peaks.dtype.kind not in "iu":
        raise ValueError(
            f"r_peaks has shape {peaks.shape} and dtype {peaks.dtype}, expected sample numbers of shape "
            "(n_beats,) as find_r_peaks returns them."
        )
    peaks = peaks.astype(np.int64)
    if peaks[0] < 0:
        raise ValueError(f"r_peaks begin with {peaks[0]}, and no sample is before 0.")
    steps = np.diff(peaks)
    if (steps <= 0).any():
        raise ValueError(
            f"r_peaks must increase, but after peak {int(np.argmax(steps <= 0))} they do not. Sort them, "
            "without repeats: numpy.unique(r_peaks)."
        )
    if gaps is None or np.size(gaps) == 0:
        return steps, np.ones(len(steps), dtype=bool)
    ends = visible(gaps, "gaps")
    if ends.ndim != 2 or ends.shape[1] != 2 or ends.dtype.kind not in "iu" or (ends[:, 1] <= ends[:, 0]).any():
        raise ValueError(
            f"gaps has shape {ends.shape} and dtype {ends.dtype}; expected starts and stops, in samples, of shape "
            "(n_gaps, 2), as find_gaps returns them."
        )
    spanned = (ends[:, :1] < peaks[1:]) & (ends[:, 1:] > peaks[:-1])
    return steps, ~spanned.max(axis=0)
