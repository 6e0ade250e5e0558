"""Transformers that prepare recordings."""

from ._filters import BandpassFilter, Normalizer, NotchFilter, WaveletDenoiser
from ._length import FixedLength, Resampler
from ._quality import SignalQuality
from ._rr import RRFeatures

__all__ = [
    "BandpassFilter",
    "FixedLength",
    "Normalizer",
    "NotchFilter",
    "RRFeatures",
    "Resampler",
    "SignalQuality",
    "WaveletDenoiser",
]
