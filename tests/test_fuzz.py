"""A short run of tools/fuzz.py, and that it tells what it should."""

import numpy as np
import pytest

import fuzz
import fuzz_collections
import fuzz_records
import wfdb_by_the_letter
from ecgclf.datasets import _wfdb


@pytest.mark.parametrize(("kind", "n"), [("records", 300), ("collections", 150)])
def test_a_right_answer_or_an_error_that_names_the_recording(kind, n):
    outcomes, unexpected = fuzz.run(kind, 1, range(n))
    assert not unexpected
    assert sum(outcomes.values()) == n
    assert len(outcomes) > 1


def test_the_same_seed_gives_the_same_cases(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        rng = np.random.default_rng([0, 5])
        fuzz_records._write(rng, tmp_path / name)
        fuzz_records._damage(rng, tmp_path / name)
    files = sorted((tmp_path / "one").iterdir())
    assert files
    for file in files:
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_wrong_voltages_are_told(monkeypatch, capsys):
    monkeypatch.setattr(_wfdb, "one_a_frame", lambda samples, n, skew: samples[::n])
    assert fuzz.main(["--records", "60", "--collections", "0"]) == 1
    out = capsys.readouterr().out
    assert "UNEXPECTED" in out
    assert "python tools/fuzz.py --seed 0 --only records:" in out


@pytest.mark.parametrize("error", [TypeError("no"), ValueError("no record named"), MemoryError()])
def test_errors_of_other_kinds_are_told(error, monkeypatch):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(fuzz_records, "read_recordings", fail)
    _, unexpected = fuzz.run("records", 0, range(3))
    assert [case for case, _ in unexpected] == [0, 1, 2]


def test_a_case_that_does_not_end_is_told(monkeypatch):
    def hang(*args, **kwargs):
        while True:
            pass

    monkeypatch.setattr(fuzz, "SECONDS_A_CASE", 0.05)
    monkeypatch.setattr(fuzz_records, "read_recordings", hang)
    _, [(case, what)] = fuzz.run("records", 0, [2])
    assert (case, what[:12]) == (2, "TooLongError")


def test_collections_that_pass_in_silence_are_told(monkeypatch):
    monkeypatch.setattr(fuzz_collections, "check_recordings", lambda estimator, X: type("All", (), {"items": [0]}))
    _, unexpected = fuzz.run("collections", 0, range(20))
    assert unexpected


@pytest.mark.parametrize("fmt", wfdb_by_the_letter.BITS)
def test_what_is_encoded_by_the_letter_is_decoded(fmt):
    bits = wfdb_by_the_letter.BITS[fmt]
    rng = np.random.default_rng(0)
    for n in range(1, 13):
        values = rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), size=n).tolist()
        assert wfdb_by_the_letter.decode(fmt, wfdb_by_the_letter.encode(fmt, values), n) == values
