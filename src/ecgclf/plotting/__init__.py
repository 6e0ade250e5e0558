"""Displays of recordings, learning curves, explanations and reports. matplotlib loads with the first that is drawn."""

from ecgclf.plotting._explanation import ExplanationDisplay
from ecgclf.plotting._fidelity import FidelityDisplay
from ecgclf.plotting._history import HistoryDisplay
from ecgclf.plotting._recording import RecordingDisplay

__all__ = ["ExplanationDisplay", "FidelityDisplay", "HistoryDisplay", "RecordingDisplay"]
