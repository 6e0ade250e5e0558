"""The command line, with a classifier that learns in no time."""

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

import ecgclf
from ecgclf import cli
from ecgclf.datasets import load_cinc2017_sample


class AlwaysAF(ClassifierMixin, BaseEstimator):
    """Answers atrial fibrillation, whatever the recording."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), "A")


@pytest.fixture
def quick(monkeypatch):
    """The demo without its training."""
    monkeypatch.setattr(cli, "_demo_classifier", lambda seed: AlwaysAF())


def _fails_with(error):
    def classifier(seed):
        raise error

    return classifier


def test_demo_prints_the_scores_and_draws_a_recording(quick, tmp_path, capsys):
    out = tmp_path / "new" / "folder"
    assert cli.main(["demo", "--out", str(out), "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    picture = out / "recording.png"
    assert str(picture) in printed
    assert picture.read_bytes().startswith(b"\x89PNG")

    y = load_cinc2017_sample().target
    _, y_test = train_test_split(y, test_size=0.3, stratify=y, random_state=3)
    most_frequent = max(np.unique(y), key=list(y).count)
    for label in "NAO~":
        expected = [
            f1_score(y_test == label, np.full(len(y_test), answer == label), zero_division=0)
            for answer in ("A", most_frequent)
        ]
        line = next(line for line in printed.splitlines() if f"({label})" in line)
        assert line.split()[-2:] == [f"{f1:.2f}" for f1 in expected]
    mean_of_three = f1_score(y_test == "A", np.full(len(y_test), True)) / 3
    line = next(line for line in printed.splitlines() if "challenge score" in line)
    assert line.split()[-2] == f"{mean_of_three:.2f}"


def test_another_seed_is_another_split(quick, tmp_path, monkeypatch):
    seen = []

    def remember(classifier, X, y):
        seen.append(np.array([x.sum() for x in X]))
        return classifier.fit(X, y)

    monkeypatch.setattr(cli, "_fit", remember)
    for seed in ("0", "1", "0"):
        assert cli.main(["demo", "--out", str(tmp_path), "--seed", seed]) == 0
    assert not np.array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(seen[0], seen[2])


def test_the_real_classifier_of_the_demo_is_seeded():
    assert cli._demo_classifier(7).random_state == 7


def test_an_error_is_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cli, "_demo_classifier", _fails_with(RuntimeError("no memory")))
    assert cli.main(["demo", "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "ecgclf: error: RuntimeError: no memory\n"


def test_a_folder_that_cannot_be_made_is_named(quick, tmp_path, capsys):
    (tmp_path / "taken").write_text("a file")
    assert cli.main(["demo", "--out", str(tmp_path / "taken")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("ecgclf: error: ")
    assert str(tmp_path / "taken") in error
    assert error.count("\n") == 1


def test_ctrl_c_ends_kindly(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cli, "_demo_classifier", _fails_with(KeyboardInterrupt()))
    assert cli.main(["demo", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "\necgclf: interrupted\n"


def test_ctrl_c_during_the_training_ends_the_demo(monkeypatch, tmp_path, capsys):
    from skorch.callbacks import Callback

    from ecgclf.classifiers import CRNNClassifier

    class PressCtrlC(Callback):
        def on_batch_begin(self, net, batch=None, training=False, **kwargs):
            raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_demo_classifier", lambda seed: CRNNClassifier(callbacks=[PressCtrlC()]))
    assert cli.main(["demo", "--out", str(tmp_path)]) == 130
    printed = capsys.readouterr()
    assert "challenge score" not in printed.out
    assert printed.err == "\necgclf: interrupted\n"


@pytest.mark.parametrize("seed", ["-1", "1.5", "many", str(2**32)])
def test_a_bad_seed_is_wrong_usage(seed, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["demo", f"--seed={seed}"])
    assert end.value.code == 2
    assert f"'{seed}' is not a whole number" in capsys.readouterr().err


def test_no_command_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([])
    assert end.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_help_of_the_demo_names_its_options(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["demo", "--help"])
    assert end.value.code == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "--out DIR" in printed
    assert "(default: ecgclf_demo)" in printed
    assert "--seed N" in printed


def test_the_module_and_the_command_are_the_same(tmp_path):
    as_module = [sys.executable, "-m", "ecgclf"]
    as_command = [os.path.join(os.path.dirname(sys.executable), "ecgclf")]
    for command in (as_module, as_command):
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True, cwd=tmp_path)
        assert done.stdout == f"ecgclf {ecgclf.__version__}\n"
