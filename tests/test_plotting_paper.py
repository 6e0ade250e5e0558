"""ECG paper: strips that traces stay in, units, R peaks found, twelve leads as a page, and the speed of the paper."""

import warnings
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.markers import CARETDOWN, CARETUP

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.plotting import RecordingDisplay
from ecgclf.signal import find_r_peaks
from test_plotting_explanation import uniform

matplotlib.use("Agg")
import matplotlib.pyplot as plt

NAMES = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
PAGE = ["I", "aVR", "V1", "V4", "II", "aVL", "V2", "V5", "III", "aVF", "V3", "V6", "II"]


def draw(recording, **options):
    return RecordingDisplay.from_recording(recording, **{"sampling_rate": 300.0, **options})


def beats(n_leads=1, seconds=10.0, rate=300.0):
    phase = np.arange(round(seconds * rate)) / rate % 0.8 - 0.4
    return np.linspace(1.0, 1.5, n_leads)[:, np.newaxis] * np.exp(-((phase / 0.02) ** 2))


def triangles(display, ax=None):
    """Time, height and direction of each triangle that says that a trace goes on."""
    found = [line for line in (ax or display.ax_).lines if line.get_marker() in (CARETUP, CARETDOWN)]
    return sorted(
        (round(float(x), 3), round(float(y), 3), "up" if line.get_marker() == CARETUP else "down")
        for line in found
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    )


def marks(display):
    lines = [line for line in display.ax_.lines if line.get_marker() in ("v", "^")]
    return sorted(float(x) for line in lines for x in line.get_xdata())


# Strips


@settings(max_examples=30)
@given(data=st.data(), n_leads=st.integers(1, 4), seconds=st.sampled_from([1.0, 9.0, 25.0]))
def test_traces_stay_in_their_strips(data, n_leads, seconds):
    """Whatever goes up or down, by however much: no trace meets the next one, and none leaves the paper."""
    x = beats(n_leads, seconds)
    for _ in range(data.draw(st.integers(1, 4))):
        lead, at = data.draw(st.integers(0, n_leads - 1)), data.draw(st.integers(0, x.shape[1] - 1))
        height = data.draw(st.sampled_from([-1e6, -40.0, -4.0, 3.6, 8.0, 1e5]))
        x[lead, at : at + data.draw(st.sampled_from([1, 30, 500]))] += height
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        display = draw(x, r_peaks=[0, x.shape[1] - 1])
    bottom, top = display.ax_.get_ylim()
    heights = [(line.get_ydata().min(), line.get_ydata().max()) for line in display.lines_]
    assert all(bottom < low <= high < top for low, high in heights)
    assert all(low > below for (low, _), (_, below) in pairwise(heights))
    assert top - bottom <= 7.0 * len(heights)
    assert all(bottom <= y <= top for line in display.ax_.lines for y in line.get_ydata())
    plt.close("all")


def test_what_goes_beyond_is_marked_and_only_that():
    x = np.zeros((2, 3000))
    x[0, 600:660] = 8.0
    x[1, 1500] = -5.0
    x[1, 2000] = 2.9
    display = draw(x)
    (_, upper), (_, lower) = ((line, line.get_ydata()) for line in display.lines_)
    first, second = display.ax_.get_yticks()
    found = triangles(display)
    assert [(time, way) for time, _, way in found] == [(2.098, "up"), (5.0, "down")]
    assert found[0][1] > upper.max()
    assert found[1][1] < lower.min()
    # What lies in the strip is drawn as it is.
    np.testing.assert_allclose(np.delete(upper, range(600, 660)) - first, 0, atol=1e-9)
    np.testing.assert_allclose(np.delete(lower, 1500) - second, np.delete(x[1], 1500), atol=1e-9)
    assert triangles(draw(np.clip(x, -2.9, 2.9))) == []


def test_triangles_that_would_meet_are_one():
    x = np.zeros(3000)
    x[600:900:10] = 8.0
    x[1200] = 8.0
    assert [time for time, _, _ in triangles(draw(x))] == [2.483, 4.0]


def test_explanations_are_cut_at_their_strips_too():
    explanation = uniform([0.1, 0.2], n_leads=2, n_timepoints=3000)
    explanation.recording = beats(2)
    explanation.recording[0, 1500:1600] = -20.0
    from ecgclf.plotting import ExplanationDisplay

    display = ExplanationDisplay.from_explanation(explanation)
    assert display.lines_[0].get_ydata().min() > display.lines_[1].get_ydata().max()
    assert [way for *_, way in triangles(display, display.ax_)] == ["down"]


# Units


@pytest.mark.parametrize("gain", [50, 200, 1000, 1e6])
@pytest.mark.parametrize("offset", [0, 1024])
def test_counts_of_the_converter_are_told(gain, offset):
    x = beats(2) * gain + offset
    with pytest.warns(
        UserWarning, match=r"lead V2 of the recording reaches .*no beat is taller than 10 mV.*gain"
    ) as w:
        draw(x.round().astype(np.int64), lead_names=["V1", "V2"])
    assert len(w) == 1
    assert w[0].filename == __file__


def test_a_single_lead_in_the_wrong_unit_is_told_wherever_it_is():
    x = beats(3)
    x[1] *= 1000
    with pytest.warns(UserWarning, match="lead 2 of the recording reaches"):
        draw(x)
    explanation = uniform([0.1, 0.2])
    explanation.recording = beats(1, 9.0) * 1000
    from ecgclf.plotting import ExplanationDisplay

    with pytest.warns(UserWarning, match="the recording reaches"):
        ExplanationDisplay.from_explanation(explanation)


@pytest.mark.parametrize("n_leads", [1, 12])
def test_volts_are_told(n_leads):
    with pytest.warns(UserWarning, match=r"the recording reaches 0\.00\d+ from its baseline, .* samples V\?"):
        draw(beats(n_leads) / 1000)


def test_real_recordings_artefacts_and_gaps_are_no_wrong_unit():
    x = beats()
    x[0, 300:400], x[0, 2000:2600] = 80.0, np.nan
    draw(x)
    draw(np.full(900, np.nan))
    draw(np.stack([beats()[0], np.zeros(3000), beats()[0] / 1000]))
    draw(np.full(3000, 0.05) + 1e-12 * np.arange(3000))
    draw(beats(), start=0.46, duration=0.2)
    draw(beats()[:, 138:198])
    for recording in load_cinc2017_sample().data[:20]:
        draw(recording)
        plt.close("all")


# R peaks


def test_r_peaks_are_found_when_asked_for():
    x = beats()
    assert marks(draw(x)) == []
    np.testing.assert_allclose(marks(draw(x, r_peaks="auto")), find_r_peaks(x, 300.0) / 300)


def test_r_peaks_are_found_beside_gaps_and_none_inside():
    x = beats(2)
    whole = find_r_peaks(x, 300.0)
    x[:, 1000:1500] = np.nan
    x[1, 2100:2200] = np.nan
    found = np.round(np.array(marks(draw(x, r_peaks="auto"))) * 300)
    inside = (whole >= 1000) & (whole < 1500)
    np.testing.assert_array_equal(found, whole[~inside])
    assert marks(draw(np.full(900, np.nan), r_peaks="auto")) == []


# Twelve leads


def texts(display):
    return [text.get_text() for text in display.ax_.texts]


@pytest.mark.parametrize("names", [NAMES, "standard", [name.upper() for name in NAMES], NAMES[::-1]])
def test_twelve_leads_are_three_rows_of_four_and_a_rhythm_strip(names):
    x = np.random.default_rng(0).normal(size=(12, 5000)) / 5
    display = draw(x, sampling_rate=500, lead_names=names)
    given_names = NAMES if names == "standard" else names
    lead_of = {name.casefold(): i for i, name in enumerate(given_names)}
    assert [text.casefold() for text in texts(display)] == [name.casefold() for name in PAGE]
    assert set(texts(display)) == set(given_names)
    levels = np.repeat(display.ax_.get_yticks(), [4, 4, 4, 1])
    for number, (line, name, level) in enumerate(zip(display.lines_, PAGE, levels, strict=True)):
        begin, stop = (0, 5000) if number == 12 else (number % 4 * 1250, (number % 4 + 1) * 1250)
        np.testing.assert_allclose(line.get_xdata(), np.arange(begin, stop) / 500)
        of_lead = x[lead_of[name.casefold()]]
        np.testing.assert_allclose(line.get_ydata() - level, (of_lead - np.median(of_lead))[begin:stop], atol=1e-9)


@pytest.mark.parametrize(("seconds", "n_rows"), [(1.0, 1), (4.0, 1), (10.0, 1), (30.0, 3)])
def test_every_one_of_twelve_leads_is_seen_however_long(seconds, n_rows):
    display = draw(beats(12, seconds), lead_names="standard")
    assert len(display.lines_) == 13 * n_rows
    assert texts(display) == PAGE * n_rows
    total = sum(len(line.get_xdata()) for line in display.lines_[12::13])
    assert total == round(seconds * 300)
    quarters = [len(line.get_xdata()) for line in display.lines_[:4]]
    assert sum(quarters) == len(display.lines_[12].get_xdata())
    assert np.ptp(quarters) <= 1


def test_r_peaks_of_a_page_are_marked_on_the_rhythm_strip():
    x = beats(12)
    display = draw(x, lead_names="standard", r_peaks="auto")
    np.testing.assert_allclose(marks(display), find_r_peaks(x, 300.0) / 300)
    heights = [y for line in display.ax_.lines if line.get_marker() in ("v", "^") for y in line.get_ydata()]
    assert max(heights) < display.lines_[11].get_ydata().min()


@pytest.mark.parametrize(
    ("n_leads", "options"),
    [
        (12, {}),
        (12, {"lead_names": NAMES, "stacked": True}),
        (12, {"lead_names": [*NAMES[:11], "V7"]}),
        (12, {"lead_names": [*NAMES[:11], "V5"]}),
        (11, {"lead_names": NAMES[:11]}),
        (15, {"lead_names": [*NAMES, "vx", "vy", "vz"]}),
        (2, {"lead_names": ["MLII", "V5"]}),
    ],
)
def test_other_leads_are_whole_one_under_the_other(n_leads, options):
    display = draw(beats(n_leads), **options)
    assert [len(line.get_xdata()) for line in display.lines_] == [3000] * n_leads
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == options.get("lead_names", [str(i + 1) for i in range(n_leads)])
    assert texts(display) == []


# Attention and speed


def test_attention_without_an_explanation():
    attention = np.random.default_rng(0).random(6000)
    display = draw(beats(seconds=20.0), attention=attention)
    assert [len(line.get_xdata()) for line in display.attention_lines_] == [3000, 3000]
    drawn = np.concatenate([line.get_ydata() - line.get_ydata().min() for line in display.attention_lines_])
    assert np.corrcoef(drawn, attention)[0, 1] > 0.99
    assert display.attention_lines_[0].get_ydata().max() < display.lines_[0].get_ydata().min()
    assert draw(beats()).attention_lines_ == []


@pytest.mark.parametrize(("speed", "n_rows"), [(25.0, 11), (50.0, 22), (1.0, 1)])
def test_the_speed_of_the_paper(speed, n_rows):
    display = draw(beats(seconds=120.0), speed=speed)
    assert len(display.lines_) == n_rows
    assert sum(len(line.get_xdata()) for line in display.lines_) == 36_000
    display.figure_.draw_without_rendering()
    step = np.diff(display.ax_.transData.transform([(0, 0), (1, 1)]), axis=0)[0]
    np.testing.assert_allclose(step / display.figure_.dpi * 25.4, [speed, 10], rtol=1e-6)
    assert f"{speed:g} mm/s" in display.ax_.get_xlabel()
    # A fine square is 1 mm wide at every speed.
    fine = np.unique([segment[0][0] for segment in display.ax_.collections[0].get_segments()])
    np.testing.assert_allclose(np.diff(fine) * speed, 1.0)
    assert (np.diff(display.ax_.get_xticks()) * speed >= 20).all()
