"""Displays of recordings, learning curves, explanations and reports. matplotlib loads with the first that is drawn."""

from ecgclf.plotting._explanation import ExplanationDisplay
from ecgclf.plotting._faithfulness import FaithfulnessDisplay
from ecgclf.plotting._fidelity import FidelityDisplay
from ecgclf.plotting._history import HistoryDisplay
from ecgclf.plotting._recording import RecordingDisplay
from ecgclf.plotting._weights import WeightsDisplay
from ecgclf.plotting._windows import WindowsDisplay

__all__ = [
    "ExplanationDisplay",
    "FaithfulnessDisplay",
    "FidelityDisplay",
    "HistoryDisplay",
    "RecordingDisplay",
    "WeightsDisplay",
    "WindowsDisplay",
]
