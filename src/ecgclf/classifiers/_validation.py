"""Which recordings a fit is watched by: some of its own, set aside, or others that were given."""

from numbers import Real

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import _num_samples, check_array, check_consistent_length, column_or_1d

from ecgclf._labels import encode_others, names_of, refuse_odd, split_by, strata
from ecgclf._recordings import check_recordings, visible

_USUAL = 0.1  # of the recordings, for early_stopping that says nothing of it


def check_groups(groups, n_recordings):
    """Give groups as an array of numbers from 0, or say what is wrong with them.

    Parameters
    ----------
    groups : array-like of shape (n_recordings,) or None
        The patient of each recording, say.
    n_recordings : int
        How many there are.

    Returns
    -------
    ndarray of int of shape (n_recordings,) or None
        Equal where the groups are equal.
    """
    if groups is None:
        return None
    refuse_odd(groups, "groups")
    visible(groups, "groups")
    groups = column_or_1d(check_array(groups, ensure_2d=False, dtype=None, input_name="groups"), warn=True)
    check_consistent_length(groups, np.empty(n_recordings))
    return np.unique(groups, return_inverse=True)[1]


def check_validation(estimator, X_val, y_val, validation_fraction):
    """Check recordings that are given to watch a fit by.

    Parameters
    ----------
    estimator : estimator
        It has been given its training recordings: their leads, and labels in ``classes_`` and ``multilabel_``.
    X_val, y_val : collection of recordings and array-like, or None
        The recordings and their labels.
    validation_fraction : object
        The parameter; None where nothing else is asked for.

    Returns
    -------
    recordings : Recordings
        The recordings.
    targets : ndarray
        As `encode` gives them.

    Raises
    ------
    ValueError
        If one of the two is missing, more is asked for, or they do not fit the training recordings.
    """
    if X_val is None or y_val is None:
        given, missing = ("y_val", "X_val") if X_val is None else ("X_val", "y_val")
        raise ValueError(f"{given} was given without {missing}. Give the recordings and their labels.")
    if validation_fraction is not None:
        raise ValueError(
            f"X_val was given, and validation_fraction={validation_fraction!r} sets other recordings aside. Set "
            "validation_fraction=None."
        )
    try:
        if _num_samples(X_val) == 0:
            raise ValueError("there are no recordings")
        refuse_odd(y_val, "y_val")
        names = names_of(y_val)
        recordings, y_val = check_recordings(estimator, X_val, y_val, reset=False, indicator=True)
    except ValueError as error:
        raise ValueError(f"X_val: {error}") from error
    return recordings, encode_others(y_val, names, estimator.classes_, estimator.multilabel_)


def set_aside(targets, validation_fraction, groups, rng):
    """Draw the validation recordings, of each class alike where there are enough, and no group in part.

    Parameters
    ----------
    targets : ndarray of shape (n_recordings,) or (n_recordings, n_labels)
        As `encode` gives them.
    validation_fraction : float, cross-validation splitter, skorch's ValidSplit or None
        Share of the recordings, or of the groups; a splitter's first split is taken; None is a tenth.
    groups : ndarray of int of shape (n_recordings,) or None
        As `check_groups` gives them.
    rng : numpy.random.RandomState
        Draws them; a splitter draws by itself.

    Returns
    -------
    ndarray of bool of shape (n_recordings,)
        Which are set aside; never all recordings of a class.

    Raises
    ------
    ValueError
        If nothing would be left to train on, or a splitter leaves a class without training recordings.
    """
    fraction = _USUAL if validation_fraction is None else validation_fraction
    labels, targets = targets, strata(targets)
    if callable(fraction):
        # As skorch's ValidSplit is.
        parts = fraction(np.zeros((len(targets), 1)), targets, groups)
        return _held_out(targets, *(part.indices for part in parts), fraction)
    if not isinstance(fraction, Real):
        parts = next(iter(fraction.split(np.zeros((len(targets), 1)), split_by(fraction, labels), groups)))
        return _held_out(targets, *parts, fraction)
    what = "recordings" if groups is None else "groups"
    groups = np.arange(len(targets)) if groups is None else groups
    # A group stands for the rarest class it holds.
    counts = np.bincount(targets)
    rarest_first = np.lexsort((counts[targets], groups))
    first = rarest_first[np.unique(groups[rarest_first], return_index=True)[1]]
    is_held_out = _draw(targets[first], fraction, rng, what)
    for target in np.unique(targets):
        holders = np.unique(groups[targets == target])
        if is_held_out[holders].all():
            is_held_out[rng.choice(holders)] = False
    if not is_held_out.any():
        raise ValueError(
            f"none of {len(first)} {what} can be set aside for validation: each is needed to train a class. Give "
            "X_val and y_val, or set early_stopping=False and validation_fraction=None."
        )
    return is_held_out[groups]


def _held_out(targets, training, validation, splitter):
    training, validation = np.asarray(training, dtype=int), np.asarray(validation, dtype=int)
    is_held_out = np.zeros(len(targets), dtype=bool)
    is_held_out[validation] = True
    both = np.intersect1d(training, validation)
    missing = np.setdiff1d(targets, targets[training])
    if len(both) or len(missing) or not len(validation):
        what = (
            f"puts recording {both[0]} on both sides"
            if len(both)
            else f"leaves {len(missing)} classes without a training recording"
            if len(missing)
            else "sets nothing aside"
        )
        raise ValueError(f"validation_fraction={splitter!r} {what}. Give another splitter, or a share.")
    return is_held_out


def _draw(targets, fraction, rng, what):
    counts = np.bincount(targets)
    # The only recording of a class is needed for training.
    several = np.flatnonzero(counts[targets] > 1)
    n_validation = max(1, round(fraction * len(several)))
    if len(several) - n_validation < 1 or len(several) < 2:
        raise ValueError(
            f"validation_fraction={fraction} leaves nothing to train on among {len(targets)} {what}. Give more "
            f"{what}, or set early_stopping=False and validation_fraction=None."
        )
    n_classes = len(np.unique(targets[several]))
    can_stratify = n_classes <= min(n_validation, len(several) - n_validation)
    _, held_out = train_test_split(
        several,
        test_size=n_validation,
        stratify=targets[several] if can_stratify else None,
        random_state=rng,
    )
    is_held_out = np.zeros(len(targets), dtype=bool)
    is_held_out[held_out] = True
    return is_held_out
