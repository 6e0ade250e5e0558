"""What a fit is watched by: recordings set aside, whole patients, or recordings of one's own."""

import threading

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    LeaveOneGroupOut,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedGroupKFold,
    TimeSeriesSplit,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from skorch.callbacks import Callback, EarlyStopping

from ecgclf._splits import set_aside
from ecgclf.datasets import make_recordings
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.preprocessing import RecordingNormalizer
from small import NAMES, small

each = pytest.mark.parametrize("name", NAMES)


class Watch(Callback):
    """Remembers the first sample of what is trained on and of what is watched."""

    seen: list = []  # of all copies

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        sides = [
            {float(data.items[i][0, 0]) for i in data.windows[:, 0]} if data is not None else set()
            for data in (dataset_train, dataset_valid)
        ]
        self.seen.append(sides)


@pytest.fixture
def seen():
    Watch.seen.clear()
    return Watch.seen


@pytest.fixture(scope="module")
def patients():
    """Sixty recordings of twenty patients, told apart by the first sample of each: patient + number / 10."""
    X, y = make_recordings(
        60, classes=("N", "A"), sampling_rate=100.0, duration=(2.0, 3.0), random_state=0, return_X_y=True
    )
    groups = np.random.RandomState(0).permutation(np.repeat(np.arange(20), 3))
    for i in range(60):
        X[i] = X[i].copy()
        X[i][..., 0] = groups[i] + (groups[:i] == groups[i]).sum() / 10
    return X, y, groups


def persons(side):
    return {int(first) for first in side}


def watched(**params):
    return small("CRNNClassifier", max_epochs=1, callbacks=[Watch()], **params)


SPLITS = [0.2, GroupShuffleSplit(1, test_size=0.2, random_state=1), GroupKFold(5), LeaveOneGroupOut()]


@pytest.mark.parametrize("validation_fraction", SPLITS, ids=lambda split: type(split).__name__)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_no_patient_is_on_both_sides(validation_fraction, early_stopping, patients, seen):
    X, y, groups = patients
    names = np.array([f"patient {group}" for group in groups])
    params = {"validation_fraction": validation_fraction, "early_stopping": early_stopping}
    watched(**params, window_length=100).fit(X, y, groups=names)
    ((training, validation),) = seen
    assert persons(training).isdisjoint(persons(validation))
    assert len(training) + len(validation) == 60
    assert len(persons(validation)) == (1 if isinstance(validation_fraction, LeaveOneGroupOut) else 4)


def test_what_is_set_aside_does_not_scale_the_input():
    X, y = make_recordings(24, duration=2.0, random_state=0, return_X_y=True)
    y, loud = np.array(["A", "N"] * 12), np.arange(24) < 8
    X = [1000 * x if far else x for x, far in zip(X, loud, strict=True)]
    split = PredefinedSplit(np.where(loud, 0, -1))
    watched = small("ResNetClassifier", max_epochs=1, validation_fraction=split).fit(X, y)
    alone = small("ResNetClassifier", max_epochs=1).fit(X[8:], y[8:])
    for name in ("mean", "std"):
        ours, theirs = (getattr(each.net_.module_.scale, name).numpy() for each in (watched, alone))
        np.testing.assert_array_equal(ours, theirs)


def test_without_groups_patients_are_torn_apart(patients, seen):
    """The oracle of the test above: it would see it."""
    X, y, _ = patients
    watched(validation_fraction=0.2).fit(X, y)
    ((training, validation),) = seen
    assert persons(training) & persons(validation)


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("cv", [3, 0.3, GroupKFold(3), StratifiedGroupKFold(3)], ids=str)
def test_tuned_decisions_keep_patients_together(cv, routing, n_jobs, patients, seen):
    X, y, groups = patients
    classifier = watched(early_stopping=True)
    with sklearn.config_context(enable_metadata_routing=routing):
        if routing:
            classifier.set_fit_request(groups=True)
        tuned = TunedDecisionClassifierCV(classifier, cv=cv, random_state=0, n_jobs=n_jobs)
        tuned.fit(X, y, groups=groups)
    # Of folds fitted in other processes nothing is seen here but the last fit.
    for training, validation in seen:
        assert validation
        assert persons(training).isdisjoint(persons(validation))
    if n_jobs is None:
        *folds, last = seen
        assert len(folds) == (1 if cv == 0.3 else 3)
        everybody = set(range(20))
        outside = [everybody - persons(training | validation) for training, validation in folds]
        assert all(outside)
        assert all(len(one | two) in (57, 60) or one | two < set(X_first(X)) for one, two in folds)
        if cv != 0.3:
            assert set().union(*outside) == everybody
        assert persons(last[0] | last[1]) == everybody


def X_first(X):
    return [float(x.ravel()[0]) for x in X]


@pytest.mark.parametrize("search", ["cross_validate", "grid", "pipeline", "tuned"])
def test_groups_are_routed(search, patients, seen):
    X, y, groups = patients
    with sklearn.config_context(enable_metadata_routing=True):
        classifier = watched(validation_fraction=0.3).set_fit_request(groups=True)
        if search == "cross_validate":
            cross_validate(classifier, X, y, cv=GroupKFold(3), params={"groups": groups})
        elif search == "grid":
            grid = {"learning_rate": [1e-3, 1e-2]}
            GridSearchCV(classifier, grid, cv=GroupKFold(3)).fit(X, y, groups=groups)
        elif search == "pipeline":
            pipeline = make_pipeline(_AsIs().set_output(transform="default"), classifier)
            cross_validate(pipeline, X, y, cv=GroupKFold(3), params={"groups": groups})
        else:
            tuned = TunedDecisionClassifierCV(classifier, cv=2).set_fit_request(groups=True)
            cross_validate(tuned, X, y, cv=GroupKFold(3), params={"groups": groups})
    assert len(seen) == {"cross_validate": 3, "grid": 7, "pipeline": 3, "tuned": 9}[search]
    for training, validation in seen:
        assert validation
        assert persons(training).isdisjoint(persons(validation))


class _AsIs(RecordingNormalizer):
    """A step that keeps the mark of a recording."""

    def transform(self, X):
        return X


def test_groups_that_nobody_asked_for_are_named(patients):
    X, y, groups = patients
    with sklearn.config_context(enable_metadata_routing=True), pytest.raises(ValueError, match="set_fit_request"):
        TunedDecisionClassifierCV(watched(), cv=2).fit(X, y, groups=groups)


@pytest.mark.parametrize("early_stopping", [False, True])
@each
def test_recordings_of_one_s_own(name, early_stopping, patients, seen):
    X, y, _ = patients
    classifier = small(name, max_epochs=6, early_stopping=early_stopping, callbacks=[Watch()])
    classifier.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    assert len(seen) == 6
    assert all(side == [set(X_first(X[:40])), set(X_first(X[40:]))] for side in seen)
    losses = classifier.net_.history[:, "valid_loss"]
    assert len(losses) == 6
    assert classifier.best_epoch_ == 1 + np.argmin(losses)
    # The loss of an epoch comes out again, from the weights that were kept.
    probabilities = classifier.predict_proba(X[40:])
    loss = sklearn.metrics.log_loss(y[40:], probabilities, labels=classifier.classes_)
    kept = classifier.best_epoch_ if early_stopping else 6
    assert losses[kept - 1] == pytest.approx(loss, abs=1e-4)


def test_validation_recordings_change_no_weight(patients):
    X, y, _ = patients
    plain = small("CRNNClassifier").fit(X[:40], y[:40])
    with_curve = small("CRNNClassifier").fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    np.testing.assert_array_equal(plain.predict_proba(X), with_curve.predict_proba(X))
    assert not hasattr(plain, "best_epoch_")


def test_best_epoch_is_of_the_last_fit(patients):
    X, y, _ = patients
    classifier = small("CRNNClassifier", max_epochs=3, warm_start=True, validation_fraction=0.3, learning_rate=0.05)
    classifier.fit(X, y).fit(X, y)
    losses = classifier.net_.history[:, "valid_loss"]
    assert len(losses) == 6
    assert classifier.best_epoch_ == 4 + np.argmin(losses[3:])
    classifier.set_params(validation_fraction=None).fit(X, y)
    assert not hasattr(classifier, "best_epoch_")


def test_early_stopping_keeps_the_best_epoch(patients, seen):
    X, y, _ = patients
    classifier = small(
        "ResNetClassifier",
        max_epochs=40,
        learning_rate=0.1,
        schedule="constant",
        early_stopping=True,
        validation_fraction=0.3,
        n_iter_no_change=3,
        callbacks=[Watch()],
    ).fit(X, y)
    losses = np.array(classifier.net_.history[:, "valid_loss"])
    assert len(losses) < 40
    assert classifier.best_epoch_ == len(losses) - 3 == 1 + np.argmin(losses)
    held_out = [i for i, first in enumerate(X_first(X)) if first in seen[0][1]]
    assert len(held_out) == 18
    probabilities = classifier.predict_proba([X[i] for i in held_out])
    loss = sklearn.metrics.log_loss(y[held_out], probabilities, labels=classifier.classes_)
    assert loss == pytest.approx(losses.min(), abs=1e-4)


def test_in_a_pipeline_validation_recordings_are_transformed(patients):
    X, y, _ = patients
    loud = [50 * x for x in X[40:]]
    with sklearn.config_context(enable_metadata_routing=True):
        classifier = small("CRNNClassifier").set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(RecordingNormalizer(), classifier, transform_input=["X_val"])
        pipeline.fit(X[:40], y[:40], X_val=loud, y_val=y[40:])
    by_hand = small("CRNNClassifier")
    normal = RecordingNormalizer().fit(X)
    by_hand.fit(normal.transform(X[:40]), y[:40], X_val=normal.transform(X[40:]), y_val=y[40:])
    ours, theirs = (net.net_.history[:, "valid_loss"] for net in (pipeline[-1], by_hand))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("n_validation", [10, 60], ids=["fewer", "as many"])
def test_tuned_decisions_pass_validation_recordings_on_whole(n_validation, patients, seen):
    """Also where they are as many as the recordings, and might be taken for one of these each."""
    X, y, _ = patients
    others = [x + 100 for x in X[:n_validation]]
    TunedDecisionClassifierCV(watched(), cv=2).fit(X, y, X_val=others, y_val=y[:n_validation])
    assert len(seen) == 3
    assert all(validation == {float(x.ravel()[0]) for x in others} for _, validation in seen)


def test_a_table_of_one_s_own():
    table, y = np.random.RandomState(0).randn(30, 150), np.arange(30) % 2
    frame = pd.DataFrame(table).rename(columns=str)
    classifier = small("CRNNClassifier").fit(frame[:20], y[:20], X_val=frame[20:], y_val=y[20:])
    assert classifier.best_epoch_ >= 1
    with pytest.raises(ValueError, match="X_val: X has 140 features, but .* 150"):
        classifier.fit(table[:20], y[:20], X_val=table[20:, :140], y_val=y[20:])


@pytest.mark.parametrize(
    ("arguments", "params", "match"),
    [
        ({"X_val": 20}, {}, "X_val was given without y_val"),
        ({"y_val": 20}, {}, "y_val was given without X_val"),
        ({"X_val": 20, "y_val": 19}, {}, "X_val: .*inconsistent numbers.*20.*19"),
        ({"X_val": 20, "y_val": 20}, {"validation_fraction": 0.2}, "validation_fraction=0.2 sets other recordings"),
        ({"X_val": 20, "y_val": ["N"] * 19 + ["x"]}, {}, r"y_val holds the labels \['x'\]"),
        ({"X_val": [np.zeros((2, 300))], "y_val": ["N"]}, {}, "X_val: X has 2 leads"),
        ({"X_val": [np.zeros(300), np.full(300, np.nan)], "y_val": ["N"] * 2}, {}, "X_val: recording 1 .*NaN"),
        ({"X_val": [], "y_val": []}, {}, "X_val: there are no recordings"),
        ({"groups": np.arange(59)}, {}, "groups has 59 entries; expected one for each of 60 recordings"),
        ({"groups": [np.nan] * 60}, {}, "groups contains NaN"),
        ({"groups": np.zeros(60)}, {"validation_fraction": 0.2}, "leaves nothing to train on among 1 groups"),
        (
            {"groups": [0] * 30 + [1] * 30},
            {"early_stopping": True},
            "none of 2 groups can be set aside by validation_fraction=0.1: each trains a class",
        ),
        ({}, {"validation_fraction": GroupKFold(3)}, "groups"),
        ({}, {"validation_fraction": PredefinedSplit([0] * 30 + [1] * 30)}, "leaves .* class"),
    ],
)
def test_what_cannot_be_watched(arguments, params, match, patients):
    X, y, _ = patients
    order = np.argsort(y, kind="stable")
    X, y = [X[i] for i in order], y[order]
    given = {
        name: {"X_val": X, "y_val": y}[name][:value] if isinstance(value, int) else value
        for name, value in arguments.items()
    }
    with pytest.raises(ValueError, match=match):
        small("CRNNClassifier", max_epochs=1, **params).fit(X, y, **given)


def test_validation_split_is_by_recording_and_class(patients, seen):
    X, y, _ = patients
    watched(window_length=100, window_stride=20, validation_fraction=0.2).fit(X, y)
    ((training, validation),) = seen
    assert training.isdisjoint(validation)
    assert len(validation) == 12
    of_class = dict(zip(X_first(X), y == "A", strict=True))
    assert abs(sum(of_class[first] for first in validation) - 12 * np.mean(y == "A")) <= 1


@pytest.mark.parametrize(
    "splitter", [ShuffleSplit(1, train_size=30, test_size=10, random_state=0), TimeSeriesSplit(3)], ids=repr
)
def test_what_a_splitter_leaves_out_is_neither_trained_on_nor_watched(splitter, patients, seen):
    """Such as what comes after the first split of a series, or lies between two times."""
    X, y, _ = patients
    train, test = next(splitter.split(np.zeros((len(X), 1)), y))
    watched(validation_fraction=splitter).fit(X, y)
    ((training, validation),) = seen
    first = X_first(X)
    assert training == {first[i] for i in train}
    assert validation == {first[i] for i in test}
    assert len(train) + len(test) < len(X)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 8)), min_size=2, max_size=40), st.floats(0.01, 0.99))
def test_set_aside(rows, fraction):
    """Groups are whole, each class is trained on, something is watched: or it is an error."""
    targets, groups = np.array(rows).T
    targets = np.unique(targets, return_inverse=True)[1]
    groups = np.unique(groups, return_inverse=True)[1]
    for of_groups in (None, groups):
        try:
            kept, held_out = set_aside(targets, fraction, of_groups, np.random.RandomState(0), "share", "Give more.")
        except ValueError:
            # Each group is needed, or there are too few; never for half of three recordings of each class.
            assert of_groups is not None or np.bincount(targets).min() < 3 or fraction > 0.5
            continue
        assert held_out.any()
        np.testing.assert_array_equal(kept, ~held_out)
        assert set(targets[~held_out]) == set(targets)
        if of_groups is not None:
            assert not set(groups[held_out]) & set(groups[~held_out])


def test_early_stopping_with_too_few_recordings(patients):
    X, _, _ = patients
    with pytest.raises(ValueError, match="none of 2 recordings can be set aside .*: each trains a class"):
        small("CRNNClassifier", early_stopping=True).fit(X[:2], ["a", "b"])


class Logger(Callback):
    """Like the loggers of skorch: it holds what cannot be copied."""

    def __init__(self, lock=None):
        self.lock = lock
        self.losses = []

    def on_epoch_end(self, net, **kwargs):
        with self.lock or threading.Lock():
            self.losses.append(net.history[-1, "train_loss"])


def _make_logger():
    return Logger(threading.Lock())


@pytest.mark.parametrize("named", [False, True])
def test_a_logger_is_made_for_each_fit(named, patients):
    X, y, _ = patients
    given = ("log", _make_logger) if named else _make_logger
    classifier = small("CRNNClassifier", callbacks=[given, EarlyStopping(monitor="train_loss")])
    loggers = []
    for _ in range(2):
        classifier = clone(classifier).fit(X, y)
        loggers.append(dict(classifier.net_.callbacks_)["log" if named else "Logger"])
    assert loggers[0] is not loggers[1]
    assert all(logger.losses == classifier.net_.history[:, "train_loss"] for logger in loggers)
    # One that is fitted holds what cannot be sent to another process.
    scores = cross_validate(clone(classifier), X, y, cv=2, n_jobs=2)["test_score"]
    assert np.isfinite(scores).all()


def test_a_recorder_of_one_s_own_stays_as_it_is(patients):
    X, y, _ = patients
    recorder = Logger()
    classifier = small("CRNNClassifier", callbacks=[("mine", recorder)]).fit(X, y)
    assert recorder.losses == []
    assert len(dict(classifier.net_.callbacks_)["mine"].losses) == 3


@pytest.mark.parametrize(
    "act", [lambda estimator, X, y: estimator.fit(X, y), lambda estimator, X, y: clone(estimator)]
)
def test_a_callback_that_cannot_be_copied(act, patients):
    X, y, _ = patients
    classifier = small("CRNNClassifier", callbacks=[_make_logger()])
    with pytest.raises(ValueError, match=r"callback Logger cannot be copied .*lock.*callbacks=\[make\]"):
        act(classifier, X, y)
