"""What a network of the user's own holds beside the tensors of its `state_dict`."""

import numpy as np
import torch
from torch import nn

# Parameters, buffers, modules and hooks of every module, and whether it trains.
_OF_ALL = frozenset(vars(nn.Module()))
_NOTHING = object()


def beside(module):
    """Copy the numbers, text, arrays and tensors of a module that its `state_dict` does not have.

    Parameters
    ----------
    module : torch.nn.Module
        The network, on any device.

    Returns
    -------
    dict of {str: object}
        By the names of the attributes, and of buffers that are not persistent.
    """
    kept = {id(tensor): name for name, tensor in module.state_dict(keep_vars=True).items()}
    found = {}
    for path, part in module.named_modules():
        buffers = {name: part._buffers[name] for name in part._non_persistent_buffers_set}
        for name, value in {**vars(part), **buffers}.items():
            copied = _NOTHING if name in _OF_ALL else _copy(value, kept)
            if copied is not _NOTHING:
                found[f"{path}.{name}".removeprefix(".")] = copied
    return found


def changed(new, later):
    """Tell what a new module holds beside its `state_dict` that is another later.

    Parameters
    ----------
    new, later : dict
        What `beside` gave.

    Returns
    -------
    list of str
        The names. What was None, or not there, is remembered for speed, and computed again when it is needed.
    """
    return [name for name, was in new.items() if was is not None and not _is_equal(was, later.get(name))]


def is_of_tensors(module):
    """Tell whether arrays can hold the whole `state_dict` of a module.

    Parameters
    ----------
    module : torch.nn.Module
        The network.

    Returns
    -------
    bool
        False where something of it is no tensor, as `get_extra_state` may give, or has a dtype that numpy has not.
    """
    return all(
        isinstance(value, torch.Tensor) and value.dtype != torch.bfloat16 for value in module.state_dict().values()
    )


def _copy(value, kept):
    if isinstance(value, torch.Tensor):
        return kept[id(value)] if id(value) in kept else value.detach().cpu().clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | np.generic):
        return value
    if isinstance(value, dict):
        value, keys = list(value.values()), list(value)
        copied = _copy(value, kept)
        return _NOTHING if copied is _NOTHING else dict(zip(keys, copied, strict=True))
    if isinstance(value, list | tuple):
        copied = [_copy(item, kept) for item in value]
        return _NOTHING if any(item is _NOTHING for item in copied) else copied
    return _NOTHING


def _is_equal(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(_is_equal(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_is_equal, one, other))
    return one == other
