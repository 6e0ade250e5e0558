"""What the kinds of networks of the ensemble are worth alone: `python training/kinds.py FOLDER --external DIR ...`.

FOLDER holds training2017.zip and REFERENCE-v3.csv, each external folder records with rhythm marks. The score out of
fold is that of the networks of the folds, each asked for the recordings that it has not seen. The recordings inside
the package and the records from elsewhere are answered by the mean of the networks of all folds. Nothing is trained.
"""

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
from answers import HERE, paired_difference, read_member
from external import check
from recipes import FOLDS, RECIPES, file_of, load, members

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.metrics import cinc2017_score, rhythm_report
from ecgclf.persistence import load as load_file

MODEL = "ensemble-cinc2017"


class Mean:
    """Answers the mean of what fitted classifiers answer."""

    def __init__(self, classifiers):
        self.classifiers = classifiers
        self.classes_ = classifiers[0].classes_

    def predict_proba(self, X):
        """Give the mean probabilities."""
        return np.mean([each.predict_proba(X) for each in self.classifiers], axis=0)

    def predict(self, X):
        """Give the most probable labels."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def main():
    """Print a row for each kind and each mean of several."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--external", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    _, y, names = load(args.folder)
    sample = load_cinc2017_sample()
    kinds = list(members(RECIPES[MODEL]))
    read = {kind: read_member(kind, HERE / MODEL) for kind in kinds}
    if read[kinds[0]][0].tolist() != names.tolist():
        raise SystemExit(f"{HERE / MODEL} has answers to other recordings.")
    elsewhere = "".join(f" | {path.name}: sensitivity | specificity | AUROC" for path in args.external)
    print(f"| networks | score out of fold | inside the package{elsewhere} |")
    print("|---" * (3 + 3 * len(args.external)) + "|")
    answers, folds = {}, range(FOLDS.get_n_splits())
    for n in range(1, len(kinds) + 1):
        for chosen in combinations(kinds, n):
            name = " and ".join(chosen)
            fitted = [load_file(HERE / MODEL / f"{file_of(fold, kind)}.ecgclf") for kind in chosen for fold in folds]
            model = Mean(fitted)
            out_of_fold = np.mean([read[kind][2] for kind in chosen], axis=0)
            answers[name] = model.classes_[out_of_fold.argmax(axis=1)]
            row = [
                rhythm_report(y, out_of_fold, model.classes_).score,
                f"{cinc2017_score(sample.target, model.predict(sample.data)):.3f}",
            ]
            for path in args.external:
                found = check(model, model.classes_, sample.sampling_rate, path)
                row += [found[figure] for figure in ("sensitivity", "specificity", "auroc")]
            print("| " + " | ".join(map(str, [name, *row])) + " |", flush=True)
    *alone, together = answers
    print()
    for name in alone:
        print(f"{together} beyond {name}: {paired_difference(y, answers[together], answers[name])}")


if __name__ == "__main__":
    main()
