"""Reading WFDB records: oracles, policies, and files that are broken or hostile."""

import socket
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecgclf.datasets import read_recordings
from ecgclf.datasets._wfdb import _import_wfdb

MISSING = -32768


def write(folder, name="a", record=None, signals=None, samples=None, content=None):
    """Write a record of format 16; its parts may be given as text to spoil them."""
    samples = np.array([[0, 500, 1000, -250]]) if samples is None else np.atleast_2d(samples)
    n_leads, n_timepoints = samples.shape
    if signals is None:
        signals = [f"{name}.dat 16 1000/mV 16 0 0 0 0 {lead}" for lead in ("I", "II", "III")[:n_leads]]
    record = f"{name} {len(signals)} 300 {n_timepoints}" if record is None else record
    (folder / f"{name}.hea").write_text("\n".join([record, *signals]) + "\n", encoding="utf-8")
    content = samples.T.astype("<i2").tobytes() if content is None else content
    (folder / f"{name}.dat").write_bytes(content)
    return folder / name


@pytest.fixture
def offline(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def oracle(path):
    return _import_wfdb().rdrecord(str(path)).p_signal.T


@pytest.mark.parametrize(
    "when",
    [
        "11:03",
        "05:05:15 1/05/2000",
        "12:00:00.123 07/03/1999",
        "07/03/199",
        "10:30:00 07/03/199",
        "00:00:00 00/00/0000",
        "24:00:00 01/01/2000",
        "23:59:60",
        "2020-01-31",
        "12:00:00 2020-01-31",
        "now",
        "12:00:00 31/02/2001",
    ],
)
def test_whatever_the_date_and_time_are(when, tmp_path):
    """Neither is used, so neither makes a record unreadable."""
    path = write(tmp_path, record=f"a 2 300 4 {when}", samples=[[0, 500, 1000, -250], [1, 2, 3, 4]])
    recordings = read_recordings(path)
    np.testing.assert_allclose(recordings.data[0], [[0, 0.5, 1.0, -0.25], [0.001, 0.002, 0.003, 0.004]])
    assert recordings.sampling_rate == 300
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.dat", "a.hea"]


def test_dates_in_the_headers_of_segments(tmp_path):
    write(tmp_path, "one", record="one 1 300 4 00:00:00 00/00/0000")
    write(tmp_path, "two", record="two 1 300 4 24:00:00")
    (tmp_path / "whole.hea").write_text("whole/2 1 300 8 99:99:99 99/99/9999\none 4\ntwo 4\n")
    recordings = read_recordings(tmp_path / "whole")
    np.testing.assert_allclose(recordings.data[0], [0, 0.5, 1.0, -0.25] * 2)


def test_a_date_does_not_hide_what_is_wrong(tmp_path):
    path = write(tmp_path, record="a 1 300 4 00:00:00 00/00/0000", content=b"\0")
    with pytest.raises(ValueError, match=r"a\.dat"):
        read_recordings(path)
    (tmp_path / "a.dat").unlink()
    with pytest.raises(OSError, match=r"a\.dat"):
        read_recordings(path)


@pytest.mark.parametrize("blank", ["\x85", "\x1c", "\x0b", "\x0c", "\xa0", "\x00", "\x1f"])
def test_blanks_that_are_none(blank, tmp_path):
    """What Python takes for the end of a line, or for a blank, and wfdb does not."""
    for record in (f"a 1 300 {blank}4 11:03", f"a 1{blank}300 4", f"{blank}a 1 300 4", f"a 1 300 4{blank}11:03"):
        write(tmp_path)
        (tmp_path / "a.hea").write_bytes(f"{record}\na.dat 16 1000/mV 16 0 0 0 0 I\n".encode("latin-1"))
        with pytest.raises(ValueError, match=r"a\.hea"):
            read_recordings(tmp_path / "a")


def test_hidden_files_are_passed_over(tmp_path):
    write(tmp_path, "a")
    for name in ("._a.hea", ".hea", ".b.hea"):
        (tmp_path / name).write_bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        ")
    assert read_recordings(tmp_path).record_names == ["a"]


@pytest.mark.parametrize("suffix", ["", ".hea", ".dat"])
def test_path_with_and_without_suffix(tmp_path, suffix):
    path = write(tmp_path)
    recordings = read_recordings(f"{path}{suffix}")
    assert recordings.record_names == ["a"]
    assert recordings.data.shape == (1,)
    assert recordings.data[0].dtype == np.float32
    np.testing.assert_allclose(recordings.data[0], [0, 0.5, 1.0, -0.25])


def test_folder_is_sorted_and_sequence_keeps_its_order(tmp_path):
    paths = [write(tmp_path, name) for name in ("b", "c", "a")]
    assert read_recordings(tmp_path).record_names == ["a", "b", "c"]
    assert read_recordings(paths).record_names == ["b", "c", "a"]


def test_equal_shapes_stay_an_object_array(tmp_path):
    paths = [write(tmp_path, name, samples=[[1, 2], [3, 4]]) for name in "ab"]
    data = read_recordings(paths).data
    assert data.shape == (2,)
    assert data[0].shape == (2, 2)


def test_folder_with_pattern_characters_in_its_name(tmp_path):
    folder = tmp_path / "a[1]*?"
    folder.mkdir()
    write(folder)
    assert len(read_recordings(folder).data) == 1


@pytest.mark.parametrize(
    ("unit", "factor", "said"),
    [("/mV", 1, "mV"), ("", 1, "mV"), ("/uV", 1e-3, "mV"), ("/V", 1e3, "mV"), ("/NU", 1, "NU")],
)
def test_units_come_to_millivolts(tmp_path, unit, factor, said):
    path = write(tmp_path, signals=[f"a.dat 16 100(10){unit} 16 0 0 0 0 I"])
    recordings = read_recordings(path)
    np.testing.assert_allclose(recordings.data[0], (np.array([0, 500, 1000, -250]) - 10) / 100 * factor, rtol=1e-6)
    assert recordings.units == [said]


def test_leads_are_chosen_by_name_in_the_order_asked(tmp_path):
    a = write(tmp_path, "a", samples=[[1, 1], [2, 2], [3, 3]])
    b = write(
        tmp_path, "b", samples=[[2, 2], [1, 1]], signals=[f"b.dat 16 1000/mV 16 0 0 0 0 {n}" for n in ("ii", "i")]
    )
    with pytest.raises(ValueError, match=r"Record b has the lead names ii, i; record a has I, II, III"):
        read_recordings([a, b])
    recordings = read_recordings([a, b], leads=["II", "i"])
    assert recordings.lead_names == ["II", "I"]
    for signal in recordings.data:
        np.testing.assert_allclose(signal, [[0.002] * 2, [0.001] * 2])
    assert read_recordings([a, b], leads="II").data[0].ndim == 1
    with pytest.raises(ValueError, match=r"b\.hea has no leads named 'III'"):
        read_recordings([a, b], leads=["III"])


def test_mixed_rates_are_an_error_unless_one_is_named(tmp_path):
    times = np.arange(3600) / 360
    a = write(tmp_path, "a", "a 1 360 3600", samples=1000 * np.sin(2 * np.pi * times))
    b = write(tmp_path, "b", "b 1 300 3000", samples=np.zeros(3000))
    with pytest.raises(ValueError, match=r"300 Hz: b; 360 Hz: a.*sampling_rate="):
        read_recordings([a, b])
    recordings = read_recordings([a, b], sampling_rate=300)
    assert recordings.sampling_rate == 300.0
    assert [len(signal) for signal in recordings.data] == [3000, 3000]
    expected = np.sin(2 * np.pi * np.arange(3000) / 300)
    np.testing.assert_allclose(recordings.data[0][300:-300], expected[300:-300], atol=5e-3)


def test_missing_samples_follow_the_named_policy(tmp_path):
    path = write(tmp_path, samples=[MISSING, 100, MISSING, 300, MISSING])
    with pytest.raises(ValueError, match=r"a\.hea has 3 of 5 samples missing"):
        read_recordings(path)
    with pytest.warns(UserWarning, match=r"a\.hea has 3 of 5 samples missing, filled"):
        filled = read_recordings(path, missing="interpolate").data[0]
    np.testing.assert_allclose(filled, [0.1, 0.1, 0.2, 0.3, 0.3], rtol=1e-6)
    with pytest.warns(UserWarning, match=r"a\.hea has 3 of 5 samples missing, set to 0"):
        filled = read_recordings(path, missing="zero").data[0]
    np.testing.assert_allclose(filled, [0, 0.1, 0, 0.3, 0], rtol=1e-6)
    kept = read_recordings(path, missing="keep").data[0]
    np.testing.assert_array_equal(np.isnan(kept), [True, False, True, False, True])


def test_kept_gaps_survive_resampling_without_spreading(tmp_path):
    samples = np.full(600, 500)
    samples[100:200] = MISSING
    path = write(tmp_path, samples=samples)
    signal = read_recordings(path, missing="keep", sampling_rate=150).data[0]
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(signal)), np.arange(50, 100))
    np.testing.assert_allclose(signal[~np.isnan(signal)], 0.5, rtol=1e-3)


def test_a_lead_without_any_sample_is_not_interpolated(tmp_path):
    path = write(tmp_path, samples=[[1, 2], [MISSING, MISSING]])
    with pytest.raises(ValueError, match="no sample at all in lead II"):
        read_recordings(path, missing="interpolate")
    assert np.isnan(read_recordings(path, missing="keep", sampling_rate=100).data[0][1]).all()
    assert read_recordings(path, leads="I").data[0].shape == (2,)


def test_a_record_is_read_once(tmp_path, monkeypatch):
    path = write(tmp_path, "a")
    monkeypatch.chdir(tmp_path)
    assert read_recordings([path, f"{path}.hea", tmp_path, "a"]).record_names == ["a"]


def test_errors_of_records_of_one_name(tmp_path):
    for name in "xy":
        (tmp_path / name).mkdir()
        write(tmp_path / name, "a", content=name.encode())
    good = write(tmp_path, "good")
    with pytest.warns(UserWarning, match="is left out"):
        found = read_recordings([tmp_path / "x", tmp_path / "y", good], on_error="warn")
    assert list(found.errors) == [str(tmp_path / name / "a.hea") for name in "xy"]


@pytest.mark.parametrize("paths", [5, [5], None, [None], [b"a"]])
def test_what_is_no_path(paths):
    with pytest.raises(TypeError, match="is no path; expected that of a record or a folder"):
        read_recordings(paths)


def test_on_error_warn_keeps_the_rest_and_says_why(tmp_path):
    write(tmp_path, "a")
    write(tmp_path, "b", content=b"\0\0")
    write(tmp_path, "c", signals=["absent.dat 16 1000/mV 16 0 0 0 0 I"])
    with pytest.warns(UserWarning, match="is left out") as caught:
        recordings = read_recordings(tmp_path, on_error="warn")
    assert recordings.record_names == ["a"]
    assert recordings.errors.keys() == {str(tmp_path / "b.hea"), str(tmp_path / "c.hea")}
    assert "truncated" in recordings.errors[str(tmp_path / "b.hea")]
    assert "absent.dat" in recordings.errors[str(tmp_path / "c.hea")]
    assert len(caught) == 2
    with (
        pytest.warns(UserWarning, match="is left out"),
        pytest.raises(ValueError, match=r"None of the 1 records.*truncated"),
    ):
        read_recordings(tmp_path / "b", on_error="warn")


def test_multi_segment_record_is_one_recording_with_its_gap(tmp_path):
    write(tmp_path, "s1", samples=[1000, 1000, 1000])
    write(tmp_path, "s2", samples=[2000, 2000])
    (tmp_path / "m.hea").write_text("m/3 1 300 9\ns1 3\n~ 4\ns2 2\n")
    recordings = read_recordings(tmp_path, missing="keep")
    assert recordings.record_names == ["m"]
    np.testing.assert_allclose(recordings.data[0], [1, 1, 1, *[np.nan] * 4, 2, 2])


def test_variable_layout(tmp_path):
    (tmp_path / "l.hea").write_text("l 2 300 0\n~ 0 1000/mV 16 0 0 0 0 I\n~ 0 1000/mV 16 0 0 0 0 II\n")
    write(tmp_path, "s1", samples=[1000, 1000], signals=["s1.dat 16 1000/mV 16 0 0 0 0 II"])
    (tmp_path / "m.hea").write_text("m/2 2 300 2\nl 0\ns1 2\n")
    data = read_recordings(tmp_path / "m", missing="keep").data[0]
    np.testing.assert_allclose(data, [[np.nan] * 2, [1, 1]])


HOSTILE_SEGMENTS = {
    "itself": "m/1 1 300 4\nm 4\n",
    "escape": "m/1 1 300 4\n../a 4\n",
    "absent": "m/1 1 300 4\nzz 4\n",
    "sum": "m/1 1 300 5\na 4\n",
    "longer": "m/1 1 300 9\na 9\n",
    "gap": "m/2 1 300 1000000000004\na 4\n~ 1000000000000\n",
    "count": "m/9 1 300 4\na 4\n",
    "none": "m/0 1 300 4\n",
    "repeat": "m/50 1 300 200\n" + "a 4\n" * 50,
    "other rate": "m/1 1 250 4\na 4\n",
    "no length": "m/1 1 300 4\na\n",
    "shorter the second time": "m/2 1 300 6\na 4\na 2\n",
    "longer the second time": "m/2 1 300 9\na 4\na 5\n",
}


@pytest.mark.parametrize("header", HOSTILE_SEGMENTS.values(), ids=HOSTILE_SEGMENTS.keys())
def test_hostile_segments(tmp_path, offline, header):
    write(tmp_path)
    (tmp_path / "m.hea").write_text(header)
    with pytest.raises((ValueError, OSError), match=r"m\.hea|zz\.hea"):
        read_recordings(tmp_path / "m")


def test_headers_that_name_themselves_or_one_another_do_not_vanish(tmp_path):
    write(tmp_path)
    (tmp_path / "m.hea").write_text("m/1 1 300 4\nm 4\n")
    with pytest.raises(ValueError, match=r"m\.hea: its segment m has segments of its own"):
        read_recordings(tmp_path)
    (tmp_path / "m.hea").write_text("m/1 1 300 4\nn 4\n")
    (tmp_path / "n.hea").write_text("n/1 1 300 4\nm 4\n")
    with pytest.warns(UserWarning, match="its segment [mn] has segments of its own"):
        found = read_recordings(tmp_path, on_error="warn")
    assert found.record_names == ["a"]
    assert len(found.errors) == 2


def test_a_segment_may_come_twice(tmp_path):
    write(tmp_path)
    (tmp_path / "m.hea").write_text("m/2 1 300 8\na 4\na 4\n")
    np.testing.assert_allclose(read_recordings(tmp_path / "m").data[0], [0, 0.5, 1, -0.25] * 2)


def test_a_header_is_never_written_to(tmp_path):
    """wfdb refuses its date, and the copy without one went through a link to the header itself."""
    content = "a 1 300 4 24:00:00 00/00/0000\na.hea 16 1000/mV 16 0 0 0 0 I\n# Age: 55 é\n".encode("latin-1")
    for name in ("a.hea", "A.HEA"):
        (tmp_path / "a.hea").write_bytes(content.replace(b"\na.hea", b"\n" + name.encode()))
        before = (tmp_path / "a.hea").read_bytes()
        with pytest.raises(ValueError, match="names the header .* as its signal file"):
            read_recordings(tmp_path / "a")
        assert (tmp_path / "a.hea").read_bytes() == before


def test_a_record_behind_a_link_is_the_same(tmp_path):
    write(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    assert read_recordings([tmp_path / "a", tmp_path / "link" / "a"]).record_names == ["a"]


@pytest.mark.parametrize("n_others", [3, 5])
def test_files_of_unequal_length_without_a_declared_one(tmp_path, n_others):
    (tmp_path / "b.dat").write_bytes(np.zeros(n_others, "<i2").tobytes())
    write(tmp_path, record="a 2 300", signals=[GOOD, GOOD.replace("a.dat", "b.dat").replace(" I", " II")])
    with pytest.raises(ValueError, match=f"signal files have {min(4, n_others)} and {max(4, n_others)} timepoints"):
        read_recordings(tmp_path / "a")


def test_differences_begin_at_the_zero_of_the_converter(tmp_path):
    """As header(5) has it where no first value is stated."""
    content = np.array([1, 1, 1, -2], "i1").tobytes()
    for zero, first, expected in (("50", "", [1, 2, 3, 1]), ("50", " 60", [11, 12, 13, 11]), ("", "", [1, 2, 3, 1])):
        write(tmp_path, signals=[f"a.dat 8 1/mV 8 {zero}{first}"], content=content)
        np.testing.assert_allclose(read_recordings(tmp_path / "a").data[0], expected)


GOOD = "a.dat 16 1000/mV 16 0 0 0 0 I"
HOSTILE = {
    "parent": ("a 1 300 4", GOOD.replace("a.dat", "../a.dat"), "plain file name"),
    "absolute": ("a 1 300 4", GOOD.replace("a.dat", "/etc/passwd"), "plain file name"),
    "address": ("a 1 300 4", GOOD.replace("a.dat", "http://127.0.0.1/a.dat"), "plain file name"),
    "cloud": ("a 1 300 4", GOOD.replace("a.dat", "s3://bucket/a.dat"), "plain file name"),
    "chain": ("a 1 300 4", GOOD.replace("a.dat", "a.dat::http://127.0.0.1"), "plain file name"),
    "missing": ("a 1 300 4", GOOD.replace("a.dat", "b.dat"), "not beside it"),
    "long": ("a 1 300 99999999999999", GOOD, "truncated"),
    "wide": ("a 999999999 300 4", GOOD, "declares 999999999 signals and describes 1"),
    "frames": ("a 1 300 4", GOOD.replace(" 16 ", " 16x99999999 ", 1), "truncated"),
    "no frames": ("a 1 300 4", GOOD.replace(" 16 ", " 16x0 ", 1), "samples per frame"),
    "skew": ("a 1 300 4", GOOD.replace(" 16 ", " 16:99999999999 ", 1), "skew"),
    "offset": ("a 1 300 4", GOOD.replace(" 16 ", " 16+99999999999 ", 1), "truncated"),
    "flac": ("a 1 300 99999999999", GOOD.replace(" 16 ", " 516 ", 1), "FLAC"),
    "not flac": ("a 1 300 4", GOOD.replace(" 16 ", " 516 ", 1), "not a FLAC file"),
    "format": ("a 1 300 4", GOOD.replace(" 16 ", " 17 ", 1), "storage format 17"),
    "no format": ("a 1 300 4", "a.dat", "storage format"),
    "no signals": ("a 0 300 4", None, "no signals"),
    "only a name": ("a", GOOD, "no signals"),
    "negative": ("a -1 300 4", GOOD, "no signals"),
    "no rate": ("a 1 0 4", GOOD, "sampling rate of 0 Hz"),
    "nan rate": ("a 1 nan 4", GOOD, "sampling rate 'nan'"),
    "negative rate": ("a 1 -300 4", GOOD, "sampling rate '-300'"),
    "huge rate": ("a 1 999999999999 4", GOOD, "sampling rate of 1e"),
    "no length": ("a 1 300 0", GOOD, "length"),
    "negative length": ("a 1 300 -4", GOOD, "length"),
    "nan gain": ("a 1 300 4", GOOD.replace("1000/mV", "nan/mV"), "gain 'nan/mV'"),
    "inf gain": ("a 1 300 4", GOOD.replace("1000/mV", "1e999/mV"), "out of range"),
    "tiny gain": ("a 1 300 4", GOOD.replace("1000/mV", "1e-300/mV"), "beyond float32"),
    "zero gain": ("a 1 300 4", GOOD.replace("1000/mV", "1e-999/mV"), "out of range"),
    "capital": ("a 1 300 4", GOOD.replace("1000/mV", "1E3/mV"), "gain '1E3/mV'"),
    "rubbish": ("a 1 300 4", GOOD.replace("mV", "µV"), "write uV"),
    "rubbish name": ("\x00\xff\xfe 1 300 4", GOOD, "other than printable ASCII"),
    "half a number": (
        "a 1 300 4",
        GOOD.replace(" 16 0 ", " 16 0x10 ", 1),
        "'0x10' in a signal line where a whole number",
    ),
    "sign": ("a 1 300 4", GOOD.replace("mV 16", "mV -16"), "'-16' in a signal line"),
    "name like a number": ("a 1 300 4", "a.dat 16 1000/mV 16 0 3rd", "'3rd' in a signal line"),
    "unit": ("a 1 300 4", GOOD.replace("/mV", "/mm(Hg)"), r"gain '1000/mm\(Hg\)'"),
    "digits": ("a 1 300 4", GOOD.replace(" 16 0", " 16 " + "9" * 900, 1), "digits"),
    "line": ("a 1 300 4", GOOD + "x" * 5000, "characters"),
}


@pytest.mark.parametrize(("record", "signal", "said"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_headers(tmp_path, offline, record, signal, said):
    write(tmp_path, record=record, signals=[] if signal is None else [signal])
    with pytest.raises((ValueError, OSError), match=said) as caught:
        read_recordings(tmp_path / "a")
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("path", ["http://127.0.0.1/a", "s3://bucket/a", "simplecache::http://127.0.0.1/a"])
def test_addresses_are_refused(offline, path):
    with pytest.raises(ValueError, match="not a local path"):
        read_recordings(path)


def test_mixed_up_files_empty_header_and_nothing_at_all(tmp_path):
    write(tmp_path, samples=np.zeros((3, 2)), signals=[GOOD, GOOD.replace("a.", "b."), GOOD])
    with pytest.raises(ValueError, match="must follow one another"):
        read_recordings(tmp_path / "a")
    (tmp_path / "a.hea").write_text("")
    with pytest.raises(ValueError, match=r"a\.hea is empty"):
        read_recordings(tmp_path / "a")
    with pytest.raises(FileNotFoundError, match="There is no record at"):
        read_recordings(tmp_path / "z")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no WFDB header"):
        read_recordings(tmp_path / "empty")
    with pytest.raises(ValueError, match="No paths"):
        read_recordings([])


def test_huge_header_is_not_read(tmp_path):
    with open(tmp_path / "a.hea", "wb") as file:
        file.truncate(1 << 33)
    with pytest.raises(ValueError, match="too large for a header"):
        read_recordings(tmp_path / "a")


@pytest.mark.parametrize(
    ("name", "value"),
    [("missing", "drop"), ("on_error", "ignore"), ("sampling_rate", -1), ("sampling_rate", "300"), ("leads", [])],
)
def test_bad_parameters(tmp_path, name, value):
    write(tmp_path)
    with pytest.raises(ValueError, match=f"{name}="):
        read_recordings(tmp_path, **{name: value})


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 60), st.binary(max_size=4))
def test_a_damaged_header_gives_a_recording_or_a_clear_error(tmp_path, at, patch):
    path = write(tmp_path)
    header = path.with_suffix(".hea").read_bytes()
    path.with_suffix(".hea").write_bytes(header[:at] + patch + header[at + 1 :])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            message = str(read_recordings(path, missing="zero").data[0].size <= 8)
    except (ValueError, OSError) as error:
        message = str(error)
    assert message == "True" or str(tmp_path) in message


def test_importing_loads_no_wfdb():
    code = "import sys, ecgclf.datasets; print('wfdb' in sys.modules, 'torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "False"]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["100_3chan", "a103l", "s0010_re"])
def test_wfdb_samples_agree_with_wfdb(shared_data, name):
    path = shared_data / "wfdb_samples" / name
    recordings = read_recordings(path)
    np.testing.assert_allclose(recordings.data[0], oracle(path), rtol=1e-6)
    if name == "a103l":
        assert recordings.units == ["mV", "mV", "NU"]
        assert read_recordings(path, leads=["II", "V"]).units == ["mV", "mV"]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("folder", "leads", "shape", "rate"),
    [("mitdb", "MLII", (650000,), 360), ("cpsc2021", None, (2, 22355), 200), ("cinc2021", None, (12, 5000), 500)],
)
def test_folders_of_real_records(shared_data, folder, leads, shape, rate):
    recordings = read_recordings(shared_data / folder, leads=leads)
    assert recordings.sampling_rate == rate
    assert recordings.data[0].shape == shape
    assert len(recordings.data) == len(list((shared_data / folder).glob("*.hea")))
    first = oracle(shared_data / folder / recordings.record_names[0])
    np.testing.assert_allclose(
        np.atleast_2d(recordings.data[0]), first[: len(np.atleast_2d(recordings.data[0]))], rtol=1e-6
    )


@pytest.mark.shared
@pytest.mark.parametrize("name", ["E00009", "E00015"])
def test_malformed_records_are_named(shared_data, name):
    with pytest.raises(ValueError, match=rf"{name}\.hea does not start with a record name"):
        read_recordings(shared_data / "malformed" / name)


@pytest.mark.shared
def test_malformed_records_leave_the_rest(shared_data):
    paths = [shared_data / "malformed", shared_data / "cinc2021" / "E07500"]
    with pytest.warns(UserWarning, match="E000"):
        recordings = read_recordings(paths, on_error="warn")
    assert recordings.record_names == ["E07500"]
    assert recordings.errors.keys() == {str(paths[0] / f"{name}.hea") for name in ("E00009", "E00015")}
