"""What this checkout takes against what another commit takes, as ratios of processor time.

Runs of the two take turns, so that what else the machine does meets both alike. Below 1 this checkout is faster. The
other commit runs twice in each turn: its ratio to itself is what of a ratio is noise.

Run: python benchmarks/compare.py COMMIT [--repeats 5]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from machine import describe

ROOT = Path(__file__).resolve().parents[1]

# Runs in a process of its own, with the package of one of the two; nothing in it may be newer than the older one.
MEASURE = """
import json, os, tempfile, time
import numpy as np
from ecgclf import classifiers, preprocessing
from ecgclf._recordings import check_recordings
from ecgclf.augmentation import WaveNetAugmenter
from ecgclf.datasets import load_cinc2017_sample, make_recordings
from ecgclf.explanation import LimeTimeSeriesExplainer
from ecgclf.persistence import load, save
from ecgclf.pretrained import load_pretrained
from ecgclf.signal import signal_quality

try:
    from ecgclf.fidelity import fidelity_report
except ImportError:
    from ecgclf.augmentation import fidelity_report

rng = np.random.RandomState(0)
X = [rng.randn(9000 + i).astype(np.float32) for i in range(96)]
y = np.arange(len(X)) % 4
seconds = {}

def clock(name, function, n):
    function()
    start = time.process_time()
    for _ in range(n):
        function()
    seconds[name] = (time.process_time() - start) / n

collections = {"list": X * 20, "table": np.stack([x[:9000] for x in X * 20]), "3-D": rng.randn(400, 12, 1000)}
for kind, given in collections.items():
    clock(f"gate, {kind}", lambda: check_recordings(preprocessing.WaveletDenoiser(), given), 5)
for name in ("ResNetClassifier", "BiLSTMClassifier", "CRNNClassifier", "CRANNClassifier"):
    classifier = getattr(classifiers, name)(max_epochs=1, random_state=0)
    clock(f"{name}, fit", lambda: classifier.fit(X, y), 1)
    clock(f"{name}, predict", lambda: classifier.predict_proba(X), 2)
    clock(f"{name}, predict one", lambda: classifier.predict_proba(X[:1]), 20)
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "classifier.ecgclf")
    clock("save", lambda: save(classifier, path), 20)
    clock("load", lambda: load(path), 20)
X = load_cinc2017_sample().data[:48]
trained = load_pretrained("tiny-cinc2017")
explainer = LimeTimeSeriesExplainer(n_perturbations=200, sampling_rate=300, random_state=0)
clock("load_pretrained", lambda: load_pretrained("tiny-cinc2017"), 20)
clock("trained model, predict", lambda: trained.predict_proba(X), 5)
clock("explain", lambda: explainer.explain(trained, X[0]), 5)
clock("signal_quality", lambda: [signal_quality(x, 300) for x in X], 2)
given = make_recordings(16, duration=(6, 8), random_state=0, return_X_y=True)
augmenter = WaveNetAugmenter(max_epochs=2, random_state=0, proportion=0.25)
clock("WaveNet, fit_transform", lambda: augmenter.fit_transform(*given), 1)
invented = augmenter.fit_transform(*given), given[1]
clock("fidelity_report", lambda: fidelity_report(given, invented, given, sampling_rate=300), 2)
print(json.dumps(seconds))
"""


def measure(source):
    environment = {**os.environ, "PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], env=environment, capture_output=True, text=True, check=True, cwd=source
    )
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("commit")
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "other"
        subprocess.run(["git", "worktree", "add", "--detach", tree, args.commit], cwd=ROOT, check=True)
        try:
            theirs, ours, again = [], [], []
            for _ in range(args.repeats):
                theirs.append(measure(tree / "src"))
                ours.append(measure(ROOT / "src"))
                again.append(measure(tree / "src"))
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=ROOT, check=True)
    print(describe())
    print(f"\n| against {args.commit} | seconds | ratio | of each turn | the other to itself | of each turn |")
    print("|---" * 6 + "|")
    for name in ours[0]:
        a, b, c = (np.array([run[name] for run in runs]) for runs in (ours, theirs, again))
        before = (b + c) / 2
        print(f"| {name} | {np.median(a):.4f} | {compared(a, before)} | {compared(c, b)} |")


def compared(a, b):
    turns = a / b
    return f"{np.median(a) / np.median(b):.2f} | {turns.min():.2f}-{turns.max():.2f}"


if __name__ == "__main__":
    main()
