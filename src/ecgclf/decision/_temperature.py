"""The temperature of probabilities, fitted to those of recordings that were held out."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit

# What a probability of 0 counts as, where its logarithm is taken.
TINY = 1e-12


def fit_temperature(probabilities, targets, weight=None):
    """Find the temperature that makes probabilities as truthful as a temperature can.

    Parameters
    ----------
    probabilities : ndarray of shape (n_recordings, n_classes)
        Of recordings that the classifier was not trained on.
    targets : ndarray of shape (n_recordings,) or (n_recordings, n_labels)
        Index of each recording's class; or 0 and 1 for each label, and each probability is one of its own.
    weight : ndarray of the shape of `targets`, default=None
        How often each of them counts; by default once.

    Returns
    -------
    float
        The logarithms of the probabilities divided by this have the least log loss, after they are normalised again;
        of several labels, the log odds. Above 1 makes an overconfident classifier modest. Between 0.05 and 20.

    References
    ----------
    Guo C, Pleiss G, Sun Y, Weinberger KQ (2017). On calibration of modern neural networks. arXiv:1706.04599.
    """
    several = targets.ndim == 2
    logs = _log_odds(probabilities) if several else np.log(np.maximum(probabilities, TINY))
    rows = np.arange(len(targets))

    def loss(log_temperature):
        scaled = logs / np.exp(log_temperature)
        if several:
            return np.average(np.logaddexp(0, scaled) - targets * scaled, weights=weight)
        top = scaled.max(axis=1, keepdims=True)
        lost = np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0] - scaled[rows, targets]
        return np.average(lost, weights=weight)

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.05), np.log(20.0)), method="bounded").x))


def _log_odds(probabilities):
    p = np.clip(probabilities, TINY, 1 - TINY)
    return np.log(p) - np.log1p(-p)


def apply_temperature(probabilities, temperature, several=False):
    """Divide the logarithms of probabilities by a temperature and normalise them again.

    Parameters
    ----------
    probabilities : ndarray of shape (n_recordings, n_classes)
        Rows that sum to one, unless there are several labels.
    temperature : float
        Above 0; 1 changes nothing.
    several : bool, default=False
        Whether each is the probability of a label of its own, and the log odds are divided.

    Returns
    -------
    ndarray of shape (n_recordings, n_classes)
        Rows that sum to one, each with its classes in the same order; or probabilities of their own.
    """
    if several:
        return expit(_log_odds(probabilities) / temperature)
    logs = np.log(np.maximum(probabilities, TINY)) / temperature
    scaled = np.exp(logs - logs.max(axis=1, keepdims=True))
    return scaled / scaled.sum(axis=1, keepdims=True)
