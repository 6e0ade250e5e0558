"""Figures of many draws of the same recordings."""

import numpy as np

from ecgclf._numbers import is_whole


def draw(n_recordings, n_resamples, rng, groups=None):
    """Draw recordings with replacement, as many as there are; groups whole, as many as there are.

    Parameters
    ----------
    n_recordings : int
        How many there are.
    n_resamples : int
        How often they are drawn.
    rng : numpy.random.RandomState
        Draws them.
    groups : ndarray of int of shape (n_recordings,), default=None
        The patient of each recording, from 0.

    Returns
    -------
    list of ndarray of float32 of shape (n_recordings,)
        How often each recording counts: once in the first, as often as it was drawn in the others.

    Raises
    ------
    ValueError
        If `n_resamples` is none.
    """
    if not is_whole(n_resamples, 0):
        raise ValueError(f"n_resamples={n_resamples!r}; expected a whole number, such as 1000.")
    n = n_recordings if groups is None else groups.max() + 1
    counts = [np.bincount(rng.randint(n, size=n), minlength=n).astype(np.float32) for _ in range(n_resamples)]
    drawn = counts if groups is None else [each[groups] for each in counts]
    return [np.ones(n_recordings, dtype=np.float32), *drawn]


def f1_of_draws(hits, either):
    """Compute F1 scores.

    Parameters
    ----------
    hits : ndarray of shape (n_sets, n_labels)
        Recordings that have the label, and were answered so.
    either : ndarray of shape (n_sets, n_labels)
        Those that have it and those that were answered so, together.

    Returns
    -------
    ndarray of shape (n_sets, n_labels)
        NaN in a draw in which a label is neither present nor predicted; 0 where it is not in the first set either, as
        scikit-learn counts it.
    """
    f1 = 2 * hits / np.where(either > 0, either, np.nan)
    f1[:, either[0] == 0] = 0.0
    return f1


def weighted_auroc(positive, scores, weights):
    """Compute areas under the ROC curve for each row of weights; pairs of equal scores count half.

    Parameters
    ----------
    positive : ndarray of bool of shape (n_recordings,)
        Which recordings have the label.
    scores : ndarray of shape (n_recordings,)
        Greater where it is more likely.
    weights : array-like of shape (n_sets, n_recordings)
        How often each recording counts.

    Returns
    -------
    ndarray of shape (n_sets,)
        NaN where all that count have the label, or none.
    """
    _, group = np.unique(scores, return_inverse=True)
    n_groups = group.max() + 1
    areas = np.full(len(weights), np.nan)
    for i, weight in enumerate(weights):
        with_it = np.bincount(group, weight * positive, minlength=n_groups)
        without = np.bincount(group, weight * ~positive, minlength=n_groups)
        n_pairs = with_it.sum() * without.sum()
        # A draw may have left out all recordings of a rare label.
        if n_pairs:
            areas[i] = (with_it * (without.cumsum() - without / 2)).sum() / n_pairs
    return areas
