"""WFDB signals with several samples a frame, missing ones among them, held against what was written."""

import tempfile
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgclf.datasets import read_recordings
from wfdb_by_the_letter import BITS, FLAC, encode

# Format 8 has no code for "missing".
FORMATS = [*(fmt for fmt in BITS if fmt != "8"), *FLAC]
LEADS = ("I", "II", "V1")


def in_frames(samples, per_frame):
    """Interleave: all samples of the first frame, lead by lead, then those of the second, and so on."""
    n_frames = len(samples[0]) // per_frame[0]
    return [
        value
        for frame in range(n_frames)
        for lead, n in zip(samples, per_frame, strict=True)
        for value in lead[frame * n : (frame + 1) * n]
    ]


def write(folder, name, fmt, leads, rate=300):
    """Write a record. `leads` are dicts with name, samples, per_frame, skew, gain and baseline."""
    n_frames = len(leads[0]["samples"]) // leads[0]["per_frame"]
    lines = [f"{name} {len(leads)} {rate} {n_frames}"]
    for lead in leads:
        skew = f":{lead['skew']}" if lead["skew"] else ""
        frame = f"x{lead['per_frame']}" if lead["per_frame"] > 1 else ""
        lines.append(
            f"{name}.dat {fmt}{frame}{skew} {lead['gain']}({lead['baseline']})/mV 16 0 {lead.get('initial', 0)} 0 0 "
            f"{lead['name']}"
        )
    (folder / f"{name}.hea").write_text("\n".join(lines) + "\n")
    samples = [lead["samples"] for lead in leads]
    if fmt in FLAC:
        import soundfile

        left = {"508": 8, "516": 0, "524": 8}[fmt]
        dtype, kind = {"508": ("<i2", "PCM_S8"), "516": ("<i2", "PCM_16"), "524": ("<i4", "PCM_24")}[fmt]
        stored = (np.array(samples, "<i8").T << left).astype(dtype)
        soundfile.write(folder / f"{name}.dat", stored, 96000, format="FLAC", subtype=kind)
    else:
        (folder / f"{name}.dat").write_bytes(encode(fmt, in_frames(samples, [lead["per_frame"] for lead in leads])))
    return folder / name


def expected_lead(lead, code):
    """The voltages of a lead, one a frame, in fractions until the end; None where they are missing."""
    n, samples = lead["per_frame"], lead["samples"]
    frames = [samples[start : start + n] for start in range(0, len(samples), n)][lead["skew"] :]
    frames += [[code]] * lead["skew"]
    return [None if code in frame else volts(Fraction(sum(frame), len(frame)), lead) for frame in frames]


def volts(units, lead):
    return float((units - lead["baseline"]) / Fraction(lead["gain"]))


def as_array(leads):
    out = np.array([[np.nan if value is None else value for value in lead] for lead in leads])
    return out[0] if len(out) == 1 else out


def filled(values):
    """A straight line over each gap, the nearest value at the edges."""
    known = [i for i, value in enumerate(values) if value is not None]
    out = list(values)
    for i, value in enumerate(values):
        if value is None:
            before = max((k for k in known if k < i), default=None)
            after = min((k for k in known if k > i), default=None)
            if before is None or after is None:
                out[i] = values[after if before is None else before]
            else:
                out[i] = values[before] + (values[after] - values[before]) * (i - before) / (after - before)
    return out


def check_all_policies(path, expected):
    """Hold a record against its voltages under each `missing`."""
    lost = sum(value is None for lead in expected for value in lead)
    close = {"rtol": 1e-5, "atol": 1e-6}
    np.testing.assert_allclose(read_recordings(path, missing="keep").data[0], as_array(expected), **close)
    if not lost:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for missing in ("raise", "interpolate", "zero"):
                np.testing.assert_allclose(read_recordings(path, missing=missing).data[0], as_array(expected), **close)
        return
    said = rf"{path.name}\.hea has {lost} of {sum(map(len, expected))} samples missing"
    with pytest.raises(ValueError, match=said):
        read_recordings(path)
    zeros = [[0.0 if value is None else value for value in lead] for lead in expected]
    with pytest.warns(UserWarning, match=f"{said}, set to 0"):
        np.testing.assert_allclose(read_recordings(path, missing="zero").data[0], as_array(zeros), **close)
    if any(all(value is None for value in lead) for lead in expected):
        with pytest.raises(ValueError, match="no sample at all in lead"):
            read_recordings(path, missing="interpolate")
        return
    with pytest.warns(UserWarning, match=f"{said}, filled"):
        found = read_recordings(path, missing="interpolate").data[0]
    np.testing.assert_allclose(found, as_array([filled(lead) for lead in expected]), **close)


@st.composite
def leads_of(draw, fmt, names, n_frames):
    bits = BITS.get(fmt) or FLAC[fmt]
    code = -(2 ** (bits - 1))
    limit = min(2 ** (bits - 1) - 1, 10**6)
    value = st.one_of(st.just(code), st.integers(-limit, limit), st.integers(-9, 9))
    # FLAC has channels, which are all of one length.
    common = draw(st.integers(1, 5)) if fmt in FLAC else None
    leads = []
    for name in names:
        n = common or draw(st.integers(1, 5))
        leads.append(
            {
                "name": name,
                "per_frame": n,
                "samples": draw(st.lists(value, min_size=n * n_frames, max_size=n * n_frames)),
                "skew": draw(st.integers(0, min(2, n_frames))),
                "gain": draw(st.sampled_from([1, 200, 1000, "0.5", "2048.25", -10])),
                "baseline": draw(st.sampled_from([0, 1024, -32768, 7])),
            }
        )
    return leads, code


@pytest.mark.parametrize("fmt", FORMATS)
def test_frames_of_every_format(fmt):
    @settings(max_examples=25)
    @given(st.data())
    def check(data):
        names = LEADS[: data.draw(st.integers(1, 3))]
        leads, code = data.draw(leads_of(fmt, names, data.draw(st.integers(1, 7))))
        with tempfile.TemporaryDirectory() as folder:
            path = write(Path(folder), "a", fmt, leads)
            check_all_policies(path, [expected_lead(lead, code) for lead in leads])

    check()


@settings(max_examples=60)
@given(st.data(), st.booleans())
def test_frames_in_segments(data, variable):
    """Each segment of its own format, gain and frames; with a layout header, each also of its own leads."""
    names = LEADS[: data.draw(st.integers(1, 3))]
    expected = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        folder, lines, first = Path(folder), [], True
        if variable:
            layout = "".join(f"~ 0 1/mV 16 0 0 0 0 {name}\n" for name in names)
            (folder / "layout.hea").write_text(f"layout {len(names)} 300 0\n{layout}")
            lines.append("layout 0")
        for number in range(data.draw(st.integers(1, 4))):
            n_frames = data.draw(st.integers(1, 5))
            if not first and data.draw(st.integers(0, 2)) == 0:
                lines.append(f"~ {n_frames}")
                found = {}
            else:
                some = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True)) if variable else names
                fmt = data.draw(st.sampled_from(FORMATS))
                leads, code = data.draw(leads_of(fmt, some, n_frames))
                write(folder, f"s{number}", fmt, leads)
                lines.append(f"s{number} {n_frames}")
                found = {lead["name"]: expected_lead(lead, code) for lead in leads}
                first = False
            for name in names:
                expected[name] += found.get(name, [None] * n_frames)
        n_timepoints = len(expected[names[0]])
        header = f"m/{len(lines)} {len(names)} 300 {n_timepoints}\n" + "\n".join(lines) + "\n"
        (folder / "m.hea").write_text(header)
        check_all_policies(folder / "m", list(expected.values()))


@pytest.mark.parametrize("n", [1, 2, 5])
def test_format_8_has_no_missing_samples(n, tmp_path):
    """It stores differences; what would be the code of another format is a step like any other."""
    steps = [-128, 1, 127, 3, -5, 9, 2, 2, -128, -7]
    lead = {"name": "I", "per_frame": n, "samples": steps, "skew": 0, "gain": 10, "baseline": 3, "initial": 40}
    path = write(tmp_path, "a", "8", [lead])
    values = [40 + sum(steps[: i + 1]) for i in range(len(steps))]
    frames = [sum(values[i : i + n]) / n for i in range(0, len(values), n)]
    np.testing.assert_allclose(read_recordings(path).data[0], (np.array(frames) - 3) / 10, rtol=1e-6)


def test_means_keep_their_fraction(tmp_path):
    lead = {"name": "I", "per_frame": 4, "samples": [0, 0, 0, -1, 1, 0, 1, 1], "skew": 0, "gain": 1, "baseline": 0}
    np.testing.assert_array_equal(read_recordings(write(tmp_path, "a", "16", [lead])).data[0], [-0.25, 0.75])


@pytest.mark.parametrize("fmt", FORMATS)
def test_what_a_skew_leaves_empty_is_missing(fmt, tmp_path):
    """wfdb marks as many samples as there are frames, and the rest of them stay zeros."""
    common = {"per_frame": 3, "gain": 1, "baseline": 0}
    leads = [
        {"name": "I", "samples": list(range(12)), "skew": 0, **common},
        {"name": "II", "samples": list(range(12)), "skew": 2, **common},
    ]
    found = read_recordings(write(tmp_path, "a", fmt, leads), missing="keep").data[0]
    np.testing.assert_array_equal(found, [[1, 4, 7, 10], [7, 10, np.nan, np.nan]])


def test_bits_that_format_311_leaves_unused(tmp_path):
    """wfdb takes one of them for an eleventh bit of the third sample."""
    values = [5, -6, -7, 511, 510, -512, 1, 2, 300]
    lead = {"name": "I", "per_frame": 1, "samples": values, "skew": 0, "gain": 4, "baseline": 9}
    path = write(tmp_path, "a", "311", [lead])
    content = bytearray((tmp_path / "a.dat").read_bytes())
    content[3::4] = [byte | 0xC0 for byte in content[3::4]]
    (tmp_path / "a.dat").write_bytes(content)
    expected = [np.nan if value == -512 else (value - 9) / 4 for value in values]
    np.testing.assert_array_equal(read_recordings(path, missing="keep").data[0], expected)


@pytest.mark.parametrize("fmt", ["310", "311", "212"])
@pytest.mark.parametrize("n", range(1, 8))
def test_length_of_the_last_block(fmt, n, tmp_path):
    """A file that ends with a block of which only part is used is whole, and one a byte shorter is not."""
    lead = {"name": "I", "per_frame": 1, "samples": list(range(n)), "skew": 0, "gain": 1, "baseline": 0}
    path = write(tmp_path, "a", fmt, [lead])
    np.testing.assert_array_equal(read_recordings(path).data[0], range(n))
    content = (tmp_path / "a.dat").read_bytes()
    (tmp_path / "a.dat").write_bytes(content[:-1])
    with pytest.raises(ValueError, match=r"a\.dat is truncated"):
        read_recordings(path)


def test_signals_of_one_file_have_one_format_and_one_offset(tmp_path):
    """Otherwise the code for missing of the one format is a voltage in the other."""
    lead = {"name": "I", "per_frame": 1, "samples": [1, 2, -32768], "skew": 0, "gain": 1, "baseline": 0}
    path = write(tmp_path, "a", "16", [lead, lead | {"name": "II"}])
    header = (tmp_path / "a.hea").read_text()
    for other, said in (("61", "storage format for a.dat: 16, 61"), ("16+2", "byte offset for a.dat: 0, 2")):
        (tmp_path / "a.hea").write_text(header.replace("a.dat 16 1(0)/mV 16 0 0 0 0 II", f"a.dat {other} 1/mV"))
        with pytest.raises(ValueError, match=f"a.hea declares more than one {said}"):
            read_recordings(path)


@pytest.mark.parametrize(("old", "new"), [(500, 250), (360, 250), (500, 300), (1000, 100), (300, 300), (250, 400)])
def test_a_gap_of_one_sample_survives_resampling(old, new, tmp_path):
    for at in range(20, 45):
        samples = [500] * 100
        samples[at] = -32768
        lead = {"name": "I", "per_frame": 1, "samples": samples, "skew": 0, "gain": 1000, "baseline": 0}
        path = write(tmp_path, "a", "16", [lead], rate=old)
        found = read_recordings(path, missing="keep", sampling_rate=new).data[0]
        gaps = np.flatnonzero(np.isnan(found))
        assert gaps.size >= 1
        # Within half a sample, of the old or the new rate, whichever is longer.
        assert np.abs(gaps / new - at / old).max() <= 0.5 / min(old, new) + 1e-12
        np.testing.assert_allclose(found[~np.isnan(found)], 0.5, rtol=1e-6)


def test_a_gap_far_from_the_start_is_where_the_signal_has_it(tmp_path):
    """A record of an hour at 124.98 Hz, read at 125: a gap, and a step of the voltage behind it."""
    samples = np.full(450_000, 500)
    samples[400_000:400_050] = -32768
    samples[400_050:] = -500
    lead = {"name": "I", "per_frame": 1, "samples": samples.tolist(), "skew": 0, "gain": 1000, "baseline": 0}
    found = read_recordings(write(tmp_path, "a", "16", [lead], rate=124.98), missing="keep", sampling_rate=125).data[0]
    assert found.size == 450_073
    gaps = np.flatnonzero(np.isnan(found))
    np.testing.assert_allclose(gaps[[0, -1]] / 125, np.array([400_000, 400_049]) / 124.98, atol=0.6 / 124.98)
    assert (np.diff(gaps) == 1).all()
    assert found[gaps[0] - 30] == pytest.approx(0.5, abs=0.01)
    assert found[gaps[-1] + 30] == pytest.approx(-0.5, abs=0.01)
