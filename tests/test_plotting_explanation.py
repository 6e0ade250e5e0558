"""The display of explanations: each segment in its place, in its colour, and readable in grey."""

from itertools import combinations, pairwise
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text

from ecgclf.plotting import ExplanationDisplay, RecordingDisplay
from ecgclf.signal import find_r_peaks

matplotlib.use("Agg")
import matplotlib.pyplot as plt

NAMES = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
draw = ExplanationDisplay.from_explanation


def explain(intervals, weights, *, n_leads=1, n_timepoints=2700, rate=300.0, labels=("A", "N")):
    """Make what an explanation of beats of 1 mV every 0.8 s would be."""
    phase = np.arange(n_timepoints) / rate % 0.8 - 0.4
    beat = np.exp(-((phase / 0.02) ** 2)) - 0.2 * np.exp(-(((phase - 0.04) / 0.02) ** 2))
    weights = np.atleast_2d(np.asarray(weights, dtype=float))
    n_labels = len(weights)
    return SimpleNamespace(
        recording=np.tile(beat, (n_leads, 1)),
        sampling_rate=rate,
        intervals=np.array(intervals),
        feature_names=tuple(f"segment {i}" for i in range(weights.shape[1])),
        labels=np.array(labels[:n_labels]),
        weights=weights,
        intercept=np.zeros(n_labels),
        local_prediction=np.array([0.81, 0.12])[:n_labels],
        probabilities=np.array([0.934, 0.066])[:n_labels],
        r2=np.array([0.725, 0.4])[:n_labels],
    )


def uniform(weights, n_timepoints=2700, **options):
    n_features = np.shape(weights)[-1]
    ends = np.linspace(0, n_timepoints, n_features + 1).astype(int)
    intervals = [(i, -1, ends[i], ends[i + 1]) for i in range(n_features)]
    return explain(intervals, weights, n_timepoints=n_timepoints, **options)


def extents(polygons):
    """Tell left, right, bottom and top of each polygon."""
    corners = np.array([path.vertices for path in polygons.get_paths()])
    return np.column_stack(
        [corners[..., 0].min(1), corners[..., 0].max(1), corners[..., 1].min(1), corners[..., 1].max(1)]
    )


def colours(display, polygons):
    display.figure_.draw_without_rendering()
    return polygons.get_facecolor()


def hatched(ax):
    """Tell left, right and bottom of what is hatched."""
    found = [c for c in ax.collections if c.get_hatch()]
    return {tuple(extent) for c in found for extent in extents(c)[:, :3].round(6).tolist()}


# Places and colours


@settings(max_examples=25)
@given(data=st.data(), rate=st.sampled_from([100.0, 300.0, 360.0]), n_leads=st.integers(1, 3))
def test_every_sample_is_shaded_by_the_weight_of_its_interval(data, rate, n_leads):
    """Whatever the intervals, rows and part drawn: the shade at each sample is that of the interval which holds it."""
    n_timepoints = data.draw(st.integers(50, 3500))
    cuts = sorted(data.draw(st.sets(st.integers(1, n_timepoints - 1), max_size=6)))
    ends = [0, *cuts, n_timepoints]
    first = data.draw(st.integers(0, n_timepoints - 1))
    last = data.draw(st.integers(first + 1, n_timepoints))
    of_leads = range(n_leads) if data.draw(st.booleans()) else [-1]
    intervals = [(0, lead, a, b) for lead in of_leads for a, b in pairwise(ends)]
    features = data.draw(st.permutations(range(len(intervals))))
    intervals = [(feature, *rest) for feature, (_, *rest) in zip(features, intervals, strict=True)]
    weights = np.arange(1, len(intervals) + 1) * np.resize([1.0, -1.0], len(intervals))
    explanation = explain(intervals, weights, n_leads=n_leads, n_timepoints=n_timepoints, rate=rate)

    display = draw(explanation, start=first / rate, duration=(last - first) / rate)
    boxes, shown = extents(display.shades_[0]), display.shades_[0].get_array()
    sample = first
    for i, line in enumerate(display.lines_):
        lead = i % n_leads
        sample = sample if lead else first + sum(len(done.get_xdata()) for done in display.lines_[:i:n_leads])
        baseline = display.axes_[0].get_yticks()[i]
        for j in {0, len(line.get_xdata()) // 2, len(line.get_xdata()) - 1}:
            middle = line.get_xdata()[j] + 0.5 / rate
            inside = (boxes[:, 0] < middle) & (middle < boxes[:, 1])
            inside &= (boxes[:, 2] < baseline) & (baseline < boxes[:, 3])
            expected = [
                weights[feature]
                for feature, of_lead, start, stop in intervals
                if of_lead in (-1, lead) and start <= sample + j < stop
            ]
            assert shown[inside].tolist() == expected
    plt.close("all")


def test_intervals_lie_at_their_seconds_in_the_colour_of_their_weight():
    intervals = [(0, -1, 0, 150), (1, -1, 150, 600), (2, -1, 600, 601), (1, -1, 900, 1200), (3, -1, 1200, 2700)]
    weights = np.array([0.1, -0.4, 0.2, 0.0])
    display = draw(explain(intervals, weights))
    boxes = extents(display.shades_[0])
    np.testing.assert_allclose(boxes[:, :2], np.array(intervals)[:, 2:] / 300)
    expected = weights[[0, 1, 2, 1, 3]]
    np.testing.assert_array_equal(display.shades_[0].get_array(), expected)
    scale = display.colorbar_.cmap((expected + 0.4) / 0.8)
    np.testing.assert_allclose(colours(display, display.shades_[0]), scale)
    np.testing.assert_allclose(colours(display, display.bars_[0]), scale)
    assert len({tuple(colour) for colour in scale}) == 4


def test_a_segment_across_two_rows_is_shaded_in_both():
    explanation = explain([(0, -1, 2000, 7000)], [[1.0]], n_timepoints=9000)
    boxes = extents(draw(explanation).shades_[0])
    np.testing.assert_allclose(boxes[:, :2], [[20 / 3, 10.0], [0.0, 10.0], [0.0, 10 / 3]])
    assert boxes[0, 2] > boxes[1, 3] > boxes[1, 2] > boxes[2, 3], "each row has its own shade"


def test_leads_are_shaded_alone():
    intervals = [(lead, lead, 500 * lead // 3, 4000) for lead in range(12)]
    display = draw(explain(intervals, np.linspace(-1, 1, 12), n_leads=12, n_timepoints=5000, rate=500.0))
    boxes, levels = extents(display.shades_[0]), display.axes_[0].get_yticks()
    assert ((boxes[:, 2:3] < levels) & (levels < boxes[:, 3:])).tolist() == np.eye(12, dtype=bool).tolist()
    strips = extents(display.bars_[0])[:, 2:]
    assert (strips[:, 1] <= boxes[:, 2]).all(), "a bar stands in a trace"
    assert (strips[:-1, 0] >= boxes[1:, 3]).all(), "a bar stands in the next trace"


def test_twelve_leads_with_names_on_one_shade():
    explanation = uniform([0.1, -0.2], n_leads=12, n_timepoints=5000, rate=500.0)
    display = draw(explanation, lead_names=NAMES, r_peaks="auto", stacked=True)
    assert [label.get_text() for label in display.axes_[0].get_yticklabels()] == NAMES
    boxes, levels = extents(display.shades_[0]), display.axes_[0].get_yticks()
    assert len(boxes) == 2
    assert (boxes[:, 2] < levels.min()).all()
    assert (boxes[:, 3] > levels.max()).all()
    assert len(display.lines_) == 12


def test_twelve_leads_as_a_page_are_shaded_by_time():
    explanation = uniform([0.1, -0.2, 0.3], n_leads=12, n_timepoints=5000, rate=500.0)
    display = draw(explanation, lead_names=NAMES)
    assert len(display.lines_) == 13
    boxes = extents(display.shades_[0])
    np.testing.assert_allclose(boxes[:, :2], explanation.intervals[:, 2:] / 500)
    drawn = np.concatenate([line.get_ydata() for line in display.lines_])
    assert (boxes[:, 2] < drawn.min()).all()
    assert (boxes[:, 3] > drawn.max()).all()


def test_features_of_single_leads_are_all_seen():
    """In rows of four leads each is drawn for a quarter of the time: three quarters of the weights would be hidden."""
    intervals = [(lead, lead, 0, 5000) for lead in range(12)]
    display = draw(explain(intervals, np.ones(12), n_leads=12, n_timepoints=5000, rate=500.0), lead_names=NAMES)
    assert [len(line.get_xdata()) for line in display.lines_] == [5000] * 12
    np.testing.assert_allclose(extents(display.shades_[0])[:, :2], [[0, 10]] * 12)


def test_the_paper_and_the_trace_are_those_of_the_recording():
    explanation = uniform(np.ones(6), n_timepoints=9000)
    display, plain = (
        draw(explanation, attention=np.ones(9000)),
        RecordingDisplay.from_recording(explanation.recording, sampling_rate=300.0),
    )
    for ours, theirs in zip(display.lines_, plain.lines_, strict=True):
        np.testing.assert_array_equal(ours.get_xdata(), theirs.get_xdata())
        shift = ours.get_ydata()[0] - theirs.get_ydata()[0]
        np.testing.assert_allclose(ours.get_ydata(), theirs.get_ydata() + shift, atol=1e-9)
        assert ours.get_zorder() > max(display.shades_[0].get_zorder(), display.bars_[0].get_zorder())
    squares = [collection.get_zorder() for collection in display.axes_[0].collections[:4]]
    assert min(squares) > display.shades_[0].get_zorder()


@pytest.mark.parametrize("options", [{}, {"label": ["A", "N"]}, {"label": ["A", "N"], "n_columns": 2}])
@pytest.mark.parametrize("seconds", [1, 9, 30, 60])
def test_paper_is_true_to_scale(seconds, options):
    display = draw(uniform([[0.1, -0.2], [0.3, 0.1]], n_timepoints=300 * seconds), **options)
    display.figure_.draw_without_rendering()
    for ax in display.axes_:
        step = np.diff(ax.transData.transform([(0, 0), (1, 1)]), axis=0)[0]
        np.testing.assert_allclose(step / display.figure_.dpi * 25.4, [25, 10], rtol=1e-6)
        assert ax.get_xlim()[1] <= 11


# The scale


def test_the_scale_is_symmetric_and_shared_by_the_labels():
    display = draw(uniform([[0.1, -0.05], [-0.4, 0.1]]), ["A", "N"])
    assert (display.colorbar_.vmin, display.colorbar_.vmax) == (-0.4, 0.4)
    a, n = (colours(display, shades) for shades in display.shades_)
    np.testing.assert_allclose(a[0], n[1])
    assert draw(uniform([[0.1, -0.05], [-0.4, 0.1]]), "A").colorbar_.vmax == 0.1
    reach = [extents(bars)[:, 3] - extents(bars)[:, 2] for bars in display.bars_]
    np.testing.assert_allclose(reach[0] / reach[1][0], [0.25, 0.125])


def distance_from_paper(display):
    paper = np.array(display.axes_[0].get_facecolor())
    return np.abs(colours(display, display.shades_[0]) - paper)[:, :3].max(axis=1)


@pytest.mark.parametrize("weights", [[0.002, -0.002], [0.02, -0.05], [1e-9, 0.0], [0.0999, -0.1]])
def test_what_changes_little_is_pale(weights):
    """The strongest colours are changes of the probability by 0.1 or more, and each keeps its share of them."""
    loud = distance_from_paper(draw(uniform([0.1, -0.1])))
    display = draw(uniform(weights))
    assert (display.colorbar_.vmin, display.colorbar_.vmax) == (-0.1, 0.1)
    np.testing.assert_allclose(distance_from_paper(display), loud * np.abs(weights) / 0.1, atol=2 / 255)
    reach = np.diff(extents(display.bars_[0])[:, 2:], axis=1)[:, 0]
    np.testing.assert_allclose(reach, 0.44 * np.abs(weights) / 0.1, atol=1e-9)


@pytest.mark.parametrize("largest", [0.11, 0.5, 1.3])
def test_larger_changes_widen_the_scale(largest):
    display = draw(uniform([0.05, -largest]))
    assert (display.colorbar_.vmin, display.colorbar_.vmax) == (-largest, largest)


def test_the_colour_bar_says_what_it_measures():
    label = draw(uniform([0.05, -0.1])).colorbar_.ax.get_ylabel()
    assert "change of the probability" in label
    assert draw(uniform([0.001, -0.002]), limit=0.002).colorbar_.vmax == 0.002


def test_zero_is_plain_paper():
    display = draw(uniform([0.3, 0.0]))
    np.testing.assert_allclose(colours(display, display.shades_[0])[1], display.axes_[0].get_facecolor(), atol=2 / 255)


def test_a_limit_is_kept_and_what_lies_beyond_is_cut():
    display = draw(uniform([0.1, -0.5, -0.2]), limit=0.2)
    assert display.colorbar_.vmax == 0.2
    assert display.colorbar_.extend == "both"
    bars = extents(display.bars_[0])
    assert bars[1, 2] == bars[2, 2]
    assert draw(uniform([0.1, -0.2]), limit=0.2).colorbar_.extend == "neither"


def test_no_weight_at_all():
    display = draw(uniform(np.zeros(4)))
    assert (display.colorbar_.vmin, display.colorbar_.vmax) == (-0.1, 0.1)
    assert np.isfinite(colours(display, display.shades_[0])).all()
    assert "no segment has a weight" in display.axes_[0].get_title(loc="left")


def test_the_sign_shows_without_colour():
    display = draw(uniform([0.2, -0.2, 0.0, -0.02, -0.01]))
    bars, boxes = extents(display.bars_[0]), extents(display.shades_[0])
    zero = bars[0, 2]
    np.testing.assert_allclose(
        bars[:, 2:] - zero, [[0, 0.44], [-0.44, 0], [0, 0], [-0.044, 0], [-0.022, 0]], atol=1e-9
    )
    assert hatched(display.axes_[0]) == {tuple(box[:3]) for box in boxes[[1, 3]].round(6).tolist()}
    of_bar = np.array(sorted(hatched(display.colorbar_.ax)))
    assert of_bar[:, :2].tolist() == [[0, 1]] * len(of_bar)
    assert of_bar[0, 2] == -0.2
    assert (of_bar[:, 2] < 0).all()
    towards, against = colours(display, display.shades_[0])[:2, :3] @ [0.299, 0.587, 0.114]
    assert towards - against > 0.1, "in grey, both signs look the same"
    assert against > 0.5, "the trace is hard to see"


# What is written


def test_title_says_label_probability_and_trust():
    explanation = uniform([[0.1, -0.2], [0.3, 0.1]])
    display = draw(explanation, ["N", "A"], title="A00005")
    assert [ax.get_title(loc="left") for ax in display.axes_] == [
        "A00005, N: probability 0.07\nsurrogate 0.12, R² 0.40",
        "A00005, A: probability 0.93\nsurrogate 0.81, R² 0.72",
    ]
    assert draw(explanation).axes_[0].get_title(loc="left").startswith("A: ")
    explanation.r2 = np.array([np.nan, 0.4])
    assert "R² undefined" in draw(explanation).axes_[0].get_title(loc="left")


@pytest.mark.parametrize("seconds", [1, 9, 30])
@pytest.mark.parametrize("options", [{}, {"label": ["A", "N"]}, {"label": ["A", "N"], "n_columns": 2}])
def test_nothing_is_clipped_and_no_papers_overlap(seconds, options):
    explanation = uniform([[0.1, -0.2], [0.3, 0.1]], n_timepoints=300 * seconds)
    display = draw(
        explanation, attention=np.ones(300 * seconds), title="A recording with a very long name in words", **options
    )
    figure = display.figure_
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    papers = [ax.get_window_extent() for ax in figure.axes]
    boxes = [text.get_window_extent() for text in texts]
    for box in boxes:
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
    for (text, box), (other, beside) in combinations(zip(texts, boxes, strict=True), 2):
        assert not box.overlaps(beside), (text, other)
    assert not any(one.overlaps(other) for one, other in combinations(papers, 2))
    outside = [text for text, box in zip(texts, boxes, strict=True) if not any(box.overlaps(one) for one in papers)]
    assert len(texts) - len(outside) == 2 * len(display.lines_), "only the signs stand on the paper"


def test_r_peaks_are_marked():
    explanation = uniform([0.1, 0.2])
    found = find_r_peaks(explanation.recording, 300.0)
    assert len(found) > 5

    def marks(display):
        lines = [line for line in display.axes_[0].lines if line.get_marker() in ("v", "^")]
        return sorted(x for line in lines for x in np.asarray(line.get_xdata()).tolist())

    np.testing.assert_allclose(marks(draw(explanation, r_peaks="auto")), found / 300)
    assert marks(draw(explanation, r_peaks=[300])) == [1.0]
    assert marks(draw(explanation)) == []


def test_attention_has_the_time_axis_of_the_trace():
    attention = np.random.default_rng(0).random(9000)
    display = draw(uniform([[0.1, 0.2], [0.2, 0.1]], n_timepoints=9000), ["A", "N"], attention=attention)
    assert len(display.attention_lines_) == len(display.lines_) == 6
    heights = []
    for attended, trace in zip(display.attention_lines_, display.lines_, strict=True):
        np.testing.assert_array_equal(attended.get_xdata(), trace.get_xdata())
        assert attended.get_ydata().max() < trace.get_ydata().min()
        heights.append(attended.get_ydata())
    drawn = np.concatenate([height - height.min() for height in heights[:3]])
    assert np.corrcoef(drawn, attention)[0, 1] > 0.999
    lowest = extents(display.bars_[0])[:, 2].min()
    assert display.attention_lines_[2].get_ydata().max() < lowest, "the attention runs into the bars"
    draw(uniform([0.1, 0.2]), attention=np.zeros(2700)).figure_.draw_without_rendering()


# Where it is drawn


def test_on_given_axes_nothing_else_is_touched():
    figure, axes = plt.subplots(1, 3, figsize=(12, 3), layout="constrained")
    before, current = matplotlib.rcParams.copy(), plt.gca()
    display = draw(uniform([[0.1, -0.2], [0.3, 0.1]]), ["A", "N"], ax=axes[:2])
    assert list(display.axes_) == list(axes[:2])
    assert display.figure_ is figure
    assert matplotlib.rcParams == before
    assert plt.get_fignums() == [figure.number]
    assert plt.gca() is current
    figure.draw_without_rendering()
    step = np.diff(axes[0].transData.transform([(0, 0), (1, 1)]), axis=0)[0]
    assert step[0] / step[1] == pytest.approx(2.5)
    assert "mm/s" not in axes[0].get_xlabel()
    assert draw(uniform([0.1]), ax=axes[2], colorbar=False).colorbar_ is None


def test_plot_again_and_nothing_is_modified():
    explanation = uniform([0.1, -0.2])
    for array in (explanation.recording, explanation.weights, explanation.intervals):
        array.flags.writeable = False
    display = ExplanationDisplay(explanation)
    assert display.plot() is display
    first = display.axes_[0]
    assert display.plot().axes_[0] is not first
    assert (len(display.lines_), len(display.shades_)) == (1, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "O"}, r"label 'O' was not explained. The explanation has \['A', 'N'\]"),
        ({"label": ["A", "~"]}, "label '~' was not explained"),
        ({"label": []}, "names no label"),
        ({"attention": np.ones(10)}, r"shape \(10,\), expected numbers of shape \(2700,\)"),
        ({"attention": [np.ones(2700)]}, "take the item of this recording"),
        ({"attention": -np.ones(2700)}, "not negative"),
        ({"attention": np.full(2700, np.nan)}, "finite"),
        ({"r_peaks": [2700]}, "samples 0 to 2699"),
        ({"r_peaks": [-1]}, "samples 0 to 2699"),
        ({"r_peaks": "all"}, "r_peaks='all'"),
        ({"lead_names": ["I", "II"]}, r"recording of 1 lead\(s\)"),
        ({"start": 10.0}, "leave nothing to draw"),
        ({"limit": 0.0}, "limit=0.0"),
        ({"limit": "large"}, "limit='large'"),
        ({"n_columns": 0}, "n_columns=0"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        draw(uniform([[0.1, -0.2], [0.3, 0.1]]), **options)
    assert plt.get_fignums() == [], "a figure was left behind"


def test_two_labels_need_two_axes():
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=r"1 axes for 2 label\(s\)"):
        draw(uniform([[0.1, -0.2], [0.3, 0.1]]), ["A", "N"], ax=ax)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": np.ones((2, 3))}, r"shape \(2, 3\), expected finite numbers of shape \(2, 2\)"),
        ({"weights": np.full((2, 2), np.nan)}, "finite"),
        ({"intervals": np.array([[2, -1, 0, 10]])}, "do not fit 2 features"),
        ({"intervals": np.array([[0, 1, 0, 10]])}, r"1 lead\(s\)"),
        ({"intervals": np.array([[0, -1, 0, 2701]])}, "2700 samples"),
        ({"intervals": np.array([0, -1, 0, 270])}, "rows of feature"),
        ({"sampling_rate": -1.0}, "sampling_rate"),
    ],
)
def test_bad_explanations(changes, message):
    explanation = uniform([[0.1, -0.2], [0.3, 0.1]])
    vars(explanation).update(changes)
    with pytest.raises(ValueError, match=message):
        draw(explanation)
    assert plt.get_fignums() == []


def test_what_is_no_explanation():
    with pytest.raises(ValueError, match="a list without recording"):
        draw([uniform([0.1])])
