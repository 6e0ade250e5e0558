"""What synthetic recordings are worth: how like real ones they are, whether they help, and whether they are copies."""

from ecgclf.fidelity._memorisation import Memorisation
from ecgclf.fidelity._report import FidelityReport, fidelity_report

__all__ = ["FidelityReport", "Memorisation", "fidelity_report"]
