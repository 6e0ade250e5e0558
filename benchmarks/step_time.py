"""Where a training step spends its time, and how far it is from the arithmetic: `python step_time.py FOLDER`.

FOLDER holds training2017.zip and REFERENCE-v3.csv. The network is the base of training/ablation.py, fitted by `fit`
on one thread with its functions timed. The floor is the time that this core would need for the same products and sums,
were the step one product of two matrices of 1,024, which is measured beside it in the same precision.
"""

import argparse
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import torch
from machine import describe
from sklearn.base import clone
from torch.utils.flop_counter import FlopCounterMode

from ecgclf._training import _data
from ecgclf._training._augment import Augmentation
from ecgclf._training._threads import PartwiseModule

sys.path.append(str(Path(__file__).parent.parent / "training"))
from ablation import BASE, CHANGES, prepared
from recipes import load

PARTS = {
    "random changes": (Augmentation, "__call__"),
    "handing out a batch": (_data.WindowDataset, "__getitems__"),
    "forward": (PartwiseModule, "forward"),
    "backward": (torch.Tensor, "backward"),
    "backward of the parts": (PartwiseModule, "backward"),
    # The module itself: torch.optim hides it.
    "optimizer": (sys.modules[torch.optim.AdamW.__base__.__module__], "adam"),
}


def timed(function, seconds):
    """Give a function that does the same and counts its processor time."""

    def run(*args, **kwargs):
        start = time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            seconds.append(time.process_time() - start)

    return run


def parts_of_a_step(network, X, y):
    """Fit once to warm up and once timed; give milliseconds a step of each part, and of all."""
    clone(network).set_params(max_epochs=1).fit(X, y)
    seconds = defaultdict(list)
    with ExitStack() as stack:
        for name, (owner, attribute) in PARTS.items():
            function = timed(getattr(owner, attribute), seconds[name])
            stack.enter_context(patch.object(owner, attribute, function))
        start = time.process_time()
        network.fit(X, y)
        whole = time.process_time() - start
    n_steps = len(seconds["optimizer"])
    of_a_step = {name: 1000 * sum(each) / n_steps for name, each in seconds.items()}
    of_a_step["handing out a batch"] -= of_a_step["random changes"]
    of_a_step["backward"] += of_a_step.pop("backward of the parts")
    whole = 1000 * whole / n_steps
    return {**of_a_step, "all else": whole - sum(of_a_step.values())}, whole


def operations(network, n_samples):
    """Count the floating-point operations of convolutions and products, forward and backward, of one batch."""
    module = network._make_module(1, 4)
    x = torch.randn(network.batch_size, 1, n_samples)
    with FlopCounterMode(display=False) as counter:
        module(x, torch.full((len(x),), n_samples)).sum().backward()
    return counter.get_total_flops()


def operations_a_second(precision, n=1024, repeats=50):
    """Measure what this core does in a product of matrices."""
    a, b = torch.randn(2, n, n, dtype=getattr(torch, precision))
    for _ in range(5):
        a @ b
    start = time.process_time()
    for _ in range(repeats):
        a @ b
    return 2 * n**3 * repeats / (time.process_time() - start)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--recordings", type=int, default=1500)
    parser.add_argument("--epochs", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    print(describe())
    X, y, _ = load(args.folder)
    X, y = prepared(X[: args.recordings]), y[: args.recordings]
    needed = operations(BASE, CHANGES.crop)
    print(f"{needed / 1e9:.1f} GFLOP a step of {BASE.batch_size} recordings; milliseconds of a step:\n")
    columns = {}
    for precision in ("bfloat16", "float32"):
        network = clone(BASE).set_params(max_epochs=args.epochs, precision=precision, random_state=0)
        columns[precision] = parts_of_a_step(network, X, y)
    print(f"| | {' | '.join(columns)} |\n|---|---|---|")
    for name in next(iter(columns.values()))[0]:
        print(f"| {name} | {' | '.join(f'{parts[name]:.1f}' for parts, _ in columns.values())} |")
    print(f"| a step | {' | '.join(f'{whole:.1f}' for _, whole in columns.values())} |")
    speeds = [operations_a_second(precision) for precision in columns]
    print(f"| GFLOP/s of a product of matrices | {' | '.join(f'{speed / 1e9:,.0f}' for speed in speeds)} |")
    times = [whole / 1000 * speed / needed for (_, whole), speed in zip(columns.values(), speeds, strict=True)]
    print(f"| a step, floors | {' | '.join(f'{each:.1f}' for each in times)} |")


if __name__ == "__main__":
    main()
