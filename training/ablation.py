"""What each part of a recipe is worth: `python training/ablation.py FOLDER`.

FOLDER holds training2017.zip and REFERENCE-v3.csv. A network of `ensemble-cinc2017` behind its filter, and
the same with one thing changed each, on the same folds and seeds; at other rates its kernels and strides are the same
in samples. training/rows keeps the answers of every fit, `--checkpoints` the states of
unfinished ones: the same command goes on where it was ended, and `--table` prints what is there.
Differences are paired: the same recordings, folds and seeds, of the folds that all seeds of a row have; intervals are
over recordings, of the mean over seeds.
The mean of both is the score of the mean of what row and base answer; of the seeds, that of the mean of all seeds of
a row, and what it adds to one. Minutes are those of the clock.
"""

import argparse
from itertools import product
from pathlib import Path

import numpy as np
import pooch
from answers import HERE, challenge_scores, keep
from joblib import Parallel, delayed
from recipes import FOLDS, RECIPES, load
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from variants import MeanWeights, with_mixup

from ecgclf.augmentation import RandomChanges
from ecgclf.classifiers import BiLSTMClassifier, CRANNClassifier

# What is shipped, and what comes before its network.
*BEFORE, (_, BASE) = RECIPES["ensemble-cinc2017"].steps
CHANGES = BASE.augmentation
RATE = CHANGES.sampling_rate
TRAINING = {"max_epochs", "batch_size", "learning_rate", "net_params", "precision", "augmentation"}


def changed(**params):
    """Give the base with other parameters."""
    return clone(BASE).set_params(**params)


def prepared(X, rate=RATE):
    """Do with recordings what comes before the network, but at another sampling rate."""
    return clone(Pipeline(BEFORE)).set_params(decimate__new_sampling_rate=rate).fit_transform(X)


def other(**params):
    """Give the base with other random changes."""
    return changed(augmentation=clone(CHANGES).set_params(**params))


WEIGHTS = {"N": 1.0, "A": 1.6, "O": 1.2, "~": 2.0}
ROWS = {
    "base": BASE,
    "10 epochs": changed(max_epochs=10),
    "60 epochs": changed(max_epochs=60),
    "no random changes": changed(augmentation=RandomChanges(crop=CHANGES.crop, sampling_rate=RATE)),
    "cutout of 1.5 s and shift of 0.4 s": other(cutout=1.5, shift=0.4),
    "crops of 30 s": other(crop=30 * RATE),
    "no label smoothing": changed(net_params=None),
    "classes weighted 1, 1.6, 1.2, 2": changed(class_weight=WEIGHTS),
    "attention without maximum": changed(pooling="attention"),
    "float32": changed(precision="float32"),
    "batches of 16": changed(batch_size=16),
    "learning rate 0.006": changed(learning_rate=0.006),
    "residual blocks": changed(residual=True),
    "CRANNClassifier in its place": CRANNClassifier(
        n_filters=(24, 32, 48, 64, 96),
        kernel_sizes=(15, 7, 7, 7, 7),
        strides=(2, 2, 2, 2, 2),
        dropout=0.1,
        **{name: value for name, value in BASE.get_params(deep=False).items() if name in TRAINING},
    ),
    "BiLSTMClassifier in its place": BiLSTMClassifier(
        stem_stride=16,
        kernel_size=11,
        dropout=0.3,
        **{name: value for name, value in BASE.get_params(deep=False).items() if name in TRAINING},
    ),
    "twice as wide": changed(n_filters=(48, 64, 128, 192), n_units=128),
    "mixup": BASE,
    "mixup, batches of 16, classes weighted": changed(batch_size=16, class_weight=WEIGHTS),
    "mean weights of the last fifth": changed(callbacks=[MeanWeights()]),
    "at 50 Hz": other(crop=20 * 50, sampling_rate=50),
    "at 200 Hz": other(crop=20 * 200, sampling_rate=200),
}


def train(name, seed, fold, X, y, out, checkpoints):
    """Fit a row on all folds but one, if that was not done before; write down its answers to that one."""
    path = out / f"{name}, seed {seed}, fold {fold}.npz"
    if path.exists():
        return
    training, test = list(FOLDS.split(y, y))[fold]
    network = clone(ROWS[name]).set_params(random_state=seed, verbose=1)
    if not network.callbacks:
        # What callbacks remember is not in the state of a fit.
        network.set_params(checkpoint_dir=checkpoints / name)
    if name.startswith("mixup"):
        with_mixup(lambda: network.fit(X[training], y[training]))
    else:
        network.fit(X[training], y[training])
    # An epoch in which the machine was halted or busy does not count for more than another.
    durations = network.net_.history[:, "dur"]
    seconds = len(durations) * np.median(durations)
    probabilities = network.predict_proba(X[test]).astype(np.float16)
    keep(path, probabilities=probabilities, test=test, seconds=seconds, classes=network.classes_)


def read(name, out):
    """Give what a row answered, by (seed, fold): which recordings, and probabilities; and the seconds of each fit."""
    found, seconds = {}, []
    for path in sorted(out.glob(f"{name}, seed *.npz")):
        seed, fold = (int(part.split()[-1]) for part in path.stem.split(", ")[-2:])
        with np.load(path) as file:
            found[seed, fold] = file["test"], file["probabilities"].astype(float)
            seconds.append(float(file["seconds"]))
    return found, seconds


def of_all_seeds(done):
    """Keep the (seed, fold) of folds that every seed has: folds are not equally hard."""
    seeds, folds = ({key[i] for key in done} for i in (0, 1))
    whole = {fold for fold in folds if all((seed, fold) in done for seed in seeds)}
    return sorted(key for key in done if key[1] in whole)


def score_of(rows, done, y, weights):
    """Score of the mean of rows in the folds done of each seed together, the mean over seeds, for each of weights."""
    scores = []
    for seed in sorted({seed for seed, _ in done}):
        keys = [key for key in done if key[0] == seed]
        test = np.concatenate([rows[0][key][0] for key in keys])
        probabilities = np.concatenate([sum(row[key][1] for row in rows) for key in keys])
        scores.append(challenge_scores(y[test], np.unique(y)[probabilities.argmax(axis=1)], weights[:, test]))
    return np.mean(scores, axis=0)


def score_of_seeds(found, y, weights):
    """Say what the mean of the answers of all seeds scores, in the folds that all have, and what it adds to one."""
    seeds, folds = (sorted({key[i] for key in of_all_seeds(found)}) for i in (0, 1))
    if len(seeds) < 2:
        return ""
    done = [(0, fold) for fold in folds]
    each = [{(0, fold): found[seed, fold] for fold in folds} for seed in seeds]
    mean = score_of(each, done, y, weights)
    gain = mean - np.mean([score_of([one], done, y, weights) for one in each], axis=0)
    low, high = np.percentile(gain[1:], [2.5, 97.5])
    return f"{mean[0]:.4f}, {gain[0]:+.4f} ({low:+.4f} to {high:+.4f})"


def print_table(names, out, y):
    """Print what is there, each row against the base on the seeds and folds that both have."""
    draws = np.random.default_rng(0).multinomial(len(y), np.full(len(y), 1 / len(y)), size=2000).astype(float)
    weights = np.vstack([np.ones((1, len(y))), draws])
    base, _ = read("base", out)
    print("| row | fits | minutes of one | score | base there | difference (95 %) | mean of both | of the seeds |")
    print("|---|---|---|---|---|---|---|---|")
    left_out = []
    for name in names:
        found, seconds = read(name, out)
        there = found.keys() & base.keys()
        done = of_all_seeds(there)
        if len(done) < len(there):
            keys = ", ".join(f"{seed}/{fold}" for seed, fold in sorted(there - set(done)))
            folds = ", ".join(str(fold) for fold in sorted({fold for _, fold in done})) or "none"
            left_out.append(f"{name}: counted are the folds that all seeds have, {folds}; not seed/fold {keys}.")
        if not done:
            continue
        ours, theirs, both = (score_of(rows, done, y, weights) for rows in ([found], [base], [found, base]))
        low, high = np.percentile((ours - theirs)[1:], [2.5, 97.5])
        difference = f"{ours[0] - theirs[0]:+.4f} ({low:+.4f} to {high:+.4f})" if name != "base" else ""
        of_base, of_both = f"{theirs[0]:.4f}", f"{both[0]:.4f}"
        minutes = f"{np.mean(seconds) / 60:.1f}"
        figures = f"{ours[0]:.4f} | {of_base} | {difference} | {of_both} | {score_of_seeds(found, y, weights)}"
        print(f"| {name} | {len(done)} | {minutes} | {figures} |")
    print("".join(f"\n{line}" for line in left_out), end="\n" if left_out else "")


def main():
    """Train what is asked for, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--out", type=Path, default=HERE / "rows")
    parser.add_argument("--checkpoints", type=Path, default=Path(pooch.os_cache("ecgclf")) / "ablation")
    parser.add_argument("--rows", nargs="*", default=list(ROWS), choices=list(ROWS), metavar="ROW")
    parser.add_argument("--folds", type=int, nargs="*", default=list(range(FOLDS.get_n_splits())))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=1, help="fits at the same time, each on torch's threads")
    parser.add_argument("--table", action="store_true", help="print the table of what is there, train nothing")
    args = parser.parse_args()
    X, y, _ = load(args.folder)
    if not args.table:
        args.out.mkdir(parents=True, exist_ok=True)
        rates = {name: ROWS[name].augmentation.sampling_rate for name in args.rows}
        X_at = {rate: prepared(X, rate) for rate in set(rates.values())}
        fits = product(args.seeds, args.rows, args.folds)
        Parallel(args.jobs)(
            delayed(train)(name, seed, fold, X_at[rates[name]], y, args.out, args.checkpoints)
            for seed, name, fold in fits
        )
    print_table(args.rows, args.out, y)


if __name__ == "__main__":
    main()
