"""What several views of a recording are worth at prediction: `python training/views.py FOLDER`.

FOLDER holds training2017.zip and REFERENCE-v3.csv. The networks of the folds of each model answer the recordings that
they have not seen, changed in ways that keep the rhythm (or, backwards, do not); probabilities are averaged over
views. Nothing is trained.
"""

import argparse

import numpy as np
from answers import HERE, challenge_scores, paired_difference
from recipes import FOLDS, RECIPES, file_of, load

from ecgclf.persistence import load as load_file

VIEWS = {
    "as it is": lambda x: x,
    "upside down": lambda x: -x,
    "from 0.11 s": lambda x: x[..., 33:],
    "from 0.23 s": lambda x: x[..., 69:],
    "first 3/4": lambda x: x[..., : int(0.75 * x.shape[-1])],
    "last 3/4": lambda x: x[..., int(0.25 * x.shape[-1]) :],
    "backwards": lambda x: x[..., ::-1],
}
SETS = {
    "upside down": ["upside down"],
    "both polarities": ["as it is", "upside down"],
    "three starts": ["as it is", "from 0.11 s", "from 0.23 s"],
    "both polarities and three starts": ["as it is", "upside down", "from 0.11 s", "from 0.23 s"],
    "whole and two of 3/4": ["as it is", "first 3/4", "last 3/4"],
    "all of these": ["as it is", "upside down", "from 0.11 s", "from 0.23 s", "first 3/4", "last 3/4"],
    "backwards": ["backwards"],
    "forwards and backwards": ["as it is", "backwards"],
}


def ask(X, y):
    """Probabilities by model and view, and the classes."""
    found = {}
    for model in RECIPES:
        for fold, (_, test) in enumerate(FOLDS.split(y, y)):
            network = load_file(HERE / model / f"{file_of(fold)}.ecgclf")
            for view, change in VIEWS.items():
                answers = network.predict_proba([np.ascontiguousarray(change(x)) for x in X[test]])
                found.setdefault((model, view), np.empty((len(y), answers.shape[1])))[test] = answers
    return found, network.classes_


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    X, y, _ = load(parser.parse_args().folder)
    found, classes = ask(X, y)

    def decide(model, views):
        return classes[np.mean([found[model, view] for view in views], axis=0).argmax(axis=1)]

    print(f"| views | {' | '.join(RECIPES)} |\n" + "|---" * (1 + len(RECIPES)) + "|")
    base = {model: decide(model, ["as it is"]) for model in RECIPES}
    once = np.ones((1, len(y)))
    scores = [f"{challenge_scores(y, answers, once)[0]:.4f}" for answers in base.values()]
    print(f"| as it is | {' | '.join(scores)} |")
    for name, views in SETS.items():
        cells = [paired_difference(y, [decide(model, views)], [base[model]]) for model in RECIPES]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
