"""What random changes cost a fit: processor time with and without, in turns.

Run: OMP_NUM_THREADS=1 python benchmarks/augmentation_cost.py FOLDER
where FOLDER holds training2017.zip and REFERENCE-v3.csv of CinC 2017.
"""

import argparse
import time

import numpy as np
from machine import describe
from networks import NETWORKS
from sklearn.base import clone

from ecgclf import classifiers
from ecgclf.augmentation import RandomChanges
from ecgclf.datasets import fetch_cinc2017

# Those of the trained models inside the package.
CHANGES = {"time_scaling": 0.1, "amplitude": 0.3, "polarity": 0.5, "baseline_wander": 0.3, "noise": 0.1}


def seconds(function):
    start = time.process_time()
    function()
    return time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--recordings", type=int, default=1500)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=2)
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
    alone = min(seconds(lambda: [change(batch, rng) for batch in batches]) for _ in range(args.repeats))
    print(f"five changes of a recording: {1e3 * alone / len(X):.2f} ms\n")
    print("| classifier | of a fit without, s | with, s | ratio | of which the changes |\n|---|---|---|---|---|")
    for name in args.classifiers:
        classifier = getattr(classifiers, name)(max_epochs=args.epochs, random_state=0)
        changed = clone(classifier).set_params(augmentation=changes)
        times = [
            [seconds(lambda each=each: each.fit(X, y)) for each in (classifier, changed)] for _ in range(args.repeats)
        ]
        plain, with_changes = np.min(times, axis=0)
        share = args.epochs * alone / plain
        print(f"| {name} | {plain:.2f} | {with_changes:.2f} | {with_changes / plain:.2f} | {share:.3f} |", flush=True)


if __name__ == "__main__":
    main()
