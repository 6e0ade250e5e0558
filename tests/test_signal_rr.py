"""Figures of the rhythm: against exact fractions, in one home, and not across gaps."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ecgclf.datasets import make_recordings
from ecgclf.fidelity._description import describe
from ecgclf.preprocessing import RRFeatures
from ecgclf.signal import find_gaps, find_r_peaks, rr_intervals, rr_statistics, signal_quality

RATE = 300.0
rates = st.builds(Fraction, st.integers(150, 3000), st.sampled_from([1, 2, 3, 7]))


@given(rate=rates, offsets=st.lists(st.integers(-2, 2), min_size=2, max_size=12))
def test_pnn50_counts_differences_above_50_ms_and_not_of_50_ms(rate, offsets):
    limit = int(rate / 20)
    differences = [(-1) ** i * max(0, limit + offset) for i, offset in enumerate(offsets)]
    steps = 1000 + np.cumsum([0, *differences])
    assume((steps > 0).all())
    peaks = np.cumsum([0, *steps])
    exact = Fraction(sum(abs(d) / rate > Fraction(1, 20) for d in differences), len(differences))
    assert rr_statistics(peaks, float(rate))["pnn50"] == pytest.approx(float(exact))


@pytest.mark.parametrize("rate", [60, 100, 120, 180, 200, 240, 250, 300, 360, 400, 480, 500, 720, 1000, 2000])
@pytest.mark.parametrize("more", [0, 1])
def test_pnn50_of_the_usual_rates(rate, more):
    step = rate // 20 + more
    for start in range(rate // 2, rate // 2 + 100):
        peaks = np.cumsum([7, start, start + step, start, start + step])
        expected = 1.0 if step * 1000 > 50 * rate else 0.0
        assert rr_statistics(peaks, rate)["pnn50"] == expected


@given(steps=st.lists(st.integers(10, 3000), min_size=3, max_size=30), rate=st.integers(50, 1000))
def test_figures_in_closed_form(steps, rate):
    found = rr_statistics(np.cumsum([3, *steps]), rate)
    rr = np.array(steps) / rate
    rmssd = np.sqrt(np.mean(np.diff(rr) ** 2))
    expected = {
        "n_beats": len(steps) + 1,
        "mean_rr": rr.mean(),
        "median_rr": np.median(rr),
        "min_rr": rr.min(),
        "max_rr": rr.max(),
        "sdnn": rr.std(ddof=1),
        "rmssd": rmssd,
        "cv_rr": rr.std(ddof=1) / rr.mean(),
        "rmssd_ratio": rmssd / rr.mean(),
        "median_heart_rate": 60 / np.median(rr),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("pair", [(89, 91), (88, 92), (90, 90), (85, 95)])
def test_a_heart_rate_of_200_is_200(pair):
    assert rr_statistics(np.cumsum([0, *pair]), 300)["median_heart_rate"] == 200


@pytest.mark.parametrize(("n_beats", "missing"), [(0, 10), (1, 10), (2, 5), (3, 0)])
def test_figures_of_few_beats_are_missing(n_beats, missing):
    found = rr_statistics(np.arange(n_beats) * 300, RATE)
    assert found["n_beats"] == n_beats
    assert sum(np.isnan(value) for value in found.values()) == missing


def test_there_is_one_home_of_the_figures():
    X, y = make_recordings(12, sampling_rate=RATE, duration=10, random_state=0, return_X_y=True)
    table = RRFeatures(sampling_rate=RATE).fit_transform(X)
    described = describe([x[np.newaxis] for x in X], y, RATE, seed=0)
    names = RRFeatures().get_feature_names_out().tolist()
    for column, name in ((1, "median_rr"), (2, "cv_rr"), (3, "rmssd_ratio"), (4, "pnn50")):
        np.testing.assert_allclose(described.features[:, column], table[:, names.index(name)])
    assert len(set(table[:, names.index("pnn50")])) > 3
    for x, row in zip(X, table, strict=True):
        figures = rr_statistics(find_r_peaks(x, RATE), RATE)
        np.testing.assert_array_equal(row, np.nan_to_num([figures[name] for name in names]))


# Gaps


def test_no_interval_spans_a_gap():
    peaks = [100, 400, 700, 3000, 3400, 3800]
    gaps = [[900, 2900]]
    np.testing.assert_allclose(rr_intervals(peaks, RATE, gaps), np.array([300, 300, 400, 400]) / RATE)
    found = rr_statistics(peaks, RATE, gaps)
    assert found["max_rr"] == pytest.approx(400 / RATE)
    # The second and the third interval do not succeed one another.
    assert found["rmssd"] == found["pnn50"] == 0
    assert rr_statistics(peaks, RATE)["pnn50"] > 0


@pytest.mark.parametrize("gap", [[0, 50], [3900, 5000], [100, 101], [399, 401]])
def test_a_gap_outside_or_at_a_beat(gap):
    peaks = [100, 400, 700]
    n_spanned = sum(gap[0] < stop and gap[1] > start for start, stop in ((100, 400), (400, 700)))
    assert len(rr_intervals(peaks, RATE, [gap])) == 2 - n_spanned


def test_peaks_lie_in_their_recording():
    with pytest.raises(ValueError, match="r_peaks begin with -5"):
        rr_intervals([-5, 100], RATE)
    x = np.random.default_rng(0).normal(size=600)
    assert find_gaps(x, [0, 599], RATE).shape == (0, 2)
    with pytest.raises(ValueError, match="r_peaks reach to 600, but x has samples 0 to 599"):
        find_gaps(x, [0, 600], RATE)


@pytest.mark.parametrize("gaps", [[1, 2], [[2, 1]], [[0.5, 2.0]], [[1, 2, 3]]])
def test_what_is_no_gap(gaps):
    with pytest.raises(ValueError, match="find_gaps"):
        rr_intervals([1, 2], RATE, gaps)


FILLS = {
    "zeros": lambda n: np.zeros(n),
    "rail": lambda n: np.full(n, 5.0),
    "one step": lambda n: 0.005 * np.random.default_rng(0).integers(-1, 2, n),
    "whisper": lambda n: 0.002 * np.random.default_rng(0).normal(size=n),
    "hum": lambda n: 0.01 * np.sin(np.arange(n)),
}


@pytest.mark.parametrize("place", ["before", "after", "amid"])
@pytest.mark.parametrize("fill", FILLS)
def test_the_rhythm_is_that_of_the_ecg_alone(fill, place):
    X = make_recordings(3, sampling_rate=RATE, duration=9, classes=("N", "A"), noise=0.01, random_state=5).data
    for x in X:
        x = x.astype(float)
        peaks = find_r_peaks(x, RATE)
        # Cut between two beats, so that none is cut.
        middle = int(peaks[len(peaks) // 2 - 1] + peaks[len(peaks) // 2]) // 2
        cut = {"before": 0, "after": len(x), "amid": middle}[place]
        recording = np.concatenate([x[:cut], FILLS[fill](len(x) * 2), x[cut:]])
        moved = peaks + np.where(peaks >= cut, 2 * len(x), 0)
        expected = rr_statistics(moved, RATE, [[cut, cut + 2 * len(x)]])
        table = RRFeatures(sampling_rate=RATE).fit([recording])
        found = dict(zip(table.get_feature_names_out(), table.transform([recording])[0], strict=True))
        assert found["n_beats"] == expected["n_beats"]
        assert found["max_rr"] == pytest.approx(expected["max_rr"], abs=0.02)
        assert found["mean_rr"] == pytest.approx(expected["mean_rr"], abs=0.01)
        assert found["sdnn"] == pytest.approx(expected["sdnn"], abs=0.01)


@pytest.mark.parametrize(("length", "is_interval"), [(3.0, True), (8.0, True), (12.0, False)])
def test_a_pause_is_an_interval_and_an_electrode_that_is_off_for_long_is_not(length, is_interval):
    beats = np.append(np.arange(0.5, 4, 0.8), 3.7 + length + np.arange(0, 4, 0.8))
    time = np.arange(round((beats[-1] + 1) * RATE)) / RATE
    x = sum(np.exp(-(((time - beat) / 0.02) ** 2)) for beat in beats)
    x += 0.01 * np.random.default_rng(0).normal(size=len(x))
    peaks = find_r_peaks(x, RATE)
    assert len(peaks) == len(beats)
    intervals = rr_intervals(peaks, RATE, find_gaps(x, peaks, RATE))
    assert len(intervals) == len(beats) - (1 if is_interval else 2)
    assert intervals.max() == pytest.approx(length if is_interval else 0.8, abs=0.02)


def test_a_gap_is_where_all_leads_stand_still():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3000))
    x[0, 500:1500] = 0
    assert find_gaps(x, [], RATE).shape == (0, 2)
    x[1, 700:2000] = 1
    np.testing.assert_array_equal(find_gaps(x, [], RATE), [[700, 1500]])


@pytest.mark.parametrize(
    ("stills", "expected"),
    [
        ([(4, 20)], [(4, 20)]),
        ([(4, 8), (14, 18)], [(4, 8), (14, 18)]),
        ([(4, 6)], [(3, 21)]),
        ([(2, 5), (19, 22)], [(2, 22)]),
        ([], [(3, 21)]),
    ],
)
def test_one_silence_is_one_gap(stills, expected):
    """Between beats at 3 and 21 s: still stretches that account for the wait are the gap, else all of it."""
    x, rate = np.random.default_rng(0).normal(size=3000), 100.0
    for start, stop in stills:
        x[round(start * rate) : round(stop * rate)] = 0
    found = find_gaps(x, np.array([1, 2, 3, 21, 22, 23]) * 100, rate)
    # A first value after a still stretch that is close to it counts as its neighbour.
    np.testing.assert_allclose(found, 100 * np.array(expected), atol=1)


@given(
    stills=st.lists(st.tuples(st.integers(0, 40), st.integers(2, 15)), max_size=4),
    beats=st.sets(st.integers(0, 49), max_size=12),
)
def test_gaps_do_not_overlap_and_every_long_wait_has_one(stills, beats):
    x, rate = np.random.default_rng(0).normal(size=5000), 100.0
    for start, duration in stills:
        x[100 * start : 100 * (start + duration)] = start
    peaks = 100 * np.array(sorted(beats), dtype=np.int64)
    gaps = find_gaps(x, peaks, rate)
    assert (gaps[:, 1] > gaps[:, 0]).all()
    assert (gaps[1:, 0] >= gaps[:-1, 1]).all()
    # No interval is lost or won by how stretches are joined.
    flat = find_gaps(x, [], rate)
    kept = rr_intervals(peaks, rate, flat)
    np.testing.assert_array_equal(rr_intervals(peaks, rate, gaps), kept[kept <= 10])


def test_rr_features_have_to_be_told_the_sampling_rate():
    with pytest.raises(ValueError, match="has to be told the sampling rate"):
        RRFeatures().fit([np.zeros(900)])


@pytest.mark.parametrize("function", [find_r_peaks, signal_quality, lambda x, rate: find_gaps(x, [], rate)])
@pytest.mark.parametrize(("shape", "said"), [((2, 3, 900), "expected one recording"), ((0, 5), "no samples")])
def test_what_is_not_one_recording(function, shape, said):
    with pytest.raises(ValueError, match=said):
        function(np.zeros(shape), 300)
