"""How the training recordings are divided into those to learn from and those to be asked about."""

from numbers import Integral, Real

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, check_cv
from sklearn.utils import check_random_state

from ecgclf._labels import split_by, strata
from ecgclf._splits import set_aside
from ecgclf._warnings import warn


def splits_of(cv, X, targets, groups, classes, random_state):
    """Divide the recordings, once for each fold.

    Parameters
    ----------
    cv : int, float or cross-validation splitter
        How.
    X : collection of recordings
        All of them.
    targets : ndarray of shape (n_recordings,) or (n_recordings, n_labels)
        As `encode` gives them.
    groups : ndarray of int of shape (n_recordings,) or None
        As `check_groups` gives them.
    classes : ndarray of shape (n_classes,)
        The labels.
    random_state : int, RandomState instance or None
        Seeds the split if `cv` is a float.

    Returns
    -------
    list of (ndarray of int, ndarray of int)
        Recordings that a classifier is trained on, and asked about.

    Raises
    ------
    ValueError
        If there are too few classes, or recordings of one.
    """
    if len(classes) < 2:
        raise ValueError(f"Tuning needs recordings of at least two classes; y has 1 class: {classes.tolist()[0]!r}.")
    if isinstance(cv, Real) and not isinstance(cv, Integral):
        rng = check_random_state(random_state)
        parts = set_aside(targets, float(cv), groups, rng, "cv", "Give more of them.")
        return [tuple(map(np.flatnonzero, parts))]
    splitter = _splitter(cv, targets, groups, classes)
    splits = list(splitter.split(X, split_by(splitter, targets), groups))
    if not splits:
        raise ValueError(f"cv={cv!r} gives no split of the recordings.")
    return splits


def _splitter(cv, targets, groups, classes):
    of_each = strata(targets)
    if isinstance(cv, Integral):
        what = np.arange(len(of_each)) if groups is None else groups
        counts = [len(np.unique(what[of_each == target])) for target in range(of_each.max() + 1)]
        if min(counts) < cv and targets.ndim == 1:
            what = "recordings" if groups is None else "groups"
            raise ValueError(
                f"cv={cv} needs {cv} {what} of each class, but {classes.tolist()[np.argmin(counts)]!r} has "
                f"{min(counts)}. Give more {what} or fewer folds."
            )
        if groups is not None:
            return StratifiedGroupKFold(cv)
    return check_cv(cv, of_each, classifier=True)


def known_labels(splits, targets):
    """Tell of which labels the classifier of each fold can know what it was asked about.

    Parameters
    ----------
    splits : list of (ndarray of int, ndarray of int)
        Recordings that a classifier is trained on, and asked about.
    targets : ndarray of shape (n_recordings,) or (n_recordings, n_labels)
        As `encode` gives them.

    Returns
    -------
    ndarray of bool
        For the targets of the recordings asked about, in the order of the splits.
    """
    if targets.ndim == 1:
        return np.concatenate([np.isin(targets[test], targets[train]) for train, test in splits])
    n_asked = [len(test) for _, test in splits]
    return np.repeat([targets[train].any(axis=0) for train, _ in splits], n_asked, axis=0)


def check_known(targets, known, classes, cv):
    """Warn of classes that a fold's classifier did not know, or none was asked about; raise if that is all.

    Parameters
    ----------
    targets : ndarray of int of shape (n_asked,)
        Of the recordings asked about.
    known : ndarray of bool of shape (n_asked,)
        As `known_labels` tells it.
    classes : ndarray of shape (n_classes,)
        The labels.
    cv : object
        Where the folds are from.

    Raises
    ------
    ValueError
        If no recording is asked about with profit.
    """
    if not known.any():
        raise ValueError(f"cv={cv!r} predicts no recording by a classifier that knows its label.")
    for k, label in enumerate(classes.tolist()):
        n, n_known = np.sum(targets == k), np.sum(targets[known] == k)
        if n_known < n or not n:
            warn(
                f"{n_known} of {n} recordings of {label!r} that cv={cv!r} holds out take part in calibration and "
                "decisions: a fold has none to train on, or none is held out. Give more, or one that stratifies."
            )
