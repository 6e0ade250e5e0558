"""What random changes cost a fit: processor time of an epoch with and without, in turns.

Two fits go on side by side, an epoch of one and an epoch of the other, so that what else the machine does meets both
alike; the first two turns, in which torch meets most lengths for the first time, are not counted. torch keeps 1,024
convolutions that it has prepared. For two fits in one process it is given twice as many.

Run: OMP_NUM_THREADS=1 ONEDNN_PRIMITIVE_CACHE_CAPACITY=2048 python benchmarks/augmentation_cost.py FOLDER
where FOLDER holds training2017.zip and REFERENCE-v3.csv of CinC 2017.
"""

import argparse
import time

import numpy as np
from machine import describe
from networks import NETWORKS

from ecgclf import classifiers
from ecgclf.augmentation import RandomChanges
from ecgclf.datasets import fetch_cinc2017

# Such as those of the trained models inside the package.
CHANGES = {"time_scaling": 0.1, "amplitude": 0.3, "polarity": 0.5, "baseline_wander": 0.3, "noise": 0.1}
NOT_COUNTED = 2


def seconds(function):
    start = time.process_time()
    function()
    return time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--recordings", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--classifiers", nargs="+", default=NETWORKS)
    args = parser.parse_args()
    sample = fetch_cinc2017(args.folder, download_if_missing=False)
    chosen = np.random.default_rng(0).permutation(len(sample.data))[: args.recordings]
    X, y = sample.data[chosen], sample.target[chosen]
    changes = RandomChanges(**CHANGES, sampling_rate=sample.sampling_rate)
    print(f"{describe()}\n")
    rng, change = np.random.default_rng(0), changes.prepared()
    # In batches of the classifiers' size, and of one length for the most part, as in a fit.
    rows = sorted((x[np.newaxis] for x in X), key=np.size)
    batches = [rows[i : i + 16] for i in range(0, len(rows), 16)]
    alone = min(seconds(lambda: [change(batch, rng) for batch in batches]) for _ in range(args.turns))
    print(f"five changes of a recording: {1e3 * alone / len(X):.2f} ms\n")
    columns = ["classifier", "an epoch without, s", "with, s", "ratio", "middle half", "of which the changes"]
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    for name in args.classifiers:
        # A RandomState of its own, so that each epoch draws other changes.
        shared = {"max_epochs": 1, "warm_start": True}
        fits = [
            getattr(classifiers, name)(**shared, random_state=np.random.RandomState(0), augmentation=each)
            for each in (None, changes)
        ]
        turns = np.array([[seconds(lambda fit=fit: fit.fit(X, y)) for fit in fits] for _ in range(args.turns)])
        plain, changed = np.median(turns[NOT_COUNTED:], axis=0)
        low, ratio, high = np.percentile(turns[NOT_COUNTED:, 1] / turns[NOT_COUNTED:, 0], [25, 50, 75])
        print(
            f"| {name} | {plain:.2f} | {changed:.2f} | {ratio:.2f} | {low:.2f}-{high:.2f} | {alone / plain:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
