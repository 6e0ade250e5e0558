"""Which classifiers are compared: all that come with a network."""

from ecgclf import classifiers

NETWORKS = [name for name in classifiers.__all__ if name != "ECGClassifier"]
