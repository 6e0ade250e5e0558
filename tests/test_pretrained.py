"""The models inside the package: what their cards say is what they do."""

import json

import numpy as np
import pytest
from sklearn.utils.validation import check_is_fitted

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.metrics import rhythm_report
from ecgclf.onnx import load_onnx, to_onnx
from ecgclf.pretrained import ModelCard, list_pretrained, load_pretrained, model_card
from ecgclf.pretrained._shelf import FOLDER
from ecgclf.signal import resample

NAMES = [model.name for model in list_pretrained()]
each = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def sample():
    return load_cinc2017_sample()


def test_what_is_on_the_shelf():
    shelf = list_pretrained()
    assert min(model.n_weights for model in shelf) < 10_000
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 5_000_000
    assert [model.score for model in shelf] == sorted((model.score for model in shelf), reverse=True)
    for model in shelf:
        assert model.name.endswith("-cinc2017")
        assert model.classes == ("A", "N", "O", "~")
        low, high = model.score_interval
        assert low < model.score < high
        assert model.n_bytes == (FOLDER / f"{model.name}.ecgclf").stat().st_size


@each
def test_the_model_is_what_its_card_says(name, sample):
    """On recordings that it was not trained on: all figures of the card come out again."""
    model, card = load_pretrained(name), model_card(name)
    check_is_fitted(model)
    networks = list(_networks(model))
    assert model.classes_.tolist() == list(card.classes)
    assert len(networks) == card.n_networks
    assert sum(p.numel() for network in networks for p in network.net_.module_.parameters()) == card.n_weights
    assert model["classify"].temperature_ == card.temperature
    found = rhythm_report(sample.target, model.predict_proba(sample.data), model.classes_)
    # Another processor rounds otherwise.
    assert found.score.value == pytest.approx(card.bundled.score.value, abs=0.01)
    for label in card.classes:
        assert found.auroc[label].value == pytest.approx(card.bundled.auroc[label].value, abs=1e-3)
    np.testing.assert_array_equal(model.predict(sample.data[:20]), model.classes_[_best(model, sample.data[:20])])


def _networks(estimator):
    members = getattr(estimator, "estimators_", None) or [step for _, step in getattr(estimator, "steps", [])]
    for member in members:
        yield from _networks(member)
    if hasattr(estimator, "net_"):
        yield estimator


def _best(model, X):
    return model.predict_proba(X).argmax(axis=1)


@each
def test_the_bundled_recordings_are_answered_as_well_as_the_others(name):
    """Recall of each rhythm, which does not depend on how many there are: the intervals overlap."""
    card = model_card(name)
    for k, label in enumerate(card.classes):
        intervals = []
        for report in (card.out_of_fold, card.bundled):
            n, cell = report.n_recordings[label], report.confusion[k][k]
            deviation = np.sqrt(cell.value / n * (1 - cell.value / n) / n)
            intervals.append((cell.value / n - 2 * deviation, cell.value / n + 2 * deviation))
        (low, high), (other_low, other_high) = intervals
        assert low <= other_high, label
        assert other_low <= high, label


@each
def test_the_card_is_whole(name):
    card = model_card(name)
    assert card.name == name
    assert card.n_leads == 1
    assert card.sampling_rate == 300
    assert sum(card.out_of_fold.n_recordings.values()) == 6827
    assert sum(card.bundled.n_recordings.values()) == 200
    assert 4000 < sum(card.thirty_seconds.n_recordings.values()) < 6827
    assert card.out_of_fold.ece.value <= 0.05
    assert card.af_against_normal.value >= 0.90
    assert {database: figures["n_patients"] for database, figures in card.external.items()} == {
        "MIT-BIH Arrhythmia": 5,
        "CPSC 2021": 6,
    }
    # Three patients in fibrillation are not enough to be certain.
    for figures in card.external.values():
        assert figures["n_af_patients"] == 3
        assert all(figures[name].low < 0.9 for name in ("sensitivity", "specificity", "auroc"))
    printed = str(card)
    assert "Not a medical device" in printed
    for title in ("Intended use", "Limits", "Data", "Labels", "Split", "Recipe", "Licence"):
        assert f"\n{title}\n{'-' * len(title)}\n" in printed
    assert str(card.out_of_fold) in printed
    assert max(map(len, printed.splitlines())) <= 80
    assert repr(card) == f"ModelCard({name!r}, score={card.out_of_fold.score})"
    assert ModelCard.from_dict(json.loads(json.dumps(card.to_dict()))) == card


def test_the_best_is_as_good_as_promised():
    best = list_pretrained()[0]
    assert best.score >= 0.845


@pytest.mark.filterwarnings("ignore::ecgclf.signal.SignalQualityWarning")
@each
def test_onnx_says_the_same(name, sample, tmp_path):
    path = tmp_path / "model.onnx"
    to_onnx(load_pretrained(name), path)
    model = load_onnx(path)
    assert model.sampling_rate == 300
    X = [*sample.data[:6], sample.data[6][:100]]
    assert model.classes_.tolist() == list(model_card(name).classes)
    np.testing.assert_allclose(model.predict_proba(X), load_pretrained(name).predict_proba(X), atol=1e-4, rtol=0)


def test_recordings_of_another_rate(sample):
    model = load_pretrained(NAMES[-1], sampling_rate=500)
    assert model["resample"].sampling_rate == 500
    assert model["resample"].new_sampling_rate == 300
    X = [resample(x, 300.0, 500.0) for x in sample.data[:10]]
    alike = load_pretrained(NAMES[-1]).predict_proba(sample.data[:10])
    np.testing.assert_allclose(model.predict_proba(X), alike, atol=0.05)
    for wrong in (0, -300, float("nan"), "300", True, 0.3, 1e9):
        with pytest.raises(ValueError, match="^sampling_rate=.*expected a number of Hz from 10 to 100,000"):
            load_pretrained(NAMES[-1], sampling_rate=wrong)


@pytest.mark.parametrize("get", [load_pretrained, model_card])
@pytest.mark.parametrize("name", ["bilstm", "../../__init__", "tiny-cinc2017.json", None])
def test_other_names_are_refused(get, name):
    with pytest.raises(ValueError, match="there is no trained model .* tiny-cinc2017"):
        get(name)


def test_none_was_trained_on_the_bundled_recordings(sample):
    """What training reads leaves them out; `training/` has what was answered out of fold, by record."""
    import csv
    from pathlib import Path

    training = Path(__file__).parents[1] / "training"
    for name in NAMES:
        members = {path.stem.partition("-0")[2] for path in (training / name).glob("fold-0*.csv")}
        assert members
        for member in members:
            records = []
            for path in sorted((training / name).glob(f"fold-?{member}.csv")):
                with open(path, newline="", encoding="utf-8") as file:
                    records += [row["record"] for row in csv.DictReader(file)]
            assert len(records) == len(set(records)) == 6827
            assert not set(records) & set(sample.record_names)
            assert not {"A02656", "A03123"} <= set(records)
