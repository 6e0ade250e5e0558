"""Time of a fit against a hand-written torch loop over the same network and the same batches.

Run: python benchmarks/fit_overhead.py
"""

import argparse
import time

import numpy as np
import torch
from machine import describe
from networks import NETWORKS

from ecgclf import classifiers
from ecgclf._training import WindowDataset, cut_windows
from ecgclf._training._data import LengthBuckets
from ecgclf.datasets import load_cinc2017_sample


def by_hand(classifier, X, targets, n_epochs):
    """The loop a user would write: batches of similar length, AdamW, cross-entropy, nothing else."""
    torch.manual_seed(0)
    module = classifier._make_module(1, int(targets.max()) + 1)
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-3, weight_decay=0.01)
    lengths = np.array([len(x) for x in X])
    items = [x[np.newaxis] for x in X]
    data = WindowDataset(items, cut_windows(lengths), targets)
    buckets = LengthBuckets(lengths, classifier.batch_size, np.random.default_rng(0))
    module.train()
    for _ in range(n_epochs):
        for indices in buckets:
            inputs, y = data.__getitems__(indices)
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(module(**inputs), y).backward()
            optimizer.step()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    X, y = load_cinc2017_sample(return_X_y=True)
    targets = np.unique(y, return_inverse=True)[1]
    print(describe())
    print(f"{len(X)} recordings, {args.epochs} epochs, best of {args.repeats} alternating repeats\n")
    print("| classifier | fit, s | by hand, s | ratio |\n|---|---|---|---|")
    for name in NETWORKS:
        classifier = getattr(classifiers, name)(max_epochs=args.epochs, random_state=0)
        ours, theirs = [], []
        for _ in range(args.repeats):
            start = time.perf_counter()
            by_hand(classifier, X, targets, args.epochs)
            theirs.append(time.perf_counter() - start)
            start = time.perf_counter()
            classifier.fit(X, y)
            ours.append(time.perf_counter() - start)
        print(f"| {name} | {min(ours):.2f} | {min(theirs):.2f} | {min(ours) / min(theirs):.3f} |", flush=True)


if __name__ == "__main__":
    main()
