"""Scores where a recording may have several labels."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import binomtest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier

from ecgclf.metrics import f_max, f_max_scorer, label_report, macro_auroc, macro_auroc_scorer, rhythm_report
from small import small


def by_hand(y_true, probabilities):
    """Each threshold by itself."""
    scores, own = [0.0], y_true.any(axis=1)
    for threshold in np.unique(probabilities):
        answered = probabilities >= threshold
        hits = (answered & (y_true == 1)).sum(axis=1)
        any_answer = answered.any(axis=1)
        precision = (hits[any_answer] / answered[any_answer].sum(axis=1)).mean()
        recall = (hits[own] / y_true[own].sum(axis=1)).mean()
        scores.append(2 * precision * recall / (precision + recall) if precision + recall else 0.0)
    return max(scores)


SHAPES = st.tuples(st.integers(1, 8), st.integers(1, 4))


@given(
    SHAPES.flatmap(
        lambda shape: st.tuples(
            hnp.arrays(np.int64, shape, elements=st.integers(0, 1)),
            hnp.arrays(np.float64, shape, elements=st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9, 1.0])),
        )
    )
)
def test_f_max_is_the_best_of_all_thresholds(answers):
    y_true, probabilities = answers
    if not y_true.any():
        with pytest.raises(ValueError, match="No recording has a label"):
            f_max(y_true, probabilities)
        return
    assert f_max(y_true, probabilities) == pytest.approx(by_hand(y_true, probabilities))


@pytest.fixture(scope="module")
def answers():
    rng = np.random.RandomState(0)
    y_true = (rng.rand(80, 3) < [0.5, 0.2, 0.1]).astype(int)
    return y_true, np.clip(rng.rand(80, 3) * 0.7 + 0.3 * y_true, 0, 1)


def test_macro_auroc_is_scikit_learn_s_where_that_has_one(answers):
    y_true, probabilities = answers
    assert macro_auroc(y_true, probabilities) == pytest.approx(roc_auc_score(y_true, probabilities, average="macro"))
    # A label that nobody has cannot be ranked, and the others can.
    y_true = np.column_stack([y_true, np.zeros(80, dtype=int)])
    wider = np.column_stack([probabilities, np.linspace(0, 1, 80)])
    assert macro_auroc(y_true, wider) == macro_auroc(*answers)


def test_scorers_take_two_labels_for_two_labels():
    """scikit-learn's own "roc_auc" takes them for the classes of one."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(90, 2))
    y = (X > 0).astype(int)
    classifier = MLPClassifier(solver="lbfgs", random_state=0).fit(X, y)
    assert macro_auroc_scorer(classifier, X, y) == macro_auroc(y, classifier.predict_proba(X)) > 0.9
    assert f_max_scorer(classifier, X, y) == f_max(y, classifier.predict_proba(X)) > 0.9
    assert (cross_val_score(classifier, X, y, scoring=macro_auroc_scorer, cv=2) > 0.9).all()


def test_report(answers):
    y_true, probabilities = answers
    report = label_report(y_true, probabilities, ["NORM", "MI", "STTC"], n_resamples=200)
    assert report.n_recordings == 80
    assert report.n_with == dict(zip(["NORM", "MI", "STTC"], y_true.sum(axis=0).tolist(), strict=True))
    assert report.macro_auroc.value == pytest.approx(macro_auroc(y_true, probabilities))
    assert report.f_max.value == f_max(y_true, probabilities)
    of_each = f1_score(y_true, probabilities > 0.5, average=None)
    assert [each.value for each in report.f1.values()] == pytest.approx(of_each.tolist())
    assert report.macro_f1.value == pytest.approx(of_each.mean())
    for each in (report.macro_auroc, report.f_max, report.macro_f1, *report.auroc.values(), *report.f1.values()):
        assert each.low <= each.value <= each.high
        assert each.low < each.high
    assert "macro AUROC: " + str(report.macro_auroc) in str(report)
    assert max(map(len, str(report).splitlines())) <= 80
    assert json.loads(json.dumps(report.to_dict()))["n_recordings"] == 80
    assert repr(report) == f"LabelReport(n_recordings=80, macro_auroc={report.macro_auroc})"
    none = label_report(y_true, probabilities, list("abc"), y_pred=np.zeros_like(y_true), n_resamples=1)
    assert none.macro_f1.value == 0


def test_a_draw_without_a_rare_label_tells_nothing_of_it():
    """Its F1 is not 0 there, but none."""
    y_true = np.zeros((200, 20), dtype=int)
    y_true[range(20), range(20)] = 1
    report = label_report(y_true, 0.8 * y_true + 0.1, [f"label {k}" for k in range(20)], n_resamples=200)
    assert report.macro_f1.value == report.macro_f1.high == 1.0
    share = binomtest(1, 1).proportion_ci(method="wilson").low
    assert report.macro_f1.low == pytest.approx(report.f1["label 0"].low) == pytest.approx(2 * share / (1 + share))


def test_columns_are_those_of_the_classes(answers):
    y_true, probabilities = (pd.DataFrame(each, columns=["NORM", "MI", "STTC"]) for each in answers)
    order = ["STTC", "NORM", "MI"]
    report = label_report(y_true, probabilities, ["NORM", "MI", "STTC"], n_resamples=2)
    assert report.macro_auroc.value == pytest.approx(macro_auroc(*answers))
    with pytest.raises(ValueError, match=r"y_true has the columns \['STTC', 'NORM', 'MI'\], and classes names the 3"):
        label_report(y_true[order], answers[1], ["NORM", "MI", "STTC"])
    for wrong in ((answers[0], probabilities[order]), (*answers, y_true[order])):
        with pytest.raises(ValueError, match=r"has the columns \['STTC', 'NORM', 'MI'\], and classes names the 3"):
            label_report(*wrong[:2], ["NORM", "MI", "STTC"], y_pred=(*wrong, None)[2])
    # Numbers that pandas gives are no names.
    unnamed = label_report(*map(pd.DataFrame, answers), ["NORM", "MI", "STTC"], n_resamples=2)
    assert unnamed.to_dict() == report.to_dict()
    assert macro_auroc(y_true, pd.DataFrame(answers[1])) == macro_auroc(*answers)
    words = r"probabilities has the columns \['STTC', 'NORM', 'MI'\], and y_true the 3"
    for score in (macro_auroc, f_max):
        with pytest.raises(ValueError, match=words):
            score(y_true, probabilities[order])
    X = np.random.default_rng(0).normal(size=(80, 50))
    classifier = small("ResNetClassifier", max_epochs=1).fit(X, y_true)
    for scorer in (macro_auroc_scorer, f_max_scorer):
        assert 0 <= scorer(classifier, X, y_true) <= 1
        with pytest.raises(ValueError, match="y has the columns .* this ResNetClassifier the 3 columns"):
            scorer(classifier, X, y_true[order])


@pytest.mark.parametrize("n_resamples", [-1, 2.5, None, True, "9"])
def test_draws_that_cannot_be(n_resamples, answers):
    with pytest.raises(ValueError, match="n_resamples=.*; expected a whole number"):
        label_report(*answers, list("abc"), n_resamples=n_resamples)
    with pytest.raises(ValueError, match="n_resamples=.*; expected a whole number"):
        rhythm_report(list("abc"), np.eye(3), list("abc"), n_resamples=n_resamples)


def test_a_label_that_nobody_has_has_no_auroc(answers):
    y_true, probabilities = (np.column_stack([each, np.zeros(80)]) for each in answers)
    with pytest.warns(UndefinedMetricWarning, match=r"The labels \['d'\] are neither in y_true nor predicted"):
        report = label_report(y_true, probabilities, list("abcd"), n_resamples=50)
    assert set(report.auroc) == set("abc")
    assert report.f1["d"].value == 0
    assert report.macro_auroc.value == pytest.approx(macro_auroc(*answers))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda y, p: (y, p[:, :2]), "y_true has 3 columns and probabilities 2"),
        (lambda y, p: (y * 2, p), "y_true holds 2; expected 0 and 1"),
        (lambda y, p: (y[:5], p), "inconsistent"),
        (lambda y, p: (y, np.where(p > 0.9, np.nan, p)), "probabilities contains NaN"),
        (lambda y, p: (np.ones_like(y), p), "nothing to rank"),
        (lambda y, p: (np.ma.array(y, mask=y == 1), p), "masked"),
    ],
)
def test_bad_answers(change, match, answers):
    y_true, probabilities = change(*answers)
    for score in (macro_auroc, lambda *both: label_report(*both, list("abc"), n_resamples=2)):
        with pytest.raises(ValueError, match=match):
            score(y_true, probabilities)
    with pytest.raises(ValueError, match="y_true has 3 columns, and the classes are"):
        label_report(*answers, ["a", "b"])
    with pytest.raises(ValueError, match="the classes are \\['a', 'a', 'c'\\]"):
        label_report(*answers, ["a", "a", "c"])
    with pytest.raises(ValueError, match="probabilities of recording 0 are .* expected numbers from 0 to 1"):
        label_report(answers[0], 5 * answers[1] - 3, list("abc"))
    with pytest.raises(ValueError, match="y_pred holds"):
        label_report(*answers, list("abc"), y_pred=answers[1])
    with pytest.raises(ValueError, match=r"y_pred has shape \(80, 2\)"):
        label_report(*answers, list("abc"), y_pred=answers[0][:, :2])
