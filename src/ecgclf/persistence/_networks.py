"""The networks of fitted estimators: what is stored of them, and how they are built again.

An object that holds networks as attributes, skorch nets, torch modules or lists of these, has a method
``_rebuild_module()`` that builds one anew, untrained, from its parameters and other attributes. If it has a method
``_after_load()``, that is called at the end, to bring bare modules to a device.
"""

import sys
from contextlib import contextmanager
from pathlib import Path

import torch
from sklearn.base import BaseEstimator
from torch import nn
from torch.nn.modules.module import register_module_buffer_registration_hook as on_buffer
from torch.nn.modules.module import register_module_parameter_registration_hook as on_parameter

import ecgclf
from ecgclf import _training
from ecgclf.persistence._container import Refused

# Lines of this package that may run while a network is built: 1000 residual blocks take 30,000.
_MAX_STEPS = 10**5
_PACKAGE = str(Path(ecgclf.__file__).parent)


def network_state(value):
    """Tell what is to be stored of a network.

    Parameters
    ----------
    value : object
        Any value.

    Returns
    -------
    dict or None
        Plain values, and the tensors by name under "tensors"; None if it is no network.
    """
    if isinstance(value, nn.Module):
        return {"tensors": value.state_dict(), "training": value.training}
    if _training.is_net(value):
        return {"tensors": value.module_.state_dict(), **_training.net_state(value)}
    return None


def check_rebuilds(owner, where):
    """Raise unless the networks of an estimator are what its parameters build.

    Parameters
    ----------
    owner : estimator
        The estimator.
    where : str
        What to call it.
    """
    for name, value in vars(owner).items():
        for network in value if isinstance(value, list) else [value]:
            module = network.module_ if _training.is_net(network) else network
            if not isinstance(module, nn.Module):
                break
            if not _is_same(module, _on_meta(owner, None)):
                raise ValueError(
                    f"{where}.{name} holds another network than the parameters of {type(owner).__name__} describe: "
                    "they were changed after fit, or net_params names a module. Set them back, or fit again, then "
                    "save."
                )


def _is_same(module, other):
    mine, theirs = list(module.named_modules()), list(other.named_modules())
    if [name for name, _ in mine] != [name for name, _ in theirs]:
        return False
    pairs = [(a, b) for (_, a), (_, b) in zip(mine, theirs, strict=True)]
    if any(type(a) is not type(b) or _settings(a) != _settings(b) for a, b in pairs):
        return False
    return _shapes(module) == _shapes(other)


def _settings(module):
    """Give what a module has beside tensors: strides, kinds of pooling, …."""
    return {key: value for key, value in vars(module).items() if key != "training" and _is_plain(value)}


def _is_plain(value):
    if isinstance(value, tuple | list):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, int | float | str)


def _shapes(module):
    return {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in module.state_dict().items()}


def restore_network(owner, tensors, rest):
    """Build the network of an estimator from a file.

    The module is first built without memory, and held against the arrays that the file really has.

    Parameters
    ----------
    owner : estimator
        The estimator, its parameters and other attributes set.
    tensors : dict of {str: ndarray}
        Parameters and buffers.
    rest : dict
        What else `network_state` gave.

    Returns
    -------
    torch.nn.Module or skorch.NeuralNetClassifier
        The network, on a device that this machine has.
    """
    if isinstance(owner, BaseEstimator):
        owner._validate_params()
    module = _on_meta(owner, len(tensors))
    stored = {name: torch.from_numpy(array) for name, array in tensors.items()}
    if _shapes(module) != {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in stored.items()}:
        raise Refused(f"its arrays do not fit the network that the parameters of {type(owner).__name__} describe")
    # Memory layout and with it the last bit of a result are kept: the strides are those of the new module. (So does
    # `to_empty`, but it loads sympy, a fifth of a second.)
    for name, tensor in module.state_dict().items():
        stored[name] = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype).copy_(stored[name])
    module.load_state_dict(stored, assign=True)
    for part in module.modules():
        if isinstance(part, nn.RNNBase):
            part.flatten_parameters()
    if "training" in rest:
        return module.train(rest["training"] is True)
    return _training.restore_net(module, rest, owner.device, owner.classes_)


def _on_meta(owner, n_tensors):
    """Build the module on the device that has no memory."""
    with torch.device("meta"), _at_most(n_tensors):
        try:
            module = owner._rebuild_module()
        except (RuntimeError, OverflowError, MemoryError) as error:
            raise Refused(f"its network cannot be built ({str(error).splitlines()[0]})") from None
    stored = module.state_dict()
    if any(tensor.device.type != "meta" for tensor in stored.values()):
        raise TypeError(f"{type(owner).__name__}._rebuild_module makes tensors elsewhere than torch's default device.")
    if any(name not in stored for name, _ in module.named_buffers()):
        raise TypeError(f"{type(owner).__name__} has a network with a buffer that is not persistent.")
    return module


@contextmanager
def _at_most(n_tensors):
    """Stop the building of a module that has more parameters than a file has arrays, or loops beyond measure."""
    if n_tensors is None:
        yield
        return
    # torch.nn.Conv2d and its kind register an absent bias too.
    tensors_left, steps_left = 4 * n_tensors + 64, _MAX_STEPS

    def count(*_):
        nonlocal tensors_left
        tensors_left -= 1
        if tensors_left < 0:
            raise Refused("its parameters describe a network with more arrays than the file has")

    def step(frame, *_):
        nonlocal steps_left
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            return None
        steps_left -= 1
        if steps_left < 0:
            raise Refused("its parameters describe a network that takes too long to build")
        return step

    hooks = [on_parameter(count), on_buffer(count)]
    before = sys.gettrace()
    sys.settrace(step)
    try:
        yield
    finally:
        sys.settrace(before)
        for hook in hooks:
            hook.remove()
