"""From a fitted estimator to a JSON document and arrays."""

import math
import re
from pathlib import PurePath

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Bunch

from ecgclf.persistence import _classes
from ecgclf.persistence._requests import plain_requests
from ecgclf.persistence._trees import holds_tree, tree_state

# Values other than None, bool, int, float, str and list stand in the document as {KIND: ...}.
PLAIN_DTYPE = re.compile(r"[<>|=][biuf]\d+")
TIME_DTYPE = re.compile(r"[<>|=][mM]8(\[\w+\])?")
TEXT_DTYPE = re.compile(r"[<>|=][US]\d+|\|O")
# Bounds what an array of strings takes: its width is what the file says, not what its strings have.
MAX_TEXT_BYTES = 2**24
# And what the rows of all tables take: a byte of a column becomes a hundred.
MAX_CELLS = 2**22


class Encoder:
    """Collects the arrays of a document and remembers the objects in it.

    Attributes
    ----------
    arrays : dict of {str: ndarray}
        What the document refers to.
    """

    def __init__(self):
        self.arrays = {}
        # Each with its number; they are kept, so that no other object is at their place.
        self._objects = {}
        self._open = set()

    def value(self, value, where):
        """Encode any value.

        Parameters
        ----------
        value : object
            The value.
        where : str
            What to call it in an error.

        Returns
        -------
        object
            Plain JSON.
        """
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if type(value) is list:
            return self._table(value) or self._items(value, where)
        encode = _BY_TYPE.get(type(value))
        if encode is not None:
            return encode(self, value, where)
        if isinstance(value, np.dtype) and PLAIN_DTYPE.fullmatch(value.str):
            return {"dtype": value.str}
        if isinstance(value, PurePath):
            return str(value)
        if isinstance(value, np.generic):
            return {"scalar": self.value(np.asarray(value), where)}
        if hasattr(value, "__qualname__"):
            name = _classes.name_of(value, _classes.VALUES)
            if name is not None:
                return {"named": name}
            if callable(value) and _classes.own_name(value) is not None:
                return {"own": _classes.own_name(value)}
        name = _classes.name_of(type(value), _classes.OBJECTS)
        if name is None:
            raise ValueError(_cannot(value, where))
        return self._object(value, name, where)

    def _items(self, values, where):
        return [self.value(item, f"{where}[{i}]") for i, item in enumerate(values)]

    def _table(self, rows):
        """Encode the rows of a training history by columns: JSON would take 30 times the space."""
        if len(rows) < 8 or not all(type(row) is dict and row.keys() == rows[0].keys() for row in rows):
            return None
        if len(rows) * len(rows[0]) > MAX_CELLS:
            raise ValueError(f"a history of {len(rows)} rows of {len(rows[0])} entries is too long to be stored.")
        columns = {}
        for key in rows[0]:
            kinds = {type(row[key]) for row in rows}
            if type(key) is not str or len(kinds) != 1 or not kinds <= {int, float, bool}:
                return None
            try:
                columns[key] = np.array([row[key] for row in rows])
            except OverflowError:
                return None
            if columns[key].dtype not in (np.int64, np.float64, np.bool_):
                return None
        return {"table": {key: self._array(column, key) for key, column in columns.items()}} if columns else None

    def _array(self, array, where):
        dtype = array.dtype.newbyteorder("=")
        if TEXT_DTYPE.fullmatch(dtype.str):
            if array.size * dtype.itemsize > MAX_TEXT_BYTES:
                raise ValueError(f"{where} is an array of {array.size} strings, {array.nbytes} bytes: too large.")
            return {
                "texts": self._items(array.ravel().tolist(), where),
                "dtype": dtype.str,
                "shape": list(array.shape),
            }
        number = str(len(self.arrays))
        order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        found = {"array": number, "dtype": dtype.str, "order": order}
        if TIME_DTYPE.fullmatch(dtype.str):
            array = np.ascontiguousarray(array, dtype).view(np.int64).reshape(array.shape)
        elif not PLAIN_DTYPE.fullmatch(dtype.str) or dtype.itemsize > 8:
            raise ValueError(f"{where} is an array of dtype {array.dtype}, which cannot be stored without pickle.")
        array = _halved(array)
        self.arrays[number] = np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape)
        return found

    def _random_state(self, random_state, where):
        name, keys, position, has_gauss, cached = random_state.get_state()
        if name != "MT19937":
            raise ValueError(f"{where} is a RandomState over {name}; one over MT19937, or an int, can be stored.")
        return {"random_state": [self._array(keys, where), position, has_gauss, self.value(cached, where)]}

    def _object(self, thing, name, where):
        if id(thing) in self._open:
            raise ValueError(f"{where} holds itself, which cannot be stored.")
        if id(thing) in self._objects:
            return {"same": self._objects[id(thing)][0]}
        self._objects[id(thing)] = len(self._objects), thing
        self._open.add(id(thing))
        # What holds a network gives arrays and plain values here; objects of Python's own kind what they have.
        state = dict(thing.__getstate__() or {})
        if "tree_" in state and holds_tree(type(thing)):
            state["tree_"] = tree_state(thing.tree_)
        if "_metadata_request" in state:
            state["_metadata_request"] = plain_requests(state["_metadata_request"])
        names = type(thing)._get_param_names() if isinstance(thing, BaseEstimator) else ()
        parameters = {key: state.pop(key) for key in names}
        # joblib's caches are pickles: a file must not lead anyone to them.
        if parameters.get("memory") is not None:
            raise ValueError(f"{where}.memory cannot be stored. Set it to None first: set_params(memory=None).")
        encoded = {
            "class": name,
            "parameters": {key: self.value(item, f"{where}.{key}") for key, item in parameters.items()},
            "state": {key: self.value(item, f"{where}.{key}") for key, item in state.items()},
        }
        self._open.discard(id(thing))
        return {"object": encoded}


def _halved(array):
    """Give float32 as float16 where nothing is lost: half the file for networks whose weights were rounded to it."""
    if array.dtype != np.float32:
        return array
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    return half if (half == array).all() else array


def _cannot(value, where):
    kind = type(value)
    if hasattr(value, "module_"):
        return (
            f"{where} holds another network than the parameters beside it describe: they were changed after fit, or "
            'net_params names a module, or a network of yours cannot be built on torch\'s device "meta", or holds '
            "what is no parameter and no persistent buffer (register_buffer). Set them back, or fit again, then save."
        )
    if hasattr(value, "__qualname__"):
        what = f"{value.__module__}.{value.__qualname__}"
    else:
        what = f"a {kind.__module__}.{kind.__qualname__}"
    return (
        f"{where} is {what}, which cannot be stored without pickle. Set the parameter to None or to a plain value "
        "before saving, or leave the step out; ecgclf.persistence.save lists what can be stored."
    )


def _pairs(encoder, value, where):
    return [[encoder.value(key, where), encoder.value(item, f"{where}[{key!r}]")] for key, item in value.items()]


_BY_TYPE = {
    np.ndarray: lambda encoder, value, where: encoder._array(value, where),
    tuple: lambda encoder, value, where: {"tuple": encoder._items(value, where)},
    set: lambda encoder, value, where: {"set": encoder._items(sorted(value, key=repr), where)},
    dict: lambda encoder, value, where: {"dict": _pairs(encoder, value, where)},
    Bunch: lambda encoder, value, where: {"bunch": _pairs(encoder, value, where)},
    slice: lambda encoder, value, where: {"slice": encoder._items((value.start, value.stop, value.step), where)},
    bytes: lambda encoder, value, where: {"bytes": value.decode("latin-1")},
    np.ma.MaskedArray: lambda encoder, value, where: {"masked": encoder._items((value.data, value.mask), where)},
    np.random.RandomState: lambda encoder, value, where: encoder._random_state(value, where),
}
