"""What labels are to a network: the index of one class, or 0 and 1 for each of several labels."""

from numbers import Real

import numpy as np
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets


def names_of(y):
    """Give the names of the columns of a data frame of 0 and 1, None for any other form of labels."""
    columns = getattr(y, "columns", None)
    return None if columns is None or len(columns) < 2 else np.array(list(columns))


def refuse_lists(y):
    """Refuse lists of labels, which scikit-learn and numpy meet with words about shapes."""
    if not isinstance(y, list | tuple | np.ndarray) or (isinstance(y, np.ndarray) and y.dtype.kind != "O"):
        return
    for i, row in enumerate(y):
        several = isinstance(row, list | tuple | np.ndarray) and any(isinstance(label, str) for label in row)
        if several or isinstance(row, set | frozenset):
            raise ValueError(
                f"y holds lists of labels, such as {list(row)} for recording {i}. Give 0 and 1 for each label: "
                "sklearn.preprocessing.MultiLabelBinarizer().fit_transform(y)."
            )


def encode(y, names):
    """Tell classes and targets of labels.

    Parameters
    ----------
    y : ndarray of shape (n_recordings,) or (n_recordings, n_labels)
        One label of any type for each recording, or 0 and 1 for each of several.
    names : ndarray of shape (n_labels,) or None
        Names of the columns.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        The labels, sorted; of several, the names of the columns or their numbers.
    targets : ndarray of int64 of shape (n_recordings,), or of float32 of shape (n_recordings, n_labels)
        What the network shall say.

    Raises
    ------
    ValueError
        If these are no labels.
    """
    if y.ndim == 2:
        _check_indicator(y, "y")
        return np.arange(y.shape[1]) if names is None else names, y.astype(np.float32)
    check_classification_targets(y)
    classes, targets = np.unique(y, return_inverse=True)
    return classes, targets.astype(np.int64)


def encode_others(y, names, classes, several):
    """Tell the targets of recordings to validate by.

    Parameters
    ----------
    y : ndarray of shape (n_recordings,) or (n_recordings, n_labels)
        Their labels.
    names : ndarray of shape (n_labels,) or None
        Names of the columns.
    classes : ndarray of shape (n_classes,)
        The labels trained on.
    several : bool
        Whether these are several for each recording.

    Returns
    -------
    targets : ndarray
        As `encode` gives them.

    Raises
    ------
    ValueError
        If these are others than those trained on.
    """
    if several:
        if y.ndim != 2 or y.shape[1] != len(classes) or (names is not None and not np.array_equal(names, classes)):
            given = f"shape {y.shape}" if names is None else f"the columns {names.tolist()}"
            raise ValueError(f"y_val has {given}, and y the {len(classes)} columns {classes.tolist()}.")
        _check_indicator(y, "y_val")
        return y.astype(np.float32)
    if y.ndim == 2:
        raise ValueError(f"y_val has shape {y.shape}, and y one label for each recording.")
    unknown = sorted(set(y.tolist()) - set(classes.tolist()), key=str)
    if unknown:
        raise ValueError(f"y_val holds the labels {unknown}, which y does not; its classes are {classes.tolist()}.")
    return np.searchsorted(classes, y).astype(np.int64)


def _check_indicator(y, name):
    numbers = y.dtype.kind in "biuf" or (y.dtype.kind == "O" and all(isinstance(each, Real) for each in y.flat))
    wrong = ~np.isin(y.astype(np.float64), (0.0, 1.0)) if numbers else np.ones(y.shape, dtype=bool)
    if wrong.any():
        i, k = np.argwhere(wrong)[0]
        raise ValueError(
            f"{name} has shape {y.shape} and holds {y[i, k]} (recording {i}, column {k}). Give one label for each "
            "recording, or 0 and 1 for each of several."
        )


def strata(targets):
    """Give one class to each recording, for splits: of several labels the rarest that it has, or that it has none.

    Parameters
    ----------
    targets : ndarray
        As `encode` gives them.

    Returns
    -------
    ndarray of int64 of shape (n_recordings,)
        From 0, without gaps.
    """
    if targets.ndim == 1:
        return targets
    counts = targets.sum(axis=0)
    rarity = np.where(targets > 0, counts, np.inf)
    rarest = np.where(targets.any(axis=1), rarity.argmin(axis=1), targets.shape[1])
    return np.unique(rarest, return_inverse=True)[1].astype(np.int64)


def split_by(splitter, targets):
    """Give the labels that a splitter goes by: those of scikit-learn that stratify know one label to a recording.

    Parameters
    ----------
    splitter : cross-validation splitter
        Scikit-learn's, or another's that may know several labels.
    targets : ndarray
        As `encode` gives them.

    Returns
    -------
    ndarray
        `targets`, or their `strata`.
    """
    kinds = type(splitter).__mro__
    of_one = any(kind.__module__.startswith("sklearn.") and "Stratified" in kind.__name__ for kind in kinds)
    return strata(targets) if of_one else targets


def loss_weights(class_weight, classes, targets):
    """Give the weights that a loss takes.

    Parameters
    ----------
    class_weight : "balanced", dict or None
        As of the classifiers.
    classes : ndarray of shape (n_classes,)
        The labels.
    targets : ndarray
        As `encode` gives them, of each window.

    Returns
    -------
    ndarray of shape (n_classes,) or None
        Of one label: what its loss is multiplied by. Of several: what the loss of a 1 is multiplied by.
    """
    if class_weight is None:
        return None
    if targets.ndim == 1:
        return compute_class_weight(class_weight, classes=classes, y=classes[targets])
    if class_weight == "balanced":
        with_label = targets.sum(axis=0)
        # A label that nobody has, or everybody, has nothing to balance.
        weights = (len(targets) - with_label) / np.maximum(with_label, 1)
        return np.where((with_label == 0) | (with_label == len(targets)), 1.0, weights)
    unknown = sorted(set(class_weight) - set(classes.tolist()), key=str)
    if unknown:
        raise ValueError(f"class_weight names the labels {unknown}, and y has {classes.tolist()}.")
    return np.array([float(class_weight.get(label, 1.0)) for label in classes.tolist()])
