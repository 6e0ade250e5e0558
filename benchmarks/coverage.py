"""How often the 95 % intervals of a report hold what is true: `python benchmarks/coverage.py`.

All recordings that a shipped model was trained on, each with the answer of a network that had not seen it, are the
source, of which every figure is known. From it recordings are drawn as a test set would be, and a report is made of
each draw: the table has the share of intervals that hold the figure of the source; of the cells of the confusion
matrix the least and the greatest share. With `--copies` each recording drawn is so many, as if the recordings of a
patient were all alike, once told by `groups` and once not.
"""

import argparse
import csv
import warnings
from pathlib import Path

import numpy as np

from ecgclf.metrics import rhythm_report

TRAINING = Path(__file__).parents[1] / "training"
# In the name of a cell, between the true label and the one answered.
CELL = " called "


def read(model):
    """Read labels, probabilities and classes."""
    rows, classes = [], []
    for path in sorted((TRAINING / model).glob("fold-*.csv")):
        with open(path, newline="", encoding="utf-8") as file:
            (_, _, *classes), *more = csv.reader(file)
            rows += more
    _, labels, *columns = map(np.array, zip(*rows, strict=True))
    return labels, np.array(columns, dtype=float).T, classes


def figures(report):
    """Give the estimates of a report by what they are of."""
    told = {"score": report.score, "calibration error": report.ece}
    told |= {f"F1 of {label}": each for label, each in report.f1.items()}
    told |= {f"AUROC of {label}": each for label, each in report.auroc.items()}
    for label, row in zip(report.classes, report.confusion, strict=True):
        told |= {f"{label}{CELL}{other}": cell for other, cell in zip(report.classes, row, strict=True)}
    return told


def coverage(answers, n, args):
    """Give the share of intervals that hold the figure of the source, by what it is of, for each way of telling."""
    labels, probabilities, classes = answers
    source = figures(rhythm_report(labels, probabilities, classes, n_resamples=0))
    rng = np.random.RandomState(0)
    held = {"recordings": {}, "groups": {}} if args.copies > 1 else {"recordings": {}}
    for _ in range(args.draws):
        rows = np.repeat(rng.randint(len(labels), size=n // args.copies), args.copies)
        for how, of_how in held.items():
            groups = {"groups": np.arange(len(rows)) // args.copies} if how == "groups" else {}
            report = rhythm_report(labels[rows], probabilities[rows], classes, n_resamples=args.resamples, **groups)
            for name, found in figures(report).items():
                true = source[name].value * (len(rows) / len(labels) if CELL in name else 1)
                of_how.setdefault(name, []).append(found.low <= true <= found.high)
    return {how: {name: np.mean(each) for name, each in of_how.items()} for how, of_how in held.items()}


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="tiny-cinc2017")
    parser.add_argument("--recordings", type=int, nargs="+", default=[50, 200, 1000])
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--resamples", type=int, default=200)
    parser.add_argument("--copies", type=int, default=1)
    args = parser.parse_args()
    # A rare class may be nowhere in a small draw.
    warnings.simplefilter("ignore")
    answers = read(args.model)
    found = {n: coverage(answers, n, args) for n in args.recordings}
    columns = [(n, how) for n in args.recordings for how in found[n]]
    print("| figure | " + " | ".join(f"{n} {how}" for n, how in columns) + " |")
    print("|---" * (1 + len(columns)) + "|")
    names = list(found[max(args.recordings)]["recordings"])
    for name in names:
        if CELL not in name:
            print(f"| {name} | " + " | ".join(f"{found[n][how][name]:.2f}" for n, how in columns) + " |")
    cells = [[found[n][how][name] for name in names if CELL in name] for n, how in columns]
    print("| cells | " + " | ".join(f"{min(each):.2f} to {max(each):.2f}" for each in cells) + " |")


if __name__ == "__main__":
    main()
