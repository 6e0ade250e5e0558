"""The Challenge 2017: archives sound, partial, damaged and hostile; the cache; the sample in the package."""

import os
import re
import struct
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ecgclf.datasets import _sample, fetch_cinc2017, load_cinc2017_sample, read_recordings
from ecgclf.datasets._archive import Archive, read_labels
from ecgclf.datasets._cinc2017 import COUNTS

SIGNALS = {"A00001": [-127, 0, 500], "A00002": [1, 2, 3, 4], "A00005": [1000, -1000]}
LABELS = {"A00001": "N", "A00002": "A", "A00005": "~"}


def header(name, n_timepoints, rate=300, gain=1000):
    return (
        f"{name} 1 {rate} {n_timepoints} 05:05:15 1/05/2000 \n{name}.mat 16+24 {gain}/mV 16 0 -127 0 0 ECG \n".encode()
    )


def mat(samples, columns=None):
    columns = len(samples) if columns is None else columns
    return struct.pack("<5i4s", 30, 1, columns, 0, 4, b"val\0") + np.array(samples, "<i2").tobytes()


def members(signals=SIGNALS):
    files = {}
    for name, samples in signals.items():
        files[f"training2017/{name}.hea"] = header(name, len(samples))
        files[f"training2017/{name}.mat"] = mat(samples)
    return files


def write_labels(home, version="v3", labels=LABELS):
    home.mkdir(exist_ok=True)
    (home / f"REFERENCE-{version}.csv").write_text("".join(f"{n},{v}\n" for n, v in labels.items()))


def write_zip(home, files):
    home.mkdir(exist_ok=True)
    with zipfile.ZipFile(home / "training2017.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return home


def write_folder(home, files):
    for name, content in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
    return home


@pytest.fixture(autouse=True)
def user_cache(tmp_path, monkeypatch):
    folder = tmp_path / "user-cache"
    monkeypatch.setenv("ECGCLF_DATA", str(folder))
    return folder


@pytest.fixture
def home(tmp_path):
    write_labels(tmp_path / "home")
    return tmp_path / "home"


def fetch(home, **kwargs):
    return fetch_cinc2017(home, download_if_missing=False, **kwargs)


@pytest.mark.parametrize("write", [write_zip, write_folder])
@pytest.mark.parametrize("within", [".", "cinc2017"])
def test_zipped_and_unpacked_in_either_place(tmp_path, write, within):
    write_labels(tmp_path / "home")
    write(tmp_path / "home" / within, members())
    cinc = fetch(tmp_path / "home")
    assert cinc.record_names == list(SIGNALS)
    assert cinc.target.tolist() == ["N", "A", "~"]
    assert (cinc.lead_names, cinc.sampling_rate) == (["ECG"], 300.0)
    for signal, samples in zip(cinc.data, SIGNALS.values(), strict=True):
        assert type(signal) is np.ndarray
        assert signal.dtype == np.float32
        assert not signal.flags.writeable
        np.testing.assert_allclose(signal, np.array(samples) / 1000)
    assert "3 of the 8528 recordings" in cinc.DESCR
    X, y = fetch(tmp_path / "home", return_X_y=True)
    assert X.shape == y.shape == (3,)


def test_second_call_maps_the_cache_and_reads_no_record(home, monkeypatch):
    write_zip(home, members())
    first = fetch(home)
    monkeypatch.setattr(Archive, "read", lambda *args: pytest.fail("a record was read"))
    second = fetch(home)
    for a, b in zip(first.data, second.data, strict=True):
        np.testing.assert_array_equal(a, b)
    base = second.data[0]
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)


def tree(folder):
    """All below a folder, with what each file holds."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_cache_is_made_anew_when_it_is_damaged(home, user_cache):
    write_zip(home, members())
    fetch(home)
    for suffix, spoilt in ((".npy", b"\x93NUMPY"), (".json", b"{"), (".json", b"[]"), (".npy", b"")):
        (file,) = user_cache.glob(f"cinc2017-*{suffix}")
        file.write_bytes(spoilt)
        np.testing.assert_allclose(fetch(home).data[0], [-0.127, 0, 0.5])
    assert sorted(file.suffix for file in user_cache.iterdir()) == [".json", ".npy"]


@pytest.mark.parametrize("write", [write_zip, write_folder])
@pytest.mark.parametrize("what", ["samples", "gain", "more", "fewer"])
def test_another_archive_of_the_same_size_and_time_is_not_answered_from_the_cache(home, write, what):
    changed = {
        "samples": SIGNALS | {"A00001": [7, 8, 9]},
        "gain": SIGNALS,
        "more": SIGNALS | {"A00003": [5]},
        "fewer": {"A00001": [7, 8, 9], "A00005": [1, 2]},
    }[what]
    write_labels(home, labels=LABELS | {"A00003": "O"})
    write(home, members())
    for file in (home, *home.rglob("*")):
        os.utime(file, (1, 1))
    with pytest.warns(UserWarning, match="are not in"):
        fetch(home)
    for file in (home / "training2017").glob("*"):
        file.unlink()
    files = members(changed)
    if what == "gain":
        files = {name: content.replace(b"1000/mV", b"2000/mV") for name, content in files.items()}
    write(home, files)
    for file in (home, *home.rglob("*")):
        os.utime(file, (1, 1))
    gain = 2000 if what == "gain" else 1000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = fetch(home).data
    for found, samples in zip(data, dict(sorted(changed.items())).values(), strict=True):
        np.testing.assert_allclose(found, np.array(samples) / gain)


def test_an_archive_that_moved_is_still_cached(home, tmp_path, monkeypatch):
    write_zip(home, members())
    fetch(home)
    home.rename(tmp_path / "elsewhere")
    monkeypatch.setattr(Archive, "read", lambda *args: pytest.fail("a record was read"))
    assert len(fetch(tmp_path / "elsewhere").data) == 3


@pytest.mark.parametrize("write", [write_zip, write_folder])
@pytest.mark.parametrize("within", [".", "cinc2017"])
@pytest.mark.parametrize("writable", [True, False])
def test_a_folder_named_for_reading_stays_as_it_is(tmp_path, user_cache, write, within, writable):
    home = tmp_path / "home"
    write_labels(home)
    write(home / within, members())
    before = tree(home)
    home.chmod(0o755 if writable else 0o555)
    try:
        fetch(home)
        fetch(home, version="v3", return_X_y=True)
        with pytest.raises(FileNotFoundError):
            fetch(home, version="v2")
    finally:
        home.chmod(0o755)
    assert tree(home) == before
    assert sorted(file.suffix for file in user_cache.iterdir()) == [".json", ".npy"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other platforms have other folders")
def test_where_the_cache_lies_on_linux(home, tmp_path, monkeypatch):
    write_zip(home, members())
    monkeypatch.delenv("ECGCLF_DATA")
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    fetch(home)
    assert len(list((tmp_path / "xdg" / "ecgclf").glob("cinc2017-*"))) == 2
    monkeypatch.delenv("XDG_CACHE_HOME")
    fetch(home)
    assert len(list((tmp_path / "person" / ".cache" / "ecgclf").glob("cinc2017-*"))) == 2


def test_without_room_for_a_cache_the_recordings_still_come(home, monkeypatch):
    write_zip(home, members())

    def full(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.warns(UserWarning, match=r"No cache could be kept in .*no space left"):
        cinc = fetch(home)
    np.testing.assert_allclose(cinc.data[1], [0.001, 0.002, 0.003, 0.004])
    assert not cinc.data[1].flags.writeable


def test_part_of_the_set_is_read_and_said(home):
    write_labels(home, labels=LABELS | {"A00003": "O", "A00004": "O"})
    write_zip(home, members())
    with pytest.warns(UserWarning, match=r"2 of the 5 recordings in REFERENCE-v3\.csv are not in"):
        assert len(fetch(home).data) == 3


def test_label_versions(home):
    write_zip(home, members())
    for version, label in (("v0", "A"), ("v1", "O"), ("v2", "~")):
        with pytest.raises(
            FileNotFoundError,
            match=rf"REFERENCE-{version}\.csv is neither in .*home nor in .*cinc2017.*physionet\.org",
        ):
            fetch(home, version=version)
        write_labels(home, version, LABELS | {"A00001": label})
        assert fetch(home, version=version).target[0] == label
        assert f"labels {version}" in fetch(home, version=version).DESCR
    assert fetch(home).target[0] == fetch(home, version="v3").target[0] == "N"
    for version in ("v4", "V3", "3", 3, None, "REFERENCE-v3.csv"):
        with pytest.raises(ValueError, match=f"version={version!r}; expected one of 'v0', 'v1', 'v2', 'v3'"):
            fetch(home, version=version)


def full_labels(counts):
    labels = [label for label, count in zip("NAO~", counts, strict=True) for _ in range(count)]
    return {f"A{i:05d}": label for i, label in enumerate(labels, start=1)}


@pytest.mark.parametrize("name", ["v0", "v1", "v2", "v3"])
@pytest.mark.parametrize("content", ["v0", "v1", "v2", "v3"])
def test_a_whole_file_of_labels_has_the_counts_of_its_version(home, name, content):
    write_labels(home, name, full_labels(COUNTS[content]))
    write_zip(home, members())
    if name != content:
        with pytest.raises(
            ValueError, match=rf"REFERENCE-{name}\.csv holds the labels {content}.*version='{content}'"
        ):
            fetch(home, version=name)
        return
    with pytest.warns(UserWarning, match="8525 of the 8528"):
        assert len(fetch(home, version=name).data) == 3


def test_v0_under_the_name_of_v1_is_refused_in_part_of_the_set_too(home):
    write_zip(home, members())
    write_labels(home, "v1")
    assert len(fetch(home, version="v1").data) == 3
    write_labels(home, "v0")
    with pytest.raises(ValueError, match=r"REFERENCE-v1\.csv holds the labels v0 under the name of v1"):
        fetch(home, version="v1")
    assert len(fetch(home, version="v0").data) == 3
    write_labels(home, "v1", LABELS | {"A00001": "O"})
    assert fetch(home, version="v1").target[0] == "O"


def test_the_documented_counts_are_those_checked():
    for version, counts in COUNTS.items():
        row = r"\s+".join(map(re.escape, (version, *map(str, counts))))
        assert re.search(row, fetch_cinc2017.__doc__)
        assert sum(counts) == 8528


def test_recordings_without_label_are_an_error(home):
    write_labels(home, labels={"A00001": "N"})
    write_zip(home, members())
    with pytest.raises(ValueError, match=r"2 recordings of .* are not in REFERENCE-v3\.csv \(first A00002\)"):
        fetch(home)


def test_missing_archive_is_an_oserror_that_says_what_and_where(home):
    with pytest.raises(FileNotFoundError, match=r"training2017\.zip \(or the folder training2017\).*physionet"):
        fetch(home)


@pytest.mark.parametrize("line", ["A00001,X", "A00001", "../x,N", "A00001,N\nA00001,N", "\xff,N"])
def test_bad_labels_name_file_and_line(home, line):
    (home / "REFERENCE-v3.csv").write_bytes(line.encode("latin-1"))
    with pytest.raises(ValueError, match=r"REFERENCE-v3\.csv, line \d"):
        read_labels(home / "REFERENCE-v3.csv")


NAME = "training2017/A00001"
SPOILT = {
    "no header": ({f"{NAME}.hea": None}, "only one of header"),
    "no signal": ({f"{NAME}.mat": None}, "only one of header"),
    "truncated": ({f"{NAME}.mat": mat([1, 2, 3])[:-2]}, r"A00001\.mat of 28 bytes is truncated"),
    "odd": ({f"{NAME}.mat": mat([1, 2, 3])[:-1]}, "no recording of this set"),
    "columns": ({f"{NAME}.mat": mat([1, 2, 3], 10**9)}, "truncated or damaged"),
    "empty": ({f"{NAME}.mat": b""}, "no recording of this set"),
    "large": ({f"{NAME}.mat": bytes(1 << 21)}, "no recording of this set"),
    "not a mat": ({f"{NAME}.mat": b"x" * 30}, "truncated or damaged"),
    "length": ({f"{NAME}.hea": header("A00001", 9000)}, "truncated or damaged"),
    "rate": ({f"{NAME}.hea": header("A00001", 3, rate=0)}, "sampling rate or gain of 0"),
    "gain": ({f"{NAME}.hea": header("A00001", 3, gain=0)}, "sampling rate or gain of 0"),
    "nan": ({f"{NAME}.hea": header("A00001", 3, gain="nan")}, "not a header of the Challenge"),
    "other rate": ({f"{NAME}.hea": header("A00001", 3, rate=250)}, "records before it"),
    "escape": ({f"{NAME}.hea": header("A00001", 3).replace(b"A00001.mat", b"../etc.mat")}, "not a header"),
    "rubbish": ({f"{NAME}.hea": b"\xff\x00" * 9}, "not a header"),
    "no text": ({f"{NAME}.hea": b""}, "not a header"),
    "huge header": ({f"{NAME}.hea": bytes(1 << 21)}, "more than 4096"),
    "missing": ({f"{NAME}.mat": mat([1, -32768, 3])}, "missing samples"),
}


@pytest.mark.parametrize("write", [write_zip, write_folder])
@pytest.mark.parametrize(("changes", "said"), SPOILT.values(), ids=SPOILT.keys())
def test_damaged_members_are_named(home, user_cache, write, changes, said):
    write(home, {name: content for name, content in (members() | changes).items() if content is not None})
    with pytest.raises(ValueError, match=said) as caught:
        fetch(home)
    assert "training2017" in str(caught.value)
    assert not user_cache.exists()


def test_a_zip_file_that_claims_an_unknown_version_of_the_format(home):
    """One damaged byte in its directory is enough, and zipfile says so by a NotImplementedError."""
    write_zip(home, members())
    content = bytearray((home / "training2017.zip").read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 255
    (home / "training2017.zip").write_bytes(content)
    with pytest.raises(NotImplementedError):
        zipfile.ZipFile(home / "training2017.zip")
    with pytest.raises(ValueError, match=r"training2017\.zip is not a complete zip file.*fetch it again"):
        fetch(home)


def test_damaged_zip_files(home):
    write_zip(home, members())
    good = (home / "training2017.zip").read_bytes()
    (home / "training2017.zip").write_bytes(good[: len(good) // 2])
    with pytest.raises(ValueError, match=r"training2017\.zip is not a complete zip file"):
        fetch(home)
    bad = bytearray(good)
    at = good.index(b"A00001.mat") + len("A00001.mat")
    bad[at : at + 8] = b"\xff" * 8
    (home / "training2017.zip").write_bytes(bad)
    with pytest.raises(ValueError, match=r"A00001\.mat is damaged"):
        fetch(home)


def test_a_zip_that_declares_a_false_size_takes_no_more(home):
    write_zip(home, members())
    raw = bytearray((home / "training2017.zip").read_bytes())
    at = raw.rindex(b"training2017/A00001.mat") - 46
    assert raw[at : at + 4] == b"PK\1\2"
    raw[at + 24 : at + 28] = struct.pack("<I", 1 << 31)
    (home / "training2017.zip").write_bytes(raw)
    with pytest.raises(ValueError, match=rf"A00001\.mat has {1 << 31} bytes"):
        fetch(home)


def test_members_elsewhere_are_never_touched(home):
    write_zip(home, members() | {"../A00009.hea": b"x", "/A00009.mat": b"x", "training2017/../A00007.mat": b"x"})
    assert fetch(home).record_names == list(SIGNALS)
    assert not (home.parent / "A00009.hea").exists()


def test_the_same_record_twice_is_an_error(home):
    write_zip(home, members() | {"A00001.hea": b"x"})
    with pytest.raises(ValueError, match=r"holds A00001\.hea twice"):
        fetch(home)


def test_empty_archive(home):
    write_zip(home, {"training2017/RECORDS": b""})
    with pytest.raises(ValueError, match="has no recordings"):
        fetch(home)


def test_default_home_is_the_users(user_cache):
    write_labels(user_cache)
    write_zip(user_cache, members())
    assert len(fetch(None).data) == 3


def test_reader_agrees_with_wfdb(tmp_path):
    sample = load_cinc2017_sample()
    names = sample.record_names[:20]
    with zipfile.ZipFile(Path(_sample._FOLDER) / "cinc2017_sample.zip") as archive:
        for name in names:
            for suffix in (".hea", ".mat"):
                (tmp_path / f"{name}{suffix}").write_bytes(archive.read(f"training2017/{name}{suffix}"))
    read = read_recordings([tmp_path / name for name in names])
    assert read.lead_names == sample.lead_names
    for ours, theirs in zip(sample.data, read.data, strict=False):
        np.testing.assert_array_equal(ours, theirs)


def test_sample_has_all_classes_and_its_attribution():
    sample = load_cinc2017_sample()
    counts = {label: int(np.count_nonzero(sample.target == label)) for label in "NAO~"}
    assert counts == {"N": 70, "A": 50, "O": 55, "~": 25}
    assert tuple(sample.record_names) == _sample.SAMPLE_RECORDS
    assert not {"A02656", "A03123"} & set(_sample.SAMPLE_RECORDS)
    assert all(signal.dtype == np.float32 and 2700 <= len(signal) <= 18300 for signal in sample.data)
    attribution = (_sample._FOLDER / "ATTRIBUTION.md").read_text()
    for needed in ("ODC-By 1.0", "10.22489/CinC.2017.065-469", "10.1161/01.CIR.101.23.e215", "10.13026/d3hm-sf11"):
        assert needed in attribution
    assert (_sample._FOLDER / "cinc2017_sample.zip").stat().st_size <= 3_000_000
    X, y = load_cinc2017_sample(return_X_y=True)
    assert len(X) == len(y) == 200


@pytest.mark.shared
def test_sample_is_a_verbatim_copy_with_labels_v3(shared_data):
    source = shared_data / "cinc2017"
    with (
        zipfile.ZipFile(_sample._FOLDER / "cinc2017_sample.zip") as sample,
        zipfile.ZipFile(source / "training2017.zip") as full,
    ):
        assert len(sample.namelist()) == 400
        for name in sample.namelist():
            assert sample.read(name) == full.read(name)
    labels = read_labels(source / "REFERENCE-v3.csv")
    assert all(labels[name] == label for name, label in _sample._LABELS.items())


@pytest.mark.shared
def test_the_real_set(shared_data, user_cache):
    before = sorted(file.name for file in (shared_data / "cinc2017").iterdir())
    cinc = fetch(shared_data)
    again = fetch(shared_data)
    assert len(again.data) == 7028
    assert "7028 of the 8528" in again.DESCR
    assert [np.count_nonzero(cinc.target == label) for label in "NAO~"] == [4183, 625, 1990, 230]
    lengths = np.array([len(signal) for signal in again.data])
    assert lengths.min() >= 9.04 * 300
    assert lengths.max() <= 60.96 * 300
    twins = [again.data[again.record_names.index(name)] for name in ("A02656", "A03123")]
    np.testing.assert_array_equal(*twins)
    v0 = fetch(shared_data, version="v0")
    assert [np.count_nonzero(v0.target == label) for label in "NAO~"] == [4248, 632, 2112, 36]
    if (shared_data / "cinc2017" / "REFERENCE-v1.csv").is_file():
        with pytest.raises(ValueError, match=r"REFERENCE-v1\.csv holds the labels v0"):
            fetch(shared_data, version="v1")
    assert sorted(file.name for file in (shared_data / "cinc2017").iterdir()) == before
    assert len(list(user_cache.glob("cinc2017-*"))) == 2


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused_before_anything_is_unpacked(home, method):
    """zipfile unpacks them in chunks without a limit: a kilobyte became a gigabyte."""
    with zipfile.ZipFile(home / "training2017.zip", "w", method) as archive:
        for name, content in members().items():
            archive.writestr(name, content)
    with pytest.raises(ValueError, match=r"training2017\.zip: .*A0000\d\.(hea|mat) is compressed by another method"):
        fetch_cinc2017(home)
