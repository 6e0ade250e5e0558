"""What is no ECG is told, and why; an ECG is not accused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgclf.datasets import load_cinc2017_sample, make_recordings
from ecgclf.preprocessing import SignalQuality
from ecgclf.signal import find_r_peaks, signal_quality
from strategies import collections, recording

RATE = 300.0


@pytest.fixture(scope="module")
def ecg():
    return make_recordings(1, sampling_rate=RATE, duration=20, classes=("N",), noise=0.02, random_state=0).data[0]


def off(x, start, stop, value):
    x = x.astype(float)
    x[int(start * RATE) : int(stop * RATE)] = value
    return x


def white(ecg):
    return np.random.default_rng(0).normal(size=len(ecg))


BAD = {
    "zeros": (np.zeros_like, ["a flat line for 100 %", "no beats found"]),
    "one value": (lambda ecg: np.full(6000, 0.7), ["a flat line for 100 %", "no beats found"]),
    "mostly off": (lambda ecg: off(ecg, 3, 20, 0.0), ["a flat line for 85 %"]),
    "mostly at the rail": (lambda ecg: off(ecg, 0, 15, 5.0), ["a flat line for 75 %"]),
    "clipped": (lambda ecg: np.clip(ecg, -0.05, 0.1), ["clipped for"]),
    "clipped below": (lambda ecg: np.clip(ecg, 0.0, None), ["clipped for"]),
    "white noise": (white, ["noise: "]),
    "brown noise": (lambda ecg: np.cumsum(white(ecg)), ["noise: "]),
    "an ECG in noise": (lambda ecg: ecg + white(ecg), ["noise: "]),
    "a slope": (lambda ecg: np.linspace(0, 1, 6000), ["no beats found"]),
    "hum": (lambda ecg: np.sin(2 * np.pi * 50 * np.arange(6000) / RATE), ["no beats found"]),
    "five samples": (lambda ecg: ecg[:5], ["only 0.0167 s long", "no beats found"]),
    "three seconds": (lambda ecg: ecg[:900], ["only 3 s long"]),
    "one sample": (lambda ecg: ecg[:1], ["only 0.00333 s long", "a flat line for 100 %", "no beats found"]),
    "a lead is off": (lambda ecg: np.stack([ecg, np.zeros_like(ecg)]), ["1 of 2 leads flat"]),
}


@pytest.mark.parametrize(("seconds", "is_told"), [(0.9, False), (1.1, True)])
def test_what_is_clipped_for_more_than_a_hundredth_of_the_time_is_told(ecg, seconds, is_told):
    x = np.resize(ecg, round(100 * RATE)).astype(float)
    starts = np.linspace(0, len(x) - 1000, round(seconds / 0.02)).astype(int)
    # In stretches of 20 ms, and of one sample less.
    for n_samples, expected in ((6, seconds / 100), (5, 0.0)):
        clipped = x.copy()
        for start in starts:
            clipped[start : start + n_samples] = x.max() + 0.1
        found = signal_quality(clipped, RATE)
        assert found.clipped == pytest.approx(expected, abs=1e-9)
        assert any(problem.startswith("clipped") for problem in found.problems) is (is_told and n_samples == 6)


@pytest.mark.parametrize("kind", BAD)
def test_what_is_wrong_is_said(ecg, kind):
    make, expected = BAD[kind]
    found = signal_quality(make(ecg), RATE).problems
    assert len(found) == len(expected), found
    for problem, beginning in zip(found, expected, strict=True):
        assert problem.startswith(beginning)


@pytest.mark.parametrize("rate", [50.0, 100.0, 200.0, 360.0, 500.0, 1000.0])
@pytest.mark.parametrize("label", ["N", "A", "O"])
def test_an_ecg_has_no_problem(label, rate):
    X = make_recordings(4, sampling_rate=rate, n_leads=2, classes=(label,), noise=0.02, random_state=0).data
    for x in X:
        found = signal_quality(x, rate)
        assert found.problems == ()
        assert found.index > 0.75
        assert found.flat == found.clipped == 0
        assert found.n_beats == len(find_r_peaks(x, rate))


@pytest.mark.parametrize("polarity", [1e-3, -1.0, 1e4])
def test_it_depends_neither_on_the_unit_nor_on_the_polarity(ecg, polarity):
    found, expected = signal_quality(polarity * ecg.astype(float), RATE), signal_quality(ecg.astype(float), RATE)
    assert found.index == pytest.approx(expected.index, abs=0.02)
    assert found.problems == expected.problems


def test_silence_around_an_ecg_does_not_lower_the_index(ecg):
    expected = signal_quality(ecg, RATE).index
    for fill in (np.zeros(9000), np.full(9000, 5.0), 0.001 * np.random.default_rng(0).normal(size=9000)):
        assert signal_quality(np.concatenate([fill, ecg]), RATE).index == pytest.approx(expected, abs=0.05)


@given(x=recording(1, 1, 900), rate=st.sampled_from([50.0, 100.0, 300.0, 1000.0]))
def test_figures_are_in_their_ranges(x, rate):
    found = signal_quality(x, rate)
    for share in (found.index, found.flat, found.clipped):
        assert 0 <= share <= 1
    assert len(set(found.problems)) == len(found.problems)


@given(X=collections())
def test_a_table_of_the_same_figures(X):
    quality = SignalQuality(sampling_rate=RATE).fit(X)
    table = quality.transform(X)
    assert quality.get_feature_names_out().tolist() == ["index", "n_beats", "flat", "clipped"]
    for x, row in zip(X, table, strict=True):
        found = signal_quality(x, RATE)
        assert row.tolist() == [found.index, found.n_beats, found.flat, found.clipped]


def test_noisy_recordings_of_the_sample_are_told_from_the_others():
    X, y = load_cinc2017_sample(return_X_y=True)
    index = SignalQuality(sampling_rate=RATE).fit_transform(X)[:, 0]
    noisy = index[y == "~"]
    better = noisy[:, np.newaxis] < index[y != "~"]
    assert better.mean() > 0.9


def test_the_sampling_rate_has_to_be_told():
    with pytest.raises(ValueError, match=r"SignalQuality\(sampling_rate=...\)"):
        SignalQuality().fit([np.zeros(900)])
    with pytest.raises(ValueError, match="at least 50 Hz"):
        signal_quality(np.zeros(900), 30.0)
    with pytest.raises(ValueError, match="once for each recording"):
        signal_quality(np.zeros((2, 2, 900)), RATE)
