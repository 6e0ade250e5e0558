"""Recordings per second of each classifier, to fit and to predict, at 30 s of one lead and 300 Hz, in processor time.

Run: OMP_NUM_THREADS=1 python benchmarks/throughput.py
"""

import time

import numpy as np
from machine import describe
from networks import NETWORKS

from ecgclf import classifiers


def main():
    rng = np.random.RandomState(0)
    X = rng.randn(128, 9000).astype(np.float32)
    y = np.arange(len(X)) % 4
    print(describe())
    print("\n| classifier | weights | fit, recordings/s | predict, recordings/s |\n|---|---|---|---|")
    for name in NETWORKS:
        classifier = getattr(classifiers, name)(max_epochs=1, random_state=0).fit(X[:32], y[:32])
        n_weights = sum(weight.numel() for weight in classifier.net_.module_.parameters())
        fits, predictions = [], []
        for _ in range(3):
            start = time.process_time()
            classifier.fit(X, y)
            fits.append(len(X) / (time.process_time() - start))
            start = time.process_time()
            classifier.predict_proba(X)
            predictions.append(len(X) / (time.process_time() - start))
        print(f"| {name} | {n_weights:,} | {max(fits):.0f} | {max(predictions):.0f} |", flush=True)


if __name__ == "__main__":
    main()
