"""Changes of recordings while a classifier trains; synthetic recordings from a WaveNet, and what they are worth."""

from ecgclf.augmentation._augmenter import WaveNetAugmenter
from ecgclf.augmentation._fidelity import FidelityReport, fidelity_report
from ecgclf.augmentation._memorisation import Memorisation
from ecgclf.augmentation._over_sampler import WaveNetOverSampler
from ecgclf.augmentation._random_changes import RandomChanges

__all__ = [
    "FidelityReport",
    "Memorisation",
    "RandomChanges",
    "WaveNetAugmenter",
    "WaveNetOverSampler",
    "fidelity_report",
]
