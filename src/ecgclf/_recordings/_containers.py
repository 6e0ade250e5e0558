"""What may hold recordings, and what is told of what does not."""

import io
import os
from array import array as PlainArray
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from numbers import Real

import numpy as np
from scipy import sparse

from ecgclf._recordings._one import called, check_no_times

_FORMS = "a list of recordings, a table (n_recordings, n_timepoints) or an array (n_recordings, n_leads, n_timepoints)"


def is_frame(X):
    """Tell whether something is a data frame or Series of pandas or polars."""
    return hasattr(X, "iloc") or hasattr(X, "get_column")


def is_array(item):
    """Tell whether an item of a collection may be a recording, whatever library its array is from."""
    if isinstance(item, np.ndarray):
        return item.ndim > 0
    if isinstance(item, str | bytes | np.generic):
        return False
    return hasattr(item, "__len__") and (hasattr(item, "__array__") or isinstance(item, list | tuple | PlainArray))


def as_numpy(X):
    """Give an array for what is one in another library, such as a column of polars; leave all else as it is."""
    if isinstance(X, np.ndarray) or is_frame(X) or not hasattr(X, "__array__"):
        return X
    try:
        return np.asarray(X)
    except Exception as error:
        # Each library has its own.
        raise ValueError(
            f"X is {called(X)}, which does not convert to an array ({' '.join(str(error).split())}). Give a numpy "
            "array."
        ) from error


def refuse(X):
    """Refuse what is no collection, and say what to give instead.

    Parameters
    ----------
    X : object
        What `as_numpy` gave.

    Raises
    ------
    ValueError
        If it holds no recordings, whatever their values may be.
    """
    if sparse.issparse(X):
        raise ValueError("Sparse data was passed, but recordings are dense signals. Use X.toarray() to convert them.")
    if isinstance(X, Mapping):
        keys = f" with the keys {', '.join(map(str, list(X)[:8]))}" if X else ""
        raise ValueError(f'X is {called(X)}{keys}. Give its recordings, such as X["data"].')
    if isinstance(X, str | bytes | os.PathLike | io.IOBase):
        raise ValueError(
            f"X is {called(X)}; expected {_FORMS}. ecgclf.datasets.read_recordings(path).data gives those of files."
        )
    check_no_times(X, "X")
    if isinstance(X, np.ndarray):
        _refuse_array(X)
    elif isinstance(X, Iterator):
        raise ValueError(f"X is {called(X)}, which can be read only once. Give list(X).")
    elif isinstance(X, Iterable) and not hasattr(X, "__getitem__"):
        raise ValueError(f"X is {called(X)}, which cannot be indexed. Give list(X).")
    elif not hasattr(X, "__len__"):
        raise ValueError(f"X is {called(X)}; expected {_FORMS}.")
    shape = getattr(X, "shape", None)
    if shape is not None and len(shape) == 2 and shape[0] and shape[1] > 1:
        _refuse_cells(X)
    if len(X) == 0:
        what = called(X) if shape is None else f"{called(X)} of shape {shape}"
        raise ValueError(f"X, {what}, holds no recordings. Give at least one.")
    if shape is not None and len(shape) == 2 and shape[1] == 0:
        # scikit-learn wants these words.
        raise ValueError(
            f"X has 0 feature(s) (shape={shape}) while a minimum of 1 is required: its recordings have no samples."
        )
    if (shape is None and isinstance(X, Sequence)) or (shape is not None and len(shape) == 1):
        _refuse_items(X)


def _refuse_array(X):
    if X.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: X has dtype {X.dtype}. Give real signals.")
    if X.dtype.kind in "SUV":
        raise ValueError(f"X has dtype {X.dtype}, which does not convert to numbers. Give samples in mV.")
    if X.ndim not in (1, 2, 3):
        raise ValueError(f"X is an array of {X.ndim} dimensions, shape {X.shape}; expected {_FORMS}.")


def _refuse_cells(X):
    """Refuse a table whose cells are recordings."""
    if is_frame(X):
        columns = list(X.columns)
        row = list(X.iloc[0]) if hasattr(X, "iloc") else [X.get_column(column)[0] for column in columns]
    elif isinstance(X, np.ndarray) and X.dtype == object:
        columns, row = range(X.shape[1]), X[0]
    else:
        return
    whole = [str(column) for column, cell in zip(columns, row, strict=True) if is_array(cell)]
    if whole:
        raise ValueError(
            f"X is {called(X)} of {len(columns)} columns, with recordings in {', '.join(whole[:3])}. Give one column, "
            'such as X["ecg"]; or, if each column is a lead, one array (n_leads, n_timepoints) for each recording, '
            "[numpy.stack(leads) for leads in X.to_numpy()]."
        )


def _refuse_items(X):
    """Refuse a sequence of what are not even arrays, the first of which tells."""
    first, *_ = some = list(islice(X, 2))
    if all(isinstance(value, Real | np.bool_) for value in some):
        raise ValueError(
            f"Expected 2D array, got 1D array instead: X is one recording of {len(X)} samples. Give a list of "
            "recordings, [x], also of a single one. Reshape your data only if it is a table."
        )
    if not is_array(first):
        raise ValueError(
            f"recording 0 is {called(first)}; expected an ndarray of shape (n_timepoints,) or (n_leads, n_timepoints)."
        )
    if isinstance(first, list | tuple) and len(first) == 0:
        raise ValueError("recording 0 has no samples. Leave it out of the collection.")
