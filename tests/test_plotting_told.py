"""Displays of what is told without a recording, or along its time: averages, stability, faithfulness, windows."""

from itertools import pairwise
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest

from ecgclf.classifiers import CRANNClassifier
from ecgclf.datasets import load_cinc2017_sample, make_recordings
from ecgclf.explanation import (
    Faithfulness,
    LimeTimeSeriesExplainer,
    Stability,
    average_explanations,
)
from ecgclf.fidelity import fidelity_report
from ecgclf.plotting import (
    ExplanationDisplay,
    FaithfulnessDisplay,
    RecordingDisplay,
    WeightsDisplay,
    WindowsDisplay,
)
from ecgclf.plotting._scale import MEANING
from small import small

matplotlib.use("Agg")
import matplotlib.pyplot as plt

RATE = 300.0
ignored = pytest.mark.filterwarnings("ignore::ecgclf.explanation.ExplanationWarning")


def classifier(X):
    """Lively or not, over the first second."""
    p = 1 / (1 + np.exp(-X.reshape(len(X), -1)[:, :300].std(axis=1)))
    return np.column_stack([1 - p, p])


@pytest.fixture(scope="module")
def told():
    """An explanation and all that can be told of it."""
    X = load_cinc2017_sample().data[:3]
    explainer = LimeTimeSeriesExplainer(n_segments=30, n_perturbations=200, sampling_rate=RATE, random_state=0)
    explanations = [explainer.explain(classifier, x[:2700], labels=[0, 1]) for x in X]
    return SimpleNamespace(
        explanation=explanations[0],
        average=average_explanations(explanations),
        stability=explainer.stability(classifier, X[0][:2700], 1, n_repeats=3),
        faithfulness=explainer.faithfulness(classifier, explanations[0], 1, n_random=4),
    )


# One line


def one_line(told):
    text = repr(told)
    assert str(told) == text
    assert "\n" not in text
    assert len(text) < 250
    assert "array(" not in text
    return text


def test_what_is_told_is_one_line(told):
    assert one_line(told.explanation).startswith("<Explanation of 1 lead(s)")
    assert "of 30 first" in one_line(told.average)
    assert "3 recordings" in one_line(told.average)
    assert f"rank correlation {told.stability.spearman:.2f}" in one_line(told.stability)
    assert "over 3 seeds" in one_line(told.stability)
    text = one_line(told.faithfulness)
    for area in (told.faithfulness.deletion_auc, told.faithfulness.insertion_auc, told.faithfulness.random_auc.mean()):
        assert f"{area:.2f}" in text


def test_large_results_and_odd_ones_are_one_line_too():
    n = 5000
    curve = np.linspace(0, 1, n + 1)
    one_line(Faithfulness("A", curve, curve, curve, np.tile(curve, (50, 1)), 0.5, 0.5, np.full(50, np.nan)))
    names = tuple(f"beat {i}" for i in range(n))
    one_line(Stability("a\nb", names, np.zeros((50, n)), np.full(50, np.nan), float("nan"), 1.0, 5))


def test_a_report_and_its_test_for_copies_are_one_line():
    X, y = make_recordings(48, duration=(9, 10), random_state=0, return_X_y=True)
    sets = [(X[i : i + 16], y[i : i + 16]) for i in (0, 16, 32)]
    report = fidelity_report(*sets, sampling_rate=RATE, random_state=0)
    text = one_line(report)
    assert f"AUROC {report.get('auroc').synthetic:.2f} (held out {report.get('auroc').held_out:.2f})" in text
    assert "no sign of copying" in text
    assert f"{report.memorisation.n_near} of {report.memorisation.n_compared}" in one_line(report.memorisation)
    one_line(fidelity_report(*[(x, ["N"] * 16) for x, _ in sets], sampling_rate=RATE, random_state=0))


@ignored
def test_an_explanation_without_a_feature_is_one_line_too():
    for selection in ("lasso_path", "forward_selection", "highest_weights"):
        explainer = LimeTimeSeriesExplainer(
            n_segments=8, n_perturbations=50, feature_selection=selection, sampling_rate=RATE, random_state=0
        )
        one_line(explainer.explain(lambda X: np.full((len(X), 2), 0.5), np.zeros(900), n_features=3))


# What is told draws itself


def test_what_is_told_draws_itself(told):
    display = told.explanation.plot(1, r_peaks="auto", title="A00001")
    assert isinstance(display, ExplanationDisplay)
    assert display.ax_.get_title(loc="left").startswith("A00001, 1: ")
    assert len(told.explanation.plot([0, 1]).axes_) == 2
    assert isinstance(told.stability.plot(), WeightsDisplay)
    assert isinstance(told.average.plot(1), WeightsDisplay)
    assert isinstance(told.faithfulness.plot(), FaithfulnessDisplay)
    _, ax = plt.subplots()
    assert told.average.plot(ax=ax).ax_ is ax


# Weights


def extents(polygons):
    corners = np.array([path.vertices for path in polygons.get_paths()])
    return np.column_stack([corners[..., 0].min(1), corners[..., 0].max(1), corners[..., 1].mean(1)])


def test_an_average_is_drawn_as_its_means_and_deviations(told):
    display = told.average.plot(1, n_features=30)
    weights, std = told.average.weights[1], told.average.std[1]
    np.testing.assert_array_equal(display.bars_.get_array(), weights)
    bars = extents(display.bars_)
    np.testing.assert_allclose(bars[:, 0], np.minimum(weights, 0), atol=1e-12)
    np.testing.assert_allclose(bars[:, 1], np.maximum(weights, 0), atol=1e-12)
    ends = np.array([segment[:, 0] for segment in display.spread_.get_segments()])
    np.testing.assert_allclose(ends, np.column_stack([weights - std, weights + std]))
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == list(told.average.feature_names)
    assert display.ax_.get_title(loc="left") == f"1: mean of 3 recordings, R² {told.average.r2[1]:.2f}"
    top, bottom = display.ax_.get_ylim()
    assert top > bottom, "the first feature is not on top"


def test_stability_is_drawn_as_one_point_a_seed(told):
    display = told.stability.plot(n_features=30)
    np.testing.assert_allclose(display.bars_.get_array(), told.stability.weights.mean(axis=0))
    np.testing.assert_allclose(display.spread_.get_xdata(), told.stability.weights.ravel())
    np.testing.assert_allclose(display.spread_.get_ydata(), np.tile(np.arange(30), 3))
    assert told.stability.feature_names == told.explanation.feature_names
    low, high = display.ax_.get_xlim()
    assert low < display.spread_.get_xdata().min()
    assert high > display.spread_.get_xdata().max()


def test_the_strongest_features_are_drawn_in_their_order():
    weights = [0.01, -0.3, np.nan, 0.2, 0.0, 0.25]
    display = WeightsDisplay(list("abcdef"), weights).plot(n_features=3)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["b", "d", "f"]
    whole = WeightsDisplay(list("abcdef"), weights).plot()
    assert len(whole.ax_.get_yticklabels()) == 6
    whole.figure_.draw_without_rendering()
    with pytest.raises(ValueError, match="n_features=0"):
        WeightsDisplay(list("abc"), [0, 1, 2]).plot(n_features=0)


@pytest.mark.parametrize(("weights", "limit"), [([0.002, -0.002], 0.1), ([0.0, 0.0], 0.1), ([0.4, -0.1], 0.4)])
def test_bars_have_the_scale_and_unit_of_explanations(weights, limit):
    display = WeightsDisplay(["a", "b"], weights).plot()
    assert (display.bars_.norm.vmin, display.bars_.norm.vmax) == (-limit, limit)
    np.testing.assert_allclose(display.ax_.get_xlim(), (-1.05 * limit, 1.05 * limit))
    assert "change of the probability" in display.ax_.get_xlabel()
    assert WeightsDisplay(["a", "b"], weights).plot(limit=2.0).bars_.norm.vmax == 2.0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_axes_that_share_the_scale_show_all_bars(order):
    """plt.subplots(2, sharex=True): what is drawn last had the last word, and cut the bars of the first."""
    _, axes = plt.subplots(2, sharex=True)
    for i, weights in zip(order, ([0.3, -0.1], [0.02, 0.05]), strict=True):
        WeightsDisplay(["a", "b"], weights, std=[0.1, 0.1]).plot(ax=axes[i])
    np.testing.assert_allclose(axes[0].get_xlim(), [-0.42, 0.42])
    assert [ax.get_xlabel() == MEANING for ax in axes] == [False, True]
    alone = WeightsDisplay(["a", "b"], [0.3, -0.1], std=[0.1, 0.1]).plot()
    np.testing.assert_allclose(alone.ax_.get_xlim(), [-0.42, 0.42])
    assert alone.ax_.get_xlabel() == MEANING


def test_axes_that_share_features_have_the_same():
    _, axes = plt.subplots(1, 2, sharey=True)
    WeightsDisplay(["a", "b", "c"], [0.3, -0.1, 0.2]).plot(ax=axes[0])
    with pytest.raises(ValueError, match=r"of the features \['a', 'b', 'c'\]; these are \['a', 'b'\]"):
        WeightsDisplay(["a", "b"], [0.3, -0.1]).plot(ax=axes[1])
    assert not axes[1].has_data()
    WeightsDisplay(["a", "b", "c"], [0.1, -0.1, 0.2]).plot(ax=axes[1])


def test_weights_of_labels_that_are_not_there(told):
    with pytest.raises(ValueError, match=r"label 7 was not explained. The explanation has \[0, 1\]"):
        told.average.plot(7)
    with pytest.raises(ValueError, match="limit=0"):
        told.average.plot(limit=0)
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"weights": [1, 2]}, r"weights has shape \(2,\) and dtype int64; expected one number for each of the 3"),
        ({"weights": ["a", 2, 3]}, "weights has shape .* and dtype <U"),
        ({"std": [1, 2]}, "std has shape"),
        ({"std": [[1, 2, 3]]}, "std has shape"),
        ({"repeats": [1, 2, 3]}, "repeats has shape .* in each row"),
        ({"repeats": [[1, 2]]}, "repeats has shape"),
    ],
)
def test_each_feature_has_its_weight(given, words):
    with pytest.raises(ValueError, match=words):
        WeightsDisplay(["a", "b", "c"], **{"weights": [0.1, -0.1, 0.2], **given}).plot()
    assert plt.get_fignums() == []


# Faithfulness


def test_faithfulness_is_drawn_beside_random_orders(told):
    display = told.faithfulness.plot(title="A00001")
    curves = [line.get_ydata() for line in display.lines_]
    np.testing.assert_array_equal(curves, [told.faithfulness.deletion, told.faithfulness.insertion])
    for axes, others in zip(display.axes_, (told.faithfulness.random, told.faithfulness.random[:, ::-1]), strict=True):
        drawn = [line.get_ydata() for line in axes.lines if line not in display.lines_]
        np.testing.assert_array_equal(drawn, others)
        # Both start where the curve does: with all features there, or with all taken out.
        assert len({curve[0] for curve in [*drawn, axes.lines[-1].get_ydata()]}) == 1
    texts = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
    assert f"deletion, area {told.faithfulness.deletion_auc:.2f}" in texts
    _, axes = plt.subplots(1, 3)
    assert list(told.faithfulness.plot(ax=axes[:2]).axes_) == list(axes[:2])
    with pytest.raises(ValueError, match="3 axes"):
        told.faithfulness.plot(ax=axes)


# Windows


def windows(starts, stops, labels=("A", "N"), seed=0):
    chances = np.random.default_rng(seed).dirichlet(np.ones(len(labels)), len(starts))
    return SimpleNamespace(
        probabilities=chances, starts=np.array(starts), stops=np.array(stops), labels=np.array(labels)
    )


def probability_at(display, column, n_labels, row, time):
    """Read the probability of a label off the picture."""
    line = display.probability_lines_[row * n_labels + column]
    texts = [text for text in display.ax_.texts if text.get_text() in ("0", "1")]
    low, high = (text.get_position()[1] for text in texts[2 * row : 2 * row + 2])
    x, y = line.get_xdata(), line.get_ydata()
    stretch = int(np.searchsorted(x[1::2], time, side="right"))
    return (y[2 * stretch] - low) / (high - low)


@pytest.mark.parametrize(
    ("starts", "stops", "borders"),
    [
        ([0, 1000, 2000], [1000, 2000, 3000], [0, 1000, 2000, 3000]),
        ([0, 1000, 1800], [1000, 2000, 2800], [0, 1000, 1900, 2800]),
        ([0, 500, 1000], [1000, 1500, 2000], [0, 750, 1250, 2000]),
        ([0], [3000], [0, 3000]),
    ],
)
def test_windows_lie_where_they_are_the_nearest(starts, stops, borders):
    told = windows(starts, stops)
    display = WindowsDisplay.from_windows(told, np.zeros(stops[-1]), sampling_rate=RATE)
    assert [line.get_label() for line in display.probability_lines_] == ["A", "N"]
    for number, (begin, end) in enumerate(pairwise(borders)):
        for column in (0, 1):
            shown = probability_at(display, column, 2, 0, (begin + end) / 2 / RATE)
            assert shown == pytest.approx(told.probabilities[number, column], abs=1e-9)
        assert display.probability_lines_[0].get_xdata()[2 * number] == pytest.approx(begin / RATE)


def test_windows_go_on_over_rows_and_parts():
    told = windows(range(0, 9000, 900), range(900, 9001, 900), labels=("A", "N", "O"))
    display = WindowsDisplay.from_windows(told, np.zeros(9000), sampling_rate=RATE, start=6.0, duration=20.0)
    assert len(display.lines_) == 2
    assert len(display.probability_lines_) == 6
    for row, time, number in ((0, 0.5, 2), (0, 9.5, 5), (1, 0.5, 5), (1, 9.9, 8)):
        for column in range(3):
            shown = probability_at(display, column, 3, row, time)
            assert shown == pytest.approx(told.probabilities[number, column], abs=1e-9)
    for traced, line in zip(display.lines_, display.probability_lines_[::3], strict=True):
        assert line.get_ydata().max() < traced.get_ydata().min()
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["A", "N", "O"]


@pytest.mark.parametrize("n_labels", [1, 4, 9, 71])
@pytest.mark.parametrize("title", [None, "A00154", "a title that is as long as this one is"])
@pytest.mark.parametrize("seconds", [1, 3, 10])
def test_title_legend_and_scale_are_whole_and_apart(n_labels, title, seconds):
    length = int(seconds * RATE)
    told = windows([0], [length], labels=[f"label {k}" for k in range(n_labels)])
    display = WindowsDisplay.from_windows(told, np.zeros(length), sampling_rate=RATE, title=title)
    display.figure_.canvas.draw()
    ax, legend = display.ax_, display.ax_.get_legend().get_window_extent()
    paper, figure = ax.get_window_extent(), display.figure_.bbox
    assert legend.y0 >= paper.y1 - 1
    assert legend.x0 >= paper.x0 - 5
    for box in (legend, ax.title.get_window_extent(), ax.xaxis.label.get_window_extent()):
        assert figure.x0 <= box.x0 + 1
        assert box.y1 <= figure.y1 + 1
        assert figure.y0 <= box.y0 + 1
    assert ax.xaxis.label.get_window_extent().x1 <= figure.x1
    if title is not None:
        assert not ax._left_title.get_window_extent().padded(-2).overlaps(legend.padded(-2))


def test_windows_of_a_classifier_are_drawn():
    X, y = make_recordings(12, duration=(6.0, 9.0), random_state=0, return_X_y=True)
    fitted = small("LSTMClassifier", max_epochs=1, window_length=500, window_stride=200).fit(X, y)
    long = np.concatenate(X)
    assert one_line(fitted.predict_windows([long])[0]).startswith("<Windows: ")
    for x, told in zip(X[:3], fitted.predict_windows(X[:3]), strict=True):
        display = WindowsDisplay.from_windows(told, x, sampling_rate=RATE, r_peaks="auto", lead_names=["ECG"])
        assert len(display.probability_lines_) == len(fitted.classes_)
        assert display.probability_lines_[0].get_xdata()[-1] == pytest.approx(len(x) / RATE)
        plain = RecordingDisplay.from_recording(x, sampling_rate=RATE)
        np.testing.assert_array_equal(display.lines_[0].get_xdata(), plain.lines_[0].get_xdata())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stops": np.array([1000, 3001])}, "do not lie one after the other in a recording of 3000 samples"),
        ({"stops": np.array([1000, 2000])}, "0 to 2000 do not lie .* 3000 samples, to its end.*behind a Resampler"),
        ({"starts": np.array([1000, 0])}, "one after the other"),
        ({"starts": np.array([-5, 1000])}, "one after the other"),
        ({"probabilities": np.ones((3, 2)) / 2}, r"shape \(3, 2\) do not fit 2 windows and 2 labels"),
        ({"probabilities": np.full((2, 2), np.nan)}, "numbers from 0 to 1"),
        ({"probabilities": np.full((2, 2), 2.0)}, "numbers from 0 to 1"),
        ({"starts": np.array([], int), "stops": np.array([], int)}, "0 windows"),
    ],
)
def test_windows_of_another_recording(changes, message):
    told = windows([0, 1000], [1000, 3000])
    vars(told).update(changes)
    with pytest.raises(ValueError, match=message):
        WindowsDisplay.from_windows(told, np.zeros(3000), sampling_rate=RATE)
    assert plt.get_fignums() == []


def test_what_are_no_windows():
    with pytest.raises(ValueError, match="a list without probabilities, starts, stops, labels; expected .* its item"):
        WindowsDisplay.from_windows([windows([0], [3000])], np.zeros(3000), sampling_rate=RATE)


def test_attention_of_a_network_over_its_recording():
    X, y = make_recordings(12, duration=(3.0, 4.0), random_state=0, return_X_y=True)
    network = CRANNClassifier(n_filters=(4,) * 6, n_units=4, max_epochs=1, random_state=0).fit(X, y)
    (attention,) = network.attention(X[:1])
    display = RecordingDisplay.from_recording(X[0], sampling_rate=RATE, attention=attention)
    assert len(display.attention_lines_[0].get_xdata()) == len(X[0])
