"""Heart beats: their R peaks."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import uniform_filter1d

from ecgclf._whole import at_least, nearest
from ecgclf.signal._checks import FloatArray, as_leads, check_sampling_rate
from ecgclf.signal._filters import bandpass
from ecgclf.signal._silence import bridge, flatten_steps, level, runs

_QRS_BAND = (8.0, 20.0)  # Hz
_QRS_DURATION = 0.097  # s, as in the paper
_BEAT_DURATION = 0.611  # s, as in the paper
_OFFSET = 0.08  # of the mean energy, as in the paper
_REFRACTORY = 0.2  # s
_REACH = 0.075  # s, from the centre of a QRS complex to its tip
LOWEST_RATE = 50.0  # Hz
_PASSES = 3  # without steps, one is enough


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

    A beat depends on more of the recording than its surroundings: by the level, and by which way the tips point. Where
    normal beats point down and ventricular ones up, that can turn with where the recording ends: the beats are the
    same, and each tip is the other extremum within 75 ms of the middle of its QRS complex. When recordings of 7 s and
    more from the CinC Challenge 2017 were prolonged by 1 s, 1.2 % of the beats more than 1 s before their end were
    then elsewhere by more than 30 ms, or new. Find the R peaks of the whole recording, then cut.

    Most of a recording may be no ECG: leads off, padding, gaps, an amplifier in saturation, a pause. Where a
    lead keeps one value for 0.3 s, or stays within eight steps of its resolution for 2 s, a line is drawn
    across, so that the borders are no steps. Blocks with less than 1/30 of the energy of others do not count
    for the level if their energy is even, as of noise or mains hum, and not peaked, as of beats. A step next to
    such silence is taken out before the beats are looked for again.

    What is noise is told by comparison. In a recording of noise alone, at whatever amplitude, beats are
    found: ask :func:`~ecgclf.signal.signal_quality`.

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
    x = as_leads(x)
    rate = check_beat_rate(sampling_rate)
    x, silent = bridge(x, rate)
    beats, smooth = _complexes(x, silent, rate)
    tips = _tips(x, silent, beats, nearest(_REACH, rate))
    return _apart(tips, smooth, at_least(_REFRACTORY, rate))


def check_beat_rate(sampling_rate: float) -> float:
    """Give a sampling rate as a float, or say why R peaks cannot be found at it."""
    rate = check_sampling_rate(sampling_rate)
    if rate < LOWEST_RATE:
        raise ValueError(
            f"sampling_rate={rate:g} Hz is too low to see a QRS complex; expected at least "
            f"{LOWEST_RATE:g} Hz. Use recordings of a higher rate."
        )
    return rate


def _complexes(x: FloatArray, silent: NDArray[np.bool_], rate: float) -> tuple[list[int], FloatArray]:
    """Give where the QRS complexes are, and the energy averaged over the duration of one."""
    for _ in range(_PASSES):
        energies = _qrs_energies(x, silent, rate)
        energy = energies.sum(axis=0)
        of_ecg = level(energy, silent.min(axis=0), rate)
        smooth = _moving_average(energy, nearest(_QRS_DURATION, rate))
        threshold = _moving_average(energy, nearest(_BEAT_DURATION, rate)) + _OFFSET * of_ecg
        beats = [
            start + int(np.argmax(energy[start:stop]))
            for start, stop in runs(smooth > threshold)
            if stop - start >= at_least(_QRS_DURATION, rate)
        ]
        x, steps = flatten_steps(x, beats, energies, of_ecg, rate)
        beats = [beat for beat in beats if beat not in steps]
        if not steps:
            break
    return beats, smooth


def _qrs_energies(x: FloatArray, silent: NDArray[np.bool_], rate: float) -> FloatArray:
    energies = np.zeros(x.shape)
    for lead, of_lead, energy in zip(x, silent, energies, strict=True):
        band = bandpass(lead, rate, *_QRS_BAND).astype(np.float64) ** 2
        of_ecg = level(band, of_lead, rate)
        # Below this a flat lead's rounding errors would pass for beats.
        if of_ecg > (1e-6 * np.abs(lead).max()) ** 2:
            energy += band / of_ecg
    return energies


def _moving_average(x: FloatArray, width: int) -> FloatArray:
    return uniform_filter1d(x, max(1, width), mode="nearest")


def _tips(x: FloatArray, silent: NDArray[np.bool_], beats: list[int], reach: int) -> NDArray[np.int64]:
    if not beats:
        return np.empty(0, dtype=np.int64)
    padded = np.pad(x, ((0, 0), (reach, reach)), mode="edge")
    around = padded[:, np.array(beats)[:, np.newaxis] + np.arange(2 * reach + 1)]
    middle = np.median(around, axis=2)
    up, down = around.max(axis=2) - middle, middle - around.min(axis=2)
    # A lead is judged by the beats that it shows.
    hidden = silent[:, beats] & ~silent[:, beats].all(axis=0)
    shown = [np.flatnonzero(~off) for off in hidden]
    up, down = (
        np.array([np.median(lead[some]) if some.size else 0.0 for lead, some in zip(heights, shown, strict=True)])
        for heights in (up, down)
    )
    leads = np.argmax(np.where(hidden, -np.inf, np.maximum(up, down)[:, np.newaxis]), axis=0)
    upright = around[leads, np.arange(len(beats))] * np.where(up >= down, 1, -1)[leads, np.newaxis]
    return np.clip(np.array(beats) - reach + upright.argmax(axis=1), 0, x.shape[1] - 1)


def _apart(tips: NDArray[np.int64], strength: FloatArray, distance: int) -> NDArray[np.int64]:
    kept: list[int] = []
    for tip in tips.tolist():
        if not kept or tip - kept[-1] >= distance:
            kept.append(tip)
        elif strength[tip] > strength[kept[-1]]:
            kept[-1] = tip
    return np.array(kept, dtype=np.int64)
