"""Sampling strategies and containers: imbalanced-learn itself is the oracle."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline
from imblearn.utils import check_sampling_strategy

from ecgclf.augmentation import WaveNetOverSampler
from ecgclf.augmentation._strategy import STRATEGIES, n_to_generate
from small import GENERATORS, small

labels = st.lists(st.sampled_from(["A", "N", "O", "~"]), min_size=2, max_size=40).filter(lambda y: len(set(y)) > 1)


def theirs(strategy, y):
    return {label: int(n) for label, n in check_sampling_strategy(strategy, y, "over-sampling").items()}


@given(y=labels, strategy=st.sampled_from(STRATEGIES))
def test_named_strategies(y, strategy):
    y = np.array(y)
    assert n_to_generate(strategy, y) == theirs(strategy, y)


@given(y=labels, data=st.data())
def test_dicts_and_callables(y, data):
    y = np.array(y)
    wanted = {
        str(label): int(n) + data.draw(st.integers(-1, 5))
        for label, n in zip(*np.unique(y, return_counts=True), strict=True)
        if data.draw(st.booleans())
    }
    for strategy in (wanted, lambda y: wanted):
        try:
            expected = theirs(strategy, y)
        except ValueError:
            with pytest.raises(ValueError, match="only adds"):
                n_to_generate(strategy, y)
        else:
            assert n_to_generate(strategy, y) == expected


@given(n_small=st.integers(1, 20), n_large=st.integers(1, 20), ratio=st.floats(0.01, 1))
def test_ratios(n_small, n_large, ratio):
    y = np.array([0] * n_small + [1] * n_large)
    try:
        expected = theirs(ratio, y)
    except ValueError:
        with pytest.raises(ValueError, match="Give a higher ratio"):
            n_to_generate(ratio, y)
    else:
        assert n_to_generate(ratio, y) == expected


@pytest.mark.parametrize(
    ("strategy", "y", "message"),
    [
        ({"X": 3}, ["A", "N"], "names the labels \\['X'\\], which y does not hold"),
        ({"A": 1.5}, ["A", "N"], "asks for 1.5 recordings of class 'A', which has 1"),
        (0.5, ["A", "N", "O"], "y has 3"),
        ("auto", ["A", "A"], "y has 1 class: 'A'"),
        (lambda y: 7, ["A", "N"], "sampling_strategy=7; expected the ratio of two classes"),
        (lambda y: "most", ["A", "N"], "sampling_strategy='most'; expected .* 'not majority'"),
        (lambda y: None, ["A", "N"], "sampling_strategy=None; expected"),
        (lambda y: True, ["A", "N"], "sampling_strategy=True; expected"),
        ({"A": True}, ["A", "N"], "asks for True recordings"),
        (1.0, ["A", "N"], "asks for no more than the 1 recordings that class"),
    ],
)
def test_what_does_not_fit_the_labels_is_an_error(strategy, y, message):
    with pytest.raises(ValueError, match=message):
        n_to_generate(strategy, np.array(y))


FRAME = pd.DataFrame(np.random.RandomState(0).randn(12, 40), index=range(50, 62)).add_prefix("t")
LABELS = ["N"] * 7 + ["A"] * 5
TARGETS = {
    "list": LABELS,
    "array": np.array(LABELS),
    "series": pd.Series(LABELS, name="rhythm", index=FRAME.index),
    "category": pd.Series(LABELS, name="rhythm", index=FRAME.index, dtype="category"),
    "numbers": pd.Series([3] * 7 + [1] * 5, index=FRAME.index, dtype="int8"),
}


@pytest.mark.parametrize("y", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize("X", [FRAME, FRAME.to_numpy(), FRAME.astype("float32")], ids=["frame", "array", "float32"])
def test_containers_are_those_of_imbalanced_learn(X, y):
    """The oracle is a sampler of theirs: types, names, dtypes and index."""
    theirs_X, theirs_y = RandomOverSampler(random_state=0).fit_resample(X, y)
    ours_X, ours_y = WaveNetOverSampler(**GENERATORS["WaveNetOverSampler"], random_state=0).fit_resample(X, y)
    assert type(ours_X) is type(theirs_X)
    assert type(ours_y) is (np.ndarray if isinstance(y, list) else type(theirs_y))
    assert list(ours_y) == list(theirs_y)
    if isinstance(X, pd.DataFrame):
        pd.testing.assert_frame_equal(ours_X[:12], theirs_X[:12])
        pd.testing.assert_index_equal(ours_X.index, theirs_X.index)
    if isinstance(y, pd.Series):
        pd.testing.assert_series_equal(ours_y, theirs_y)


def test_a_series_of_recordings_is_given_back_as_one():
    recordings = [np.random.RandomState(i).randn(30 + i) for i in range(12)]
    sampler = WaveNetOverSampler(**GENERATORS["WaveNetOverSampler"], random_state=0)
    series, _ = sampler.fit_resample(pd.Series(recordings, name="ecg"), LABELS)
    frame, _ = sampler.fit_resample(pd.DataFrame({"ecg": recordings}), LABELS)
    assert series.name == "ecg"
    assert frame.columns.tolist() == ["ecg"]
    plain, _ = sampler.fit_resample(recordings, LABELS)
    for x, of_series, of_frame in zip(plain, series, frame["ecg"], strict=True):
        np.testing.assert_array_equal(x, of_series)
        np.testing.assert_array_equal(x, of_frame)


def test_a_pipeline_on_named_columns_knows_them():
    sampler = WaveNetOverSampler(**GENERATORS["WaveNetOverSampler"], random_state=0)
    pipeline = make_pipeline(sampler, small("CRNNClassifier", max_epochs=1)).fit(FRAME, LABELS)
    assert pipeline[-1].feature_names_in_.tolist() == FRAME.columns.tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipeline.predict(FRAME)
