"""Annotation files, against wfdb and against damage; windows that have a rhythm, against a sample-by-sample count."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sklearn.utils import Bunch

from ecgclf.classifiers import ResNetClassifier
from ecgclf.datasets import make_recordings, read_annotations, read_recordings, windows_with_rhythm
from ecgclf.datasets._annotation_file import MAX_BYTES
from ecgclf.datasets._wfdb import _import_wfdb
from test_datasets_wfdb import write

SKIP, NUM, SUB, CHN, AUX = (code << 10 for code in (59, 60, 61, 62, 63))
BEAT, PVC, NOTE, RHYTHM = (code << 10 for code in (1, 5, 22, 28))


def note(text):
    content = text.encode("latin-1")
    return [AUX + len(content), *np.frombuffer(content + b"\0" * (len(content) % 2), "<u2").tolist()]


def skip(n):
    return [SKIP, (n >> 16) & 0xFFFF, n & 0xFFFF]


def mark(folder, *words, n_timepoints=1000, rate=100, name="a", extension="atr"):
    """Write a header and an annotation file of these words."""
    (folder / f"{name}.hea").write_text(f"{name} 1 {rate} {n_timepoints}\n{name}.dat 16 1000/mV 16 0 0 0 0 I\n")
    flat = [word for group in words for word in (group if isinstance(group, list) else [group])]
    (folder / f"{name}.{extension}").write_bytes(np.array(flat, "<u2").tobytes())
    return folder / name


def oracle(path, extension="atr"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _import_wfdb().rdann(str(path), extension)


def assert_as_wfdb(path, extension="atr"):
    marks, expected = read_annotations(path, extension).marks, oracle(path, extension)
    assert marks.timepoint.tolist() == expected.sample.tolist()
    assert marks.symbol.tolist() == expected.symbol
    assert marks.note.tolist() == [text.partition("\0")[0] for text in expected.aux_note]


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["mitdb", "cpsc2021"])
def test_real_files_as_wfdb_reads_them(folder, shared_data):
    paths = sorted((shared_data / folder).glob("*.atr"))
    assert paths
    for path in paths:
        assert_as_wfdb(path.with_suffix(""))


@pytest.mark.shared
def test_beats_and_rhythms_of_a_real_record(shared_data):
    found = read_annotations(shared_data / "mitdb" / "201.hea")
    assert (found.record_name, found.sampling_rate, found.n_timepoints) == ("201", 360.0, 650000)
    # As the database's own table of beats has them.
    kinds = found.beats.symbol.value_counts().to_dict()
    assert kinds == {"N": 1625, "V": 198, "a": 97, "A": 30, "j": 10, "F": 2, "J": 1}
    np.testing.assert_allclose(found.beats.seconds, found.beats.timepoint / 360)
    rhythms = found.rhythms
    assert rhythms.rhythm.value_counts().to_dict() == {"N": 16, "T": 12, "AFIB": 3, "NOD": 3, "SVTA": 1}
    assert (rhythms.start.to_numpy()[1:] == rhythms.stop.to_numpy()[:-1]).all()
    assert rhythms.stop.iloc[-1] == 650000
    # The database's notes: 10:05 minutes in atrial fibrillation.
    in_af = rhythms[rhythms.rhythm == "AFIB"]
    assert (in_af.stop_seconds - in_af.start_seconds).sum() == pytest.approx(605, abs=1)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([1, 2, 5, 8, 12, 14, 28, 30, 34, 38, 41]),
            st.integers(0, 1 << 20),
            st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=20),
            st.booleans(),
        ),
        min_size=1,
        max_size=20,
    )
)
@example([(1, 1023, "", False), (1, 1024, "", False), (1, 1 << 20, "ab", True)])
def test_made_files_as_wfdb_reads_them(tmp_path, annotations):
    words = []
    for code, after, text, more in annotations:
        words += [*(skip(after) if after > 1023 else []), (code << 10) + (after if after <= 1023 else 0)]
        words += [SUB + 3, CHN + 1, NUM + 2] if more else []
        words += note(text) if text else []
    assert_as_wfdb(mark(tmp_path, words, 0, n_timepoints=1 << 25))


def test_as_wfdb_writes_them(tmp_path):
    mark(tmp_path, n_timepoints=10**6)
    symbols, notes = ["N", "+", "V", "~"], ["", "(AFIB", "", "odd"]
    samples = np.array([10, 20, 500_000, 500_000])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _import_wfdb().wrann("a", "qrs", samples, np.array(symbols), aux_note=notes, fs=100, write_dir=str(tmp_path))
    assert b"## time resolution: 100" in (tmp_path / "a.qrs").read_bytes()
    found = read_annotations(tmp_path / "a", "qrs")
    assert found.marks.timepoint.tolist() == samples.tolist()
    assert found.marks.symbol.tolist() == symbols
    assert found.marks.note.tolist() == notes
    assert found.beats.timepoint.tolist() == [10, 500_000]
    assert found.rhythms.to_dict("records") == [
        {"start": 20, "stop": 10**6, "start_seconds": 0.2, "stop_seconds": 10**4, "rhythm": "AFIB"}
    ]


def test_what_a_file_says_of_itself_is_no_annotation(tmp_path):
    words = [NOTE, note("## time resolution: 100.0"), NOTE, note("## annotation type definitions")]
    words += [NOTE, note("42 q a symbol of ours"), NOTE, note("## end of definitions"), NOTE, note("## more")]
    path = mark(tmp_path, *words, (42 << 10) + 5, (43 << 10) + 5, (15 << 10) + 5, NOTE + 5, note("## late"), 0)
    marks = read_annotations(path).marks
    assert marks.symbol.tolist() == ["q", "[43]", "[15]", '"']
    assert marks.note.tolist() == ["", "", "", "## late"]


def test_codes_that_are_no_annotation_pass_time(tmp_path):
    found = read_annotations(mark(tmp_path, 7, BEAT + 3, skip(-5), BEAT + 20, 0))
    assert found.beats.timepoint.tolist() == [10, 25]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], []),
        ([BEAT + 10], []),
        ([RHYTHM + 10, note("(N")], [(10, 1000, "N")]),
        ([RHYTHM + 10, note("(N\0\0"), RHYTHM + 20, note("(AFIB ")], [(10, 30, "N"), (30, 1000, "AFIB")]),
        (
            [RHYTHM + 10, note("(N"), RHYTHM + 20, note(")"), RHYTHM + 20, note("(AF")],
            [(10, 30, "N"), (50, 1000, "AF")],
        ),
        ([RHYTHM, note("(N"), RHYTHM, note("(AFIB")], [(0, 1000, "AFIB")]),
        ([RHYTHM + 10, note("(N"), NOTE + 5, note("(sic)"), RHYTHM + 5, note("AF")], [(10, 1000, "N")]),
        ([RHYTHM + 10, note("(N"), RHYTHM + 990, note("(AFIB")], [(10, 1000, "N")]),
    ],
)
def test_where_rhythms_end(tmp_path, words, expected):
    rhythms = read_annotations(mark(tmp_path, *words, 0)).rhythms
    assert list(rhythms[["start", "stop", "rhythm"]].itertuples(index=False, name=None)) == expected
    np.testing.assert_array_equal(rhythms.start_seconds, rhythms.start / 100)
    np.testing.assert_array_equal(rhythms.stop_seconds, rhythms.stop / 100)


@pytest.mark.parametrize("suffix", ["", ".hea", ".dat"])
def test_paths_as_read_recordings_takes_them(tmp_path, suffix):
    path = mark(tmp_path, BEAT + 10, 0)
    (tmp_path / "a.dat").write_bytes(b"")
    assert len(read_annotations(f"{path}{suffix}").beats) == 1
    assert len(read_annotations(tmp_path).beats) == 1


def test_length_and_rate_that_the_header_leaves_out(tmp_path):
    path = write(tmp_path, record="a 1", samples=np.zeros(500))
    (tmp_path / "a.atr").write_bytes(np.array([BEAT + 250, RHYTHM, *note("(N"), 0], "<u2").tobytes())
    found = read_annotations(path)
    assert (found.sampling_rate, found.n_timepoints) == (250.0, 500)
    assert found.beats.seconds.tolist() == [1.0]
    assert found.rhythms.stop.tolist() == [500]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([BEAT + 10], "no whole annotation file"),
        ([], "no whole annotation file"),
        ([BEAT + 10, SKIP, 0], "no whole annotation file"),
        ([BEAT + 10, AUX + 20, 0], "no whole annotation file"),
        ([AUX + 2, 0x4142, 0], "no whole annotation file"),
        ([BEAT + 10, *skip(-11), BEAT, 0], "an annotation at sample -1"),
        ([BEAT + 10, *skip(-5), BEAT, 0], "not in the order of time"),
        ([*skip(0x7FFFFFFF), BEAT, 0], "annotation at sample 2147483647, and the record 1000 samples at 100 Hz"),
        ([BEAT + 1001, 0], "annotation at sample 1001.*of another record, or of another rate"),
        ([NOTE, *note("## time resolution: 360"), BEAT + 10, 0], r"a.atr counts time at 360 Hz, and a.hea at 100 Hz"),
        ([NOTE, *note("## time resolution: 0"), BEAT + 10, 0], r"a.atr counts time at 0 Hz"),
    ],
)
def test_damaged_and_foreign_annotations_are_named(tmp_path, words, complaint):
    with pytest.raises(ValueError, match=rf"a\.atr.*{complaint}|{complaint}"):
        read_annotations(mark(tmp_path, *words))


def test_an_annotation_at_the_very_end_is_one(tmp_path):
    assert read_annotations(mark(tmp_path, BEAT + 1000, 0)).beats.timepoint.tolist() == [1000]


def test_missing_files_are_named(tmp_path):
    path = mark(tmp_path, 0)
    with pytest.raises(FileNotFoundError, match=r"a\.hea has no annotations beside it: there is no a\.qrs"):
        read_annotations(path, "qrs")
    with pytest.raises(FileNotFoundError, match=r"no record at"):
        read_annotations(tmp_path / "b")


@pytest.mark.parametrize("extension", ["../atr", "", "a/b", None, "atr\0", "."])
def test_an_extension_leads_nowhere_else(tmp_path, extension):
    with pytest.raises(ValueError, match="expected the suffix of an annotation file"):
        read_annotations(mark(tmp_path, 0), extension)


def test_one_record_at_a_time(tmp_path):
    mark(tmp_path, 0)
    mark(tmp_path, 0, name="b")
    with pytest.raises(ValueError, match="holds 2 records"):
        read_annotations(tmp_path)


def test_files_and_lengths_beyond_reason(tmp_path):
    path = mark(tmp_path, 0)
    with open(tmp_path / "a.atr", "wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ValueError, match=r"a\.atr is larger than"):
        read_annotations(path)
    with pytest.raises(ValueError, match=r"a\.hea declares a length of 10{17} timepoints"):
        read_annotations(mark(tmp_path, 0, n_timepoints=10**17))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_any_bytes_are_annotations_or_refused(tmp_path, content):
    path = mark(tmp_path)
    (tmp_path / "a.atr").write_bytes(content)
    try:
        found = read_annotations(path).marks.timepoint
    except ValueError as error:
        found, said = None, str(error)
    assert "a.atr" in said if found is None else found.between(0, 1000).all() and found.is_monotonic_increasing


def annotated(stretches, n_timepoints, rate=100.0):
    rhythms = pd.DataFrame(stretches, columns=["start", "stop", "rhythm"])
    return Bunch(rhythms=rhythms, sampling_rate=rate, n_timepoints=n_timepoints)


@st.composite
def records_with_rhythms(draw):
    n_timepoints = draw(st.integers(1, 300))
    changes = sorted(draw(st.sets(st.integers(0, n_timepoints - 1), max_size=8)))
    names = draw(st.lists(st.sampled_from("ABC"), min_size=len(changes), max_size=len(changes)))
    return n_timepoints, list(zip(changes, [*changes, n_timepoints][1:], names, strict=True))


@given(records_with_rhythms(), st.integers(1, 120), st.integers(1, 60), st.sampled_from(["A", "(B", ["A", "C"]]))
def test_shares_are_counted_sample_by_sample(record, length, stride, rhythm):
    n_timepoints, stretches = record
    stride = min(stride, length)
    wanted = {rhythm.lstrip("(")} if isinstance(rhythm, str) else set(rhythm)
    has = np.zeros(n_timepoints, dtype=bool)
    for start, stop, name in stretches:
        has[start:stop] = name in wanted
    annotations = annotated(stretches, n_timepoints)
    windows = windows_with_rhythm(annotations, rhythm, length, window_stride=stride)
    expected = [has[start:stop].mean() for start, stop in zip(windows.starts, windows.stops, strict=True)]
    np.testing.assert_array_equal(windows.shares, expected)


@given(records_with_rhythms(), st.integers(1, 20), st.sampled_from([(2, 1), (3, 1), (1, 2), (1, 3), (3, 2)]))
def test_shares_at_another_rate(record, length, ratio):
    """A sample of the record lasts for `up` ticks and one of the recording for `down`; ticks are counted."""
    (up, down), (n_timepoints, stretches) = ratio, record
    has = np.zeros(n_timepoints * up, dtype=bool)
    for start, stop, name in stretches:
        has[start * up : stop * up] = name == "A"
    annotations = annotated(stretches, n_timepoints, rate=300.0)
    windows = windows_with_rhythm(annotations, "A", length, sampling_rate=300 * up / down)
    assert windows.stops[-1] == -(-n_timepoints * up // down)
    expected = [
        has[start * down : stop * down].mean() for start, stop in zip(windows.starts, windows.stops, strict=True)
    ]
    np.testing.assert_array_equal(windows.shares, expected)


def test_stretches_in_any_order():
    rhythms = pd.DataFrame({"start": [220, 0], "stop": [400, 220], "rhythm": ["AFIB", "N"]})
    annotations = {"rhythms": rhythms, "sampling_rate": 100.0, "n_timepoints": 400}
    assert windows_with_rhythm(annotations, ["AFIB", "N"], 100).shares.tolist() == [1, 1, 1, 1]
    assert windows_with_rhythm(annotations, "AFIB", 100).shares.tolist() == [0, 0, 0.8, 1]
    with pytest.raises(ValueError, match="Two stretches of `rhythms` overlap"):
        windows_with_rhythm(annotations | {"rhythms": rhythms.assign(stop=[400, 221])}, "AFIB", 100)
    with pytest.raises(ValueError, match="rhythm=5 names no rhythm"):
        windows_with_rhythm(annotations, 5, 100)


def test_windows_lie_where_predict_windows_lays_them(tmp_path):
    X, y = make_recordings(8, duration=(3.0, 4.0), sampling_rate=300, random_state=0, return_X_y=True)
    classifier = ResNetClassifier(n_blocks=1, n_filters=4, max_epochs=1, window_length=250, window_stride=100)
    classifier.set_params(random_state=0).fit(X, y)
    write(tmp_path, record="a 1 360 1501", samples=np.arange(1501) % 90)
    (tmp_path / "a.atr").write_bytes(np.array([RHYTHM + 700, *note("(AFIB"), 0], "<u2").tobytes())
    recordings = read_recordings(tmp_path / "a", sampling_rate=300)
    (told,) = classifier.predict_windows(recordings.data)
    windows = windows_with_rhythm(
        read_annotations(tmp_path / "a"), "AFIB", 250, window_stride=100, sampling_rate=recordings.sampling_rate
    )
    np.testing.assert_array_equal(windows.starts, told.starts)
    np.testing.assert_array_equal(windows.stops, told.stops)
    assert windows.shares[0] == 0
    assert windows.shares[-1] == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"annotations": None}, "annotations is None; expected what read_annotations gives"),
        ({"annotations": Bunch(data=1)}, "expected what read_annotations gives"),
        ({"rhythm": []}, "names no rhythm"),
        ({"rhythm": [1]}, "names no rhythm"),
        ({"window_length": 0}, "window_length must be a positive whole number"),
        ({"window_length": 2.5}, "window_length must be a positive whole number"),
        ({"window_stride": -1}, "window_stride must be a positive whole number"),
        ({"sampling_rate": 0}, "sampling_rate"),
    ],
)
def test_what_makes_no_windows(change, words):
    arguments = {"annotations": annotated([], 10), "rhythm": "A", "window_length": 5, **change}
    with pytest.raises(ValueError, match=words):
        windows_with_rhythm(**arguments)


@pytest.mark.shared
def test_af_episodes_of_real_records_in_windows(shared_data):
    """All windows together have as much of it as the record: nothing is lost or counted twice."""
    for name in ("202", "203", "219"):
        found = read_annotations(shared_data / "mitdb" / name)
        in_af = found.rhythms[found.rhythms.rhythm == "AFIB"]
        windows = windows_with_rhythm(found, "AFIB", 10000)
        lengths = windows.stops - windows.starts
        assert (lengths == 10000).all()
        assert (windows.shares * lengths).sum() == (in_af.stop - in_af.start).sum()
        assert 0 < (windows.shares == 1).sum() < len(lengths)
