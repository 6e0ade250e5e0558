"""How many steps few recordings want: `python benchmarks/few_recordings.py --mitdb DIR --cinc2017 DIR`.

As many of each class, beats of 0.76 s at 125 Hz from the first lead of MIT-BIH (normal against supraventricular), or
recordings of CinC 2017 (A, N, O), are drawn, and 600 others are tested: beats of the same persons. The figures are
means over draws: mean F1 of the classes, log-loss, seconds of processor time. Each is trained for 20 or 30 epochs, as
many recordings would be, and for several numbers of steps.
"""

import argparse
import time

import numpy as np
import wfdb
from machine import describe
from networks import NETWORKS
from scipy.signal import resample_poly
from sklearn.metrics import f1_score, log_loss

from ecgclf import classifiers
from ecgclf.datasets import fetch_cinc2017

RECORDS = ["100", "201", "202", "203", "219", "222"]
KINDS = {"N": "N", "A": "S", "a": "S", "J": "S", "S": "S"}


def read_beats(folder):
    """Beats around their marks, and their kinds."""
    beats, kinds = [], []
    for record in RECORDS:
        x = resample_poly(wfdb.rdrecord(f"{folder}/{record}").p_signal[:, 0], 125, 360)
        marks = wfdb.rdann(f"{folder}/{record}", "atr")
        for sample, symbol in zip(marks.sample, marks.symbol, strict=True):
            at = round(sample * 125 / 360)
            if symbol in KINDS and at >= 35 and at + 60 <= len(x):
                beats.append(x[at - 35 : at + 60])
                kinds.append(KINDS[symbol])
    return np.array(beats, dtype=np.float32), np.array(kinds)


def draw(y, classes, n, seed, n_test=600):
    """Which to train on and which to test."""
    rng = np.random.RandomState(seed)
    training, test = [], []
    for label in classes:
        order = rng.permutation(np.flatnonzero(y == label))
        m = n // len(classes)
        training += order[:m].tolist()
        test += order[m : m + n_test // len(classes)].tolist()
    return training, test


def main():
    """Print a row for each task, number of recordings, classifier and number of steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mitdb")
    parser.add_argument("--cinc2017")
    parser.add_argument("--recordings", type=int, nargs="*", default=[20, 100])
    parser.add_argument("--classifiers", nargs="*", default=NETWORKS)
    parser.add_argument("--steps", type=int, nargs="*", default=[300, 1000])
    parser.add_argument("--draws", type=int, default=3)
    args = parser.parse_args()
    tasks = {}
    if args.mitdb:
        tasks["beats"] = (*read_beats(args.mitdb), ["N", "S"])
    if args.cinc2017:
        tasks["CinC 2017"] = (*fetch_cinc2017(args.cinc2017, return_X_y=True), ["A", "N", "O"])
    print(describe())
    print("\n| task | recordings | classifier | epochs | mean F1 | log-loss | s |\n|---|---|---|---|---|---|---|")
    for task, (X, y, classes) in tasks.items():
        for n in args.recordings:
            for name in args.classifiers:
                cls = getattr(classifiers, name)
                for epochs in [cls._epochs, *(round(steps / -(-n // 16)) for steps in args.steps)]:
                    found = []
                    for seed in range(args.draws):
                        training, test = draw(y, classes, n, seed)
                        start = time.process_time()
                        network = cls(max_epochs=epochs, random_state=seed).fit(X[training], y[training])
                        seconds = time.process_time() - start
                        answers = network.predict_proba(X[test])
                        f1 = f1_score(y[test], network.classes_[answers.argmax(axis=1)], average="macro")
                        found.append((f1, log_loss(y[test], answers.clip(1e-6)), seconds))
                    f1, loss, seconds = np.mean(found, axis=0)
                    print(f"| {task} | {n} | {name} | {epochs} | {f1:.3f} | {loss:.3f} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
