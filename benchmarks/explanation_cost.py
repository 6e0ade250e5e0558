"""What an explanation costs beside the answers of the classifier: time and memory.

Run: python benchmarks/explanation_cost.py
"""

import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from machine import describe

from ecgclf.classifiers import ResNetClassifier
from ecgclf.explanation import ExplanationWarning, LimeTimeSeriesExplainer


def nothing(X):
    """A classifier that costs nothing."""
    p = np.clip(X.reshape(len(X), -1)[:, 0], 0.1, 0.9)
    return np.column_stack([1 - p, p])


def seconds(function, n=3):
    # Of the processor, so that what else a shared machine does is not counted.
    times = []
    for _ in range(n):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return times


def measure_time():
    rng = np.random.RandomState(0)
    X = rng.randn(1000, 9000).astype(np.float32)
    recording = X[0]
    print("| 1,000 perturbations of 30 s, one lead, 300 Hz | own time, CPU s |\n|---|---|")
    for segmentation in ("uniform", "beats", "waves"):
        for perturbation in ("mean", "interpolate", "noise", "other_recordings"):
            explainer = LimeTimeSeriesExplainer(
                segmentation, perturbation=perturbation, random_state=0, sampling_rate=300.0
            ).fit(X[:50])
            own = min(seconds(lambda explainer=explainer: explainer.explain(nothing, recording)))
            print(f"| {segmentation}, {perturbation} | {own:.3f} |", flush=True)
    classifier = ResNetClassifier(max_epochs=1, random_state=0).fit(X[:32], np.arange(32) % 4)
    classifier.predict_proba(X[:64])
    explainer = LimeTimeSeriesExplainer(random_state=0, sampling_rate=300.0)
    # By turns, so that what else the machine does falls on both.
    turns = [
        (
            seconds(lambda: classifier.predict_proba(X), 1)[0],
            seconds(lambda: explainer.explain(classifier, recording), 1)[0],
        )
        for _ in range(5)
    ]
    predicted, explained = np.array(turns).T
    print(
        f"\nResNetClassifier: predict_proba of 1,000 recordings at once {np.median(predicted):.2f} CPU s, explanation "
        f"from 1,000 perturbations {np.median(explained):.2f} CPU s, {np.median(explained / predicted):.3f} times "
        f"(five turns: {', '.join(f'{ratio:.3f}' for ratio in explained / predicted)})"
    )


def measure_memory(dtype):
    """Print the highest memory of an explanation in MB, above that before it."""
    recording = np.random.RandomState(0).randn(12, 30000).astype(dtype)
    explainer = LimeTimeSeriesExplainer(n_perturbations=5000, sampling_rate=500.0, random_state=0)
    before = _memory("VmRSS")
    # Linux then counts the highest anew.
    Path("/proc/self/clear_refs").write_text("5")
    explainer.explain(nothing, recording)
    print(f"{_memory('VmHWM') - before:.0f}")


def _memory(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def main():
    warnings.simplefilter("ignore", ExplanationWarning)
    if len(sys.argv) > 1:
        measure_memory(sys.argv[1])
        return
    print(describe() + "\n")
    measure_time()
    for dtype in ("float32", "float64"):
        done = subprocess.run([sys.executable, __file__, dtype], capture_output=True, text=True, check=True)
        print(
            f"\n5,000 perturbations of 60 s, 12 leads, 500 Hz, {dtype}: at most {done.stdout.strip()} MB above the "
            "memory before, with a classifier that needs none"
        )


if __name__ == "__main__":
    main()
