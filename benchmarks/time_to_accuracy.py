"""How long one trains until a score is reached: `python benchmarks/time_to_accuracy.py FOLDER --out DIR`.

FOLDER holds training2017.zip and REFERENCE-v3.csv. The networks of the trained models, all of the public API, are
trained for several numbers of epochs, for the learning rate falls to nothing over a fit, and a longer one is another.
Minutes are those of one core in one fit: all that it takes from recordings in memory at 300 Hz to a fitted Pipeline.
The score is that of all folds asked for, out of fold, at the last epoch, with a 95 % bootstrap interval over
recordings; the folds are those of `training/`. Nothing is chosen here. DIR keeps the answers and minutes of each fit:
the same command goes on with the fit that was ended.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from machine import describe
from sklearn.base import clone

from ecgclf.metrics import rhythm_report

sys.path.append(str(Path(__file__).parent.parent / "training"))
from answers import keep
from recipes import FOLDS, RECIPES, load, network_of


def fit_once(estimator, X, y, train, test, path):
    """Fit and answer, if that was not done before; give answers, classes and minutes."""
    if not path.exists():
        start = time.process_time()
        estimator.fit(X[train], y[train])
        minutes = (time.process_time() - start) / 60
        probabilities = estimator.predict_proba(X[test])
        keep(path, probabilities=probabilities, classes=estimator.classes_, minutes=minutes)
    with np.load(path) as file:
        return file["probabilities"], file["classes"], float(file["minutes"])


def main():
    """Print a row for each recipe and number of epochs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--recipes", nargs="*", default=list(RECIPES))
    parser.add_argument("--epochs", type=int, nargs="*", default=[3, 9, 30])
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(FOLDS.n_splits)))
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    print(describe())
    X, y, _ = load(args.folder)
    splits = list(FOLDS.split(y, y))
    print(f"folds {args.folds}\n")
    print(
        "| one network of | epochs | minutes of a core | score | N | A | O | ~ |\n|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    for name in args.recipes:
        for epochs in args.epochs:
            estimator = clone(RECIPES[name])
            network_of(estimator).set_params(max_epochs=epochs)
            fits = [
                fit_once(estimator, X, y, *splits[fold], args.out / f"{name}, {epochs} epochs, fold {fold}.npz")
                for fold in args.folds
            ]
            answers, classes, minutes = zip(*fits, strict=True)
            tested = np.concatenate([splits[fold][1] for fold in args.folds])
            report = rhythm_report(y[tested], np.concatenate(answers), classes[0])
            f1 = " | ".join(f"{report.f1[rhythm].value:.3f}" for rhythm in "NAO~")
            print(f"| {name} | {epochs} | {np.mean(minutes):.1f} | {report.score} | {f1} |", flush=True)


if __name__ == "__main__":
    main()
