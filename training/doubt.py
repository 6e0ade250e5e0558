"""How sure the labels are where the ensemble errs: `python training/doubt.py FOLDER`.

FOLDER holds training2017.zip, REFERENCE-v0.csv, -v2.csv and -v3.csv. PhysioNet's experts changed their minds about
some recordings between versions. Out-of-fold answers of ensemble-cinc2017, which was trained on v3, are counted on
these and on the others, and against the labels of each version. Nothing is trained.
"""

import argparse

import numpy as np
from answers import HERE, challenge_scores, read_answers

from ecgclf.datasets import fetch_cinc2017

MODEL = "ensemble-cinc2017"


def labels_of(folder, version, names):
    """Give the labels of a version in the order of names."""
    found = fetch_cinc2017(folder, version=version)
    return found.target[np.searchsorted(found.record_names, names)]


def score(labels, answers):
    """Give the score of the challenge."""
    return challenge_scores(labels, answers, np.ones((1, len(labels))))[0]


def main():
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    folder = parser.parse_args().folder
    names, labels, probabilities, _ = read_answers(HERE / MODEL)
    answers = np.unique(labels)[probabilities.argmax(axis=1)]
    versions = {version: labels_of(folder, version, names) for version in ("v0", "v2", "v3")}
    if not np.array_equal(versions["v3"], labels):
        raise SystemExit(f"{HERE / MODEL} has other labels than v3.")
    changed = np.any([each != labels for each in versions.values()], axis=0)
    print("| recordings | number | answered as v3 has it | score |\n|---|---|---|---|")
    for name, which in (("all", np.full(len(labels), True)), ("label never changed", ~changed), ("changed", changed)):
        right, kept = np.mean(answers[which] == labels[which]), score(labels[which], answers[which])
        print(f"| {name} | {which.sum():,} | {right:.3f} | {kept:.4f} |")
    wrong = changed & (answers != labels)
    share = np.mean(answers[wrong] == versions["v0"][wrong])
    print(f"\nOf {wrong.sum()} other answers to changed ones {share:.3f} are v0's.")
    print("\n| version | score of the answers against it | score of its labels against v3 |\n|---|---|---|")
    for version, each in versions.items():
        print(f"| {version} | {score(each, answers):.4f} | {score(labels, each):.4f} |")


if __name__ == "__main__":
    main()
