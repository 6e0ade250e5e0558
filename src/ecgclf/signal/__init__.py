"""Pure functions on signals, with time along the last axis."""

from ._beats import find_r_peaks, rr_intervals
from ._filters import bandpass, normalize, notch, wavelet_denoise
from ._sampling import resample, window_starts

__all__ = [
    "bandpass",
    "find_r_peaks",
    "normalize",
    "notch",
    "resample",
    "rr_intervals",
    "wavelet_denoise",
    "window_starts",
]
