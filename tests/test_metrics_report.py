"""The report on answers: each figure against scikit-learn's, the intervals against theory."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from scipy.stats import binomtest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import confusion_matrix, f1_score, roc_auc_score

from ecgclf.metrics import RhythmReport, cinc2017_score, expected_calibration_error, rhythm_report

CLASSES = np.array(["A", "N", "O", "~"])


def answers(n, seed=0, sharpness=1.5):
    """True labels and probabilities that tell something of them; some are equal."""
    rng = np.random.RandomState(seed)
    y = rng.choice(CLASSES, n, p=[0.1, 0.6, 0.25, 0.05])
    logits = rng.normal(size=(n, 4)) + sharpness * (y[:, None] == CLASSES)
    return y, softmax(logits, axis=1).round(2)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@given(st.integers(1, 60), st.integers(0, 10**6))
def test_figures_are_scikit_learns(n, seed):
    y, probabilities = answers(n, seed)
    report = rhythm_report(y, probabilities, CLASSES, n_resamples=3)
    predicted = CLASSES[probabilities.argmax(axis=1)]
    assert report.score.value == pytest.approx(cinc2017_score(y, predicted))
    f1 = f1_score(y, predicted, labels=CLASSES, average=None, zero_division=0)
    np.testing.assert_allclose([report.f1[label].value for label in CLASSES], f1)
    confusion = [[each.value for each in row] for row in report.confusion]
    np.testing.assert_array_equal(confusion, confusion_matrix(y, predicted, labels=CLASSES))
    assert report.n_recordings == {label: (y == label).sum() for label in CLASSES}
    for k, label in enumerate(CLASSES):
        if 0 < (y == label).sum() < n:
            expected = roc_auc_score(y == label, probabilities[:, k])
            assert report.auroc[label].value == pytest.approx(expected)
        else:
            assert label not in report.auroc


@pytest.mark.parametrize("judge", [rhythm_report, expected_calibration_error])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y, p, c: (y, p[:, :3], c), r"probabilities have 3 columns, and the classes are \['A'"),
        (lambda y, p, c: (y, p, c[[0, 0, 1, 2]]), "probabilities have 4 columns, and the classes are"),
        (lambda y, p, c: (y[:1], p, c), "inconsistent numbers of samples"),
        (lambda y, p, c: (np.repeat(y[:, None], 2, axis=1), p, c), "y_true has shape"),
        (lambda y, p, c: (np.where(y == "A", "AF", y), p, c), r"y_true holds the labels \['AF'\]"),
        (lambda y, p, c: (y, np.where(p == p.max(), np.nan, p), c), "probabilities contains NaN"),
        (lambda y, p, c: (y, p - 0.5, c), "probabilities of recording 0 are .*; expected numbers from 0 to 1"),
        (
            lambda y, p, c: (y, pd.DataFrame(p, columns=c)[c[::-1]], c),
            r"probabilities has the columns \['~', 'O', 'N', 'A'\], and classes names the 4 columns",
        ),
    ],
    ids=["columns", "classes", "length", "shape", "label", "NaN", "no probabilities", "names"],
)
def test_what_does_not_fit_is_no_figure(judge, change, message):
    y, probabilities = answers(40)
    with pytest.raises(ValueError, match=message):
        judge(*change(y, probabilities, CLASSES))


def test_answers_and_weights_of_another_number():
    y, probabilities = answers(40)
    with pytest.raises(ValueError, match=r"y_pred has shape \(1,\); expected one label for each of 40"):
        rhythm_report(y, probabilities, CLASSES, y_pred=["A"])
    for weights in (np.ones(1), -np.ones(40)):
        with pytest.raises(ValueError, match="sample_weight"):
            expected_calibration_error(y, probabilities, CLASSES, sample_weight=weights)


def test_the_resampled_error_is_that_of_the_recordings_drawn():
    """One resample: both ends of an interval of one are its figure."""
    y, probabilities = answers(80)
    report = rhythm_report(y, probabilities, CLASSES, n_resamples=1, random_state=5)
    drawn = np.random.RandomState(5).randint(80, size=80)
    # Reflected about the figure, which is held within.
    expected = 2 * report.ece.value - expected_calibration_error(y[drawn], probabilities[drawn], CLASSES)
    assert report.ece.low == pytest.approx(min(expected, report.ece.value))
    assert report.ece.high == pytest.approx(max(expected, report.ece.value))


def test_intervals_are_as_wide_as_theory_has_it():
    """The number of recordings in a cell is binomial: 95 % lie within 1.96 standard deviations."""
    y, probabilities = answers(4000)
    report = rhythm_report(y, probabilities, CLASSES)
    cell = report.confusion[1][1]
    share = cell.value / 4000
    expected = 2 * 1.96 * np.sqrt(4000 * share * (1 - share))
    assert cell.high - cell.low == pytest.approx(expected, rel=0.1)
    for each in (report.score, report.ece, *report.f1.values(), *report.auroc.values()):
        assert each.low <= each.value <= each.high
        assert each.high > each.low


def rights(n, sharpness, seed):
    """How sure a classifier is of `n` answers, and which are right; at a sharpness of 1 it is calibrated."""
    rng = np.random.RandomState(seed)
    logits = 2 * rng.normal(size=(n, 4))
    truth = (softmax(logits, axis=1).cumsum(axis=1) > rng.rand(n, 1)).argmax(axis=1)
    return CLASSES[truth], softmax(sharpness * logits, axis=1)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@given(st.integers(1, 60), st.integers(0, 10**6), st.floats(0.2, 5))
def test_the_interval_of_the_calibration_error_holds_it(n, seed, sharpness):
    ece = rhythm_report(*rights(n, sharpness, seed), CLASSES, n_resamples=20).ece
    assert 0 <= ece.low <= ece.value <= ece.high
    assert ece.value == expected_calibration_error(*rights(n, sharpness, seed), CLASSES)


@pytest.mark.parametrize(
    ("sharpness", "n", "least"), [(1.0, 100, 0.9), (1.0, 1000, 0.9), (1.3, 400, 0.8), (2.0, 400, 0.8)]
)
def test_the_interval_of_the_calibration_error_holds_that_of_the_source(sharpness, n, least):
    """Percentiles held the first three in 0, 0 and half of 40 draws."""
    truth = expected_calibration_error(*rights(300_000, sharpness, 10**6), CLASSES)
    found = [rhythm_report(*rights(n, sharpness, seed), CLASSES, n_resamples=200).ece for seed in range(40)]
    assert np.mean([ece.low <= truth <= ece.high for ece in found]) >= least
    # Nor are they wide for the asking.
    assert np.mean([ece.high - ece.low for ece in found]) < 2.5 / np.sqrt(n)


def test_what_is_always_right_is_as_sure_as_it_is_frequent():
    """Three recordings of three may be had by chance; the score is no surer than its F1 are together."""
    y = np.array(["N"] * 60 + ["O"] * 37 + ["A"] * 3)
    report = rhythm_report(y, 0.9 * (y[:, None] == ["A", "N", "O"]) + 0.03, ["A", "N", "O"])
    assert report.score.value == report.f1["A"].value == 1.0
    share = binomtest(3, 3).proportion_ci(method="wilson").low
    assert report.f1["A"].low == pytest.approx(2 * share / (1 + share))
    assert report.score.low == pytest.approx(np.mean([each.low for each in report.f1.values()]))


def test_a_class_that_is_nowhere_counts_as_nothing_and_is_told():
    probabilities = [[0.1, 0.8, 0.1]] * 2 + [[0.8, 0.1, 0.1]] * 2
    with pytest.warns(UndefinedMetricWarning, match=r"The labels \['O'\] are neither in y_true nor predicted"):
        report = rhythm_report(list("NNAA"), probabilities, ["A", "N", "O"], n_resamples=9)
    with pytest.warns(UndefinedMetricWarning):
        assert report.score.value == pytest.approx(cinc2017_score(list("NNAA"), list("NNAA")))


@pytest.mark.parametrize("classes", [[0, 1, 2], ["a", "b", "c"], [1.5, 2.5, 3.5], [False, True]])
def test_reports_of_any_labels_come_back_from_json(classes):
    y = np.array(classes * 4)
    report = rhythm_report(y, np.eye(len(classes))[np.arange(len(y)) % len(classes)], classes, n_resamples=3)
    again = RhythmReport.from_dict(json.loads(json.dumps(report.to_dict())))
    assert again == report
    assert str(again) == str(report)


@pytest.mark.parametrize("n_bins", [0, -3, 2.5, None, "a", np.inf, True])
def test_bins_that_cannot_be(n_bins):
    with pytest.raises(ValueError, match="n_bins=.*; expected a whole number of at least 1"):
        expected_calibration_error(["A"], [[0.9, 0.1]], ["A", "N"], n_bins=n_bins)


def test_calibration_by_hand():
    # 0.3 in the bin (0.2, 0.4] of five, one of two right: |0.3 - 0.5|; 0.9 in the last, all right: |0.9 - 1|.
    probabilities = [[0.3, 0.3, 0.2, 0.2], [0.3, 0.3, 0.2, 0.2], [0.9, 0.1, 0, 0], [0.9, 0.1, 0, 0]]
    y = ["A", "N", "A", "A"]
    error = expected_calibration_error(y, probabilities, CLASSES, n_bins=5)
    assert error == pytest.approx((2 * 0.2 + 2 * 0.1) / 4)
    # A recording that counts twice is as good as two.
    twice = expected_calibration_error(y[:3], probabilities[:3], CLASSES, n_bins=5, sample_weight=[1, 1, 2])
    assert twice == pytest.approx(error)


def test_a_border_belongs_to_the_bin_below():
    # 0.75 is the border of the third and the last of four: with 0.6 in the third, with 0.9 it would be in the last.
    probabilities = [[0.75, 0.25], [0.6, 0.4], [0.9, 0.1]]
    error = expected_calibration_error(["A", "N", "A"], probabilities, ["A", "N"], n_bins=4)
    assert error == pytest.approx((abs(0.75 + 0.6 - 1) + 0.1) / 3)


def test_probabilities_that_are_true_are_calibrated():
    rng = np.random.RandomState(0)
    probabilities = softmax(2 * rng.normal(size=(20_000, 4)), axis=1)
    y = CLASSES[(probabilities.cumsum(axis=1) > rng.rand(20_000, 1)).argmax(axis=1)]
    assert expected_calibration_error(y, probabilities, CLASSES) < 0.01
    sure = probabilities**3 / (probabilities**3).sum(axis=1, keepdims=True)
    assert expected_calibration_error(y, sure, CLASSES) > 0.15


def test_decisions_of_another_kind():
    y, probabilities = answers(50)
    report = rhythm_report(y, probabilities, CLASSES, y_pred=np.full(50, "N"), n_resamples=2)
    assert report.f1["A"].value == 0
    assert report.f1["N"].value == pytest.approx(f1_score(y == "N", np.ones(50, bool)))


def test_other_labels_and_their_order():
    y = np.array([0, 1, 1, 0])
    report = rhythm_report(y, [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]], [1, 0], n_resamples=2)
    assert report.classes == [1, 0]
    assert report.f1[1].value == pytest.approx(0.4)
    assert report.score.value == pytest.approx(np.mean([each.value for each in report.f1.values()]))


def test_what_is_printed_and_stored():
    y, probabilities = answers(100)
    report = rhythm_report(y, probabilities, CLASSES)
    printed = str(report)
    assert max(map(len, printed.splitlines())) <= 80
    assert f"score (mean F1 of N, A, O): {report.score}" in printed
    assert f"{report.score.value:.3f} ({report.score.low:.3f}-{report.score.high:.3f})" == str(report.score)
    assert repr(report) == f"RhythmReport(n_recordings=100, score={report.score})"
    again = RhythmReport.from_dict(json.loads(json.dumps(report.to_dict())))
    assert again == report
    assert str(again) == printed


@pytest.mark.parametrize(
    ("y", "probabilities", "match"),
    [
        ([], np.empty((0, 4)), "no recording"),
        (["A", "X"], np.ones((2, 4)), r"y_true holds the labels \['X'\]"),
        (["A"], np.ones((2, 4)), "inconsistent numbers"),
    ],
)
def test_what_cannot_be_judged(y, probabilities, match):
    with pytest.raises(ValueError, match=match):
        rhythm_report(y, probabilities, CLASSES)
