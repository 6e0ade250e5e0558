"""Small classifiers that train in a moment, one of each kind."""

from ecgclf import classifiers

NETWORKS = {
    "ResNetClassifier": {"n_blocks": 2, "n_filters": 8, "kernel_size": 5},
    "LSTMClassifier": {"n_filters": 8, "n_units": 8, "kernel_size": 5},
    "BiLSTMClassifier": {"n_filters": 8, "n_units": 8, "kernel_size": 5},
    "CRNNClassifier": {"n_filters": (8, 8), "n_units": 8},
    "CRANNClassifier": {"n_filters": (8, 8), "n_units": 8, "n_attention_units": 4},
}


def small(name, **params):
    """Make a small classifier of the class named; `params` win."""
    return getattr(classifiers, name)(**{"max_epochs": 3, "random_state": 0, **NETWORKS[name], **params})


NAMES = list(NETWORKS)
