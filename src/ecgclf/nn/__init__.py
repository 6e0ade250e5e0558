"""Networks in plain torch.

The classifiers are ``forward(x, lengths) -> logits`` on zero-padded batches of recordings; the generator `WaveNet`
gives logits of every next sample. `InputScale` is the first layer of all classifiers, `FocalLoss` a loss.
"""

from ecgclf.nn._aticnn import ATICNN
from ecgclf.nn._crnn import CRNN
from ecgclf.nn._focal import FocalLoss
from ecgclf.nn._layers import InputScale
from ecgclf.nn._recurrent import RecurrentNet
from ecgclf.nn._resnet import ResNet
from ecgclf.nn._wavenet import CachedWaveNet, WaveNet, mu_law_decode, mu_law_encode

__all__ = [
    "ATICNN",
    "CRNN",
    "CachedWaveNet",
    "FocalLoss",
    "InputScale",
    "RecurrentNet",
    "ResNet",
    "WaveNet",
    "mu_law_decode",
    "mu_law_encode",
]
