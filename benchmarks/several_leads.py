"""Twelve leads, several labels, few recordings: `python benchmarks/several_leads.py FOLDER`.

The folder is that of 1,625 recordings of PTB-XL of 10 s at 100 Hz (`recordings_100hz.npz`, `labels.csv`) with five
superclasses. Trained on its split "train", 1,442 recordings; the figures are those of its split "val", 183 recordings
that no training sees. A subset, chosen by others: no figure here is one of PTB-XL. The last column is the difference
in macro AUROC from the linear model on the same recordings, paired.
"""

import argparse
import csv
import resource
import time
from pathlib import Path

import numpy as np
from machine import describe
from networks import NETWORKS
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ecgclf import classifiers
from ecgclf.metrics import label_report, macro_auroc
from ecgclf.signal import find_r_peaks

SUPERCLASSES = ["NORM", "MI", "STTC", "CD", "HYP"]


class MedianBeat(TransformerMixin, BaseEstimator):
    """The median over the beats of a recording, from 0.3 s before the R peak to 0.5 s after it, of all leads."""

    def fit(self, X, y=None):
        """Nothing to learn."""
        return self

    def transform(self, X):
        """Of recordings (n, n_leads, n_timepoints) at 100 Hz; zeros where no beat is found."""
        return np.array([self._of(x) for x in X])

    def _of(self, x):
        peaks = [peak for peak in find_r_peaks(x[1], 100) if 30 <= peak < x.shape[1] - 50]
        if not peaks:
            return np.zeros(len(x) * 80)
        return np.median([x[:, peak - 30 : peak + 50] for peak in peaks], axis=0).ravel()


def read(folder):
    """Recordings, labels, and which are of the split "train"."""
    with np.load(folder / "recordings_100hz.npz") as file:
        X = (file["data"] * file["scale"]).astype(np.float32)
    with (folder / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    y = np.array([[int(row[name]) for name in SUPERCLASSES] for row in rows])
    return X, y, np.array([row["split"] == "train" for row in rows])


def difference(y, answers, others, n_draws=2000):
    """Macro AUROC beyond that of others, with its 95 % bootstrap interval over recordings."""
    rng = np.random.default_rng(0)
    found = []
    while len(found) < n_draws:
        drawn = rng.integers(len(y), size=len(y))
        if (y[drawn].any(axis=0) & ~y[drawn].all(axis=0)).all():
            found.append(macro_auroc(y[drawn], answers[drawn]) - macro_auroc(y[drawn], others[drawn]))
    low, high = np.percentile(found, [2.5, 97.5])
    return f"{macro_auroc(y, answers) - macro_auroc(y, others):+.3f} ({low:+.3f} to {high:+.3f})"


def main():
    """Print a row for each classifier."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--classifiers", nargs="*", default=NETWORKS)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    print(describe())
    X, y, trained_on = read(args.folder)
    print(f"trained on {trained_on.sum()}, tested on {(~trained_on).sum()}, seed {args.seed}\n")
    print(f"| | macro AUROC | F-max | {' | '.join(SUPERCLASSES)} | minutes | memory, GB | beyond linear |")
    print("|---" * (6 + len(SUPERCLASSES)) + "|")
    for name in ["linear", *args.classifiers]:
        if name == "linear":
            each_label = OneVsRestClassifier(LogisticRegression(C=1e-3, max_iter=1000))
            estimator = make_pipeline(MedianBeat(), StandardScaler(), each_label)
        else:
            estimator = getattr(classifiers, name)(random_state=args.seed)
        start = time.process_time()
        estimator.fit(X[trained_on], y[trained_on])
        minutes = (time.process_time() - start) / 60
        answers = estimator.predict_proba(X[~trained_on])
        report = label_report(y[~trained_on], answers, SUPERCLASSES)
        each = " | ".join(f"{report.auroc[label].value:.3f}" for label in SUPERCLASSES)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        if name == "linear":
            linear_answers, beyond = answers, ""
        else:
            beyond = difference(y[~trained_on], answers, linear_answers)
        figures = f"{report.macro_auroc} | {report.f_max} | {each} | {minutes:.1f} | {peak:.1f}"
        print(f"| {name} | {figures} | {beyond} |", flush=True)


if __name__ == "__main__":
    main()
