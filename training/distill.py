"""What networks learn from the answers of others: `python training/distill.py FOLDER`.

FOLDER holds training2017.zip and REFERENCE-v3.csv. The teacher is the network of `ensemble-cinc2017`, the students are
another network like the teacher, and `tiny-cinc2017`, the latter with each of `--seeds`. A student that must not see
fold K is taught about a recording of fold J by a teacher that has seen neither fold: there are ten teachers, one for
each two folds. What it is taught is the mean of label and answer (Hinton et al. 2015, doi:10.48550/arXiv.1503.02531).
`training/distilled` keeps what each fit answered, and `--checkpoints` the states of unfinished fits: the same command
goes on where it was ended. The rivals are the same networks taught by labels alone: of seed 0 those that `train.py`
trained. Differences are paired, the mean over the seeds, with a 95 % interval over recordings.
"""

import argparse
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import pooch
from ablation import BASE, prepared
from answers import HERE, keep, paired_difference, read_answers
from joblib import Parallel, delayed
from recipes import FOLDS, RECIPES, load, network_of
from sklearn.base import clone
from variants import with_targets

from ecgclf.metrics import rhythm_report

TINY = "tiny-cinc2017"


def answers_of(classifier, path, X, y, trained, asked, checkpoints, targets=None, seed=0):
    """Fit on some recordings and answer others, if that was not done before; give the file."""
    if not path.exists():
        # By targets the states of unfinished fits are not told apart.
        network = clone(classifier).set_params(random_state=seed, verbose=1, checkpoint_dir=checkpoints / path.stem)
        fit = partial(network.fit, X[trained], y[trained])
        fit() if targets is None else with_targets(fit, targets)
        keep(path, probabilities=network.predict_proba(X[asked]).astype(np.float16), test=asked)
        print(path.stem, flush=True)
    return path


def read_all(paths, n_recordings, n_classes):
    """Join answers of several files, in which no recording comes twice."""
    answers = np.zeros((n_recordings, n_classes))
    for path in paths:
        with np.load(path) as file:
            answers[file["test"]] = file["probabilities"]
    return answers


def ask_teachers(X, y, out, checkpoints, run):
    """Train the teachers.

    Returns
    -------
    ndarray of shape (n_folds, n_recordings, n_classes)
        What is to be learnt of each recording by a student that must not see a fold; zero for that fold itself.
    """
    folds = [test for _, test in FOLDS.split(y, y)]
    pairs = list(combinations(range(len(folds)), 2))
    fits = []
    for one, other in pairs:
        asked = np.concatenate([folds[one], folds[other]])
        trained = np.setdiff1d(np.arange(len(y)), asked)
        path = out / f"teacher without {one} and {other}.npz"
        fits.append(delayed(answers_of)(BASE, path, X, y, trained, asked, checkpoints))
    taught = np.zeros((len(folds), len(y), len(np.unique(y))))
    for (one, other), path in zip(pairs, run(fits), strict=True):
        found = read_all([path], len(y), taught.shape[2])
        # A student that one of the two folds is kept from is taught about the other.
        taught[other, folds[one]], taught[one, folds[other]] = found[folds[one]], found[folds[other]]
    return taught


def teach(student, name, seed, taught, X, y, out, checkpoints, run):
    """Train a student for each fold; give its answers to it, which neither it nor its teachers had seen.

    With `taught` None it learns labels alone.
    """
    known = np.unique(y) == y[:, np.newaxis]
    fits = []
    for fold, (trained, test) in enumerate(FOLDS.split(y, y)):
        targets = None if taught is None else ((known[trained] + taught[fold, trained]) / 2).astype(np.float32)
        path = out / f"{name}, seed {seed}, fold {fold}.npz"
        fits.append(delayed(answers_of)(student, path, X, y, trained, test, checkpoints, targets, seed))
    return read_all(run(fits), len(y), known.shape[1])


def by_labels(model, names):
    """Give what a network that was taught by labels alone, by `train.py`, answers to each fold it has not seen."""
    there, _, answers, _ = read_answers(HERE / model)
    if there.tolist() != names.tolist():
        raise SystemExit(f"{HERE / model} has answers to other recordings.")
    return answers


def print_row(by, labels, answers, classes):
    """Print scores, and that of A and N alone."""
    report = rhythm_report(labels, answers, classes)
    two, columns = np.isin(labels, ["A", "N"]), np.searchsorted(classes, ["A", "N"])
    pair = answers[two][:, columns]
    of_a = rhythm_report(labels[two], pair / pair.sum(axis=1, keepdims=True), classes[columns]).f1["A"]
    f1 = " | ".join(f"{report.f1[rhythm].value:.3f}" for rhythm in "NAO~")
    print(f"| {by} | {report.score} | {f1} | {of_a} |")


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--out", type=Path, default=HERE / "distilled")
    parser.add_argument("--checkpoints", type=Path, default=Path(pooch.os_cache("ecgclf")) / "distillation")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1])
    parser.add_argument("--jobs", type=int, default=1, help="fits at the same time, each on torch's threads")
    args = parser.parse_args()
    run = Parallel(args.jobs)
    args.out.mkdir(parents=True, exist_ok=True)
    X, y, names = load(args.folder)
    classes = np.unique(y)
    # The same is before either model.
    X = prepared(X)
    taught = ask_teachers(X, y, args.out, args.checkpoints, run)
    students = {
        "like its teacher": (BASE, [0], by_labels("ensemble-cinc2017", names)),
        "tiny": (network_of(RECIPES[TINY]), args.seeds, by_labels(TINY, names)),
    }
    answers = partial(teach, X=X, y=y, out=args.out, checkpoints=args.checkpoints, run=run)
    pairs = {}
    for name, (network, seeds, trained) in students.items():
        for seed in seeds:
            alone = trained if seed == 0 else answers(network, f"{name}, by labels", seed, None)
            pairs[name, seed] = alone, answers(network, name, seed, taught)
    print("| student | seed | score | N | A | O | ~ | F1 of A in A against N |\n|---|---|---|---|---|---|---|---|")
    for (name, seed), (alone, both) in pairs.items():
        print_row(f"{name}, taught by labels | {seed}", y, alone, classes)
        print_row(f"{name}, taught by labels and answers | {seed}", y, both, classes)
    for name, (_, seeds, _) in students.items():
        alone, both = zip(*[pairs[name, seed] for seed in seeds], strict=True)
        alone, both = ([classes[chances.argmax(axis=1)] for chances in each] for each in (alone, both))
        print(f"\nDifference of the scores, {name}: {paired_difference(y, both, alone)}")


if __name__ == "__main__":
    main()
