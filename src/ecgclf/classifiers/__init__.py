"""Deep classifiers of ECG recordings."""

from ecgclf.classifiers._aticnn import ATICNNClassifier
from ecgclf.classifiers._crann import CRANNClassifier
from ecgclf.classifiers._crnn import CRNNClassifier
from ecgclf.classifiers._ecg import ECGClassifier
from ecgclf.classifiers._recurrent import BiLSTMClassifier, LSTMClassifier
from ecgclf.classifiers._resnet import ResNetClassifier

__all__ = [
    "ATICNNClassifier",
    "BiLSTMClassifier",
    "CRANNClassifier",
    "CRNNClassifier",
    "ECGClassifier",
    "LSTMClassifier",
    "ResNetClassifier",
]
