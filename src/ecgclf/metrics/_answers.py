"""What is judged, true labels and probabilities, checked: a mistake here would become a figure like any other."""

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import check_array, check_consistent_length

from ecgclf._labels import check_columns, names_of
from ecgclf._recordings import visible
from ecgclf._warnings import warn

# What rounding leaves of 0 and 1.
_ROUNDING = 1e-6


def check_answers(y_true, probabilities, name="y_true"):
    """Check answers where a recording may have several labels.

    Parameters
    ----------
    y_true : array-like of shape (n_recordings, n_labels)
        0 and 1 for each label.
    probabilities : array-like of shape (n_recordings, n_labels)
        Predicted probabilities, or other figures.
    name : str, default="y_true"
        What to call `y_true`.

    Returns
    -------
    y_true, probabilities : ndarray of float of shape (n_recordings, n_labels)
        The same.

    Raises
    ------
    ValueError
        If they do not fit, or are no such.
    """
    names, of_columns = names_of(y_true), names_of(probabilities)
    if names is not None and of_columns is not None:
        check_columns(probabilities, of_columns, names, "probabilities", name)
    y_true = check_array(visible(y_true, name), dtype=float, input_name=name)
    probabilities = check_array(visible(probabilities, "probabilities"), dtype=float, input_name="probabilities")
    check_consistent_length(y_true, probabilities)
    if y_true.shape != probabilities.shape:
        raise ValueError(
            f"{name} has {y_true.shape[1]} columns and probabilities {probabilities.shape[1]}; both have one a label."
        )
    if not np.isin(y_true, (0.0, 1.0)).all():
        raise ValueError(f"{name} holds {y_true[~np.isin(y_true, (0.0, 1.0))][0]:g}; expected 0 and 1 for each label.")
    return y_true, probabilities


def check_class_answers(y_true, probabilities, classes):
    """Check answers where a recording has one of several classes.

    Parameters
    ----------
    y_true : array-like of shape (n_recordings,)
        True labels.
    probabilities : array-like of shape (n_recordings, n_classes)
        Predicted probabilities.
    classes : array-like of shape (n_classes,)
        The labels that the columns stand for.

    Returns
    -------
    truth : ndarray of int of shape (n_recordings,)
        The column of each true label.
    probabilities : ndarray of float of shape (n_recordings, n_classes)
        The same.
    classes : ndarray of shape (n_classes,)
        The same.

    Raises
    ------
    ValueError
        If they do not fit, or are no such.
    """
    y_true, classes = visible(y_true, "y_true"), np.asarray(classes)
    if len(y_true) == 0:
        raise ValueError("There is no recording to judge. Give at least one.")
    names = names_of(probabilities)
    probabilities = check_array(visible(probabilities, "probabilities"), dtype=float, input_name="probabilities")
    check_consistent_length(y_true, probabilities)
    if classes.ndim != 1 or len(np.unique(classes)) != probabilities.shape[1]:
        raise ValueError(
            f"probabilities have {probabilities.shape[1]} columns, and the classes are {classes.tolist()}. Give the "
            "label of each column, such as classifier.classes_."
        )
    check_columns(probabilities, names, classes, "probabilities", "classes names")
    check_probabilities(probabilities)
    return columns_of(y_true, classes, "y_true", len(y_true)), probabilities, classes


def check_probabilities(probabilities):
    """Raise if figures are no probabilities.

    Parameters
    ----------
    probabilities : ndarray of shape (n_recordings, n_classes)
        The figures.

    Raises
    ------
    ValueError
        If one is not between 0 and 1.
    """
    wrong = ((probabilities < -_ROUNDING) | (probabilities > 1 + _ROUNDING)).any(axis=1)
    if wrong.any():
        i = int(wrong.argmax())
        raise ValueError(
            f"probabilities of recording {i} are {probabilities[i].tolist()}; expected numbers from 0 to 1, as "
            "predict_proba gives them."
        )


def warn_of_absent(labels):
    """Warn of labels that count as 0 in a mean, for they are nowhere.

    Parameters
    ----------
    labels : list
        Those that are neither present nor predicted.
    """
    if labels:
        warn(
            f"The labels {labels} are neither in y_true nor predicted, and count as 0 in the mean of F1 scores. "
            "Judge on recordings of all classes.",
            UndefinedMetricWarning,
        )


def columns_of(labels, classes, name, n_recordings):
    """Tell the columns of labels.

    Parameters
    ----------
    labels : array-like of shape (n_recordings,)
        One for each recording.
    classes : ndarray of shape (n_classes,)
        The labels of the columns.
    name : str
        What to call `labels`.
    n_recordings : int
        How many there are.

    Returns
    -------
    ndarray of int of shape (n_recordings,)
        The columns.

    Raises
    ------
    ValueError
        If they are others, or of another number.
    """
    labels = visible(labels, name)
    if labels.shape != (n_recordings,):
        raise ValueError(f"{name} has shape {labels.shape}; expected one label for each of {n_recordings} recordings.")
    unknown = sorted(set(labels.tolist()) - set(classes.tolist()), key=str)
    if unknown:
        raise ValueError(f"{name} holds the labels {unknown}, but the classes are {classes.tolist()}.")
    order = np.argsort(classes)
    return order[np.searchsorted(classes[order], labels)]
