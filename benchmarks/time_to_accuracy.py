"""How long one trains until a score is reached: `python benchmarks/time_to_accuracy.py FOLDER`.

FOLDER holds training2017.zip and REFERENCE-v3.csv. Each recipe, all of the public API, is trained for several numbers
of epochs, for the learning rate falls to nothing over a fit, and a longer one is another. Minutes are those of one
core in one fit: all that it takes from recordings in memory at 300 Hz to a fitted Pipeline. The score is that of all
folds asked for, out of fold, at the last epoch, with a 95 % bootstrap interval over recordings; the folds are those
of `training/`. Nothing is chosen here. With `--checkpoints` the same command goes on where it was ended.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from machine import describe
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from ecgclf.classifiers import BiLSTMClassifier
from ecgclf.metrics import rhythm_report
from ecgclf.preprocessing import Resampler

sys.path.append(str(Path(__file__).parent.parent / "training"))
from ablation import BASE
from recipes import FOLDS, RECIPES, load, members, network_of

CONTENDERS = {
    "defaults": BiLSTMClassifier(random_state=0),
    "crann-100": members(RECIPES["ensemble-cinc2017"])["crann-100"],
    "aticnn-100": make_pipeline(Resampler(100, sampling_rate=300), clone(BASE).set_params(random_state=0)),
}


def main():
    """Print a row for each recipe and number of epochs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--recipes", nargs="*", default=list(CONTENDERS))
    parser.add_argument("--epochs", type=int, nargs="*", default=[3, 9, 27])
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(FOLDS.n_splits)))
    parser.add_argument("--checkpoints", help="folder")
    args = parser.parse_args()
    print(describe())
    X, y, _ = load(args.folder)
    splits = list(FOLDS.split(y, y))
    print(f"folds {args.folds}\n")
    print(
        "| recipe | epochs | minutes of a core | score | N | A | O | ~ |\n|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    for name in args.recipes:
        for epochs in args.epochs:
            minutes, tested, answers = [], [], []
            for fold in args.folds:
                train, test = splits[fold]
                estimator = clone(CONTENDERS[name])
                network_of(estimator).set_params(max_epochs=epochs, checkpoint_dir=args.checkpoints)
                start = time.process_time()
                estimator.fit(X[train], y[train])
                minutes.append((time.process_time() - start) / 60)
                tested.append(test)
                answers.append(estimator.predict_proba(X[test]))
            report = rhythm_report(y[np.concatenate(tested)], np.concatenate(answers), estimator.classes_)
            f1 = " | ".join(f"{report.f1[rhythm].value:.3f}" for rhythm in "NAO~")
            print(f"| {name} | {epochs} | {np.mean(minutes):.1f} | {report.score} | {f1} |", flush=True)


if __name__ == "__main__":
    main()
