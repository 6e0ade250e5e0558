"""What labels are to a network: the index of one class, or 0 and 1 for each of several labels."""

from numbers import Real

import numpy as np
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets


def names_of(y):
    """Give the names of the columns of a data frame of 0 and 1, None for any other form of labels.

    Numbers from 0 on are no names: columns have these that were given none.
    """
    columns = getattr(y, "columns", None)
    if getattr(columns, "nlevels", 1) > 1:
        raise ValueError(f"the columns of y have {columns.nlevels} levels of names. Give each label one name.")
    if columns is None or len(columns) < 2 or list(columns) == list(range(len(columns))):
        return None
    return np.array(list(columns))


def refuse_odd(y, name="y"):
    """Refuse labels, or groups, of which numpy and scikit-learn say too little: lists, missing ones, mixed types.

    Parameters
    ----------
    y : array-like
        One for each recording, as the user gave it.
    name : str
        What to call it.

    Raises
    ------
    ValueError
        If one is a list of labels or missing, or some are text and others numbers. The message names the recording.
    """
    dtype = getattr(y, "dtype", None)
    of_one_kind = isinstance(dtype, np.dtype) and dtype.kind != "O"
    if of_one_kind or isinstance(y, str) or not hasattr(y, "__iter__") or hasattr(y, "columns"):
        return
    first = {}
    for i, one in enumerate(y):
        several = isinstance(one, list | tuple | np.ndarray) and any(isinstance(label, str) for label in one)
        if several or isinstance(one, set | frozenset):
            raise ValueError(
                f"{name} holds lists of labels, such as {list(one)} for recording {i}. Give 0 and 1 for each label: "
                "sklearn.preprocessing.MultiLabelBinarizer().fit_transform(y)."
            )
        if one is None or type(one).__name__ in ("NAType", "NaTType") or (isinstance(one, float) and one != one):
            raise ValueError(
                f"{name} contains NaN: {one!r} for recording {i}. Leave that out, or give what is missing."
            )
        first.setdefault("text" if isinstance(one, str) else "number" if isinstance(one, Real) else "else", (i, one))
    if "text" in first and "number" in first:
        (i, text), (j, number) = first["text"], first["number"]
        raise ValueError(
            f"{name} mixes text and numbers: {text!r} for recording {i}, {number!r} for recording {j}. Give all "
            f"in one form, such as [str(each) for each in {name}]."
        )


def several_labels(estimator):
    """Tell whether what decides in a fitted estimator was fitted on recordings that may have several labels.

    Parameters
    ----------
    estimator : estimator
        A classifier, or a Pipeline or search around one.

    Returns
    -------
    bool
        False where it does not tell.
    """
    while not hasattr(estimator, "multilabel_"):
        inside = getattr(estimator, "best_estimator_", None)
        if inside is None and getattr(estimator, "steps", None):
            inside = estimator.steps[-1][1]
        if inside is None:
            return False
        estimator = inside
    return estimator.multilabel_


def label_probabilities(answers, classes):
    """Give what a classifier of several labels answers as one array, which scikit-learn's own give label by label.

    Parameters
    ----------
    answers : ndarray of shape (n_recordings, n_labels) or list of ndarray
        What its `predict_proba` gave.
    classes : list
        Its `classes_`: of a list of answers, what each label was seen to be.

    Returns
    -------
    ndarray of shape (n_recordings, n_labels)
        The probability of each label; 0 of one that no recording had.
    """
    if isinstance(answers, list):
        answers = [
            of_label[:, list(seen).index(1)] if 1 in seen else np.zeros(len(of_label))
            for of_label, seen in zip(answers, classes, strict=True)
        ]
        return np.column_stack(answers)
    return np.asarray(answers)


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
        check_columns(y, names, classes, "y_val", "y")
        _check_indicator(y, "y_val")
        return y.astype(np.float32)
    if y.ndim == 2:
        raise ValueError(f"y_val has shape {y.shape}, and y one label for each recording.")
    unknown = sorted(set(y.tolist()) - set(classes.tolist()), key=str)
    if unknown:
        raise ValueError(f"y_val holds the labels {unknown}, which y does not; its classes are {classes.tolist()}.")
    return np.searchsorted(classes, y).astype(np.int64)


def check_columns(y, names, classes, name, known):
    """Raise if columns of 0 and 1 are not those of the labels that are known, in their order.

    Parameters
    ----------
    y : array-like
        The columns.
    names : ndarray of shape (n_labels,) or None
        Their names, as `names_of` gives them.
    classes : ndarray of shape (n_classes,)
        The labels.
    name, known : str
        What to call both.

    Raises
    ------
    ValueError
        If they are others.
    """
    shape = np.shape(y)
    if len(shape) != 2 or shape[1] != len(classes) or (names is not None and not np.array_equal(names, classes)):
        given = f"shape {shape}" if names is None else f"the columns {names.tolist()}"
        raise ValueError(f"{name} has {given}, and {known} the {len(classes)} columns {np.asarray(classes).tolist()}.")


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
    if class_weight == "balanced" and targets.ndim == 1:
        return compute_class_weight("balanced", classes=classes, y=classes[targets])
    if class_weight == "balanced":
        with_label = targets.sum(axis=0)
        # A label that nobody has, or everybody, has nothing to balance.
        weights = (len(targets) - with_label) / np.maximum(with_label, 1)
        return np.where((with_label == 0) | (with_label == len(targets)), 1.0, weights)
    unknown = sorted(set(class_weight) - set(classes.tolist()), key=str)
    if unknown:
        raise ValueError(f"class_weight names the labels {unknown}, and y has {classes.tolist()}.")
    wrong = {
        label: weight
        for label, weight in class_weight.items()
        if not isinstance(weight, Real) or not 0 <= weight < np.inf
    }
    weights = [class_weight.get(label, 1.0) for label in classes.tolist()]
    if wrong or not any(weights):
        raise ValueError(
            f"class_weight holds {wrong or class_weight}; expected numbers of at least 0, not all of them 0."
        )
    return np.array(weights, dtype=np.float64)
