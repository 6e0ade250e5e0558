"""Where everything drawn comes from: a generator that belongs to the fit, never one that threads share."""

from contextlib import contextmanager

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ecgclf.nn._layers import Dropout


class drawing_from(TorchDispatchMode):
    """Inside this block what this thread has torch draw comes from a generator of the block's own.

    torch's initialisers and its functions without a ``generator=`` draw from one generator that all threads of a
    process share: fits side by side would draw from one another's sequence. This generator is seen by this thread
    alone, and the shared one is not touched.

    Parameters
    ----------
    seed : int
        The same seed gives the same sequence.
    """

    def __init__(self, seed):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Call an operation; one that draws is given the generator."""
        kwargs = kwargs or {}
        if torch.Tag.nondeterministic_seeded in func.tags:
            if all(argument.name != "generator" for argument in func._schema.arguments):
                # Functions that make a new tensor have another overload for it.
                name = "generator" if func._overloadname == "default" else f"{func._overloadname}_generator"
                func = getattr(func.overloadpacket, name)
            kwargs = {**kwargs, "generator": self.generator}
        return func(*args, **kwargs)


class DropoutDraws:
    """The generator of the dropout layers of one module.

    Parameters
    ----------
    module : torch.nn.Module
        The module, on its device.
    """

    def __init__(self, module):
        self.layers = [layer for layer in module.modules() if isinstance(layer, Dropout)]
        device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
        self.generator = torch.Generator(device)
        for layer in self.layers:
            layer.generator = self.generator

    def renew(self, rng):
        """Start anew at a seed drawn from `rng`: what is dropped in a batch depends on no batch before it."""
        self.generator.manual_seed(int(rng.integers(2**63)))

    def release(self):
        """Give the module back without a generator."""
        for layer in self.layers:
            del layer.generator


@contextmanager
def dropout_draws(module):
    """Give a module's dropout a generator of its own inside a block."""
    draws = DropoutDraws(module)
    try:
        yield draws
    finally:
        draws.release()
