"""Several labels for each recording: what is asked, learnt, decided, stored and exported."""

import json
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags

from ecgclf import cli
from ecgclf._labels import strata
from ecgclf._training._loss import LabelsLoss
from ecgclf.classifiers import CRANNClassifier
from ecgclf.classifiers._windows import training_windows
from ecgclf.datasets import make_recordings
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.decision._temperature import fit_temperature
from ecgclf.decision._weights import tune_thresholds
from ecgclf.explanation import ExplanationWarning, LimeTimeSeriesExplainer
from ecgclf.metrics import f_max, f_max_scorer, macro_auroc, macro_auroc_scorer
from ecgclf.onnx import load_onnx, to_onnx
from ecgclf.persistence import load, save
from ecgclf.preprocessing import Resampler, RRFeatures
from small import NAMES, small
from test_cli import write_record


@pytest.fixture(scope="module")
def recordings():
    """Recordings with two questions that have an answer in the signal, one that has none, and rows without a label."""
    X, y = make_recordings(48, duration=(3.0, 6.0), random_state=0, return_X_y=True)
    Y = pd.DataFrame({"AF": y == "A", "not normal": np.isin(y, ["A", "O"]), "coin": np.arange(48) % 2 == 0}, dtype=int)
    Y.iloc[:3] = 0
    return X, Y


@pytest.mark.parametrize("name", NAMES)
def test_each_label_has_its_own_probability(name, recordings):
    X, Y = recordings
    assert get_tags(small(name)).classifier_tags.multi_label
    classifier = small(name, max_epochs=1).fit(X, Y)
    assert classifier.multilabel_
    assert classifier.classes_.tolist() == list(Y.columns)
    probabilities = classifier.predict_proba(X)
    assert probabilities.shape == Y.shape
    assert not np.allclose(probabilities.sum(axis=1), 1, atol=0.05)
    np.testing.assert_array_equal(classifier.predict(X), probabilities > 0.5)
    assert classifier.score(X, classifier.predict(X)) == 1
    # Of a plain array the columns have numbers.
    plain = small(name, max_epochs=1).fit(X, Y.to_numpy())
    assert plain.classes_.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(plain.predict_proba(X), probabilities)
    assert not small(name, max_epochs=1).fit(X, Y["AF"]).multilabel_


def test_what_is_in_the_signal_is_learnt():
    X, y = make_recordings(120, duration=4.0, random_state=0, return_X_y=True)
    Y = np.column_stack([y == "~", np.isin(y, ["~", "N"])]).astype(int)
    classifier = CRANNClassifier(n_filters=(8,) * 6, n_units=8, batch_size=8, max_epochs=12, random_state=0)
    probabilities = classifier.fit(X[:80], Y[:80]).predict_proba(X[80:])
    assert roc_auc_score(Y[80:], probabilities, average=None)[0] > 0.95


def test_the_loss_is_torch_s():
    rng = torch.Generator().manual_seed(0)
    logits, targets = torch.randn(5, 3, generator=rng), (torch.rand(5, 3, generator=rng) > 0.5).float()
    weight = torch.tensor([1.0, 2.0, 3.0])
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets, pos_weight=weight)
    assert LabelsLoss(weight)(logits, targets) == expected
    smoothed = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets * 0.8 + 0.1)
    assert LabelsLoss(label_smoothing=0.2)(logits, targets) == pytest.approx(float(smoothed))
    with pytest.raises(ValueError, match=r"label_smoothing=1\.5; expected a number from 0 to 1"):
        LabelsLoss(label_smoothing=1.5)


def test_weights_of_labels(recordings):
    X, Y = recordings
    plain, balanced, heavy = (
        small("LSTMClassifier", max_epochs=3, class_weight=weight).fit(X, Y)
        for weight in (None, "balanced", {"AF": 50.0})
    )
    asked = heavy.net_.criterion_.loss.pos_weight.tolist()
    assert asked == [50.0, 1.0, 1.0]
    n = Y.to_numpy().sum(axis=0)
    np.testing.assert_allclose(balanced.net_.criterion_.loss.pos_weight, (len(Y) - n) / n, rtol=1e-6)
    assert (heavy.predict_proba(X)[:, 0] > plain.predict_proba(X)[:, 0]).all()
    with pytest.raises(ValueError, match=r"class_weight names the labels \['AFL'\].*'AF'"):
        small("LSTMClassifier", class_weight={"AFL": 2}).fit(X, Y)


def test_windows_start_as_the_most_eager_label_has_it(recordings):
    X, Y = recordings
    stride = {"AF": 100, "not normal": 150}
    classifier = small("LSTMClassifier", max_epochs=1, window_length=300, window_stride=stride).fit(X, Y)
    targets = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]], dtype=float)
    windows = training_windows(np.full(4, 900), targets, classifier.classes_, 300, stride)
    assert np.bincount(windows[:, 0]).tolist() == [7, 5, 3, 3]


def test_each_recording_is_split_by_its_rarest_label():
    Y = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 0, 1], [1, 1, 0]], dtype=float)
    assert strata(Y).tolist() == [1, 0, 3, 2, 1]
    assert strata(np.array([0, 2, 1])).tolist() == [0, 2, 1]


class _Alternately:
    """A splitter that knows several labels, as iterative-stratification's do, and takes turns."""

    def split(self, X, y, groups=None):
        assert y.shape == (len(X), 3)
        assert set(np.unique(y)) == {0, 1}
        turn = np.arange(len(X)) % 4 < 2
        for held_out in (turn, ~turn):
            yield np.flatnonzero(~held_out), np.flatnonzero(held_out)

    def get_n_splits(self, X=None, y=None, groups=None):
        return 2


def test_a_splitter_that_knows_several_labels_is_given_them(recordings):
    X, Y = recordings
    network = small("LSTMClassifier", max_epochs=1)
    watched = clone(network).set_params(validation_fraction=_Alternately()).fit(X, Y)
    assert "valid_loss" in watched.net_.history[0]
    tuned = TunedDecisionClassifierCV(network, cv=_Alternately(), ensemble=True).fit(X, Y)
    assert len(tuned.estimators_) == 2


@pytest.mark.parametrize("splitter", [StratifiedKFold(2), StratifiedShuffleSplit(2, random_state=0), KFold(2)])
def test_one_that_knows_one_label_is_given_the_rarest(splitter, recordings):
    X, Y = recordings
    network = small("LSTMClassifier", max_epochs=1, validation_fraction=splitter)
    assert "valid_loss" in network.fit(X, Y).net_.history[0]
    assert len(TunedDecisionClassifierCV(network, cv=splitter, ensemble=True).fit(X, Y).estimators_) == 2


def test_validation_recordings(recordings):
    X, Y = recordings
    watched = small("LSTMClassifier", max_epochs=3, early_stopping=True).fit(X, Y)
    assert 1 <= watched.best_epoch_ <= 3
    assert "valid_acc" not in watched.net_.history[0]
    given = small("LSTMClassifier", max_epochs=2).fit(X, Y, X_val=X[:6], y_val=Y[:6])
    assert "valid_loss" in given.net_.history[0]
    for y_val, match in [
        (Y.iloc[:6, :2], r"y_val has the columns \['AF', 'not normal'\], and y the 3 columns"),
        (Y.iloc[:6, ::-1], "y_val has the columns"),
        (Y["AF"][:6], r"y_val has shape \(6,\), and y the 3 columns"),
        (Y[:6] * 2, r"y_val has shape .* holds 2"),
    ]:
        with pytest.raises(ValueError, match=match):
            small("LSTMClassifier").fit(X, Y, X_val=X[:6], y_val=y_val)
    with pytest.raises(ValueError, match=r"y_val has shape \(6, 3\), and y one label"):
        small("LSTMClassifier").fit(X, Y["AF"], X_val=X[:6], y_val=Y[:6])


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda Y: Y * 2, r"y has shape \(48, 3\) and holds 2 \(recording \d+, column \d\)"),
        (lambda Y: Y.to_numpy() + 0.5, r"y has shape .* holds [01]\.5"),
        (lambda Y: Y.astype(str), "y has shape .* holds 0"),
        (lambda Y: Y.astype(float).replace(0.0, np.nan), "y contains NaN"),
        (lambda Y: [["AF", "coin"] if row.AF else [] for row in Y.itertuples()][::-1], "y holds lists of labels"),
        (lambda Y: [{"AF"}] * 48, r"y holds lists of labels, such as \['AF'\] for recording 0.*MultiLabelBinarizer"),
        (lambda Y: Y[:5], "inconsistent"),
    ],
)
@pytest.mark.parametrize("tuned", [False, True])
def test_what_are_no_labels_is_refused(change, match, tuned, recordings):
    X, Y = recordings
    classifier = small("LSTMClassifier")
    classifier = TunedDecisionClassifierCV(classifier) if tuned else classifier
    with pytest.raises(ValueError, match=match):
        classifier.fit(X, change(Y))


def test_a_fit_goes_on_with_the_same_labels(recordings):
    X, Y = recordings
    classifier = small("LSTMClassifier", max_epochs=1, warm_start=True).fit(X, Y)
    classifier.fit(X, Y)
    assert len(classifier.net_.history) == 2
    for other in (Y.iloc[:, ::-1], Y.to_numpy(), np.arange(48) % 3):
        with pytest.raises(ValueError, match="warm_start goes on with the classes of the last fit"):
            classifier.fit(X, other)


def test_it_composes(recordings):
    X, Y = recordings
    pipeline = make_pipeline(RRFeatures(300), RandomForestClassifier(5, random_state=0))
    tuned = TunedDecisionClassifierCV(pipeline, cv=3, scoring="f1_macro").fit(X, Y)
    assert tuned.predict(X).shape == Y.shape
    search = GridSearchCV(small("LSTMClassifier"), {"max_epochs": [1, 2]}, cv=2, scoring="roc_auc").fit(X, Y)
    assert 0 <= search.best_score_ <= 1
    answers = cross_val_predict(small("LSTMClassifier", max_epochs=1), X, Y, cv=2, method="predict_proba")
    assert answers.shape == Y.shape


def test_a_label_that_a_fold_lacks_is_answered_by_nothing():
    X, _ = make_recordings(12, duration=2.0, random_state=0, return_X_y=True)
    Y = np.zeros((12, 2), dtype=int)
    Y[::2, 0] = 1
    Y[0, 1] = 1
    forest = make_pipeline(RRFeatures(300), RandomForestClassifier(5, random_state=0))
    folds = [(np.arange(6, 12), np.arange(6)), (np.arange(6), np.arange(6, 12))]
    tuned = TunedDecisionClassifierCV(forest, cv=folds, ensemble=True, calibration=None).fit(X, Y)
    assert len(tuned.estimators_[0].classes_[1]) == 1
    np.testing.assert_array_equal(tuned.predict_proba(X)[:, 1], tuned.estimators_[1].predict_proba(X)[1][:, 1] / 2)


def test_thresholds_are_the_best_there_are():
    rng = np.random.RandomState(0)
    targets = (rng.rand(60, 2) < [0.2, 0.5]).astype(int)
    probabilities = np.clip(0.3 * targets + 0.4 * rng.rand(60, 2), 0, 1)

    def score(truth, answer):
        return f1_score(truth, answer, average="macro", zero_division=0)

    thresholds = tune_thresholds(probabilities, targets, score)
    for k in range(2):
        best = max(f1_score(targets[:, k], probabilities[:, k] > t, zero_division=0) for t in np.linspace(0, 1, 2001))
        assert f1_score(targets[:, k], probabilities[:, k] > thresholds[k]) == pytest.approx(best)
    # Where nothing is better than a half, a half it stays.
    assert tune_thresholds(targets * 0.6 + 0.2, targets, score).tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match="score is nan"):
        tune_thresholds(probabilities, targets, lambda *_: np.nan)


def test_the_temperature_is_that_of_a_logistic_regression_on_the_log_odds():
    rng = np.random.RandomState(0)
    logits = rng.normal(size=(200, 3)) * 3
    targets = (rng.rand(200, 3) < 1 / (1 + np.exp(-logits / 2.5))).astype(float)
    regression = LogisticRegression(C=1e9, fit_intercept=False).fit(logits.reshape(-1, 1), targets.ravel())
    found = fit_temperature(1 / (1 + np.exp(-logits)), targets)
    assert found == pytest.approx(1 / regression.coef_[0, 0], rel=1e-3)


@pytest.mark.parametrize("ensemble", [False, True])
def test_tuned_decisions_are_stored_and_exported(ensemble, recordings, tmp_path):
    X, Y = recordings
    tuned = TunedDecisionClassifierCV(
        small("CRANNClassifier", max_epochs=2), cv=2, scoring="f1_macro", ensemble=ensemble
    ).fit(X, Y)
    assert tuned.classes_.tolist() == list(Y.columns)
    assert tuned.estimators_[0].classes_.tolist() == list(Y.columns)
    probabilities, answers = tuned.predict_proba(X), tuned.predict(X)
    np.testing.assert_array_equal(answers, probabilities > 0.5 / tuned.class_weights_)
    assert f1_score(Y, answers, average="macro") >= f1_score(Y, probabilities > 0.5, average="macro", zero_division=0)
    save(tuned, tmp_path / "tuned.ecgclf")
    for again in (load(tmp_path / "tuned.ecgclf"), pickle.loads(pickle.dumps(tuned))):
        np.testing.assert_array_equal(again.predict_proba(X), probabilities)
        np.testing.assert_array_equal(again.predict(X), answers)
    to_onnx(tuned, tmp_path / "tuned.onnx")
    model = load_onnx(tmp_path / "tuned.onnx")
    assert model.metadata["multilabel"]
    np.testing.assert_allclose(model.predict_proba(X), probabilities, atol=1e-4)
    np.testing.assert_array_equal(model.predict(X), answers)
    (windows,) = tuned.predict_windows(X[:1])
    assert windows.probabilities.shape[1] == 3
    assert windows.labels.tolist() == list(Y.columns)


def test_a_classifier_that_is_fitted_already_is_tuned(recordings):
    X, Y = recordings
    fitted = small("LSTMClassifier", max_epochs=1).fit(X[:24], Y[:24])
    tuned = TunedDecisionClassifierCV(fitted, cv="prefit", scoring="f1_macro").fit(X[24:], Y[24:])
    assert tuned.estimators_[0] is fitted
    # Columns are held against those that it knows, not counted only.
    for wrong in (Y.iloc[24:, :2], Y.iloc[24:, ::-1], Y.iloc[24:].rename(columns={"AF": "irregular"})):
        with pytest.raises(ValueError, match=r"y has the columns \[.*what the classifier was fitted on the 3 columns"):
            clone(tuned).set_params(estimator=fitted).fit(X[24:], wrong)
    with pytest.raises(ValueError, match=r"y has the columns .* this LSTMClassifier the 3 columns \['AF'"):
        fitted.score(X[24:], Y.iloc[24:, ::-1])
    single = small("LSTMClassifier", max_epochs=1).fit(X[:24], Y["AF"][:24])
    with pytest.raises(ValueError, match="3 columns of labels, and the fitted classifier gives one of"):
        clone(tuned).set_params(estimator=single).fit(X[24:], Y[24:])
    with pytest.raises(ValueError, match='cv="prefit" fits no classifier, which sample_weight would be for'):
        clone(tuned).set_params(estimator=fitted).fit(X[24:], Y[24:], sample_weight=np.ones(24))


@pytest.mark.parametrize("dtypes", [["bool", "int64", "bool"], ["Int64"] * 3, ["boolean"] * 3, [object] * 3], ids=str)
def test_columns_of_any_dtype_are_scored_and_tuned_as_they_are_learnt(recordings, dtypes):
    X, Y = recordings
    other = Y.astype(dict(zip(Y.columns, dtypes, strict=True)))
    classifier = small("LSTMClassifier", max_epochs=1).fit(X, other)
    assert classifier.score(X, other) == classifier.score(X, Y)
    np.testing.assert_array_equal(cross_val_score(classifier, X, other, cv=2), cross_val_score(classifier, X, Y, cv=2))
    tuned, expected = (
        TunedDecisionClassifierCV(classifier, scoring="f1_macro", cv=2).fit(X, each) for each in (other, Y)
    )
    np.testing.assert_array_equal(tuned.class_weights_, expected.class_weights_)
    assert tuned.score(X, other) == expected.score(X, Y)


def test_a_search_over_several_labels_is_explained(recordings):
    X, Y = recordings
    search = GridSearchCV(small("LSTMClassifier", max_epochs=1), {"dropout": [0.1]}, cv=2, scoring=macro_auroc_scorer)
    search = make_pipeline(Resampler(50, sampling_rate=100), search).fit(X, Y)
    explainer = LimeTimeSeriesExplainer(sampling_rate=100, n_perturbations=20, random_state=0)
    with pytest.warns(ExplanationWarning, match="adjusted R²"):
        explanation = explainer.explain(search, X[0])
    assert explanation.labels[0] in list(Y.columns)


def test_scorers_take_what_scikit_learn_answers_label_by_label(recordings):
    X, Y = recordings
    forest = make_pipeline(RRFeatures(100), RandomForestClassifier(10, random_state=0)).fit(X[:24], Y[:24])
    expected = np.column_stack([of_label[:, 1] for of_label in forest.predict_proba(X[24:])])
    assert macro_auroc_scorer(forest, X[24:], Y[24:]) == macro_auroc(Y[24:], expected)
    assert f_max_scorer(forest, X[24:], Y[24:]) == f_max(Y[24:], expected)


def test_one_label_of_several_is_explained(recordings, tmp_path):
    X, Y = recordings
    fitted = small("CRANNClassifier", max_epochs=2).fit(X, Y)
    to_onnx(fitted, tmp_path / "crann.onnx")
    explainer = LimeTimeSeriesExplainer(n_segments=5, n_perturbations=50, sampling_rate=300, random_state=0)
    with warnings.catch_warnings():
        # It has learnt nothing that a surrogate could follow.
        warnings.filterwarnings("ignore", "The surrogate does not follow")
        for model in (fitted, make_pipeline(Resampler(300, sampling_rate=300).fit(X), fitted), fitted.predict_proba):
            label = 1 if model == fitted.predict_proba else "not normal"
            explanation = explainer.explain(model, X[0], labels=[label])
            assert explanation.weights.shape == (1, 5)
        explainer.explain(load_onnx(tmp_path / "crann.onnx"), X[0], labels=["coin"])
    with pytest.raises(ValueError, match=r"\['AFL'\] cannot be explained; expected labels of"):
        explainer.explain(fitted, X[0], labels=["AFL"])


@pytest.mark.parametrize("kind", ["ecgclf", "onnx"])
def test_the_command_line_names_all_labels(kind, recordings, tmp_path, capsys):
    X, Y = recordings
    tuned = TunedDecisionClassifierCV(small("CRANNClassifier", max_epochs=1), cv=2, calibration=None).fit(X, Y)
    # Both answers to each label, by a threshold where the recordings are furthest apart: files round them.
    middle = np.sort(tuned.predict_proba(X[:10]), axis=0)[2:8]
    widest = np.diff(middle, axis=0).argmax(axis=0)
    tuned.class_weights_ = 0.5 / ((middle[widest] + middle[widest + 1]) / 2).diagonal()
    if kind == "onnx":
        to_onnx(tuned, tmp_path / "model.onnx", sampling_rate=300.0)
    else:
        save(tuned, tmp_path / "model.ecgclf")
    for i, x in enumerate(X[:10]):
        write_record(tmp_path, f"r{i}", x)
    model = ["--model", str(tmp_path / f"model.{kind}"), *(["--sampling-rate", "300"] if kind == "ecgclf" else [])]
    assert cli.main(["predict", str(tmp_path), *model, "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)["answers"]
    found = [row["label"] for row in answers]
    expected = ["+".join(Y.columns[row > 0]) or "-" for row in tuned.predict(X[:10])]
    assert sorted(found) == sorted(expected)
    assert len(set(found)) > 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert cli.main(["explain", str(tmp_path / "r0"), *model, "--out", str(tmp_path / "why.png")]) == 0
    (tmp_path / "labels.csv").write_text("r0,AF\n")
    labelled = ["--data", str(tmp_path), "--labels", str(tmp_path / "labels.csv")]
    capsys.readouterr()
    assert cli.main(["evaluate", *labelled, *model]) == 2
    assert "label_report" in capsys.readouterr().err
