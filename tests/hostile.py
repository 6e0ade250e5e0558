"""Files that nobody should load, and how a refusal is held to what it promises."""

import hashlib
import json
import resource
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ecgclf.datasets import make_recordings
from ecgclf.persistence import load, save
from ecgclf.persistence._container import read_file, write_file
from ecgclf.preprocessing import RRFeatures
from small import small

LABELS = np.arange(90) % 3
ON_PURPOSE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def write_good(folder):
    """Write files into a folder, by the name of what they hold."""
    X, y = make_recordings(16, duration=(2.0, 4.0), random_state=0, return_X_y=True)
    estimators = {
        name: small(name, max_epochs=9).fit(X, y) for name in ("ATICNNClassifier", "CRANNClassifier", "LSTMClassifier")
    }
    estimators["ResNetClassifier"] = small("ResNetClassifier", max_epochs=1).fit(X, y)
    estimators["Pipeline"] = make_pipeline(RRFeatures(300), StandardScaler(), LogisticRegression()).fit(X, y)
    table = np.random.default_rng(0).normal(size=(90, 5))
    forest = RandomForestClassifier(3, random_state=0)
    estimators["Forest"] = make_pipeline(StandardScaler(), forest).fit(table, LABELS)
    for name, estimator in estimators.items():
        save(estimator, folder / name)
        load(folder / name)
    return folder


def refused(path, match="cannot be loaded", megabytes=30):
    """Load, expect a refusal that names the file, and hold the memory it took."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=match) as caught:
            load(path)
        assert tracemalloc.get_traced_memory()[1] < megabytes * 2**20
    finally:
        tracemalloc.stop()
    # In kB on Linux, in bytes on macOS: what was allocated outside of Python's own memory.
    unit = 1 if sys.platform == "darwin" else 1024
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit < megabytes * 2**20
    assert str(path) in str(caught.value)


def forge(path, header, rest=b""):
    """Write a file of our container's form whose checksum fits whatever it says."""
    header = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    data = len(header).to_bytes(8, "little") + header + rest
    start = data.index(b'"sha256":"') + 10
    path.write_bytes(data[:start] + hashlib.sha256(data).hexdigest().encode() + data[start + 64 :])


def header_of(document="{}", **entries):
    """Make a header with a checksum still blank."""
    return {"__metadata__": {"ecgclf_format": "2", "sha256": "0" * 64, "document": document}, **entries}


def forged(good, name, path, **parameters):
    """Write a good file again with other parameters of its estimator."""
    document, arrays = read_file(good / name)
    document["estimator"]["object"]["parameters"].update(parameters)
    write_file(path, document, arrays)


def every(node):
    """Yield every dict of a document."""
    if isinstance(node, dict):
        yield node
    for item in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from every(item)
