"""The score of the Challenge 2017, of labels predicted."""

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import f1_score, make_scorer
from sklearn.utils.multiclass import unique_labels

from ecgclf._recordings import visible
from ecgclf._warnings import warn

_CHALLENGE = frozenset({"N", "A", "O", "~"})


def cinc2017_score(y_true, y_pred, *, labels=("N", "A", "O")):
    """Compute the score of the PhysioNet/CinC Challenge 2017.

    The mean of the F1 scores for normal rhythm, atrial fibrillation and other rhythm [1]_. The fourth class,
    noise, is predicted but its own F1 is not in the mean; a noisy recording called normal, or a normal one
    called noisy, lowers the F1 of normal rhythm all the same.

    Parameters
    ----------
    y_true : array-like of shape (n_recordings,)
        True labels: "N", "A", "O" and "~" (noise), unless `labels` says otherwise.
    y_pred : array-like of shape (n_recordings,)
        Predicted labels.
    labels : sequence of length >= 1, default=("N", "A", "O")
        The classes in the mean, for data whose labels are called otherwise.

    Returns
    -------
    float
        The score, between 0 and 1 (best).

    Raises
    ------
    ValueError
        If there are labels besides "N", "A", "O" and "~" while `labels` are of these; if none of `labels` is
        there; or if `y_true` and `y_pred` are empty or do not match in length.

    Warns
    -----
    sklearn.exceptions.UndefinedMetricWarning
        If one of `labels` is neither present nor predicted.

    See Also
    --------
    rhythm_f1_scores : F1 of each class by itself.
    cinc2017_scorer : The same as a scorer, for ``scoring=``.

    Notes
    -----
    A class that is neither present nor predicted counts as 0: judge on recordings of all classes. The score
    equals ``f1_score(y_true, y_pred, labels=labels, average="macro", zero_division=0)``.

    References
    ----------
    .. [1] Clifford, G.D., Liu, C., Moody, B., et al. (2017). AF classification from a short single lead ECG
       recording: the PhysioNet/Computing in Cardiology Challenge 2017. Computing in Cardiology 44.
       :doi:`10.22489/CinC.2017.065-469`

    Examples
    --------
    One normal recording of two is taken for noise, so F1 is 2/3 for N, and 1 for A and O:

    >>> from ecgclf.metrics import cinc2017_score
    >>> round(cinc2017_score(["N", "N", "A", "O", "~"], ["N", "~", "A", "O", "~"]), 4)
    0.8889
    """
    _check_visible(y_true, y_pred)
    labels = list(labels)
    present = unique_labels(y_true, y_pred).tolist()
    if not labels or not present:
        raise ValueError(
            f"{'labels' if not labels else 'y_true'} is empty. Give at least one class for the mean and "
            "one recording to judge."
        )
    if set(labels) <= _CHALLENGE:
        unknown = set(present) - _CHALLENGE
    else:
        unknown = set() if set(labels) & set(present) else set(present)
    if unknown:
        raise ValueError(
            f"y_true or y_pred hold {sorted(unknown)}, but the classes in the mean are {labels} and noise "
            'is "~". Name the classes of your data for normal rhythm, atrial fibrillation and other '
            "rhythm, e.g. labels=(0, 1, 2); skorch's EpochScoring gives indices into classes_."
        )
    scores = rhythm_f1_scores(y_true, y_pred, labels=labels)
    absent = [label for label in labels if label not in present]
    if absent:
        warn(
            f"The labels {absent} are neither in y_true nor in y_pred, and count as 0 in the mean over {labels}. "
            "Judge on recordings of all classes, or name with labels= those to be in the mean.",
            UndefinedMetricWarning,
        )
    return float(np.mean(list(scores.values())))


def rhythm_f1_scores(y_true, y_pred, labels=None):
    """Compute the F1 score of each rhythm class.

    Parameters
    ----------
    y_true : array-like of shape (n_recordings,)
        True labels.
    y_pred : array-like of shape (n_recordings,)
        Predicted labels.
    labels : sequence, default=None
        The classes wanted, in this order; None for all that are present or predicted, sorted.

    Returns
    -------
    dict
        F1 score, between 0 and 1 (best), by label. A class that is neither present nor predicted has 0.

    Raises
    ------
    ValueError
        If `y_true` and `y_pred` do not match in length, or mix strings and numbers.

    See Also
    --------
    cinc2017_score : The mean over N, A and O.

    Examples
    --------
    >>> from ecgclf.metrics import rhythm_f1_scores
    >>> rhythm_f1_scores(["N", "N", "A", "~"], ["N", "A", "A", "~"])
    {'A': 0.666..., 'N': 0.666..., '~': 1.0}
    """
    _check_visible(y_true, y_pred)
    labels = unique_labels(y_true, y_pred).tolist() if labels is None else list(labels)
    scores = f1_score(y_true, y_pred, labels=labels, average=None, zero_division=0)
    return dict(zip(labels, scores.tolist(), strict=True))


def _check_visible(y_true, y_pred):
    for values, name in ((y_true, "y_true"), (y_pred, "y_pred")):
        visible(values, name)


cinc2017_scorer = make_scorer(cinc2017_score)
