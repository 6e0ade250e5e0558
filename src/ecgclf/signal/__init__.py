"""Pure functions on signals, with time along the last axis."""

from ecgclf.signal._beats import find_r_peaks
from ecgclf.signal._filters import bandpass, normalize, notch, wavelet_denoise
from ecgclf.signal._quality import Quality, SignalQualityWarning, signal_quality
from ecgclf.signal._rr import find_gaps, rr_intervals, rr_statistics
from ecgclf.signal._sampling import resample
from ecgclf.signal._windows import window_starts

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
