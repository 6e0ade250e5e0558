"""What a filter before the models is worth, and where: `python training/elsewhere.py FOLDER --external DIR ...`.

FOLDER holds training2017.zip and REFERENCE-v3.csv, each external folder records with rhythm marks. The score out of
fold is that of the networks of the folds, each asked for the recordings that it has not seen. The recordings inside
the package and the records from elsewhere are answered by the mean of these networks. Each is asked twice: about
recordings as they are, and about recordings between 0.5 and 40 Hz; a filter of its own is left out. Nothing is
trained.
"""

import argparse
from pathlib import Path

import numpy as np
from answers import HERE
from external import check
from recipes import FOLDS, RECIPES, file_of, load
from sklearn.pipeline import Pipeline

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.metrics import cinc2017_score, rhythm_report
from ecgclf.persistence import load as load_file
from ecgclf.preprocessing import BandpassFilter


def asked_about(fitted, filtered):
    """Give a fitted classifier with the filter before it, or with none."""
    steps = [step for step in getattr(fitted, "steps", [("classify", fitted)]) if step[0] != "filter"]
    return Pipeline([("filter", BandpassFilter(sampling_rate=300).fit([np.zeros(1)])), *steps] if filtered else steps)


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
    """Print two rows for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--external", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    X, y, _ = load(args.folder)
    sample = load_cinc2017_sample()
    elsewhere = "".join(f" | {path.name}: sensitivity | specificity | AUROC" for path in args.external)
    print(f"| model | filter | score out of fold | inside the package{elsewhere} |")
    print("|---" * (4 + 3 * len(args.external)) + "|")
    for name in RECIPES:
        fitted = [load_file(HERE / name / f"{file_of(fold)}.ecgclf") for fold in range(FOLDS.get_n_splits())]
        for filtered in (False, True):
            folds = [asked_about(each, filtered) for each in fitted]
            probabilities = np.empty((len(y), len(folds[0].classes_)))
            for classifier, (_, test) in zip(folds, FOLDS.split(y, y), strict=True):
                probabilities[test] = classifier.predict_proba(X[test])
            model = Mean(folds)
            row = [
                name,
                "0.5 to 40 Hz" if filtered else "none",
                rhythm_report(y, probabilities, model.classes_).score,
                f"{cinc2017_score(sample.target, model.predict(sample.data)):.3f}",
            ]
            for path in args.external:
                found = check(model, model.classes_, sample.sampling_rate, path)
                row += [found[figure] for figure in ("sensitivity", "specificity", "auroc")]
            print("| " + " | ".join(map(str, row)) + " |", flush=True)


if __name__ == "__main__":
    main()
