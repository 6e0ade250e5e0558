"""Explanations of any fitted classifier: which part of the recording spoke for a label, and how sure that is."""

from ._average import AverageExplanation, average_explanations
from ._explanation import Explanation, ExplanationWarning
from ._lime import LimeTimeSeriesExplainer
from ._trust import Faithfulness, Stability

__all__ = [
    "AverageExplanation",
    "Explanation",
    "ExplanationWarning",
    "Faithfulness",
    "LimeTimeSeriesExplainer",
    "Stability",
    "average_explanations",
]
