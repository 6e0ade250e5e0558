"""Class weights and thresholds, tuned on the probabilities of recordings that were held out."""

import numpy as np

from ecgclf.decision._temperature import TINY

# Candidates for a class's weight in one step of the search, and how often the search goes through the classes.
_N_CANDIDATES = 60
_N_SWEEPS = 4


def decide(probabilities, weights):
    """Answer the class of the greatest weighted probability.

    Parameters
    ----------
    probabilities : ndarray of shape (n_recordings, n_classes)
        A probability of 0 counts as one of 1e-12, for tuning has to take its logarithm.
    weights : ndarray of shape (n_classes,)
        What each class's probability is multiplied by.

    Returns
    -------
    ndarray of int of shape (n_recordings,)
        Class indices.
    """
    return (np.maximum(probabilities, TINY) * weights).argmax(axis=1)


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
    logs = np.log(np.maximum(probabilities, TINY))
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
        Between 0 and 1. All are a half if no others are better; so is that of a label that none of the recordings has.
    """
    thresholds = np.full(probabilities.shape[1], 0.5)
    predicted = (probabilities > thresholds).astype(np.int64)
    best = score(targets, predicted)
    if np.isnan(best):
        raise ValueError("The score is nan for the answers as they are. Give one that is a number for all answers.")
    for _ in range(_N_SWEEPS):
        before = best
        for k in np.flatnonzero(targets.any(axis=0)):
            column = probabilities[:, k]
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
