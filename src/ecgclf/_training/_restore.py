"""Networks as arrays and plain values, and networks made of these again, believing neither.

What holds networks gives this as its state and takes it as such, to pickle, to copy and to `ecgclf.persistence`.
"""

import math

import torch
from skorch.history import History
from torch import nn
from torch.nn.utils.parametrize import is_parametrized
from torch.overrides import TorchFunctionMode

from ecgclf._training._beside import beside, changed, is_of_tensors
from ecgclf._training._net import build_net, resolve_device
from ecgclf._training._random import drawing_from
from ecgclf._warnings import warn
from ecgclf.nn._scaled import ScaledNetwork


def module_state(module):
    """Give the parameters and buffers of a module.

    Parameters
    ----------
    module : torch.nn.Module
        A module, on any device.

    Returns
    -------
    dict of {str: ndarray}
        On a CPU they share the module's memory.
    """
    return {name: tensor.detach().cpu().numpy() for name, tensor in module.state_dict().items()}


def restore_module(build, arrays):
    """Build a module around arrays.

    It is first built without memory, in steps that are bounded by the number of arrays, and held against them: a
    small file cannot describe a gigantic network.

    Parameters
    ----------
    build : callable
        Gives the module, untrained.
    arrays : dict of {str: ndarray}
        What `module_state` gave.

    Returns
    -------
    torch.nn.Module
        On the CPU.
    """
    module = _on_meta(build, len(arrays))
    expected = module.state_dict()
    # An array that cannot be written to, as joblib's may be, is copied for torch, which would warn.
    given = {name: torch.from_numpy(a if a.flags.writeable else a.copy()) for name, a in arrays.items()}
    if _shapes(expected) != _shapes(given):
        raise ValueError("its arrays do not fit the network that its parameters describe")
    if isinstance(module, ScaledNetwork):
        # It may hold more than parameters and buffers, and has that without memory too.
        with drawing_from(0):
            module = build()
        module.load_state_dict(given)
        return module
    # Memory layout and with it the last bit of a result are kept: the strides are those of the new module. (So does
    # `to_empty`, but it loads sympy, a fifth of a second.)
    for name, tensor in expected.items():
        given[name] = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype).copy_(given[name])
    module.load_state_dict(given, assign=True)
    for part in module.modules():
        if isinstance(part, nn.RNNBase):
            part.flatten_parameters()
    return module


def net_state(net, build):
    """Give what a net predicts with and what it tells of its training.

    Parameters
    ----------
    net : RecordingNet
        A trained net.
    build : callable
        Gives its module, untrained.

    Returns
    -------
    dict or None
        Arrays and plain values; None if the module is another than `build` gives.
    """
    try:
        described = _on_meta(build)
    except ValueError:
        return None
    if not is_of_tensors(net.module_) or not _is_same(net.module_, described):
        return None
    if isinstance(net.module_, ScaledNetwork):
        # What it drew, or has learnt, beside its tensors would be another when it is built again.
        with drawing_from(0):
            if changed(beside(build()), beside(net.module_)):
                return None
    return {
        "arrays": module_state(net.module_),
        "batch_size": net.batch_size,
        "max_epochs": net.max_epochs,
        "learning_rate": net.lr,
        "precision": net.precision,
        "history": [dict(row) for row in net.history],
    }


def restore_net(state, build, device, classes, multilabel):
    """Build a net that predicts as one did.

    Parameters
    ----------
    state : dict
        What `net_state` gave; it is checked.
    build : callable
        Gives its module, untrained.
    device : str
        The device wanted, as for `device_or_cpu`.
    classes : ndarray of shape (n_classes,)
        The labels.
    multilabel : bool
        Whether a recording may have several of them.

    Returns
    -------
    RecordingNet
        Initialised; its optimiser is new, and made when it is asked for.
    """
    batch_size, precision, history = (state.get(key) for key in ("batch_size", "precision", "history"))
    if type(batch_size) is not int or batch_size < 1 or precision not in ("float32", "bfloat16"):
        raise ValueError(f"a net has batch_size={batch_size!r} and precision={precision!r}")
    if not isinstance(history, list) or not all(isinstance(row, dict) for row in history):
        raise ValueError("the history of a net is not a list of dicts")
    net = build_net(
        restore_module(build, state["arrays"]),
        multilabel=multilabel,
        class_weights=None,
        callbacks=None,
        schedule="constant",
        early_stopping=False,
        n_iter_no_change=1,
        verbose=0,
        net_params=None,
        learning_rate=float(state["learning_rate"]),
        weight_decay=0.0,
        max_epochs=int(state["max_epochs"]),
        batch_size=batch_size,
        device=device_or_cpu(device, "network"),
        precision=precision,
        classes=classes,
    )
    net.initialize_to_predict()
    net.module_.eval()
    net.history = History(history)
    net.train_split, net.interrupted_ = None, False
    return net


def device_or_cpu(device, what):
    """Turn a device that is not on this machine into the CPU, with a warning.

    Parameters
    ----------
    device : str
        As for `resolve_device`.
    what : str
        What is to be on it.

    Returns
    -------
    str
        A device torch can use on this machine.
    """
    try:
        return resolve_device(device)
    except ValueError as error:
        warn(f"{error} The {what} is on the CPU now.")
        return "cpu"


def _on_meta(build, n_arrays=None):
    """Build a module on the device that has no memory."""
    # Outermost, for torch cannot give gradients back once there are no steps left to do it with.
    with torch.set_grad_enabled(torch.is_grad_enabled()), torch.device("meta"), _Bounded(n_arrays):
        try:
            return build()
        except (RuntimeError, OverflowError, MemoryError) as error:
            raise ValueError(f"its network cannot be built ({str(error).splitlines()[0]})") from None


class _Bounded(TorchFunctionMode):
    """Ends what takes more steps than a network of so many arrays can need; counts this thread's operations only."""

    def __init__(self, n_arrays):
        super().__init__()
        # Seen: 4 to 7 steps an array; 28 steps a lead of a WaveNet, which has 11 arrays.
        self.steps_left = math.inf if n_arrays is None else 10_000 + 10 * n_arrays

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.steps_left -= 1
        if self.steps_left < 0:
            raise ValueError("its parameters describe a network with more arrays than there are")
        return func(*args, **(kwargs or {}))


def _is_same(module, other):
    mine, theirs = list(module.named_modules()), list(other.named_modules())
    if [name for name, _ in mine] != [name for name, _ in theirs]:
        return False
    pairs = [(a, b) for (_, a), (_, b) in zip(mine, theirs, strict=True)]
    if any(_kind(a) is not _kind(b) or _settings(a) != _settings(b) for a, b in pairs):
        return False
    return _shapes(module.state_dict()) == _shapes(other.state_dict())


def _kind(module):
    # torch makes a class of its own for each module that has a parametrization, such as weight_norm.
    return type(module).__mro__[1] if is_parametrized(module) else type(module)


def _settings(module):
    """Give what a module has beside tensors: strides, kinds of pooling, …."""
    # None may be the place of what is remembered for speed.
    own = {key: value for key, value in vars(module).items() if key != "training" and value is not None}
    return {key: value for key, value in own.items() if _is_plain(value)}


def _is_plain(value):
    if isinstance(value, tuple | list):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, int | float | str)


def _shapes(tensors):
    return {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in tensors.items()}
