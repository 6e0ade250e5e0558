"""Another sampling rate."""

from fractions import Fraction
from functools import lru_cache

from numpy.typing import ArrayLike
from scipy.signal import firwin, resample_poly

from ecgclf._numbers import is_finite
from ecgclf.signal._checks import FloatArray, as_signal

# Tried one after the other: between rates that are nearly the same, as 124.98 and 125 Hz, no simple fraction lies.
_LARGEST_TERMS = (10**3, 10**4, 10**5, 10**6)
_WITHIN = Fraction(1, 10**6)


def resample(x: ArrayLike, sampling_rate: float, new_sampling_rate: float) -> FloatArray:
    """Resample a signal to another sampling rate.

    A polyphase low-pass filter without phase shift; the first sample keeps its time.

    Parameters
    ----------
    x : array-like of shape (..., n_timepoints)
        The signal.
    sampling_rate : float
        Its sampling rate, in Hz.
    new_sampling_rate : float
        The sampling rate wanted, in Hz.

    Returns
    -------
    ndarray of shape (..., ceil(n_timepoints * new_sampling_rate / sampling_rate))
        The resampled signal; float32 stays float32.

    Raises
    ------
    ValueError
        If a rate is not a positive number, or `x` is empty, complex or not finite.

    Notes
    -----
    The ratio of the two rates is used as the simplest fraction that is within 1e-6 of it, with a smaller term of at
    most 1000 where there is one: exact for all usual rates. The filter has 20 taps for each unit of the larger term.

    Examples
    --------
    >>> import numpy as np
    >>> from ecgclf.signal import resample
    >>> x = np.sin(2 * np.pi * 5 * np.arange(360) / 360)

    One second at 360 Hz is one second at 300 Hz:

    >>> resample(x, 360, 300).shape
    (300,)
    """
    x = as_signal(x)
    up, down = ratio_of_rates(sampling_rate, new_sampling_rate)
    if up == down:
        return x.copy()
    # Zeros beyond the ends would make them ring; starting from 0 keeps a constant signal exact.
    first = x[..., :1]
    # A copy, for the filter is kept.
    taps = anti_aliasing(up, down).astype(x.dtype)
    return resample_poly(x - first, up, down, axis=-1, window=taps, padtype="edge") + first


@lru_cache(maxsize=4)
def anti_aliasing(up: int, down: int) -> FloatArray:
    """Design the low-pass filter of `resample`: that of `scipy.signal.resample_poly`, which makes it at each call.

    To design it for a ratio of large numbers costs 20 times what it costs to filter half a minute.
    """
    widest = max(up, down)
    return firwin(20 * widest + 1, 1 / widest, window=("kaiser", 5.0))


def ratio_of_rates(sampling_rate: float, new_sampling_rate: float) -> tuple[int, int]:
    """Give the factors by which `resample` raises and then lowers the rate."""
    # Any will do, of trends and of sound: only their ratio counts.
    for name, rate in {"sampling_rate": sampling_rate, "new_sampling_rate": new_sampling_rate}.items():
        if not is_finite(rate) or not rate > 0:
            raise ValueError(f"{name}={rate!r}; expected a positive number of Hz, such as 300.0.")
    return _ratio(float(sampling_rate), float(new_sampling_rate))


def _ratio(old: float, new: float) -> tuple[int, int]:
    if new < old:
        down, up = _ratio(new, old)
        return up, down
    exact = Fraction(new) / Fraction(old)
    for largest in _LARGEST_TERMS:
        ratio = exact.limit_denominator(largest)
        if abs(ratio / exact - 1) <= _WITHIN:
            break
    return ratio.numerator, ratio.denominator
