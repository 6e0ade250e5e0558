"""How long a user waits: for the command line's first answer, for one recording more, and for a folder.

Run: python benchmarks/latency.py
"""

import argparse
import collections
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from machine import describe

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.pretrained import list_pretrained, load_pretrained

# Their own time is what is named; who is not here is too quick to matter.
_SHOWN = 8
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")


def write_records(folder, recordings):
    """Write recordings of 300 Hz as WFDB records."""
    for i, x in enumerate(recordings):
        name = f"r{i:04d}"
        (folder / f"{name}.hea").write_text(f"{name} 1 300 {len(x)}\n{name}.dat 16 1000/mV 16 0 0 0 0 ECG\n")
        (folder / f"{name}.dat").write_bytes(np.round(x * 1000).astype("<i2").tobytes())


def cold(arguments, n_runs):
    """Median seconds of Python with these arguments in a process of its own, after one run that does not count."""
    seconds = []
    for _ in range(n_runs + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def imports(arguments):
    """Seconds that each library's own modules take to import."""
    command = [sys.executable, "-X", "importtime", *arguments]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    own = collections.Counter()
    for microseconds, module in _LINE.findall(printed):
        own[module.partition(".")[0]] += int(microseconds) / 1e6
    return own


def warm(function, n_runs=300):
    """Median milliseconds of a call."""
    function()
    seconds = []
    for _ in range(n_runs):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds)


def networks(estimator, recording):
    """Give each network of an estimator with what it gets of a recording."""
    if hasattr(estimator, "net_"):
        x = torch.tensor(recording)[None, None]
        yield estimator.net_.module_.eval(), x, torch.tensor([x.shape[2]])
    elif hasattr(estimator, "estimators_"):
        for member in estimator.estimators_:
            yield from networks(member, recording)
    else:
        yield from networks(estimator[-1], estimator[:-1].transform([recording])[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--records", type=int, default=500)
    args = parser.parse_args()
    print(describe())
    sample = load_cinc2017_sample()
    half_minutes = [x for x in sample.data if len(x) == 9000]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_records(folder, [half_minutes[i % len(half_minutes)] for i in range(args.records)])
        floor = cold(["-c", "import torch, sklearn.base"], args.runs)
        print(f"\nimport torch and scikit-learn, nothing else: {floor:.2f} s")
        for model in list_pretrained():
            command = ["-m", "ecgclf", "predict", "--model", model.name]
            one = [*command, str(folder / "r0000")]
            first = cold(one, args.runs)
            every = cold([*command, str(folder)], 1)
            torch.set_num_threads(1)
            pipeline = load_pretrained(model.name)
            inputs = list(networks(pipeline, half_minutes[0]))

            @torch.inference_mode()
            def forward(inputs=inputs):
                for network, x, lengths in inputs:
                    network(x, lengths)

            print(f"\n{model.name}")
            print(f"  ecgclf predict RECORD, cold: {first:.2f} s")
            own = imports(one)
            named = ", ".join(f"{name} {seconds:.2f}" for name, seconds in own.most_common(_SHOWN))
            print(f"    of which imports {own.total():.2f} s: {named}")
            whole, alone = warm(lambda p=pipeline: p.predict_proba(half_minutes[:1])), warm(forward)
            print(f"  one recording of 30 s, warm, one core: {whole:.2f} ms, of which its networks {alone:.2f}")
            rate = args.records / (every - first)
            print(f"  a folder of {args.records}: {every:.2f} s, {rate:.0f} records/s once started")


if __name__ == "__main__":
    main()
