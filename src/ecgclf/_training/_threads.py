"""A batch in parts, one torch thread each: as fast as torch's own threads, and the same to the bit on any number.

torch spreads one operation over its threads and sums in an order that depends on how many there are; a worker of
joblib has fewer than the process outside. Here the parts of a batch depend on the batch alone, each is computed on one
thread, and what they give is added in their order. How many are computed at the same time then changes nothing.
"""

import copy
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch

from ecgclf._training._random import DropoutDraws

# 16 recordings of 13 s of one lead at 300 Hz.
_SMALL_BATCH = 2**16

# Enough recordings for the batch statistics of a part.
_PART_SIZE = 8


def is_small(n_samples):
    """Tell whether a batch of so many samples of all leads gains nothing from a second thread."""
    return n_samples <= _SMALL_BATCH


def split(x, lengths):
    """Cut a padded batch into parts, each padded no more than it needs.

    Parameters
    ----------
    x : Tensor of shape (n, n_leads, n_timepoints)
        The recordings, zero-padded.
    lengths : Tensor of shape (n,)
        Their timepoints.

    Returns
    -------
    list of (Tensor, Tensor)
        Recordings and lengths of each part, in order.
    """
    # A part of one recording would have no batch statistics where a network of a user's own has one value of each.
    n_parts = 1 if is_small(x.numel()) or len(x) < 4 else max(2, len(x) // _PART_SIZE)
    pieces = zip(x.tensor_split(n_parts), lengths.tensor_split(n_parts), strict=True)
    return [(part[:, :, : int(own.max())], own) for part, own in pieces]


class _Blocks(threading.local):
    """Whether this thread is in a block of `one_thread`; what all threads share is on the class."""

    lock = threading.Lock()
    n_blocks = 0
    n_threads = 1
    entered = False


_blocks = _Blocks()


@contextmanager
def one_thread():
    """Compute on one torch thread inside a block, and leave the caller's number as it was.

    Yields
    ------
    int
        That number.
    """
    if _blocks.entered:
        yield 1
        return
    with _Blocks.lock:
        n_threads = torch.get_num_threads()
        if _Blocks.n_blocks == 0:
            _Blocks.n_threads = n_threads
        elif n_threads == 1:
            # A thread that has not computed yet is told the number that a block in another thread has set.
            n_threads = _Blocks.n_threads
        _Blocks.n_blocks += 1
        _blocks.entered = True
        _take(1)
    try:
        yield n_threads
    finally:
        with _Blocks.lock:
            _Blocks.n_blocks -= 1
            _blocks.entered = False
            _take(n_threads)


def _take(n_threads):
    torch.set_num_threads(n_threads)
    # A thread's number is its own from when it is first asked for; until then any other thread may change it.
    torch.get_num_threads()


def _enter_worker():
    with _Blocks.lock:
        _take(1)


@contextmanager
def workers(device):
    """Give a `map` that runs on as many Python threads as torch has threads, one torch thread each.

    Parameters
    ----------
    device : str
        Anything but a CPU works on one part after the other.

    Yields
    ------
    callable
        ``spread(function, *iterables)``, a list. Its attribute `width` says how many run at the same time.
    """
    with one_thread() as n_threads:
        width = n_threads if torch.device(device).type == "cpu" else 1
        if width == 1:
            yield _Spread(map, 1)
        else:
            with ThreadPoolExecutor(width, initializer=_enter_worker) as pool:
                yield _Spread(pool.map, width)


class _Spread:
    def __init__(self, map_, width):
        self.map = map_
        self.width = width

    def __call__(self, function, first, *others):
        # A single part need not wait for a thread to start.
        run = self.map if len(first) > 1 else map
        return list(run(function, first, *others))


class PartwiseModule:
    """Trains a module on the parts of each batch at the same time.

    Every part has a replica of the module: the same parameters, gradients and batch statistics of its own, and its
    own stream of dropout. The loss is the whole batch's.

    Parameters
    ----------
    module : torch.nn.Module
        On a CPU; `forward` takes recordings and lengths.
    spread : callable
        As `workers` gives it.
    autocast : callable
        Gives the context in which the module runs; a thread has to enter its own.
    rng : numpy.random.Generator
        Draws the seed of each part's dropout.
    draws : DropoutDraws
        What the module itself draws from.
    """

    def __init__(self, module, spread, autocast, rng, draws):
        self.module = module
        self.own_draws = draws
        self.spread = spread
        self.autocast = autocast
        self.rng = rng
        self.replicas = []
        self.draws = []
        # A network is walked through once, not with each batch.
        self.parameters = [list(module.parameters())]
        self.buffers = [list(module.buffers())]
        self.pending = []

    def forward(self, x, lengths):
        """Logits of a batch, float32. When training, give them to `backward` after that of the loss."""
        parts = split(x, lengths)
        if len(parts) == 1:
            return self._logits(self.module, self.own_draws, *parts[0])
        if not torch.is_grad_enabled():
            return torch.cat(self.spread(self._inferred, parts))
        self._match(len(parts))
        self.pending = self.spread(self._logits, self.replicas, self.draws, *zip(*parts, strict=True))
        return torch.cat([part.detach() for part in self.pending]).requires_grad_()

    def _logits(self, module, draws, x, lengths):
        with self.autocast(), draws.drawing():
            return module(x, lengths).float()

    def _inferred(self, part):
        with torch.no_grad():
            return self._logits(self.module, self.own_draws, *part)

    def _match(self, n_parts):
        """Have that many replicas, as the module is now."""
        while len(self.replicas) < n_parts:
            replica = copy.deepcopy(self.module)
            self.replicas.append(replica)
            self.draws.append(DropoutDraws(replica))
            self.parameters.append(list(replica.parameters()))
            self.buffers.append(list(replica.buffers()))
        del self.replicas[n_parts:], self.draws[n_parts:]
        del self.parameters[1 + n_parts :], self.buffers[1 + n_parts :]
        for draws in self.draws:
            draws.renew(self.rng)
        for replica in self.replicas:
            replica.train(self.module.training)
        for ours, *theirs in zip(*self.parameters, strict=True):
            for parameter in theirs:
                parameter.data = ours.data
                parameter.grad = None
        for ours, *theirs in zip(*self.buffers, strict=True):
            for buffer in theirs:
                buffer.copy_(ours)

    def backward(self, logits):
        """Bring the gradient of the logits to the parameters, and the batch statistics to the module."""
        if not self.pending:
            # The batch was whole, and its gradient is there.
            return
        parts, self.pending = self.pending, []
        self.spread(torch.Tensor.backward, parts, logits.grad.tensor_split(len(parts)))
        for ours, *theirs in zip(*self.parameters, strict=True):
            gradients = [parameter.grad for parameter in theirs if parameter.grad is not None]
            if gradients:
                total = sum(gradients[1:], start=gradients[0])
                ours.grad = total if ours.grad is None else ours.grad + total
        for ours, *theirs in zip(*self.buffers, strict=True):
            if ours.is_floating_point():
                ours.copy_(sum(theirs[1:], start=theirs[0]) / len(theirs))
            else:
                ours.copy_(theirs[0])
