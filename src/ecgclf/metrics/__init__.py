"""Scores of predicted labels and probabilities, and what a test set allows to say of them."""

from ecgclf.metrics._calibration import expected_calibration_error
from ecgclf.metrics._estimate import Estimate
from ecgclf.metrics._label_report import LabelReport, label_report
from ecgclf.metrics._label_scores import f_max, f_max_scorer, macro_auroc, macro_auroc_scorer
from ecgclf.metrics._report import RhythmReport, rhythm_report
from ecgclf.metrics._scores import cinc2017_score, cinc2017_scorer, rhythm_f1_scores

__all__ = [
    "Estimate",
    "LabelReport",
    "RhythmReport",
    "cinc2017_score",
    "cinc2017_scorer",
    "expected_calibration_error",
    "f_max",
    "f_max_scorer",
    "label_report",
    "macro_auroc",
    "macro_auroc_scorer",
    "rhythm_f1_scores",
    "rhythm_report",
]
