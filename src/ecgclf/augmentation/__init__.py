"""Synthetic recordings from a WaveNet, in Pipelines of scikit-learn and imbalanced-learn, and what they are worth."""

from ecgclf.augmentation._augmenter import WaveNetAugmenter
from ecgclf.augmentation._fidelity import FidelityReport, fidelity_report
from ecgclf.augmentation._memorisation import Memorisation
from ecgclf.augmentation._over_sampler import WaveNetOverSampler

__all__ = ["FidelityReport", "Memorisation", "WaveNetAugmenter", "WaveNetOverSampler", "fidelity_report"]
