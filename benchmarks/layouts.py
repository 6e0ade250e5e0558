"""Faster equivalents of the same convolution: 1-D, 2-D of height one in channels-last order, bfloat16.

Run: python benchmarks/layouts.py
"""

import time
from functools import partial

import torch
from machine import describe
from torch import nn

SHAPES = [(24, 2250, 8), (32, 1125, 8), (64, 563, 8), (96, 281, 16)]


def milliseconds(function, repeats=5):
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def run(module, data, bfloat16=False):
    """Forward and backward of one module."""
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        y = module(data)
    y.float().sum().backward()


def main():
    print(describe())
    print("forward and backward of one convolution on a batch of 32\n")
    print("| channels, timepoints, kernel | conv1d, ms | conv2d channels-last, ratio | bfloat16 conv1d, ratio |")
    print("|---|---|---|---|")
    for channels, n_timepoints, kernel in SHAPES:
        torch.manual_seed(0)
        x = torch.randn(32, channels, n_timepoints, requires_grad=True)
        image = x.detach().unsqueeze(2).contiguous(memory_format=torch.channels_last).requires_grad_()
        flat = nn.Conv1d(channels, channels, kernel, padding=kernel // 2)
        tall = nn.Conv2d(channels, channels, (1, kernel), padding=(0, kernel // 2))
        tall = tall.to(memory_format=torch.channels_last)

        plain = milliseconds(partial(run, flat, x))
        last = milliseconds(partial(run, tall, image))
        half = milliseconds(partial(run, flat, x, bfloat16=True))
        shape = f"{channels}, {n_timepoints}, {kernel}"
        print(f"| {shape} | {plain:.1f} | {last / plain:.2f} | {half / plain:.2f} |", flush=True)


if __name__ == "__main__":
    main()
