"""Input that cannot be used: a ValueError that names what is wrong."""

from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from ecgclf._recordings import check_recordings, object_array
from ecgclf.augmentation import RandomChanges
from ecgclf.decision import TunedDecisionClassifierCV
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
    ("labels", "message"),
    [
        (pd.Series(["A", pd.NA, "N", "A"], dtype="string"), "y contains NaN: <NA> for recording 1"),
        (np.array(["A", "N", None, "A"], dtype=object), "y contains NaN: None for recording 2"),
        (pd.Series(["A", "N", np.nan, "A"], dtype="category"), "y contains NaN: nan for recording 2"),
        (pd.Series([1, 2, 1, pd.NA], dtype="Int64"), "y contains NaN: <NA> for recording 3"),
        (["A", 1, "N", "A"], "y mixes text and numbers: 'A' for recording 0, 1 for recording 1"),
        (pd.Series([["A"], ["N"], ["A"], ["N"]]), r"y holds lists of labels, such as \['A'\] for recording 0"),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_labels_that_are_none(labels, message, wrapped):
    classifier = small("ResNetClassifier", max_epochs=1)
    with pytest.raises(ValueError, match=message):
        (TunedDecisionClassifierCV(classifier, cv=2) if wrapped else classifier).fit(GOOD, labels)
    if not wrapped and not isinstance(labels[0], list):
        with pytest.raises(ValueError, match=f"X_val: {message.replace('y ', 'y_val ', 1)}"):
            classifier.fit(GOOD, ["A", "N"] * 2, X_val=GOOD, y_val=labels)
        with pytest.raises(ValueError, match=message.replace("y ", "groups ", 1)):
            classifier.fit(GOOD, Y, groups=labels)


@pytest.mark.parametrize("y", [pd.Series([1, 2, 1, 2], dtype="Int64"), [True, False] * 2, pd.Series(["A", "N"] * 2)])
def test_labels_of_one_kind_are_taken(y):
    assert len(small("ResNetClassifier", max_epochs=1).fit(GOOD, y).classes_) == 2


@pytest.mark.parametrize(
    ("X", "columns"),
    [
        (pd.DataFrame({"I": GOOD, "II": GOOD}), "DataFrame of 2 columns, with recordings in I, II"),
        (pd.DataFrame({"ecg": GOOD, "age": 60.0}), "DataFrame of 2 columns, with recordings in ecg"),
        (pd.DataFrame({"ecg": GOOD, "age": 60.0}).to_numpy(), "ndarray of 2 columns, with recordings in 0"),
    ],
    ids=["leads", "age", "array"],
)
def test_a_frame_of_more_than_recordings(X, columns):
    with pytest.raises(ValueError, match=f"X is an? {columns}. Give one column"):
        small("ResNetClassifier", max_epochs=1).fit(X, Y)
    # A table of objects is one of numbers.
    small("ResNetClassifier", max_epochs=1).fit(np.stack(GOOD).astype(object), Y)


def test_recordings_beyond_what_a_network_can_compute():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=100) for _ in Y]
    classifier = small("ResNetClassifier", max_epochs=1).fit(X, Y)
    X[2] = np.where(np.arange(100) < 50, X[2], -3.3e38)
    for answer in (classifier.predict, classifier.predict_proba, classifier.predict_windows, classifier.transform):
        with pytest.raises(ValueError, match=r"recording 2 makes the network overflow: its largest sample is 3\.3e"):
            answer(X)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"class_weight": {0: -1.0}}, r"class_weight holds \{0: -1.0\}; expected numbers of at least 0"),
        ({"class_weight": {1: np.inf}}, r"class_weight holds \{1: inf\}"),
        ({"class_weight": {1: "2"}}, r"class_weight holds \{1: '2'\}"),
        ({"class_weight": {0: 0, 1: 0}}, "not all of them 0"),
        ({"class_weight": {0: 1, 1: 1, "AF": 9}}, r"class_weight names the labels \['AF'\], and y has \[0, 1\]"),
        ({"window_stride": {1: 20}}, "window_length=None has none"),
        ({"window_length": 30, "window_stride": {1: 20.5}}, "holds 20.5; expected whole numbers"),
        ({"window_length": 30, "window_stride": {1: -3}}, "positive whole number of samples, got -3"),
        ({"window_length": 30, "window_stride": {1: 40}}, "window_stride=40 is longer than window_length=30"),
        ({"window_length": 30, "window_stride": 40}, "window_stride=40 is longer than window_length=30"),
        ({"callbacks": [3]}, "callbacks holds 3; expected callbacks of skorch"),
        ({"callbacks": ["EarlyStopping"]}, "callbacks holds 'EarlyStopping'"),
        ({"callbacks": [dict]}, "callbacks holds <class 'dict'>"),
        ({"augmentation": RandomChanges}, "augmentation is the class RandomChanges. Give RandomChanges"),
        ({"n_filters": (8, 0, 8)}, r"n_filters=\(8, 0, 8\); expected whole numbers"),
        ({"strides": (2.0, 2, 2)}, r"strides=\(2.0, 2, 2\); expected whole numbers"),
    ],
    ids=str,
)
def test_parameters_that_do_not_fit(params, message):
    with pytest.raises(ValueError, match=message):
        small("CRANNClassifier", max_epochs=1, **params).fit(GOOD, Y)


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
    with pytest.raises(ValueError, match="kernel_sizes=.* need one entry each for every layer"):
        small("CRNNClassifier", n_filters=(8,)).fit(GOOD, Y)


def test_recordings_are_not_copied_when_they_are_floats():
    X = [np.zeros((2, 50), dtype=np.float32), np.zeros((2, 30))]
    recordings = check_recordings(RecordingNormalizer(), X)
    assert all(np.shares_memory(item, x) for item, x in zip(recordings.items, X, strict=True))


def test_integers_become_the_smallest_float_that_holds_them():
    recordings = check_recordings(RecordingNormalizer(), [np.arange(5, dtype=np.int16), np.arange(5)])
    assert [item.dtype for item in recordings.items] == [np.float32, np.float64]


@pytest.mark.parametrize("form", [np.asarray, list, lambda X: X[:, 0]], ids=["3-D", "list", "table"])
@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (np.int16, np.float32),
        (">i2", np.float32),
        (np.uint8, np.float32),
        (np.bool_, np.float32),
        (np.float16, np.float32),
        (np.int32, np.float64),
        (np.int64, np.float64),
        (np.float32, np.float32),
        (np.float64, np.float64),
    ],
)
def test_all_forms_of_recordings_become_the_same_float(form, dtype, expected):
    X = (np.arange(120).reshape(3, 2, 20) % 2).astype(dtype)
    assert {item.dtype for item in check_recordings(RecordingNormalizer(), form(X)).items} == {np.dtype(expected)}
