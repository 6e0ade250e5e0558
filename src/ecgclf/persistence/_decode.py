"""From a JSON document and arrays back to an estimator, believing neither."""

import math

import numpy as np
import sklearn
from sklearn.base import BaseEstimator
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import Bunch

from ecgclf.persistence import _classes
from ecgclf.persistence._container import Refused
from ecgclf.persistence._encode import MAX_CELLS, MAX_TEXT_BYTES, PLAIN_DTYPE, TEXT_DTYPE, TIME_DTYPE
from ecgclf.persistence._requests import restore_requests
from ecgclf.persistence._trees import holds_tree, restore_tree


class Decoder:
    """Builds what a document describes.

    Parameters
    ----------
    arrays : dict of {str: ndarray}
        The arrays of the file. Each may be used once, so that a short document cannot unfold to many copies.
    trusted : iterable of classes and functions, default=()
        What the document may name beyond the lists of this package.
    """

    def __init__(self, arrays, trusted=()):
        self.arrays = dict(arrays)
        self._trusted = {_classes.own_name(thing): thing for thing in trusted}
        self._objects = []
        self._cells_left = MAX_CELLS

    def value(self, encoded):
        """Decode any value.

        Parameters
        ----------
        encoded : object
            Plain JSON.

        Returns
        -------
        object
            The value.
        """
        if isinstance(encoded, list):
            return [self.value(item) for item in encoded]
        if not isinstance(encoded, dict):
            return encoded
        kind = next(iter(encoded), None)
        if kind not in _BY_KIND or (len(encoded) != 1 and kind not in ("array", "texts")):
            raise Refused(f"it holds a value of the unknown kind {kind!r}")
        return _BY_KIND[kind](self, encoded[kind] if len(encoded) == 1 else encoded)

    def _float(self, text):
        if text not in ("nan", "inf", "-inf"):
            raise Refused(f"{text!r} is not a float")
        return float(text)

    def _items(self, encoded):
        if not isinstance(encoded, list):
            raise Refused("it holds something else where a list should be")
        return [self.value(item) for item in encoded]

    def _pairs(self, encoded):
        return {self.value(key): self.value(item) for key, item in encoded}

    def _masked(self, encoded):
        data, mask = self._items(encoded)
        return np.ma.MaskedArray(data, mask)

    def _slice(self, encoded):
        return slice(*self._items(encoded))

    def _array(self, encoded):
        dtype, array = str(encoded["dtype"]), self.arrays.pop(encoded["array"], None)
        if array is None:
            raise Refused(f"it uses the array {encoded['array']!r} twice, or does not have it")
        if TIME_DTYPE.fullmatch(dtype) and array.dtype == np.int64:
            array = array.view(dtype)
        elif np.dtype(np.float32).str == dtype and array.dtype == np.float16:
            array = array.astype(np.float32)
        elif not PLAIN_DTYPE.fullmatch(dtype) or array.dtype != np.dtype(dtype):
            raise Refused(f"its array {encoded['array']!r} is of dtype {array.dtype}, not {dtype}")
        return np.asarray(array, order="F" if encoded["order"] == "F" else "C")

    def _texts(self, encoded):
        dtype, shape, items = str(encoded["dtype"]), tuple(encoded["shape"]), self._items(encoded["texts"])
        if not TEXT_DTYPE.fullmatch(dtype) or any(type(n) is not int or n < 0 for n in shape):
            raise Refused(f"it holds an array of dtype {dtype!r} and shape {shape}")
        if math.prod(shape) != len(items) or len(items) * np.dtype(dtype).itemsize > MAX_TEXT_BYTES:
            raise Refused(f"it holds {len(items)} strings for an array of dtype {dtype} and shape {shape}")
        if np.dtype(dtype).kind != "O" and not all(isinstance(item, str | bytes) for item in items):
            raise Refused(f"its array of dtype {dtype} holds something else than strings")
        array = np.empty(len(items), dtype)
        for i, item in enumerate(items):
            array[i] = item
        return array.reshape(shape)

    def _scalar(self, encoded):
        array = self.value(encoded)
        if not isinstance(array, np.ndarray) or array.ndim:
            raise Refused("it holds an array where a number should be")
        return array[()]

    def _dtype(self, text):
        if not PLAIN_DTYPE.fullmatch(text):
            raise Refused(f"{text!r} is no plain dtype")
        return np.dtype(text)

    def _table(self, columns):
        columns = {key: self.value(column) for key, column in columns.items()}
        if len({column.shape for column in columns.values()}) != 1 or next(iter(columns.values())).ndim != 1:
            raise Refused("it holds a table whose columns are not equally long")
        self._cells_left -= sum(len(column) for column in columns.values())
        if self._cells_left < 0:
            raise Refused(f"it holds tables of more than {MAX_CELLS} entries")
        columns = {key: column.tolist() for key, column in columns.items()}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def _bytes(self, text):
        return text.encode("latin-1")

    def _random_state(self, encoded):
        keys, position, has_gauss, cached = self._items(encoded)
        # numpy reads its keys from there on without looking.
        if type(position) is not int or not 0 <= position <= len(keys):
            raise Refused(f"it holds a random state at position {position!r} of {len(keys)}")
        random_state = np.random.RandomState(0)
        random_state.set_state(("MT19937", keys, position, has_gauss, cached))
        return random_state

    def _named(self, name):
        return _classes.named(name, _classes.VALUES)

    def _own(self, name):
        if not isinstance(name, str) or name not in self._trusted:
            told = f"; trusted has {', '.join(sorted(filter(None, self._trusted)))}" if self._trusted else ""
            raise Refused(
                f"it names {name!r}, which is not part of ecgclf{told}. If it is yours, load(path, trusted=[...]) "
                "with that class or function"
            )
        return self._trusted[name]

    def _same(self, number):
        found = self._objects[number] if type(number) is int and 0 <= number < len(self._objects) else None
        if found is None:
            raise Refused("it refers to an object that it has not")
        return found

    def _object(self, encoded):
        cls = _classes.named(encoded["class"], _classes.OBJECTS)
        number = len(self._objects)
        self._objects.append(None)
        parameters, state = (
            {key: self.value(item) for key, item in encoded[part].items()} for part in ("parameters", "state")
        )
        _check_names(cls, parameters, state)
        if "tree_" in state and holds_tree(cls):
            state["tree_"] = restore_tree(state["tree_"], state["n_features_in_"])
        requests = state.pop("_metadata_request", None)
        thing = cls(**parameters) if issubclass(cls, BaseEstimator) else object.__new__(cls)
        if cls in (Pipeline, FeatureUnion):
            # They hold others and nothing of their own.
            state["_sklearn_version"] = sklearn.__version__
        if hasattr(thing, "__setstate__"):
            # scikit-learn's estimators warn here if they come from another version of it.
            thing.__setstate__(state)
        else:
            vars(thing).update(state)
        if requests is not None:
            restore_requests(thing, requests)
        self._objects[number] = thing
        return thing


def _check_names(cls, parameters, state):
    allowed = cls._get_param_names() if issubclass(cls, BaseEstimator) else ()
    for name in parameters:
        if name not in allowed:
            raise Refused(f"{cls.__name__} of the versions installed here has no parameter {name!r}")
    if parameters.get("memory") is not None:
        raise Refused(f"it sets the cache of {cls.__name__}")
    for name in state:
        if not name.isidentifier() or name.startswith("__") or callable(getattr(cls, name, None)) or name in allowed:
            raise Refused(f"{name!r} cannot be an attribute of {cls.__name__}")


_BY_KIND = {
    "float": Decoder._float,
    "tuple": lambda decoder, encoded: tuple(decoder._items(encoded)),
    "set": lambda decoder, encoded: set(decoder._items(encoded)),
    "dict": Decoder._pairs,
    "bunch": lambda decoder, encoded: Bunch(**decoder._pairs(encoded)),
    "masked": Decoder._masked,
    "slice": Decoder._slice,
    "array": Decoder._array,
    "texts": Decoder._texts,
    "scalar": Decoder._scalar,
    "dtype": Decoder._dtype,
    "table": Decoder._table,
    "bytes": Decoder._bytes,
    "random_state": Decoder._random_state,
    "named": Decoder._named,
    "own": Decoder._own,
    "same": Decoder._same,
    "object": Decoder._object,
}
