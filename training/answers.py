"""What the networks of the folds answered to recordings they had not seen, and how two such sets compare."""

import csv
from pathlib import Path

import numpy as np
from recipes import FOLDS, file_of, members

HERE = Path(__file__).parent
CHALLENGE = ("A", "N", "O")


def read_member(member, folder):
    """Read what one member of a vote answered, or a classifier, whose name is "".

    Returns
    -------
    names, labels : ndarray of shape (n_recordings,)
        The recordings and their labels.
    probabilities : ndarray of shape (n_recordings, n_classes)
        What the network that had not seen each answered, uncalibrated.
    folds : ndarray of shape (n_recordings,)
        The fold of each.
    """
    rows = []
    for fold in range(FOLDS.get_n_splits()):
        with open(folder / f"{file_of(fold, member)}.csv", newline="", encoding="utf-8") as file:
            rows += [(fold, *row) for row in list(csv.reader(file))[1:]]
    rows.sort(key=lambda row: row[1])
    folds, names, labels, *columns = map(np.array, zip(*rows, strict=True))
    return names, labels, np.array(columns, dtype=float).T, folds


def read_answers(recipe, folder):
    """Read what the folds answered, as `read_member`: of a vote, the mean of its members."""
    of_members = [read_member(member, folder) for member in members(recipe)]
    names, labels, _, folds = of_members[0]
    return names, labels, np.mean([each[2] for each in of_members], axis=0), folds


def challenge_scores(labels, answers, weights):
    """Give the mean F1 of N, A and O of each draw; `weights` (n_draws, n_recordings) tell how often each counts."""
    f1 = []
    for label in CHALLENGE:
        true, answered = labels == label, answers == label
        f1.append(2 * (weights @ (true & answered)) / (weights @ true + weights @ answered))
    return np.mean(f1, axis=0)


def paired_difference(labels, answers, others, n_draws=2000):
    """Give how much better the score of answers is than that of others, with its 95 % bootstrap interval."""
    n = len(labels)
    weights = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=n_draws).astype(float)
    drawn = challenge_scores(labels, answers, weights) - challenge_scores(labels, others, weights)
    low, high = np.percentile(drawn, [2.5, 97.5])
    once = np.ones((1, n))
    found = (challenge_scores(labels, answers, once) - challenge_scores(labels, others, once))[0]
    return f"{found:+.4f} ({low:+.4f} to {high:+.4f})"
