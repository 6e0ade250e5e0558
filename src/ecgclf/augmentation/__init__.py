"""Synthetic recordings, and what they are worth."""

from ._fidelity import FidelityReport, fidelity_report
from ._memorisation import Memorisation

__all__ = ["FidelityReport", "Memorisation", "fidelity_report"]
