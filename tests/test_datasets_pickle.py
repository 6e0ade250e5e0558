"""Pickles of recordings, friendly and hostile."""

import codecs
import os
import pickle
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgclf._recordings import object_array
from ecgclf.datasets import load_challenge2017_pickle

SIGNALS = [np.array([-127, 0, 500], np.int16), np.array([1.0, 2.0]), np.arange(5, dtype=">i4")]


def load(tmp_path, content):
    path = tmp_path / "challenge2017.pkl"
    path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content))
    return load_challenge2017_pickle(path)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("hold", [list, tuple, object_array])
@pytest.mark.parametrize("label", [list, np.array, lambda labels: np.array(labels, object)])
def test_every_protocol_and_container(tmp_path, protocol, hold, label):
    content = {"data": hold(SIGNALS), "label": label(["N", "A", "~"])}
    bunch = load(tmp_path, pickle.dumps(content, protocol=protocol))
    assert bunch.data.shape == (3,)
    for ours, theirs in zip(bunch.data, SIGNALS, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs / 1000)
    assert bunch.target.tolist() == ["N", "A", "~"]
    assert bunch.target.dtype.kind == "U"
    assert (bunch.sampling_rate, bunch.record_names) == (300.0, ["0", "1", "2"])


def test_table_fortran_order_and_unit(tmp_path):
    path = tmp_path / "a.pkl"
    table = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    path.write_bytes(pickle.dumps({"data": table, "label": np.array([b"N", b"O"])}))
    X, y = load_challenge2017_pickle(path, adc_per_mv=1.0, return_X_y=True)
    np.testing.assert_array_equal(np.stack(X), table)
    assert y.tolist() == ["N", "O"]
    with pytest.raises(ValueError, match="adc_per_mv=0"):
        load_challenge2017_pickle(path, adc_per_mv=0)


def test_python_2_pickle(tmp_path):
    """As Python 2 wrote it: bytes as text, module names of old, labels as byte strings."""
    samples = np.array([1.0, 2.0]).tobytes()
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntU\x01btR"
        b"(I1\n(I2\ntcnumpy\ndtype\n(U\x02f8I0\nI1\ntR(I3\nU\x01<NNNI-1\nI-1\nI0\ntbI00\nU" + bytes([len(samples)])
    )
    content = b"\x80\x02}(U\x04data](" + array + samples + b"tbeU\x05label](U\x01Aeu."
    bunch = load(tmp_path, content)
    np.testing.assert_allclose(bunch.data[0], [0.001, 0.002])
    assert bunch.target.tolist() == ["A"]


class Call:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def marker(tmp_path):
    return tmp_path / "was-run"


CALLS = {
    "system": lambda path: Call(os.system, f"touch {path}"),
    "eval": lambda path: Call(eval, f"open({str(path)!r}, 'w')"),
    "exec": lambda path: Call(exec, f"open({str(path)!r}, 'w')"),
    "open": lambda path: Call(open, str(path), "w"),
    "getattr": lambda path: Call(getattr, "", "format"),
    "fromfile": lambda path: Call(np.fromfile, str(path)),
    "load": lambda path: Call(np.load, str(path)),
    "zeros": lambda path: Call(np.zeros, 10),
    "ndarray": lambda path: Call(np.ndarray, (10**12,)),
    "bytes": lambda path: Call(bytes, 10**12),
    "bytearray": lambda path: Call(bytearray, 10**12),
    "memmap": lambda path: Call(np.memmap, str(path), "u1", "w+", 0, (9,)),
    "codec": lambda path: Call(codecs.encode, "a" * 9, "utf-32"),
    "zlib codec": lambda path: Call(codecs.encode, b"a" * 9, "zlib"),
    "dtype giant": lambda path: Call(np.dtype, "V999999999"),
    "dtype void": lambda path: Call(np.dtype, "f8,f8"),
    "dtype long": lambda path: Call(np.dtype, "S999999999"),
    "dtype object of": lambda path: Call(np.dtype, ("f8", (10**6, 10**6))),
    "partial": lambda path: Call(__import__("functools").partial, os.system, f"touch {path}"),
    "import": lambda path: Call(__import__, "antigravity"),
}


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_calls_are_refused_and_not_run(tmp_path, call, protocol, nested):
    hostile = call(marker(tmp_path))
    data = [np.arange(3), object_array([np.arange(2), [hostile]])] if nested else hostile
    with pytest.raises(ValueError, match=r"challenge2017\.pkl is not a pickle of recordings"):
        load(tmp_path, pickle.dumps({"data": data, "label": ["N"]}, protocol=protocol))
    assert not marker(tmp_path).exists()


NAMES = [
    "os\nsystem",
    "builtins\neval",
    "__builtin__\neval",
    "numpy.core.multiarray\nfromstring",
    "numpy\nload",
    "numpy\ncore.multiarray._reconstruct",
    "ecgclf.datasets._unpickler\nArrayUnpickler",
    "pickle\nloads",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match="it calls for"):
        load(tmp_path, b"c" + name.encode() + b"\n.")


def test_attributes_of_names_are_refused(tmp_path):
    content = b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.__init__\x93."
    with pytest.raises(ValueError, match="it calls for"):
        load(tmp_path, content)


def array(shape=(2,), content=b"\0" * 16, dtype=b"f8", is_fortran=b"\x89"):
    """Opcodes of an array, as protocol 3 writes it."""
    dims = b"".join(b"\x8a\x08" + struct.pack("<q", n) for n in shape)
    return (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\x01b\x87R"
        b"(K\x01(" + dims + b"tcnumpy\ndtype\nX" + struct.pack("<I", len(dtype)) + dtype + b"\x89\x88\x87R"
        b"(K\x03X\x01\0\0\0<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
        + is_fortran + b"B" + struct.pack("<I", len(content)) + content + b"tb"
    )  # fmt: skip


def pack(data):
    return b"\x80\x03}(X\x04\0\0\0data" + data + b"X\x05\0\0\0label](X\x01\0\0\0Neu."


def test_the_opcodes_used_here_are_sound(tmp_path):
    assert load(tmp_path, pack(b"](" + array() + b"e")).data[0].tolist() == [0.0, 0.0]


SPOILT = {
    "giant shape": array((10**12,)),
    "overflowing shape": array((2**62, 4)),
    "negative shape": array((-1, -2)),
    "many dimensions": array((1,) * 60, bytes(8)),
    "giant and empty": array((10**12, 0), b""),
    "short": array((3,)),
    "long dtype": array((2,), dtype=b"S999999"),
    "void": array((2,), dtype=b"V8"),
    "structured": array((1,), dtype=b"f8,f8"),
    "empty strings": array((10**9,), b"", dtype=b"S0"),
    "objects from bytes": array((2,), dtype=b"O8"),
    "text": array((2,), dtype=b"U2"),
    "datetime": array((2,), dtype=b"M8[s]"),
    "memo": b"Nr" + struct.pack("<I", 0xFFFFFFFF) + b"0" + array((3,)),
    "state of a function": b"cnumpy\ndtype\n}X\x01\0\0\0aK\x01sb",
    "slots of a function": b"cnumpy\ndtype\nN}X\x09\0\0\0_functionK\x01s\x86b",
    "class of a function": b"cnumpy\ndtype\n)\x81",
    "new array": b"cnumpy\nndarray\n\x8a\x08" + struct.pack("<q", 10**12) + b"\x85\x81",
    "persistent": b"Pabc\n",
    "extension": b"\x82\x01",
    "buffer": b"\x97",
    "numbers": b"](K\x01K\x02e",
    "complex": array((1,), dtype=b"c16"),
    "nan": array((1,), struct.pack("<d", float("nan"))),
    "cube": array((2, 1, 1)),
}


@pytest.mark.parametrize("data", SPOILT.values(), ids=SPOILT.keys())
def test_spoilt_arrays(tmp_path, data):
    with pytest.raises(ValueError, match=r"challenge2017\.pkl"):
        load(tmp_path, pack(b"](" + data + b"e"))


@pytest.mark.parametrize("opcode", [b"\x8e", b"\x96", b"\x8d", b"\x95"], ids=["bytes", "bytearray", "text", "frame"])
def test_no_memory_is_taken_for_what_the_file_does_not_have(tmp_path, opcode):
    with pytest.raises(ValueError, match="it declares more bytes than it has"):
        load(tmp_path, pack(opcode + struct.pack("<Q", 1 << 40)))


@pytest.mark.parametrize("shape", [(3,), (1,), (10**12,), (2**61, 8)])
def test_shapes_must_fit_their_bytes(tmp_path, shape):
    with pytest.raises(ValueError, match="that its bytes do not fill"):
        load(tmp_path, pack(b"](" + array(shape) + b"e"))


def test_repeating_one_array_does_not_multiply_memory(tmp_path):
    # The array once, into the memo, then a thousand references of two bytes to it.
    data = b"](" + array((1000,), bytes(8000)) + b"q\x01" + b"h\x01" * 1000 + b"e"
    with pytest.raises(ValueError, match="more than it has bytes"):
        load(tmp_path, pack(data))


def test_decoding_one_text_again_and_again_does_not_multiply_memory(tmp_path):
    text = b"X" + struct.pack("<I", 10_000) + b"a" * 10_000
    again = b"(c_codecs\nencode\nq\x02" + text + b"q\x03X\x06\0\0\0latin1q\x04\x86R0"
    again += b"h\x02h\x03h\x04\x86R0" * 100 + b"t"
    with pytest.raises(ValueError, match="it unfolds to more than it has bytes"):
        load(tmp_path, pack(again))


def test_unfolding_one_scalar_again_and_again_does_not_multiply_memory(tmp_path):
    scalar = b"cnumpy.core.multiarray\nscalar\nq\x000"
    kind = b"cnumpy\ndtype\nX\x05\0\0\0S9999\x85Rq\x01"
    value = b"B" + struct.pack("<I", 9999) + b"x" * 9999 + b"q\x02\x86q\x030"
    content = b"\x80\x03}X\x04\0\0\0data" + scalar + kind + value
    content += b"](" + b"h\x00h\x03R" * 1000 + b"esX\x05\0\0\0label]s."
    with pytest.raises(ValueError, match="unfolds to more than it has bytes"):
        load(tmp_path, content)


def test_halves_are_divided_as_numbers(tmp_path):
    found = load(tmp_path, {"data": [np.array([127, 60000], np.float16)], "label": ["N"]})
    np.testing.assert_array_equal(found.data[0], np.float32([0.127, 60.0]))


@pytest.mark.parametrize("value", ["1000", None, True, np.array([1.0, 2.0]), np.nan, np.inf])
def test_what_is_no_scale(tmp_path, value):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"data": SIGNALS[:1], "label": ["N"]}))
    with pytest.raises(ValueError, match="adc_per_mv=.* is not a positive number"):
        load_challenge2017_pickle(path, adc_per_mv=value)


def test_unfolding_one_list_again_and_again_does_not_multiply_memory(tmp_path):
    start = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85C\x01b\x87R"
    dtype = b"cnumpy\ndtype\nX\2\0\0\0O8\x89\x88\x87R(K\3X\1\0\0\0|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb"
    once = start + b"(K\1M\x10\x27\x85" + dtype + b"\x89h\1tb0"
    content = b"](" + b"N" * 10_000 + b"eq\0010" + once
    assert load(tmp_path, pack(content + b"](" + array() + b"e")).data.shape == (1,)
    with pytest.raises(ValueError, match="it unfolds to more than it has bytes"):
        load(tmp_path, pack(content + once * 100 + b"](" + array() + b"e"))


def test_not_a_pickle_truncated_and_absent(tmp_path):
    with pytest.raises(ValueError, match="is not a pickle"):
        load(tmp_path, b"")
    whole = pickle.dumps({"data": SIGNALS, "label": ["N", "A", "O"]})
    with pytest.raises(ValueError, match="is not a pickle"):
        load(tmp_path, whole[:-20])
    with pytest.raises(FileNotFoundError):
        load_challenge2017_pickle(tmp_path / "absent.pkl")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([1, 2], "a dict with 'data' and 'label'"),
        ({"data": SIGNALS}, "a dict with 'data' and 'label'"),
        ({"data": SIGNALS, "label": ["N"]}, "3 signals and 1 labels"),
        ({"data": [], "label": []}, "0 signals"),
        ({"data": "abc", "label": ["N"] * 3}, "'data' is a str"),
        ({"data": SIGNALS, "label": ["N", "A", 1]}, "label of recording 2 is 1"),
        ({"data": [*SIGNALS[:2], "x"], "label": ["N"] * 3}, "recording 2 is not a numeric array"),
    ],
)
def test_other_contents_are_named(tmp_path, content, said):
    with pytest.raises(ValueError, match=said):
        load(tmp_path, content)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_pickle_gives_recordings_or_a_clear_error(tmp_path, data):
    whole = pickle.dumps({"data": SIGNALS, "label": np.array(["N", "A", "O"])}, protocol=2)
    at = data.draw(st.integers(0, len(whole) - 1))
    patch = data.draw(st.binary(max_size=6))
    try:
        message = f"challenge2017.pkl {len(load(tmp_path, whole[:at] + patch + whole[at + 1 :]).data)}"
    except ValueError as error:
        message = str(error)
    assert "challenge2017.pkl" in message
