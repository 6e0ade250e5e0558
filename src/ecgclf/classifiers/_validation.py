"""Recordings that a fit is watched by, and that are given to it."""

from sklearn.utils.validation import _num_samples

from ecgclf._labels import encode_others, names_of, refuse_odd
from ecgclf._recordings import check_recordings


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
