"""What one recording is: the one place that decides what is usable."""

import warnings

import numpy as np

FLOATS = (np.dtype(np.float64), np.dtype(np.float32))
_LARGEST = float(np.finfo(np.float32).max)
_LARGEST_SQUARE = {np.float32: np.finfo(np.float32).max, np.float64: _LARGEST**2}

# More than any ECG has, of which only body-surface maps have more than 15; none of those has fewer samples than leads.
MOST_LEADS = 32


def as_recording(recording, name, *, gaps=False):
    """Check one recording.

    Parameters
    ----------
    recording : array-like of shape (n_timepoints,) or (n_leads, n_timepoints)
        The recording, in mV.
    name : str
        What to call it in an error, such as "recording 17".
    gaps : bool, default=False
        Whether samples may be missing: NaN, or masked, which then become NaN.

    Returns
    -------
    ndarray of shape (n_timepoints,) or (n_leads, n_timepoints)
        float32 or float64; a view of what came wherever possible.

    Raises
    ------
    ValueError
        If it is none, has no samples, or samples that are missing, infinite, or beyond float32, in which networks
        compute; or if time and leads are exchanged.
    """
    array, missing = _unmasked(recording, name)
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{name} is an array of {array.ndim} dimensions, shape {array.shape}; expected one recording, "
            "(n_timepoints,) or (n_leads, n_timepoints)."
        )
    if array.size == 0:
        raise ValueError(f"{name} has no samples (shape {array.shape}). Leave it out of the collection.")
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} has dtype {array.dtype}. Give real signals.")
    check_axes(array.shape, name)
    if array.dtype not in FLOATS:
        array = _as_float(name, array)
    if missing is not None:
        array = np.where(missing, array.dtype.type(np.nan), array)
    _check_values(array, name, gaps)
    return array


def called(thing):
    """Say what something is, by its type and with an article, for "X is a list" or "X is an int".

    Parameters
    ----------
    thing : object
        Anything.

    Returns
    -------
    str
        Such as "a list", "an int" or "None".
    """
    if thing is None:
        return "None"
    name = type(thing).__name__
    return f"{'an' if name[0] in 'AEIOaeio' or name == 'ndarray' else 'a'} {name}"


def check_axes(shape, name):
    """Raise if a recording has its time where its leads should be.

    Parameters
    ----------
    shape : tuple of int
        Shape of one recording.
    name : str
        What to call it.
    """
    if len(shape) == 2 and shape[0] > max(shape[1], MOST_LEADS):
        raise ValueError(
            f"{name} has {shape[0]} leads of {shape[1]} samples. If its first axis is time, as wfdb has it, give its "
            "transpose, recording.T: expected (n_leads, n_timepoints)."
        )


def check_no_times(x, name):
    """Raise if values are dates or durations, which numpy turns into numbers without a word.

    Parameters
    ----------
    x : object
        An array, a data frame, or anything else.
    name : str
        What to call it.
    """
    dtypes = list(x.dtypes) if hasattr(x, "dtypes") and getattr(x, "ndim", 0) == 2 else [getattr(x, "dtype", None)]
    for dtype in dtypes:
        if getattr(dtype, "kind", "-") in "mM":
            raise ValueError(f"{name} has dtype {dtype}, which are times and no voltages. Give the samples in mV.")


def hidden(x):
    """Tell where a masked array, or a list of such, hides a sample.

    numpy.asarray forgets a mask, and gives what lies beneath it.

    Parameters
    ----------
    x : object
        Anything.

    Returns
    -------
    ndarray of bool or None
        The mask; None where nothing is hidden.
    """
    if isinstance(x, list | tuple) and any(isinstance(item, np.ma.MaskedArray) for item in x):
        x = _stacked(x)
    mask = np.ma.getmask(x)
    return np.ma.getmaskarray(x) if np.any(mask) else None


def visible(x, name):
    """Give an array of what stands beside recordings, such as labels or R peaks, if no part of it is masked.

    Parameters
    ----------
    x : array-like
        Anything.
    name : str
        What to call it in an error.

    Returns
    -------
    ndarray
        A view of `x` wherever possible.

    Raises
    ------
    ValueError
        If a value is masked.
    """
    mask = hidden(x)
    if mask is not None:
        first = tuple(int(i) for i in np.argwhere(mask)[0])
        raise ValueError(
            f"{name} has masked values (first at index {first}). Fill them in or leave them out first: what lies "
            "beneath a mask is not to be used."
        )
    try:
        return np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{name} is {called(x)} that makes no array: {' '.join(str(error).split())}") from error


def _stacked(items):
    with warnings.catch_warnings():
        # The mask of np.ma.masked in a list is kept, whatever numpy says of the value beneath it.
        warnings.filterwarnings("ignore", "Warning: converting a masked element", UserWarning)
        return np.ma.array(items)


def _unmasked(recording, name):
    """Give an ndarray, and what `hidden` gives."""
    if type(recording) is np.ndarray and recording.dtype != object:
        return recording, None
    try:
        missing = hidden(recording)
        array = np.asarray(recording if missing is None else np.ma.getdata(_stacked(recording)))
        if array.dtype == object and array.ndim == 1 and array.size and np.ndim(array[0]) == 1:
            # Leads in an array of arrays, as data frames have them.
            array = np.asarray(array.tolist())
        return array, missing
    except Exception as error:
        # Each library of arrays has its own, and none names the recording.
        raise ValueError(
            f"{name} is {called(recording)}, which does not convert to an array "
            f"({' '.join(str(error).split())}). Give numpy arrays: [numpy.asarray(x) for x in X]."
        ) from error


def _check_values(array, name, gaps):
    if all_usable(array):
        return
    wrong = ~(np.abs(array) <= _LARGEST)
    if gaps:
        wrong &= ~np.isnan(array)
        if not wrong.any():
            return
    lead, timepoint = np.argwhere(np.atleast_2d(wrong))[0]
    value = np.atleast_2d(array)[lead, timepoint]
    where = f"(first at lead {lead}, sample {timepoint})"
    if np.isfinite(value):
        raise ValueError(
            f"{name} contains {value:.3g} mV {where}, which is infinity in float32, in which networks compute. It "
            "cannot be a voltage: check the unit, or cut the sample."
        )
    if np.isinf(value):
        raise ValueError(f"{name} contains infinity {where}. Interpolate or cut such samples first.")
    ends = np.isnan(np.atleast_2d(array)[:, -1]).any()
    raise ValueError(
        f"{name} contains NaN {where}. Interpolate or cut missing samples before giving the recording to an estimator."
        + (" If it only pads a shorter recording, give a list of recordings of their own lengths." if ends else "")
    )


def all_usable(array):
    """Tell whether an array holds nothing but numbers of the range of float32."""
    # Nothing is allocated, as it would be for numpy.isfinite, and mostly one pass tells: where the sum of squares is
    # below the square of the bound, so is each. NaN is below nothing.
    if array.flags.c_contiguous:
        flat = array.ravel()
        with np.errstate(over="ignore", invalid="ignore"):
            if np.dot(flat, flat) <= _LARGEST_SQUARE[array.dtype.type]:
                return True
    return array.min(initial=0.0) >= -_LARGEST and array.max(initial=0.0) <= _LARGEST


def wanted_floats(array):
    """Tell the dtypes that samples may have, first the one that others are converted to.

    Parameters
    ----------
    array : array-like
        The samples as they came.

    Returns
    -------
    list of dtype
        As scikit-learn's `check_array` takes them.
    """
    dtype = getattr(array, "dtype", None)
    # 16-bit integers, the form in which ECGs are stored, fit float32 exactly.
    small = isinstance(dtype, np.dtype) and dtype.kind in "biuf" and dtype.itemsize <= 2
    return list(reversed(FLOATS)) if small else list(FLOATS)


def _as_float(name, item):
    check_no_times(item, name)
    try:
        return item.astype(wanted_floats(item)[0])
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} has dtype {item.dtype}, which does not convert to numbers ({error}). Give the "
            "samples as floats in mV."
        ) from error
