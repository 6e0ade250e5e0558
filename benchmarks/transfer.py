"""What trained weights are worth on few recordings of another source: `python benchmarks/transfer.py FOLDER`.

The folder is that of 1,625 recordings of PTB-XL (`recordings_100hz.npz`, `labels.csv`), of which lead I is taken, with
what comes before the network of the shipped model. Two questions, each asked of the recordings labelled for it: atrial
fibrillation, which the model has learnt on another device, and disturbed conduction, which it has not. Of each draw so
many recordings are trained on and all others are tested; the differences are paired by draw, the intervals over draws.
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np
from intervals import mean_and_interval
from machine import describe
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ecgclf.classifiers import ATICNNClassifier
from ecgclf.pretrained import load_pretrained


def read(folder):
    """Lead I as the network takes it; for each question which recordings it is asked of, and the answers."""
    with np.load(folder / "recordings_100hz.npz") as file:
        X = file["data"][:, 0] * file["scale"]
    with (folder / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    told = np.array([bool(row["scp_codes"]) for row in rows])
    af = np.array(["AFIB" in row["scp_codes"] for row in rows])
    conduction = np.array([row["CD"] == "1" for row in rows])
    X = load_pretrained("tiny-cinc2017", sampling_rate=100)[:-1].transform(X.astype(np.float32))
    return X, {"AF": (told, af), "CD": (np.ones_like(told), conduction)}


def contenders(seed, epochs):
    """What is compared, by name."""
    shipped = load_pretrained("tiny-cinc2017")[-1].estimators_[0]
    common = {"max_epochs": epochs, "batch_size": 8, "random_state": seed}
    small = clone(shipped).set_params(augmentation=None, **common)
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    return {
        "from nothing, rate 0.003": clone(small).set_params(learning_rate=0.003),
        "from nothing, rate 0.01": clone(small).set_params(learning_rate=0.01),
        "from nothing, as large as by default": ATICNNClassifier(learning_rate=0.003, **common),
        "from trained weights, rate 0.003": clone(small).set_params(learning_rate=0.003, init_from=shipped),
        "features of trained weights, linear": (shipped, linear),
    }


def auroc(contender, X, y, training, test):
    """Area under the ROC curve of the test recordings."""
    if isinstance(contender, tuple):
        network, contender = contender
        X = network.transform(X)
    return roc_auc_score(y[test], contender.fit(X[training], y[training]).predict_proba(X[test])[:, 1])


def main():
    """Print a table for each question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", nargs="*", default=["AF", "CD"])
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=40)
    args = parser.parse_args()
    print(describe())
    X, questions = read(args.folder)
    for name in args.questions:
        asked, answers = questions[name]
        Z, y = X[asked], answers[asked].astype(int)
        for n in (50, 100):
            split = StratifiedShuffleSplit(args.draws, train_size=n, random_state=0)
            found, seconds = {}, {}
            for seed, (training, test) in enumerate(split.split(Z, y)):
                for told, contender in contenders(seed, args.epochs).items():
                    start = time.process_time()
                    found.setdefault(told, []).append(auroc(contender, Z, y, training, test))
                    seconds[told] = seconds.get(told, 0.0) + time.process_time() - start
            print(f"\n{name}: {y.sum()} of {len(y)} recordings; {n} trained on, {args.draws} draws\n")
            print("| | AUROC of the others | more than from nothing, rate 0.003 | s a draw |\n|---|---|---|---|")
            base = np.array(found["from nothing, rate 0.003"])
            for told, values in found.items():
                values = np.array(values)
                gain = "" if values is base or (values == base).all() else mean_and_interval(values - base)
                print(
                    f"| {told} | {mean_and_interval(values)} | {gain} | {seconds[told] / args.draws:.1f} |", flush=True
                )


if __name__ == "__main__":
    main()
