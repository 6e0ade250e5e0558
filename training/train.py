"""Train a shipped model by folds.

Run from a checkout: python training/train.py MODEL FOLDER
where FOLDER holds training2017.zip and REFERENCE-v3.csv. `--folds 0 1` trains these alone; the others may follow on
another day or machine. After each epoch the state of the fit is kept in `--checkpoints`: the same command goes on from
there, whatever ended it, and gives the same weights to the bit.

A fold leaves in training/MODEL its classifier (fold-K.ecgclf), the answers to the recordings that it has not seen
(fold-K.csv) and its course (fold-K.log). When all are there, `python training/ship.py MODEL FOLDER` makes of them
what is in the package.
"""

import argparse
import csv
from pathlib import Path

import pooch
import torch
from recipes import ENSEMBLE, FOLDS, RECIPES, file_of, load, network_of
from sklearn.base import clone

from ecgclf.metrics import cinc2017_score
from ecgclf.persistence import save

HERE = Path(__file__).parent


def train_fold(recipe, X, y, names, fold, out, checkpoints):
    """Train on all folds but one, and write what comes of it.

    Parameters
    ----------
    recipe : estimator
        A classifier, or a Pipeline that ends in one.
    X, y, names : ndarray of shape (n_recordings,)
        Recordings, labels, names.
    fold : int
        The fold not trained on; the number of folds for none, with nothing to answer.
    out : pathlib.Path
        Folder to write to.
    checkpoints : path-like
        Folder of the states of unfinished fits.
    """
    train, test = [*FOLDS.split(y, y), (range(len(y)), [])][fold]
    classifier = clone(recipe)
    network_of(classifier).set_params(checkpoint_dir=checkpoints, verbose=1)
    classifier.fit(X[train], y[train])
    network_of(classifier).set_params(checkpoint_dir=None, verbose=0)
    write(classifier, out / file_of(fold), X[test], y[test], names[test])


def write(classifier, path, X, y, names):
    """Write a fitted classifier, its course, and what it answers to recordings that it has not seen.

    Parameters
    ----------
    classifier : estimator
        A classifier, or a Pipeline that ends in one; its weights are rounded to what float16 holds.
    path : pathlib.Path
        Of the files, without their endings.
    X, y, names : ndarray of shape (n_recordings,)
        Recordings not trained on, their labels, their names; none of them for a classifier that was trained on all.
    """
    network = network_of(classifier)
    # A package is downloaded more often than it is made. What is answered below is what the rounded weights say.
    for tensor in network.net_.module_.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(tensor.half())
    with open(path.with_suffix(".log"), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "train_loss", "seconds"])
        for row in network.net_.history:
            # Batch by batch the course would take more room than the network.
            row.pop("batches", None)
            writer.writerow([row["epoch"], f"{row['train_loss']:.5f}", f"{row['dur']:.1f}"])
    save(classifier, path.with_suffix(".ecgclf"))
    if len(X) == 0:
        return
    probabilities = classifier.predict_proba(X)
    with open(path.with_suffix(".csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["record", "label", *classifier.classes_])
        for record, label, row in zip(names, y, probabilities, strict=True):
            writer.writerow([record, label, *(f"{p:.6f}" for p in row)])
    score = cinc2017_score(y, classifier.classes_[probabilities.argmax(axis=1)])
    print(f"{path.name}: {len(X)} recordings answered, score {score:.4f}", flush=True)


def main():
    """Read the arguments, train the folds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=RECIPES)
    parser.add_argument("folder", type=Path)
    numbers = range(FOLDS.get_n_splits() + 1)
    parser.add_argument("--folds", type=int, nargs="+", choices=numbers, metavar="K")
    parser.add_argument("--checkpoints", type=Path, default=Path(pooch.os_cache("ecgclf")) / "training")
    parser.add_argument("--out", type=Path, default=HERE)
    args = parser.parse_args()
    # A fit is the same to the bit on any number of threads, and one leaves the rest of the machine alone.
    torch.set_num_threads(1)
    X, y, names = load(args.folder)
    out = args.out / args.model
    out.mkdir(parents=True, exist_ok=True)
    # An ensemble is shipped as the networks of the folds, and needs none that has seen them all.
    for fold in args.folds or numbers[: -1 if ENSEMBLE[args.model] else None]:
        train_fold(RECIPES[args.model], X, y, names, fold, out, args.checkpoints)


if __name__ == "__main__":
    main()
