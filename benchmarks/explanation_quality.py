"""R², stability and faithfulness of explanations of real recordings, for each segmentation and perturbation.

A BiLSTMClassifier is trained on 150 of the bundled recordings; the first 30 s of recordings among the other 50 are
explained, each for the label predicted; recordings labelled ~ are left out, and of a row those where its segmentation
finds no beats. The intervals are over recordings.

Run: python benchmarks/explanation_quality.py
"""

import argparse
import warnings

import numpy as np
from intervals import mean_and_interval
from machine import describe
from sklearn.model_selection import train_test_split

from ecgclf.classifiers import BiLSTMClassifier
from ecgclf.datasets import load_cinc2017_sample
from ecgclf.explanation import ExplanationWarning, LimeTimeSeriesExplainer

SEGMENTATIONS = {
    "uniform, 20": {"segmentation": "uniform", "n_segments": 20},
    "beats": {"segmentation": "beats"},
    "waves, merged": {"segmentation": "waves", "merge_beats": True},
    "uniform, 10": {"segmentation": "uniform", "n_segments": 10},
    # Some 150 features in 30 s: fewer perturbations would tell nothing of them.
    "waves, 1,000 perturbations": {"segmentation": "waves", "n_perturbations": 1000},
}
PERTURBATIONS = ("mean", "total_mean", "interpolate", "noise", "other_recordings")


def row(classifier, background, recordings, n_perturbations=200, **params):
    explainer = LimeTimeSeriesExplainer(
        n_perturbations=n_perturbations, random_state=0, sampling_rate=300.0, **params
    ).fit(background)
    found = []
    for recording in recordings:
        explanation = explainer.explain(classifier, recording)
        if explanation.fallback:
            continue
        stability = explainer.stability(classifier, recording, explanation.labels[0], n_repeats=2)
        faithful = explainer.faithfulness(classifier, explanation, n_random=5)
        chance = faithful.random_auc.mean()
        found.append(
            (
                explanation.r2[0],
                explanation.adjusted_r2[0],
                explanation.gap[0],
                stability.spearman,
                stability.jaccard,
                faithful.deletion_auc,
                chance,
                faithful.insertion_auc,
                chance - faithful.deletion_auc,
                faithful.insertion_auc - chance,
            )
        )
    return np.array(found).T


def main():
    warnings.simplefilter("ignore", ExplanationWarning)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-recordings", type=int, default=16)
    parser.add_argument("--segmentations", nargs="*", choices=SEGMENTATIONS, default=list(SEGMENTATIONS))
    args = parser.parse_args()
    X, y = load_cinc2017_sample(return_X_y=True)
    train, test = train_test_split(np.arange(len(X)), test_size=50, stratify=y, random_state=0)
    classifier = BiLSTMClassifier(batch_size=8, max_epochs=25, random_state=0).fit(X[train], y[train])
    print(describe() + "\n")
    print(f"Accuracy on the 50 recordings kept out: {classifier.score(X[test], y[test]):.2f}\n", flush=True)
    recordings = [X[i][:9000] for i in test[y[test] != "~"][: args.n_recordings]]
    columns = ["R²", "adjusted R²", "gap", "Spearman", "Jaccard", "deletion AUC", "random AUC", "insertion AUC"]
    columns += ["random - deletion", "insertion - random"]
    print(f"| segmentation | perturbation | recordings | {' | '.join(columns)} |\n|{'---|' * (3 + len(columns))}")
    for name in args.segmentations:
        perturbations = PERTURBATIONS if name in ("uniform, 20", "beats", "waves, merged") else PERTURBATIONS[:1]
        for perturbation in perturbations:
            *means, deletion, insertion = row(
                classifier, X[train], recordings, perturbation=perturbation, **SEGMENTATIONS[name]
            )
            values = " | ".join(f"{value.mean():.2f}" for value in means)
            gains = f"{mean_and_interval(deletion)} | {mean_and_interval(insertion)}"
            print(f"| {name} | {perturbation} | {len(deletion)} | {values} | {gains} |", flush=True)


if __name__ == "__main__":
    main()
