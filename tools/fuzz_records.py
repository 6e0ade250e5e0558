"""WFDB records, damaged at random, through `read_recordings`, held against what they say by the letter."""

import contextlib
import io
import re
import tempfile
import warnings
from pathlib import Path

import numpy as np

import wfdb_by_the_letter as by_the_letter
from ecgclf.datasets import read_recordings

_EXTREMES = (
    *("0", "-0", "-1", "1", "2", "3", "00004", "32767", "-32768", "2147483648", "-2147483649"),
    *("9" * 18, "9" * 19, "9" * 400, "0.0", "1e308", "1e-308", "-1e-320", "1e999", "nan", "inf", "-inf"),
    *("1e", ".", "-", "+5", "0x10", "1_0", "٣", "1,5", "", "~", "/", "\\", "..", "../r", "r.hea"),
    *("(", "(0", "0(5)", "1000(-)/mV", "1(1e3)", "1000/", "1000/mm(Hg)", "200/µV"),
    *("16x", "16x0", "16x9999999", "16:1", "16:-1", "16+1", "16+-1", "212x2:1+3", "310x3", "524x2", "17"),
    *("#", "r/0", "r/1", "r/2", "r/", "\x00", "\x85", "\x1c", "\xa0", "\ufeff", "a b", "24:00:00", "31/02/2001"),
)


def run_case(rng):
    """Make a record, damage it, read it; give the outcome in a word, or raise AssertionError."""
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
        folder = Path(folder)
        _write(rng, folder)
        for _ in range(rng.choice([0, 1, 1, 1, 2, 4])):
            _damage(rng, folder)
        missing = str(rng.choice(["keep", "raise", "zero", "interpolate"]))
        rate = None if rng.random() < 0.8 else float(rng.choice([10.0, 250.0, 300.5, 1000.0]))
        return _read(folder, missing, rate)


def _read(folder, missing, rate):
    try:
        expected = by_the_letter.read(folder, "r")
    except (by_the_letter.NotByTheLetterError, OSError, RecursionError):
        expected = None
    flac = any(content[:4] == b"fLaC" for content in map(_bytes, folder.iterdir()))
    printed = io.StringIO()
    with warnings.catch_warnings(record=True) as said, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always")
        try:
            found = read_recordings(folder / "r", missing=missing, sampling_rate=rate)
        except (ValueError, OSError) as error:
            found, problem = None, str(error)
    for warning in said:
        assert warning.category is UserWarning, f"{warning.category.__name__}: {warning.message}"
        assert str(folder) in str(warning.message), f"a warning that names no record: {warning.message}"
    assert len(said) <= 1, f"{len(said)} warnings"
    assert not printed.getvalue(), f"printed {printed.getvalue()[:80]!r}"
    if found is None:
        assert str(folder) in problem, f"an error that names no record: {problem}"
        assert len(problem) < 1500, f"an error of {len(problem)} characters"
        return "refused"
    data = np.atleast_2d(found.data[0])
    assert data.dtype == np.float32, data.dtype
    assert data.size, "empty"
    assert not np.isinf(data).any(), "infinity"
    assert missing == "keep" or not np.isnan(data).any(), f"NaN under missing={missing!r}"
    if flac and expected is None:
        return "answered (FLAC)"
    assert expected is not None, f"answered, {data.tolist()}, though it is no record by the letter"
    if rate is not None and rate != expected[0]:
        return "answered, resampled"
    _compare(found, data, missing, *expected)
    return "answered"


def _compare(found, data, missing, rate, leads):
    assert found.sampling_rate == rate, f"{found.sampling_rate} Hz, by the letter {rate}"
    assert found.lead_names == [name for name, _, _ in leads], (
        f"leads {found.lead_names}, by the letter {[name for name, _, _ in leads]}"
    )
    assert found.units == [unit for _, unit, _ in leads], f"units {found.units}"
    lost = np.array([[value is None for value in values] for _, _, values in leads])
    right = np.array([[float(value or 0) for value in values] for _, _, values in leads])
    assert data.shape == right.shape, f"shape {data.shape}, by the letter {right.shape}"
    assert not (missing == "raise" and lost.any()), "missing samples passed"
    if missing == "keep":
        np.testing.assert_array_equal(np.isnan(data), lost)
    here = ~lost if missing != "zero" else np.ones_like(lost)
    np.testing.assert_allclose(data[here], right[here], rtol=1e-6, atol=1e-9 * np.abs(right).max())


def _bytes(path):
    return path.read_bytes() if path.is_file() else b""


def _write(rng, folder):
    """Write the record r, of one segment or several."""
    if rng.random() < 0.8:
        _write_ordinary(rng, folder, "r", rng.integers(1, 4), rng.integers(1, 40))
        return
    n_leads, lines, n_frames = int(rng.integers(1, 4)), [], 0
    if rng.random() < 0.5:
        names = "".join(f"~ 0 200/mV 16 0 0 0 0 lead {i}\n" for i in range(n_leads))
        (folder / "layout.hea").write_text(f"layout {n_leads} 300 0\n{names}")
        lines.append("layout 0")
    for number in range(rng.integers(1, 4)):
        length = int(rng.integers(1, 20))
        gap = number > 0 and rng.random() < 0.3
        if not gap:
            _write_ordinary(rng, folder, f"s{number}", n_leads, length)
        lines.append(f"{'~' if gap else f's{number}'} {length}")
        n_frames += length
    (folder / "r.hea").write_text("\n".join([f"r/{len(lines)} {n_leads} 300 {n_frames}", *lines]) + "\n")


def _write_ordinary(rng, folder, name, n_leads, n_frames):
    fmt = str(rng.choice(list(by_the_letter.BITS)))
    bits, lines, per_frame = by_the_letter.BITS[fmt], [f"{name} {n_leads} 300 {n_frames}"], []
    for lead in range(n_leads):
        n = int(rng.choice([1, 1, 2, 3]))
        per_frame.append(n)
        skew, frame = rng.choice(["", "", "", ":1"]), f"x{n}" if n > 1 else ""
        gain = rng.choice(["1000/mV", "200(10)/uV", "0.5(-3)", "-7/NU", "200.25(1024)/V", "0"])
        zero = rng.choice(["0", "1024", "-5"])
        lines.append(f"{name}.dat {fmt}{frame}{skew} {gain} 16 {zero} 7 0 0 lead {lead}")
    code = -(2 ** (bits - 1))
    values = rng.integers(max(code, -(10**5)), min(-code, 10**5), size=n_frames * sum(per_frame))
    values[rng.random(values.size) < rng.choice([0, 0.1])] = code
    (folder / f"{name}.hea").write_text("\n".join(lines) + "\n")
    (folder / f"{name}.dat").write_bytes(by_the_letter.encode(fmt, values.tolist()))


def _damage(rng, folder):
    files = sorted(folder.iterdir()) or [folder / "r.hea"]
    path = files[rng.integers(len(files))] if rng.random() < 0.5 else folder / "r.hea"
    if not path.is_file():
        return
    content = path.read_bytes()
    if path.suffix == ".hea" and rng.random() < 0.6:
        path.write_bytes(_damage_fields(rng, content.decode("latin-1")).encode("latin-1", errors="replace"))
        return
    at = int(rng.integers(len(content) + 1))
    some = rng.integers(0, 256, size=rng.integers(1, 9), dtype=np.uint8).tobytes()
    kind = rng.integers(9)
    if kind == 0:
        content = content[:at]
    elif kind == 1:
        content += some
    elif kind == 2:
        content = content[:at] + some + content[at:]
    elif kind == 3:
        content = content[:at] + content[at + len(some) :]
    elif kind in (4, 5):
        content = content[:at] + some[:1] + content[at + 1 :]
    elif kind == 6:
        content = bytes([rng.choice(list(b"0123456789 -+:x/()~#.\n\t"))]).join([content[:at], content[at + 1 :]])
    elif kind == 7:
        path.unlink()
        if rng.random() < 0.3:
            path.mkdir()
        return
    else:
        content = rng.choice([b"", content.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + content, content * 2])
    path.write_bytes(content)


def _damage_fields(rng, text):
    if rng.random() < 0.15:
        lines = text.split("\n")
        lines[rng.integers(len(lines))] = rng.choice([*lines, ""])
        return "\n".join(lines)
    fields = re.split(r"([ \n/()x:+])", text)
    at = int(rng.integers(len(fields)))
    new = str(rng.choice(_EXTREMES))
    if rng.random() < 0.3:
        new = str(rng.choice([*by_the_letter.BITS, *by_the_letter.FLAC]))
    fields[at] = new if rng.random() < 0.8 else fields[at] + new
    return "".join(fields)
