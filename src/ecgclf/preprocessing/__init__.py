"""Transformers that prepare recordings."""

from ecgclf.preprocessing._filters import BandpassFilter, NotchFilter, RecordingNormalizer, WaveletDenoiser
from ecgclf.preprocessing._length import FixedLength, Resampler
from ecgclf.preprocessing._quality import SignalQuality
from ecgclf.preprocessing._rr import RRFeatures

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
