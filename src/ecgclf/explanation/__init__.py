"""Explanations of any fitted classifier: which part of the recording spoke for a label, and how sure that is."""

from ecgclf.explanation._average import AverageExplanation, average_explanations
from ecgclf.explanation._explanation import Explanation, ExplanationWarning
from ecgclf.explanation._faithfulness import Faithfulness
from ecgclf.explanation._lime import LimeTimeSeriesExplainer
from ecgclf.explanation._stability import Stability

__all__ = [
    "AverageExplanation",
    "Explanation",
    "ExplanationWarning",
    "Faithfulness",
    "LimeTimeSeriesExplainer",
    "Stability",
    "average_explanations",
]
