"""Displays: what they draw, to what scale, and what they refuse."""

from itertools import pairwise
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from ecgclf.augmentation import WaveNetAugmenter
from ecgclf.datasets import make_recordings
from ecgclf.plotting import HistoryDisplay, RecordingDisplay
from small import small

matplotlib.use("Agg")
import matplotlib.pyplot as plt

MM_PER_INCH = 25.4


@pytest.fixture
def twelve_leads():
    time = np.arange(5000) / 500
    beats = np.exp(-((((time % 0.8) - 0.4) / 0.02) ** 2))
    return np.linspace(-1.5, 2.5, 12)[:, np.newaxis] * beats


def draw(recording, **options):
    return RecordingDisplay.from_recording(recording, **{"sampling_rate": 300.0, **options})


def pixels(display, x, y):
    return display.ax_.transData.transform([(x, y)])[0]


@pytest.mark.parametrize("n_leads", [1, 12])
@pytest.mark.parametrize("seconds", [0.5, 9.0, 30.0])
def test_paper_is_true_to_scale(n_leads, seconds):
    x = np.random.default_rng(0).normal(size=(n_leads, round(seconds * 100)))
    display = draw(x, sampling_rate=100.0)
    display.figure_.draw_without_rendering()
    per_mm = display.figure_.dpi / MM_PER_INCH
    step = (pixels(display, 1, 1) - pixels(display, 0, 0)) / per_mm
    np.testing.assert_allclose(step, [25, 10], rtol=1e-6)


def test_grid_lies_every_1_mm_and_5_mm():
    display = draw(np.zeros(3000))
    grids = [
        np.unique([segment[0][axis] for segment in lines.get_segments()])
        for lines, axis in zip(display.ax_.collections, [0, 1, 0, 1], strict=True)
    ]
    for grid, step in zip(grids, [0.04, 0.1, 0.2, 0.5], strict=True):
        np.testing.assert_allclose(np.diff(grid), step)
        assert 0 in grid.round(9)


def test_on_given_axes_the_proportions_are_kept():
    figure, axes = plt.subplots(1, 2, figsize=(9, 3))
    display = draw(np.zeros(1500), ax=axes[1])
    assert display.ax_ is axes[1]
    assert display.figure_ is figure
    figure.draw_without_rendering()
    step = pixels(display, 1, 1) - pixels(display, 0, 0)
    assert step[0] / step[1] == pytest.approx(2.5)
    assert "mm/s" not in axes[1].get_xlabel()


@pytest.mark.parametrize(("seconds", "n_rows"), [(1, 1), (9.05, 1), (10.5, 1), (30, 3), (60.95, 6)])
def test_long_recordings_are_wrapped_without_losing_a_sample(seconds, n_rows):
    x = np.random.default_rng(0).normal(size=round(seconds * 300)) / 2
    display = draw(x)
    assert len(display.lines_) == n_rows
    drawn = np.concatenate([line.get_ydata() - level for line, level in zip(
        display.lines_, display.ax_.get_yticks(), strict=True)])  # fmt: skip
    np.testing.assert_allclose(drawn, x - np.median(x), atol=1e-9)
    for line in display.lines_:
        assert line.get_xdata()[0] == 0
        assert line.get_xdata()[-1] < display.ax_.get_xlim()[1]


def test_leads_are_stacked_with_their_names(twelve_leads):
    names = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
    display = draw(twelve_leads, sampling_rate=500, lead_names=names, stacked=True, title="Twelve leads")
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == names
    assert display.ax_.get_title(loc="left") == "Twelve leads"
    ranges = [(line.get_ydata().min(), line.get_ydata().max()) for line in display.lines_]
    for (low, _), (_, high) in pairwise(ranges):
        assert low > high, "strips overlap"
    bottom, top = display.ax_.get_ylim()
    assert bottom < ranges[-1][0]
    assert top > ranges[0][1]


def test_leads_without_names_are_numbered_and_rows_say_when(twelve_leads):
    display = draw(np.tile(twelve_leads[:2], 2), sampling_rate=500)
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == ["1\n0 s", "2", "1\n10 s", "2"]


def test_part_of_a_recording():
    x = np.random.default_rng(0).normal(size=9000)
    display = draw(x, start=3.5, duration=2.0)
    (line,) = display.lines_
    np.testing.assert_allclose(np.diff(line.get_ydata()), np.diff(x[1050:1650]))
    ticks = dict(zip([t.get_text() for t in display.ax_.get_xticklabels()], display.ax_.get_xticks(), strict=True))
    assert ticks == {"4": 0.5, "5": 1.5}


def marks(display):
    return {
        (round(float(x), 6), line.get_marker())
        for line in display.ax_.lines
        if line.get_marker() in ("v", "^")
        for x in line.get_xdata()
    }


def test_r_peaks_are_marked_at_their_tips():
    x = np.zeros(6000)
    x[[300, 3300]] = 1.0
    x[4500] = -1.0
    display = draw(x, r_peaks=[300, 3300, 4500])
    assert marks(display) == {(1.0, "v"), (5.0, "^")}
    later = draw(x, r_peaks=[300, 3300, 4500], start=10.0)
    assert marks(later) == {(1.0, "v"), (5.0, "^")}
    assert marks(draw(x)) == set()


def test_missing_samples_are_left_blank():
    x = np.stack([np.ones(900), np.full(900, np.nan)])
    x[0, 100:200] = np.nan
    display = draw(x)
    assert np.isnan(display.lines_[0].get_ydata()[100:200]).all()
    display.figure_.draw_without_rendering()


def test_recording_is_not_modified():
    x = np.random.default_rng(0).normal(size=(2, 900))
    before = x.copy()
    draw(x)
    np.testing.assert_array_equal(x, before)


def test_plot_again():
    display = RecordingDisplay(np.zeros(300), sampling_rate=300.0, title="again")
    assert display.plot() is display
    first = display.ax_
    assert display.plot().ax_ is not first


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (np.zeros((2, 2, 10)), {}, r"shape \(2, 2, 10\)"),
        (np.zeros(0), {}, "has no samples"),
        (np.array(["a"]), {}, "does not convert to numbers"),
        (np.zeros((9000, 2)), {}, r"recording\.T"),
        (np.array([0, np.inf]), {}, "infinity"),
        (np.zeros(9), {"sampling_rate": "300"}, "sampling_rate"),
        (np.zeros((2, 9)), {"lead_names": ["I"]}, "2 lead"),
        (np.zeros((2, 9)), {"lead_names": "II"}, "lead_names='II'"),
        (np.zeros(300), {"start": 1.0}, "leave nothing to draw of a recording of 1 s"),
        (np.zeros(300), {"start": -1.0}, "start=-1.0"),
        (np.zeros(300), {"duration": 0.0}, "positive duration"),
        (np.zeros(300), {"duration": "all"}, "numbers of seconds"),
        (np.zeros(300), {"r_peaks": [300]}, "samples 0 to 299"),
        (np.zeros(300), {"r_peaks": [0.5]}, "dtype float64"),
        (np.zeros(300), {"r_peaks": "all"}, "r_peaks='all'"),
        (np.zeros(300), {"sampling_rate": None}, "sampling_rate=None; expected a number of Hz"),
        (np.zeros((11, 300)), {"lead_names": "standard"}, "for the usual 12"),
        (np.zeros(300), {"attention": np.ones(299)}, r"shape \(299,\), expected numbers of shape \(300,\)"),
        (np.zeros(300), {"speed": 0.0}, "speed=0.0 must be a positive number of mm/s"),
        (np.zeros(300), {"speed": "fast"}, "speed='fast'"),
        (np.zeros(300_000), {"speed": 5000}, "higher|lower speed"),
    ],
)
def test_bad_recordings(x, options, message):
    with pytest.raises(ValueError, match=message):
        draw(x, **options)
    assert plt.get_fignums() == [], "a figure was left behind"


# Learning curves


def history(n_epochs=3, **columns):
    return [
        {"epoch": i + 1, "dur": 0.1, "batches": [{"train_loss": 9.0}], "train_loss": 1.0 / (i + 1)}
        | {name: values[i] for name, values in columns.items()}
        for i in range(n_epochs)
    ]


class Fitted(BaseEstimator):
    def __init__(self, rows=None):
        self.rows = rows

    def fit(self, X, y=None):
        self.net_ = SimpleNamespace(history=self.rows)
        return self


def curves(display):
    return {line.get_label(): list(line.get_ydata()) for line in display.lines_}


def test_curves_of_a_history():
    rows = history(
        valid_loss=[1.2, 0.9, 0.8],
        valid_acc=[0.5, 0.6, 0.7],
        valid_loss_best=[True, True, True],
        train_batch_count=[4, 4, 4],
    )
    display = HistoryDisplay(rows).plot()
    assert curves(display) == {
        "train_loss": [1.0, 0.5, 1 / 3],
        "valid_loss": [1.2, 0.9, 0.8],
        "valid_acc": [0.5, 0.6, 0.7],
    }
    assert [line.axes for line in display.lines_] == [display.ax_] * 2 + [display.score_ax_]
    assert list(display.lines_[0].get_xdata()) == [1, 2, 3]
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == list(curves(display))
    display.figure_.draw_without_rendering()


def test_history_without_validation():
    display = HistoryDisplay(history()).plot()
    assert list(curves(display)) == ["train_loss"]
    assert display.score_ax_ is None


def test_the_best_epoch_is_marked():
    estimator = Fitted(history(5, valid_loss=[1.2, 0.9, 0.8, 0.85, 0.9])).fit(None)
    assert HistoryDisplay.from_estimator(estimator).best_epoch_line_ is None
    estimator.best_epoch_ = 3
    display = HistoryDisplay.from_estimator(make_pipeline(FunctionTransformer(), estimator))
    assert list(display.best_epoch_line_.get_xdata()) == [3, 3]
    names = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert names == ["train_loss", "valid_loss", "best epoch"]
    assert list(curves(display)) == names[:2]
    with pytest.raises(ValueError, match="best_epoch=6 is no epoch of the history, which has 1 to 5"):
        HistoryDisplay(history(5), best_epoch=6).plot()


def test_the_epoch_kept_by_early_stopping_is_the_one_marked():
    X, y = make_recordings(24, duration=(2.0, 3.0), random_state=0, return_X_y=True)
    classifier = small("LSTMClassifier", max_epochs=4, early_stopping=True, validation_fraction=0.3).fit(X, y)
    display = HistoryDisplay.from_estimator(classifier)
    losses = classifier.net_.history[:, "valid_loss"]
    # What is less than a ten-thousandth better is not: skorch's threshold.
    kept, least = 1, losses[0]
    for epoch, loss in enumerate(losses, start=1):
        if loss < least * (1 - 1e-4):
            kept, least = epoch, loss
    assert display.best_epoch_line_.get_xdata()[0] == kept


def test_an_epoch_cut_short_is_left_out():
    rows = [*history(2, valid_loss=[1.0, 0.9]), {"epoch": 3, "batches": [], "train_loss": 0.3}]
    display = HistoryDisplay(rows).plot()
    assert [len(line.get_xdata()) for line in display.lines_] == [3, 2]


def test_numpy_numbers_of_single_precision_are_drawn():
    display = HistoryDisplay([{"epoch": 1, "train_loss": np.float32(0.5)}]).plot()
    assert curves(display) == {"train_loss": [0.5]}


def test_from_estimator_and_from_pipeline():
    _, ax = plt.subplots()
    estimator = Fitted(history()).fit(None)
    display = HistoryDisplay.from_estimator(estimator, ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    nested = make_pipeline(FunctionTransformer(), make_pipeline(Fitted(history())))
    nested.fit(np.zeros((2, 2)))
    assert curves(HistoryDisplay.from_estimator(nested)) == curves(display)


def test_curves_of_a_generator():
    X, y = make_recordings(6, duration=1.0, random_state=0, return_X_y=True)
    settings = {"n_blocks": 1, "n_layers": 2, "n_filters": 4, "n_skip_filters": 4, "max_epochs": 2, "random_state": 0}
    one = WaveNetAugmenter(**settings).fit(X, y)
    display = HistoryDisplay.from_estimator(one)
    losses = [row["train_loss"] for row in one.histories_[0]]
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), losses)
    several = WaveNetAugmenter(**settings, class_conditional=False).fit(X, y)
    with pytest.raises(
        ValueError, match=r"WaveNetAugmenter keeps the learning curves of \d networks.*histories_\[0\]"
    ):
        HistoryDisplay.from_estimator(several)
    HistoryDisplay(several.histories_[1]).plot()
    plt.close("all")


def test_estimators_without_curves():
    with pytest.raises(NotFittedError):
        HistoryDisplay.from_estimator(Fitted())
    with pytest.raises(ValueError, match=r"StandardScaler keeps no learning curves: .* net_\.history"):
        HistoryDisplay.from_estimator(StandardScaler().fit(np.zeros((2, 2))))
    with pytest.raises(ValueError, match="no column to draw"):
        HistoryDisplay([]).plot()
    assert plt.get_fignums() == []


def test_the_calibration_pulse_lies_inside_the_paper():
    """Also above a flat trace, which asks for no room of its own."""
    display = draw(np.full(3000, 0.05))
    highest = max(np.max(line.get_ydata()) for line in display.ax_.lines if len(line.get_ydata()))
    assert highest == pytest.approx(1.0)
    assert highest < display.ax_.get_ylim()[1]
