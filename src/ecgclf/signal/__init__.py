"""Pure functions on signals, with time along the last axis."""

from ._beats import find_r_peaks
from ._filters import bandpass, normalize, notch, wavelet_denoise
from ._quality import Quality, SignalQualityWarning, signal_quality
from ._rr import find_gaps, rr_intervals, rr_statistics
from ._sampling import resample, window_starts

__all__ = [
    "Quality",
    "SignalQualityWarning",
    "bandpass",
    "find_gaps",
    "find_r_peaks",
    "normalize",
    "notch",
    "resample",
    "rr_intervals",
    "rr_statistics",
    "signal_quality",
    "wavelet_denoise",
    "window_starts",
]
