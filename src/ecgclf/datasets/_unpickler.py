"""An unpickler that builds numpy arrays, plain containers, and nothing else.

A pickle is a program. This one's may call seven functions, all of them ours: they check what they are given and
make inert values, so that neither numpy's own ``__setstate__`` nor its constructors ever see a number of the file
unchecked. Arrays are views of bytes that the file itself held; no shape can claim memory that the file does not fill.
"""

import math
import pickle
import re
import struct

import numpy as np

from ecgclf._recordings import object_array

_DTYPE = re.compile(r"[<>=|]?(b1|[iu][1248]|f[248]|[SU]\d{1,4}|O8?)", re.ASCII)
_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMERIC = ("numpy.core.numeric", "numpy._core.numeric")


class _Function:
    """A function the pickle may call; it has nothing that the pickle could change."""

    __slots__ = ("_function",)

    def __init__(self, function):
        object.__setattr__(self, "_function", function)

    def __call__(self, *args):
        return self._function(*args)

    def __setattr__(self, name, value):
        raise pickle.UnpicklingError(f"it sets {name!r} on a function")


class Dtype:
    """A data type as the file spells it."""

    __slots__ = ("dtype",)

    def __init__(self, code, align=False, copy=False):
        if not (isinstance(code, str) and _DTYPE.fullmatch(code)):
            raise pickle.UnpicklingError(f"it has an array of the dtype {code!r:.60}")
        self.dtype = np.dtype(code)

    def __setstate__(self, state):
        _, order, subdtype, names, fields = state[:5]
        if order not in ("<", ">", "=", "|") or (subdtype, names, fields) != (None, None, None):
            raise pickle.UnpicklingError("it has an array of a structured dtype")
        if order != "|":
            self.dtype = self.dtype.newbyteorder(order)


class Array:
    """An array as the file spells it: ``value`` is the numpy array, once the state is there."""

    __slots__ = ("_build", "value")

    def __init__(self, build, value=None):
        self._build = build
        self.value = value

    def __setstate__(self, state):
        _, shape, dtype, is_fortran, content = state
        self.value = self._build(content, dtype, shape, "F" if is_fortran else "C")


class ArrayUnpickler(pickle._Unpickler):
    """Unpickler that admits numpy arrays, strings, numbers, lists, tuples and dicts.

    It is the standard library's one in Python: the one in C takes memory for an index that the file declares.

    Parameters
    ----------
    file : binary file
        The pickle.
    size : int
        Its size in bytes; no more is ever read at once or decoded in all.
    """

    def __init__(self, file, size):
        super().__init__(_Bounded(file, size), encoding="latin1")
        self._left = size
        self._functions = {
            ("_codecs", "encode"): _Function(self._encode),
            ("numpy", "ndarray"): _Function(_refuse),
            ("numpy", "dtype"): _Function(Dtype),
            ("builtins", "bytes"): _Function(_no_bytes),
            ("__builtin__", "bytes"): _Function(_no_bytes),
            **{(module, "_reconstruct"): _Function(self._reconstruct) for module in _MULTIARRAY},
            **{(module, "scalar"): _Function(self._scalar) for module in _MULTIARRAY},
            **{(module, "_frombuffer"): _Function(self._frombuffer) for module in _NUMERIC},
        }

    dispatch = dict(pickle._Unpickler.dispatch)

    def _load_bytearray8(self):
        # The inherited one fills memory of the declared size before it looks whether the file has as much.
        (n,) = struct.unpack("<Q", self.read(8))
        self.append(bytearray(self.read(n)))

    dispatch[pickle.BYTEARRAY8[0]] = _load_bytearray8

    def find_class(self, module, name):
        """Give our own function for the few names numpy needs."""
        try:
            return self._functions[module, name]
        except (KeyError, TypeError):
            raise pickle.UnpicklingError(
                f"it calls for {module!s:.60}.{name!s:.60}, and only numpy arrays are admitted"
            ) from None

    def _spend(self, n):
        # Every byte of the file may become one byte, or one item, of an array; the same one again and again may not.
        self._left -= n
        if self._left < 0:
            raise pickle.UnpicklingError("it unfolds to more than it has bytes")

    def _encode(self, text, encoding):
        if not isinstance(text, str) or encoding != "latin1":
            raise pickle.UnpicklingError(f"it encodes with {encoding!r:.60}")
        self._spend(len(text))
        return text.encode("latin1")

    def _scalar(self, dtype, content):
        scalar = self._as_array(content, dtype, (), "C")
        self._spend(scalar.nbytes)
        return scalar[()]

    def _reconstruct(self, subtype, shape, code):
        return Array(self._as_array)

    def _frombuffer(self, content, dtype, shape, order):
        return Array(self._as_array, self._as_array(content, dtype, shape, order))

    def _as_array(self, content, dtype, shape, order):
        if not isinstance(dtype, Dtype) or order not in ("C", "F"):
            raise pickle.UnpicklingError("it has an array without a dtype or order")
        if not isinstance(shape, tuple) or len(shape) > 3 or not all(isinstance(n, int) and n > 0 for n in shape):
            raise pickle.UnpicklingError(f"it has an array of the shape {shape!r:.60}")
        size, dtype = math.prod(shape), dtype.dtype
        if dtype.kind == "O":
            if not isinstance(content, list) or len(content) != size or len(shape) != 1:
                raise pickle.UnpicklingError("it has an object array that is not one row of its items")
            self._spend(size)
            return object_array(content)
        if isinstance(content, str):
            # Python 2 wrote bytes as text.
            content = self._encode(content, "latin1")
        if not isinstance(content, bytes | bytearray) or not 0 < len(content) == size * dtype.itemsize:
            raise pickle.UnpicklingError(f"it declares an array of shape {shape} that its bytes do not fill")
        return np.frombuffer(content, dtype=dtype).reshape(shape, order=order)


class _Bounded:
    """A file from which no more can be asked for than it has."""

    def __init__(self, file, size):
        self._file, self._size = file, size

    def read(self, n):
        if n > self._size:
            raise pickle.UnpicklingError("it declares more bytes than it has")
        return self._file.read(n)

    def readline(self):
        return self._file.readline()


def _refuse(*args):
    raise pickle.UnpicklingError("it calls the constructor of numpy arrays")


def _no_bytes(*args):
    if args:
        raise pickle.UnpicklingError("it calls bytes()")
    return b""
