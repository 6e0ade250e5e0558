"""How the shipped models are made, on a few recordings: what training/ writes is what the public API would give."""

import csv
import importlib
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.metrics import cinc2017_score, rhythm_report
from ecgclf.persistence import load, save
from ecgclf.preprocessing import BandpassFilter, Resampler
from ecgclf.pretrained import ModelCard
from small import small

TRAINING = Path(__file__).parents[1] / "training"


@pytest.fixture
def training(monkeypatch):
    """The scripts, with recipes that train in a moment."""
    monkeypatch.syspath_prepend(TRAINING)
    recipes, train, ship, answers = map(importlib.import_module, ("recipes", "train", "ship", "answers"))
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    for module in (recipes, train, ship, answers):
        monkeypatch.setattr(module, "FOLDS", folds)
    monkeypatch.setattr(ship, "RECIPES", {"a-cinc2017": small("BiLSTMClassifier", max_epochs=2)})
    monkeypatch.setattr(ship, "ABOUT", {"a-cinc2017": recipes.ABOUT["tiny-cinc2017"]})
    return recipes, train, ship


@pytest.fixture
def data():
    sample = load_cinc2017_sample()
    rows = np.concatenate([np.flatnonzero(sample.target == label)[:6] for label in "ANO~"])
    rows.sort()
    return sample.data[rows], sample.target[rows], np.array(sample.record_names)[rows]


STEPS = make_pipeline(
    BandpassFilter(sampling_rate=300.0),
    Resampler(100.0, sampling_rate=300.0),
    small("CRANNClassifier", max_epochs=2),
)


def rounded(estimator):
    """The same estimator as it is written: weights of its networks as float16 holds them."""
    for fitted in getattr(estimator, "estimators_", [estimator]):
        network = fitted[-1] if isinstance(fitted, Pipeline) else fitted
        for tensor in network.net_.module_.state_dict().values():
            tensor.copy_(tensor.half())
    return estimator


@pytest.mark.parametrize(("ensemble", "steps"), [(True, False), (False, False), (True, True)])
def test_it_is_what_the_public_api_would_give(ensemble, steps, training, data, tmp_path, monkeypatch):
    _, train, ship = training
    X, y, names = data
    if steps:
        monkeypatch.setattr(ship, "RECIPES", {"a-cinc2017": STEPS})
    recipe = ship.RECIPES["a-cinc2017"]
    monkeypatch.setattr(ship, "ENSEMBLE", {"a-cinc2017": ensemble})
    for fold in range(4):
        train.train_fold(recipe, X, y, names, fold, tmp_path, tmp_path / "fits")
    pipeline, (records, labels, probabilities, _) = ship.make("a-cinc2017", tmp_path)
    model = pipeline["classify"]
    assert len(pipeline) == (3 if steps else 1)
    expected = TunedDecisionClassifierCV(recipe, cv=train.FOLDS, ensemble=ensemble).fit(X, y)
    assert len(model.estimators_) == (3 if ensemble else 1)
    # What folds answer is answered by rounded weights, of 11 bits.
    assert model.temperature_ == pytest.approx(expected.temperature_, rel=1e-2)
    expected.temperature_ = model.temperature_
    np.testing.assert_allclose(pipeline.predict_proba(X), rounded(expected).predict_proba(X), atol=1e-6)
    # What is written down of the folds, by name.
    assert records.tolist() == names.tolist()
    np.testing.assert_array_equal(labels, y)
    held_out = np.empty_like(probabilities)
    for others, test in train.FOLDS.split(X, y):
        held_out[test] = rounded(clone(recipe).fit(X[others], y[others])).predict_proba(X[test])
    np.testing.assert_allclose(probabilities, held_out, atol=1e-6)
    for network in model.estimators_:
        assert network.checkpoint_dir is None
        assert "batches" not in network.net_.history[0]
    with open(tmp_path / "fold-1.log", newline="") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2"]

    monkeypatch.setattr(ship, "load_cinc2017_sample", load_cinc2017_sample)
    card = ship.make_card("a-cinc2017", pipeline, (records, labels, probabilities, np.arange(24) % 3), data, [])
    assert isinstance(card, ModelCard)
    assert card.n_networks == (3 if ensemble else 1)
    # The answers of each member are written with six digits.
    assert card.ece_uncalibrated == pytest.approx(rhythm_report(y, held_out, model.classes_).ece, abs=1e-6)
    assert sum(card.thirty_seconds.n_recordings.values()) == sum(len(x) == 9000 for x in X)
    # With networks of two epochs, that is; the same file again gives the same answers.
    save(pipeline, tmp_path / "model.ecgclf")
    np.testing.assert_array_equal(load(tmp_path / "model.ecgclf").predict_proba(X), pipeline.predict_proba(X))


def test_each_fold_is_calibrated_by_the_others(training):
    """The answers of a fold may be anything: its own temperature does not depend on them."""
    _, _, ship = training
    rng = np.random.RandomState(0)
    probabilities = rng.dirichlet(np.ones(3), 300)
    targets, folds = rng.randint(3, size=300), np.arange(300) % 3
    calibrated = ship.calibrated_by_others(probabilities, targets, folds)
    changed = targets.copy()
    changed[folds == 1] = 0
    again = ship.calibrated_by_others(probabilities, changed, folds)
    np.testing.assert_array_equal(again[folds == 1], calibrated[folds == 1])
    assert not np.array_equal(again[folds == 0], calibrated[folds == 0])


@pytest.mark.shared
def test_what_is_trained_on(training, shared_data):
    """Neither the recordings inside the package, nor one signal twice."""
    recipes, _, _ = training
    X, y, names = recipes.load(shared_data / "cinc2017")
    assert len(X) == len(y) == len(set(names)) == 6827
    assert not set(names) & set(load_cinc2017_sample().record_names)
    assert not {"A02656", "A03123"} <= set(names)
    folds = [test for _, test in recipes.FOLDS.split(y, y)]
    assert sorted(np.concatenate(folds)) == list(range(6827))


@pytest.mark.shared
def test_windows_from_elsewhere_are_all_in_or_all_out_of_af(training, shared_data):
    external = importlib.import_module("external")
    windows, in_af = external.windows_of(str(shared_data / "mitdb" / "201"), 300.0)
    assert {len(window) for window in windows} == {9000}
    assert 0 < sum(in_af) < len(in_af) <= 60
    windows, in_af = external.windows_of(str(shared_data / "mitdb" / "100"), 300.0)
    assert (len(windows), sum(in_af)) == (60, 0)


def test_records_of_one_patient_count_as_one(training, tmp_path, monkeypatch):
    """201 and 202 are one man, data_8_2 and data_8_3 another: what they say of both is said by two."""
    external = importlib.import_module("external")
    patients = {"201": "201", "202": "201", "100": "100", "data_8_2": "8", "data_8_3": "8", "data_81_2": "81"}
    assert {record: external.patient_of(record) for record in patients} == patients

    class Always:
        def predict_proba(self, X):
            return np.array([[0.9, 0.1] if x.max() > 0 else [0.2, 0.8] for x in X])

        def predict(self, X):
            return np.where(self.predict_proba(X)[:, 0] > 0.5, "A", "N")

    windows = {record: ([np.ones(9)] * 5 + [np.zeros(9)] * 5, [True] * 5 + [False] * 5) for record in patients}
    windows["100"] = ([], [])
    monkeypatch.setattr(external, "windows_of", lambda record, _: windows[Path(record).name])
    for record in patients:
        (tmp_path / f"{record}.atr").touch()
    found = external.check(Always(), ["A", "N"], 300.0, tmp_path)
    counted = ("records", "patients", "windows", "af", "af_patients")
    assert [found[f"n_{what}"] for what in counted] == [5, 3, 50, 25, 3]
    # All are right; of three patients, one of whom has a fifth of the windows.
    low, _ = binomtest(1, 1).proportion_ci(method="wilson")
    for what in ("sensitivity", "specificity", "f1", "auroc"):
        assert found[what].value == found[what].high == 1
        assert low < found[what].low < 0.7
    # One of these is wrong.
    windows["201"] = (windows["201"][0], [True] * 6 + [False] * 4)
    found = external.check(Always(), ["A", "N"], 300.0, tmp_path)
    assert found["sensitivity"].value == 25 / 26
    assert found["specificity"].value == 1
    assert found["f1"].value == 50 / 51


def test_the_table_has_every_model(training, capsys):
    from ecgclf.pretrained import list_pretrained

    importlib.import_module("table").main()
    printed = capsys.readouterr().out
    for model in list_pretrained():
        assert f"| `{model.name}` |" in printed
        assert f"{model.score:.3f}" in printed
    # And it is what the README says.
    assert printed in (TRAINING.parent / "README.md").read_text(encoding="utf-8")


def test_a_paired_difference_is_that_of_the_scores(training):
    answers = importlib.import_module("answers")
    rng = np.random.default_rng(0)
    y, *drawn = (rng.choice(list("ANO~"), 300) for _ in range(5))
    scores = [cinc2017_score(y, each) for each in drawn]
    for ours, theirs in (([0], [1]), ([0, 1], [2, 3])):
        told = answers.paired_difference(y, *([drawn[k] for k in seeds] for seeds in (ours, theirs)))
        found, low, high = (float(part.strip("()")) for part in told.replace("to ", "").split())
        expected = np.mean([scores[k] for k in ours]) - np.mean([scores[k] for k in theirs])
        assert found == pytest.approx(expected, abs=1e-4)
        assert low < found < high
    assert answers.paired_difference(y, drawn[:2], drawn[:2]) == "+0.0000 (+0.0000 to +0.0000)"


def test_scores_of_several_seeds_are_of_the_same_folds(monkeypatch, tmp_path, capsys):
    monkeypatch.syspath_prepend(TRAINING)
    ablation = importlib.import_module("ablation")
    y = np.tile(list("ANO~"), 50)
    right = np.searchsorted(np.unique(y), y)
    # Fold 0 is answered right, fold 1, which seed 1 has not, is answered by one class.
    for seed, fold, answers in [(0, 0, right), (1, 0, right), (0, 1, np.zeros_like(right))]:
        test = np.arange(100 * fold, 100 * fold + 100)
        np.savez(
            tmp_path / f"base, seed {seed}, fold {fold}.npz",
            probabilities=np.eye(4)[answers[test]],
            test=test,
            seconds=60,
        )
    ablation.print_table(["base"], tmp_path, y)
    printed = capsys.readouterr().out
    assert "| base | 2 | 1.0 | 1.0000 | 1.0000 |" in printed
    assert "base: counted are the folds that all seeds have, 0; not seed/fold 0/1." in printed
