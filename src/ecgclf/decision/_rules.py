"""Temperature and class weights, fitted to the probabilities of recordings that were held out."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit

# Candidates for a class's weight in one step of the search, and how often the search goes through the classes.
_N_CANDIDATES = 60
_N_SWEEPS = 4
_TINY = 1e-12


def fit_temperature(probabilities, targets):
    """Find the temperature that makes probabilities as truthful as a temperature can.

    Parameters
    ----------
    probabilities : ndarray of shape (n_recordings, n_classes)
        Of recordings that the classifier was not trained on.
    targets : ndarray of shape (n_recordings,) or (n_recordings, n_labels)
        Index of each recording's class; or 0 and 1 for each label, and each probability is one of its own.

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
    logs = _log_odds(probabilities) if several else np.log(np.maximum(probabilities, _TINY))
    rows = np.arange(len(targets))

    def loss(log_temperature):
        scaled = logs / np.exp(log_temperature)
        if several:
            return np.mean(np.logaddexp(0, scaled) - targets * scaled)
        top = scaled.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0] - scaled[rows, targets])

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.05), np.log(20.0)), method="bounded").x))


def _log_odds(probabilities):
    p = np.clip(probabilities, _TINY, 1 - _TINY)
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
    logs = np.log(np.maximum(probabilities, _TINY)) / temperature
    scaled = np.exp(logs - logs.max(axis=1, keepdims=True))
    return scaled / scaled.sum(axis=1, keepdims=True)


def tune_class_weights(probabilities, targets, score):
    """Find weights by which the weighted probabilities' largest decides best.

    One class after the other is given the weight that is best while the others' stay: as a function of one weight a
    score is a staircase without a slope, so the candidates are quantiles of the weights at which a recording changes
    its class.

    Parameters
    ----------
    probabilities : ndarray of shape (n_recordings, n_classes)
        Of recordings that the classifier was not trained on.
    targets : ndarray of shape (n_recordings,)
        Index of each recording's class.
    score : callable
        ``score(targets, predicted)``, both class indices; greater is better.

    Returns
    -------
    ndarray of shape (n_classes,)
        Weights with a geometric mean of 1. All are 1 if no others are better.
    """
    logs = np.log(np.maximum(probabilities, _TINY))
    n_classes = logs.shape[1]
    shifts = np.zeros(n_classes)
    best = score(targets, logs.argmax(axis=1))
    if np.isnan(best):
        # Nothing is greater, and all weights would stay 1 without a word.
        raise ValueError("The score is nan for the answers as they are. Give one that is a number for all answers.")
    for _ in range(_N_SWEEPS):
        before = best
        for k in range(n_classes):
            shifted = logs + shifts
            others = np.delete(shifted, k, axis=1).max(axis=1)
            # Half-way between two turning points no recording is undecided; beyond the ends all agree.
            turning = np.unique((others - logs[:, k]).round(9))
            edges = np.concatenate([[turning[0] - 1], turning, [turning[-1] + 1]])
            at = np.linspace(0, len(edges) - 2, min(_N_CANDIDATES, len(edges) - 1)).round().astype(int)
            candidates = (edges[at] + edges[at + 1]) / 2
            for candidate in candidates[np.argsort(np.abs(candidates))]:
                shifted[:, k] = logs[:, k] + candidate
                found = score(targets, shifted.argmax(axis=1))
                if found > best:
                    best, shifts[k] = found, candidate
        if best <= before:
            break
    return np.exp(shifts - shifts.mean())


def tune_thresholds(probabilities, targets, score):
    """Find the thresholds above which labels are answered best, where a recording may have several.

    One label after the other is given the threshold that is best while the others' stay, out of those half-way
    between two probabilities; what lies nearest to a half is preferred where several are equally good.

    Parameters
    ----------
    probabilities : ndarray of shape (n_recordings, n_labels)
        Of recordings that the classifier was not trained on.
    targets : ndarray of shape (n_recordings, n_labels)
        0 and 1.
    score : callable
        ``score(targets, predicted)``, both of 0 and 1; greater is better.

    Returns
    -------
    ndarray of shape (n_labels,)
        Between 0 and 1. All are a half if no others are better.
    """
    thresholds = np.full(probabilities.shape[1], 0.5)
    predicted = (probabilities > thresholds).astype(np.int64)
    best = score(targets, predicted)
    if np.isnan(best):
        raise ValueError("The score is nan for the answers as they are. Give one that is a number for all answers.")
    for _ in range(_N_SWEEPS):
        before = best
        for k, column in enumerate(probabilities.T):
            edges = np.unique(np.concatenate([[0.0], column, [1.0]]))
            at = np.linspace(0, len(edges) - 2, min(_N_CANDIDATES, len(edges) - 1)).round().astype(int)
            candidates = (edges[at] + edges[at + 1]) / 2
            for candidate in candidates[np.argsort(np.abs(candidates - 0.5))]:
                predicted[:, k] = column > candidate
                found = score(targets, predicted)
                if found > best:
                    best, thresholds[k] = found, candidate
            predicted[:, k] = column > thresholds[k]
        if best <= before:
            break
    return thresholds
