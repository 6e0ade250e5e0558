"""What several labels cost, and features: `python benchmarks/labels_cost.py`.

Recordings of noise, twelve leads of 10 s at 100 Hz. Processor time in turns, so that what else the machine does falls
on both: a fit and a prediction with five labels that exclude one another, and with five that do not; and features
(`transform`) against probabilities.
"""

import argparse
import resource
import time

import numpy as np
from machine import describe
from networks import NETWORKS

from ecgclf import classifiers


def seconds(function, *arguments):
    """Processor time of a call."""
    start = time.process_time()
    function(*arguments)
    return time.process_time() - start


def main():
    """Print a row for each classifier."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classifiers", nargs="*", default=NETWORKS)
    parser.add_argument("--recordings", type=int, default=200)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=1)
    args = parser.parse_args()
    print(describe(), f"\n{args.recordings} recordings, {args.epochs} epochs, medians of {args.turns} turns\n")
    rng = np.random.default_rng(0)
    X = rng.standard_normal((args.recordings, 12, 1000)).astype(np.float32)
    one = rng.integers(0, 5, args.recordings)
    several = (rng.random((args.recordings, 5)) < 0.3).astype(int)
    print("| | fit, s | several labels / one | predict, s | several / one | transform / predict_proba |")
    print("|---|---|---|---|---|---|")
    for name in args.classifiers:
        make = getattr(classifiers, name)
        figures = []
        for _ in range(args.turns):
            a, b = (make(max_epochs=args.epochs, random_state=0) for _ in range(2))
            fits = seconds(a.fit, X, one), seconds(b.fit, X, several)
            answers = seconds(a.predict_proba, X), seconds(b.predict_proba, X)
            figures.append((*fits, *answers, seconds(a.transform, X)))
        fit, fit_several, predict, predict_several, transform = np.array(figures).T
        ratios = [np.median(other / own) for own, other in ((fit, fit_several), (predict, predict_several))]
        print(
            f"| {name} | {np.median(fit):.2f} | {ratios[0]:.3f} | {np.median(predict):.3f} | {ratios[1]:.3f} | "
            f"{np.median(transform / predict):.3f} |",
            flush=True,
        )
    print(f"\nmemory at its highest: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")


if __name__ == "__main__":
    main()
