"""What the networks of the folds answered to recordings they had not seen, and how two such sets compare."""

import csv
from pathlib import Path

import numpy as np
from recipes import FOLDS, file_of

HERE = Path(__file__).parent
CHALLENGE = ("A", "N", "O")


def keep(path, **arrays):
    """Write arrays into a file that is there as a whole, or not at all."""
    draft = path.with_suffix(".part")
    with open(draft, "wb") as file:
        np.savez_compressed(file, **arrays)
    draft.replace(path)


def read_answers(folder):
    """Read what the classifiers of the folds answered.

    Parameters
    ----------
    folder : pathlib.Path
        Of a model, in training.

    Returns
    -------
    names, labels : ndarray of shape (n_recordings,)
        The recordings and their labels.
    probabilities : ndarray of shape (n_recordings, n_classes)
        What the classifier that had not seen each answered, uncalibrated.
    folds : ndarray of shape (n_recordings,)
        The fold of each.
    """
    rows = []
    for fold in range(FOLDS.get_n_splits()):
        with open(folder / f"{file_of(fold)}.csv", newline="", encoding="utf-8") as file:
            rows += [(fold, *row) for row in list(csv.reader(file))[1:]]
    rows.sort(key=lambda row: row[1])
    folds, names, labels, *columns = map(np.array, zip(*rows, strict=True))
    return names, labels, np.array(columns, dtype=float).T, folds


def challenge_scores(labels, answers, weights):
    """Give the mean F1 of N, A and O of each draw; `weights` (n_draws, n_recordings) tell how often each counts."""
    f1 = []
    for label in CHALLENGE:
        true, answered = labels == label, answers == label
        f1.append(2 * (weights @ (true & answered)) / (weights @ true + weights @ answered))
    return np.mean(f1, axis=0)


def paired_difference(labels, answers, others, n_draws=2000):
    """Give how much better the score of answers is than that of others, with its 95 % bootstrap interval.

    Parameters
    ----------
    labels : ndarray of shape (n_recordings,)
        What is right.
    answers, others : sequence of ndarray of shape (n_recordings,)
        Those of each seed; the scores of the seeds are averaged.
    n_draws : int, default=2000
        Resamplings of the recordings.

    Returns
    -------
    str
        The difference, and its interval.
    """
    n = len(labels)
    draws = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=n_draws).astype(float)
    weights = np.vstack([np.ones((1, n)), draws])
    ours, theirs = (
        np.mean([challenge_scores(labels, of_seed, weights) for of_seed in each], axis=0) for each in (answers, others)
    )
    difference = ours - theirs
    low, high = np.percentile(difference[1:], [2.5, 97.5])
    return f"{difference[0]:+.4f} ({low:+.4f} to {high:+.4f})"
