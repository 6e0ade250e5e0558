"""What a collection of recordings is, in whatever container it comes."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    column_or_1d,
    validate_data,
)

from ecgclf._recordings._containers import as_numpy, is_array, is_frame, refuse
from ecgclf._recordings._one import (
    all_usable,
    as_recording,
    called,
    check_axes,
    hidden,
    visible,
    wanted_floats,
)


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


def _collection(X):
    """Give the recordings of a ragged collection one by one, in a sequence, or None for a table or 3-D array.

    It is told by types, not by values: a sequence of arrays of any library is ragged, one of numbers is not. Lists of
    numbers are a table if they are equally long, as for scikit-learn.
    """
    if isinstance(X, np.ndarray) and X.dtype != object:
        return None
    if isinstance(X, np.ndarray):
        column = X[:, 0] if X.ndim == 2 and X.shape[1] == 1 else X
        items = column if column.ndim == 1 else None
    elif isinstance(X, list | tuple):
        items = X
    elif is_frame(X):
        items = _frame_items(X)
    else:
        items = None
    if items is None or len(items) == 0 or not is_array(items[0]):
        return None
    if isinstance(items[0], list | tuple):
        flat = [not any(is_array(value) for value in item[:1]) for item in items if isinstance(item, list | tuple)]
        if all(flat) and len(flat) == len(items) and len({len(item) for item in items}) == 1:
            return None
    return items


def _frame_items(X):
    """Items of a Series of pandas, or of the only column of a frame of pandas or polars."""
    if len(getattr(X, "shape", ())) == 2:
        if X.shape[1] != 1:
            return None
        X = X.iloc[:, 0] if hasattr(X, "iloc") else X.get_column(X.columns[0])
    return list(X)


def check_recordings(estimator, X, y="no_validation", *, reset=True, indicator=False):
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
    indicator : bool, default=False
        Whether `y` may be of shape (n_recordings, n_labels), too.

    Returns
    -------
    recordings : Recordings
        The checked collection.
    y : ndarray of shape (n_recordings,) or (n_recordings, n_labels)
        Only if `y` was given.

    Raises
    ------
    ValueError
        If the collection is empty, not real-valued and finite, inconsistent in its leads, or of another number of
        leads or (table) timepoints than at fit. The message names the recording.
    """
    X = as_numpy(X)
    refuse(X)
    with_y = not (isinstance(y, str) and y == "no_validation")
    if with_y and y is not None:
        visible(y, "y")
    collection = _collection(X)
    if collection is not None:
        recordings = _check_ragged(collection, X)
    elif getattr(X, "ndim", 0) == 3:
        recordings = _check_three_dimensional(X)
    else:
        missing = hidden(X)
        table = validate_data(
            estimator,
            X,
            **({"y": y, "multi_output": indicator} if with_y else {}),
            reset=reset,
            dtype=wanted_floats(X),
            ensure_all_finite=False,
        )
        if with_y:
            table, y = table
        _check_rows(table, missing)
        recordings = Recordings([row[np.newaxis] for row in table], "table")
    if with_y and (recordings.kind != "table" or indicator):
        y = _check_labels(estimator, y, recordings, indicator)
    if reset:
        forget_table(estimator, recordings)
        estimator.n_leads_ = recordings.n_leads
    elif recordings.n_leads != estimator.n_leads_:
        raise ValueError(
            f"X has {_leads(recordings.n_leads)}, but {type(estimator).__name__} was fitted on "
            f"{_leads(estimator.n_leads_)}. Give the leads it was fitted on, in the same order."
        )
    return (recordings, y) if with_y else recordings


def forget_table(estimator, recordings):
    """Forget what was learnt from a table at an earlier fit, unless this one is on a table too.

    Parameters
    ----------
    estimator : estimator
        In its fit.
    recordings : Recordings
        What it is fitted on.
    """
    if recordings.kind != "table":
        for name in ("n_features_in_", "feature_names_in_"):
            vars(estimator).pop(name, None)


def has_columns(estimator):
    """Tell whether what an estimator was fitted on, if it was, is a table: only a table has names of columns.

    Parameters
    ----------
    estimator : estimator
        After `check_recordings`, or before.

    Returns
    -------
    bool
        Always True.

    Raises
    ------
    AttributeError
        If it was fitted on recordings that are no table. scikit-learn then gives back what `transform` gives as it is,
        whatever container `set_output` asks for: no data frame could hold it.
    """
    if hasattr(estimator, "n_leads_") and not hasattr(estimator, "n_features_in_"):
        raise AttributeError(
            f"this {type(estimator).__name__} was fitted on recordings that are no table and have no named columns."
        )
    return True


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


def _check_three_dimensional(X):
    missing = hidden(X)
    X = check_array(X, dtype=wanted_floats(X), allow_nd=True, ensure_min_features=0, ensure_all_finite=False)
    if X.shape[1] == 0 or X.shape[2] == 0:
        raise ValueError(
            f"X of shape {X.shape} has no {'leads' if X.shape[1] == 0 else 'samples'}; expected "
            "(n_recordings, n_leads, n_timepoints) with at least one of each."
        )
    check_axes(X.shape[1:], "recording 0")
    _check_rows(X, missing)
    return Recordings(list(X), "array")


def _check_rows(X, missing):
    """Check the values of a table or 3-D array, and name the recording that is not usable."""
    if missing is None and all_usable(X):
        return
    for i, row in enumerate(X):
        hidden = None if missing is None else missing[i]
        as_recording(row if hidden is None else np.ma.array(row, mask=hidden), f"recording {i}")


def _check_ragged(X, given):
    for i, item in enumerate(X):
        if not isinstance(item, np.ndarray) and not is_array(item):
            raise ValueError(
                f"recording {i} is {called(item)}; expected an ndarray of shape (n_timepoints,) or "
                "(n_leads, n_timepoints)."
            )
    items = [as_recording(item, f"recording {i}") for i, item in enumerate(X)]
    flat, n_leads = items[0].ndim == 1, _n_leads(items[0])
    for i, item in enumerate(items):
        leads = _n_leads(item)
        if leads != n_leads:
            raise ValueError(
                f"recording {i} has {_leads(leads)}, recording 0 has {_leads(n_leads)}. All recordings "
                "of one collection need the same leads: select them, or split the collection."
            )
        if (item.ndim == 1) != flat:
            raise ValueError(
                f"recording {i} is {item.ndim}-D and recording 0 is {items[0].ndim}-D. Give every recording as "
                "(n_timepoints,), or every recording as (n_leads, n_timepoints)."
            )
    container = np.ndarray if isinstance(given, np.ndarray) else list
    return Recordings([np.atleast_2d(item) for item in items], "ragged", container, flat)


def _n_leads(item):
    return 1 if item.ndim == 1 else len(item)


def _check_labels(estimator, y, recordings, indicator):
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y is None."
        )
    y = check_array(y, ensure_2d=False, dtype=None, input_name="y")
    if not indicator or y.ndim != 2 or y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    check_consistent_length(recordings.items, y)
    return y


def _leads(n: Integral):
    return f"{n} lead" if n == 1 else f"{n} leads"
