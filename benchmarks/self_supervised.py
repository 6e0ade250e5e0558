"""What recordings without labels are worth: `python benchmarks/self_supervised.py FOLDER`.

The folder is that of 1,625 recordings of PTB-XL (`recordings_100hz.npz`, `labels.csv`). A network first learns, from
1,000 of them and no label, which of several changes was made to a recording (Sarkar P, Etemad A, 2022, Self-supervised
ECG representation learning for emotion recognition, https://doi.org/10.1109/TAFFC.2020.3014842). Then it learns the
superclasses from 50 or 100 labels among these 1,000, beginning with what it has learnt (`init_from`), and is tested on
the 625 others, as one is that begins from nothing. Nothing but the public API is needed for it.
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np
from intervals import mean_and_interval
from machine import describe

from ecgclf.classifiers import CRNNClassifier, ResNetClassifier
from ecgclf.metrics import macro_auroc

SUPERCLASSES = ["NORM", "MI", "STTC", "CD", "HYP"]
NETWORKS = {"ResNet": ResNetClassifier, "CRNN": CRNNClassifier}


def read(folder):
    """Recordings and labels."""
    with np.load(folder / "recordings_100hz.npz") as file:
        X = (file["data"] * file["scale"]).astype(np.float32)
    with (folder / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    return X, np.array([[int(row[name]) for name in SUPERCLASSES] for row in rows])


def changed(X, rng):
    """Every recording as it is and with each change, and which it was."""
    permuted = []
    for x in X:
        pieces = np.array_split(x, np.sort(rng.choice(np.arange(100, 900), 7, replace=False)), axis=1)
        permuted.append(np.concatenate([pieces[i] for i in rng.permutation(8)], axis=1))
    time_points = np.arange(X.shape[2])
    warped = [
        np.array([np.interp(time_points * rate, time_points, lead) for lead in x])
        for x, rate in zip(X, rng.choice([0.6, 0.75], len(X)), strict=True)
    ]
    noisy = X + 0.5 * rng.standard_normal(X.shape)
    leads = [x[rng.permutation(len(x))] for x in X]
    kinds = [X, noisy, -X, X[:, :, ::-1], permuted, warped, leads]
    names = ["as it is", "noise", "flipped", "backwards", "permuted", "stretched", "leads exchanged"]
    return np.concatenate([np.asarray(kind, dtype=np.float32) for kind in kinds]), np.repeat(names, len(X))


def main():
    """Print a row for each network and number of labels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS))
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=40, help="of the labels")
    parser.add_argument("--pretext-epochs", type=int, default=6)
    args = parser.parse_args()
    print(describe(), "\n")
    X, y = read(args.folder)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(X))
    first, test = order[:1000], order[1000:]
    print("| network | labels | from nothing | without labels first | difference | right about the change |")
    print("|---|---|---|---|---|---|")
    for name in args.networks:
        start = time.process_time()
        pretext = NETWORKS[name](max_epochs=args.pretext_epochs, random_state=0).fit(*changed(X[first], rng))
        right = pretext.score(*changed(X[test][:200], rng))
        seconds = time.process_time() - start
        for n in (50, 100):
            found = {"nothing": [], "pretext": []}
            for seed in range(args.draws):
                drawn = first[np.random.default_rng(seed).permutation(1000)[:n]]
                for beginning, init_from in (("nothing", None), ("pretext", pretext)):
                    classifier = NETWORKS[name](
                        max_epochs=args.epochs, batch_size=8, init_from=init_from, random_state=seed
                    )
                    answers = classifier.fit(X[drawn], y[drawn]).predict_proba(X[test])
                    found[beginning].append(macro_auroc(y[test], answers))
            nothing, first_without = (np.array(each) for each in found.values())
            told = " | ".join(mean_and_interval(each) for each in (nothing, first_without, first_without - nothing))
            print(f"| {name} | {n} | {told} | {right:.2f}, {seconds / 60:.1f} min |", flush=True)


if __name__ == "__main__":
    main()
