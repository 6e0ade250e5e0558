"""What headers say of their recordings, and the labels made of it."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import MultiLabelBinarizer

from ecgclf.classifiers import ResNetClassifier
from ecgclf.datasets import diagnoses_to_indicator, load_cinc2021_diagnoses, read_recordings
from ecgclf.datasets._wfdb import _import_wfdb
from test_datasets_wfdb import write

CODES = load_cinc2021_diagnoses()
SCORED = CODES.label.dropna()


def with_comments(folder, comments, name="a", encoding="utf-8"):
    path = write(folder, name)
    header = path.with_suffix(".hea")
    header.write_bytes(header.read_bytes() + "\n".join(comments).encode(encoding) + b"\n")
    return path


@pytest.mark.parametrize(
    ("comments", "age", "sex", "codes"),
    [
        (["#Age: 74", "#Sex: Male", "#Dx: 59118001,426177001"], 74.0, "male", ("59118001", "426177001")),
        (["# Age: 0", "# Sex: F", "# Dx: 426783006"], 0.0, "female", ("426783006",)),
        (["# age: 81", "# sex: female"], 81.0, "female", None),
        (["#\tAGE :  3.5", "#SEX:m", "#dx: 1 , 2,,\t3 "], 3.5, "male", ("1", "2", "3")),
        (["#Age: NaN", "#Sex: Unknown", "#Dx: "], None, None, None),
        (["#Age: -4", "#Sex: 1", "#Dx: Unknown"], None, None, ("Unknown",)),
        (["#Age: 1e999", "#Dx: ,"], None, None, None),
        (["#Age: 40", "#Age: 50", "#Sex: NaN", "#Sex: F", "#Dx: 1", "#Dx: 2"], 40.0, None, ("1",)),
        (["# 69 M 1085 1629 x1", "# Patient age: 5", "#Age 5"], None, None, None),
        ([], None, None, None),
    ],
)
def test_what_a_header_says(tmp_path, comments, age, sex, codes):
    metadata = read_recordings(with_comments(tmp_path, comments)).metadata
    assert metadata.index.tolist() == ["a"]
    assert metadata.columns.tolist() == ["age", "sex", "Dx", "comments"]
    np.testing.assert_array_equal(metadata.age, [np.nan if age is None else age])
    assert metadata.sex.item() == sex
    assert metadata.Dx.item() == codes
    assert metadata.comments.item() == "\n".join(line.lstrip("#").strip() for line in comments)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_comments_keep_their_letters(tmp_path, encoding):
    path = with_comments(tmp_path, ["# Überdrehter Linkstyp"], encoding=encoding)
    assert read_recordings(path).metadata.comments.item() == "Überdrehter Linkstyp"


def test_metadata_are_of_the_recordings_that_were_read(tmp_path):
    with_comments(tmp_path, ["#Age: 1"], "b")
    with_comments(tmp_path, ["#Age: 2"], "a")
    with_comments(tmp_path, ["#Age: 3"], "c")
    (tmp_path / "b.dat").write_bytes(b"\0")
    with pytest.warns(UserWarning, match="b.hea is left out"):
        found = read_recordings(tmp_path, on_error="warn")
    assert found.record_names == found.metadata.index.tolist() == ["a", "c"]
    assert found.metadata.age.tolist() == [2.0, 3.0]


def test_segments_do_not_speak_for_the_whole(tmp_path):
    with_comments(tmp_path, ["#Age: 1"], "one")
    (tmp_path / "whole.hea").write_text("whole/2 1 300 8\none 4\none 4\n#Age: 9\n")
    assert read_recordings(tmp_path).metadata.age.to_dict() == {"whole": 9.0}


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30)))
def test_any_comment_is_let_through(tmp_path, comments):
    found = read_recordings(with_comments(tmp_path, [f"#{comment}" for comment in comments]))
    assert len(found.metadata.comments.item().split("\n")) == max(1, len(comments))


@pytest.mark.shared
def test_comments_as_wfdb_reads_them(shared_data):
    records = ("cinc2021/E07500", "mitdb/201", "cpsc2021/data_101_6", "wfdb_samples/a103l", "wfdb_samples/s0010_re")
    for record in records:
        found = read_recordings(shared_data / record, missing="keep").metadata.comments.item()
        assert found.split("\n") == _import_wfdb().rdheader(str(shared_data / record)).comments


def test_the_table_is_of_the_challenge():
    assert CODES.shape == (133, 3)
    assert CODES.index.is_unique
    assert CODES.abbreviation.is_unique
    assert all(re.fullmatch(r"\d{6,18}", code) for code in CODES.index)
    assert len(SCORED) == 30
    assert SCORED.nunique() == 26
    pairs = SCORED[SCORED.duplicated(keep=False)]
    assert set(pairs) == {"CLBBB|LBBB", "CRBBB|RBBB", "PAC|SVPB", "PVC|VPB"}
    for code, label in pairs.items():
        assert CODES.abbreviation[code] in label.split("|")
    alone = SCORED.drop(pairs.index)
    assert (alone == CODES.abbreviation[alone.index]).all()
    assert load_cinc2021_diagnoses() is not load_cinc2021_diagnoses()


def test_the_digits_of_a_code_end_in_their_checksum():
    """Every SNOMED CT identifier does, by Verhoeff's scheme: no digit of the table is mistyped."""
    assert verhoeff("426783006") == 0
    assert verhoeff("426783007") != 0
    assert [code for code in CODES.index if verhoeff(code) != 0] == []


def verhoeff(code):
    def multiply(i, j):
        turned = (i + j) % 5 if i < 5 else (i - j) % 5
        return turned if (i < 5) == (j < 5) else 5 + turned

    check, permuted, once = 0, list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    for digit in reversed(code):
        check = multiply(check, permuted[int(digit)])
        permuted = [once[p] for p in permuted]
    return check


@given(st.lists(st.lists(st.sampled_from(SCORED.index.tolist()), unique=True), min_size=1, max_size=8))
def test_columns_as_scikit_learn_makes_them(codes):
    found = diagnoses_to_indicator(codes)
    labels = list(dict.fromkeys(SCORED))
    expected = MultiLabelBinarizer(classes=labels).fit_transform([[SCORED[code] for code in row] for row in codes])
    assert found.columns.tolist() == labels
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset, np.array, lambda codes: dict.fromkeys(codes, 100.0)])
def test_codes_in_any_container(kind):
    found = diagnoses_to_indicator([kind(["x", "y"]), kind(["y"]), kind([])], {"x": "X", "z": "Z", "y": None})
    assert found.columns.tolist() == ["X", "Z"]
    assert found.to_numpy().tolist() == [[1, 0], [0, 0], [0, 0]]
    assert (found.dtypes == np.int64).all()


@pytest.mark.parametrize("table", [{"x": "X"}, pd.Series({"x": "X"}), pd.Series({"x": "X", "y": np.nan})])
def test_tables_of_ones_own(table):
    series = pd.Series([("x",)], index=["record"])
    assert diagnoses_to_indicator(series, table).to_dict() == {"X": {"record": 1}}


def test_recordings_without_diagnoses_are_named():
    codes = pd.Series([("426783006",), None, np.nan], index=["a", "b", "c"], dtype=object)
    with pytest.raises(ValueError, match=r"2 of 3 recordings state no diagnoses \(b, c\)\. Leave them out"):
        diagnoses_to_indicator(codes)
    assert len(diagnoses_to_indicator(codes[codes.notna()])) == 1


def test_unknown_codes_are_all_named():
    with pytest.raises(ValueError, match=r"3 codes are not in the table: '7' \(2 times\), '8', 59118001\. Add"):
        diagnoses_to_indicator([("7", "426783006"), ("8", "7"), (59118001,)])
    with pytest.raises(ValueError, match=r"99 codes .* and 79 others\. Add"):
        diagnoses_to_indicator([[str(code) for code in range(99)]])
    with pytest.raises(ValueError, match=r"1 codes are not in the table: \['426783006'\]"):
        diagnoses_to_indicator([[["426783006"]]])


@pytest.mark.parametrize(
    ("diagnoses", "table", "words"),
    [
        (["426783006"], None, r"of recording 0 are '426783006'; expected its codes in a list"),
        ("426783006", None, "expected the codes of each recording"),
        ([("1",)], {}, "table has no label"),
        ([("1",)], {"1": None}, "table has no label"),
        ([("1",)], {1: "A"}, "table holds 'A' for 1; expected the label of each code"),
        ([("1",)], {"1": 1}, "table holds 1 for '1'"),
        ([("1",)], 17, "table holds 17 for None"),
        ([("1",)], CODES, "expected the label of each code"),
    ],
)
def test_what_is_no_diagnosis_or_table(diagnoses, table, words):
    with pytest.raises(ValueError, match=words):
        diagnoses_to_indicator(diagnoses, table)


@pytest.mark.shared
def test_twelve_leads_from_files_to_answers(shared_data):
    """Real recordings, their labels from their headers, a classifier of several labels, its answers by name."""
    found = read_recordings(shared_data / "cinc2021")
    assert found.data[0].shape == (12, 5000)
    y = diagnoses_to_indicator(found.metadata.Dx)
    assert y.index.tolist() == found.record_names
    # Counted in the headers by hand.
    counts = y.sum()
    present = counts[counts > 0].to_dict()
    assert present == {"CRBBB|RBBB": 2, "NSR": 5, "LQT": 2, "SB": 4, "STach": 6, "TAb": 1, "TInv": 1}
    assert y.loc["E07507"].loc[lambda row: row == 1].index.tolist() == ["LQT"]
    frequent = y.loc[:, counts >= 2]
    classifier = ResNetClassifier(n_blocks=1, n_filters=4, max_epochs=2, batch_size=8, random_state=0)
    classifier.fit(found.data, frequent)
    assert classifier.classes_.tolist() == frequent.columns.tolist()
    probabilities = classifier.predict_proba(found.data)
    assert probabilities.shape == (20, 5)
    assert np.isfinite(probabilities).all()


@pytest.mark.shared
def test_every_code_of_the_recordings_is_known(shared_data):
    found = {code for row in read_recordings(shared_data / "cinc2021").metadata.Dx for code in row}
    assert found <= set(CODES.index)


def test_the_table_lies_in_the_package_as_it_is_read():
    import ecgclf.datasets

    path = Path(ecgclf.datasets.__file__).with_name("data") / "cinc2021_diagnoses.csv"
    with open(path, newline="", encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    assert [row["code"] for row in rows] == CODES.index.tolist()
    assert [row["label"] or None for row in rows] == CODES.label.tolist()
