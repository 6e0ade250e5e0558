"""Input that cannot be used: a ValueError that names what is wrong."""

from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from ecgclf._recordings import check_recordings, object_array
from ecgclf.preprocessing import RecordingNormalizer
from small import NAMES, small

GOOD = [np.zeros(50) + i for i in range(4)]
Y = [0, 1, 0, 1]


def with_third(recording):
    return [*GOOD[:2], recording, GOOD[3]]


BAD = {
    "nan": (with_third(np.array([0.0, np.nan])), r"recording 2 contains NaN \(first at lead 0, sample 1\)"),
    "inf": (with_third(np.array([np.inf, 0.0])), "recording 2 contains infinity"),
    "zero length": (with_third(np.empty(0)), r"recording 2 has no samples \(shape \(0,\)\)"),
    "no leads": ([np.empty((0, 5))] * 4, "recording 0 has no samples"),
    "leads": (with_third(np.zeros((2, 50))), "recording 2 has 2 leads, recording 0 has 1 lead"),
    "dimensions": (with_third(np.zeros((1, 50))), "recording 2 is 2-D and recording 0 is 1-D"),
    "three dimensions": (with_third(np.zeros((1, 1, 50))), "recording 2 is an array of 3 dimensions"),
    "number inside": (with_third(0.5), "recording 2 is a float"),
    "none inside": (with_third(None), "recording 2 is None; expected"),
    "strings": (with_third(np.array(["0.1", "V"])), "recording 2 has dtype <U3, which does not convert to numbers"),
    "complex": (with_third(np.zeros(50, dtype=complex)), "Complex data not supported: recording 2"),
    "empty list": ([], r"^X, a list, holds no recordings. Give at least one.$"),
    "empty tuple": ((), "^X, a tuple, holds no recordings"),
    "empty object array": (object_array([]), r"^X, an ndarray of shape \(0,\), holds no recordings"),
    "empty Series": (pd.Series([], dtype=object), r"^X, a Series of shape \(0,\), holds no recordings"),
    "empty frame": (pd.DataFrame(), r"^X, a DataFrame of shape \(0, 0\), holds no recordings"),
    "empty 2-D": (np.empty((0, 50)), r"^X, an ndarray of shape \(0, 50\), holds no recordings"),
    "empty 3-D": (np.empty((0, 1, 50)), r"^X, an ndarray of shape \(0, 1, 50\), holds no recordings"),
    "2-D without time": (np.empty((4, 0)), r"0 feature\(s\).*its recordings have no samples"),
    "frame without time": (pd.DataFrame(index=range(4)), "its recordings have no samples"),
    "lists without time": ([[], []], "^recording 0 has no samples"),
    "3-D without leads": (np.empty((4, 0, 50)), "has no leads"),
    "3-D without time": (np.empty((4, 2, 0)), "has no samples"),
    "3-D nan": (np.full((4, 2, 5), np.nan), "NaN"),
    "3-D complex": (np.zeros((4, 2, 5), dtype=complex), "Complex data not supported"),
    "4-D": (np.zeros((4, 1, 1, 5)), r"^X is an array of 4 dimensions, shape \(4, 1, 1, 5\); expected a list"),
    "one recording": (np.zeros(50), "Expected 2D array, got 1D array"),
    "table nan": (np.full((4, 5), np.nan), "NaN"),
    "table strings": (np.full((4, 5), "V"), "could not convert|convert"),
    "sparse": (sparse.csr_array(np.eye(4)), r"Sparse data was passed.*toarray\(\)"),
    "sparse matrix": (sparse.csr_matrix(np.eye(4)), "Sparse data was passed"),
    "scalar": (3.0, "^X is a float; expected a list of recordings, a table"),
    "0-D": (np.array(3.0), "^X is an array of 0 dimensions"),
    "nothing": (None, "^X is None; expected a list"),
    "a thing": (object(), "^X is an object; expected a list"),
    "a set": ({1, 2}, r"^X is a set, which cannot be indexed. Give list\(X\)"),
    "an islice": (islice([np.zeros(50)], 1), r"^X is an islice, which can be read only once. Give list\(X\)"),
    "no things": ([None, None, None, None], "^recording 0 is None; expected an ndarray"),
    "an empty dict": ({}, "^X is a dict. Give its recordings"),
    "names": (["A00001"] * 4, "^recording 0 is a str; expected an ndarray"),
    "text": ("A00001", r"^X is a str; expected a list.*read_recordings\(path\)"),
    "path": (Path("A00001"), r"^X is an? \w*Path; expected a list.*read_recordings\(path\)"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize(
    "estimator", [small("CRNNClassifier", max_epochs=1), RecordingNormalizer()], ids=["clf", "transformer"]
)
def test_unusable_recordings(estimator, case):
    X, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, Y)
    estimator.fit(GOOD, Y)
    method = estimator.predict if hasattr(estimator, "predict") else estimator.transform
    with pytest.raises(ValueError, match=message if "3-D" not in case and "table" not in case else None):
        method(X)


@pytest.mark.parametrize("name", NAMES)
def test_unusable_labels(name):
    classifier = small(name, max_epochs=1)
    with pytest.raises(ValueError, match=r"at least two classes; y has 1 class: 'N'"):
        classifier.fit(GOOD, ["N"] * 4)
    with pytest.raises(ValueError, match="1 class"):
        classifier.fit(GOOD[:1], ["N"])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        classifier.fit(GOOD, Y[:3])
    with pytest.raises(ValueError, match="y is None|requires y"):
        classifier.fit(GOOD, None)
    with pytest.raises(ValueError, match="NaN"):
        classifier.fit(GOOD, [0.0, 1.0, np.nan, 0.0])
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        classifier.fit(GOOD, [0.5, 1.2, 3.3, 0.1])


@pytest.mark.parametrize(
    "params",
    [
        {"max_epochs": 0},
        {"batch_size": 2.5},
        {"learning_rate": 0},
        {"class_weight": "heavy"},
        {"window_length": 0},
        {"precision": "float16"},
        {"callbacks": "EarlyStopping"},
        {"validation_fraction": 1.0},
        {"dropout": 1.0},
        {"device": 0},
    ],
    ids=str,
)
def test_unusable_parameters(params):
    (name,) = params
    with pytest.raises(ValueError, match=f"The '{name}' parameter"):
        small("ResNetClassifier", **params).fit(GOOD, Y)


def test_segment_too_short_for_its_kernels():
    with pytest.raises(ValueError, match=r"segment of 12 timepoints has 12 left where a kernel of 16 should fit"):
        small("CRNNClassifier", segment_length=12).fit(GOOD, Y)
    with pytest.raises(ValueError, match="n_filters, kernel_sizes and strides need one entry per convolution"):
        small("CRNNClassifier", n_filters=(8,)).fit(GOOD, Y)


def test_recordings_are_not_copied_when_they_are_floats():
    X = [np.zeros((2, 50), dtype=np.float32), np.zeros((2, 30))]
    recordings = check_recordings(RecordingNormalizer(), X)
    assert all(np.shares_memory(item, x) for item, x in zip(recordings.items, X, strict=True))


def test_integers_become_the_smallest_float_that_holds_them():
    recordings = check_recordings(RecordingNormalizer(), [np.arange(5, dtype=np.int16), np.arange(5)])
    assert [item.dtype for item in recordings.items] == [np.float32, np.float64]
