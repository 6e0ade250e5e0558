"""Synthetic recordings: seeded, labelled, and different by class as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgclf.datasets import make_recordings
from ecgclf.datasets._synthetic import _counts


def test_forms():
    recordings = make_recordings(12, random_state=0)
    assert recordings.data.shape == (12,)
    assert all(signal.ndim == 1 and signal.dtype == np.float32 for signal in recordings.data)
    lengths = np.array([len(signal) for signal in recordings.data])
    assert len(set(lengths)) > 6
    assert ((lengths >= 2700) & (lengths <= 18300)).all()
    assert {label: int(np.count_nonzero(recordings.target == label)) for label in "NAO~"} == dict.fromkeys("NAO~", 3)
    assert len(recordings.record_names) == len(set(recordings.record_names)) == 12
    several = make_recordings(3, n_leads=3, duration=2, sampling_rate=500, random_state=0)
    assert several.data.shape == (3,)
    assert all(signal.shape == (3, 1000) for signal in several.data)
    assert (several.sampling_rate, len(several.lead_names)) == (500.0, 3)
    X, y = make_recordings(3, duration=1, random_state=0, return_X_y=True)
    assert len(X) == len(y) == 3


def test_same_seed_same_recordings():
    a, b, c = (make_recordings(6, n_leads=2, duration=(1, 3), random_state=seed) for seed in (1, 1, 2))
    for ours, theirs in zip(a.data, b.data, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert any(ours.shape != theirs.shape for ours, theirs in zip(a.data, c.data, strict=True))


@pytest.mark.parametrize(
    ("weights", "counts"), [((1, 0), (10, 0)), ((0.7, 0.3), (7, 3)), ((9, 1), (9, 1)), (None, (5, 5))]
)
def test_weights_are_shares(weights, counts):
    target = make_recordings(10, classes=("N", "A"), weights=weights, duration=1, random_state=0).target
    assert (np.count_nonzero(target == "N"), np.count_nonzero(target == "A")) == counts


@given(shares=st.lists(st.integers(0, 20), min_size=1, max_size=4).filter(any), n=st.integers(1, 60))
def test_shares_are_kept_as_exactly_as_whole_recordings_allow(shares, n):
    shares = np.array(shares) / sum(shares)
    counts = _counts(shares, n)
    assert counts.sum() == n
    assert (np.abs(counts - shares * n) < 1).all()
    # No recording could change its class and come nearer.
    ahead, behind = (counts - shares * n).max(), (counts - shares * n).min()
    assert ahead - behind <= 1 + 1e-6


def test_shares_of_any_size():
    assert len(make_recordings(8, weights=[1e308] * 4, duration=1, random_state=0).data) == 8


def test_r_peaks_are_where_the_signal_is_highest():
    recordings = make_recordings(20, classes=("N", "A", "O"), noise=0.0, random_state=3)
    for signal, peaks in zip(recordings.data, recordings.r_peaks, strict=True):
        assert np.issubdtype(peaks.dtype, np.integer)
        assert (np.diff(peaks) > 0.2 * 300).all()
        for peak in peaks[1:-1]:
            around = signal[peak - 30 : peak + 31]
            assert abs(int(np.argmax(around)) - 30) <= 10


def rr(recordings, label):
    return [np.diff(p) / 300 for p, its in zip(recordings.r_peaks, recordings.target, strict=True) if its == label]


def test_rhythms_differ_as_real_ones_do():
    recordings = make_recordings(80, duration=30, random_state=0)
    variation = {label: np.array([np.std(i) / np.mean(i) for i in rr(recordings, label)]) for label in "NAO"}
    assert variation["N"].max() < 0.1 < variation["A"].min()
    # An ectopic beat comes early, and the pause after it makes up for that.
    for intervals in rr(recordings, "O"):
        at = int(np.argmin(intervals[1:-1])) + 1
        usual = np.median(intervals)
        assert intervals[at] < 0.8 * usual < 1.2 * usual < intervals[at + 1]
        assert abs(intervals[at] + intervals[at + 1] - 2 * usual) < 0.25 * usual


def test_p_waves_are_in_sinus_rhythm_only():
    recordings = make_recordings(60, classes=("N", "A"), duration=30, noise=0.02, random_state=0)
    height = {"N": [], "A": []}
    for signal, peaks, label in zip(recordings.data, recordings.r_peaks, recordings.target, strict=True):
        usual = [p for p in peaks[1:-1] if p > 120]
        mean = np.mean([signal[p - 90 : p - 25] for p in usual], axis=0)
        height[label].append(mean.max() - np.median(mean))
    assert np.quantile(height["N"], 0.1) > 1.3 * np.quantile(height["A"], 0.9)


def test_noisy_class_is_noisy():
    recordings = make_recordings(40, duration=20, random_state=0)
    jump = np.array([np.mean(np.abs(np.diff(signal))) for signal in recordings.data])
    assert jump[recordings.target == "~"].min() > jump[recordings.target != "~"].max()


def test_leads_are_different_views_of_the_same_beats():
    recordings = make_recordings(4, n_leads=3, classes=("N",), duration=10, noise=0, random_state=0)
    for signal in recordings.data:
        correlation = np.corrcoef(signal)
        assert (correlation > 0.3).all()
        assert not np.allclose(signal[0], signal[1])


@pytest.mark.parametrize("rate", [50, 127.5, 1000])
@pytest.mark.parametrize("duration", [0.005, 0.5, 61])
def test_any_rate_and_length(rate, duration):
    for label in "NAO~":
        signal = make_recordings(1, classes=(label,), sampling_rate=rate, duration=duration, random_state=0).data[0]
        assert len(signal) == max(1, round(duration * rate))
        assert np.isfinite(signal).all()


@pytest.mark.parametrize(
    "bad",
    [
        {"n_recordings": 0},
        {"n_recordings": 2.5},
        {"n_leads": 0},
        {"sampling_rate": 0},
        {"sampling_rate": "300"},
        {"duration": 0},
        {"duration": (5, 2)},
        {"duration": (1, 2, 3)},
        {"duration": np.nan},
        {"duration": "10"},
        {"duration": ("1", "2")},
        {"duration": None},
        {"duration": True},
        {"n_leads": True},
        {"noise": True},
        {"sampling_rate": True},
        {"classes": ("N", "X")},
        {"classes": ()},
        {"classes": ("N", "N")},
        {"weights": (1, 1)},
        {"weights": (0, 0, 0, 0)},
        {"weights": (1, -1, 1, 1)},
        {"weights": {"N": 1}},
        {"weights": "balanced"},
        {"weights": (1, np.inf, 1, 1)},
        {"classes": None},
        {"classes": [["N"]]},
        {"noise": -1},
    ],
)
def test_bad_parameters_are_named(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        make_recordings(**bad)
