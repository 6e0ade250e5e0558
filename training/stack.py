"""What a second stage on the answers of the networks is worth: `python training/stack.py FOLDER`.

FOLDER holds training2017.zip and REFERENCE-v3.csv. For each fold a second stage is fitted on what the networks of
ensemble-cinc2017 answered, out of fold, to the recordings of the other four, with or without the figures of their RR
intervals and the quality of their signal; its parameters are chosen by a cross-validation inside these four. Or the
decisions are tuned on these four. Each is compared with the answers as they are, recording by recording.
"""

import argparse

import numpy as np
from answers import HERE, challenge_scores, paired_difference, read_answers
from recipes import load
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.metrics import cinc2017_score, cinc2017_scorer
from ecgclf.preprocessing import RRFeatures, SignalQuality


class Given(ClassifierMixin, BaseEstimator):
    """Answers the probabilities that it is given."""

    def fit(self, X, y):
        """Learn the classes."""
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        """Give what came."""
        return X


def features(X):
    """Figures of RR intervals and quality, and the length, in seconds."""
    tables = [RRFeatures(300).fit_transform(X), SignalQuality(300).fit_transform(X)]
    return np.column_stack([*tables, [len(x) / 300 for x in X]])


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    X, y, names = load(parser.parse_args().folder)
    records, _, probabilities, folds = read_answers(HERE / "ensemble-cinc2017")
    order = np.searchsorted(records, names)
    folds, probabilities = folds[order], probabilities[order]
    plain = np.unique(y)[probabilities.argmax(axis=1)]
    logs = np.log(probabilities.clip(1e-5))
    more = np.hstack([logs, features(X)])

    def show(name, answers):
        score = challenge_scores(y, answers, np.ones((1, len(y))))[0]
        print(f"| {name} | {score:.4f} | {paired_difference(y, [answers], [plain])} |", flush=True)

    print("| second stage | score | beyond none (95 %) |\n|---|---|---|")
    show("none", plain)
    answers = np.empty_like(y)
    for fold in np.unique(folds):
        own = folds == fold
        given = Given().fit(probabilities[~own], y[~own])
        tuned = TunedDecisionClassifierCV(given, scoring=cinc2017_score, cv="prefit")
        answers[own] = tuned.fit(probabilities[~own], y[~own]).predict(probabilities[own])
    show("decisions tuned for the score", answers)
    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    trees = HistGradientBoostingClassifier(
        min_samples_leaf=40, l2_regularization=10, learning_rate=0.05, random_state=0
    )
    for what, Z in (("", logs), (", RR and quality", more)):
        for name, stage, grid in (
            ("logistic regression", logistic, {"logisticregression__C": [0.001, 0.01, 0.1, 1.0]}),
            ("boosted trees", trees, {"max_leaf_nodes": [4, 8], "max_iter": [60, 120]}),
        ):
            answers = np.empty_like(y)
            for fold in np.unique(folds):
                own = folds == fold
                search = GridSearchCV(stage, grid, scoring=cinc2017_scorer, cv=LeaveOneGroupOut())
                answers[own] = search.fit(Z[~own], y[~own], groups=folds[~own]).predict(Z[own])
            show(f"{name} on probabilities{what}", answers)


if __name__ == "__main__":
    main()
