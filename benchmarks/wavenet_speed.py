"""Samples per second of the default WaveNet on one thread: naive, cached, and the floor of its matrix products.

Naive runs the network over all samples before each next one, here 30 s at 300 Hz; "naive, window" only over those that
it sees. The floor runs the matrix products of cached steps back to back, nothing waiting for anything. Figures are of
processor time, the best of several rounds that take turns.

Run: python benchmarks/wavenet_speed.py
"""

import time
from functools import partial

import numpy as np
import torch
from machine import describe

from ecgclf.augmentation import WaveNetAugmenter
from ecgclf.augmentation._drawing import draw
from ecgclf.nn import CachedWaveNet, WaveNet

N_TIMEPOINTS = 9000
WIDTHS = (1, 16, 64, 128, 256)


def network():
    defaults = WaveNetAugmenter()
    names = ("n_bins", "n_blocks", "n_layers", "n_filters", "n_skip_filters", "kernel_size")
    torch.manual_seed(0)
    return WaveNet(1, 4, **{name: getattr(defaults, name) for name in names})


def naive(net, lengths):
    """Generate one sample after each of some lengths; returns seconds per sample."""
    codes = torch.randint(net.n_bins, (1, 1, max(lengths)))
    start = time.process_time()
    for n in lengths:
        part = codes[:, :, :n]
        net(part, torch.tensor([n]), torch.tensor([0]))
    return (time.process_time() - start) / len(lengths)


class Cached:
    """Generates as `WaveNetAugmenter.sample` does."""

    def __init__(self, net, width):
        self.cache = CachedWaveNet(net, torch.zeros(width, dtype=torch.int64))
        self.rng, self.newest, self.width = np.random.RandomState(0), None, width

    def run(self, n_steps):
        """Give seconds per step."""
        start = time.process_time()
        for _ in range(n_steps):
            logits = self.cache.step(self.newest)
            uniform = torch.from_numpy(self.rng.random_sample((self.width, 1, 1)).astype(np.float32))
            self.newest = draw(logits, uniform, 1.0)
        return (time.process_time() - start) / n_steps


class Floor:
    """The matrix products of a step, each into a buffer of its own."""

    def __init__(self, net, width):
        n_filters, n_layers = net.residuals.shape[-1], len(net.dilations)
        shapes = [(width, *net.taps.shape[1:])] * n_layers + [(width, n_filters, n_filters)] * (n_layers - 1)
        shapes += [(width, layer.in_features, layer.out_features) for layer in (net.skip, net.hidden, net.head)]
        self.products = [(torch.randn(n, k), torch.randn(k, m), torch.empty(n, m)) for n, k, m in shapes]

    def run(self, n_steps):
        """Give seconds per step."""
        start = time.process_time()
        for _ in range(n_steps):
            for a, b, out in self.products:
                torch.mm(a, b, out=out)
        return (time.process_time() - start) / n_steps


@torch.inference_mode()
def main():
    torch.set_num_threads(1)
    net = network()
    runs = {
        "naive": lambda: naive(net, np.linspace(1, N_TIMEPOINTS, 5).astype(int)),
        "naive, window": lambda: naive(net, [net.receptive_field + 1] * 5),
    }
    for width in WIDTHS:
        n_steps = 8192 // (width + 32)
        runs[f"cached, {width}"] = partial(Cached(net, width).run, n_steps)
        runs[f"floor, {width}"] = partial(Floor(net, width).run, n_steps)
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(12):
        for name, run in runs.items():
            best[name] = min(best[name], run())
    print(describe())
    print("\n| | samples/s | times naive | times naive, window | time, floors |\n|---|---|---|---|---|")
    for name in ("naive", "naive, window", *(f"cached, {width}" for width in WIDTHS)):
        width = int(name.split()[-1]) if "cached" in name else 1
        rate = width / best[name]
        floors = f"{best[name] / best[f'floor, {width}']:.2f}" if "cached" in name else ""
        print(
            f"| {name} | {rate:,.0f} | {rate * best['naive']:,.0f} | {rate * best['naive, window']:,.0f} | {floors} |"
        )


if __name__ == "__main__":
    main()
