"""Training and prediction on recordings of any length: the only room that knows skorch."""

from ecgclf._training._augment import Augmentation
from ecgclf._training._data import WindowDataset, cut_windows, lead_statistics
from ecgclf._training._net import (
    build_net,
    resolve_device,
    seeded,
    train,
    window_attention,
    window_probabilities,
)

__all__ = [
    "Augmentation",
    "WindowDataset",
    "build_net",
    "cut_windows",
    "lead_statistics",
    "resolve_device",
    "seeded",
    "train",
    "window_attention",
    "window_probabilities",
]
