"""Does it help to train on recordings that a WaveNet invented? Cross-validation by recordings, several seeds.

Run: python benchmarks/augmentation_study.py run FOLDER OUT --seeds 0 1 2
     python benchmarks/augmentation_study.py report OUT
where FOLDER holds training2017.zip and REFERENCE-v3.csv. `run` writes one file a fold and leaves out those that are
there, so it can be interrupted and go on, and seeds can run side by side.

Arms, each the same classifier on the same folds: nothing; class weights; cheap augmentation on the fly; recordings of
`WaveNetOverSampler`, fitted inside each training fold alone; cheap augmentation and WaveNet. Beside them a mistake, to
show its size: to invent the recordings before the split, so that the generator has seen the test recordings and its
inventions are among those tested.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from machine import describe
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, train_test_split

from ecgclf.augmentation import RandomChanges, WaveNetOverSampler
from ecgclf.classifiers import ResNetClassifier
from ecgclf.datasets import fetch_cinc2017
from ecgclf.metrics import cinc2017_score, rhythm_f1_scores
from ecgclf.preprocessing import BandpassFilter, Resampler

RATE = 100.0
CHEAP = RandomChanges(crop=2500, time_scaling=0.1, amplitude=0.3, baseline_wander=0.3, noise=0.1, sampling_rate=RATE)
ARMS = ("nothing", "class weights", "cheap", "WaveNet", "cheap + WaveNet")
TASKS = {"A against N": ["A", "N"], "four classes": ["A", "N", "O", "~"]}
# The same signal under two names: only one of the two may take part.
TWIN = "A03123"


def load(folder, n_recordings):
    """A stratified subset, band-passed, at 100 Hz: a third of the samples to generate."""
    data = fetch_cinc2017(folder, download_if_missing=False)
    keep = np.flatnonzero(np.asarray(data.record_names) != TWIN)
    if n_recordings < len(keep):
        keep, _ = train_test_split(keep, train_size=n_recordings, stratify=data.target[keep], random_state=0)
    X = BandpassFilter(0.5, 40.0, sampling_rate=data.sampling_rate).fit_transform([data.data[i] for i in keep])
    return Resampler(RATE, sampling_rate=data.sampling_rate).fit_transform(X), data.target[keep]


def wanted(y, classes):
    """How many of each class after sampling: two classes are balanced, of four the rare two are as many as O."""
    counts = {label: int((y == label).sum()) for label in classes}
    target = max(counts.values()) if len(classes) == 2 else counts["O"]
    return {label: target for label, count in counts.items() if count < target}


def fitted_classifier(X, y, args, seed, cheap=False, class_weight=None):
    classifier = ResNetClassifier(
        max_epochs=args.epochs,
        augmentation=CHEAP if cheap else None,
        class_weight=class_weight,
        random_state=seed,
    )
    return classifier.fit(X, y)


def chosen(X, y, classes):
    keep = np.flatnonzero(np.isin(y, classes))
    return [X[i] for i in keep], y[keep], keep


def sampler(y, args, seed):
    return WaveNetOverSampler(
        sampling_strategy=wanted(y, TASKS["four classes"]),
        max_epochs=args.generator_epochs,
        precision=args.generator_precision,
        random_state=seed,
    )


def synthetic(over_sampler, y, classes, seed):
    """Recordings that bring `y` to the counts wanted, from a generator that is fitted."""
    X_new, y_new = [], []
    for i, (label, count) in enumerate(sorted(wanted(y, classes).items())):
        n_new = count - int((y == label).sum())
        over_sampler.random_state = 1000 * seed + i
        X_new += list(over_sampler.sample(n_new, label))
        y_new += [label] * n_new
    return X_new, y_new


def one_fold(X, y, train, test, args, seed):
    """Predictions of every arm for the test recordings of a fold, of both tasks."""
    found = {"test": test}
    start = time.perf_counter()
    X_train, y_train = [X[i] for i in train], y[train]
    over_sampler = sampler(y_train, args, seed).fit(X_train, y_train)
    found["seconds to fit the generator"] = time.perf_counter() - start
    for task, classes in TASKS.items():
        X_fit, y_fit, _ = chosen(X_train, y_train, classes)
        X_test, _, where = chosen([X[i] for i in test], y[test], classes)
        start = time.perf_counter()
        X_new, y_new = synthetic(over_sampler, y_fit, classes, seed)
        found[f"seconds to generate {len(X_new)} for {task}"] = time.perf_counter() - start
        more = (X_fit + X_new, np.concatenate([y_fit, y_new]))
        found[f"{task}/where"] = test[where]
        for arm, data, settings in (
            ("nothing", (X_fit, y_fit), {}),
            ("class weights", (X_fit, y_fit), {"class_weight": "balanced"}),
            ("cheap", (X_fit, y_fit), {"cheap": True}),
            ("WaveNet", more, {}),
            ("cheap + WaveNet", more, {"cheap": True}),
        ):
            found[f"{task}/{arm}"] = fitted_classifier(*data, args, seed, **settings).predict(X_test)
    return found


def the_mistake(X, y, args, seed):
    """Labels and predictions when the recordings are invented first and split afterwards."""
    over_sampler = sampler(y, args, seed).fit(X, y)
    found = {}
    for task, classes in TASKS.items():
        X_task, y_task, _ = chosen(X, y, classes)
        X_new, y_new = synthetic(over_sampler, y_task, classes, seed)
        X_all, y_all = X_task + X_new, np.concatenate([y_task, y_new])
        predicted = np.empty_like(y_all)
        for train, test in StratifiedKFold(args.folds, shuffle=True, random_state=seed).split(y_all, y_all):
            fitted = fitted_classifier([X_all[i] for i in train], y_all[train], args, seed)
            predicted[test] = fitted.predict([X_all[i] for i in test])
        found[f"{task}/y"], found[f"{task}/predicted"] = y_all, predicted
    return found


def run(args):
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    X, y = load(args.folder, args.n_recordings)
    np.savez(out / "labels.npz", y=y)
    (out / "machine.txt").write_text(f"{describe()}\n{vars(args)}\n", encoding="utf-8")
    for seed in args.seeds:
        folds = StratifiedKFold(args.folds, shuffle=True, random_state=seed).split(y, y)
        for k, (train, test) in enumerate(folds):
            save(out / f"seed{seed}_fold{k}.npz", lambda: one_fold(X, y, train, test, args, seed))  # noqa: B023
        save(out / f"seed{seed}_mistake.npz", lambda: the_mistake(X, y, args, seed))  # noqa: B023


def save(path, compute):
    if path.exists():
        return
    start = time.perf_counter()
    found = compute()
    with open(path.with_suffix(".part"), "wb") as file:
        np.savez(file, **found)
    path.with_suffix(".part").rename(path)
    print(f"{path.name}: {time.perf_counter() - start:.0f} s", flush=True)


def scores(task, y, predicted):
    """The figure that decides, and F1 of each rhythm."""
    if task == "four classes":
        f1 = rhythm_f1_scores(y, predicted)
        return np.array([cinc2017_score(y, predicted), *(f1[rhythm] for rhythm in "NAO~")])
    return f1_score(y, predicted, labels=["A", "N"], average=None, zero_division=0)


def report(args):
    out = Path(args.out)
    y = np.load(out / "labels.npz")["y"]
    print((out / "machine.txt").read_text())
    folds = [np.load(path) for path in sorted(out.glob("seed*_fold*.npz"))]
    seeds = sorted({path.name.partition("_")[0] for path in out.glob("seed*_fold*.npz")})
    predictions = {(task, arm): [pooled(out, seed, y, task, arm) for seed in seeds] for task in TASKS for arm in ARMS}
    for task, classes in TASKS.items():
        names = ["F1 of A", "F1 of N"] if len(classes) == 2 else ["score", "F1 of N", "A", "O", "~"]
        rows = np.flatnonzero(np.isin(y, classes))
        rng = np.random.RandomState(0)
        draws = [rng.choice(rows, len(rows)) for _ in range(args.bootstraps)]
        table = {arm: figures(task, y, predictions[task, arm], rows, draws) for arm in ARMS}
        print(f"\n{task}, {len(rows)} recordings, {len(seeds)} seeds: mean over seeds [95 % bootstrap interval]\n")
        print(f"| arm | {' | '.join(names)} | {names[0]} minus that of nothing |")
        print("|---" * (len(names) + 2) + "|")
        for arm, (value, drawn) in table.items():
            low, high = np.percentile(drawn[:, 0], [2.5, 97.5])
            difference = drawn[:, 0] - table["nothing"][1][:, 0]
            gain = f"{value[0] - table['nothing'][0][0]:+.3f} [{', '.join(f'{d:+.3f}' for d in interval(difference))}]"
            cells = [f"{value[0]:.3f} [{low:.3f}, {high:.3f}]", *(f"{figure:.3f}" for figure in value[1:])]
            print(f"| {arm} | {' | '.join(cells)} | {'' if arm == 'nothing' else gain} |")
        wrong = [np.load(path) for path in sorted(out.glob("seed*_mistake.npz"))]
        if wrong:
            value = np.mean([scores(task, w[f"{task}/y"], w[f"{task}/predicted"]) for w in wrong], axis=0)
            cells = " | ".join(f"{figure:.3f}" for figure in value)
            print(f"| MISTAKE: split after augmentation | {cells} | not comparable: the test set is invented too |")
    print("\nmean seconds a fold:")
    for name in [name for name in folds[0].files if name.startswith("seconds to fit")]:
        print(f"- {name}: {np.mean([fold[name] for fold in folds]):.0f}")


def interval(drawn):
    return np.percentile(drawn, [2.5, 97.5])


def pooled(out, seed, y, task, arm):
    """Out-of-fold predictions of a seed, one a recording."""
    predicted = np.full(len(y), "", dtype=y.dtype)
    for path in out.glob(f"{seed}_fold*.npz"):
        fold = np.load(path)
        predicted[fold[f"{task}/where"]] = fold[f"{task}/{arm}"]
    return predicted


def figures(task, y, predicted, rows, draws):
    value = np.mean([scores(task, y[rows], p[rows]) for p in predicted], axis=0)
    drawn = np.array([np.mean([scores(task, y[draw], p[draw]) for p in predicted], axis=0) for draw in draws])
    return value, drawn


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("run")
    command.add_argument("folder")
    command.add_argument("out")
    command.add_argument("--n-recordings", type=int, default=900)
    command.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    command.add_argument("--folds", type=int, default=3)
    command.add_argument("--epochs", type=int, default=12)
    command.add_argument("--generator-epochs", type=int, default=3)
    command.add_argument("--generator-precision", default="float32", help="bfloat16 pays where the processor has it")
    command = commands.add_parser("report")
    command.add_argument("out")
    command.add_argument("--bootstraps", type=int, default=1000)
    args = parser.parse_args()
    run(args) if args.command == "run" else report(args)


if __name__ == "__main__":
    main()
