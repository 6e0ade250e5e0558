"""Signal functions against closed forms, scipy, scikit-learn and annotated beats."""

import numpy as np
import pytest
import pywt
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import RobustScaler, StandardScaler

from ecgclf.signal import (
    bandpass,
    find_r_peaks,
    normalize,
    notch,
    resample,
    rr_intervals,
    wavelet_denoise,
    window_starts,
)
from ecgclf.signal._sampling import ratio_of_rates
from strategies import recording

RATE = 300.0
SAME_LENGTH = {
    "bandpass": lambda x: bandpass(x, RATE, 0.5, 40),
    "notch": lambda x: notch(x, RATE, 50, 30),
    "wavelet_denoise": wavelet_denoise,
    "zscore": normalize,
    "robust": lambda x: normalize(x, "robust", clip=3.0),
}
EVERY = SAME_LENGTH | {"resample": lambda x: resample(x, RATE, 250)}


def sine(frequency, n_timepoints=3000, rate=RATE):
    return np.sin(2 * np.pi * frequency * np.arange(n_timepoints) / rate)


def beats_at(times, n_timepoints=3000, rate=RATE):
    time = np.arange(n_timepoints) / rate
    return sum(np.exp(-(((time - beat) / 0.02) ** 2)) for beat in times)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("shape", [(500,), (2, 500)])
def test_what_may_not_be_written_to_is_read(name, shape):
    """As recordings are that fetch_cinc2017 maps from its cache."""
    x = np.random.default_rng(0).normal(size=shape)
    expected = EVERY[name](x)
    x.flags.writeable = False
    np.testing.assert_array_equal(EVERY[name](x), expected)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_input_is_left_alone(name, dtype):
    x = np.random.default_rng(0).normal(size=(2, 500)).astype(dtype)
    before = x.copy()
    out = EVERY[name](x)
    assert out.dtype == dtype
    assert not np.shares_memory(out, x)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("name", SAME_LENGTH)
@pytest.mark.parametrize("n_timepoints", [1, 2, 3, 5, 10, 21, 22, 100])
def test_short_signals(name, n_timepoints):
    x = np.random.default_rng(0).normal(size=(2, 3, n_timepoints))
    out = SAME_LENGTH[name](x)
    assert out.shape == x.shape
    assert np.isfinite(out).all()


@pytest.mark.parametrize("name", EVERY)
def test_leads_are_independent(name):
    x = np.random.default_rng(0).normal(size=(3, 700))
    together = EVERY[name](x)
    for lead, alone in zip(together, x, strict=True):
        np.testing.assert_allclose(lead, EVERY[name](alone), atol=1e-12)


@pytest.mark.parametrize("name", [name for name in EVERY if name != "resample"])
def test_integers_are_taken_as_float64(name):
    x = np.arange(300) % 7
    np.testing.assert_array_equal(SAME_LENGTH[name](x), SAME_LENGTH[name](x.astype(float)))


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.empty((2, 0)), "no samples"),
        (np.float64(1.0), "no samples"),
        (np.ones(5, dtype=complex), "complex128"),
        (np.array(["a", "b"]), "real numbers"),
        (np.array([[0.0, 1.0], [np.nan, 0.0]]), r"nan \(first at index \(1, 0\)\)"),
        (np.array([0.0, np.inf]), "inf"),
    ],
)
def test_bad_signals(name, x, message):
    with pytest.raises(ValueError, match=message):
        EVERY[name](x)


@pytest.mark.parametrize("rate", ["300", None, True, 0, -300.0, np.nan, np.inf, [300]])
def test_bad_sampling_rates(rate):
    x = np.zeros(100)
    for call in (
        lambda: bandpass(x, rate, 0.5, 40),
        lambda: notch(x, rate, 50, 30),
        lambda: resample(x, rate, 300),
        lambda: find_r_peaks(x, rate),
        lambda: rr_intervals([1, 2], rate),
    ):
        with pytest.raises(ValueError, match=r"^sampling_rate=.*; expected a (positive )?number of Hz"):
            call()
    with pytest.raises(ValueError, match=r"^new_sampling_rate=.*; expected a positive number of Hz"):
        resample(x, 300, rate)


def test_rates_in_khz_are_none():
    for call in (lambda: find_r_peaks(np.zeros(100), 0.3), lambda: rr_intervals([1, 2], 0.3)):
        with pytest.raises(ValueError, match=r"^sampling_rate=0.3; expected a number of Hz from 10 to 100,000"):
            call()
    # Only the ratio counts.
    x = np.random.default_rng(0).normal(size=100)
    np.testing.assert_array_equal(resample(x, 0.3, 0.1), resample(x, 300, 100))


# Filters


@pytest.mark.parametrize("name", ["bandpass", "notch"])
@given(x=recording(2, 40, 40), y=recording(2, 40, 40), a=st.floats(-3, 3), b=st.floats(-3, 3))
def test_filters_are_linear(name, x, y, a, b):
    f = SAME_LENGTH[name]
    np.testing.assert_allclose(f(a * x + b * y), a * f(x) + b * f(y), atol=1e-9)


@pytest.mark.parametrize("frequency", [0.05, 0.5, 5, 40, 100])
def test_bandpass_has_the_gain_of_a_butterworth_twice(frequency):
    sos = scipy.signal.butter(2, [0.5, 40], "bandpass", fs=RATE, output="sos")
    _, response = scipy.signal.sosfreqz(sos, worN=[frequency], fs=RATE)
    x = sine(frequency, 30000)
    middle = slice(9000, -9000)
    np.testing.assert_allclose(bandpass(x, RATE, 0.5, 40)[middle], np.abs(response[0]) ** 2 * x[middle], atol=2e-3)


def test_bandpass_is_scipys_where_there_is_room():
    x = np.random.default_rng(0).normal(size=2000)
    sos = scipy.signal.butter(3, [1, 30], "bandpass", fs=RATE, output="sos")
    expected = scipy.signal.sosfiltfilt(sos, x, padlen=300)
    np.testing.assert_allclose(bandpass(x, RATE, 1, 30, order=3), expected, atol=1e-12)


def test_bandpass_has_no_phase():
    x = np.random.default_rng(0).normal(size=6000)
    backwards = bandpass(x[::-1], RATE, 0.5, 40)[::-1]
    np.testing.assert_allclose(bandpass(x, RATE, 0.5, 40)[1500:-1500], backwards[1500:-1500], atol=1e-3)


def test_cut_off_above_nyquist_says_what_nyquist_is():
    with pytest.raises(ValueError, match=r"high=40 Hz .* sampling_rate=60 Hz is 30 Hz"):
        bandpass(np.zeros(10), 60, 0.5, 40)
    with pytest.raises(ValueError, match=r"frequency=50 Hz .* is 50 Hz"):
        notch(np.zeros(10), 100, 50, 30)


@pytest.mark.parametrize(
    ("low", "high", "order", "message"),
    [
        (0, 40, 2, "low=0 Hz must lie above 0"),
        (40, 0.5, 2, "low=40 Hz must lie below high=0.5"),
        (5, 5, 2, "must lie below"),
        ("1", 40, 2, "low must be a number"),
        (1, 40, 0, "order must be"),
        (1, 40, 2.5, "order must be"),
    ],
)
def test_bad_bands(low, high, order, message):
    with pytest.raises(ValueError, match=message):
        bandpass(np.zeros(10), RATE, low, high, order=order)


@pytest.mark.parametrize("quality", [0, -1, "30", np.nan, True])
def test_bad_quality(quality):
    with pytest.raises(ValueError, match="quality must be a positive number"):
        notch(np.zeros(10), RATE, 50, quality)


@given(rate=st.floats(105, 1000), frequency=st.sampled_from([16.7, 50.0]), more=st.floats(0.001, 40))
def test_a_notch_is_stable_or_refused(rate, frequency, more):
    least = 2 * frequency / rate
    with pytest.raises(ValueError, match="wider than all that .* Give more than"):
        notch(np.zeros(10), rate, frequency, 0.999 * least)
    x = np.random.default_rng(0).normal(size=600)
    assert np.abs(notch(x, rate, frequency, least * (1 + more))).max() < 50


def test_notch_takes_out_hum_and_nothing_else():
    middle = slice(1000, -1000)
    assert np.abs(notch(sine(50), RATE, 50, 30)[middle]).max() < 1e-3
    np.testing.assert_allclose(notch(sine(10), RATE, 50, 30)[middle], sine(10)[middle], atol=2e-3)


# Wavelets


def test_wavelets_without_noise_take_out_the_approximation_only():
    # Where the finest details are 0 at more than half of the places, so is the threshold.
    x = np.repeat(np.random.default_rng(0).normal(size=4), 1000)
    coefficients = pywt.wavedec(x, "db6", level=6)
    coefficients[0][:] = 0
    np.testing.assert_allclose(wavelet_denoise(x), pywt.waverec(coefficients, "db6"), atol=1e-9)


def test_wavelets_against_pywt():
    x = np.random.default_rng(0).normal(size=2048) + 5 * sine(8, 2048)
    coefficients = pywt.wavedec(x, "sym4", level=5)
    threshold = np.median(np.abs(coefficients[-1])) / 0.6745 * np.sqrt(2 * np.log(2048))
    shrunk = [pywt.threshold(detail, threshold, "soft") for detail in coefficients[1:]]
    expected = pywt.waverec([np.zeros_like(coefficients[0]), *shrunk], "sym4")
    np.testing.assert_allclose(wavelet_denoise(x, wavelet="sym4", level=5), expected, atol=1e-9)


def test_wavelets_bring_a_noisy_ecg_nearer_to_the_clean_one():
    clean = beats_at(np.arange(0.5, 10, 0.8))
    clean = wavelet_denoise(clean)
    noisy = clean + 0.1 * np.random.default_rng(0).normal(size=clean.size) + 2 * sine(0.2)
    assert np.std(wavelet_denoise(noisy) - clean) < 0.07


@given(x=recording(1, 1, 120), factor=st.sampled_from([-2.0, -1.0, 0.5, 4.0]))
def test_wavelets_follow_the_scale(x, factor):
    np.testing.assert_allclose(wavelet_denoise(factor * x), factor * wavelet_denoise(x), atol=1e-9)


@pytest.mark.parametrize("n_timepoints", [1, 2, 50, 3000])
def test_wavelets_take_out_a_constant(n_timepoints):
    np.testing.assert_allclose(wavelet_denoise(np.full(n_timepoints, 3.0)), 0, atol=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"wavelet": "db99"}, "wavelet='db99' is not"),
        ({"wavelet": "morl"}, "discrete"),
        ({"level": 0}, "level must be"),
        ({"level": True}, "level must be"),
    ],
)
def test_bad_wavelets(options, message):
    with pytest.raises(ValueError, match=message):
        wavelet_denoise(np.zeros(100), **options)


# Scaling


@pytest.mark.parametrize(("method", "scaler"), [("zscore", StandardScaler()), ("robust", RobustScaler())])
@given(x=recording(2, 2, 60))
def test_normalize_is_scikit_learns(method, scaler, x):
    # By columns scikit-learn leaves a spread of 0 as it is; ours has its own answer there, tested below.
    x = x + np.arange(x.shape[1])
    spread = np.subtract(*np.quantile(x, [0.75, 0.25], axis=1)) if method == "robust" else x.std(1)
    x = x[spread > 1e-3]
    if len(x):
        np.testing.assert_allclose(normalize(x, method), scaler.fit_transform(x.T).T, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("method", ["zscore", "robust"])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e300, 5e-324])
def test_constant_leads_become_zero(method, value):
    x = np.stack([np.full(7, value), np.arange(7.0)])
    out = normalize(x, method)
    np.testing.assert_array_equal(out[0], 0)
    assert out[1].std() > 0.1


def test_robust_takes_the_standard_deviation_where_quartiles_agree():
    x = np.array([0.0] * 8 + [1.0, 2.0])
    np.testing.assert_allclose(normalize(x, "robust"), x / x.std())


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e200])
def test_normalize_at_any_magnitude(scale):
    x = np.random.default_rng(0).normal(size=100)
    np.testing.assert_allclose(normalize(x * scale), normalize(x), atol=1e-12)


@pytest.mark.parametrize("method", ["zscore", "robust"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_normalize_what_has_no_range_in_its_dtype(method, dtype):
    x = np.array([-1.0, 0.5, 1.0, 0.25])
    found = normalize((x * np.finfo(dtype).max * 0.9).astype(dtype), method)
    np.testing.assert_allclose(found, normalize(x, method), rtol=1e-5)
    assert found.dtype == dtype


@pytest.mark.parametrize("low", [1e-7, 1e-12])
def test_a_cut_off_that_floating_point_numbers_cannot_hold(low):
    with pytest.raises(ValueError, match="low=.* is too low for a filter at 300 Hz"):
        bandpass(np.ones(300), 300, low, 40)


def test_clip():
    x = np.random.default_rng(0).normal(size=1000)
    np.testing.assert_array_equal(normalize(x, clip=1.5), np.clip(normalize(x), -1.5, 1.5))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("minmax",), "method='minmax'"), (("zscore", 0), "clip"), (("zscore", "3"), "clip")],
)
def test_bad_normalize(arguments, message):
    with pytest.raises(ValueError, match=message):
        normalize(np.arange(5.0), *arguments)


# Time axis


@given(
    n=st.integers(1, 500),
    old=st.sampled_from([100, 125.0, 200, 250, 257, 300, 360, 500, 1000]),
    new=st.sampled_from([100, 125.0, 200, 250, 257, 300, 360, 500, 1000]),
)
def test_resampled_length_and_constants(n, old, new):
    out = resample(np.full(n, 1.7), old, new)
    assert out.shape == (-int(-n * new // old),)
    np.testing.assert_array_equal(out, 1.7)


@given(
    frequency=st.floats(0.5, 30),
    phase=st.floats(0, 6.28),
    new=st.sampled_from([200.0, 250.0, 300.0, 360.0, 500.0, 1000.0, 333.3]),
)
def test_resampling_up_and_down_comes_back(frequency, phase, new):
    x = np.sin(2 * np.pi * frequency * np.arange(1500) / RATE + phase)
    back = resample(resample(x, RATE, new), new, RATE)[: x.size]
    np.testing.assert_allclose(back[100:-100], x[100:-100], atol=5e-3)


def test_resampled_sine_is_the_sine_at_the_new_rate():
    np.testing.assert_allclose(
        resample(sine(7, 3600, 360), 360, 300)[100:-100], sine(7, 3000, 300)[100:-100], atol=2e-3
    )


@given(x=recording(2, 30, 30), y=recording(2, 30, 30))
def test_resample_is_linear(x, y):
    np.testing.assert_allclose(
        resample(2 * x - y, 360, 300), 2 * resample(x, 360, 300) - resample(y, 360, 300), atol=1e-9
    )


@given(old=st.floats(10, 1000), share=st.floats(0.9, 1.1) | st.floats(0.02, 50))
def test_every_ratio_is_within_a_millionth(old, share):
    up, down = ratio_of_rates(old, old * share)
    assert abs(up / down / share - 1) <= 1.001e-6


@pytest.mark.parametrize(("old", "new"), [(124.98, 125.0), (249.9, 250.0), (360.0, 360.1), (128.0, 127.9)])
def test_rates_that_are_nearly_the_same(old, new):
    """An hour of a sine, sampled anew where the other rate has its samples."""
    n = round(3600 * old)
    found = resample(sine(5, n, old), old, new)
    assert found.size == np.ceil(np.round(n * new / old, 6))
    np.testing.assert_allclose(found[1000:-1000], sine(5, found.size, new)[1000:-1000], atol=5e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("old", "new"), [(360, 300), (300, 360), (250, 300), (299.99, 300), (300, 299.99), (1, 300)])
def test_resample_is_scipys_to_the_bit_each_time(dtype, old, new):
    x = np.random.default_rng(0).normal(size=(2, 900)).astype(dtype)
    up, down = ratio_of_rates(old, new)
    expected = scipy.signal.resample_poly(x - x[:, :1], up, down, axis=-1, padtype="edge") + x[:, :1]
    for _ in range(2):
        found = resample(x, old, new)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, expected)


def test_resample_at_extreme_ratios():
    assert resample(np.ones(30), 1e4, 1.0).shape == (1,)
    assert resample(np.ones(2), 1.0, 1e4).shape == (20_000,)
    # A ratio of no small fraction: within one sample in a million.
    assert abs(resample(np.ones(100_000), np.pi * 100, 300).size - 100_000 * 3 / np.pi) < 1.2


@given(n=st.integers(1, 300), length=st.integers(1, 100), stride=st.integers(1, 100))
def test_windows_cover_a_recording(n, length, stride):
    if stride > length:
        with pytest.raises(ValueError, match="samples between two windows would be in none"):
            window_starts(n, length, stride)
        return
    starts = window_starts(n, length, stride)
    assert starts.dtype == np.int64
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    assert (np.diff(starts) <= stride).all()
    if n <= length:
        assert len(starts) == 1
    else:
        assert starts[-1] + length == n
        assert (starts[:-1] == stride * np.arange(len(starts) - 1)).all()


@pytest.mark.parametrize("bad", [0, -1, 2.0, "3", True, None])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_bad_windows(bad, place):
    arguments = [10, 4, 2]
    arguments[place] = bad
    with pytest.raises(ValueError, match="must be a positive whole number of samples"):
        window_starts(*arguments)
