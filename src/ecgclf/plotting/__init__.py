"""Displays of recordings, of explanations and of learning curves."""

from ._explanation import ExplanationDisplay
from ._history import HistoryDisplay
from ._recording import RecordingDisplay

__all__ = ["ExplanationDisplay", "HistoryDisplay", "RecordingDisplay"]
