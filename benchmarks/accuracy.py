"""What the classifiers learn with no argument set, from raw recordings, on recordings they never saw.

Run: python benchmarks/accuracy.py FOLDER
where FOLDER holds training2017.zip and REFERENCE-v3.csv.

The same recordings are tested, whatever is trained on. Fifty and two hundred are drawn several times; the figures are
means, and the score has the standard error over the draws. With `--checkpoints` the same command goes on where it was
ended, and counts the seconds from there only. Beside the networks stand two that are not deep: boosted trees on the
statistics of RR intervals (`RRFeatures`), and MiniRocket (Dempster et al. 2021,
https://doi.org/10.1145/3447548.3467231) of aeon, which has to be installed, and is given the first 30 s, repeated
where there are fewer.
"""

import argparse
import json
import time

import numpy as np
from machine import describe
from networks import NETWORKS
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from ecgclf import classifiers
from ecgclf.datasets import fetch_cinc2017
from ecgclf.metrics import cinc2017_score, rhythm_f1_scores
from ecgclf.preprocessing import RRFeatures


def of_30_s(X):
    """Recordings as a table of 30 s at 300 Hz."""
    return np.array([np.resize(x, 9000) for x in X])[:, np.newaxis]


def make(name, seed, checkpoints, params):
    """What is asked for by name; parameters are those of a network."""
    if name == "trees":
        return make_pipeline(RRFeatures(sampling_rate=300), HistGradientBoostingClassifier(random_state=seed))
    if name == "MiniRocket":
        from aeon.classification.convolution_based import MiniRocketClassifier

        return make_pipeline(FunctionTransformer(of_30_s), MiniRocketClassifier(random_state=seed))
    return getattr(classifiers, name)(random_state=seed, checkpoint_dir=checkpoints, **params)


def draws(rest, n):
    """Which recordings to train on: so many of the rest, side by side, at most three times."""
    n = min(n, len(rest))
    return [rest[i * n : (i + 1) * n] for i in range(min(3, max(1, 1000 // n)))]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--n-train", type=int, nargs="*", default=[1500])
    parser.add_argument("--n-test", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--classifiers", nargs="*", default=["trees", *NETWORKS])
    parser.add_argument("--params", type=json.loads, default={}, help="in place of defaults, as a JSON object")
    parser.add_argument("--checkpoints", help="folder")
    args = parser.parse_args()
    X, y = fetch_cinc2017(args.folder, download_if_missing=False, return_X_y=True)
    order = np.random.RandomState(args.seed).permutation(len(X))
    rest, test = order[: -args.n_test], order[-args.n_test :]
    print(describe())
    print(f"tested on {len(test)} recordings, seed {args.seed}\n")
    print("| classifier | weights | trained on | draws | processor, s | F1 of N | A | O | ~ | challenge score |")
    print("|---" * 10 + "|")
    for n in args.n_train:
        for name in args.classifiers:
            f1, scores, seconds = [], [], []
            for train in draws(rest, n):
                classifier = make(name, args.seed, args.checkpoints, args.params)
                start = time.process_time()
                classifier.fit(X[train], y[train])
                seconds.append(time.process_time() - start)
                predicted = classifier.predict(X[test])
                f1.append(rhythm_f1_scores(y[test], predicted))
                scores.append(cinc2017_score(y[test], predicted))
            net = getattr(classifier, "net_", None)
            n_weights = f"{sum(weight.numel() for weight in net.module_.parameters()):,}" if net else ""
            shown = " | ".join(f"{np.mean([each[rhythm] for each in f1]):.3f}" for rhythm in "NAO~")
            error = f" +- {np.std(scores, ddof=1) / len(scores) ** 0.5:.3f}" if len(scores) > 1 else ""
            cost = f"{len(train)} | {len(scores)} | {np.mean(seconds):.0f}"
            print(f"| {name} | {n_weights} | {cost} | {shown} | {np.mean(scores):.3f}{error} |", flush=True)


if __name__ == "__main__":
    main()
