"""The one gate: what a recording is, in whatever container it comes, and what is told of one that is not usable."""

import array
from collections import deque

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils import Bunch

from ecgclf._recordings import as_recording, check_recordings, object_array
from ecgclf.augmentation import WaveNetAugmenter
from ecgclf.datasets import make_recordings
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.explanation import LimeTimeSeriesExplainer
from ecgclf.metrics import cinc2017_score, expected_calibration_error, rhythm_f1_scores, rhythm_report
from ecgclf.plotting import RecordingDisplay
from ecgclf.preprocessing import (
    BandpassFilter,
    FixedLength,
    NotchFilter,
    RecordingNormalizer,
    Resampler,
    RRFeatures,
    WaveletDenoiser,
)
from ecgclf.signal import bandpass, find_gaps, find_r_peaks, normalize, resample, rr_intervals, rr_statistics
from small import GENERATORS, Column, small

RATE = 300.0


@pytest.fixture(scope="module")
def recordings():
    X, y = make_recordings(12, duration=(2.0, 3.0), random_state=0, return_X_y=True)
    return [np.asarray(x, dtype=np.float32) for x in X], y


@pytest.fixture(scope="module")
def fitted(recordings):
    return small("ResNetClassifier", max_epochs=2).fit(*recordings)


CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "object array": object_array,
    "column of an object array": lambda X: object_array(X)[:, np.newaxis],
    "Series": pd.Series,
    "Series of another index": lambda X: pd.Series(X, index=[f"r{i}" for i in range(len(X))][::-1]),
    "DataFrame of one column": lambda X: pd.DataFrame({"ecg": X}),
    "Series of lists": lambda X: pd.Series([x.tolist() for x in X]),
    "lists": lambda X: [x.tolist() for x in X],
    "tuples in a list": lambda X: [tuple(x.tolist()) for x in X],
    "Series in a list": lambda X: [pd.Series(x, index=np.arange(len(x)) + 5) for x in X],
    "tensors": lambda X: [torch.from_numpy(x) for x in X],
    "tensors in a tuple": lambda X: tuple(torch.from_numpy(x) for x in X),
    "array.array": lambda X: [array.array("f", x.tolist()) for x in X],
    "masked, nothing hidden": lambda X: [np.ma.array(x) for x in X],
    "strided": lambda X: [np.repeat(x, 2)[::2] for x in X],
    "backwards": lambda X: [x[::-1].copy()[::-1] for x in X],
    "big endian": lambda X: [x.astype(">f4") for x in X],
    "read-only": lambda X: [_read_only(x) for x in X],
    "longdouble": lambda X: [x.astype(np.longdouble) for x in X],
    "column of another library": Column,
    "columns of another library in a list": lambda X: [Column(x) for x in X],
    "object inside": lambda X: [x.astype(object) for x in X],
}


def _read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_container_makes_no_difference(container, recordings, fitted):
    X, y = recordings
    given_ = CONTAINERS[container](X)
    expected = fitted.predict_proba(X)
    np.testing.assert_allclose(fitted.predict_proba(given_), expected, atol=1e-6)
    again = small("ResNetClassifier", max_epochs=2).fit(given_, y)
    np.testing.assert_allclose(again.predict_proba(X), expected, atol=1e-5)
    normed = RecordingNormalizer().fit_transform(given_)
    for ours, theirs in zip(normed, RecordingNormalizer().fit_transform(X), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(
    "container",
    ["lists", "tensors", "nested lists", "DataFrames", "columns of time", "arrays of leads", "column of leads"],
)
def test_two_leads_in_other_containers(container):
    X, y = make_recordings(8, n_leads=2, duration=(2.0, 3.0), random_state=0, return_X_y=True)
    X = [x[:, :600] for x in X]
    make = {
        "lists": lambda X: [x.tolist() for x in X],
        "tensors": lambda X: [torch.from_numpy(np.asarray(x)) for x in X],
        "nested lists": lambda X: np.stack(X).tolist(),
        "DataFrames": lambda X: [pd.DataFrame(x) for x in X],
        "columns of time": lambda X: torch.from_numpy(np.stack(X)),
        "arrays of leads": lambda X: [object_array(list(x)) for x in X],
        "column of leads": lambda X: Column([object_array(list(x)) for x in X]),
    }[container]
    expected = small("LSTMClassifier", max_epochs=1).fit(X, y).predict_proba(X)
    found = small("LSTMClassifier", max_epochs=1).fit(make(X), y).predict_proba(make(X))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_lists_of_numbers_of_one_length_are_a_table(recordings):
    X, y = recordings
    classifier = small("LSTMClassifier", max_epochs=1).fit([x[:500].tolist() for x in X], y)
    assert classifier.n_features_in_ == 500


@pytest.mark.parametrize(
    ("X", "match"),
    [
        ({"a": 1, "b": 2}, r"X is a dict with the keys a, b. Give its recordings, such as X\[\"data\"\]"),
        (Bunch(data=[np.zeros(5)], target=[1]), "X is a Bunch with the keys data, target"),
        ((np.zeros(5) for _ in range(3)), r"X is a generator.*Give list\(X\)"),
        (map(np.zeros, [5, 6]), r"X is a map.*Give list\(X\)"),
        (np.zeros(500), r"X is one recording of 500 samples. Give a list of recordings, \[x\]"),
        ([0.1, 0.2, 0.3], r"X is one recording of 3 samples.*\[x\]"),
        (pd.Series(np.zeros(40)), "X is one recording of 40 samples"),
        (torch.zeros(40), "X is one recording of 40 samples"),
        ([np.zeros(5), "A00001"], "recording 1 is a str"),
        ([np.zeros(5), np.array("x")], "recording 1 is an array of 0 dimensions"),
        ([torch.zeros(5, requires_grad=True)] * 2, "recording 0 is a Tensor, which does not convert"),
        ([[0.0, 1.0], [0.0], ["x"]], "recording 2 has dtype <U1"),
        ([[[0.0, 1.0], [0.0]], [[1.0, 1.0]]], "recording 0 is a list, which does not convert"),
    ],
)
def test_what_is_no_collection_is_told(X, match, fitted):
    with pytest.raises(ValueError, match=match):
        fitted.predict(X)


TIMES = {
    "dates": np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "M8[D]"),
    "durations": np.array([1, 2, 3], "m8[s]"),
}


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
def test_dates_and_durations_are_no_voltages(times, fitted):
    """numpy turns them into numbers: days since 1970."""
    two = [times, times]
    collections = (np.stack(two), np.stack(two)[:, None], two, object_array(two), pd.DataFrame(np.stack(two)))
    for X in (*collections, [np.zeros(3), times], pd.Series(two)):
        for function in (fitted.predict, RecordingNormalizer().fit, LimeTimeSeriesExplainer().fit):
            with pytest.raises(ValueError, match=r"(X|recording [01]) has dtype .*which are times and no voltages"):
                function(X)
    with pytest.raises(ValueError, match="recording 1 has dtype"):
        fitted.predict([np.zeros(3), times])


@pytest.mark.parametrize("leads", [1, 2])
def test_masked_elements_in_a_list_are_missing_and_nothing_else_is_said(leads, fitted):
    recording = [0.0, np.ma.masked, 2.0]
    X = [np.zeros(3), recording] if leads == 1 else [np.zeros((2, 3)), [np.ma.array([0, 1, 2.0], mask=[0, 1, 0])] * 2]
    with pytest.raises(ValueError, match=r"recording 1 contains NaN \(first at lead 0, sample 1\)"):
        RecordingNormalizer().fit(X)


FORMS = {
    "table": lambda X: np.stack(X),
    "frame": lambda X: pd.DataFrame(np.stack(X)),
    "3-D": lambda X: np.stack(X)[:, np.newaxis],
    "ragged": list,
    "object array": object_array,
    "two leads": lambda X: [np.stack([x, x]) for x in X],
    "3-D of two leads": lambda X: np.stack([np.stack([x, x]) for x in X]),
}
WRONG = {
    "NaN": (np.nan, r"recording 7 contains NaN \(first at lead 0, sample 200\)"),
    "infinity": (np.inf, r"recording 7 contains infinity \(first at lead 0, sample 200\)"),
    "minus infinity": (-np.inf, r"recording 7 contains infinity \(first at lead 0, sample 200\)"),
    "beyond float32": (1e39, r"recording 7 contains 1e\+39 mV .*infinity in float32"),
    "far below": (-1e300, r"recording 7 contains -1e\+300 mV .*infinity in float32"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_value_that_is_none_is_named_in_every_form(form, wrong):
    value, match = WRONG[wrong]
    X = [np.zeros(300) + i for i in range(12)]
    y = list("ab") * 6
    good = FORMS[form]([x.copy() for x in X])
    X[7][200] = value
    for estimator in (small("LSTMClassifier", max_epochs=1), RecordingNormalizer()):
        with pytest.raises(ValueError, match=match):
            estimator.fit(FORMS[form](X), y)
        estimator.fit(good, y)
        with pytest.raises(ValueError, match=match):
            (estimator.transform if isinstance(estimator, RecordingNormalizer) else estimator.predict)(FORMS[form](X))


def test_padding_by_nan_is_told_what_to_do_instead():
    T = np.zeros((12, 300))
    T[7, 200:] = np.nan
    with pytest.raises(ValueError, match="recording 7 contains NaN.*give a list of recordings of their own lengths"):
        small("LSTMClassifier").fit(T, list("ab") * 6)


def _masked(x, at):
    mask = np.zeros(x.shape, dtype=bool)
    mask[..., at] = True
    return np.ma.array(x, mask=mask)


@pytest.mark.parametrize("form", ["table", "3-D", "ragged", "tuple of lists"])
@pytest.mark.parametrize("beneath", [0.0, 1e20, np.nan])
def test_a_mask_is_never_forgotten(form, beneath):
    X = [np.zeros(300) + i for i in range(12)]
    X[7][200] = beneath
    masked = [_masked(x, 200) if i == 7 else np.ma.array(x) for i, x in enumerate(X)]
    collection = {
        "table": lambda: np.ma.stack(masked),
        "3-D": lambda: np.ma.stack(masked)[:, np.newaxis],
        "ragged": lambda: masked,
        "tuple of lists": lambda: tuple([m] for m in masked),
    }[form]()
    for estimator in (small("LSTMClassifier", max_epochs=1), RecordingNormalizer(), RRFeatures(sampling_rate=RATE)):
        with pytest.raises(ValueError, match=r"recording 7 contains NaN \(first at lead 0, sample 200\)"):
            estimator.fit(collection, list("ab") * 6)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: bandpass(x, RATE, 0.5, 40.0),
        lambda x: find_r_peaks(x, RATE),
        lambda x: resample(x, RATE, 100.0),
        normalize,
        lambda x: LimeTimeSeriesExplainer(sampling_rate=RATE).explain(lambda X: np.ones((len(X), 2)) / 2, x),
    ],
)
def test_a_mask_is_never_forgotten_by_functions(function):
    x = _masked(np.random.RandomState(0).randn(900), 200)
    with pytest.raises(ValueError, match="masked|NaN"):
        function(x)
    with pytest.raises(ValueError, match="masked|NaN"):
        function([x, x])


LABELS = np.array(list("NNNAAAOOO~~~"))
SHARES = np.full((12, 4), 0.25)
BESIDE_RECORDINGS = {
    "y": lambda mask: small("ResNetClassifier", max_epochs=1).fit(np.ones((12, 300)), mask(LABELS)),
    "y of a list": lambda mask: small("ResNetClassifier", max_epochs=1).fit(list(np.ones((12, 300))), mask(LABELS)),
    "y, decisions": lambda mask: TunedDecisionClassifierCV(DummyClassifier(), cv=2).fit(
        np.ones((12, 3)), mask(LABELS)
    ),
    "groups": lambda mask: small("ResNetClassifier", max_epochs=1, validation_fraction=0.5).fit(
        np.ones((12, 300)), LABELS, groups=mask(np.arange(12))
    ),
    "groups, decisions": lambda mask: TunedDecisionClassifierCV(DummyClassifier(), cv=2).fit(
        np.ones((12, 3)), LABELS, groups=mask(np.arange(12))
    ),
    "y_true": lambda mask: cinc2017_score(mask(LABELS), LABELS),
    "y_pred": lambda mask: rhythm_f1_scores(LABELS, mask(LABELS)),
    "y_true of a report": lambda mask: rhythm_report(mask(LABELS), SHARES, list("NAO~"), n_resamples=2),
    "y_pred of a report": lambda mask: rhythm_report(LABELS, SHARES, list("NAO~"), y_pred=mask(LABELS), n_resamples=2),
    "probabilities": lambda mask: rhythm_report(LABELS, mask(SHARES), list("NAO~"), n_resamples=2),
    "probabilities of an error": lambda mask: expected_calibration_error(LABELS, mask(SHARES), list("NAO~")),
    "r_peaks": lambda mask: rr_statistics(mask(np.arange(0, 3600, 300)), RATE),
    "r_peaks of intervals": lambda mask: rr_intervals(mask(np.arange(0, 3600, 300)), RATE),
    "r_peaks of gaps": lambda mask: find_gaps(np.ones(4000), mask(np.arange(0, 3600, 300)), RATE),
    "gaps": lambda mask: rr_intervals(np.arange(0, 3600, 300), RATE, gaps=mask(np.array([[1, 2], [4, 5]]))),
    "r_peaks on paper": lambda mask: RecordingDisplay.from_recording(
        np.ones(4000), sampling_rate=RATE, r_peaks=mask(np.arange(0, 3600, 300))
    ),
    "attention": lambda mask: RecordingDisplay.from_recording(
        np.ones(400), sampling_rate=RATE, attention=mask(np.ones(400))
    ),
    "what a model answers": lambda mask: LimeTimeSeriesExplainer(sampling_rate=RATE).explain(
        lambda X: mask(np.full((len(X), 2), 0.5)), np.ones(900)
    ),
    "what a segmentation gives": lambda mask: LimeTimeSeriesExplainer(
        sampling_rate=RATE, segmentation=lambda x, rate: mask(np.arange(x.shape[-1]) // 300)
    ).explain(lambda X: np.full((len(X), 2), 0.5), np.ones(900)),
    "what a perturbation gives": lambda mask: LimeTimeSeriesExplainer(
        sampling_rate=RATE, perturbation=lambda x, replaced, rng: mask(x)
    ).explain(lambda X: np.full((len(X), 2), 0.5), np.ones(900)),
}


@pytest.mark.filterwarnings("ignore::ecgclf.explanation.ExplanationWarning")
@pytest.mark.parametrize("case", BESIDE_RECORDINGS)
def test_a_mask_on_what_stands_beside_recordings_is_never_forgotten(case):
    BESIDE_RECORDINGS[case](lambda values: np.ma.array(values))
    with pytest.raises(ValueError, match=r"has masked values \(first at index \("):
        BESIDE_RECORDINGS[case](lambda values: _masked(values, 1))


def test_what_is_masked_is_left_blank_on_paper():
    x = _masked(np.ones(600), slice(100, 200))
    display = RecordingDisplay.from_recording(x, sampling_rate=RATE)
    drawn = display.lines_[0].get_ydata()
    assert np.isnan(drawn).sum() == 100


EXCHANGED = {
    "list": lambda X: [x.T for x in X],
    "3-D": lambda X: np.stack([x[:, :600].T for x in X]),
    "3-D of one lead": lambda X: np.stack([x[:1, :600].T for x in X]),
    "tensors": lambda X: [torch.from_numpy(x.T.copy()) for x in X],
}


@pytest.mark.parametrize("form", EXCHANGED)
def test_time_and_leads_exchanged(form):
    X, y = make_recordings(8, n_leads=12, duration=(2.0, 3.0), random_state=0, return_X_y=True)
    wrong = EXCHANGED[form]([np.asarray(x) for x in X])
    for estimator in (
        small("ResNetClassifier", max_epochs=1),
        RecordingNormalizer(),
        BandpassFilter(sampling_rate=RATE),
        RRFeatures(sampling_rate=RATE),
    ):
        with pytest.raises(ValueError, match=r"recording 0 has \d+ leads of \d+ samples.*transpose, recording.T"):
            estimator.fit(wrong, y)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: bandpass(x, RATE, 0.5, 40.0),
        lambda x: resample(x, RATE, 100.0),
        normalize,
        lambda x: LimeTimeSeriesExplainer(sampling_rate=RATE).explain(lambda X: np.ones((len(X), 2)) / 2, x),
        lambda x: RecordingDisplay.from_recording(x, sampling_rate=RATE),
    ],
)
def test_time_and_leads_exchanged_in_functions(function):
    with pytest.raises(ValueError, match="5000 leads of 12 samples.*transpose"):
        function(np.zeros((5000, 12)))
    function(np.random.RandomState(0).randn(12, 500))


@given(n_leads=st.integers(1, 40), n_timepoints=st.integers(1, 60))
def test_only_the_absurd_is_taken_for_exchanged(n_leads, n_timepoints):
    recording = np.zeros((n_leads, n_timepoints))
    if n_leads > 32 and n_leads > n_timepoints:
        with pytest.raises(ValueError, match="transpose"):
            as_recording(recording, "x")
    else:
        assert as_recording(recording, "x") is recording


def test_a_deque_is_no_sequence_of_ours(fitted):
    """Told to give a list, or taken: no other error."""
    X = deque([np.zeros(400), np.zeros(500)])
    with pytest.raises(ValueError):  # noqa: PT011
        fitted.predict(X)


def test_nothing_is_copied():
    x = np.random.RandomState(0).randn(2, 500).astype(np.float32)
    (item,) = check_recordings(RecordingNormalizer(), [x]).items
    assert item is x or np.shares_memory(item, x)
    table = np.random.RandomState(0).randn(3, 50)
    items = check_recordings(RecordingNormalizer(), table).items
    assert all(np.shares_memory(item, table) for item in items)


def test_what_is_no_table_comes_back_as_it_is_whatever_container_is_asked_for(recordings):
    """No data frame can hold recordings of several lengths or leads."""
    X, y = recordings
    transformers = [
        RecordingNormalizer(),
        BandpassFilter(sampling_rate=RATE),
        NotchFilter(sampling_rate=RATE),
        WaveletDenoiser(),
        Resampler(100.0, sampling_rate=RATE),
        WaveNetAugmenter(**GENERATORS["WaveNetAugmenter"], random_state=0),
    ]
    two = np.stack([np.stack([x[:400], x[:400]]) for x in X])
    for transformer in [*transformers, FixedLength(100)]:
        for collection in (X, two) if not isinstance(transformer, FixedLength) else (two,):
            plain = clone(transformer).fit_transform(collection, y)
            found = clone(transformer).set_output(transform="pandas").fit_transform(collection, y)
            assert type(found) is type(plain)
            for ours, theirs in zip(found, plain, strict=True):
                np.testing.assert_array_equal(ours, theirs)
            fitted = clone(transformer).fit(collection, y)
            with pytest.raises(AttributeError):
                fitted.get_feature_names_out()
    with config_context(transform_output="pandas"):
        pipeline = make_pipeline(*transformers[:5], small("ResNetClassifier", max_epochs=1)).fit(X, y)
        assert pipeline.predict_proba(X).shape[0] == len(X)
        features = make_pipeline(RecordingNormalizer(), RRFeatures(sampling_rate=RATE)).fit_transform(X, y)
    assert list(features.columns[:1]) == ["n_beats"]


def test_a_table_in_a_frame(recordings):
    X = pd.DataFrame(np.stack([x[:400] for x in recordings[0]])).rename(columns="t{}".format)
    for transformer in (RecordingNormalizer(), WaveNetAugmenter(**GENERATORS["WaveNetAugmenter"], random_state=0)):
        found = transformer.set_output(transform="pandas").fit_transform(X, recordings[1])
        assert found.columns.tolist() == X.columns.tolist()
    assert FixedLength(7).set_output(transform="pandas").fit_transform(list(X.to_numpy())).shape == (12, 7)
