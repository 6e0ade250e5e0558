"""Small classifiers that train in a moment, one of each kind; and a container that no library here has."""

import numpy as np

from ecgclf import classifiers
from ecgclf._recordings import object_array

_SEGMENTS = {"segment_length": 48, "n_filters": (8, 8), "kernel_sizes": (16, 8), "strides": (2, 2)}
_RESIDUAL = {"n_filters": (6, 8, 8), "kernel_sizes": (7, 5, 5), "strides": (4, 2, 3)}
_STAGES = {"n_filters": (6, 8), "depths": (1, 2), "kernel_size": 5, "stem_kernel_size": 7, "stem_stride": 4}
NETWORKS = {
    "ResNetClassifier": {"n_blocks": 2, "n_filters": 8, "kernel_size": 5},
    "LSTMClassifier": {"stem_stride": 16, "n_filters": 8, "n_units": 8, "kernel_size": 5},
    "BiLSTMClassifier": {"stem_stride": 16, "n_filters": 8, "n_units": 8, "kernel_size": 5},
    "CRNNClassifier": {**_SEGMENTS, "n_units": 8},
    "CRANNClassifier": {**_RESIDUAL, "n_units": 8, "n_attention_units": 4},
    "ATICNNClassifier": {**_STAGES, "n_units": 8, "n_attention_units": 4},
}
_WAVENET = {"n_bins": 32, "n_blocks": 1, "n_layers": 3, "n_filters": 4, "n_skip_filters": 4, "max_epochs": 1}
GENERATORS = {"WaveNetAugmenter": _WAVENET, "WaveNetOverSampler": _WAVENET}


def small(name, **params):
    """Make a small classifier of the class named; `params` win."""
    return getattr(classifiers, name)(**{"max_epochs": 3, "random_state": 0, **NETWORKS[name], **params})


NAMES = list(NETWORKS)


class Column:
    """A column of recordings as polars and pyarrow have it: a length, items and an array, nothing else."""

    def __init__(self, items):
        self.items = object_array(items)

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]

    def __array__(self, dtype=None, copy=None):
        return np.array(self.items, dtype=dtype)
