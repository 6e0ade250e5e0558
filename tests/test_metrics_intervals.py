"""The interval of each kind of figure: against scipy, by hand, and how often it holds what is true."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm, t
from sklearn.metrics import f1_score, roc_auc_score

from ecgclf.metrics import expected_calibration_error, label_report, rhythm_report
from ecgclf.metrics._intervals import (
    auroc_estimate,
    count_estimate,
    drawn_estimate,
    f1_estimate,
    mean_estimate,
    share_estimate,
    unseen,
    wilson,
)

Z = norm.ppf(0.975)
MEANS = "macro_auroc", "macro_f1"


def ranked(n, seed, equal=True):
    """Labels, some and not all, and scores that tell something of them; some are equal."""
    rng = np.random.RandomState(seed)
    positive = rng.rand(n) < 0.4
    positive[:2] = True, False
    scores = rng.rand(n) + 0.5 * positive
    return positive, np.round(scores, 1) if equal else scores


def patients(n, seed, size=3):
    """The patient of each of n recordings, in any order."""
    return np.random.RandomState(seed).randint(max(1, n // size), size=n)


@given(st.integers(1, 300), st.data())
def test_a_share_has_wilson_s_interval(n, data):
    k = data.draw(st.integers(0, n))
    found = share_estimate(np.arange(n) < k, np.ones(n, dtype=bool))
    expected = binomtest(k, n).proportion_ci(method="wilson")
    assert found == pytest.approx((k / n, *expected), abs=1e-9)
    assert found.low <= found.value <= found.high
    # And a count of recordings is a share of all.
    assert count_estimate(np.arange(n) < k) == pytest.approx((k, n * expected.low, n * expected.high), abs=1e-6)


@given(st.integers(1, 60), st.integers(0, 10**6))
def test_f1_is_that_of_a_share(n, seed):
    """The interval of right answers among those in question, and F1 = 2 J / (1 + J) at its ends."""
    rng = np.random.RandomState(seed)
    true, answered = rng.rand(2, n) < 0.3
    found = f1_estimate(true, answered)
    assert found.value == pytest.approx(f1_score(true, answered, zero_division=0))
    n_either = int((true | answered).sum())
    if not n_either:
        assert found == (0.0, 0.0, 1.0)
        return
    low, high = binomtest(int((true & answered).sum()), n_either).proportion_ci(method="wilson")
    assert found[1:] == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)), abs=1e-9)


def pairs(positive, scores):
    """1 where the recording with the label is the higher one, a half where they are equal."""
    first, second = scores[positive][:, None], scores[~positive][None, :]
    return (first > second) + 0.5 * (first == second)


def variance(positive, scores, groups):
    """That of Obuchowski, of sums over pairs; of DeLong where each recording is a group."""
    order = pairs(positive, scores)
    area = order.mean()
    with_it, without = order.mean(axis=1) - area, order.mean(axis=0) - area
    sums = {}
    for group in set(groups.tolist()):
        mine = groups == group
        sums[group] = with_it[mine[positive]].sum(), without[mine[~positive]].sum()
    m, n = order.shape
    of_with, of_without = len(set(groups[positive])), len(set(groups[~positive]))
    s10 = of_with / (of_with - 1) / m * sum(a**2 for a, _ in sums.values())
    s01 = of_without / (of_without - 1) / n * sum(b**2 for _, b in sums.values())
    s11 = len(sums) / (len(sums) - 1) * sum(a * b for a, b in sums.values())
    return s10 / m + s01 / n + 2 * s11 / (m * n)


def newcombe(area, m, n):
    """Method 5 in the form of Hanley and McNeil, with the mean of both numbers for either."""
    both = (m + n) / 2 - 1
    return area * (1 - area) * (1 + both * ((1 - area) / (2 - area) + area / (1 + area))) / (m * n)


def fewer(groups, alone, together):
    """The number of recordings in the one variance that gives the other."""
    sizes = np.unique(groups, return_counts=True)[1]
    known = (Z / t.ppf(0.975, len(sizes) - 1)) ** 2
    as_groups = len(groups) ** 2 / (sizes**2).sum()
    return min(max(known * len(groups) * alone / together, as_groups), len(groups))


@pytest.mark.parametrize("equal", [True, False], ids=["equal scores", "no equal scores"])
@pytest.mark.parametrize("grouped", [False, True], ids=["alone", "groups"])
@given(n=st.integers(8, 60), seed=st.integers(0, 10**6))
def test_an_area_is_as_far_off_as_its_deviation_allows(grouped, equal, n, seed):
    """At the end of the interval the area found is 1.96 deviations away, in variances that are computed by hand."""
    positive, scores = ranked(n, seed, equal)
    assume(min(positive.sum(), (~positive).sum()) > 1)
    groups = patients(n, seed)
    assume(min(len(set(groups[positive])), len(set(groups[~positive]))) > 1)
    found = auroc_estimate(positive, scores, groups if grouped else None)
    assert found.value == pytest.approx(roc_auc_score(positive, scores))
    assume(0 < found.value < 1)
    sides = positive.sum(), (~positive).sum()
    alone, together = variance(positive, scores, np.arange(n)), variance(positive, scores, groups)
    assume(alone > 1e-9)
    raised = max(1.0, alone / newcombe(found.value, *sides))
    if grouped:
        assume(together > 1e-9)
        sides = [fewer(groups[side], alone, together) for side in (positive, ~positive)]
    for end in found[1:]:
        if 1e-6 < end < 1 - 1e-6:
            expected = Z * np.sqrt(raised * newcombe(end, *sides))
            assert abs(end - found.value) == pytest.approx(expected, rel=1e-6)


@given(st.integers(1, 40), st.integers(1, 40))
def test_what_is_told_apart_without_a_mistake_may_yet_be_mistaken(n_with, n_without):
    positive = np.arange(n_with + n_without) < n_with
    right = auroc_estimate(positive, positive * 1.0)
    wrong = auroc_estimate(positive, 1.0 - positive)
    assert right.value == right.high == 1
    assert 0 < right.low < 1
    assert wrong == pytest.approx((0, 0, 1 - right.low))
    # More recordings tell more.
    more = np.arange(2 * (n_with + n_without)) < 2 * n_with
    assert auroc_estimate(more, more * 1.0).low > right.low


FIGURES = {
    "share": lambda positive, scores, groups: share_estimate(positive & (scores > 0.5), positive, groups),
    "count": lambda positive, scores, groups: count_estimate(positive & (scores > 0.5), groups),
    "F1": lambda positive, scores, groups: f1_estimate(positive, scores > 0.5, groups),
    "area": auroc_estimate,
}
each = pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)


@each
@given(n=st.integers(2, 50), seed=st.integers(0, 10**6))
def test_patients_of_one_recording_are_recordings(figure, n, seed):
    positive, scores = ranked(n, seed)
    order = np.random.RandomState(seed).permutation(n)
    assert figure(positive, scores, order) == pytest.approx(figure(positive, scores, None))


@each
@given(n=st.integers(2, 50), seed=st.integers(0, 10**6))
def test_patients_never_make_a_figure_surer(figure, n, seed):
    positive, scores = ranked(n, seed)
    groups = np.unique(patients(n, seed), return_inverse=True)[1]
    alone, together = figure(positive, scores, None), figure(positive, scores, groups)
    assert together.value == alone.value
    assert together.low <= alone.low + 1e-9
    assert together.high >= alone.high - 1e-9
    # Nor do names and order matter.
    order = np.random.RandomState(seed).permutation(n)
    again = figure(positive[order], scores[order], groups.max() - groups[order])
    assert again == pytest.approx(together)


@each
@given(n=st.integers(40, 80), times=st.integers(2, 5), seed=st.integers(0, 10**6))
def test_a_patient_s_copies_tell_nothing_new(figure, n, times, seed):
    """All recordings of each are the same: as wide as of one recording of each."""
    positive, scores = ranked(n, seed)
    assume(min(positive.sum(), (~positive).sum()) >= 10)
    one = figure(positive, scores, None)
    copied = figure(np.repeat(positive, times), np.repeat(scores, times), np.repeat(np.arange(n), times))
    scale = times if figure is FIGURES["count"] else 1
    # A variance of few recordings is a little greater than that of their copies.
    near = 0.02 if figure is auroc_estimate else 1e-9
    assert copied == pytest.approx([scale * end for end in one], rel=1e-6, abs=near)


@given(n=st.integers(4, 60), seed=st.integers(0, 10**6))
def test_a_share_of_patients_is_one_of_fewer_recordings(n, seed):
    """By the ratio of the variances of a mean of recordings and of one of patients."""
    hits, groups = ranked(n, seed)[0], patients(n, seed)
    off = hits - hits.mean()
    sums = np.array([off[groups == group].sum() for group in set(groups)])
    assume(len(sums) > 1)
    assume((sums**2).sum() > 1e-9)
    together = len(sums) / (len(sums) - 1) * (sums**2).sum()
    n_fewer = fewer(groups, n / (n - 1) * (off**2).sum(), together)
    found = share_estimate(hits, np.ones(n, dtype=bool), groups)
    assert found == pytest.approx((hits.mean(), *wilson(hits.mean(), n_fewer)))


def test_where_all_of_three_patients_are_right_there_are_three():
    groups = np.repeat([0, 1, 2], 10)
    found = share_estimate(np.ones(30, dtype=bool), np.ones(30, dtype=bool), groups)
    assert found == pytest.approx((1, *wilson(1, 3)))
    # One of whom has nearly all recordings.
    uneven = np.repeat([0, 1, 2], [28, 1, 1])
    assert share_estimate(np.ones(30, dtype=bool), np.ones(30, dtype=bool), uneven).low < 0.25


def test_a_mean_is_as_sure_as_its_parts_go_together():
    parts = [(0.8, 0.6, 0.9), (0.5, 0.4, 0.7)]
    rng = np.random.RandomState(0)
    draws = rng.normal(size=(100_000, 2))
    apart = mean_estimate(parts, draws)
    expected = 0.65, 0.65 - np.hypot(0.2, 0.1) / 2, 0.65 + np.hypot(0.1, 0.2) / 2
    assert apart == pytest.approx(expected, abs=2e-3)
    for alike in (draws[:, [0, 0]], np.ones((9, 2)), np.empty((0, 2)), np.full((9, 2), np.nan)):
        assert mean_estimate(parts, alike) == pytest.approx((0.65, 0.5, 0.8))
    # What goes against one another must not make the mean surer than what is apart.
    assert mean_estimate(parts, draws[:, [0, 0]] * [1, -1]) == pytest.approx(expected)


def test_draws_that_are_all_alike():
    assert drawn_estimate(np.ones(50), 20) == pytest.approx((1, 1 - unseen(20), 1))
    assert drawn_estimate(np.array([0.5, 0.4, 0.6]), 20) == pytest.approx((0.5, 0.405, 0.595))
    assert drawn_estimate(np.array([0.5]), 20) == (0.5, 0.5, 0.5)
    # In which a kind that 5 % of the recordings are is not met with a chance of 0.95 ** n.
    assert 0.95**75 < 0.025 < 0.95**71
    assert unseen(73) == pytest.approx(0.05, abs=1e-3)


def perfect(n):
    y = np.array(list("NAO"))[np.arange(n) % 3]
    return y, 1.0 * (y[:, None] == np.array(list("ANO")))


@pytest.mark.parametrize("groups", [None, np.arange(30) // 6], ids=["recordings", "patients"])
def test_nothing_is_certain(groups):
    """No figure of answers that are all right is without width, and patients make it wider."""
    y, probabilities = perfect(30)
    report = rhythm_report(y, probabilities, list("ANO"), groups=groups, n_resamples=50)
    figures = [report.score, *report.f1.values(), *report.auroc.values()]
    labels = label_report(probabilities, probabilities, list("ANO"), groups=groups, n_resamples=50)
    figures += [labels.macro_auroc, labels.f_max, labels.macro_f1, *labels.f1.values(), *labels.auroc.values()]
    for figure in figures:
        assert figure.value == figure.high == 1
        assert figure.low < (0.95 if groups is None else 0.75)
    assert report.ece.value == report.ece.low == 0 < report.ece.high
    for row in report.confusion:
        for cell in row:
            assert cell.low < cell.high


def test_reports_take_patients_whole():
    """A patient's recordings come or go together, in every figure that is drawn."""
    rng = np.random.RandomState(0)
    groups = np.repeat(np.arange(25), 8)
    y = np.array(list("NAO"))[rng.randint(3, size=25)][groups]
    hard = rng.rand(25) < 0.4
    answer = np.where(hard[groups], np.array(list("AON"))[rng.randint(3, size=25)][groups], y)
    probabilities = 0.8 * (answer[:, None] == np.array(list("ANO"))) + 0.2 / 3
    alone, together = (
        rhythm_report(y, probabilities, list("ANO"), groups=given, n_resamples=300)
        for given in (None, [f"patient {k}" for k in groups])
    )
    for one, other in [
        (alone.score, together.score),
        (alone.ece, together.ece),
        (alone.f1["A"], together.f1["A"]),
        (alone.auroc["A"], together.auroc["A"]),
        (alone.confusion[0][0], together.confusion[0][0]),
    ]:
        assert other.value == one.value
        assert other.high - other.low > 1.5 * (one.high - one.low)
    # What each patient says is said eight times: as wide as of one recording of each.
    single = rhythm_report(y[::8], probabilities[::8], list("ANO"), n_resamples=300)
    assert together.f1["A"] == pytest.approx(single.f1["A"])
    assert together.score == pytest.approx(single.score, abs=0.02)
    true = 1 * (y[:, None] == np.array(list("ANO")))
    alone, together = (
        label_report(true, probabilities, list("ANO"), groups=given, n_resamples=300) for given in (None, groups)
    )
    for name in ("f_max", "macro_f1", "macro_auroc"):
        one, other = getattr(alone, name), getattr(together, name)
        assert other.high - other.low > 1.5 * (one.high - one.low), name


def test_the_resampled_error_is_that_of_the_patients_drawn():
    """One resample: both ends of an interval of one are its figure, reflected; the figure is held within."""
    rng = np.random.RandomState(0)
    groups = rng.permutation(np.arange(60) // 4)
    probabilities = rng.dirichlet(np.ones(3), size=60)
    y = np.array(list("ANO"))[rng.randint(3, size=60)]
    ece = rhythm_report(y, probabilities, list("ANO"), groups=groups, n_resamples=1, random_state=5).ece
    drawn = np.random.RandomState(5).randint(15, size=15)
    rows = np.concatenate([np.flatnonzero(groups == group) for group in drawn])
    reflected = 2 * ece.value - expected_calibration_error(y[rows], probabilities[rows], list("ANO"))
    assert max(reflected, ece.value) == pytest.approx(ece.high)


def test_a_calibrated_classifier_may_be_wrong_by_the_patient():
    """Ten patients of a confidence of 0.8, right in 13 or 15 of 20: too few are, unless a patient is hard or easy."""
    groups = np.repeat(np.arange(10), 20)
    right = np.concatenate([np.arange(20) < n for n in (13, 15) * 5])
    y = np.where(right, "A", "N")
    alone, together = (
        rhythm_report(y, np.tile([0.8, 0.2], (200, 1)), ["A", "N"], groups=given, n_resamples=300).ece
        for given in (None, groups)
    )
    assert alone.value == together.value == pytest.approx(0.1)
    assert alone.low > 0
    assert together.low == 0


def test_draws_tell_what_goes_together():
    """Without them figures of labels are taken to go together, with them the mean is surer."""
    rng = np.random.RandomState(0)
    true = 1 * (rng.rand(200, 4) < 0.3)
    probabilities = np.clip(0.3 * true + 0.7 * rng.rand(200, 4), 0, 1)
    y = np.array(list("ANO"))[rng.randint(3, size=200)]
    of_one = 0.3 * (y[:, None] == np.array(list("ANO"))) + 0.7 * rng.dirichlet(np.ones(3), size=200)
    told, untold = (
        [
            *(getattr(label_report(true, probabilities, list("abcd"), n_resamples=n), name) for name in MEANS),
            rhythm_report(y, of_one, list("ANO"), n_resamples=n).score,
        ]
        for n in (300, 0)
    )
    for one, other in zip(told, untold, strict=True):
        assert one.high - one.low < 0.9 * (other.high - other.low)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([1, 2], "groups has 2 entries; expected one for each of 30 recordings"),
        ([None] * 30, "groups contains NaN: None for recording 0"),
        (["a"] * 29 + [1], "groups mixes text and numbers"),
        (np.ma.array(np.arange(30), mask=np.arange(30) == 3), "groups has masked values"),
    ],
)
def test_groups_that_cannot_be(groups, message):
    y, probabilities = perfect(30)
    with pytest.raises(ValueError, match=message):
        rhythm_report(y, probabilities, list("ANO"), groups=groups, n_resamples=2)
    with pytest.raises(ValueError, match=message):
        label_report(probabilities, probabilities, list("ANO"), groups=groups, n_resamples=2)


def test_intervals_hold_what_is_true():
    """Of a rare label, where percentiles held the area in 79 of 100 draws, and F1 in 40."""
    rng = np.random.RandomState(0)
    held = []
    for _ in range(400):
        rare = rng.rand(60) < 0.08
        rare[0] |= not rare.any()
        scores = rng.normal(size=60) + 2.5 * rare
        area, f1 = auroc_estimate(rare, scores), f1_estimate(rare, scores > 1.5)
        share = norm.sf(1.5 - 2.5), norm.sf(1.5)
        jaccard = 0.08 * share[0] / (0.08 + 0.92 * share[1])
        truth = norm.cdf(2.5 / np.sqrt(2)), 2 * jaccard / (1 + jaccard)
        held.append([figure.low <= true <= figure.high for figure, true in zip((area, f1), truth, strict=True)])
    assert (np.mean(held, axis=0) >= 0.93).all()


@pytest.mark.parametrize("n_patients", [5, 30])
def test_intervals_hold_what_is_true_of_patients(n_patients):
    """Some are hard: as recordings alone they would hold F1 in half of the draws."""
    rng = np.random.RandomState(0)
    held = []
    for _ in range(300):
        groups = np.repeat(np.arange(n_patients), rng.randint(1, 12, size=n_patients))
        right = rng.rand(len(groups)) < rng.beta(2, 1, size=n_patients)[groups]
        everything = np.ones(len(groups), dtype=bool)
        for given_groups in (groups, None):
            found = share_estimate(right, everything, given_groups)
            held.append(found.low <= 2 / 3 <= found.high)
    together, alone = np.reshape(held, (-1, 2)).mean(axis=0)
    assert together >= 0.9
    assert alone < 0.8
