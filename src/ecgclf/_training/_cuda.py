"""CUDA as if it were a CPU: sums in one order, and float32 with all its bits."""

import threading
from contextlib import contextmanager

import torch
from torch.backends import cudnn


class _Blocks:
    """Who has torch's settings in hand: they belong to the process, and fits run beside each other in threads."""

    lock = threading.Lock()
    n_blocks = 0
    before = None


@contextmanager
def exact(device):
    """Have convolutions and LSTMs repeat themselves on CUDA inside a block, and compute float32 as float32.

    By itself cuDNN adds up gradients in whatever order threads come, and multiplies float32 with ten bits of each
    factor. Then no fit comes again from its seed, and probabilities depend, in the fourth decimal, on who else is in
    the batch. Networks as small as ours lose no time by it; what wants to be faster takes bfloat16.

    Parameters
    ----------
    device : str
        Nothing changes for any but CUDA.
    """
    if torch.device(device).type != "cuda":
        yield
        return
    with _Blocks.lock:
        if _Blocks.n_blocks == 0:
            _Blocks.before = cudnn.deterministic, _tf32()
            _set(True, None if _Blocks.before[1] is None else False)
        _Blocks.n_blocks += 1
    try:
        yield
    finally:
        with _Blocks.lock:
            _Blocks.n_blocks -= 1
            if _Blocks.n_blocks == 0:
                _set(*_Blocks.before)


def _tf32():
    # torch refuses to tell once somebody has chosen by its newer settings, of one operation each. Those then stand.
    try:
        return cudnn.allow_tf32
    except RuntimeError:
        return None


def _set(deterministic, tf32):
    cudnn.deterministic = deterministic
    if tf32 is not None:
        cudnn.allow_tf32 = tf32
