"""Scores of answers where a recording may have several labels."""

import numpy as np
from sklearn.metrics import roc_auc_score

from ecgclf._labels import check_columns, label_probabilities, names_of
from ecgclf.metrics._answers import check_answers


def macro_auroc(y_true, probabilities):
    """Compute the mean over labels of the area under the ROC curve, as benchmarks on PTB-XL report it [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_recordings, n_labels)
        0 and 1 for each label.
    probabilities : array-like of shape (n_recordings, n_labels)
        Predicted probabilities, or any other figures that are greater where a label is more likely.

    Returns
    -------
    score : float
        Between 0 and 1 (best); 0.5 is chance. The mean is over the labels that some of the recordings have and others
        have not.

    Raises
    ------
    ValueError
        If there is no such label, or the two do not match.

    See Also
    --------
    f_max : A score by recording.
    label_report : Both, and each label, with intervals.

    References
    ----------
    .. [1] Strodthoff N, Wagner P, Schaeffter T, Samek W (2021). Deep learning for ECG analysis: benchmarks and
       insights from PTB-XL. IEEE Journal of Biomedical and Health Informatics 25(5), 1519-1528.
       :doi:`10.1109/JBHI.2020.3022989`

    Examples
    --------
    >>> from ecgclf.metrics import macro_auroc
    >>> macro_auroc([[1, 0], [0, 1], [1, 1]], [[0.9, 0.2], [0.2, 0.6], [0.8, 0.1]])
    0.75
    """
    y_true, probabilities = check_answers(y_true, probabilities)
    told = two_sided(y_true)
    if not told.any():
        raise ValueError("No label is there in some recordings and absent in others, so there is nothing to rank.")
    return float(roc_auc_score(y_true[:, told], probabilities[:, told], average="macro"))


def f_max(y_true, probabilities):
    """Compute the greatest F1 score by recording that one threshold for all labels gives.

    Precision is the mean over recordings for which something is predicted, recall that over recordings that have a
    label [1]_. What is predicted is what is not below the threshold.

    Parameters
    ----------
    y_true : array-like of shape (n_recordings, n_labels)
        0 and 1 for each label.
    probabilities : array-like of shape (n_recordings, n_labels)
        Predicted probabilities.

    Returns
    -------
    score : float
        Between 0 and 1 (best).

    Raises
    ------
    ValueError
        If no recording has a label, or the two do not match.

    See Also
    --------
    macro_auroc : A score by label, without a threshold.

    Notes
    -----
    The threshold is the best for these very recordings, so that the score is a little better than what a threshold
    from elsewhere would reach.

    References
    ----------
    .. [1] Radivojac P, Clark WT, Oron TR, et al. (2013). A large-scale evaluation of computational protein function
       prediction. Nature Methods 10, 221-227. :doi:`10.1038/nmeth.2340`

    Examples
    --------
    >>> from ecgclf.metrics import f_max
    >>> f_max([[1, 0], [0, 1], [1, 1]], [[0.9, 0.2], [0.2, 0.6], [0.8, 0.1]])
    0.909...
    """
    y_true, probabilities = check_answers(y_true, probabilities)
    if not y_true.any():
        raise ValueError("No recording has a label, so there is nothing to find.")
    return float(f_max_of(y_true, probabilities, np.ones((1, len(y_true))))[0])


def f_max_of(y_true, probabilities, weights):
    """Compute `f_max` for each row of weights.

    Parameters
    ----------
    y_true, probabilities : ndarray of float of shape (n_recordings, n_labels)
        As `check_answers` gives them.
    weights : ndarray of float of shape (n_sets, n_recordings)
        How often each recording counts.

    Returns
    -------
    ndarray of shape (n_sets,)
        NaN where no recording that counts has a label.
    """
    n_own = y_true.sum(axis=1)
    order = np.argsort(-probabilities, axis=1, kind="stable")
    # What each further answer adds to the precision and the recall of its recording.
    hits = np.take_along_axis(y_true, order, axis=1).cumsum(axis=1)
    precision = hits / np.arange(1, y_true.shape[1] + 1)
    recall = hits / np.maximum(n_own, 1)[:, None]
    gains = [np.diff(each, axis=1, prepend=0.0) for each in (precision, recall)]
    begins = np.zeros_like(precision)
    begins[:, 0] = 1
    height = np.take_along_axis(probabilities, order, axis=1).ravel()
    # From the highest threshold to the lowest; a threshold lets all equal answers pass.
    at = np.argsort(-height, kind="stable")
    last = np.append(np.flatnonzero(np.diff(height[at])), len(at) - 1)
    steps = [each.ravel()[at] for each in (*gains, begins)]
    recording = at // y_true.shape[1]
    best = np.full(len(weights), np.nan)
    for i, weight in enumerate(weights):
        with_label = weight[n_own > 0].sum()
        if not with_label:
            continue
        precision, recall, n_answered = ((each * weight[recording]).cumsum()[last] for each in steps)
        # No recording that counts may be answered yet.
        precision, recall = precision / np.maximum(n_answered, 1), recall / with_label
        both = precision + recall
        best[i] = np.max(2 * precision * recall / np.where(both > 0, both, 1))
    return best


def two_sided(y_true):
    """Tell which labels some of the recordings have and others have not."""
    return (y_true == 1).any(axis=0) & (y_true == 0).any(axis=0)


def macro_auroc_scorer(estimator, X, y):
    """Score an estimator by `macro_auroc`, as the ``scoring`` of scikit-learn's tools.

    Parameters
    ----------
    estimator : estimator
        Fitted, with `predict_proba`.
    X : collection of recordings
        What it is given.
    y : array-like of shape (n_recordings, n_labels)
        0 and 1 for each label.

    Returns
    -------
    score : float
        Higher is better.

    See Also
    --------
    macro_auroc : The score.

    Notes
    -----
    scikit-learn's own "roc_auc" takes two labels for two classes of one label, and fails.
    """
    return macro_auroc(y, _answers(estimator, X, y))


def f_max_scorer(estimator, X, y):
    """Score an estimator by `f_max`, as the ``scoring`` of scikit-learn's tools.

    Parameters
    ----------
    estimator : estimator
        Fitted, with `predict_proba`.
    X : collection of recordings
        What it is given.
    y : array-like of shape (n_recordings, n_labels)
        0 and 1 for each label.

    Returns
    -------
    score : float
        Higher is better.

    See Also
    --------
    f_max : The score.
    """
    return f_max(y, _answers(estimator, X, y))


def _answers(estimator, X, y):
    probabilities = label_probabilities(estimator.predict_proba(X), getattr(estimator, "classes_", None))
    classes = getattr(estimator, "classes_", None)
    if classes is not None and np.ndim(classes) == 1:
        # scikit-learn's own know no names of labels.
        check_columns(y, names_of(y), classes, "y", f"this {type(estimator).__name__}")
    return probabilities
