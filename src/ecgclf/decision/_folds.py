"""The classifiers of the folds: fitted, asked, and made alike."""

import re
from contextlib import contextmanager
from copy import copy

import numpy as np
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _check_sample_weight, has_fit_parameter


def widened(probabilities, labels, classes):
    """Give a column to each class, 0 for those that a fold's classifier did not see.

    Parameters
    ----------
    probabilities : ndarray of shape (n_recordings, n_labels)
        What it answered.
    labels : ndarray of shape (n_labels,)
        Its classes.
    classes : ndarray of shape (n_classes,)
        All, sorted.

    Returns
    -------
    ndarray of shape (n_recordings, n_classes)
        The same, and zeros.
    """
    wide = np.zeros((len(probabilities), len(classes)))
    wide[:, np.searchsorted(classes, labels)] = probabilities
    return wide


def cut_alike(estimators):
    """Let classifiers that cut by the lengths of their own training recordings cut by those of all.

    Parameters
    ----------
    estimators : list of estimator
        Fitted.

    Returns
    -------
    list of estimator
        The same, or copies with one `window_length_`.
    """
    lengths = [getattr(estimator, "window_length_", None) for estimator in estimators]
    if None in lengths or len(set(lengths)) == 1:
        return estimators
    copies = [copy(estimator) for estimator in estimators]
    for each in copies:
        each.window_length_ = int(np.median(lengths))
    return copies


def fit_predict(estimator, X, y, train, test, aligned, keep, fit_params):
    """Fit a classifier to a fold, and ask it about the recordings that it has not seen.

    Parameters
    ----------
    estimator : estimator
        The classifier.
    X : collection of recordings
        All of them.
    y : array-like
        Their labels.
    train, test : ndarray of int
        Which of them it learns from, and is asked about.
    aligned : callable
        From a classifier and recordings to their probabilities.
    keep : bool
        Whether the classifier is wanted.
    fit_params : dict
        What its `fit` is given; what has an entry for each recording is divided.

    Returns
    -------
    estimator : estimator or None
        The classifier, if it was wanted.
    probabilities : ndarray
        Its answers.
    """
    divided = {name: _of_fold(name, value, train, len(y)) for name, value in fit_params.items()}
    with _counting(train):
        estimator.fit(_safe_indexing(X, train), _safe_indexing(y, train), **divided)
    with _counting(test):
        return estimator if keep else None, aligned(estimator, _safe_indexing(X, test))


@contextmanager
def _counting(rows):
    """Tell in an error that names a recording of a fold which one that is of all."""
    try:
        yield
    except ValueError as error:
        # Validation recordings that were given are counted by themselves.
        named = None if "X_val" in str(error) else re.search(r"recording (\d+)", str(error))
        if named and int(named[1]) < len(rows):
            error.args = (f"{error} (Counted within a fold; it is recording {rows[int(named[1])]} of X.)",)
        raise


def _of_fold(name, value, train, n_recordings):
    # Validation recordings are others, also where they are as many.
    alien = name.rpartition("__")[2] in ("X_val", "y_val") or value is None or not hasattr(value, "__len__")
    return value if alien or isinstance(value, str) or len(value) != n_recordings else _safe_indexing(value, train)


def sample_weight_of(fit_params, n_recordings):
    """Give what is the weight of each recording among the arguments of a classifier's `fit`.

    Parameters
    ----------
    fit_params : dict
        The arguments; of a step of a Pipeline under its name.
    n_recordings : int
        How many there are.

    Returns
    -------
    ndarray of float of shape (n_recordings,) or None
        The weights.
    """
    given = [value for name, value in fit_params.items() if name.rpartition("__")[2] == "sample_weight"]
    if not given or given[0] is None:
        return None
    return _check_sample_weight(given[0], np.empty((n_recordings, 1)), ensure_non_negative=True)


def name_of_groups(estimator):
    """Tell under which name the `fit` of an estimator takes groups.

    Parameters
    ----------
    estimator : estimator
        A classifier, a Pipeline, or a search.

    Returns
    -------
    str or None
        Such as "groups"; None if it takes none.
    """
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        inside = name_of_groups(last)
        return None if inside is None else f"{name}__{inside}"
    # A search hands them to its splitter.
    takes = isinstance(estimator, BaseSearchCV) or has_fit_parameter(estimator, "groups")
    return "groups" if takes else None
