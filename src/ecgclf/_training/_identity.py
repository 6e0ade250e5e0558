"""What tells one fit from every other, so that its state is found again and never taken for another's."""

import hashlib
import json
from dataclasses import is_dataclass
from importlib.metadata import version

import numpy as np
import torch

_FORMAT = 3

# What these do their versions tell, or the state of the network.
_KNOWN = ("builtins", "ecgclf", "numpy", "sklearn", "skorch", "torch")

_PLAIN = (bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset, np.ndarray, torch.Tensor)


def identity(name, parameters, module, training, validation):
    """Tell one fit from every other: two with the same identity give the same weights to the bit.

    Of classes and functions of a user's own their code counts, and what they hold; not the code of what they call.

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
    digest.add({_path(kind): kind for kind in {type(part) for part in module.modules()}})
    digest.add(dict(module.state_dict()))
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
            for key in sorted(value, key=repr):
                self.add((key, value[key]))
        elif isinstance(value, set | frozenset):
            self._tell("set", sorted(map(repr, value)))
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


def _parts(value):
    """Give what decides over what a value does; None if its repr says that."""
    if hasattr(value, "co_code"):
        return value.co_code, value.co_names, value.co_consts
    if hasattr(value, "__qualname__") and _is_known(value):
        return ()
    if isinstance(value, type):
        own = [vars(kind).items() for kind in value.__mro__ if not _is_known(kind)]
        return [{name: part for name, part in each if _is_code(part) or _is_plain(name, part)} for each in own]
    if hasattr(value, "__code__"):
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        return value.__code__, value.__defaults__, value.__kwdefaults__, cells
    if hasattr(value, "__func__"):
        return value.__func__, getattr(value, "__self__", None)
    if isinstance(value, property):
        return value.fget, value.fset
    if hasattr(value, "get_params"):
        return type(value), value.get_params(deep=False)
    if hasattr(value, "func") and hasattr(value, "keywords"):
        return value.func, value.args, value.keywords
    return (type(value), vars(value)) if hasattr(value, "__dict__") else None


def _is_known(thing):
    """Tell whether a class or a function is one whose code is no user's."""
    written = isinstance(thing, type) or hasattr(thing, "__code__") or hasattr(thing, "__func__")
    return not written or thing.__module__.partition(".")[0] in _KNOWN


def _is_code(value):
    return callable(value) or hasattr(value, "__func__") or isinstance(value, property)


def _is_plain(name, value):
    # Python notes the place of a class in its file, and other things that change nothing.
    return not name.startswith("__") and (isinstance(value, _PLAIN) or is_dataclass(value))


def _path(thing):
    return f"{thing.__module__}.{thing.__qualname__}"
