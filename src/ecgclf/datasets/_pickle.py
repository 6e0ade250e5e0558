"""The pickle of the Challenge 2017 that other projects pass round."""

import os
import warnings

import numpy as np
from sklearn.utils import Bunch

from ecgclf._numbers import is_finite
from ecgclf._recordings import called, object_array
from ecgclf.datasets._cinc2017 import describe
from ecgclf.datasets._unpickler import Array, ArrayUnpickler


def load_challenge2017_pickle(path, *, adc_per_mv=1000.0, return_X_y=False):
    """Load the recordings of the Challenge 2017 from a file such as ``challenge2017.pkl``.

    The file holds a dict ``{'data': ..., 'label': ...}``: a list or array of signals, and one of labels. Only numpy
    arrays, strings, numbers and plain containers are admitted; a pickle that calls for anything else is refused
    before anything of it runs.

    Parameters
    ----------
    path : path-like
        The pickle, written by Python 2 or 3.
    adc_per_mv : float, default=1000.0
        What the values are divided by to give mV. The file that is passed round holds ADC units, 1000 to the mV;
        pass 1.0 for a file in mV.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` only.

    Returns
    -------
    challenge2017 : :class:`~sklearn.utils.Bunch`
        data : ndarray of shape (n_recordings,) and dtype object
            One float32 array of shape (n_timepoints,) a recording, in mV.
        target : ndarray of shape (n_recordings,) and dtype str
            The labels, as the file has them.
        record_names : list of str
            The position in the file, "0", "1" and so on: the file has no names.
        lead_names : list of str
            ["ECG"].
        sampling_rate : float
            300.0, in Hz.
        DESCR : str
            What the set is and whom to cite.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        If the file is no pickle, is truncated, calls for anything but numpy arrays, or holds something else than
        such a dict of finite signals.
    OSError
        If the file cannot be opened.

    See Also
    --------
    fetch_cinc2017 : The same recordings from their source, with their names.

    Examples
    --------
    >>> import pickle, tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from ecgclf.datasets import load_challenge2017_pickle
    >>> path = Path(tempfile.mkdtemp()) / "challenge2017.pkl"
    >>> signals = [np.array([-127, -162], dtype=np.int16), np.array([128.0, 157.0, 189.0])]
    >>> _ = path.write_bytes(pickle.dumps({"data": signals, "label": ["N", "A"]}))
    >>> data, target = load_challenge2017_pickle(path, return_X_y=True)
    >>> data[1], target
    (array([0.128, 0.157, 0.189], dtype=float32), array(['N', 'A'], dtype='<U1'))

    A pickle that would run something does not:

    >>> import os
    >>> class Hostile:
    ...     def __reduce__(self):
    ...         return os.system, ("echo not run",)
    >>> _ = path.write_bytes(pickle.dumps({"data": Hostile(), "label": []}))
    >>> load_challenge2017_pickle(path)
    Traceback (most recent call last):
        ...
    ValueError: ...challenge2017.pkl is not a pickle of recordings: it calls for ...
    """
    if not is_finite(adc_per_mv) or adc_per_mv <= 0:
        raise ValueError(f"adc_per_mv={adc_per_mv!r} is not a positive number.")
    path = os.fspath(path)
    content = _unpickle(path)
    if not isinstance(content, dict) or not {"data", "label"} <= content.keys():
        raise ValueError(f"{path} is not a pickle of recordings: expected a dict with 'data' and 'label'.")
    signals, labels = _items(path, "data", content["data"]), _items(path, "label", content["label"])
    n_values = sum(signal.size for signal in map(_value, signals) if isinstance(signal, np.ndarray))
    if n_values > os.stat(path).st_size:
        raise ValueError(f"{path} repeats its signals to {n_values} samples, more than it has bytes.")
    if len(signals) != len(labels) or not signals:
        raise ValueError(f"{path} has {len(signals)} signals and {len(labels)} labels.")
    data = object_array([_in_mv(path, i, signal, adc_per_mv) for i, signal in enumerate(signals)])
    target = np.array([_label(path, i, label) for i, label in enumerate(labels)])
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        record_names=[str(i) for i in range(len(data))],
        lead_names=["ECG"],
        sampling_rate=300.0,
        DESCR=describe(f"{len(data)} recordings from {os.path.basename(path)}", target),
    )


def _unpickle(path):
    with open(path, "rb") as file, warnings.catch_warnings():
        # A text opcode of the file may hold an escape that Python would warn of.
        warnings.simplefilter("ignore")
        try:
            return ArrayUnpickler(file, os.fstat(file.fileno()).st_size).load()
        except OSError:
            raise
        except Exception as error:
            # A damaged pickle fails in whatever way its first wrong byte leads to.
            raise ValueError(f"{path} is not a pickle of recordings: {error or repr(error)}.") from error


def _value(item):
    return item.value if isinstance(item, Array) else item


def _items(path, key, value):
    value = _value(value)
    if isinstance(value, np.ndarray) and value.ndim in (1, 2):
        return list(value)
    if isinstance(value, list | tuple):
        return list(value)
    raise ValueError(f"{path}: its {key!r} is {called(value)}; expected a list or an array.")


def _in_mv(path, i, signal, adc_per_mv):
    signal = _value(signal)
    if not isinstance(signal, np.ndarray) or signal.dtype.kind not in "iuf" or signal.ndim != 1 or not signal.size:
        raise ValueError(f"{path}: recording {i} is not a numeric array of shape (n_timepoints,).")
    with np.errstate(over="ignore"):
        signal = (signal.astype(np.float64) / adc_per_mv).astype(np.float32)
    if not np.isfinite(signal).all():
        raise ValueError(f"{path}: recording {i} has missing or infinite samples.")
    return signal


def _label(path, i, label):
    if isinstance(label, bytes):
        label = label.decode("latin1")
    if not isinstance(label, str) or not 0 < len(label) <= 20:
        raise ValueError(f"{path}: the label of recording {i} is {label!r:.60}; expected one such as 'N'.")
    return str(label)
