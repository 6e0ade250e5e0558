"""Where everything drawn comes from: a generator that belongs to the fit, never one that threads share."""

from contextlib import contextmanager, nullcontext

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ecgclf.nn._layers import Dropout
from ecgclf.nn._scaled import ScaledNetwork


class drawing_from(TorchDispatchMode):
    """Inside this block what this thread has torch draw comes from a generator of the block's own.

    torch's initialisers and its functions without a ``generator=`` draw from one generator that all threads of a
    process share: fits side by side would draw from one another's sequence. This generator is seen by this thread
    alone, and the shared one is not touched.

    Parameters
    ----------
    source : int or torch.Generator
        The same seed gives the same sequence; a generator goes on with its own.
    """

    def __init__(self, source):
        super().__init__()
        self.generator = source if isinstance(source, torch.Generator) else torch.Generator().manual_seed(source)

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
    """The generator of the dropout layers of one module, and of all that a network from elsewhere draws.

    Parameters
    ----------
    module : torch.nn.Module
        The module, on its device.
    """

    def __init__(self, module):
        self.layers = [layer for layer in module.modules() if isinstance(layer, Dropout)]
        device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
        self.generator = torch.Generator(device)
        # It may draw in any way there is.
        self.is_foreign = isinstance(module, ScaledNetwork)
        for layer in self.layers:
            layer.generator = self.generator

    def renew(self, rng):
        """Start anew at a seed drawn from `rng`: what is dropped in a batch depends on no batch before it."""
        seed = int(rng.integers(2**63))
        self.generator.manual_seed(seed)
        if self.is_foreign and self.generator.device.type == "cuda":
            torch.cuda.manual_seed(seed)

    def drawing(self):
        """Context in which the module computes."""
        foreign = self.is_foreign and self.generator.device.type == "cpu"
        return drawing_from(self.generator) if foreign else nullcontext()

    def release(self):
        """Give the module back without a generator."""
        for layer in self.layers:
            del layer.generator


@contextmanager
def dropout_draws(module):
    """Give what a module draws a generator of its own inside a block."""
    draws = DropoutDraws(module)
    device = draws.generator.device
    # On a GPU nothing can stand between a network and its generator: the caller's is brought back afterwards.
    shared = torch.random.fork_rng([device]) if draws.is_foreign and device.type == "cuda" else nullcontext()
    with shared:
        try:
            yield draws
        finally:
            draws.release()
