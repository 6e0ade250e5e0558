"""Files that nobody should load: refused with a ValueError that names them, nothing executed, no memory taken."""

import json
import os
import pickle
import sys
import zipfile

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgclf.persistence import _container, load, save
from ecgclf.preprocessing import RRFeatures
from hostile import ON_PURPOSE, forge, header_of, refused


@pytest.fixture
def path(tmp_path):
    """Where the hostile file lies."""
    return tmp_path / "hostile.ecgclf"


@settings(max_examples=100, suppress_health_check=ON_PURPOSE)
@given(st.data())
def test_every_flipped_bit_is_found(good, path, data):
    content = bytearray((good / "LSTMClassifier").read_bytes())
    for _ in range(data.draw(st.integers(1, 3), label="flips")):
        # Half of them in the header, where a change of the right bit would change what is built.
        end = 6000 if data.draw(st.booleans()) else len(content)
        content[data.draw(st.integers(0, end - 1))] ^= 1 << data.draw(st.integers(0, 7))
    if content != (good / "LSTMClassifier").read_bytes():
        path.write_bytes(content)
        refused(path)


@settings(max_examples=60, suppress_health_check=ON_PURPOSE)
@given(st.data())
def test_every_truncation_and_addition_is_found(good, path, data):
    content = (good / "Pipeline").read_bytes()
    cut = data.draw(st.integers(0, len(content) - 1))
    path.write_bytes(content[:cut] if data.draw(st.booleans()) else content + content[:cut] + b"\0")
    refused(path)


class _Bomb:
    def __reduce__(self):
        return os.mkdir, ("executed",)


def test_a_pickle_or_a_zip_in_disguise_is_refused(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    path.write_bytes(pickle.dumps(_Bomb()))
    refused(path, "not a safetensors file")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../escaped", pickle.dumps(_Bomb()))
    refused(path, "not a safetensors file")
    # As the bytes of an array it stays bytes.
    payload = np.frombuffer(pickle.dumps(_Bomb()), np.uint8)
    path.write_bytes(safetensors.numpy.save({"0": payload}))
    refused(path, "no checksum")
    assert not (tmp_path / "executed").exists()


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing")
    refused(tmp_path, "not a regular file")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "not a regular file")


@pytest.mark.parametrize(
    "name",
    ["os.system", "builtins.eval", "sklearn.svm.SVC", "ecgclf.persistence.load", "../x", 3, None],
)
@pytest.mark.parametrize("kind", ["object", "named"])
def test_a_class_that_is_not_on_the_list_is_refused(name, kind, path):
    inner = {"class": name, "parameters": {}, "state": {}} if kind == "object" else name
    _container.write_file(path, {"estimator": {kind: inner}}, {})
    modules = set(sys.modules)
    refused(path, "not on the list")
    assert set(sys.modules) == modules


def test_a_newer_and_an_older_format_are_told(path, monkeypatch):
    for written, told in ((3, r"reads up to format 2\. Update ecgclf"), (1, "earlier ecgclf, .* reads format 2")):
        with monkeypatch.context() as patch:
            patch.setattr(_container, "FORMAT", written)
            save(RRFeatures(300), path)
        refused(path, f"of format {written},.* {told}")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ((2**63).to_bytes(8, "little") + b"{}", "truncated"),
        ((10**8).to_bytes(8, "little") + b"{" + b" " * 10, "truncated"),
        ((2**24).to_bytes(8, "little") + b"{" + b" " * 2**24, "header claims 16777216 bytes"),
        (b"", "truncated"),
    ],
)
def test_a_gigantic_header_is_refused(content, match, path):
    path.write_bytes(content)
    refused(path, match)


@pytest.mark.parametrize(
    ("entry", "rest"),
    [
        ({"dtype": "F64", "shape": [10**12], "data_offsets": [0, 8 * 10**12]}, bytes(8)),
        ({"dtype": "F64", "shape": [10**12], "data_offsets": [0, 8]}, bytes(8)),
        ({"dtype": "F64", "shape": [2**32, 2**32, 2], "data_offsets": [0, 0]}, b""),
        ({"dtype": "F64", "shape": [0, 2**62], "data_offsets": [0, 0]}, b""),
        ({"dtype": "F64", "shape": [-1], "data_offsets": [0, 8]}, bytes(8)),
        ({"dtype": "F64", "shape": [1], "data_offsets": [8, 16]}, bytes(16)),
        ({"dtype": "O", "shape": [1], "data_offsets": [0, 8]}, bytes(8)),
        ({"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}, bytes(9)),
    ],
)
def test_an_array_that_is_not_in_the_file_is_refused(entry, rest, path):
    forge(path, header_of(**{"0": entry}), rest)
    refused(path, "arrays cannot be read")


def test_overlapping_arrays_are_refused(path):
    entry = {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}
    forge(path, header_of(**{"0": entry, "1": entry}), bytes(8))
    refused(path, "arrays cannot be read")


@pytest.mark.parametrize(
    ("document", "match"),
    [
        ("[" * 100_000, "nested too deeply|more than"),
        ('{"estimator":' + "[" * 900 + "]" * 900 + "}", "nested too deeply|something else"),
        ("[" + "[]," * 300_000 + "[]]", "more than 200000 lists"),
        ('{"a":1,"a":2}', "occurs twice"),
        ('{"estimator":NaN}', "not JSON"),
        ('{"estimator":-Infinity}', "not JSON"),
        ('{"estimator":' + "9" * 5000 + "}", "JSON cannot be read"),
        ("[]", "not an object"),
        ("{}", "does not make sense"),
        ('{"estimator":null}', "something else than one estimator"),
        ('{"estimator":{"exec":"x"}}', "unknown kind 'exec'"),
        ('{"estimator":{"same":0}}', "refers to an object"),
        ('{"estimator":{"texts":["a"],"dtype":"<U99999999","shape":[1]}}', "strings for an array"),
        ('{"estimator":{"texts":["a"],"dtype":"<U1","shape":[1000000000000]}}', "strings for an array"),
        ('{"estimator":{"texts":[1],"dtype":"<U1","shape":[1]}}', "something else than strings"),
        ('{"estimator":{"array":"0","dtype":"<f8","order":"C"}}', "twice, or does not have it"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused(document, match, path):
    forge(path, header_of(document))
    refused(path, match)


def test_duplicate_keys_of_the_header_are_refused(path):
    text = json.dumps(header_of(), separators=(",", ":"))
    forge(path, (text[:-1] + ',"__metadata__":{}}').encode())
    refused(path, "occurs twice")


@pytest.mark.parametrize("metadata", [{}, {"ecgclf_format": "x"}, {"ecgclf_format": "2"}])
def test_a_safetensors_file_of_others_is_refused(metadata, path):
    forge(path, {"__metadata__": {**metadata, "sha256": "0" * 64}})
    refused(path, "does not say its format|has no document")
