"""Displays of recordings and of learning curves."""

from ._history import HistoryDisplay
from ._recording import RecordingDisplay

__all__ = ["HistoryDisplay", "RecordingDisplay"]
