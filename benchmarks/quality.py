"""How well the index of signal_quality tells the noisy recordings of the CinC Challenge 2017 from the others.

Nothing is fitted: the index, its limit of 0.66 and the other limits are what they are for every user.

Run: python benchmarks/quality.py FOLDER, where FOLDER holds the archive that `ecgclf fetch cinc2017` gets
"""

import argparse

import numpy as np
from machine import describe
from sklearn.metrics import roc_auc_score

from ecgclf.datasets import fetch_cinc2017
from ecgclf.signal import signal_quality


def auroc(noisy, index, rng, n=1000):
    """The area under the ROC curve, with its 95 % interval over recordings."""
    drawn = []
    for _ in range(n):
        rows = rng.integers(0, len(noisy), len(noisy))
        drawn.append(roc_auc_score(noisy[rows], -index[rows]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{roc_auc_score(noisy, -index):.3f} ({low:.3f} to {high:.3f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    folder = parser.parse_args().folder
    print(describe())
    found = fetch_cinc2017(folder, download_if_missing=False)
    qualities = [signal_quality(x, found.sampling_rate) for x in found.data]
    index, target = np.array([quality.index for quality in qualities]), np.array(found.target)
    marked = np.array([bool(quality.problems) for quality in qualities])
    for name, others in (
        ("all others", target != "~"),
        ("N", target == "N"),
        ("A", target == "A"),
        ("O", target == "O"),
    ):
        rows = others | (target == "~")
        print(f"~ against {name}: {auroc(target[rows] == '~', index[rows], np.random.default_rng(0))}")
    print("| class | recordings | index, median | marked |")
    print("|---|---|---|---|")
    for label in ("N", "A", "O", "~"):
        rows = target == label
        print(f"| {label} | {rows.sum()} | {np.median(index[rows]):.2f} | {marked[rows].mean():.1%} |")


if __name__ == "__main__":
    main()
