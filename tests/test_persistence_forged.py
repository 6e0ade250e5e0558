"""Files of the right form and checksum whose content nobody should build: refused, nothing run, no memory taken."""

import copy
import random
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier

from ecgclf.classifiers import CRNNClassifier
from ecgclf.persistence import _container, load, save
from hostile import LABELS, ON_PURPOSE, every, forge, forged, header_of, refused


@pytest.fixture
def path(tmp_path):
    """Where the hostile file lies."""
    return tmp_path / "hostile.ecgclf"


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("ResNetClassifier", "n_filters", 10**9),
        ("ResNetClassifier", "n_filters", 10**5),
        ("ResNetClassifier", "n_blocks", 10**9),
        ("ResNetClassifier", "kernel_size", 10**9),
        ("ResNetClassifier", "n_filters", "many"),
        ("LSTMClassifier", "n_units", 10**9),
        ("LSTMClassifier", "n_units", 10**4),
        ("LSTMClassifier", "n_layers", 10**9),
        # Powers of two and primes, small and beyond measure: a stem of many layers, or a long search for factors.
        ("LSTMClassifier", "stem_stride", 2**32),
        ("LSTMClassifier", "stem_stride", 4294967291),
        ("LSTMClassifier", "stem_stride", 2**61 - 1),
        ("CRANNClassifier", "n_attention_units", 10**12),
        ("ATICNNClassifier", "depths", {"tuple": [10**9, 1]}),
        ("ATICNNClassifier", "pool_size", 0),
        ("CRANNClassifier", "n_filters", {"tuple": [10**9, 10**9]}),
        ("CRANNClassifier", "n_filters", {"tuple": [8] * 10**5}),
    ],
)
def test_a_small_file_that_describes_a_gigantic_network_is_refused(name, parameter, value, good, path):
    forged(good, name, path, **{parameter: value})
    start = time.process_time()
    refused(path)
    assert time.process_time() - start < 5
    assert torch.is_grad_enabled()


def test_parameters_and_attributes_that_no_estimator_has_are_refused(good, path):
    forged(good, "Pipeline", path, memory="/tmp/cache")
    refused(path, "sets the cache")
    forged(good, "Pipeline", path, surprise=1)
    refused(path, "no parameter 'surprise'")
    for name in ("predict", "__class__", "__dict__", "not a name", "steps"):
        document, arrays = _container.read_file(good / "Pipeline")
        document["estimator"]["object"]["state"][name] = 1
        _container.write_file(path, document, arrays)
        refused(path, "cannot be an attribute")


def test_one_array_does_not_unfold_to_many(good, path):
    document, arrays = _container.read_file(good / "Pipeline")
    number = next(iter(arrays))
    entry = {"array": number, "dtype": arrays[number].dtype.str, "order": "C"}
    document["estimator"]["object"]["state"]["many"] = [entry] * 1000
    _container.write_file(path, document, arrays)
    refused(path, "twice")


_UNDER_A_LIMIT = """
import resource, sys
from ecgclf.persistence import load
good, *hostile = sys.argv[1:]
load(good)
with open("/proc/self/statm") as file:
    taken = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 300 * 2**20,) * 2)
for path in hostile:
    try:
        load(path)
    except ValueError as error:
        assert path in str(error)
        assert "MemoryError" not in str(error), error
    else:
        raise AssertionError(path)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for the memory of a process")
def test_no_memory_is_taken_for_what_is_only_claimed(good, tmp_path):
    """200 GB in a file of 300 bytes, 10 GB of weights, strings of 400 MB: with 300 MB to spare, each is refused."""
    paths = [tmp_path / name for name in ("declared", "network", "generator", "strings", "empty", "table", "rows")]
    forge(paths[0], header_of(**{"0": {"dtype": "F64", "shape": [25 * 10**9], "data_offsets": [0, 200 * 10**9]}}))
    assert paths[0].stat().st_size < 400
    forged(good, "LSTMClassifier", paths[1], n_units=25_000)
    forged(good, "CRANNClassifier", paths[2], n_filters={"tuple": [8, 20_000, 20_000]})
    forge(paths[3], header_of('{"estimator":{"texts":["a"],"dtype":"<U99999999","shape":[1]}}'))
    entry = {"dtype": "I64", "shape": [2**40, 0], "data_offsets": [0, 0]}
    forge(paths[4], header_of('{"estimator":{"array":"0","dtype":"<i8","order":"F"}}', **{"0": entry}))
    for path, column in ((paths[5], np.zeros((30_000_000, 0))), (paths[6], np.zeros(10_000_000, np.bool_))):
        document, arrays = _container.read_file(good / "LSTMClassifier")
        table = {"table": {"a": {"array": "rows", "dtype": column.dtype.str, "order": "C"}}}
        document["estimator"]["object"]["state"]["many"] = table
        _container.write_file(path, document, {**arrays, "rows": column})
    arguments = [str(path) for path in (good / "LSTMClassifier", *paths)]
    subprocess.run([sys.executable, "-c", _UNDER_A_LIMIT, *arguments], check=True)


@pytest.mark.parametrize(
    ("column", "place", "value", "match"),
    [
        ("left_child", 0, 10**9, "nodes after them"),
        ("right_child", 0, 3_000, "nodes after them"),
        ("right_child", 0, -10, "nodes after them"),
        ("left_child", 0, 0, "nodes after them"),
        ("right_child", 1, 0, "nodes after them"),
        ("left_child", -1, -2, "nodes after them"),
        ("feature", 0, 10**9, "asks for others"),
        ("feature", 0, -3, "asks for others"),
        ("n_classes", 0, 0, "has no classes"),
        ("n_classes", 0, 10**12, "does not make sense"),
        ("n_classes", 0, 4, "does not make sense"),
        ("threshold", slice(0, 0), None, "the column threshold"),
        ("n_classes", slice(0, 0), None, "has no classes"),
        ("values", slice(0, 2), None, "does not make sense"),
    ],
)
def test_a_tree_whose_compiled_code_would_leave_its_memory_is_refused(column, place, value, match, good, path):
    document, arrays = _container.read_file(good / "Forest")
    trees = [dict(node["state"]["tree_"]["dict"]) for node in every(document) if "tree_" in node.get("state", {})]
    assert len(trees) == 3
    number = trees[1][column]["array"]
    if value is None:
        arrays[number] = arrays[number][place].copy()
    else:
        arrays[number][place] = value
    _container.write_file(path, document, arrays)
    refused(path, match)


@pytest.mark.parametrize("given", [0, 1, True, "5", None])
def test_a_tree_that_asks_for_more_features_than_its_owner_lets_pass_is_refused(given, good, path):
    document, arrays = _container.read_file(good / "Forest")
    state = [node["state"] for node in every(document) if "tree_" in node.get("state", {})][2]
    state["n_features_in_"] = given
    _container.write_file(path, document, arrays)
    refused(path, "asks for others")


def test_the_paths_of_a_tree_are_as_long_as_they_are(good):
    forest = load(good / "Forest")[-1]
    fitted = RandomForestClassifier(3, random_state=0).fit(np.random.default_rng(0).normal(size=(90, 5)), LABELS)
    assert [tree.tree_.max_depth for tree in forest] == [tree.tree_.max_depth for tree in fitted]


@pytest.mark.parametrize("position", [625, 10**9, -1, 2**70, True, None])
def test_a_random_state_that_reads_beyond_its_keys_is_refused(position, path):
    save(CRNNClassifier(random_state=np.random.RandomState(0)), path)
    document, arrays = _container.read_file(path)
    document["estimator"]["object"]["parameters"]["random_state"]["random_state"][1] = position
    _container.write_file(path, document, arrays)
    refused(path, "at position")


def _places(node):
    """Yield every list or dict of a document with each of its keys."""
    for key in range(len(node)) if isinstance(node, list) else list(node):
        yield node, key
        if isinstance(node[key], list | dict):
            yield from _places(node[key])


_EXECUTED = []
_WATCHED = {"exec", "compile", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "pickle.find_class"}


def _watch(event, arguments):
    # The first use of a class on the list may import more of its library.
    if event == "exec" and getattr(arguments[0], "co_name", None) == "<module>":
        return
    if event == "compile" and str(arguments[1]).endswith(".py"):
        return
    if _EXECUTED and (event in _WATCHED or (event == "open" and set(str(arguments[1])) & set("wax+"))):
        _EXECUTED.append((event, arguments))


sys.addaudithook(_watch)

VALUES = st.sampled_from([None, True, -1, 0, 3, 10**9, 2**70, 0.5, "", "x", "sklearn.pipeline.Pipeline", "0", [], {}])
NODES = VALUES | st.sampled_from(
    [
        {"object": {"class": "sklearn.pipeline.Pipeline", "parameters": {"steps": []}, "state": {}}},
        {"object": {"class": "ecgclf.classifiers.CRNNClassifier", "parameters": {}, "state": {}}},
        {"named": "torch.optim.SGD"},
        {"same": 0},
        {"float": "nan"},
        {"tuple": [1, 2]},
        {"dict": [[[], 1]]},
        {"random_state": [0, 1, 2, 3]},
        {"network": {"tensors": {}}},
        {"masked": [[1], [True]]},
        {"slice": [1]},
        {"table": {"a": {"array": "0", "dtype": "<f4", "order": "C"}}},
    ]
)


@settings(max_examples=120, suppress_health_check=ON_PURPOSE)
@given(
    st.sampled_from(["LSTMClassifier", "CRANNClassifier", "Pipeline", "Forest"]),
    st.integers(0),
    st.lists(NODES, min_size=1),
)
def test_a_forged_document_is_loaded_or_refused_but_never_run(good, path, name, seed, nodes):
    """A checksum that fits, and a few places of the document changed."""
    document, arrays = _container.read_file(good / name)
    for node, rng in zip(nodes[:4], map(random.Random, range(seed, seed + 4)), strict=False):
        container, key = rng.choice(list(_places(document["estimator"])))
        container[key] = copy.deepcopy(node)
        if rng.random() < 0.2 and isinstance(container, dict):
            container[rng.choice(["memory", "fit", "n_units", "order", "dtype"])] = container.pop(key)
    _container.write_file(path, document, arrays)
    tracemalloc.start()
    _EXECUTED[:] = ["watching"]
    message = ""
    try:
        load(path)
    except ValueError as error:
        message = str(error)
    finally:
        executed, peak = _EXECUTED[1:], tracemalloc.get_traced_memory()[1]
        _EXECUTED.clear()
        tracemalloc.stop()
    assert not executed
    assert not message or str(path) in message
    assert peak < 30 * 2**20
