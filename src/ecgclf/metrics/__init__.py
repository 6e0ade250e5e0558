"""Scores of predicted labels and probabilities, and what a test set allows to say of them."""

from ecgclf.metrics._calibration import expected_calibration_error
from ecgclf.metrics._report import Estimate, RhythmReport, rhythm_report
from ecgclf.metrics._scores import cinc2017_score, cinc2017_scorer, rhythm_f1_scores

__all__ = [
    "Estimate",
    "RhythmReport",
    "cinc2017_score",
    "cinc2017_scorer",
    "expected_calibration_error",
    "rhythm_f1_scores",
    "rhythm_report",
]
