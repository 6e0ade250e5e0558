"""Transformers that prepare recordings."""

from ._filters import BandpassFilter, NotchFilter, RecordingNormalizer, WaveletDenoiser
from ._length import FixedLength, Resampler
from ._quality import SignalQuality
from ._rr import RRFeatures

__all__ = [
    "BandpassFilter",
    "FixedLength",
    "NotchFilter",
    "RRFeatures",
    "RecordingNormalizer",
    "Resampler",
    "SignalQuality",
    "WaveletDenoiser",
]
