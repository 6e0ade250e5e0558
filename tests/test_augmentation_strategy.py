"""Sampling strategies: imbalanced-learn's own function is the oracle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.utils import check_sampling_strategy

from ecgclf.augmentation._strategy import STRATEGIES, n_to_generate

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
        (lambda y: 7, ["A", "N"], "sampling_strategy=7; as a number"),
    ],
)
def test_what_does_not_fit_the_labels_is_an_error(strategy, y, message):
    with pytest.raises(ValueError, match=message):
        n_to_generate(strategy, np.array(y))
