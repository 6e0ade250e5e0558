"""The command line as a user meets it: what it prints where, exit codes, and what bad input gets."""

import csv
import json
import os
import shutil
import subprocess
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import f1_score
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline, make_union
from sklearn.tree import DecisionTreeClassifier

import ecgclf
from ecgclf import cli
from ecgclf.classifiers import CRANNClassifier, LSTMClassifier
from ecgclf.cli import _demo, _predict
from ecgclf.cli._labelled import read_labelled
from ecgclf.datasets import _sample, load_cinc2017_sample
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.metrics import cinc2017_score, macro_auroc_scorer
from ecgclf.onnx import to_onnx
from ecgclf.persistence import load, save
from ecgclf.preprocessing import BandpassFilter, Resampler, RRFeatures, SignalQuality
from ecgclf.pretrained import list_pretrained, load_pretrained, model_card
from ecgclf.signal import resample
from small import small

TINY = "tiny-cinc2017"
LSTM_FIT = LSTMClassifier.fit


def write_record(folder, name, signal, *, rate=300, leads=("ECG",), unit="mV"):
    """Write a WFDB record of int16 at 1000 units per mV."""
    signal = np.atleast_2d(signal)
    values = np.round(signal * 1000).astype("<i2").T
    lines = [f"{name} {len(signal)} {rate} {signal.shape[1]}"]
    lines += [f"{name}.dat 16 1000/{unit} 16 0 0 0 0 {lead}" for lead in leads]
    (folder / f"{name}.hea").write_text("\n".join(lines) + "\n")
    (folder / f"{name}.dat").write_bytes(values.tobytes())
    return folder / name


@pytest.fixture(scope="module")
def sample():
    return load_cinc2017_sample()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, sample):
    """Six real recordings as records, with their labels."""
    folder = tmp_path_factory.mktemp("records")
    for name, x in zip(sample.record_names[:6], sample.data[:6], strict=True):
        write_record(folder, name, x)
    lines = [f"{name},{label}\n" for name, label in zip(sample.record_names[:6], sample.target[:6], strict=True)]
    (folder / "REFERENCE.csv").write_text("".join(lines))
    return folder


@pytest.fixture(autouse=True)
def no_figure_left_open():
    yield
    left = plt.get_fignums()
    plt.close("all")
    assert not left


def run(capsys, *arguments):
    """Exit code, stdout, stderr of a command."""
    code = cli.main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@contextmanager
def _no_check():
    """Explanations may be poor here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def one_line(err):
    """Whether an error is one line, and no traceback."""
    return err.count("\n") == 1 and "Traceback" not in err


def test_predict_prints_what_the_model_says(folder, sample, capsys):
    code, out, err = run(capsys, "predict", folder, "--model", TINY)
    assert code == 0
    assert all("poor signal behind the label" in line for line in err.splitlines())
    model = load_pretrained(TINY)
    head, *lines = out.splitlines()
    assert head.split() == ["record", "label", *model.classes_, "quality"]
    # int16 at 1000 units per mV is what the sample is made of.
    expected = model.predict_proba(sample.data[:6])
    for line, name, row in zip(lines, sample.record_names[:6], expected, strict=True):
        record, label, *chances, _ = line.split()
        assert record == str(folder / name)
        assert label == model.classes_[row.argmax()]
        np.testing.assert_allclose([float(chance) for chance in chances], row, atol=6e-4)


def test_predict_writes_json_and_csv(folder, sample, capsys, tmp_path):
    target = tmp_path / "answers.csv"
    records = [folder / name for name in sample.record_names[1:3]]
    code, out, _ = run(capsys, "predict", *records, "--model", TINY, "--json", "--csv", target)
    assert code == 0
    found = json.loads(out)
    assert found["model"] == TINY
    assert found["errors"] == []
    expected = load_pretrained(TINY).predict_proba(sample.data[1:3])
    rows = list(csv.DictReader(target.read_text().splitlines()))
    for answer, row, probabilities, x in zip(found["answers"], rows, expected, sample.data[1:3], strict=True):
        np.testing.assert_allclose(list(answer["probabilities"].values()), probabilities, atol=1e-6)
        assert answer["seconds"] == pytest.approx(len(x) / 300, abs=1e-3)
        assert row["record"] == answer["record"]
        assert row["label"] == answer["label"]
        assert [float(row[label]) for label in "ANO~"] == list(answer["probabilities"].values())
    assert os.listdir(tmp_path) == ["answers.csv"]


def test_predict_overwrites_no_record(folder, sample, capsys, tmp_path):
    """As the shell hands `--csv *.hea` on."""
    records = [write_record(tmp_path, f"r{i}", x) for i, x in enumerate(sample.data[:3])]
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for target in ("r0.hea", "r0.dat", "notes.txt"):
        code, out, err = run(capsys, "predict", "--model", TINY, "--csv", tmp_path / target, *records[1:])
        assert (code, out) == (2, "")
        assert "has to end with one of .csv" in err
    os.mkfifo(tmp_path / "pipe.csv")
    code, out, err = run(capsys, "predict", "--model", TINY, "--csv", tmp_path / "pipe.csv", *records)
    assert (code, out) == (2, "")
    assert "it is there, and no file" in err
    os.unlink(tmp_path / "pipe.csv")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_record_is_answered_once(folder, sample, capsys):
    name = sample.record_names[0]
    files = [folder / f"{name}.hea", folder / f"{name}.dat", folder / name, folder, folder / ".." / folder.name / name]
    code, out, _ = run(capsys, "predict", "--model", TINY, *files, "--json")
    assert code == 0
    assert len(json.loads(out)["answers"]) == 6


def test_long_records_are_not_held_together(sample, capsys, tmp_path, monkeypatch):
    for i, x in enumerate(sample.data[:5]):
        write_record(tmp_path, f"r{i}", np.resize(x, 300 * 40))
    sizes, answer = [], _predict.answer
    monkeypatch.setattr(_predict, "_CHUNK_SECONDS", 70)
    monkeypatch.setattr(_predict, "answer", lambda *args: sizes.append(len(args[1])) or answer(*args))
    code, out, _ = run(capsys, "predict", tmp_path, "--model", TINY)
    assert code == 0
    assert sizes == [2, 2, 1]
    assert len(out.splitlines()) == 6


@pytest.mark.filterwarnings("ignore:.*1 of 9000 samples missing, (filled|set)", "ignore:The surrogate does not follow")
def test_missing_samples_are_filled_if_asked(sample, capsys, tmp_path):
    signal = np.array(sample.data[list(sample.target).index("N")], dtype=float)
    record = write_record(tmp_path, "gap", np.nan_to_num(signal))
    values = np.fromfile(f"{record}.dat", "<i2")
    values[1000] = -(2**15)
    values.tofile(f"{record}.dat")
    code, out, err = run(capsys, "predict", record, "--model", TINY)
    assert (code, out) == (1, "")
    assert "1 of 9000 samples missing. Set missing to 'interpolate' or 'zero'" in err
    for how in ("interpolate", "zero"):
        code, out, err = run(capsys, "predict", record, "--model", TINY, "--missing", how)
        assert code == 0
        assert out.splitlines()[1].split()[1] == "N"
    code, _, _ = run(capsys, "explain", record, "--model", TINY, "--missing", "zero", "--out", tmp_path / "gap.png")
    assert code == 0


@pytest.mark.parametrize("wrap", ["pipeline", "search", "threshold", "searched tuned"])
def test_the_answers_are_those_of_the_model_itself(wrap, sample, folder, capsys, tmp_path):
    X, y = sample.data[:40], np.where(sample.target[:40] == "N", "N", "A")
    network = small("LSTMClassifier", max_epochs=4, learning_rate=0.01)
    if wrap == "pipeline":
        model = make_pipeline(make_pipeline(BandpassFilter(sampling_rate=300.0), network))
    elif wrap == "search":
        model = make_pipeline(BandpassFilter(sampling_rate=300.0), GridSearchCV(network, {"dropout": [0.1]}, cv=2))
    elif wrap == "threshold":
        model = FixedThresholdClassifier(network, threshold=0.99, pos_label="A")
    else:
        tuned = TunedDecisionClassifierCV(network, scoring="f1_macro", cv=2)
        model = GridSearchCV(tuned, {"cv": [2]}, cv=2, error_score="raise")
    model.fit(X, y)
    if wrap == "searched tuned":
        model.best_estimator_.class_weights_ = np.array([0.2, 5.0])
    if wrap in ("threshold", "searched tuned"):
        probable = model.classes_[model.predict_proba(sample.data[:6]).argmax(axis=1)]
        assert (model.predict(sample.data[:6]) != probable).any()
    save(model, tmp_path / "model.ecgclf")
    told = wrap in ("pipeline", "search")
    rate = [] if told else ["--sampling-rate", "300"]
    code, out, err = run(capsys, "predict", folder, "--model", tmp_path / "model.ecgclf", *rate, "--json")
    assert code == 0, err
    by_name = {os.path.basename(answer["record"]): answer["label"] for answer in json.loads(out)["answers"]}
    assert [by_name[name] for name in sample.record_names[:6]] == model.predict(sample.data[:6]).tolist()
    if told:
        code, _, err = run(capsys, "predict", folder, "--model", tmp_path / "model.ecgclf", "--sampling-rate", "500")
        assert code == 2
        assert "takes recordings at 300 Hz, not at 500" in err


def test_several_labels_of_a_search(sample, folder, capsys, tmp_path):
    X = sample.data[:40]
    Y = np.column_stack([sample.target[:40] == "A", sample.target[:40] != "N"]).astype(int)
    search = GridSearchCV(small("LSTMClassifier", max_epochs=2), {"dropout": [0.1]}, cv=2, scoring=macro_auroc_scorer)
    save(search.fit(X, Y), tmp_path / "model.ecgclf")
    arguments = ("--model", tmp_path / "model.ecgclf", "--sampling-rate", "300")
    _, out, _ = run(capsys, "predict", folder, *arguments, "--json")
    by_name = {os.path.basename(answer["record"]): answer["label"] for answer in json.loads(out)["answers"]}
    expected = ["+".join(str(k) for k in np.flatnonzero(row)) or "-" for row in search.predict(sample.data[:6])]
    assert [by_name[name] for name in sample.record_names[:6]] == expected
    record = folder / sample.record_names[0]
    assert run(capsys, "explain", record, *arguments, "--out", tmp_path / "picture.png")[0] == 0


@pytest.mark.parametrize("around", ["tuned", "calibrated", "frozen", "features"])
def test_the_sampling_rate_is_found_whatever_it_lies_in(around, sample, folder, capsys, tmp_path):
    X, y = sample.data[:40], sample.target[:40]
    if around == "tuned":
        trained = load_pretrained(TINY, sampling_rate=300)
        model = TunedDecisionClassifierCV(trained, scoring=cinc2017_score, cv="prefit").fit(X, y)
    elif around == "calibrated":
        model = CalibratedClassifierCV(FrozenEstimator(load_pretrained(TINY, sampling_rate=300))).fit(X, y)
    elif around == "frozen":
        model = FrozenEstimator(load_pretrained(TINY, sampling_rate=300))
    else:
        model = make_pipeline(make_union(RRFeatures(300), SignalQuality(300)), DecisionTreeClassifier()).fit(X, y)
    path = tmp_path / "model.ecgclf"
    save(model, path)
    code, out, _ = run(capsys, "predict", folder, "--model", path, "--json")
    assert code == 0
    found = [[row["probabilities"][label] for label in model.classes_] for row in json.loads(out)["answers"]]
    np.testing.assert_allclose(found, model.predict_proba(sample.data[:6]), atol=1e-5)
    assert [row["label"] for row in json.loads(out)["answers"]] == model.predict(sample.data[:6]).tolist()
    code, _, err = run(capsys, "predict", folder, "--model", path, "--sampling-rate", 150)
    assert (code, "takes recordings at 300 Hz, not at 150" in err) == (2, True)
    with _no_check():
        assert (
            run(capsys, "explain", folder / sample.record_names[0], "--model", path, "--out", tmp_path / "x.png")[0]
            == 0
        )
    # A record of two leads is named, and the others are answered.
    two = write_record(tmp_path, "two", np.stack([X[0], X[0]]), leads=("I", "II"))
    code, out, err = run(capsys, "predict", two, folder, "--model", path, "--json")
    assert (code, len(json.loads(out)["answers"])) == (1, 6)
    assert "takes 1. Choose one with --lead" in err


def test_parts_of_several_rates_are_told(sample, folder, capsys, tmp_path):
    rates = (150.0, 300.0)
    parts = [(f"at {rate:g} Hz", make_pipeline(RRFeatures(rate), DecisionTreeClassifier())) for rate in rates]
    save(VotingClassifier(parts, voting="soft").fit(sample.data[:20], sample.target[:20]), tmp_path / "vote.ecgclf")
    code, _, err = run(capsys, "predict", folder, "--model", tmp_path / "vote.ecgclf")
    assert code == 2
    assert "parts of it take recordings at 150 and 300 Hz" in err


def test_a_tuned_label_of_probability_0_is_answered_as_by_the_estimator(sample, folder, capsys, tmp_path):
    X, y = sample.data[:60], sample.target[:60]
    trees = make_pipeline(RRFeatures(300), DecisionTreeClassifier(random_state=0))
    model = TunedDecisionClassifierCV(trees, scoring="accuracy", calibration=None, cv=3).fit(X, y)
    # By the weight even 1e-12, which a probability of 0 counts as in tuning, is the greatest.
    model.class_weights_ = np.array([1e13, 1.0, 1.0, 1.0])
    save(model, tmp_path / "model.ecgclf")
    code, out, _ = run(capsys, "predict", folder, "--model", tmp_path / "model.ecgclf", "--json")
    assert code == 0
    told = [row["label"] for row in json.loads(out)["answers"]]
    assert told == model.predict(sample.data[:6]).tolist() == ["A"] * 6
    assert told != model.classes_[model.predict_proba(sample.data[:6]).argmax(axis=1)].tolist()


def test_where_nothing_is_answered_no_file_is_lost(capsys, tmp_path):
    kept = tmp_path / "answers.csv"
    kept.write_text("of yesterday")
    assert run(capsys, "predict", tmp_path / "absent", "--csv", kept, "--model", TINY)[0] == 1
    assert kept.read_text() == "of yesterday"


def test_a_lead_that_was_trained_on_by_name_is_the_one_that_is_answered(sample, capsys, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for k, x in enumerate(sample.data[:6]):
        write_record(data, f"r{k}", np.stack([np.zeros(len(x)), x]), leads=("V1", "II"))
    (data / "REFERENCE.csv").write_text("".join(f"r{k},{'AN'[k % 2]}\n" for k in range(6)))
    model, arguments = tmp_path / "mine.ecgclf", ["--data", data, "--lead", "II", "--epochs", 1]
    assert run(capsys, "train", *arguments, "--model", "lstm", "--out", model)[0] == 0
    code, out, _ = run(capsys, "predict", data, "--model", model, "--json")
    assert code == 0
    found = [row["probabilities"]["A"] for row in json.loads(out)["answers"]]
    np.testing.assert_allclose(found, load(model).predict_proba(sample.data[:6])[:, 0], atol=1e-3)
    # Another lead is an answer only to whoever asks for it.
    other = write_record(tmp_path, "other", sample.data[0], leads=("V1",))
    code, _, err = run(capsys, "predict", other, "--model", model)
    assert (code, "'II'" in err) == (1, True)
    assert run(capsys, "predict", other, "--model", model, "--lead", "V1")[0] == 0


def test_labels_that_are_no_utf_8_are_told(folder, sample, capsys, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text(f"{sample.record_names[0]},N\n", encoding="utf-16")
    code, _, err = run(capsys, "evaluate", "--data", folder, "--labels", labels, "--model", TINY)
    assert code == 2
    assert "no text in UTF-8" in err
    assert "Save it as CSV in UTF-8" in err


def test_a_table_of_odd_names(tmp_path):
    row = {"record": "A\udcff1", "seconds": 30.0, "label": "quality", "quality": 0.9, "problems": []}
    probabilities = {"record": 0.1, "quality": 0.7, "N": 0.2}
    _predict._write_csv([{**row, "probabilities": probabilities}], tmp_path / "answers.csv")
    text = (tmp_path / "answers.csv").read_text(errors="surrogateescape")
    (found,) = csv.DictReader(text.splitlines())
    assert (found["record"], found["quality"]) == ("A\udcff1", "0.9")
    assert [found[name] for name in ("probability of record", "probability of quality", "N")] == ["0.1", "0.7", "0.2"]


def test_long_labels_stand_in_columns(capsys):
    table = _predict._Table(["sinus_rhythm", "atrial_fibrillation"], windows=False)
    probabilities = {"sinus_rhythm": 0.25, "atrial_fibrillation": 0.75}
    table.print([{"record": "A1", "label": "atrial_fibrillation", "probabilities": probabilities, "quality": 0.9}])
    title, row = capsys.readouterr().out.splitlines()
    assert title.split() == ["record", "label", "sinus_rhythm", "atrial_fibrillation", "quality"]
    assert row.split() == ["A1", "atrial_fibrillation", "0.250", "0.750", "0.90"]
    assert [title.index(word) + len(word) for word in title.split()[2:]] == [
        row.index(figure) + len(figure) for figure in row.split()[2:]
    ]


def test_predict_windows_are_the_stretches_by_themselves(sample, capsys, tmp_path):
    signal = np.concatenate(sample.data[:3])[:20_000]
    record = write_record(tmp_path, "long", signal)
    code, out, _ = run(capsys, "predict", record, "--model", TINY, "--windows", "--json")
    assert code == 0
    answers = json.loads(out)["answers"]
    assert [(answer["start"], answer["end"]) for answer in answers] == [
        (0, 30),
        (30, 60),
        (pytest.approx(110 / 3, abs=1e-3), pytest.approx(200 / 3, abs=1e-3)),
    ]
    pieces = [signal[:9000], signal[9000:18_000], signal[-9000:]]
    expected = load_pretrained(TINY).predict_proba([piece.astype(np.float32) for piece in pieces])
    found = [list(answer["probabilities"].values()) for answer in answers]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    _, table, _ = run(capsys, "predict", record, "--model", TINY, "--windows")
    assert table.splitlines()[3].split()[1:3] == ["36.7", "66.7"]
    code, _, err = run(capsys, "predict", record, "--model", TINY)
    assert code == 0
    assert "is 67 s long" in err
    assert "--windows" in err


def test_records_of_another_rate_are_resampled(sample, capsys, tmp_path):
    """The header says the rate: the answer to a recording at 500 Hz is about that to the same at 300."""
    x = sample.data[0]
    write_record(tmp_path, "fast", resample(x, 300.0, 500.0), rate=500)
    _, out, _ = run(capsys, "predict", tmp_path / "fast", "--model", TINY, "--json")
    found = list(json.loads(out)["answers"][0]["probabilities"].values())
    np.testing.assert_allclose(found, load_pretrained(TINY).predict_proba([x])[0], atol=0.05)
    at_500 = load_pretrained(TINY, sampling_rate=500.0).predict_proba([resample(x, 300.0, 500.0)])
    np.testing.assert_allclose(found, at_500[0], atol=0.01)


def test_bad_records_are_named_and_the_rest_predicted(sample, capsys, tmp_path):
    write_record(tmp_path, "good", sample.data[list(sample.target).index("N")])
    write_record(tmp_path, "truncated", sample.data[1])
    (tmp_path / "truncated.dat").write_bytes(b"\0\0")
    write_record(tmp_path, "twelve", np.zeros((12, 3000)), leads=[f"L{i}" for i in range(12)])
    write_record(tmp_path, "pressure", np.zeros(3000), unit="mmHg")
    # The value by which WFDB marks a missing sample.
    write_record(tmp_path, "gap", np.full(3000, -32.768))
    (tmp_path / "garbage.hea").write_bytes(b"\x00\x05\x16\x07")
    (tmp_path / "._good.hea").write_bytes(b"\x00\x05\x16\x07")
    csv_path = tmp_path / "out.csv"
    code, out, err = run(capsys, "predict", tmp_path, tmp_path / "absent", "--model", TINY, "--csv", csv_path)
    assert code == 1
    assert [line.split()[0] for line in out.splitlines()[1:]] == [str(tmp_path / "good")]
    lines = err.splitlines()
    assert len(lines) == 6
    for name, reason in {
        "truncated": "truncated",
        "twelve": "--lead",
        "pressure": "mmHg",
        "gap": "missing",
        "garbage": "printable ASCII",
        "absent": "no record",
    }.items():
        assert any(name in line and reason in line for line in lines), name
    assert len(csv_path.read_text().splitlines()) == 2


def test_answers_that_rest_on_no_ecg_are_marked(sample, capsys, tmp_path):
    x = sample.data[list(sample.target).index("N")][:9000]
    write_record(tmp_path, "good", x)
    write_record(tmp_path, "flat", np.full(9000, 0.5))
    write_record(tmp_path, "short", x[:5])
    write_record(tmp_path, "late", np.concatenate([x, np.zeros(9000)]))
    csv_path = tmp_path / "out.csv"
    code, out, err = run(capsys, "predict", tmp_path, "--model", TINY, "--json", "--csv", csv_path)
    assert code == 0
    answers = {os.path.basename(answer["record"]): answer for answer in json.loads(out)["answers"]}
    assert answers["good"]["problems"] == []
    assert answers["good"]["quality"] > 0.7
    assert answers["flat"]["problems"] == ["a flat line for 100 % of the time", "no beats found"]
    assert answers["short"]["quality"] == 0
    assert "only 0.0167 s long" in answers["short"]["problems"]
    rows = {os.path.basename(row["record"]): row for row in csv.DictReader(csv_path.read_text().splitlines())}
    assert rows["flat"]["problems"] == "a flat line for 100 % of the time; no beats found"
    assert rows["good"]["problems"] == ""
    warned = [line for line in err.splitlines() if "poor signal" in line]
    assert [any(name in line for line in warned) for name in ("good", "flat", "short")] == [False, True, True]
    _, table, err = run(capsys, "predict", tmp_path / "late", "--model", TINY, "--windows")
    assert table.splitlines()[0].split()[-1] == "quality"
    assert float(table.splitlines()[1].split()[-1]) > 0.7
    assert "late from 30 to 60 s: poor signal behind the label" in err
    assert "from 0 to 30 s" not in err


def test_a_lead_is_chosen(sample, capsys, tmp_path):
    x = sample.data[0][:9000]
    write_record(tmp_path, "two", np.stack([np.zeros(9000), x]), leads=("I", "II"))
    _, out, _ = run(capsys, "predict", tmp_path / "two", "--lead", "ii", "--model", TINY, "--json")
    found = list(json.loads(out)["answers"][0]["probabilities"].values())
    np.testing.assert_allclose(found, load_pretrained(TINY).predict_proba([x])[0], atol=1e-5)
    code, _, err = run(capsys, "predict", tmp_path / "two", "--lead", "V9", "--model", TINY)
    assert code == 1
    assert "no leads named 'V9'; it has I, II" in err


def test_the_best_model_is_the_default(folder, capsys):
    _, out, _ = run(capsys, "predict", folder, "--json")
    assert json.loads(out)["model"] == list_pretrained()[0].name


def test_models_lists_and_shows(capsys):
    code, out, _ = run(capsys, "models")
    assert code == 0
    for model in list_pretrained():
        (line,) = (line for line in out.splitlines() if line.startswith(model.name))
        assert f"{model.score:.3f}" in line
        assert f"{model.n_weights:,}" in line
    code, out, _ = run(capsys, "models", TINY)
    assert code == 0
    assert out == f"{model_card(TINY)}\n"
    code, out, err = run(capsys, "models", "tyni-cinc2017")
    assert (code, out) == (2, "")
    assert "Do you mean 'tiny-cinc2017'?" in err
    assert one_line(err)


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_explain_draws(folder, sample, capsys, tmp_path, suffix):
    out = tmp_path / f"why.{suffix}"
    record = folder / sample.record_names[0]
    with _no_check():
        code, printed, _ = run(
            capsys, "explain", record, "--out", out, "--model", TINY, "--segmentation", "beats", "--label", "A"
        )
    assert code == 0
    assert "explained A" in printed
    assert out.read_bytes()[:4] in (b"\x89PNG", b"<?xm", b"%PDF")
    assert os.listdir(tmp_path) == [out.name]


def test_explain_draws_the_stretch_that_predict_has_answered(sample, capsys, tmp_path):
    longest = write_record(tmp_path, "long", max(sample.data, key=len))
    code, printed, _ = run(capsys, "predict", longest, "--windows", "--model", TINY, "--json")
    window = json.loads(printed)["answers"][1]
    assert (code, window["start"], window["end"]) == (0, 30, 60)
    stretch = ["--start", "30", "--end", "60"]
    with _no_check():
        code, printed, err = run(capsys, "explain", longest, *stretch, "--out", tmp_path / "x.png", "--model", TINY)
    assert code == 0
    assert "have seen" not in err
    label = window["label"]
    told = f"{longest}, 30 to 60 s: {label}; explained {label} (probability {window['probabilities'][label]:.3f})"
    assert printed.startswith(told)


def test_explain_says_of_a_long_record_that_a_stretch_may_be_explained(sample, capsys, tmp_path):
    record, out = write_record(tmp_path, "long", np.resize(sample.data[0], 70 * 300)), tmp_path / "x.png"
    with _no_check():
        code, _, err = run(capsys, "explain", record, "--out", out, "--model", TINY)
    assert code == 0
    assert "long is 70 s long" in err
    assert "--start and --end explain a stretch" in err
    # What lies beyond the end is not there, and no error.
    stretch = ["--start", "20", "--end", "90"]
    with _no_check():
        code, printed, err = run(capsys, "explain", record, *stretch, "--out", out, "--model", TINY)
    assert code == 0
    assert "20 to 70 s" in printed
    assert "have seen" not in err


@pytest.mark.parametrize("kind", ["ecgclf", "onnx"])
@pytest.mark.parametrize(("rate", "vote"), [(300, False), (100, False), (100, True)])
def test_explain_shows_attention_where_there_is_any(kind, rate, vote, sample, folder, capsys, tmp_path, monkeypatch):
    from ecgclf.plotting import ExplanationDisplay

    classifier = CRANNClassifier(n_filters=(4,) * 6, n_units=4, max_epochs=1, random_state=0)
    pipeline = make_pipeline(Resampler(rate, sampling_rate=300), classifier)
    write = {"ecgclf": save, "onnx": to_onnx}[kind]
    model = pipeline
    if vote:
        model = VotingClassifier([("a", small("LSTMClassifier", max_epochs=1)), ("b", pipeline)], voting="soft")
    model.fit(sample.data[:8], sample.target[:8])
    pipeline = model.estimators_[1] if vote else pipeline
    write(model, tmp_path / f"crann.{kind}")
    seen = []
    draw = ExplanationDisplay.from_explanation.__func__
    monkeypatch.setattr(
        ExplanationDisplay,
        "from_explanation",
        classmethod(lambda cls, *args, **kwargs: seen.append(kwargs["attention"]) or draw(cls, *args, **kwargs)),
    )
    with _no_check():
        code, _, _ = run(
            capsys,
            "explain",
            folder / sample.record_names[1],
            "--out",
            tmp_path / "why.png",
            "--model",
            tmp_path / f"crann.{kind}",
            "--sampling-rate",
            300,
        )
    assert code == 0
    # At each sample of the record, whatever rate the network has.
    assert len(seen[0]) == len(sample.data[1])
    (expected,) = pipeline[-1].attention(pipeline[0].transform(sample.data[1:2]))
    found = seen[0][:: 300 // rate][: len(expected)]
    np.testing.assert_allclose(found / found.sum(), expected / expected.sum(), atol=1e-6)


def test_train_then_predict_explain_and_evaluate(folder, capsys, tmp_path):
    model = tmp_path / "mine.ecgclf"
    arguments = ["train", "--data", folder, "--model", "lstm", "--out", model, "--epochs", "2", "--seed", "3"]
    code, out, err = run(capsys, *arguments)
    assert code == 0
    assert str(model) in out
    assert "6 recordings" in err
    assert os.listdir(tmp_path) == ["mine.ecgclf"]
    pipeline = load(model)
    assert pipeline["resample"].sampling_rate == 300
    assert pipeline["classify"].n_epochs_ == 2
    assert pipeline["classify"].checkpoint_dir is None
    first = model.read_bytes()
    run(capsys, *arguments)
    again = load(model)
    X = [np.sin(np.arange(3000) / 9)]
    np.testing.assert_array_equal(again.predict_proba(X), pipeline.predict_proba(X))
    assert len(model.read_bytes()) == pytest.approx(len(first), abs=200)
    code, out, _ = run(capsys, "predict", folder, "--model", model, "--json")
    assert code == 0
    assert json.loads(out)["model"] == str(model)
    code, out, _ = run(capsys, "evaluate", "--data", folder, "--model", model)
    assert code == 0
    assert "recordings: 6" in out


def test_training_goes_on_after_ctrl_c(folder, capsys, tmp_path, monkeypatch):
    from ecgclf._training import _callbacks

    model = tmp_path / "mine.ecgclf"
    arguments = ["train", "--data", folder, "--model", "crnn", "--out", model, "--epochs", "3"]
    monkeypatch.setattr(_callbacks.ProgressBar, "on_epoch_end", _press_ctrl_c)
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (130, "")
    assert "goes on from the last whole epoch" in err
    assert not model.exists()
    (kept,) = tmp_path.iterdir()
    assert len(list(kept.iterdir())) == 1
    monkeypatch.undo()
    assert run(capsys, *arguments)[0] == 0
    assert list(tmp_path.iterdir()) == [model]


def _press_ctrl_c(self, net, **kwargs):
    raise KeyboardInterrupt


@pytest.mark.filterwarnings("ignore:The labels .* are neither in y_true nor predicted")
def test_evaluate_is_the_report(folder, sample, capsys):
    code, out, _ = run(capsys, "evaluate", "--data", folder, "--model", TINY, "--json")
    assert code == 0
    found = json.loads(out)
    predicted = load_pretrained(TINY).predict(sample.data[:6])
    assert found["score"][0] == pytest.approx(cinc2017_score(sample.target[:6], predicted))
    labels = folder / "others.csv"
    lines = [f"records/{name},{label}" for name, label in zip(sample.record_names[:3], sample.target[:3], strict=True)]
    labels.write_text("\n".join(["record,label", *lines]) + "\n")
    code, out, _ = run(capsys, "evaluate", "--data", folder, "--labels", labels, "--model", TINY, "--json")
    assert code == 0
    assert sum(json.loads(out)["n_recordings"].values()) == 3
    # As spreadsheets write it, and with names of files; what is left out is told.
    text = "".join(
        f"{name}.mat,{label}\n" for name, label in zip(sample.record_names, sample.target[:4], strict=False)
    )
    labels.write_text(text + "absent,N\n", encoding="utf-8-sig")
    code, out, err = run(capsys, "evaluate", "--data", folder, "--labels", labels, "--model", TINY, "--json")
    assert code == 0
    assert sum(json.loads(out)["n_recordings"].values()) == 4
    assert "4 records have a label; 1 labels without a record" in err
    assert "2 records without a label are left out" in err
    labels.unlink()


@pytest.mark.parametrize("columns", [(0, 1, 2), (1, 0, 2), (2, 1, 0)], ids=str)
@pytest.mark.parametrize(
    "names",
    [
        ("record", "patient", "label"),
        ("File_Name", "sex", " Rhythm"),
        ("record", "name", "label"),
        ("file", "class", "label"),
    ],
    ids=str,
)
def test_labels_stand_in_the_column_that_is_named_so(columns, names, folder, sample, tmp_path):
    rows = [
        names,
        *([name, "Jane", label] for name, label in zip(sample.record_names, sample.target[:6], strict=False)),
    ]
    labels = tmp_path / "labels.csv"
    # Spreadsheets end lines with empty cells, and begin files with empty lines.
    labels.write_text(",,\n" + "".join(",".join(row[k] for k in columns) + ",\n" for row in rows))
    found = read_labelled(folder, labels, None, "raise")
    assert found.record_names == list(sample.record_names[:6])
    assert found.target.tolist() == sample.target[:6].tolist()


@pytest.fixture(scope="module")
def archive(tmp_path_factory, sample):
    """PhysioNet's files of the Challenge 2017, with few of the recordings."""
    home = tmp_path_factory.mktemp("archive")
    shutil.copy(Path(_sample._FOLDER) / "cinc2017_sample.zip", home / "training2017.zip")
    lines = [f"{name},{label}\n" for name, label in zip(sample.record_names, sample.target, strict=True)]
    (home / "REFERENCE-v3.csv").write_text("".join(lines))
    (home / "mine.csv").write_text("".join(f"{line[:6]},mine\n" for line in lines[3:7]))
    return home


@pytest.mark.parametrize(
    ("labels", "lead", "rate", "names", "label"),
    [
        (None, None, None, slice(200), None),
        (None, "ecg", 300.0, slice(200), None),
        ("mine.csv", None, None, slice(3, 7), "mine"),
        ("mine.csv", "ECG", 100.0, slice(3, 7), "mine"),
    ],
)
def test_the_archive_can_be_labelled_and_resampled(archive, sample, labels, lead, rate, names, label):
    found = read_labelled(archive, labels and archive / labels, lead, "raise", rate)
    assert list(found.record_names) == sample.record_names[names]
    assert found.target.tolist() == ([label] * 4 if label else sample.target[names].tolist())
    assert found.sampling_rate == (rate or 300.0)
    for x, y in zip(found.data, sample.data[names], strict=True):
        np.testing.assert_array_equal(x, y if rate != 100.0 else resample(y, 300.0, 100.0))


def test_other_leads_of_the_archive_are_refused(archive, capsys):
    code, _, err = run(capsys, "evaluate", "--data", archive, "--lead", "II", "--model", TINY)
    assert code == 2
    assert "have one lead, ECG; leave --lead out" in err


def test_leads_are_found_by_their_names(sample, capsys, tmp_path):
    """Whatever order a record has them in; others are refused."""
    there, elsewhere = tmp_path / "there", tmp_path / "elsewhere"
    for folder in (there, elsewhere):
        folder.mkdir()
    length = min(len(x) for x in sample.data[:4])
    for name, first, second in zip("abcd", sample.data[:4], sample.data[4:], strict=False):
        write_record(there, name, [first[:length], second[:length]], leads=("I", "V6"))
    write_record(elsewhere, "a", [sample.data[4][:length], sample.data[0][:length]], leads=("v6", "i"))
    write_record(elsewhere, "other", [sample.data[0][:length], sample.data[4][:length]], leads=("II", "V6"))
    (there / "REFERENCE.csv").write_text("a,x\nb,x\nc,y\nd,y\n")
    (elsewhere / "REFERENCE.csv").write_text("a,x\nc,y\n")
    model = tmp_path / "m.ecgclf"
    with mock.patch.object(LSTMClassifier, "fit", _small_fit):
        assert run(capsys, "train", "--data", there, "--model", "lstm", "--out", model, "--epochs", "1")[0] == 0
    answers = json.loads(run(capsys, "predict", there / "a", elsewhere, "--model", model, "--json")[1])
    of_one, of_other = (answer["probabilities"] for answer in answers["answers"])
    assert of_one == of_other
    exchanged = load(model).predict_proba([[sample.data[4][:length], sample.data[0][:length]]])[0]
    assert exchanged.tolist() != pytest.approx(list(of_one.values()), abs=1e-6)
    assert "no leads named 'I'; it has II, V6" in answers["errors"][0]["error"]
    (elsewhere / "other.hea").unlink()
    write_record(elsewhere, "c", [sample.data[6][:length], sample.data[2][:length]], leads=("V6", "I"))
    code, _, err = run(capsys, "evaluate", "--data", elsewhere, "--model", model, "--json")
    assert (code, err) == (0, "")
    code, _, err = run(capsys, "predict", there / "a", "--model", model, "--lead", "I")
    assert code == 1
    assert "has 1 leads (I)" in err


def _small_fit(self, X, y, **kwargs):
    return LSTM_FIT(self.set_params(n_filters=2, n_units=2, batch_size=2), X, y, **kwargs)


def test_what_is_no_voltage_is_neither_measured_nor_learnt(sample, capsys, tmp_path):
    for i, x in enumerate(sample.data[:4]):
        write_record(tmp_path, f"r{i}", x, unit="mmHg")
    (tmp_path / "REFERENCE.csv").write_text("r0,N\nr1,A\nr2,N\nr3,A\n")
    for command in (["evaluate", "--model", TINY], ["train", "--model", "lstm", "--out", tmp_path / "m.ecgclf"]):
        code, out, err = run(capsys, command[0], "--data", tmp_path, *command[1:])
        assert (code, out) == (1, "")
        assert "ECG in mmHg, which is no voltage" in err


def test_an_onnx_file_answers_without_torch(folder, sample, tmp_path):
    path = tmp_path / "tiny.onnx"
    to_onnx(load_pretrained(TINY), path)
    code = (
        "import sys; from ecgclf.cli import main; code = main(sys.argv[1:]); "
        "print([name for name in ('torch', 'skorch') if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    command = [sys.executable, "-c", code, "predict", folder, "--model", path, "--json"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "[]"
    found = [list(answer["probabilities"].values()) for answer in json.loads(done.stdout)["answers"]]
    np.testing.assert_allclose(found, load_pretrained(TINY).predict_proba(sample.data[:6]), atol=1e-4)


def test_onnx_can_be_explained_and_evaluated(folder, sample, capsys, tmp_path):
    path = tmp_path / "tiny.onnx"
    to_onnx(load_pretrained(TINY), path)
    assert run(capsys, "evaluate", "--data", folder, "--model", path)[0] == 0
    with _no_check():
        code, _, _ = run(
            capsys, "explain", folder / sample.record_names[0], "--model", path, "--out", tmp_path / "x.png"
        )
    assert code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "match"),
    [
        (["predict", "{folder}", "--model", "nowhere.md"], 2, "'nowhere.md' is neither a trained model"),
        (["predict", "{folder}", "--model", "{text}"], 2, "cannot be loaded"),
        (["predict", "{folder}", "--model", "{text}.onnx"], 2, "no ONNX file"),
        (
            ["predict", "{folder}", "--model", "tiny-cinc2017", "--sampling-rate", "250"],
            2,
            "Leave --sampling-rate out",
        ),
        (["predict", "{folder}", "--model", "{filter}"], 2, "gives no probabilities"),
        (["predict", "{folder}", "--model", "{rateless}"], 2, "Give --sampling-rate"),
        (["predict", "{folder}", "--csv", "{folder}/absent/x.csv"], 2, "absent is no folder"),
        (["predict", "{empty}"], 1, "has no WFDB header"),
        (["explain", "{empty}", "--out", "{empty}/x.png"], 1, "has no WFDB header"),
        (["explain", "{folder}", "--out", "{empty}/x.png"], 2, "holds 6 records"),
        (["explain", "{record}", "--out", "{empty}/x.doc"], 2, "end with one of .png"),
        (["explain", "{record}", "--out", "{empty}/x.png", "--label", "Q"], 2, "labels are A, N, O, ~"),
        (["explain", "{record}", "--out", "{empty}/x.png", "--start", "900"], 2, "there is nothing from 900"),
        (["explain", "{record}", "--out", "{empty}/x.png", "--start", "inf"], 2, "there is nothing from inf"),
        (["explain", "{record}", "--out", "{empty}/x.png", "--start", "9", "--end", "9"], 2, "nothing from 9 to 9 s"),
        (["train", "--data", "{empty}", "--model", "lstm", "--out", "{empty}/m.ecgclf"], 2, "has no REFERENCE.csv"),
        (["train", "--data", "{text}", "--model", "lstm", "--out", "{empty}/m.ecgclf"], 2, "is no folder"),
        (["train", "--data", "{folder}", "--model", "lstm", "--out", "{empty}/m.pkl"], 2, "end with one of .ecgclf"),
        (["evaluate", "--data", "{folder}", "--labels", "{text}"], 2, "expected RECORD,LABEL"),
        (
            ["evaluate", "--data", "{folder}", "--labels", "{three}"],
            2,
            "3 columns, 'A1,Jane,N'; expected RECORD,LABEL",
        ),
        (["evaluate", "--data", "{folder}", "--labels", "{recordless}"], 2, "patient, label: none is the record"),
        (["evaluate", "--data", "{folder}", "--labels", "{labelless}"], 2, "record, patient: none is the label"),
        (["evaluate", "--data", "{folder}", "--labels", "{ambiguous}"], 2, "file and name may each be the record"),
        (["evaluate", "--data", "{folder}", "--labels", "{nothing}"], 2, "nothing holds no labels"),
        (["evaluate", "--data", "{folder}", "--labels", "{titles}"], 2, "titles holds no labels"),
        (["evaluate", "--data", "{folder}", "--labels", "{strange}"], 2, "labels Q are none that"),
        (["evaluate", "--data", "{folder}", "--labels", "{others}"], 2, "None of the 1 labelled records"),
        (["evaluate", "--data", "{folder}", "--labels", "{twice}"], 2, "line 2: A1 is labelled before"),
        (["evaluate", "--data", "{folder}", "--labels", "{folder}/absent.csv"], 2, "there is no file"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(arguments, code, match, folder, sample, capsys, tmp_path):
    from ecgclf.preprocessing import BandpassFilter

    empty = tmp_path / "empty"
    empty.mkdir()
    places = {"folder": folder, "empty": empty, "record": folder / sample.record_names[0]}
    for name, content in {
        "text": "no model",
        "text.onnx": "no model",
        "strange": "".join(f"{name},Q\n" for name in sample.record_names[:6]),
        "others": "A1,N\n",
        "twice": "A1,N\nA1,A\n",
        "three": "A1,Jane,N\n",
        "recordless": "patient,label\nJane,N\n",
        "labelless": "record,patient\nA1,Jane\n",
        "ambiguous": "file,name,label\nA1,Jane,N\n",
        "nothing": "",
        "titles": "record,label\n",
    }.items():
        places[name] = tmp_path / name
        places[name].write_text(content)
    places["filter"] = tmp_path / "filter.ecgclf"
    save(BandpassFilter(sampling_rate=300.0).fit([np.zeros(400)]), places["filter"])
    places["rateless"] = tmp_path / "rateless.ecgclf"
    save(small("LSTMClassifier", max_epochs=1).fit(sample.data[:4], list("abab")), places["rateless"])
    arguments = [argument.format(**places) for argument in arguments]
    found, out, err = run(capsys, *arguments)
    assert found == code
    assert match in err
    assert one_line(err)
    assert out == ""
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict"],
        ["predict", "--wrong", "x"],
        ["explain", "x"],
        ["train", "--data", "x", "--model", "vgg", "--out", "y.ecgclf"],
        ["fetch", "imagenet"],
        ["sing"],
        ["demo", "--seed", "-1"],
        ["demo", "--seed", "many"],
        ["demo", "--seed", str(2**32)],
    ],
)
def test_wrong_usage(arguments, capsys):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert "Usage: ecgclf" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["predict", "explain", "models", "train", "evaluate", "fetch", "demo"])
def test_help_teaches_by_examples(command, capsys):
    code, out, err = run(capsys, command, "--help")
    assert (code, err) == (0, "")
    assert f"    ecgclf {command}" in out
    assert max(map(len, out.splitlines())) <= 80
    code, overview, _ = run(capsys, "--help")
    assert code == 0
    assert f"\n  {command} " in overview


def test_completion_is_there(capsys):
    assert "--install-completion" in run(capsys, "--help")[1]


def test_an_unforeseen_error_is_one_line(monkeypatch, tmp_path, capsys):
    def fail(*args):
        raise RuntimeError("no memory\nat all")

    monkeypatch.setattr(_demo, "open_model", fail)
    code, out, err = run(capsys, "demo", "--out", tmp_path)
    assert (code, out) == (1, "")
    assert err == "ecgclf: error: RuntimeError: no memory at all\n"


def test_ctrl_c_ends_kindly(monkeypatch, tmp_path, capsys):
    def fail(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(_demo, "open_model", fail)
    code, _, err = run(capsys, "demo", "--out", tmp_path)
    assert (code, err) == (130, "\necgclf: interrupted\n")


def test_fetch_says_what_it_found(monkeypatch, capsys, tmp_path):
    asked = []

    class Found:
        DESCR = "8,528 recordings"

    monkeypatch.setattr("ecgclf.datasets.fetch_cinc2017", lambda home: asked.append(home) or Found)
    assert run(capsys, "fetch", "cinc2017", "--out", tmp_path) == (0, "8,528 recordings\n", "")
    assert run(capsys, "fetch", "cinc2017")[0] == 0
    assert asked == [tmp_path, None]


def test_demo_shows_what_the_shipped_model_says(sample, capsys, tmp_path):
    out = tmp_path / "new" / "folder"
    with _no_check():
        code, printed, _ = run(capsys, "demo", "--out", out)
    assert code == 0
    assert sorted(os.listdir(out)) == ["explanation.png", "recording.png"]
    best = list_pretrained()[0].name
    predicted = load_pretrained(best).predict(sample.data)
    most_frequent = np.full(200, "N")
    for label in "NAO~":
        expected = [
            f1_score(sample.target == label, answer == label, zero_division=0) for answer in (predicted, most_frequent)
        ]
        line = next(line for line in printed.splitlines() if f"({label})" in line)
        assert line.split()[-2:] == [f"{f1:.2f}" for f1 in expected]
    line = next(line for line in printed.splitlines() if "challenge score" in line)
    assert line.split()[-2] == f"{cinc2017_score(sample.target, predicted):.2f}"


def test_demo_can_train(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(_demo, "_classifier", lambda seed: small("CRNNClassifier", max_epochs=1, random_state=seed))
    with _no_check():
        code, printed, err = run(capsys, "demo", "--train", "--out", tmp_path, "--seed", "3")
    assert code == 0
    assert "On the 60 recordings kept out of the training" in printed
    assert "Training CRNNClassifier on 140 real recordings" in err


def test_a_folder_that_cannot_be_made_is_named(tmp_path, capsys):
    (tmp_path / "taken").write_text("a file")
    code, _, err = run(capsys, "demo", "--out", tmp_path / "taken")
    assert code == 1
    assert str(tmp_path / "taken") in err
    assert one_line(err)


def test_the_module_and_the_command_are_the_same(tmp_path):
    as_module = [sys.executable, "-m", "ecgclf"]
    as_command = [os.path.join(os.path.dirname(sys.executable), "ecgclf")]
    for command in (as_module, as_command):
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True, cwd=tmp_path)
        assert done.stdout == f"ecgclf {ecgclf.__version__}\n"


def test_the_process_stays_as_it_was(folder, sample, capsys, tmp_path):
    shown, filters, backend = warnings.showwarning, list(warnings.filters), plt.get_backend()
    plt.switch_backend("svg")
    try:
        with _no_check():
            record = folder / sample.record_names[0]
            assert run(capsys, "explain", record, "--model", TINY, "--out", tmp_path / "x.png")[0] == 0
        assert plt.get_backend() == "svg"
    finally:
        plt.switch_backend(backend)
    assert warnings.showwarning is shown
    assert warnings.filters == filters


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8:strict", "ascii"])
@pytest.mark.parametrize("name", ["Ж", "d\udce9x"], ids=["letter", "byte"])
def test_names_that_a_terminal_cannot_show(encoding, name, sample, tmp_path):
    folder = tmp_path / name
    folder.mkdir()
    write_record(folder, "a", sample.data[0])
    command = [sys.executable, "-m", "ecgclf", "predict", folder, "--model", TINY, "--csv", tmp_path / "x.csv"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert name.encode(encoding.split(":")[0], "backslashreplace") in done.stdout
    assert os.fsencode(f"{folder}/a") in (tmp_path / "x.csv").read_bytes()


def test_a_reader_that_has_seen_enough(folder):
    """As in ``ecgclf predict ... | head -1``."""
    command = f"{sys.executable} -m ecgclf predict {folder} {folder} --model {TINY} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.stdout.split()[0] == "record"
    assert "Error" not in done.stderr
