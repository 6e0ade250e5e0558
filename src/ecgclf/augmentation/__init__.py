"""Changes of recordings while a classifier trains, and synthetic recordings from a WaveNet."""

from ecgclf.augmentation._augmenter import WaveNetAugmenter
from ecgclf.augmentation._over_sampler import WaveNetOverSampler
from ecgclf.augmentation._random_changes import RandomChanges

__all__ = [
    "RandomChanges",
    "WaveNetAugmenter",
    "WaveNetOverSampler",
]
