"""PTB-XL: labels by hand, signals against wfdb, folders with faults, and a download from a server of our own."""

import ast
import csv
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GroupKFold

from ecgclf.classifiers import ResNetClassifier
from ecgclf.datasets import _download, _ptbxl, fetch_ptbxl, read_ptbxl, read_recordings
from ecgclf.datasets._ptbxl_tables import MAX_BYTES, record_path
from ptbxl import CODES, LEADS, STATEMENTS, write_folder
from test_datasets_download import Site, serve


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("ptbxl") / "made", rates=(100, 500))


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "ptb-xl")


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_labels_by_superclass(made):
    found = read_ptbxl(made)
    assert found.target_names == ["CD", "HYP", "MI", "NORM", "STTC"]
    assert found.target.to_numpy().tolist() == [
        [0, 0, 0, 1, 0],
        [0, 0, 1, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [0, 1, 0, 0, 1],
        # A likelihood of 0 counts, as in the official example.
        [1, 0, 0, 1, 0],
    ]
    assert found.target.index.tolist() == found.metadata.index.tolist() == [1, 2, 999, 1000, 1001, 21837]
    assert found.record_names[:4] == ["00001_lr", "00002_lr", "00999_lr", "01000_lr"]
    assert found.groups.tolist() == [7000, 7000, 7001, 7001, 7002, 7002]
    assert found.strat_fold.tolist() == [1, 2, 3, 4, 5, 6]
    assert "6 recordings of 3 patients" in found.DESCR
    assert found.metadata.scp_codes[2] == {"IMI": 35.0, "ASMI": 0.0, "SR": 0.0}
    assert found.metadata.report[1] == "übernommen, geprüft"
    assert np.isnan(found.metadata.age[999])


def test_labels_by_subclass_and_by_statement(made):
    subclasses = read_ptbxl(made, statements="subclass").target
    assert subclasses.columns.tolist() == ["AMI", "IMI", "LAFB/LPFB", "LVH", "NORM", "STTC", "_AVB"]
    assert subclasses.loc[2].to_list() == [1, 1, 0, 0, 0, 0, 0]
    every = read_ptbxl(made, statements="all").target
    assert every.columns.tolist() == sorted(line.split(",")[0] for line in STATEMENTS.splitlines()[1:])
    for ecg_id, codes in zip(every.index, CODES, strict=True):
        assert set(every.columns[every.loc[ecg_id] == 1]) == set(ast.literal_eval(codes))


@pytest.mark.parametrize(("rate", "end"), [(100, "lr"), (500, "hr")])
def test_signals_as_read_recordings_reads_them(made, rate, end):
    found = read_ptbxl(made, sampling_rate=rate)
    expected = read_recordings(sorted(made.glob(f"records{rate}/*/*_{end}.hea")))
    assert found.data.shape == (6, 12, rate)
    assert found.data.dtype == np.float32
    np.testing.assert_array_equal(found.data, np.stack(list(expected.data)))
    assert found.record_names == expected.record_names
    assert found.lead_names == expected.lead_names == list(LEADS)
    assert found.sampling_rate == expected.sampling_rate == rate


def test_folds_and_a_classifier(made):
    found = read_ptbxl(made, folds=range(1, 5))
    assert found.strat_fold.tolist() == [1, 2, 3, 4]
    assert found.target.columns.tolist() == ["CD", "HYP", "MI", "NORM", "STTC"]
    whole = read_ptbxl(made)
    np.testing.assert_array_equal(found.data, whole.data[:4])
    assert read_ptbxl(made, folds=[6]).groups.tolist() == [7002]
    X, y = read_ptbxl(made, return_X_y=True)
    classifier = ResNetClassifier(n_blocks=1, n_filters=4, max_epochs=1, random_state=0)
    for train, test in GroupKFold(3).split(X, y, whole.groups):
        assert not set(whole.groups[train]) & set(whole.groups[test])
        probabilities = classifier.fit(X[train], y.iloc[train]).predict_proba(X[test])
        assert probabilities.shape == (2, 5)
    assert classifier.classes_.tolist() == y.columns.tolist()


def test_a_header_of_another_form_is_left_to_wfdb(folder):
    expected = read_ptbxl(folder).data
    path = folder / "records100" / "00000" / "00001_lr.hea"
    change(path, "1000.0(0)/mV", "1(0)/uV")
    change(path, "12 100 100\n", "12 100 100 12:00:00\n")
    np.testing.assert_allclose(read_ptbxl(folder).data, expected, rtol=1e-6)
    # As everywhere in WFDB, a gain of 0 is none, and 200 stands for it.
    change(path, "1(0)/uV", "0(0)/mV")
    np.testing.assert_allclose(read_ptbxl(folder).data[0], expected[0] * 5, rtol=1e-6)
    change(path, "0(0)/mV", "1000(0)/mmHg")
    with pytest.raises(ValueError, match=r"00001_lr\.hea has a signal in mmHg, which is no voltage"):
        read_ptbxl(folder)


@pytest.mark.shared
def test_superclasses_of_real_statements(shared_data, tmp_path):
    """Recordings whose statements are known: their labels come from another source."""
    with open(shared_data / "ptbxl_small" / "labels.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["scp_codes"]]
    assert len(rows) == 414
    expected = np.array([[int(row[label]) for label in ("CD", "HYP", "MI", "NORM", "STTC")] for row in rows])
    codes = [row["scp_codes"] for row in rows]
    write_folder(tmp_path / "real", ids=[int(row["ecg_id"]) for row in rows], codes=codes)
    (tmp_path / "real" / "scp_statements.csv").write_text(REAL_STATEMENTS, encoding="utf-8")
    found = read_ptbxl(tmp_path / "real")
    np.testing.assert_array_equal(found.target[["CD", "HYP", "MI", "NORM", "STTC"]], expected)


# Of the statements of PTB-XL: the codes of each diagnostic class, and those that are no diagnosis.
DIAGNOSES = {
    "STTC": "NDT NST_ DIG LNGQT ISC_ ISCAL ISCIN ISCIL ISCAS ISCLA ANEUR EL ISCAN",
    "NORM": "NORM",
    "MI": "IMI ASMI ILMI AMI ALMI INJAS LMI INJAL IPLMI IPMI INJIN INJLA PMI INJIL",
    "HYP": "LVH LAO/LAE RVH RAO/RAE SEHYP",
    "CD": "LAFB IRBBB 1AVB IVCD CRBBB CLBBB LPFB WPW ILBBB 3AVB 2AVB",
    "": "ABQRS PVC STD_ VCLVH QWAVE LOWT NT_ PAC LPR INVT LVOLT HVOLT TAB_ STE_ PRC(S) SR AFIB STACH SARRH SBRAD PACE "
    "SVARR BIGU AFLT SVTAC PSVT TRIGU",
}
REAL_STATEMENTS = ",diagnostic,diagnostic_class,diagnostic_subclass\n" + "".join(
    f"{code},{'1.0' if label else ''},{label},{label}\n"
    for label, codes in DIAGNOSES.items()
    for code in codes.split()
)


def test_all_statements_of_ptbxl_are_there():
    codes = [code for codes in DIAGNOSES.values() for code in codes.split()]
    assert len(codes) == len(set(codes)) == 71


@pytest.mark.parametrize("name", ["ptbxl_database.csv", "scp_statements.csv"])
def test_a_missing_table_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"ptb-xl has no {name}"):
        read_ptbxl(folder)


def test_missing_records_are_named_before_anything_is_read(folder):
    (folder / "records100/01000/01001_lr.dat").unlink()
    (folder / "records100/00000/00001_lr.hea").write_text("damaged")
    with pytest.raises(
        FileNotFoundError, match=r"1 of the 12 files .*\(records100/01000/01001_lr\.dat\).*fetch_ptbxl\('"
    ):
        read_ptbxl(folder)
    shutil.rmtree(folder / "records500")
    with pytest.raises(
        FileNotFoundError, match=r"12 of the 12 files .*\(records500/00000/00001_hr\.hea, .* and 9 others"
    ):
        read_ptbxl(folder, sampling_rate=500)
    (folder / "records100/01000/01001_lr.hea").unlink()
    assert len(read_ptbxl(folder, folds=[2, 3]).data) == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("ecg_id,", "id,", "has no column ecg_id; its columns are id, patient_id"),
        ("scp_codes", "codes", "has no column scp_codes"),
        ("\n2,", "\n1,", "lists the recording 1 twice"),
        ("\n2,", "\n2.5,", "has the ecg_id 2.5 for row 1; expected a whole number"),
        ("\n2,", "\nx,", "has the ecg_id x for row 1"),
        ("\n2,", "\n99999999999,", "has the ecg_id 99999999999 for row 1"),
        ("7000.0,51", ",51", "has the patient_id nan for the recording 2"),
        ("True,2,", "True,11,", "has the strat_fold 11 for the recording 2"),
        ("True,2,", "True,,", "has the strat_fold nan for the recording 2"),
        (
            "records100/00000/00002_lr",
            "../../etc/passwd",
            "has the filename_lr '../../etc/passwd' for the recording 2",
        ),
        ("records100/00000/00002_lr", "/etc/passwd", "has the filename_lr '/etc/passwd'"),
        (
            "records100/00000/00002_lr",
            "records100/00000/00001_lr",
            "has the filename_lr .* keeps it in 'records100/00000/00002_lr'",
        ),
        ("records500/00000/00002_hr", "", "has the filename_hr nan for the recording 2"),
        (CODES[1], "", "has the scp_codes nan for the recording 2"),
        (CODES[1], "__import__('os').getcwd()", r"has the scp_codes .*__import__.* for the recording 2"),
        (CODES[1], "{'A': 1e999}", "has the scp_codes"),
        (CODES[1], "{'A': -1}", "has the scp_codes"),
        (CODES[1], "{'A' 1}", "has the scp_codes"),
        (CODES[1], "{'A': 1, }", "has the scp_codes"),
        (CODES[1], "{'A': 1 'B': 2}", "has the scp_codes"),
        (CODES[1], "(" * 100_000, "has the scp_codes"),
        (CODES[1], "{" + "'A': 1, " * 1000 + "'B': 1}", "has the scp_codes"),
        ("SR", "SINUS", "has 1 statements that scp_statements.csv does not explain .SINUS; SINUS in the recording 2"),
    ],
)
def test_faults_of_the_database_are_named(folder, old, new, words):
    path = folder / "ptbxl_database.csv"
    change(path, old, new)
    with pytest.raises(ValueError, match=rf"ptbxl_database\.csv {words}"):
        read_ptbxl(folder)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("diagnostic,", "diagnosis,", "has no column diagnostic;"),
        ("diagnostic_class", "class", "has no column diagnostic_class"),
        ("IMI,", "NORM,", "has a statement twice"),
        ("IMI,", ",", "has a statement twice, or one without a name"),
        ("1.0", "0.0", "has no diagnostic statement"),
    ],
)
def test_faults_of_the_statements_are_named(folder, old, new, words):
    change(folder / "scp_statements.csv", old, new)
    with pytest.raises(ValueError, match=rf"scp_statements\.csv {words}"):
        read_ptbxl(folder)


@pytest.mark.parametrize("name", ["ptbxl_database.csv", "scp_statements.csv"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'a,b\n"' + b"x" * 1000, b"a,b\n1,2\n1,2,3\n", b"\0" * 99])
def test_what_is_no_table_is_named(folder, name, content):
    (folder / name).write_bytes(content)
    with pytest.raises(ValueError, match=name.replace(".", r"\.")):
        read_ptbxl(folder)


def test_a_table_beyond_all_reason_is_not_read(folder):
    with open(folder / "ptbxl_database.csv", "ab") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ValueError, match=r"ptbxl_database\.csv has 67108865 bytes, far more"):
        read_ptbxl(folder)


def test_a_database_without_rows_is_refused(folder):
    path = folder / "ptbxl_database.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n")
    with pytest.raises(ValueError, match=r"ptbxl_database\.csv lists no recordings"):
        read_ptbxl(folder)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("12 100 100", "12 500 100", r"00002_lr\.hea has 500 Hz, and this part of PTB-XL 100 Hz"),
        ("12 100 100", "12 100 99", r"00002_lr\.dat has 2400 bytes, and 00002_lr\.hea declares 1188 samples"),
        ("12 100 100", "12 100 999999", r"00002_lr\.dat has 2400 bytes"),
        (
            "0 AVF",
            "0 V7",
            r"00002_lr\.hea has 100 timepoints of the leads .*V7.*; records100/00000/00001_lr has 100 of I,",
        ),
        ("00002_lr.dat 16", "../../x.dat 16", r"00002_lr\.hea names the signal file '\.\./\.\./x\.dat'"),
        ("12 100 100", "", "00002_lr"),
    ],
)
def test_faults_of_a_record_are_named(folder, old, new, words):
    change(folder / "records100/00000/00002_lr.hea", old, new)
    with pytest.raises(ValueError, match=words):
        read_ptbxl(folder)


def test_missing_samples_are_refused(folder):
    path = folder / "records100/00000/00002_lr.dat"
    samples = np.fromfile(path, "<i2")
    samples[7] = -(2**15)
    path.write_bytes(samples.tobytes())
    with pytest.raises(ValueError, match=r"00002_lr\.hea has missing samples"):
        read_ptbxl(folder)


def test_samples_that_are_not_those_of_the_checksum(folder):
    path = folder / "records100/00000/00002_lr.dat"
    samples = np.fromfile(path, "<i2")
    samples[7] += 100
    path.write_bytes(samples.tobytes())
    with pytest.warns(UserWarning, match=r"not those of the samples of 1 of 6 records \(records100/00000/00002_lr\)"):
        read_ptbxl(folder)


def test_signals_of_another_recording(folder):
    for name in ("00002", "01000"):
        shutil.copy(folder / f"records100/{name[:2]}000/{name}_lr.dat", folder / "records100/00000/x.dat")
        change(folder / "records100/00000/00001_lr.hea", "00001_lr.dat" if name == "00002" else "x.dat", "x.dat")
        with pytest.raises(ValueError, match=r"00001_lr\.hea has its signals in x\.dat; PTB-XL has them in 00001_lr"):
            read_ptbxl(folder)


def test_truncated_signals_take_no_memory(folder):
    for path in folder.glob("records100/*/*.dat"):
        path.write_bytes(b"\0\0")
    with pytest.raises(ValueError, match=r"00001_lr\.dat has 2 bytes, and 00001_lr\.hea declares 1200 samples"):
        read_ptbxl(folder)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sampling_rate": 300}, "sampling_rate=300; PTB-XL has its recordings at 100 and at 500 Hz.*Resampler"),
        ({"sampling_rate": True}, "sampling_rate=True"),
        ({"sampling_rate": np.array([100, 500])}, "sampling_rate=array"),
        ({"statements": ["all"]}, r"statements=\['all'\]; expected one of"),
        ({"folds": [[1]]}, r"folds=\[\[1\]\]"),
        ({"statements": "rhythm"}, "statements='rhythm'; expected one of 'superclass', 'subclass', 'all'"),
        ({"folds": []}, "folds=.*expected numbers from 1 to 10"),
        ({"folds": 3}, "folds=3"),
        ({"folds": "12"}, "folds='12'"),
        ({"folds": [0, 1]}, "folds="),
        ({"folds": [10]}, r"ptbxl_database\.csv has no recordings of the folds 10"),
    ],
)
@pytest.mark.parametrize("function", [read_ptbxl, fetch_ptbxl])
def test_options_that_are_none(made, function, options, words):
    with pytest.raises(ValueError, match=words):
        function(made, **options)


def test_paths_of_records():
    assert record_path(1, 100) == "records100/00000/00001_lr"
    assert record_path(1, 100.0) == record_path(1, 100)
    assert record_path(21837, 500) == "records500/21000/21837_hr"


@pytest.fixture
def site(made, monkeypatch):
    site = Site()
    for path in sorted(made.rglob("*.*")):
        site.add(path.relative_to(made).as_posix(), path.read_bytes())
    with serve(site):
        monkeypatch.setattr(_ptbxl, "BASE_URLS", (site.url + "good/",))
        monkeypatch.setattr(_download, "SECONDS_BETWEEN_ATTEMPTS", 0)
        yield site


def same(found, expected):
    np.testing.assert_array_equal(found.data, expected.data)
    pd.testing.assert_frame_equal(found.target, expected.target)
    return True


def test_download_then_no_more_requests(site, made, tmp_path, capsys):
    assert same(fetch_ptbxl(tmp_path), read_ptbxl(made))
    assert "12/12" in capsys.readouterr().err
    files = sorted(path.relative_to(tmp_path / "ptb-xl").as_posix() for path in (tmp_path / "ptb-xl").rglob("*.*"))
    assert len(files) == 14
    assert not any("records500" in name or name.endswith(".part") for name in files)
    n_requests = len(site.requests)
    fetch_ptbxl(tmp_path)
    assert len(site.requests) == n_requests
    # The other rate, into the same folder.
    assert same(fetch_ptbxl(tmp_path / "ptb-xl", sampling_rate=500), read_ptbxl(made, sampling_rate=500))


def test_only_what_is_missing_is_downloaded(site, folder, made):
    (folder / "records100/01000/01001_lr.dat").unlink()
    assert same(fetch_ptbxl(folder), read_ptbxl(made))
    assert [path for path, _ in site.requests] == ["/good/SHA256SUMS.txt", "/good/records100/01000/01001_lr.dat"]


def test_only_the_folds_asked_for_are_downloaded(site, tmp_path):
    assert len(fetch_ptbxl(tmp_path, folds=iter([4])).data) == 1
    assert len(list(tmp_path.rglob("*.dat"))) == 1


def test_an_interrupted_download_goes_on(site, tmp_path, made):
    name = "records100/01000/01000_lr.dat"
    content = site.files.pop(name)
    with pytest.raises(OSError, match=r"\d+ of 12 files could not be downloaded .*404"):
        fetch_ptbxl(tmp_path)
    site.files[name] = content
    site.cuts[name] = [700]
    assert same(fetch_ptbxl(tmp_path), read_ptbxl(made))


def test_a_wrong_checksum_is_refused(site, tmp_path):
    name = "records100/01000/01000_lr.dat"
    site.files[name] = b"\0" * len(site.files[name])
    with pytest.raises(OSError, match=r"has the SHA256 [0-9a-f]{64}, expected"):
        fetch_ptbxl(tmp_path)
    assert not (tmp_path / "ptb-xl" / name).exists()


def test_a_mirror_gives_what_the_first_has_not(site, tmp_path, made, monkeypatch):
    monkeypatch.setattr(_ptbxl, "BASE_URLS", (site.url + "absent/", site.url + "good/"))
    assert same(fetch_ptbxl(tmp_path), read_ptbxl(made))


def test_nothing_is_asked_without_leave(site, tmp_path, folder):
    with pytest.raises(
        FileNotFoundError, match="ptbxl_database.csv is neither in .* nor in .*download_if_missing=True"
    ):
        fetch_ptbxl(tmp_path / "none", download_if_missing=False)
    (folder / "records100/01000/01001_lr.dat").unlink()
    with pytest.raises(FileNotFoundError, match="1 of the 12 files"):
        fetch_ptbxl(folder, download_if_missing=False)
    assert site.requests == []


def test_read_only_folder_is_respected(site, tmp_path):
    (tmp_path / "home").mkdir(mode=0o555)
    with pytest.raises(PermissionError, match="home is read-only"):
        fetch_ptbxl(tmp_path / "home")
