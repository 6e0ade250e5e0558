"""The area under the ROC curve of many draws of the same recordings."""

import numpy as np


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
