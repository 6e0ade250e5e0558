"""R peaks against annotated beats, RR intervals against closed forms."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgclf.datasets._wfdb import _import_wfdb
from ecgclf.signal import find_r_peaks, rr_intervals
from strategies import recording

RATE = 300.0


def sine(frequency, n_timepoints=3000, rate=RATE):
    return np.sin(2 * np.pi * frequency * np.arange(n_timepoints) / rate)


def beats_at(times, n_timepoints=3000, rate=RATE):
    time = np.arange(n_timepoints) / rate
    return sum(np.exp(-(((time - beat) / 0.02) ** 2)) for beat in times)


BEAT_SYMBOLS = frozenset("NLRBAaJSVrFejnE/fQ?")


def matched(found, truth, tolerance):
    """Count pairs within the tolerance, each beat used once."""
    n = i = j = 0
    while i < len(found) and j < len(truth):
        if abs(found[i] - truth[j]) <= tolerance:
            n, i, j = n + 1, i + 1, j + 1
        elif found[i] < truth[j]:
            i += 1
        else:
            j += 1
    return n


@pytest.mark.shared
@pytest.mark.parametrize("polarity", [1, -1])
@pytest.mark.parametrize(
    ("name", "least"),
    [("100", 1.0), ("201", 0.998), ("202", 0.998), ("203", 0.988), ("219", 1.0), ("222", 0.998)],
)
def test_r_peaks_against_annotated_beats(shared_data, name, least, polarity):
    wfdb = _import_wfdb()
    record = wfdb.rdrecord(str(shared_data / "mitdb" / name), channels=[0])
    with warnings.catch_warnings():
        # wfdb 4 reads annotations with what pandas 3 deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        annotation = wfdb.rdann(str(shared_data / "mitdb" / name), "atr")
    beats = [symbol in BEAT_SYMBOLS for symbol in annotation.symbol]
    truth = annotation.sample[beats]
    found = find_r_peaks(polarity * record.p_signal[:, 0], record.fs)
    n = matched(found, truth, 0.15 * record.fs)
    assert n / len(truth) >= least, "sensitivity"
    assert n / len(found) >= least, "positive predictive value"


@pytest.mark.parametrize("rate", [100.0, 200.0, 300.0, 500.0, 1000.0])
@pytest.mark.parametrize("polarity", [1, -1])
def test_r_peaks_of_known_beats(rate, polarity):
    times = np.array([0.5, 1.3, 2.1, 2.6, 3.7, 4.5, 5.0, 5.6, 6.9, 7.7, 8.4, 9.3])
    x = polarity * beats_at(times, round(10 * rate), rate) + 0.3 * sine(0.2, round(10 * rate), rate)
    np.testing.assert_allclose(find_r_peaks(x, rate), times * rate, atol=0.01 * rate)


@pytest.mark.parametrize("factor", [1e-3, 0.1, 1e4])
def test_r_peaks_do_not_depend_on_unit_and_offset(factor):
    x = beats_at(np.arange(0.5, 10, 0.7)) + 0.02 * np.random.default_rng(0).normal(size=3000)
    np.testing.assert_array_equal(find_r_peaks(factor * x + 5 * factor, RATE), find_r_peaks(x, RATE))


def test_an_artefact_does_not_hide_the_beats():
    times = np.arange(0.5, 30, 0.8)
    x = beats_at(times, 9000)
    x[4000:4010] += 50
    found = find_r_peaks(x, RATE)
    assert matched(found, (times * RATE).astype(int), 5) >= len(times) - 2


def test_a_second_lead_shows_what_the_first_hides():
    times = np.arange(0.5, 10, 0.8)
    rng = np.random.default_rng(0)
    leads = np.stack([np.zeros(3000), beats_at(times) + 0.01 * rng.normal(size=3000)])
    assert find_r_peaks(leads[:1], RATE).size == 0
    np.testing.assert_allclose(find_r_peaks(leads, RATE), times * RATE, atol=2)


@given(x=recording(1, 1, 900))
def test_r_peaks_are_increasing_samples(x):
    found = find_r_peaks(x[0], RATE)
    assert found.dtype == np.int64
    assert (np.diff(found) >= 0.2 * RATE).all()
    assert ((found >= 0) & (found < x.shape[1])).all()


@pytest.mark.parametrize("x", [np.zeros(3000), np.full(3000, 0.1), np.linspace(0, 1, 3000), [1.0]])
def test_no_beats(x):
    assert find_r_peaks(x, RATE).shape == (0,)


def test_r_peaks_of_a_bad_shape_or_rate():
    with pytest.raises(ValueError, match="once for each recording"):
        find_r_peaks(np.zeros((2, 1, 100)), RATE)
    with pytest.raises(ValueError, match="at least 50 Hz"):
        find_r_peaks(np.zeros(100), 40.0)


@given(steps=st.lists(st.integers(1, 1000), max_size=20), rate=st.floats(10, 1000))
def test_rr_intervals(steps, rate):
    peaks = np.cumsum([5, *steps])
    np.testing.assert_allclose(rr_intervals(peaks, rate), np.array(steps) / rate)


def test_rr_intervals_of_no_beats():
    assert rr_intervals([], RATE).shape == (0,)
    assert rr_intervals([3], RATE).shape == (0,)


@pytest.mark.parametrize(
    ("peaks", "message"),
    [
        ([3, 2], "after peak 0"),
        ([1, 2, 2], "after peak 1"),
        ([0.5, 1.0], "dtype float64"),
        ([[1, 2]], r"shape \(1, 2\)"),
    ],
)
def test_bad_r_peaks(peaks, message):
    with pytest.raises(ValueError, match=message):
        rr_intervals(peaks, RATE)
