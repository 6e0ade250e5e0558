"""Networks in plain torch: ``forward(x, lengths) -> logits`` on zero-padded batches of recordings."""

from ecgclf.nn._crnn import CRNN
from ecgclf.nn._recurrent import RecurrentNet
from ecgclf.nn._resnet import ResNet

__all__ = ["CRNN", "RecurrentNet", "ResNet"]
