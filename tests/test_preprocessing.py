"""The transformers: scikit-learn's checks, kinds, and the functions beneath them as oracles."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from ecgclf import signal
from ecgclf.datasets import make_recordings
from ecgclf.preprocessing import (
    BandpassFilter,
    FixedLength,
    NotchFilter,
    RecordingNormalizer,
    Resampler,
    RRFeatures,
    SignalQuality,
    WaveletDenoiser,
)
from strategies import collections

KIND_KEEPING = [
    (BandpassFilter(sampling_rate=300.0), lambda x: signal.bandpass(x, 300, 0.5, 40)),
    (NotchFilter(60.0, quality=20.0, sampling_rate=300.0), lambda x: signal.notch(x, 300, 60, 20)),
    (WaveletDenoiser(), signal.wavelet_denoise),
    (WaveletDenoiser("sym4", 3), lambda x: signal.wavelet_denoise(x, wavelet="sym4", level=3)),
    (Resampler(sampling_rate=300.0), np.asarray),
    (Resampler(250.0, sampling_rate=300.0), lambda x: signal.resample(x, 300, 250)),
    (Resampler(300.0, sampling_rate=100.0), lambda x: signal.resample(x, 100, 300)),
    (RecordingNormalizer(), signal.normalize),
    (RecordingNormalizer("robust", clip=2.0), lambda x: signal.normalize(x, "robust", 2.0)),
]
EVERY = [transformer for transformer, _ in KIND_KEEPING] + [
    FixedLength(),
    FixedLength(5, position="center", mode="repeat"),
    RRFeatures(300),
]


def kind_of(X):
    if isinstance(X, list):
        return "list", X[0].ndim
    return ("object", X[0].ndim) if X.dtype == object else (X.ndim, None)


@pytest.mark.parametrize(("transformer", "function"), KIND_KEEPING, ids=[repr(pair[0]) for pair in KIND_KEEPING])
@given(X=collections())
def test_kind_in_is_kind_out_and_each_recording_stands_alone(transformer, function, X):
    before = pickle.dumps(X)
    out = clone(transformer).fit_transform(X)
    assert kind_of(out) == kind_of(X)
    assert len(out) == len(X)
    assert pickle.dumps(X) == before, "the input was modified"
    for came, went in zip(X, out, strict=True):
        np.testing.assert_allclose(went, function(came), atol=1e-9)


@given(X=collections(), position=st.sampled_from(["start", "center", "end"]))
def test_fixed_length_makes_a_table_of_one_lead_and_an_array_of_several(X, position):
    out = FixedLength(50, position=position).fit_transform(X)
    first = X[0] if X[0].ndim == 2 else X[0][np.newaxis]
    assert out.shape == ((len(X), 50) if len(first) == 1 else (len(X), len(first), 50))
    for came, went in zip(X, out, strict=True):
        # Zeros and nothing else are added, and a contiguous part is kept.
        n = np.shape(came)[-1]
        spare = abs(n - 50)
        before = {"start": 0, "center": spare // 2, "end": spare}[position]
        came, went = np.atleast_2d(came), np.atleast_2d(went)
        if n >= 50:
            np.testing.assert_array_equal(went, came[:, before : before + 50])
        else:
            np.testing.assert_array_equal(went[:, before : before + n], came)
            assert np.count_nonzero(went) == np.count_nonzero(came)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("zero", [0, 0, 1, 2, 3, 0, 0]),
        ("edge", [1, 1, 1, 2, 3, 3, 3]),
        ("repeat", [2, 3, 1, 2, 3, 1, 2]),
    ],
)
def test_fixed_length_pads(mode, expected):
    X = [np.array([1.0, 2.0, 3.0])]
    out = FixedLength(7, position="center", mode=mode).fit_transform(X)
    np.testing.assert_array_equal(out, [expected])


def test_fixed_length_has_room_for_every_dtype():
    X = [np.array([1.0, 2.0], dtype=np.float32), np.array([1 / 3, 2 / 3])]
    out = FixedLength(2).fit_transform(X)
    assert out.dtype == np.float64
    np.testing.assert_array_equal(out[1], X[1])


def test_float32_stays_float32():
    X = [np.ones((2, n), dtype=np.float32) for n in (4, 9)]
    for transformer, _ in KIND_KEEPING:
        assert all(item.dtype == np.float32 for item in clone(transformer).fit_transform(X))
    assert FixedLength(7).fit_transform(X).dtype == np.float32


@pytest.mark.parametrize("transformer", EVERY, ids=repr)
def test_another_number_of_leads_at_transform(transformer):
    fitted = clone(transformer).fit([np.ones((2, 20)), np.ones((2, 30))])
    with pytest.raises(ValueError, match=r"X has 1 lead, but .* was fitted on 2 leads"):
        fitted.transform([np.ones(20)])


@pytest.mark.parametrize("transformer", EVERY, ids=repr)
def test_not_fitted(transformer):
    with pytest.raises(NotFittedError):
        clone(transformer).transform([np.ones(20)])


@pytest.mark.parametrize(
    ("transformer", "message"),
    [
        (BandpassFilter(sampling_rate=79.0), r"high=40.0 Hz .* Nyquist .* is 39.5 Hz"),
        (BandpassFilter(high=40.0, sampling_rate=80.0), "Nyquist"),
        (BandpassFilter(50.0, 40.0, sampling_rate=300.0), "low=50.0 Hz must lie below high=40.0"),
        (BandpassFilter(order=0, sampling_rate=300.0), "'order' parameter of BandpassFilter"),
        (BandpassFilter(sampling_rate="300"), "'sampling_rate' parameter of BandpassFilter"),
        (BandpassFilter(sampling_rate=np.inf), "'sampling_rate' parameter of BandpassFilter"),
        (BandpassFilter(sampling_rate=True), "'sampling_rate' parameter of BandpassFilter"),
        (NotchFilter(sampling_rate=100.0), "frequency=50.0 Hz"),
        (NotchFilter(quality=0.0, sampling_rate=300.0), "'quality' parameter"),
        (WaveletDenoiser("db99"), "wavelet='db99'"),
        (WaveletDenoiser(level=0), "'level' parameter"),
        (Resampler(-1.0, sampling_rate=300.0), "'new_sampling_rate' parameter"),
        (Resampler(sampling_rate=True), "'sampling_rate' parameter of Resampler"),
        (Resampler(True, sampling_rate=300.0), "'new_sampling_rate' parameter of Resampler"),
        (Resampler(0.3, sampling_rate=300.0), "new_sampling_rate=0.3; expected a number of Hz from 10"),
        (Resampler(sampling_rate=0.36), "sampling_rate=0.36; expected a number of Hz from 10"),
        (NotchFilter(quality=0.3, sampling_rate=300.0), "quality=0.3 makes a notch at 50 Hz wider"),
        (RecordingNormalizer("minmax"), "'method' parameter"),
        (RecordingNormalizer(clip=-1.0), "'clip' parameter"),
        (FixedLength(0), "'n_timepoints' parameter"),
        (FixedLength(mode="mirror"), "'mode' parameter"),
        (FixedLength(position="middle"), "'position' parameter"),
        (RRFeatures(sampling_rate=30.0), "at least 50 Hz"),
    ],
    ids=repr,
)
def test_bad_parameters_are_an_error_at_fit(transformer, message):
    with pytest.raises(ValueError, match=message):
        transformer.fit([np.ones(100)])


def test_every_transformer_in_a_pipeline_before_a_table_estimator():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=rng.integers(200, 400)) for _ in range(12)]
    y = np.arange(12) % 2
    model = make_pipeline(
        BandpassFilter(sampling_rate=300.0), NotchFilter(sampling_rate=300.0), Resampler(100.0, sampling_rate=300.0),
        WaveletDenoiser(), RecordingNormalizer(),
        FixedLength(60), LogisticRegression(),
    )  # fmt: skip
    assert model.fit(X, y).predict_proba(X).shape == (12, 2)
    assert model[:-1].transform(X).shape == (12, 60)


@pytest.mark.parametrize(
    ("transformer", "n_columns"),
    [
        (BandpassFilter(sampling_rate=300.0), 90),
        (Resampler(100.0, sampling_rate=300.0), 30),
        (FixedLength(7), 7),
        (RRFeatures(300), 11),
    ],
    ids=repr,
)
def test_tables_as_data_frames(transformer, n_columns):
    out = clone(transformer).set_output(transform="pandas").fit_transform(np.ones((3, 90)))
    assert out.shape == (3, n_columns)
    assert out.columns.is_unique


@pytest.mark.parametrize(
    "step", [BandpassFilter(sampling_rate=300.0), Resampler(150.0, sampling_rate=300.0)], ids=repr
)
def test_figures_of_recordings_of_any_lengths_come_in_data_frames(step):
    """Also if that is asked for when the steps before are fitted, whose recordings make no table."""
    X = make_recordings(6, duration=(4.0, 8.0), random_state=0).data
    rate = getattr(step, "new_sampling_rate", 300.0)
    pipeline = make_pipeline(clone(step), RRFeatures(rate)).fit(X)
    names = pipeline[-1].get_feature_names_out().tolist()
    frame = pipeline.set_output(transform="pandas").transform(X)
    assert frame.columns.tolist() == names
    assert isinstance(pipeline.set_output(transform="default").transform(X), np.ndarray)
    union = make_union(pipeline, SignalQuality(300)).set_output(transform="pandas")
    assert union.fit_transform(X).shape == (6, len(names) + len(union.transformer_list[1][1]._names))
    # What is no table comes as it is.
    np.testing.assert_array_equal(
        pipeline[0].set_output(transform="pandas").transform(X)[2], step.fit(X).transform(X)[2]
    )


# Heart-rate variability


def ecg(times, n_timepoints):
    time = np.arange(n_timepoints) / 300
    return sum(np.exp(-(((time - beat) / 0.02) ** 2)) for beat in times)


def features(X):
    rr = RRFeatures(300).fit(X)
    return [dict(zip(rr.get_feature_names_out(), row, strict=True)) for row in rr.transform(X)]


def test_rr_features_in_closed_form():
    intervals = np.array([0.8, 0.8, 0.6, 1.0, 0.82, 0.8, 0.7])
    times = np.concatenate([[0.5], 0.5 + np.cumsum(intervals)])
    (found,) = features([ecg(times, 2000)])
    steps = np.diff(intervals)
    expected = {
        "n_beats": 8,
        "mean_rr": intervals.mean(),
        "median_rr": 0.8,
        "min_rr": 0.6,
        "max_rr": 1.0,
        "sdnn": intervals.std(ddof=1),
        "rmssd": np.sqrt((steps**2).mean()),
        "pnn50": 4 / 6,
        "cv_rr": intervals.std(ddof=1) / intervals.mean(),
        "rmssd_ratio": np.sqrt((steps**2).mean()) / intervals.mean(),
        "median_heart_rate": 75,
    }
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-6), name


def test_rr_features_of_few_beats_are_zero_and_finite():
    none, one, two = features([np.zeros(900), ecg([1.5], 900), ecg([1.0, 1.8], 900)])
    assert set(none.values()) == {0.0}
    assert one["n_beats"] == 1
    assert sum(one.values()) == 1
    assert two["mean_rr"] == pytest.approx(0.8)
    assert two["median_heart_rate"] == pytest.approx(75)
    assert two["sdnn"] == two["rmssd"] == two["pnn50"] == two["cv_rr"] == two["rmssd_ratio"] == 0


@given(X=collections())
def test_rr_features_are_a_finite_table(X):
    out = RRFeatures(300).fit_transform(X)
    assert out.shape == (len(X), 11)
    assert np.isfinite(out).all()


def test_rr_features_tell_an_irregular_rhythm():
    rng = np.random.default_rng(0)
    regular, irregular = features(
        [
            ecg(np.arange(0.5, 29, 0.8), 9000),
            ecg(0.5 + np.cumsum(rng.uniform(0.45, 1.2, size=33)), 9000),
        ]
    )
    assert regular["rmssd"] < 0.01
    assert irregular["rmssd"] > 0.2
