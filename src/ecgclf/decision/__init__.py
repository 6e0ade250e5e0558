"""From probabilities to decisions: calibration and class weights chosen inside the training recordings."""

from ecgclf.decision._tuned import TunedDecisionClassifierCV

__all__ = ["TunedDecisionClassifierCV"]
