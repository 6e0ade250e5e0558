"""Beats in recordings of which most is no ECG: the same as in the ECG alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgclf.datasets import make_recordings
from ecgclf.datasets._wfdb import _import_wfdb
from ecgclf.signal import bandpass, find_r_peaks
from ecgclf.signal._silence import bridge

RATE = 300.0
TOLERANCE = 0.05  # s
BORDER = 0.2  # s, within which a cut may go through a QRS complex


def rails(n, ecg, rate, rng):
    return np.where(np.arange(n) % round(1.5 * rate) < 0.7 * rate, -5.0, 5.0)


def wander(n, ecg, rate, rng):
    return ecg.mean() + 0.3 * np.sin(2 * np.pi * 0.2 * np.arange(n) / rate) + 0.005 * rng.normal(size=n)


def hum(frequency, share):
    return lambda n, ecg, rate, rng: (
        ecg.mean() + share * np.ptp(ecg) * np.sin(2 * np.pi * min(frequency, 0.4 * rate) * np.arange(n) / rate + 1)
    )


def white(share, offset=0.0):
    return lambda n, ecg, rate, rng: offset + share * np.ptp(ecg) * rng.normal(size=n)


NO_ECG = {
    "zeros": lambda n, ecg, rate, rng: np.zeros(n),
    "mean": lambda n, ecg, rate, rng: np.full(n, ecg.mean()),
    "edge value": lambda n, ecg, rate, rng: np.full(n, ecg[-1]),
    "upper rail": lambda n, ecg, rate, rng: np.full(n, 5.12),
    "lower rail": lambda n, ecg, rate, rng: np.full(n, -10.0),
    "both rails": rails,
    "white noise": white(0.01),
    "whisper": white(1e-4),
    "whisper at the rail": white(0.005, 5.0),
    "mains hum": hum(50, 0.01),
    "loud mains hum": hum(60, 0.1),
    "mains hum as loud as the beats": hum(50, 0.5),
    "rounded noise": lambda n, ecg, rate, rng: np.round(0.6 * rng.normal(size=n)) / 200,
    "a slow fall to a rail": lambda n, ecg, rate, rng: (
        ecg[-1] - 4 * (1 - np.exp(-np.arange(n) / rate / 0.3)) + 0.002 * rng.normal(size=n)
    ),
    "one step": lambda n, ecg, rate, rng: 0.005 * rng.integers(-1, 2, n),
    "rare steps": lambda n, ecg, rate, rng: -5.0 + 0.005 * (rng.random(n) < 0.01),
    "steps that stay": lambda n, ecg, rate, rng: 0.005 * np.cumsum((rng.random(n) < 0.003) * rng.choice([-1, 1], n)),
    "wander": wander,
}
PLACES = ("before", "after", "around", "amid", "between")


def embed(ecg, share, place, make, rate, seed=0):
    """An ECG that is a share of a recording; where its parts begin; where they are cut."""
    rng = np.random.default_rng(seed)
    n = round(len(ecg) * (1 - share) / share)
    half, third = len(ecg) // 2, n // 3
    ecgs, gaps = {
        "before": ([ecg], [n, 0]),
        "after": ([ecg], [0, n]),
        "around": ([ecg], [n // 2, n - n // 2]),
        "amid": ([ecg[:half], ecg[half:]], [0, n, 0]),
        "between": ([ecg[:half], ecg[half:]], [third, third, n - 2 * third]),
    }[place]
    parts, starts, at = [make(gaps[0], ecg, rate, rng)], [], gaps[0]
    for part, gap in zip(ecgs, gaps[1:], strict=True):
        starts.append(at)
        parts += [part, make(gap, ecg, rate, rng)]
        at += len(part) + gap
    recording = np.concatenate(parts)
    cuts = np.array([[start, start + len(part)] for start, part in zip(starts, ecgs, strict=True)]).ravel()
    return recording, ecgs, starts, cuts[(cuts > 0) & (cuts < len(recording))]


def assert_same_beats(ecg, share, place, make, rate):
    recording, ecgs, starts, cuts = embed(ecg, share, place, make, rate)
    whole = find_r_peaks(ecg, rate)
    offsets = np.cumsum([0, *map(len, ecgs)])
    truth = np.concatenate(
        [
            whole[(whole >= offset) & (whole < offset + len(part))] - offset + start
            for offset, part, start in zip(offsets, ecgs, starts, strict=False)
        ]
    )
    found = find_r_peaks(recording, rate)

    def lonely(beats, others, tolerance):
        return [int(beat) for beat in beats if np.abs(np.append(others, -(10**9)) - beat).min() > tolerance * rate]

    missed = lonely(lonely(truth, found, TOLERANCE), cuts, BORDER)
    false = lonely(lonely(found, truth, TOLERANCE), cuts, BORDER)
    assert not missed, f"missed {missed} of {truth.tolist()}, cuts {cuts.tolist()}"
    assert not false, f"false {false} beside {truth.tolist()}, cuts {cuts.tolist()}"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", NO_ECG)
@pytest.mark.parametrize("share", [0.12, 0.3, 0.45])
def test_beats_among_what_is_no_ecg(kind, place, share):
    X = make_recordings(3, sampling_rate=RATE, duration=9, classes=("N", "A", "O"), noise=0.01, random_state=3).data
    for x in X:
        assert_same_beats(x.astype(float), share, place, NO_ECG[kind], RATE)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("rate", [100.0, 1000.0])
def test_beats_among_what_is_no_ecg_at_other_rates(rate, place):
    x = make_recordings(1, sampling_rate=rate, duration=8, classes=("N",), noise=0.01, random_state=3).data[0]
    for make in NO_ECG.values():
        assert_same_beats(x.astype(float), 0.2, place, make, rate)


@pytest.mark.shared
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("name", "start"), [("100", 0), ("219", 100), ("202", 60), ("222", 20)])
def test_beats_of_real_ecgs_among_what_is_no_ecg(shared_data, name, start, place):
    record = _import_wfdb().rdrecord(
        str(shared_data / "mitdb" / name), channels=[0], sampfrom=360 * start, sampto=360 * (start + 10)
    )
    for make in NO_ECG.values():
        for share in (0.12, 0.45):
            assert_same_beats(record.p_signal[:, 0], share, place, make, 360.0)


@pytest.mark.shared
@pytest.mark.parametrize("fill", [0, 1024, 2047])
def test_beats_of_an_ecg_in_units_of_its_converter(shared_data, fill):
    record = _import_wfdb().rdrecord(str(shared_data / "mitdb" / "100"), channels=[0], sampto=3600, physical=False)
    ecg = record.d_signal[:, 0].astype(float)
    for place in PLACES:
        assert_same_beats(ecg, 0.25, place, lambda n, *_: np.full(n, float(fill)), 360.0)


def test_leads_that_are_off_at_different_times():
    x = make_recordings(1, sampling_rate=RATE, duration=10, classes=("N",), noise=0.01, random_state=0).data[0]
    n = len(x)
    leads = np.zeros((3, 3 * n))
    leads[0, :n], leads[1, 2 * n :] = x, x
    truth = find_r_peaks(x, RATE)
    found = find_r_peaks(leads, RATE)
    np.testing.assert_allclose(found, np.concatenate([truth, truth + 2 * n]), atol=TOLERANCE * RATE)


@pytest.mark.parametrize("artefact", [5.0, 50.0])
def test_neither_silence_nor_an_artefact_hides_beats(artefact):
    x = make_recordings(1, sampling_rate=RATE, duration=10, classes=("N",), noise=0.01, random_state=0).data[0]
    truth = find_r_peaks(x, RATE)
    rng = np.random.default_rng(0)
    recording = np.concatenate([0.002 * rng.normal(size=6000), x, 0.002 * rng.normal(size=6000)])
    recording[3000:3010] += artefact
    found = find_r_peaks(recording, RATE)
    at_artefact = np.abs(found - 3005) < 60
    np.testing.assert_allclose(found[~at_artefact], truth + 6000, atol=TOLERANCE * RATE)


@pytest.mark.parametrize("length", [2.5, 6.0, 20.0])
@pytest.mark.parametrize("noise", [0.0, 0.005, 0.03])
def test_a_pause_has_no_beats(length, noise):
    beats = np.append(np.arange(0.5, 4, 0.8), np.arange(0.5, 4, 0.8) + 3.5 + length)
    time = np.arange(round((8.5 + length) * RATE)) / RATE
    x = sum(
        np.exp(-(((time - beat) / 0.02) ** 2)) + 0.2 * np.exp(-(((time - beat - 0.3) / 0.05) ** 2)) for beat in beats
    )
    x += noise * np.random.default_rng(0).normal(size=len(x))
    np.testing.assert_allclose(find_r_peaks(x, RATE), beats * RATE, atol=3)


def test_the_tops_of_clipped_beats_are_beats():
    x = make_recordings(1, sampling_rate=RATE, duration=20, classes=("N",), noise=0.01, random_state=0).data[0]
    truth = find_r_peaks(x, RATE)
    np.testing.assert_allclose(find_r_peaks(np.clip(x, -0.1, 0.2), RATE), truth, atol=TOLERANCE * RATE)


@pytest.mark.parametrize("offset", [0.0, 0.7, -1e4])
@pytest.mark.parametrize("n_timepoints", [1, 2, 50, 3000])
def test_a_lead_that_stands_still_has_no_beats(n_timepoints, offset):
    assert find_r_peaks(np.full(n_timepoints, offset), RATE).size == 0
    rail_to_rail = np.repeat([offset, offset + 5.0], n_timepoints)
    if n_timepoints >= 50:
        assert find_r_peaks(np.tile(rail_to_rail, 3), RATE).size == 0 or n_timepoints < 0.3 * RATE


def test_a_line_is_drawn_across_what_stands_still():
    x = np.concatenate([np.linspace(-1, 1, 50), np.full(1000, -7.0), np.linspace(3, 5, 50), np.full(100, 9.0)])[
        np.newaxis
    ]
    bridged, silent = bridge(x, RATE)
    assert bridged.min() >= -1
    assert bridged.max() <= 5
    assert np.abs(np.diff(bridged)).max() < 0.05
    # Only what is too long to be part of an ECG counts as silent.
    np.testing.assert_array_equal(np.flatnonzero(silent[0]), np.arange(50, 1050))


@given(scale=st.floats(1e-3, 1e4), offset=st.floats(-5, 5), start=st.integers(0, 6000))
def test_silence_does_not_depend_on_the_unit(scale, offset, start):
    x = np.zeros(9000)
    rng = np.random.default_rng(0)
    x[start : start + 3000] = make_recordings(
        1, sampling_rate=RATE, duration=10, classes=("N",), noise=0.01, random_state=0
    ).data[0]
    x += 0.001 * rng.normal(size=9000)
    np.testing.assert_array_equal(find_r_peaks(scale * (x + offset), RATE), find_r_peaks(x, RATE))


def test_noise_and_beats_differ_in_the_shape_of_their_energy():
    """The fact on which the level rests."""
    rng = np.random.default_rng(0)
    ecg = make_recordings(1, sampling_rate=RATE, duration=60, classes=("A",), random_state=0).data[0]
    for x, lowest, highest in ((rng.normal(size=18000), 0, 3.5), (ecg, 3.5, 100)):
        energy = bandpass(x, RATE, 8, 20) ** 2
        shape = np.median([np.mean((block / block.mean()) ** 2) for block in np.array_split(energy, 30)])
        assert lowest < shape < highest
