"""Training and prediction on recordings of any length: the only room that knows skorch."""

from ecgclf._training._augment import Augmentation
from ecgclf._training._callbacks import own_callbacks
from ecgclf._training._cuda import exact
from ecgclf._training._data import WindowDataset, cut_windows, lead_statistics
from ecgclf._training._identity import identity
from ecgclf._training._likelihood import train_likelihood
from ecgclf._training._net import (
    build_net,
    resolve_device,
    train,
)
from ecgclf._training._predict import window_attention, window_embeddings, window_probabilities
from ecgclf._training._random import drawing_from
from ecgclf._training._restore import device_or_cpu, module_state, net_state, restore_module, restore_net
from ecgclf._training._threads import is_small, one_thread

__all__ = [
    "Augmentation",
    "WindowDataset",
    "build_net",
    "cut_windows",
    "device_or_cpu",
    "drawing_from",
    "exact",
    "identity",
    "is_small",
    "lead_statistics",
    "module_state",
    "net_state",
    "one_thread",
    "own_callbacks",
    "resolve_device",
    "restore_module",
    "restore_net",
    "train",
    "train_likelihood",
    "window_attention",
    "window_embeddings",
    "window_probabilities",
]
