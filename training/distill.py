"""What a tiny network learns from the answers of a larger one: `python training/distill.py FOLDER --out DIR`.

FOLDER holds training2017.zip and REFERENCE-v3.csv. The student is `tiny-cinc2017`, the teacher the base of
`ablation.py`. A student that must not see fold K is taught about a recording of fold J by a teacher that has seen
neither fold: there are ten teachers, one for each two folds. What it is taught is the mean of label and answer, in
eighths: each recording comes eight times, with labels in these shares, and there are an eighth of the epochs (Hinton
et al. 2015, doi:10.48550/arXiv.1503.02531). DIR keeps answers and the states of unfinished fits: the same command goes
on where it was ended. The rival is the same network taught by labels alone, as training/tiny-cinc2017 has it.
"""

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
from ablation import BASE
from answers import HERE, paired_difference, read_member
from recipes import FOLDS, RECIPES, load
from sklearn.base import clone

from ecgclf.metrics import rhythm_report
from ecgclf.preprocessing import Resampler

MODEL = "tiny-cinc2017"
SHARES = 8


def shares(probabilities):
    """Round rows of probabilities to eighths whose sum is one, by the largest remainders; give how many eighths."""
    wanted = SHARES * probabilities
    given = np.floor(wanted).astype(int)
    order = np.argsort(given - wanted, axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return given + (rank < (SHARES - given.sum(axis=1))[:, np.newaxis])


def answers_of(classifier, path, X, y, trained, asked, out):
    """Fit on some recordings and answer others, if that was not done before."""
    if not path.exists():
        network = clone(classifier).set_params(random_state=0, verbose=1, checkpoint_dir=out / "unfinished")
        network.fit([X[i] for i in trained], y)
        np.savez(path, probabilities=network.predict_proba(X[asked]), classes=network.classes_)
    with np.load(path) as file:
        return file["probabilities"], file["classes"]


def teach(folder, out):
    """Train teachers and students.

    Returns
    -------
    names, labels, classes : ndarray
        The recordings, their labels, the classes.
    answers : ndarray of shape (n_recordings, n_classes)
        What the students answered to recordings that neither they nor their teachers had seen.
    """
    X, y, names = load(folder)
    classes, targets = np.unique(y, return_inverse=True)
    slow = Resampler(100, sampling_rate=300).fit_transform(X)
    folds = [test for _, test in FOLDS.split(y, y)]
    taught = np.zeros((len(folds), len(y), len(classes)))
    for two in combinations(range(len(folds)), 2):
        trained = np.setdiff1d(np.arange(len(y)), np.concatenate([folds[k] for k in two]))
        asked = np.concatenate([folds[k] for k in two])
        path = out / f"teacher without {two[0]} and {two[1]}.npz"
        found, _ = answers_of(BASE, path, slow, y[trained], trained, asked, out)
        # A student that one of the two folds is kept from is taught about the other.
        split = len(folds[two[0]])
        taught[two[1], folds[two[0]]], taught[two[0], folds[two[1]]] = found[:split], found[split:]
        print(path.stem, flush=True)
    student = clone(RECIPES[MODEL])
    student.set_params(max_epochs=student.max_epochs // SHARES)
    answers = np.zeros((len(y), len(classes)))
    for fold, (trained, test) in enumerate(FOLDS.split(y, y)):
        parts = shares((np.eye(len(classes))[targets[trained]] + taught[fold, trained]) / 2)
        labels = np.repeat(np.tile(classes, len(trained)), parts.ravel())
        path = out / f"student of fold {fold}.npz"
        answers[test], _ = answers_of(student, path, X, labels, np.repeat(trained, SHARES), test, out)
        print(path.stem, flush=True)
    return names, y, classes, answers


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    names, labels, classes, taught = teach(args.folder, args.out)
    there, _, alone, _ = read_member("", HERE / MODEL)
    if there.tolist() != names.tolist():
        raise SystemExit(f"{HERE / MODEL} has answers to other recordings.")
    two, columns = np.isin(labels, ["A", "N"]), np.searchsorted(classes, ["A", "N"])
    print("| taught by | score | N | A | O | ~ | F1 of A in A against N |\n|---|---|---|---|---|---|---|")
    for by, answers in (("labels", alone), ("labels and a larger network", taught)):
        report = rhythm_report(labels, answers, classes)
        pair = answers[two][:, columns]
        of_a = rhythm_report(labels[two], pair / pair.sum(axis=1, keepdims=True), classes[columns]).f1["A"]
        f1 = " | ".join(f"{report.f1[rhythm].value:.3f}" for rhythm in "NAO~")
        print(f"| {by} | {report.score} | {f1} | {of_a} |")
    answered = [classes[each.argmax(axis=1)] for each in (taught, alone)]
    print(f"\nDifference of the scores: {paired_difference(labels, *answered)}")


if __name__ == "__main__":
    main()
