"""What a collection of recordings is, and the one gate through which every estimator takes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    column_or_1d,
    validate_data,
)

_FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


@dataclass(frozen=True)
class Recordings:
    """A checked collection of recordings.

    Attributes
    ----------
    items : list of ndarray of shape (n_leads, n_timepoints)
        One array a recording, float32 or float64; views of what the caller gave wherever possible.
    kind : {"table", "array", "ragged"}
        The form in which the collection came.
    container : type
        ``list`` or ``numpy.ndarray``: what held a ragged collection.
    flat : bool
        Whether the items of a ragged collection came as 1-D arrays.
    """

    items: list
    kind: str
    container: type = np.ndarray
    flat: bool = False

    def __len__(self):
        return len(self.items)

    @property
    def n_leads(self):
        """Number of leads, the same in every recording."""
        return self.items[0].shape[0]

    @property
    def lengths(self):
        """Number of timepoints of each recording, int64 array of shape (n_recordings,)."""
        return np.array([item.shape[1] for item in self.items], dtype=np.int64)


def is_ragged(X):
    """Tell by its type alone whether `X` is a ragged collection.

    Parameters
    ----------
    X : object
        Anything a user may give as a collection of recordings.

    Returns
    -------
    bool
        True for a list or tuple that starts with an ndarray of at least one dimension, and for a 1-D object
        array that does.
    """
    if isinstance(X, np.ndarray):
        holds_objects = X.dtype == object and X.ndim == 1
    else:
        holds_objects = isinstance(X, list | tuple)
    return holds_objects and len(X) > 0 and isinstance(X[0], np.ndarray) and X[0].ndim > 0


def check_recordings(estimator, X, y="no_validation", *, reset=True):
    """Check a collection of recordings, and its labels if given.

    Parameters
    ----------
    estimator : estimator
        The estimator that asks. With ``reset=True`` its ``n_leads_`` (and, for a table, ``n_features_in_``)
        is set; otherwise the collection is held against them.
    X : array-like of shape (n_recordings, n_timepoints), ndarray of shape \
            (n_recordings, n_leads, n_timepoints), or list or 1-D object array of ndarray of shape \
            (n_timepoints_i,) or (n_leads, n_timepoints_i)
        The collection: table, array or ragged, told apart by type and never by content.
    y : array-like of shape (n_recordings,), default="no_validation"
        The labels. They are checked for shape and missing values, not for what they mean.
    reset : bool, default=True
        Whether this is a fit.

    Returns
    -------
    recordings : Recordings
        The checked collection.
    y : ndarray of shape (n_recordings,)
        Only if `y` was given.

    Raises
    ------
    ValueError
        If the collection is empty, not real-valued and finite, inconsistent in its leads, or of another number of
        leads or (table) timepoints than at fit. The message names the recording.
    """
    if sparse.issparse(X):
        raise ValueError("Sparse data was passed, but recordings are dense signals. Use X.toarray() to convert them.")
    with_y = not (isinstance(y, str) and y == "no_validation")
    if is_ragged(X):
        recordings = _check_ragged(X)
    elif _is_three_dimensional(X):
        recordings = _check_three_dimensional(X)
    else:
        table = validate_data(estimator, X, **({"y": y} if with_y else {}), reset=reset, dtype=list(_FLOATS))
        if with_y:
            table, y = table
        recordings = Recordings([row[np.newaxis] for row in table], "table")
    if with_y and recordings.kind != "table":
        y = _check_labels(estimator, y, recordings)
    if reset:
        if recordings.kind != "table" and hasattr(estimator, "n_features_in_"):
            # A width learnt from a table at an earlier fit must not bind this one.
            del estimator.n_features_in_
        estimator.n_leads_ = recordings.n_leads
    elif recordings.n_leads != estimator.n_leads_:
        raise ValueError(
            f"X has {_leads(recordings.n_leads)}, but {type(estimator).__name__} was fitted on "
            f"{_leads(estimator.n_leads_)}. Give the leads it was fitted on, in the same order."
        )
    return (recordings, y) if with_y else recordings


def restack(items, like):
    """Give recordings back in the form in which they came.

    Parameters
    ----------
    items : sequence of ndarray of shape (n_leads, n_timepoints_i)
        One array a recording.
    like : Recordings
        What `check_recordings` returned for the collection they were made from.

    Returns
    -------
    X : ndarray, list of ndarray, or 1-D object array of ndarray
        A table for a table, a 3-D array for a 3-D array, a ragged collection for a ragged one.
    """
    if like.kind == "table":
        return np.stack([item[0] for item in items])
    if like.kind == "array":
        return np.stack(items)
    items = [item[0] if like.flat else item for item in items]
    if like.container is list:
        return items
    return object_array(items)


def object_array(items):
    """Hold arrays in a 1-D object array, also when their shapes are all the same.

    Parameters
    ----------
    items : sequence of ndarray
        The arrays.

    Returns
    -------
    ndarray of shape (n_items,) and dtype object
        The same arrays, not copied.
    """
    out = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        out[i] = item
    return out


def _is_three_dimensional(X):
    if isinstance(X, np.ndarray):
        return X.ndim == 3
    # Other array libraries and duck arrays announce their shape.
    return len(getattr(X, "shape", ())) == 3


def _check_three_dimensional(X):
    X = check_array(X, dtype=list(_FLOATS), allow_nd=True, ensure_min_features=0)
    if X.shape[1] == 0 or X.shape[2] == 0:
        raise ValueError(
            f"X of shape {X.shape} has no {'leads' if X.shape[1] == 0 else 'samples'}; expected "
            "(n_recordings, n_leads, n_timepoints) with at least one of each."
        )
    return Recordings(list(X), "array")


def _check_ragged(X: Sequence):
    items = [_check_item(i, item) for i, item in enumerate(X)]
    n_leads, flat = items[0].shape[0], X[0].ndim == 1
    for i, (item, given) in enumerate(zip(items, X, strict=True)):
        if item.shape[0] != n_leads:
            raise ValueError(
                f"recording {i} has {_leads(item.shape[0])}, recording 0 has {_leads(n_leads)}. All recordings "
                "of one collection need the same leads: select them, or split the collection."
            )
        if (given.ndim == 1) != flat:
            raise ValueError(
                f"recording {i} is {given.ndim}-D and recording 0 is {X[0].ndim}-D. Give every recording as "
                "(n_timepoints,), or every recording as (n_leads, n_timepoints)."
            )
    container = np.ndarray if isinstance(X, np.ndarray) else list
    return Recordings(items, "ragged", container, flat)


def _check_item(i, item):
    if not isinstance(item, np.ndarray) or item.ndim not in (1, 2):
        came = f"an array of {item.ndim} dimensions" if isinstance(item, np.ndarray) else f"a {type(item).__name__}"
        raise ValueError(
            f"recording {i} is {came}; expected an ndarray of shape (n_timepoints,) or (n_leads, n_timepoints)."
        )
    if item.size == 0:
        raise ValueError(f"recording {i} has no samples (shape {item.shape}). Leave it out of the collection.")
    if item.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: recording {i} has dtype {item.dtype}. Give real signals.")
    if item.dtype not in _FLOATS:
        item = _as_float(i, item)
    if not np.isfinite(item).all():
        lead, timepoint = np.argwhere(~np.isfinite(np.atleast_2d(item)))[0]
        what = "NaN" if np.isnan(np.atleast_2d(item)[lead, timepoint]) else "infinity"
        raise ValueError(
            f"recording {i} contains {what} (first at lead {lead}, sample {timepoint}). Interpolate or cut "
            "missing samples before giving the recording to an estimator."
        )
    return np.atleast_2d(item)


def _as_float(i, item):
    small = item.dtype.kind in "biuf" and item.dtype.itemsize <= 2
    try:
        # 16-bit integers, the form in which ECGs are stored, fit float32 exactly.
        return item.astype(np.float32 if small else np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"recording {i} has dtype {item.dtype}, which does not convert to numbers ({error}). Give the "
            "samples as floats in mV."
        ) from error


def _check_labels(estimator, y, recordings):
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y is None."
        )
    y = column_or_1d(check_array(y, ensure_2d=False, dtype=None, input_name="y"), warn=True)
    check_consistent_length(recordings.items, y)
    return y


def _leads(n: Integral):
    return f"{n} lead" if n == 1 else f"{n} leads"
