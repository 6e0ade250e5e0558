"""What the classifiers learn with no argument set, from raw recordings, on recordings they never saw.

Run: python benchmarks/accuracy.py FOLDER
where FOLDER holds training2017.zip and REFERENCE-v3.csv.
"""

import argparse
import time

import numpy as np
from machine import describe

from ecgclf import classifiers
from ecgclf.datasets import fetch_cinc2017
from ecgclf.metrics import cinc2017_score, rhythm_f1_scores


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--n-train", type=int, default=1500)
    parser.add_argument("--n-test", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--classifiers", nargs="*", default=classifiers.__all__)
    args = parser.parse_args()
    X, y = fetch_cinc2017(args.folder, download_if_missing=False, return_X_y=True)
    order = np.random.RandomState(args.seed).permutation(len(X))
    train, test = order[: args.n_train], order[-args.n_test :]
    print(describe())
    print(f"trained on {len(train)} recordings, tested on {len(test)} others, seed {args.seed}\n")
    print("| classifier | weights | fit, s | F1 of N | A | O | ~ | challenge score |")
    print("|---|---|---|---|---|---|---|---|")
    for name in args.classifiers:
        classifier = getattr(classifiers, name)(random_state=args.seed)
        start = time.perf_counter()
        classifier.fit(X[train], y[train])
        seconds = time.perf_counter() - start
        predicted = classifier.predict(X[test])
        n_weights = sum(weight.numel() for weight in classifier.net_.module_.parameters())
        f1 = rhythm_f1_scores(y[test], predicted)
        shown = " | ".join(f"{f1[rhythm]:.3f}" for rhythm in "NAO~")
        score = cinc2017_score(y[test], predicted)
        print(f"| {name} | {n_weights:,} | {seconds:.0f} | {shown} | {score:.3f} |", flush=True)


if __name__ == "__main__":
    main()
