"""The CinC 2017 set: load time cold and cached, padding in training batches, peak memory of a fit on all of it.

Run: python benchmarks/whole_set.py FOLDER
where FOLDER holds training2017.zip and REFERENCE-v3.csv.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
from machine import describe

MEGABYTE = 2**20


def load(folder):
    from ecgclf.datasets import fetch_cinc2017

    start = time.perf_counter()
    data = fetch_cinc2017(folder, download_if_missing=False)
    return data, time.perf_counter() - start


def fit(folder, name):
    """Fit one epoch in this process and print the peak of its resident memory in MB."""
    from ecgclf import classifiers

    data, _ = load(folder)
    classifier = getattr(classifiers, name)(max_epochs=1, random_state=0)
    start = time.perf_counter()
    classifier.fit(data.data, data.target)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{peak:.0f} {seconds:.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--fit", help=argparse.SUPPRESS)
    parser.add_argument("--classifiers", nargs="*", default=["ResNetClassifier"])
    args = parser.parse_args()
    if args.fit:
        fit(args.folder, args.fit)
        return
    from ecgclf._training._data import LengthBuckets

    print(describe(), "\n")
    # A cache folder of our own, so that the first load is a cold one.
    with tempfile.TemporaryDirectory() as cache:
        os.environ["ECGCLF_DATA"] = cache
        _, cold = load(args.folder)
        data, cached = load(args.folder)
        lengths = np.array([len(x) for x in data.data])
        print(f"load of {len(lengths)} recordings: cold {cold:.2f} s, cached {cached:.3f} s")
        for shuffled in (True, False):
            order = np.random.RandomState(0).permutation(len(lengths))
            batches = LengthBuckets(lengths, 32) if not shuffled else np.array_split(order, 220)
            padded = sum(lengths[batch].max() * len(batch) - lengths[batch].sum() for batch in batches)
            total = padded + lengths.sum()
            kind = "batches drawn at random" if shuffled else "batches of similar length"
            print(f"padding in {kind}: {100 * padded / total:.2f} % of the samples")
        for name in args.classifiers:
            command = [sys.executable, __file__, args.folder, "--fit", name]
            answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            peak, seconds = answer.split()
            print(f"{name}: one epoch over all of it {seconds} s, peak {peak} MB resident, all libraries included")


if __name__ == "__main__":
    main()
