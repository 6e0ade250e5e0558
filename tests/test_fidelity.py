"""The figures of a fidelity report: against closed forms, scipy and scikit-learn."""

import sys
from dataclasses import FrozenInstanceError
from itertools import pairwise

import matplotlib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, wasserstein_distance

from ecgclf._recordings import object_array
from ecgclf.datasets import make_recordings
from ecgclf.fidelity import FidelityReport, fidelity_report
from ecgclf.fidelity import _comparison as comparison
from ecgclf.fidelity._description import describe
from ecgclf.plotting import FidelityDisplay
from ecgclf.signal import find_r_peaks, rr_intervals

matplotlib.use("Agg")
import matplotlib.pyplot as plt

RATE = 100.0


def recordings(n, seed, **options):
    options = {"sampling_rate": RATE, "duration": (8, 14), "classes": ("N", "A"), **options}
    X, y = make_recordings(n, random_state=seed, return_X_y=True, **options)
    return X, y.astype(str)


def pulses(rr, height=1.0, seconds=10.0, rate=RATE):
    """A recording with a beat every `rr` seconds."""
    time = np.arange(round(seconds * rate)) / rate
    return height * np.exp(-((((time % rr) - rr / 2) / 0.03) ** 2))


def set_of(items, labels=None, rate=RATE):
    return describe([np.atleast_2d(x) for x in items], np.array(labels or ["N"] * len(items)), rate, 0)


@pytest.fixture(scope="module")
def sets():
    return recordings(60, 0), recordings(60, 1), recordings(60, 2)


@pytest.fixture(scope="module")
def report(sets):
    return fidelity_report(*sets, sampling_rate=RATE, random_state=0)


def values(report):
    return np.array([row[4:] for row in report.rows])


# What a report says


def test_recordings_of_the_same_source_cannot_be_told(report):
    assert abs(report.get("auroc").synthetic - 0.5) < 0.15
    assert abs(report.get("auroc").held_out - 0.5) < 0.15
    assert not report.memorisation.memorised
    for quantity in comparison.QUANTITIES:
        row = report.get(quantity, unit="SD of real")
        assert 0 < row.synthetic < 0.4
        assert 0 < row.held_out < 0.4


def test_what_is_different_is_told(sets):
    rng = np.random.default_rng(0)
    noise = [rng.normal(size=1000) for _ in range(60)]
    report = fidelity_report(sets[0], (noise, sets[1][1]), sets[2], sampling_rate=RATE, random_state=0)
    assert report.get("auroc").synthetic > 0.99
    assert report.get("power_spectrum").synthetic > 5 * report.get("power_spectrum").held_out
    assert report.get("beat_similarity").synthetic < report.get("beat_similarity").held_out - 0.1
    useful = report.get("trained_on_it_tested_on_held_out")
    assert useful.real > 0.9
    assert useful.synthetic < 0.7


def test_synthetic_recordings_with_exchanged_labels_are_of_no_use(sets):
    X, y = sets[1]
    exchanged = np.where(y == "N", "A", "N")
    report = fidelity_report(sets[0], (X, exchanged), sets[2], sampling_rate=RATE, random_state=0)
    assert report.get("trained_on_it_tested_on_held_out").synthetic < 0.1
    assert report.get("trained_on_real_tested_on_it").synthetic < 0.1
    assert report.get("trained_on_real_tested_on_it").held_out > 0.9


def test_classifiers_are_trained_on_equal_numbers(monkeypatch):
    """More real recordings than synthetic ones are no advantage."""
    sizes = []

    class Classifier:
        def fit(self, X, y):
            sizes.append({label: int(np.sum(y == label)) for label in ("A", "N")})
            return self

        def predict(self, X):
            return np.full(len(X), "N")

    monkeypatch.setattr(comparison, "_classifier", Classifier)
    few, many = (set_of([pulses(0.8)] * (a + n), ["A"] * a + ["N"] * n) for a, n in ((3, 5), (9, 4)))
    rows = comparison.usefulness(
        {"real": many, "synthetic": few, "held_out": many}, ["A", "N"], np.random.RandomState(0)
    )
    assert sizes == [{"A": 3, "N": 4}] * 3
    assert rows[0].real == rows[1].held_out == 0.5


def test_fibrillation_is_more_irregular(report):
    for name in comparison.SETS:
        assert getattr(report.get("rr_variation", "A"), name) > 2 * getattr(report.get("rr_variation", "N"), name)


def test_the_same_seed_gives_the_same_report(sets, report):
    again = fidelity_report(*sets, sampling_rate=RATE, random_state=0)
    np.testing.assert_array_equal(values(again), values(report))


def test_order_does_not_matter(sets, report):
    order = np.random.RandomState(0).permutation(60)
    shuffled = [(object_array([X[i] for i in order]), y[order]) for X, y in sets]
    again = fidelity_report(*shuffled, sampling_rate=RATE, random_state=0)
    for row, other in zip(report.rows, again.rows, strict=True):
        # The folds of the discriminator do change.
        np.testing.assert_allclose(row[4:], other[4:], atol=0.2 if row.measure == "auroc" else 1e-6, err_msg=str(row))


def test_held_out_stands_in_the_place_of_synthetic(sets, report):
    swapped = fidelity_report(sets[0], sets[2], sets[1], sampling_rate=RATE, random_state=0)
    for quantity in comparison.QUANTITIES:
        assert swapped.get(quantity).synthetic == report.get(quantity).held_out


# The figures by themselves


def test_distances_of_regular_rhythms_have_a_closed_form():
    one, other = set_of([pulses(0.8)] * 3), set_of([pulses(1.0, height=2.0)] * 5)
    rows = {
        (row.measure, row.unit): row.synthetic
        for row in comparison.distances({"real": one, "synthetic": other, "held_out": one}, ["N"])
        if row.label == "N"
    }
    assert rows["rr_interval", "s"] == pytest.approx(0.2, abs=1e-9)
    assert rows["heart_rate", "1/min"] == pytest.approx(15.0)
    # Regular rhythms have no spread to measure by.
    assert np.isnan(rows["heart_rate", "SD of real"])


def test_distances_against_scipy():
    """On recordings with as many values each, all values pooled."""
    rng = np.random.default_rng(0)
    X, Z = ([rng.normal(i, sd, 800) for i in range(6)] for sd in (1.0, 1.5))
    one, other = set_of(X), set_of(Z)
    rows = {
        (row.measure, row.unit): row.synthetic
        for row in comparison.distances({"real": one, "synthetic": other, "held_out": other}, ["N"])
        if row.label is None
    }
    pooled = [np.concatenate([x - np.median(x) for x in items]) for items in (X, Z)]
    expected = wasserstein_distance(*pooled)
    assert rows["amplitude", "mV"] == pytest.approx(expected, rel=0.01)
    assert rows["amplitude", "SD of real"] == pytest.approx(expected / pooled[0].std(), rel=0.01)
    rates = [[60 / np.median(rr_intervals(find_r_peaks(x, RATE), RATE)) for x in items] for items in (X, Z)]
    assert rows["heart_rate", "1/min"] == pytest.approx(wasserstein_distance(*rates))


def test_the_spectrum_of_tones_lies_at_their_frequencies_with_their_power():
    time = np.arange(2000) / RATE
    low, high = (np.sin(2 * np.pi * f * time) for f in (10.0, 30.0))
    spectra = [comparison.distribution(set_of([x] * 2), "power_spectrum", {"N": 1.0}) for x in (low, low + 2 * high)]
    # 4 of 5 parts of the power have to be moved by 20 Hz.
    assert comparison._distance(*spectra) == pytest.approx(16.0, abs=0.05)


@given(st.lists(st.sampled_from([0.5, 0.6, 0.8, 1.0]), min_size=2, max_size=6), st.integers(1, 3))
@settings(max_examples=25)
def test_labels_weigh_as_in_the_real_set(intervals, times):
    """More recordings of one label, or longer ones, do not move the distances over all labels."""
    labels = ["N" if rr > 0.7 else "A" for rr in intervals]
    real = set_of([pulses(rr) for rr in intervals], labels)
    skewed = [
        (rr, label) for rr, label in zip(intervals, labels, strict=True) for _ in range(times if label == "N" else 1)
    ]
    other = set_of([pulses(rr) for rr, _ in skewed], [label for _, label in skewed])
    sets = {"real": real, "synthetic": other, "held_out": real}
    for row in comparison.distances(sets, sorted(set(labels))):
        if row.unit != "SD of real":
            assert row.synthetic == pytest.approx(0, abs=1e-9), row


def test_the_discriminator_asks_about_recordings_not_about_shares_of_labels(sets):
    """The synthetic set is of one label mostly; within a label it is like the real one."""
    (X, y), (Z, z) = sets[0], sets[1]
    few = np.r_[np.flatnonzero(z == "A"), np.flatnonzero(z == "N")[:5]]
    one, other = set_of(X, y.tolist()), set_of([Z[i] for i in few], z[few].tolist())
    assert abs(comparison.auroc(one, other, ["A", "N"], np.random.RandomState(0)) - 0.5) < 0.2


def test_the_area_is_that_of_all_pairs(monkeypatch):
    """A single telling feature in place of the classifier."""
    rng = np.random.default_rng(0)
    one, other = (set_of([pulses(0.8)] * 40) for _ in range(2))
    for described, shift in ((one, 0.0), (other, 1.0)):
        object.__setattr__(described, "features", rng.normal(shift, 1, (40, 1)))
    area = comparison.auroc(one, other, ["N"], np.random.RandomState(0))
    u = mannwhitneyu(other.features[:, 0], one.features[:, 0]).statistic
    # The mean over folds of 8 and 8 differs a little from the area over all.
    assert area == pytest.approx(u / 1600, abs=0.03)


def test_plausibility_counts():
    rates = [20, 40, 60, 100, 150, 190, 230]
    items = [pulses(60 / rate, seconds=24.0) for rate in rates]
    described = set_of(items)
    object.__setattr__(described, "heart_rate", np.array([*map(float, rates[:-1]), np.nan]))
    share, variation, similarity, without = comparison._rhythm(described, "N")
    assert share == pytest.approx(5 / 7)
    assert without == pytest.approx(1 / 7)
    assert variation < 0.02
    assert similarity > 0.95
    assert np.isnan(comparison._rhythm(described, "A")).all()


def test_recordings_without_beats_are_counted_and_left_out(sets):
    X, y = sets[1]
    Z = [np.zeros_like(x) if i < 15 else x for i, x in enumerate(X)]
    report = fidelity_report(sets[0], (Z, y), sets[2], sampling_rate=RATE, random_state=0)
    assert report.get("without_beats").synthetic == 0.25
    assert report.get("share_30_to_200_per_min").synthetic == 0.75
    assert report.get("without_beats").real == 0
    for label in report.labels:
        assert report.get("rr_interval", label).synthetic < 0.2
        assert np.isfinite(report.get("power_spectrum", label).synthetic)


def test_nothing_but_flat_recordings(sets):
    flat = [np.full(1000, 0.3)] * 60
    report = fidelity_report(sets[0], (flat, sets[1][1]), sets[2], sampling_rate=RATE, random_state=0)
    assert report.get("without_beats").synthetic == 1
    assert np.isnan(report.get("rr_interval").synthetic)
    assert np.isnan(report.get("power_spectrum").synthetic)
    assert report.get("auroc").synthetic == 1
    assert not report.memorisation.memorised
    report.plot().figure_.draw_without_rendering()


# Forms and faults


def test_kinds_and_leads():
    X, y = recordings(40, 0, duration=(8, 8), n_leads=2)
    array = np.stack(list(X))
    sets = [(array, y), (list(array[::-1]), y[::-1]), (object_array(list(array)), y)]
    with pytest.warns(UserWarning, match="40 of 40 held-out recordings are nearly the same"):
        report = fidelity_report(*sets, sampling_rate=RATE, random_state=0)
    for quantity in comparison.QUANTITIES:
        assert report.get(quantity).synthetic == pytest.approx(0, abs=1e-9)
    np.testing.assert_array_equal(report.memorisation.synthetic_nearest, np.arange(40)[::-1])
    table = [(array[:, 0], y), (list(array[:, 0]), y.tolist()), (array[:, :1], y)]
    with pytest.warns(UserWarning, match="not in the training set"):
        report = fidelity_report(*table, sampling_rate=RATE, random_state=0)
    assert report.get("rr_interval").held_out == pytest.approx(0, abs=1e-9)


def test_integer_samples_and_labels(sets):
    sets = [([np.round(1000 * x).astype(np.int16) for x in X], (y == "A").astype(int)) for X, y in sets]
    report = fidelity_report(*sets, sampling_rate=RATE, random_state=0)
    assert report.labels == (0, 1)
    assert report.get("rr_variation", 1).real > report.get("rr_variation", 0).real


def test_labels_that_one_set_has_alone(sets):
    (X, y), (Z, z), held_out = sets
    only = [x for x, label in zip(Z, z, strict=True) if label == "A"]
    report = fidelity_report(
        (X, np.where(np.arange(60) < 3, "O", y)),
        (only, ["A"] * len(only)),
        held_out,
        sampling_rate=RATE,
        random_state=0,
    )
    assert report.labels == ("A",)
    assert np.isnan(report.get("trained_on_it_tested_on_held_out").synthetic)
    assert abs(report.get("auroc").synthetic - 0.5) < 0.25
    assert report.get("rr_variation", "O").real > 0
    assert np.isnan(report.get("rr_variation", "O").synthetic)
    assert set(report.memorisation.thresholds) == {"A"}
    report.plot().figure_.draw_without_rendering()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X[:9], y[:9]), "synthetic has 9 recording"),
        (lambda X, y: X, "synthetic is an ndarray of length 60; expected a pair"),
        (lambda X, y: None, "synthetic is None; expected a pair"),
        (lambda X, y: (X, y[:-1]), "synthetic: .*inconsistent numbers of samples"),
        (lambda X, y: (X, None), "synthetic: .*requires y"),
        (lambda X, y: (X, [None, *y[1:]]), "synthetic: y contains NaN: None for recording 0"),
        (lambda X, y: ([np.stack([x, x]) for x in X], y), r"synthetic has recordings of 2 lead\(s\), real of 1"),
        (lambda X, y: ([np.where(np.arange(len(x)) == 7, np.nan, x) for x in X], y), "synthetic: recording 0 .* NaN"),
        (lambda X, y: (X, np.full(60, "x")), r"no label is in all three sets: real \['A', 'N'\]; synthetic \['x'\]"),
        (lambda X, y: ([x[:300] for x in X], y), "only 0 of 60 synthetic recordings are 5 s or longer"),
    ],
)
def test_bad_sets(sets, change, message):
    with pytest.raises(ValueError, match=message):
        fidelity_report(sets[0], change(*sets[1]), sets[2], sampling_rate=RATE)


@pytest.mark.parametrize("rate", [0, -300.0, 40.0, "300", None])
def test_bad_sampling_rates(sets, rate):
    with pytest.raises(ValueError, match="sampling_rate"):
        fidelity_report(*sets, sampling_rate=rate)


def test_inputs_and_global_random_state_are_left_alone(sets):
    before = [[x.copy() for x in X] for X, _ in sets]
    np.random.seed(3)
    fidelity_report(*sets, sampling_rate=RATE)
    fidelity_report(*sets, sampling_rate=RATE, random_state=0)
    for (X, _), copies in zip(sets, before, strict=True):
        for x, copy in zip(X, copies, strict=True):
            np.testing.assert_array_equal(x, copy)


# The report itself


def test_frame(report):
    frame = report.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame) == ["group", "measure", "label", "unit", "real", "synthetic", "held_out"]
    assert len(frame) == len(report.rows)
    assert not frame.duplicated(["measure", "label", "unit"]).any()
    assert set(frame.group) == {"usefulness", "discriminator", "distance", "plausibility", "memorisation"}
    assert set(frame.label) == {"(all)", "A", "N"}
    (auroc,) = frame.synthetic[frame.measure == "auroc"]
    assert auroc == report.get("auroc").synthetic


def test_rows_are_looked_up(report):
    assert report.get("rr_interval").unit == "s"
    assert report.get("rr_interval", "A", "SD of real").label == "A"
    with pytest.raises(KeyError, match="no row 'aurok'.*'auroc'"):
        report.get("aurok")
    with pytest.raises(FrozenInstanceError):
        report.labels = ()
    assert isinstance(report, FidelityReport)


def test_densities_integrate_to_one(report):
    for quantity, curve in report.curves.items():
        assert set(curve) == {"x", *comparison.SETS}
        for name in comparison.SETS:
            assert curve[name].shape == curve["x"].shape
            step = 1.0 if quantity == "power_spectrum" else np.diff(curve["x"])[0]
            assert 0.97 < curve[name].sum() * step < 1.0 + 1e-9


def test_plot(report):
    display = report.plot()
    assert isinstance(display, FidelityDisplay)
    display.figure_.draw_without_rendering()
    assert display.axes_.shape == (2, 3)
    drawn = display.axes_[0, 0].lines[1]
    np.testing.assert_array_equal(drawn.get_ydata(), report.curves["rr_interval"]["synthetic"])
    bars = [bar.get_height() for bar in display.axes_[1, 1].patches]
    assert report.get("auroc").synthetic in bars
    assert "No sign of copying" in display.axes_[1, 2].get_title()
    names = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert names == ["real, trained on", "synthetic", "real, held out"]


@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize("size", [(12, 7), (9, 6), (8, 6)])
def test_no_text_is_cut_or_covered(report, size, layout):
    figure = plt.figure(figsize=size, layout=layout)
    axes = report.plot(figure=figure).axes_
    figure.draw_without_rendering()
    for ax in axes.flat:
        low, high = sorted(ax.get_xlim())
        ticks = [label for label in ax.get_xticklabels() if low <= label.get_position()[0] <= high]
        texts = [text for text in (ax.title, ax.yaxis.label, ax.xaxis.label, *ticks) if text.get_text()]
        for box in (text.get_window_extent() for text in texts):
            assert box.x0 >= figure.bbox.x0 - 1
            assert box.x1 <= figure.bbox.x1 + 1
            assert box.y0 >= figure.bbox.y0 - 1
            assert box.y1 <= figure.bbox.y1 + 1
        beside = [label.get_window_extent() for label in ticks]
        assert not any(left.overlaps(right) for left, right in pairwise(beside))


def test_plot_into_a_part_of_a_figure_and_again(report):
    figure = plt.figure(figsize=(14, 8), layout="constrained")
    part, _ = figure.subfigures(2, 1)
    assert report.plot(figure=part).figure_ is part
    display = FidelityDisplay(report)
    assert display.plot() is display
    assert display.figure_ is not part


def test_the_frame_needs_pandas_only_when_asked_for(report, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError):
        report.to_frame()
    assert report.get("auroc").synthetic > 0
