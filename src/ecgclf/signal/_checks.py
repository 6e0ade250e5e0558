"""Checks shared by the signal functions."""

from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecgclf._rates import check_rate
from ecgclf._recordings import check_axes, visible

FloatArray = NDArray[np.floating]


def as_signal(x: ArrayLike) -> FloatArray:
    """Give `x` as a float array with at least one sample along its last axis.

    float32 and float64 are kept, anything else becomes float64.
    """
    array = visible(x, "x")
    check_axes(array.shape, "x")
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"x has dtype {array.dtype}, expected real numbers in mV. Convert it, e.g. with "
            "x.astype(float); give recordings of different lengths one at a time."
        )
    if array.ndim == 0 or array.shape[-1] == 0 or (array.ndim == 2 and not len(array)):
        raise ValueError(
            f"x of shape {array.shape} has no samples; expected time along the last axis, "
            "(n_timepoints,) or (n_leads, n_timepoints)."
        )
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    if not np.isfinite(array).all():
        first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(
            f"x contains {array[first]} (first at index {first}). Interpolate or cut missing "
            "samples first: a filter would spread them."
        )
    return array


def as_leads(x: ArrayLike) -> FloatArray:
    """Give one recording as a float array of shape (n_leads, n_timepoints)."""
    array = np.atleast_2d(as_signal(x))
    if array.ndim > 2:
        raise ValueError(
            f"x has shape {array.shape}; expected one recording, (n_timepoints,) or (n_leads, n_timepoints). "
            "Call this function once for each recording."
        )
    return array


def check_sampling_rate(rate: float, name: str = "sampling_rate") -> float:
    """Give a sampling rate as a float, or say what is wrong with it."""
    check_rate(rate, name)
    return float(rate)


def check_below_nyquist(frequency: float, sampling_rate: float, name: str) -> None:
    """Raise unless ``0 < frequency < sampling_rate / 2``."""
    nyquist = sampling_rate / 2
    if isinstance(frequency, bool) or not isinstance(frequency, Real):
        raise ValueError(
            f"{name} must be a number of hertz, got {frequency!r} of type {type(frequency).__name__}. Give a float."
        )
    if not 0 < frequency < nyquist:
        raise ValueError(
            f"{name}={frequency!r} Hz must lie above 0 and below the Nyquist frequency, which at "
            f"sampling_rate={sampling_rate:g} Hz is {nyquist:g} Hz. Choose another {name}, or "
            "check the sampling rate."
        )
