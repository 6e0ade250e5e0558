"""What tells one fit from every other, so that its state is found again and never taken for another's."""

import copyreg
import dis
import hashlib
import json
import sys
from importlib.metadata import version
from types import SimpleNamespace

import numpy as np
import torch

from ecgclf._training._beside import beside

_FORMAT = 3

# What these do their versions tell, or the state of the network.
_KNOWN = ("builtins", "ecgclf", "numpy", "sklearn", "skorch", "torch")

_PLAIN = (
    SimpleNamespace,
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    tuple,
    list,
    dict,
    set,
    frozenset,
    np.ndarray,
    torch.Tensor,
)


def identity(name, parameters, module, training, validation):
    """Tell one fit from every other: two with the same identity give the same weights to the bit.

    Of classes and functions of a user's own their code counts, what they hold, and the constants of their module that
    they name; not the code of what they call.

    Parameters
    ----------
    name : str
        What is fitted.
    parameters : dict
        Its parameters, without those that change no answer.
    module : torch.nn.Module
        The network before the fit.
    training, validation : WindowDataset
        What is learnt from, and watched (or None).

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    TypeError
        If a parameter holds something that does not say what it is.
    """
    digest = _Digest()
    digest.add((_FORMAT, version("torch"), name, parameters))
    digest.add({_path(kind): kind for kind in sorted({type(part) for part in module.modules()}, key=_path)})
    digest.add(dict(module.state_dict()))
    digest.add(beside(module))
    digest.add(json.dumps(training.rng.bit_generator.state, sort_keys=True))
    for dataset in (training, validation):
        if dataset is not None:
            digest.add((dataset.windows, dataset.targets))
    digest.add(training.items)
    if validation is not None and validation.items is not training.items:
        digest.add(validation.items)
    return digest.sha.hexdigest()


class _Digest:
    """A hash of values, the same in every process."""

    def __init__(self):
        self.sha = hashlib.sha256()
        # By the place of each, its number; and it itself, for the place of what is gone is given to others.
        self.seen = {}

    def add(self, value):
        """Count what a value is, and all that is in it."""
        if isinstance(value, torch.Tensor):
            value = value.detach().cpu().numpy()
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, np.ndarray) and value.dtype != object:
            self._tell(value.dtype.str, value.shape)
            self.sha.update(np.ascontiguousarray(value))
        elif isinstance(value, list | tuple | np.ndarray):
            self._tell("sequence", len(value))
            for item in value:
                self.add(item)
        elif isinstance(value, dict):
            self._tell("dict", len(value))
            for item in value.items():
                self.add(item)
        elif isinstance(value, set | frozenset):
            self._tell("set", sorted(_digest_of(item) for item in value))
        elif id(value) in self.seen:
            self._tell("again", self.seen[id(value)][0])
        else:
            self._add_whole(value)

    def _add_whole(self, value):
        parts = _parts(value)
        if parts is None:
            text = repr(value)
            if " at 0x" in text:
                raise TypeError(text)
            self._tell(_path(type(value)), text)
            return
        # What holds itself, as a class does in methods that call super(), is gone through once.
        self.seen[id(value)] = len(self.seen), value
        self._tell(_path(value if hasattr(value, "__qualname__") else type(value)))
        self.add(parts)

    def _tell(self, *what):
        text = repr(what).encode()
        self.sha.update(f"{len(text)} ".encode() + text)


def _digest_of(value):
    digest = _Digest()
    digest.add(value)
    return digest.sha.hexdigest()


def _parts(value):
    """Give what decides over what a value does; None if its repr says that."""
    if hasattr(value, "co_code"):
        return value.co_code, value.co_names, value.co_consts
    if hasattr(value, "__wrapped__") and not hasattr(value, "__code__") and not isinstance(value, type):
        # Such as what lru_cache makes of a function.
        return type(value), value.__wrapped__
    if hasattr(value, "__qualname__") and _is_known(value):
        return ()
    if isinstance(value, type):
        own = [vars(kind).items() for kind in value.__mro__ if not _is_known(kind)]
        return [{name: part for name, part in each if _is_code(part) or _is_plain(name, part)} for each in own]
    if hasattr(value, "__code__"):
        return value.__code__, value.__defaults__, value.__kwdefaults__, _cells(value), _constants(value)
    if hasattr(value, "__func__"):
        return value.__func__, getattr(value, "__self__", None)
    if isinstance(value, property):
        return value.fget, value.fset
    if hasattr(value, "get_params"):
        return type(value), value.get_params(deep=False)
    if hasattr(value, "func"):
        return value.func, getattr(value, "args", None), getattr(value, "keywords", None)
    slots = copyreg._slotnames(type(value))
    if slots or hasattr(value, "__dict__"):
        return type(value), getattr(value, "__dict__", {}), {k: getattr(value, k) for k in slots if hasattr(value, k)}
    return None


def _cells(function):
    """Give what a function holds of the one that it was made in; what was not set yet is nothing."""
    held = []
    for cell in function.__closure__ or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:
            held.append("not set")
    return held


def _constants(function):
    """Give the numbers, text and so on of its module that a function names."""
    codes, names = [function.__code__], set()
    while codes:
        code = codes.pop()
        names.update(each.argval for each in dis.get_instructions(code) if each.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
        codes += [part for part in code.co_consts if hasattr(part, "co_code")]
    there = function.__globals__
    return {name: there[name] for name in sorted(names) if name in there and isinstance(there[name], _PLAIN)}


def _is_known(thing):
    """Tell whether a class or a function is one whose code is no user's."""
    if not isinstance(thing, type):
        thing = getattr(thing, "__wrapped__", thing)
    written = isinstance(thing, type) or hasattr(thing, "__code__") or hasattr(thing, "__func__")
    return not written or _home(thing) in _KNOWN or _home(thing) in sys.stdlib_module_names


def _is_code(value):
    return callable(value) or isinstance(value, property) or hasattr(value, "__func__") or hasattr(value, "func")


def _is_plain(name, value):
    # Python notes the place of a class in its file, and other things that change nothing; so do loggers and locks.
    of_python = _home(type(value)) in sys.stdlib_module_names
    return not name.startswith("__") and (isinstance(value, _PLAIN) or not of_python)


def _home(thing):
    return str(thing.__module__).partition(".")[0]


def _path(thing):
    return f"{thing.__module__}.{thing.__qualname__}"
