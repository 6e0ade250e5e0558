"""Scores against scikit-learn's own."""

import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from ecgclf.metrics import cinc2017_score, cinc2017_scorer, rhythm_f1_scores

LABELS = ["N", "A", "O", "~"]
pairs = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=40)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@given(pairs=pairs, labels=st.sampled_from([("N", "A", "O"), ("N", "A"), ("N", "A", "O", "~")]))
def test_score_is_scikit_learns_macro_f1_and_bounded(pairs, labels):
    y_true, y_pred = map(list, zip(*pairs, strict=True))
    score = cinc2017_score(y_true, y_pred, labels=labels)
    assert 0 <= score <= 1
    expected = f1_score(y_true, y_pred, labels=list(labels), average="macro", zero_division=0)
    assert score == pytest.approx(expected, abs=1e-12)


@given(pairs=pairs)
def test_rhythm_scores_are_scikit_learns(pairs):
    y_true, y_pred = map(list, zip(*pairs, strict=True))
    present = sorted(set(y_true) | set(y_pred))
    scores = rhythm_f1_scores(y_true, y_pred)
    assert list(scores) == present
    assert all(0 <= score <= 1 for score in scores.values())
    expected = f1_score(y_true, y_pred, average=None, labels=present, zero_division=0)
    np.testing.assert_allclose(list(scores.values()), expected)
    assert list(rhythm_f1_scores(y_true, y_pred, labels=LABELS)) == LABELS


def test_score_worked_out_by_hand():
    # N: 2 of 3 found, 1 called so wrongly, F1 = 4/6. A: 1 and 1. O: none found. Noise does not count itself.
    y_true = ["N", "N", "N", "A", "O", "~"]
    y_pred = ["N", "N", "~", "A", "N", "~"]
    assert rhythm_f1_scores(y_true, y_pred, labels=["N", "A", "O"]) == {
        "N": pytest.approx(2 / 3), "A": 1.0, "O": 0.0,
    }  # fmt: skip
    assert cinc2017_score(y_true, y_pred) == pytest.approx((2 / 3 + 1) / 3)


def test_absent_classes_count_as_zero_and_are_named():
    with pytest.warns(UndefinedMetricWarning, match=r"labels \['A', 'O'\] are neither .* labels="):
        assert cinc2017_score(["N", "N"], ["N", "N"]) == pytest.approx(1 / 3)
    with pytest.warns(UndefinedMetricWarning, match=r"labels \['N', 'A', 'O'\]"):
        assert cinc2017_score(["~"], ["~"]) == 0.0
    with pytest.warns(UndefinedMetricWarning, match=r"labels \['O'\]"):
        assert cinc2017_score(["A", "N"], ["A", "N"]) == pytest.approx(2 / 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cinc2017_score(["A", "N"], ["A", "N"], labels=["A", "N"]) == 1
        # Predicted is enough.
        assert cinc2017_score(["A", "N"], ["A", "O"]) == pytest.approx(1 / 3)
    assert rhythm_f1_scores(["N"], ["N"], labels=["A"]) == {"A": 0.0}


def test_labels_of_any_type():
    y_true, y_pred = np.array([0, 0, 1, 2, 3]), np.array([0, 3, 1, 2, 3])
    assert cinc2017_score(y_true, y_pred, labels=(0, 1, 2)) == pytest.approx((2 / 3 + 2) / 3)
    assert rhythm_f1_scores(y_true, y_pred) == {0: pytest.approx(2 / 3), 1: 1, 2: 1, 3: pytest.approx(2 / 3)}
    as_objects = np.array(["N", "A", "O"], dtype=object)
    assert cinc2017_score(as_objects, as_objects) == 1.0


@pytest.mark.parametrize(
    ("y_true", "y_pred", "options", "message"),
    [
        ([0, 1, 2], [0, 1, 2], {}, r"hold \[0, 1, 2\].*labels=\(0, 1, 2\)"),
        (["N", "AF"], ["N", "N"], {}, r"hold \['AF'\]"),
        (["N", "A"], ["N", "x"], {}, r"hold \['x'\]"),
        ([0, 1], [1, 0], {"labels": (7, 8)}, r"hold \[0, 1\]"),
        (["N"], ["N"], {"labels": ()}, "labels is empty"),
        ([], [], {}, "y_true is empty"),
        (["N", "A"], ["N"], {}, "inconsistent numbers of samples"),
    ],
)
def test_bad_labels(y_true, y_pred, options, message):
    with pytest.raises(ValueError, match=message):
        cinc2017_score(y_true, y_pred, **options)


def test_scorer_in_searches_and_through_pickle():
    rng = np.random.default_rng(0)
    y = np.array(LABELS)[np.arange(60) % 4]
    X = rng.normal(size=(60, 2)) + 3 * (np.arange(60) % 4)[:, np.newaxis]
    scorer = pickle.loads(pickle.dumps(cinc2017_scorer))
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 30]}, scoring=scorer, cv=3)
    search.fit(X, y)
    assert search.best_params_ == {"n_neighbors": 1}
    assert search.score(X, y) == cinc2017_score(y, search.predict(X)) == 1.0
    constant = DummyClassifier(strategy="constant", constant="N")
    # A quarter is N: precision 1/4 and recall 1 make 2/5, a third of the mean.
    np.testing.assert_allclose(cross_val_score(constant, X, y, scoring=cinc2017_scorer, cv=3), 2 / 15)
