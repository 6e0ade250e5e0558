"""Filters and scaling, sample for sample."""

from functools import lru_cache
from math import log, sqrt

import numpy as np
import pywt
from numpy.typing import ArrayLike
from scipy import signal

from ecgclf._numbers import is_finite, is_whole
from ecgclf._whole import at_least
from ecgclf.signal._checks import FloatArray, as_signal, check_below_nyquist, check_sampling_rate


def check_band(sampling_rate: float, low: float, high: float) -> None:
    """Raise unless ``0 < low < high < sampling_rate / 2``."""
    rate = check_sampling_rate(sampling_rate)
    check_below_nyquist(low, rate, "low")
    check_below_nyquist(high, rate, "high")
    if low >= high:
        raise ValueError(f"low={low!r} Hz must lie below high={high!r} Hz, the two ends of the band that passes.")


def bandpass(x: ArrayLike, sampling_rate: float, low: float, high: float, *, order: int = 2) -> FloatArray:
    """Keep one band of frequencies, without phase shift.

    A Butterworth filter in second-order sections, run forwards and backwards.

    Parameters
    ----------
    x : array-like of shape (..., n_timepoints)
        The signal, of any length down to one sample.
    sampling_rate : float
        Its sampling rate, in Hz.
    low, high : float
        The ends of the band, in Hz. At both, the amplitude is halved.
    order : int, default=2
        Order of the Butterworth prototype; running the filter both ways doubles its effect.

    Returns
    -------
    ndarray of shape (..., n_timepoints)
        The filtered signal; float32 stays float32.

    Raises
    ------
    ValueError
        If the band does not lie between 0 and the Nyquist frequency, or `x` is empty, complex or not finite.

    Notes
    -----
    The signal is continued beyond its ends by its own point reflection, for one period of `low`, or for as
    much as a shorter signal has. The filter is linear in `x`.

    Examples
    --------
    A beat at 10 Hz on a wandering baseline:

    >>> import numpy as np
    >>> from ecgclf.signal import bandpass
    >>> time = np.arange(3000) / 300
    >>> beat = np.sin(2 * np.pi * 10 * time)
    >>> filtered = bandpass(beat + 3 * np.sin(2 * np.pi * 0.1 * time), 300, 1, 40)
    >>> bool(np.abs(filtered - beat)[300:-300].max() < 0.05)
    True
    """
    x = as_signal(x)
    return _both_ways(*design_bandpass(sampling_rate, low, high, order), x)


def design_bandpass(sampling_rate: float, low: float, high: float, order: int) -> tuple[FloatArray, int]:
    """Give the second-order sections of `bandpass`, and for how many samples it continues a signal."""
    check_band(sampling_rate, low, high)
    _check_count(order, "order")
    sos = _butterworth(float(sampling_rate), float(low), float(high), int(order))
    return sos.copy(), at_least(1 / low, sampling_rate)


@lru_cache(maxsize=32)
def _butterworth(sampling_rate: float, low: float, high: float, order: int) -> FloatArray:
    # To design it costs as much as to filter half a minute.
    sos = signal.butter(order, [low, high], "bandpass", fs=sampling_rate, output="sos")
    try:
        signal.sosfilt_zi(sos)
    except np.linalg.LinAlgError:
        raise ValueError(
            f"low={low!r} Hz is too low for a filter at {sampling_rate:g} Hz: in floating-point numbers it is none. "
            "Choose a higher one."
        ) from None
    return sos


def notch(x: ArrayLike, sampling_rate: float, frequency: float, quality: float) -> FloatArray:
    """Take out one frequency, such as mains hum, without phase shift.

    Parameters
    ----------
    x : array-like of shape (..., n_timepoints)
        The signal, of any length down to one sample.
    sampling_rate : float
        Its sampling rate, in Hz.
    frequency : float
        The frequency to take out, in Hz.
    quality : float
        `frequency` divided by the width of the notch: larger is narrower.

    Returns
    -------
    ndarray of shape (..., n_timepoints)
        The filtered signal; float32 stays float32.

    Raises
    ------
    ValueError
        If `frequency` does not lie between 0 and the Nyquist frequency, `quality` is not positive or
        makes a notch that is wider than the Nyquist frequency, or `x` is empty, complex or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from ecgclf.signal import notch
    >>> hum = np.sin(2 * np.pi * 50 * np.arange(3000) / 300)
    >>> bool(np.abs(notch(hum, 300, 50, quality=30)[300:-300]).max() < 0.01)
    True
    """
    x = as_signal(x)
    return _both_ways(*design_notch(sampling_rate, frequency, quality), x)


def design_notch(sampling_rate: float, frequency: float, quality: float) -> tuple[FloatArray, int]:
    """Give the second-order sections of `notch`, and for how many samples it continues a signal."""
    rate = check_sampling_rate(sampling_rate)
    check_below_nyquist(frequency, rate, "frequency")
    if not is_finite(quality) or quality <= 0:
        raise ValueError(f"quality must be a positive number, got {quality!r}. 30 is usual.")
    if quality <= 2 * frequency / rate:
        raise ValueError(
            f"quality={quality!r} makes a notch at {frequency:g} Hz wider than all that {rate:g} Hz can hold. Give "
            f"more than {2 * frequency / rate:.3g}; 30 is usual."
        )
    sos = signal.tf2sos(*signal.iirnotch(frequency, quality, fs=rate))
    return sos, at_least(quality / frequency, rate)


def _both_ways(sos: FloatArray, padding: int, x: FloatArray) -> FloatArray:
    padding = min(padding, x.shape[-1] - 1)
    return signal.sosfiltfilt(sos, x, axis=-1, padlen=padding).astype(x.dtype, copy=False)


def wavelet_denoise(x: ArrayLike, *, wavelet: str = "db6", level: int = 6) -> FloatArray:
    """Take noise and baseline out of a signal by its wavelet coefficients.

    The details at each level are shrunk towards 0 by the universal threshold, and the approximation, which
    holds the baseline, is left out: at 300 Hz and level 6 what is slower than about 2.3 Hz.

    Parameters
    ----------
    x : array-like of shape (..., n_timepoints)
        The signal, of any length down to one sample.
    wavelet : str, default="db6"
        Name of a discrete wavelet of PyWavelets.
    level : int, default=6
        Number of times the signal is halved.

    Returns
    -------
    ndarray of shape (..., n_timepoints)
        The denoised signal; float32 stays float32.

    Raises
    ------
    ValueError
        If `wavelet` is not known, `level` is not a positive integer, or `x` is empty, complex or not finite.

    Notes
    -----
    The threshold is ``sigma * sqrt(2 * log(n_timepoints))`` [1]_, applied softly [2]_, with sigma estimated
    from the finest details as their median magnitude over 0.6745.

    A signal shorter than the wavelet at its last level is decomposed to the full level all the same, its
    mirror images serving as its continuation: at a lower level the approximation would hold the beats
    themselves. So the same frequencies are taken out at every length, and a constant signal becomes 0.

    References
    ----------
    .. [1] Donoho, D.L., Johnstone, I.M. (1994). Ideal spatial adaptation by wavelet shrinkage. Biometrika
       81, 425-455. :doi:`10.1093/biomet/81.3.425`
    .. [2] Donoho, D.L. (1995). De-noising by soft-thresholding. IEEE Transactions on Information Theory 41,
       613-627. :doi:`10.1109/18.382009`

    Examples
    --------
    >>> import numpy as np
    >>> from ecgclf.signal import wavelet_denoise
    >>> baseline = np.linspace(2, 3, 3000)
    >>> bool(np.abs(wavelet_denoise(baseline)[500:-500]).max() < 1e-3)
    True
    """
    x = as_signal(x)
    check_wavelet(wavelet)
    _check_count(level, "level")
    n_timepoints = x.shape[-1]
    # PyWavelets asks for leave to write, which recordings that are mapped from a file or held by pandas do not give.
    approximation, details = np.require(x, requirements="W"), []
    # wavedec would warn of boundary effects on short signals, which the notes above explain.
    for _ in range(level):
        approximation, detail = pywt.dwt(approximation, wavelet, axis=-1)
        details.append(detail)
    sigma = np.median(np.abs(details[0]), axis=-1, keepdims=True) / 0.6745
    threshold = (sigma * sqrt(2 * log(n_timepoints))).astype(x.dtype)
    coefficients = [np.zeros_like(approximation)]
    for detail in reversed(details):
        shrunk = np.maximum(np.abs(detail) - threshold, 0)
        coefficients.append(np.copysign(shrunk, detail))
    return pywt.waverec(coefficients, wavelet, axis=-1)[..., :n_timepoints]


def check_wavelet(wavelet: str) -> None:
    """Raise unless `wavelet` names a discrete wavelet."""
    if wavelet not in pywt.wavelist(kind="discrete"):
        raise ValueError(
            f"wavelet={wavelet!r} is not a discrete wavelet of PyWavelets. Take one of "
            'pywt.wavelist(kind="discrete"), such as "db6".'
        )


def wavelet_filters(wavelet: str) -> dict[str, list[float]]:
    """Give the filters that take a signal apart and put it together: "dec_lo", "dec_hi", "rec_lo", "rec_hi"."""
    bank = pywt.Wavelet(wavelet)
    return {name: list(getattr(bank, name)) for name in ("dec_lo", "dec_hi", "rec_lo", "rec_hi")}


def normalize(x: ArrayLike, method: str = "zscore", clip: float | None = None) -> FloatArray:
    """Bring each lead to zero centre and unit spread.

    Parameters
    ----------
    x : array-like of shape (..., n_timepoints)
        The signal; each lead is treated by itself.
    method : {"zscore", "robust"}, default="zscore"
        Centre and spread: mean and standard deviation, or median and interquartile range.
    clip : float, default=None
        Limit of the magnitude afterwards; None for no limit.

    Returns
    -------
    ndarray of shape (..., n_timepoints)
        The normalised signal; a constant lead becomes 0. float32 stays float32.

    Raises
    ------
    ValueError
        If `method` is not known, `clip` is not positive, or `x` is empty, complex or not finite.

    Notes
    -----
    Where the middle half of a lead's samples has one value, the interquartile range is 0 and the standard deviation
    takes its place.

    Examples
    --------
    >>> from ecgclf.signal import normalize
    >>> normalize([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]], "robust")
    array([[-1.,  0.,  1.],
           [ 0.,  0.,  0.]])
    """
    x = as_signal(x)
    if method not in ("zscore", "robust"):
        raise ValueError(f'method={method!r} is not known. Take "zscore" or "robust".')
    if clip is not None and (not is_finite(clip) or clip <= 0):
        raise ValueError(f"clip must be a positive number or None, got {clip!r}.")
    low, high = x.min(axis=-1, keepdims=True), x.max(axis=-1, keepdims=True)
    with np.errstate(over="ignore"):
        if not np.isfinite(high - low).all():
            return normalize(x / 4, method, clip=clip)
    constant = high - low <= 10 * np.finfo(x.dtype).eps * np.maximum(np.abs(low), np.abs(high))
    # In units of its range a signal of any magnitude has squares that neither vanish nor overflow.
    unit = np.where(constant, 1, high - low)
    out = (x - low) / unit
    spread = out.std(axis=-1, keepdims=True)
    if method == "zscore":
        out -= out.mean(axis=-1, keepdims=True)
    else:
        first, centre, third = np.quantile(out, [0.25, 0.5, 0.75], axis=-1, keepdims=True)
        out -= centre.astype(x.dtype)
        quartiles = (third - first).astype(x.dtype)
        spread = np.where(quartiles > np.finfo(x.dtype).eps, quartiles, spread)
    out /= np.where(constant, 1, spread)
    out[np.broadcast_to(constant, out.shape)] = 0
    return out if clip is None else np.clip(out, -clip, clip, out=out)


def _check_count(value: int, name: str) -> None:
    if not is_whole(value, 1):
        raise ValueError(f"{name} must be a positive whole number, got {value!r}.")
