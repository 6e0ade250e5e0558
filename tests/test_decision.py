"""Temperature and class weights chosen by cross-validation inside the training recordings."""

from functools import partial
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    hamming_loss,
    log_loss,
    make_scorer,
    recall_score,
    zero_one_loss,
)
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.decision._temperature import apply_temperature, fit_temperature
from ecgclf.decision._weights import tune_class_weights, tune_thresholds
from ecgclf.metrics import cinc2017_score, cinc2017_scorer
from ecgclf.preprocessing import RRFeatures
from small import small
from test_classifiers import ecgs


def drawn(n=4000, n_classes=3, seed=0, sharpness=2.0):
    """Probabilities that are true, and classes drawn from them."""
    rng = np.random.RandomState(seed)
    probabilities = softmax(rng.normal(0, sharpness, (n, n_classes)) + np.arange(n_classes), axis=1)
    targets = np.array([rng.choice(n_classes, p=row) for row in probabilities])
    return probabilities, targets


def macro_f1(true, predicted):
    return f1_score(true, predicted, average="macro", zero_division=0)


def mean_recall(true, predicted):
    """Balanced accuracy, quicker than scikit-learn's by its checks."""
    return np.mean([np.mean(predicted[true == k] == k) for k in set(true.tolist())])


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_the_temperature_that_was_applied_is_found(temperature):
    true, targets = drawn()
    given_ = apply_temperature(true, 1 / temperature)
    found = fit_temperature(given_, targets)
    assert found == pytest.approx(temperature, rel=0.08)
    # No other temperature has less log loss.
    losses = [log_loss(targets, apply_temperature(given_, found * factor)) for factor in (0.9, 1.0, 1.1)]
    assert np.argmin(losses) == 1


@given(st.integers(1, 20), st.integers(2, 6), st.floats(0.5, 20), st.integers(0, 2**31))
def test_a_temperature_keeps_the_order_and_the_sum(n, n_classes, temperature, seed):
    probabilities = softmax(np.random.RandomState(seed).normal(size=(n, n_classes)), axis=1)
    changed = apply_temperature(probabilities, temperature)
    np.testing.assert_allclose(changed.sum(axis=1), 1)
    np.testing.assert_array_equal(changed.argmax(axis=1), probabilities.argmax(axis=1))
    np.testing.assert_allclose(apply_temperature(changed, 1 / temperature), probabilities, atol=1e-6)
    np.testing.assert_allclose(
        apply_temperature(probabilities, temperature), softmax(np.log(probabilities) / temperature, axis=1)
    )


def test_certain_answers_stay_finite():
    probabilities, targets = np.eye(3), np.array([0, 1, 1])
    assert np.isfinite(fit_temperature(probabilities, targets))
    assert np.isfinite(apply_temperature(probabilities, 0.05)).all()


@given(st.integers(3, 60), st.integers(2, 4), st.integers(0, 2**31))
def test_tuned_weights_are_never_worse_where_they_were_tuned(n, n_classes, seed):
    rng = np.random.RandomState(seed)
    probabilities = softmax(rng.normal(size=(n, n_classes)), axis=1)
    targets = rng.randint(n_classes, size=n)
    weights = tune_class_weights(probabilities, targets, mean_recall)
    assert np.exp(np.log(weights).mean()) == pytest.approx(1)
    tuned = mean_recall(targets, (probabilities * weights).argmax(axis=1))
    assert tuned >= mean_recall(targets, probabilities.argmax(axis=1))


def test_two_classes_get_the_best_threshold_there_is():
    """An oracle: of two classes all thresholds can be tried."""
    probabilities, targets = drawn(n=50, n_classes=2, seed=3)
    weights = tune_class_weights(probabilities, targets, macro_f1)
    odds = probabilities[:, 1] / probabilities[:, 0]
    best = max(macro_f1(targets, (odds > threshold).astype(int)) for threshold in [0, *np.sort(odds)])
    assert macro_f1(targets, (probabilities * weights).argmax(axis=1)) == pytest.approx(best)


def test_a_rare_class_gets_a_greater_weight():
    probabilities, targets = drawn(sharpness=0.5)
    assert np.bincount(targets).argmin() == 0
    weights = tune_class_weights(probabilities, targets, macro_f1)
    assert weights[0] > 1.5 * weights[1] > 2 * weights[2]
    others, other_targets = drawn(sharpness=0.5, seed=1)
    gain = macro_f1(other_targets, (others * weights).argmax(axis=1)) - macro_f1(other_targets, others.argmax(axis=1))
    assert gain > 0.05


def test_nothing_is_changed_where_nothing_is_better():
    probabilities = np.eye(3)[[0, 1, 2, 0]] * 0.9 + 0.05
    np.testing.assert_array_equal(tune_class_weights(probabilities, np.array([0, 1, 2, 0]), macro_f1), 1.0)


@pytest.fixture(scope="module")
def features():
    X, y = load_cinc2017_sample(return_X_y=True)
    return RRFeatures(300).fit_transform(X), y


def test_what_fit_does_is_what_cross_validation_gives(features):
    X, y = features
    forest = RandomForestClassifier(20, min_samples_leaf=3, random_state=0)
    tuned = TunedDecisionClassifierCV(forest, cv=StratifiedKFold(3), scoring=cinc2017_score).fit(X, y)
    held_out = cross_val_predict(forest, X, y, cv=StratifiedKFold(3), method="predict_proba")
    targets = np.searchsorted(tuned.classes_, y)
    assert tuned.temperature_ == pytest.approx(fit_temperature(held_out, targets))
    calibrated = apply_temperature(held_out, tuned.temperature_)
    weights = tune_class_weights(
        calibrated, targets, lambda t, p: cinc2017_score(tuned.classes_[t], tuned.classes_[p])
    )
    np.testing.assert_allclose(tuned.class_weights_, weights)
    alone = forest.fit(X, y).predict_proba(X)
    np.testing.assert_allclose(tuned.predict_proba(X), apply_temperature(alone, tuned.temperature_))
    np.testing.assert_array_equal(
        tuned.predict(X), tuned.classes_[(tuned.predict_proba(X) * tuned.class_weights_).argmax(axis=1)]
    )


def test_without_calibration_probabilities_are_the_classifier_s(features):
    X, y = features
    forest = RandomForestClassifier(10, random_state=0)
    tuned = TunedDecisionClassifierCV(forest, calibration=None, cv=0.3, random_state=1).fit(X, y)
    assert tuned.temperature_ == 1
    np.testing.assert_array_equal(tuned.predict_proba(X), forest.fit(X, y).predict_proba(X))


def test_logarithms_are_those_of_the_probabilities_and_zeros_are_told_as_by_scikit_learn(features):
    X, y = features
    tuned = TunedDecisionClassifierCV(DecisionTreeClassifier(random_state=0), calibration=None, cv=2).fit(X, y)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        expected = tuned.estimators_[0].predict_log_proba(X)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        np.testing.assert_array_equal(tuned.predict_log_proba(X), expected)
    assert np.isneginf(expected).any()


def test_a_share_is_one_split_and_seeded(features):
    X, y = features
    logistic = make_pipeline(StandardScaler(), LogisticRegression())
    first, second, other = (
        TunedDecisionClassifierCV(logistic, cv=0.3, random_state=seed).fit(X, y) for seed in (0, 0, 1)
    )
    assert first.temperature_ == second.temperature_ != other.temperature_


def test_prefit(features):
    X, y = features
    known = RandomForestClassifier(20, random_state=0).fit(X[::2], y[::2])
    tuned = TunedDecisionClassifierCV(known, scoring=macro_f1, cv="prefit").fit(X[1::2], y[1::2])
    assert tuned.estimators_ == [known]
    targets = np.searchsorted(known.classes_, y[1::2])
    assert tuned.temperature_ == fit_temperature(known.predict_proba(X[1::2]), targets)
    # Fewer classes than the classifier knows are enough.
    some = y[1::2] != "~"
    tuned.fit(X[1::2][some], y[1::2][some])
    assert tuned.classes_.tolist() == ["A", "N", "O", "~"]
    with pytest.raises(ValueError, match="labels \\['X'\\], which the fitted classifier does not know"):
        tuned.fit(X[:4], ["A", "N", "O", "X"])
    with pytest.raises(NotFittedError):
        TunedDecisionClassifierCV(LogisticRegression(), cv="prefit").fit(X, y)


def test_a_class_that_a_fold_did_not_see_has_probability_zero():
    class Knows(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict_proba(self, X):
            return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))

    X, y = np.zeros((9, 1)), np.array([0, 0, 0, 0, 1, 1, 1, 1, 2])
    splits = [(np.arange(8), np.arange(8, 9)), (np.arange(1, 9), np.arange(1))]
    with pytest.warns(UserWarning, match="0 of [01] recordings of [12] that .* take part in calibration"):
        tuned = TunedDecisionClassifierCV(Knows(), cv=splits).fit(X, y)
    assert np.isfinite(tuned.temperature_)
    np.testing.assert_allclose(tuned.predict_proba(X), 1 / 3)


@pytest.mark.parametrize("metric", [None, macro_f1])
def test_an_ensemble_is_the_mean_of_the_folds(features, metric):
    """By hand: the classifiers of the folds, each calibrated by what none of them has seen."""
    X, y = features
    forest, cv = RandomForestClassifier(10, random_state=0), StratifiedKFold(3)
    tuned = TunedDecisionClassifierCV(forest, cv=cv, ensemble=True, scoring=metric).fit(X, y)
    one = TunedDecisionClassifierCV(forest, cv=cv, scoring=metric).fit(X, y)
    assert len(tuned.estimators_) == 3
    assert len(one.estimators_) == 1
    # Tuned by the same answers.
    assert tuned.temperature_ == one.temperature_
    np.testing.assert_array_equal(tuned.class_weights_, one.class_weights_)
    expected = 0
    for (train, _), found in zip(cv.split(X, y), tuned.estimators_, strict=True):
        answers = forest.fit(X[train], y[train]).predict_proba(X)
        np.testing.assert_array_equal(found.predict_proba(X), answers)
        expected = expected + apply_temperature(answers, tuned.temperature_) / 3
    np.testing.assert_allclose(tuned.predict_proba(X), expected)
    np.testing.assert_array_equal(tuned.predict(X), tuned.classes_[(expected * tuned.class_weights_).argmax(axis=1)])


def test_an_ensemble_needs_folds(features):
    known = GaussianNB().fit(*features)
    with pytest.raises(ValueError, match='cv="prefit" has none'):
        TunedDecisionClassifierCV(known, cv="prefit", ensemble=True).fit(*features)


def never(*args, **kwargs):
    raise AssertionError("trained before the score was looked at")


@pytest.mark.parametrize(
    ("scoring", "match"),
    [
        ("log_los", "log_los.* is not a valid scoring value"),
        ("roc_auc_ovr", "scoring=roc_auc_ovr does not judge predicted labels"),
        ("neg_log_loss", "scoring=neg_log_loss does not judge predicted labels"),
        (log_loss, "scoring=log_loss does not judge predicted labels"),
        (zero_one_loss, "scoring=zero_one_loss is 0 where every answer is right and 1 where every one is wrong"),
        (hamming_loss, "greater has to be better.*make_scorer"),
        (make_scorer(hamming_loss), "greater has to be better"),
        (lambda y_true: 1.0, "takes neither true and predicted labels"),
        (lambda y_true, y_pred: "good", r"does not judge predicted labels, .* \(could not convert string"),
        (lambda y_true, y_pred: [0.5, 0.6], "does not judge predicted labels"),
        (lambda y_true, y_pred: np.nan, "is nan where every answer is right"),
        (lambda y_true, y_pred: np.inf, "is inf where every answer is right"),
        (lambda estimator, X, y: estimator.decision_function(X), "does not judge predicted labels"),
    ],
)
def test_a_score_of_another_kind_is_refused_at_once(scoring, match, features, monkeypatch):
    monkeypatch.setattr(GaussianNB, "fit", never)
    with pytest.raises(ValueError, match=match):
        TunedDecisionClassifierCV(GaussianNB(), scoring=scoring, cv=2).fit(*features)


class _Untold:
    """As compiled functions are: what they take is not to be found out."""

    @property
    def __signature__(self):
        raise ValueError("no signature found")

    def __call__(self, y_true, y_pred):
        return cinc2017_score(y_true, y_pred)


def test_a_function_that_does_not_tell_its_arguments_is_taken_for_a_metric(features):
    told, untold = (
        TunedDecisionClassifierCV(GaussianNB(), scoring=scoring, cv=3).fit(*features).class_weights_
        for scoring in (cinc2017_score, _Untold())
    )
    np.testing.assert_array_equal(untold, told)


SAME = {
    "challenge": (cinc2017_score, cinc2017_scorer, lambda estimator, X, y: cinc2017_score(y, estimator.predict(X))),
    "macro": (
        partial(f1_score, average="macro", zero_division=0),
        "f1_macro",
        # scikit-learn 1.8 would look for the default, 1, among the labels.
        make_scorer(f1_score, average="macro", zero_division=0, pos_label=None),
    ),
    "a loss": (
        lambda y_true, y_pred: -zero_one_loss(y_true, y_pred),
        make_scorer(zero_one_loss, greater_is_better=False),
        "accuracy",
    ),
    "another measure with more arguments": (
        balanced_accuracy_score,
        "balanced_accuracy",
        lambda y_true, y_pred, weights=None: balanced_accuracy_score(y_true, y_pred),
    ),
}


@pytest.mark.parametrize("forms", SAME.values(), ids=SAME)
def test_a_metric_its_scorer_and_its_name_tune_alike(forms, features):
    X, y = features
    found = [TunedDecisionClassifierCV(GaussianNB(), scoring=each, cv=3).fit(X, y).class_weights_ for each in forms]
    assert not np.allclose(found[0], 1)
    for weights in found[1:]:
        np.testing.assert_array_equal(weights, found[0])


def test_a_score_of_one_class_of_two(features):
    X, y = features
    X, y = X[np.isin(y, ["N", "A"])], (y[np.isin(y, ["N", "A"])] == "A").astype(int)
    tuned = TunedDecisionClassifierCV(GaussianNB(), scoring="recall", cv=3).fit(X, y)
    assert recall_score(y, tuned.predict(X)) >= recall_score(y, GaussianNB().fit(X, y).predict(X))
    with pytest.raises(ValueError, match="scoring=recall does not judge predicted labels.*pos_label=1"):
        TunedDecisionClassifierCV(GaussianNB(), scoring="recall", cv=3).fit(X, np.array(["N", "A"])[y])


def test_a_score_that_cannot_judge_the_answers_is_no_reason_to_leave_them_as_they_are(features):
    def defined_where_all_is_right(y_true, y_pred):
        return 1.0 if (y_true == y_pred).all() else np.nan

    with pytest.raises(ValueError, match="The score is nan for the answers as they are"):
        TunedDecisionClassifierCV(GaussianNB(), scoring=defined_where_all_is_right, cv=2).fit(*features)


def test_ragged_recordings_in_grid_search_on_two_workers():
    X, y = ecgs(n_recordings=30)
    tuned = TunedDecisionClassifierCV(small("CRNNClassifier"), cv=2, n_jobs=2)
    search = GridSearchCV(tuned, {"estimator__dropout": [0.0, 0.2]}, cv=2, scoring="neg_log_loss").fit(X, y)
    assert search.predict(X).shape == (30,)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_names_the_recording_of_all(n_jobs):
    X, y = ecgs(n_recordings=24)
    X = list(X)
    X[20] = np.full(50, np.nan)
    tuned = TunedDecisionClassifierCV(small("LSTMClassifier", max_epochs=1), cv=3, n_jobs=n_jobs)
    with pytest.raises(ValueError, match=r"recording \d+ contains NaN.*it is recording 20 of X"):
        tuned.fit(X, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        tuned.fit(X, y, groups=np.arange(23))


def test_it_pays_on_real_recordings(features):
    """By nested cross-validation: an overconfident classifier is less so, and scores better with tuned decisions."""
    X, y = features
    bayes = GaussianNB()
    tuned = TunedDecisionClassifierCV(bayes, scoring=cinc2017_score)
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
    plain, better = (cross_val_score(e, X, y, cv=cv, scoring="neg_log_loss").mean() for e in (bayes, tuned))
    assert better > 0.8 * plain
    # One split of 200 recordings is at the mercy of a few of them.
    cv = RepeatedStratifiedKFold(n_splits=3, n_repeats=4, random_state=0)
    plain, better = (cross_val_score(estimator, X, y, cv=cv, scoring=cinc2017_scorer) for estimator in (bayes, tuned))
    assert better.mean() > plain.mean()


@pytest.mark.parametrize(
    ("parameters", "y", "message"),
    [
        ({}, ["A"] * 6, "at least two classes; y has 1 class: 'A'"),
        ({"cv": 4}, ["A", "A", "N", "N", "N", "N"], "cv=4 needs 4 recordings of each class, but 'A' has 2"),
        ({}, ["A", "N"], "inconsistent numbers of samples"),
        ({"cv": 1.5}, ["A", "N"] * 3, "'cv' parameter"),
        ({"calibration": "isotonic"}, ["A", "N"] * 3, "'calibration' parameter"),
    ],
)
def test_bad_input(parameters, y, message):
    with pytest.raises(ValueError, match=message):
        TunedDecisionClassifierCV(DummyClassifier(), **parameters).fit(np.zeros((6, 3)), y)


def noisy_classes(n, seed=0):
    rng = np.random.RandomState(seed)
    y = np.arange(n) % 3
    return rng.normal(size=(n, 4)) + np.eye(3, 4)[y], y


def test_a_weight_of_nothing_is_as_if_it_were_not_there():
    X, y = noisy_classes(300)
    bad = np.arange(300) < 100
    wrong = np.where(bad, (y + 1) % 3, y)
    splits = list(StratifiedKFold(4).split(X[~bad], y[~bad]))
    of_all = [
        (np.append(train + 100, np.arange(100)), np.append(test + 100, np.arange(100))) for train, test in splits
    ]
    few = TunedDecisionClassifierCV(LogisticRegression(), scoring="f1_macro", cv=splits).fit(X[~bad], y[~bad])
    weight = np.where(bad, 0.0, 1.0)
    tuned = TunedDecisionClassifierCV(LogisticRegression(), scoring="f1_macro", cv=of_all)
    tuned.fit(X, wrong, sample_weight=weight)
    assert tuned.temperature_ == pytest.approx(few.temperature_, rel=1e-3)
    np.testing.assert_allclose(tuned.class_weights_, few.class_weights_, rtol=1e-3)
    assert tuned.fit(X, wrong).temperature_ > 1.3 * few.temperature_
    in_pipeline = clone(tuned).set_params(estimator=make_pipeline(StandardScaler(), LogisticRegression()))
    in_pipeline.fit(X, wrong, logisticregression__sample_weight=weight)
    assert in_pipeline.temperature_ < 1.2 * few.temperature_
    for scoring in (cinc2017_score, lambda y, answer: np.mean(y == answer)):
        with pytest.raises(ValueError, match="takes no sample_weight"):
            tuned.set_params(scoring=scoring).fit(X, y, sample_weight=weight)


def test_a_weight_of_two_is_as_if_it_were_there_twice():
    """For the temperature and for the score alike."""
    X, y = noisy_classes(300)
    again = np.flatnonzero((y == 2) & (np.arange(300) >= 100))
    weight = np.where(np.isin(np.arange(300), again), 2.0, 1.0)
    twice = np.append(np.arange(300), again)
    splits, more = ([(np.arange(100), np.arange(100, n))] for n in (300, len(twice)))
    for calibration in ("temperature", None):
        tuned = TunedDecisionClassifierCV(
            LogisticRegression(C=100), scoring="accuracy", calibration=calibration, cv=splits, ensemble=True
        )
        weighted, plain = clone(tuned).fit(X, y, sample_weight=weight), clone(tuned).fit(X, y)
        doubled = clone(tuned).set_params(cv=more).fit(X[twice], y[twice])
        np.testing.assert_allclose(weighted.class_weights_, doubled.class_weights_, rtol=1e-3)
        assert not np.allclose(weighted.class_weights_, plain.class_weights_, rtol=1e-2)
        if calibration is not None:
            assert weighted.temperature_ == pytest.approx(doubled.temperature_, rel=1e-3)
            assert abs(weighted.temperature_ / plain.temperature_ - 1) > 0.003


def test_weights_of_nothing_alone_are_refused():
    X, y = noisy_classes(90)
    splits = [(np.arange(60), np.arange(60, 90))]
    for params in ({}, {"calibration": None, "scoring": "f1_macro"}):
        tuned = TunedDecisionClassifierCV(LogisticRegression(), cv=splits, **params)
        with pytest.raises(ValueError, match="holds out counts: its sample_weight is 0"):
            tuned.fit(X, y, sample_weight=np.arange(90) < 60)


def test_weights_of_several_labels():
    rng = np.random.RandomState(0)
    y = rng.randint(2, size=(200, 2))
    X = np.column_stack([y + rng.normal(size=(200, 2)), rng.normal(size=200)])
    wrong, weight = np.where(np.arange(200)[:, None] < 60, 1 - y, y), np.where(np.arange(200) < 60, 0.0, 1.0)
    forest = RandomForestClassifier(30, min_samples_leaf=5, random_state=0)
    tuned = TunedDecisionClassifierCV(forest, scoring="f1_macro", cv=KFold(3, shuffle=True, random_state=0))
    weighted, plain = (clone(tuned).fit(X, wrong, sample_weight=each).temperature_ for each in (weight, None))
    assert weighted < 0.8 * plain


def test_a_class_whose_fold_cannot_know_it_decides_nothing():
    """Its temperature was 20, the highest there is."""
    X, y = noisy_classes(150)
    X = np.concatenate([X[y == k][:n] for k, n in enumerate((30, 50, 20))])
    y = np.repeat(["A", "N", "O"], (30, 50, 20))
    model = TunedDecisionClassifierCV(LogisticRegression(), scoring="f1_macro", cv=KFold(5))
    with pytest.warns(UserWarning, match=r"0 of 20 recordings of 'O' that cv=KFold\(n_splits=5.* holds out take part"):
        model.fit(X, y)
    usual = TunedDecisionClassifierCV(LogisticRegression()).fit(X, y)
    assert model.temperature_ < 3 * usual.temperature_
    with pytest.raises(ValueError, match="predicts no recording by a classifier that knows its label"):
        model.set_params(cv=[(np.flatnonzero(y != "A"), np.flatnonzero(y == "A"))]).fit(X, y)
    with pytest.raises(ValueError, match=r"cv=\[\] gives no split"):
        model.set_params(cv=[]).fit(X, y)


def test_a_label_that_folds_do_not_know_has_no_part_in_the_temperature():
    rng = np.random.RandomState(0)
    y = np.column_stack([rng.randint(2, size=60), np.arange(60) == 7])
    X = np.column_stack([y[:, 0] + rng.normal(size=60), rng.normal(size=60)])
    forest = RandomForestClassifier(20, min_samples_leaf=3, random_state=0)
    assert TunedDecisionClassifierCV(forest, cv=KFold(5)).fit(X, y).temperature_ < 5


def test_decisions_are_those_that_were_tuned_where_probabilities_are_nothing():
    class Fixed(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_ = np.unique(y)
            return self

        def predict_proba(self, X):
            return X

    X = np.array([[1.0, 0.0]] * 20 + [[0.9, 0.1]] * 15)
    y = np.array([1] * 20 + [0] * 15)
    fixed = Fixed().fit(X, y)
    tuned = TunedDecisionClassifierCV(fixed, scoring="accuracy", calibration=None, cv="prefit").fit(X, y)
    assert tuned.score(X, y) == pytest.approx(20 / 35)


def test_a_label_that_is_not_held_out_keeps_its_threshold():
    probabilities = np.random.RandomState(0).rand(50, 2)
    targets = np.column_stack([probabilities[:, 0] > 0.3, np.zeros(50)]).astype(int)
    thresholds = tune_thresholds(probabilities, targets, lambda truth, answer: np.mean(truth == answer))
    assert thresholds[0] < 0.4
    assert thresholds[1] == 0.5


def test_a_class_of_one_patient_is_told_not_to_be_held_out():
    X, y = noisy_classes(60)
    groups = np.where(y == 2, 0, 1 + np.arange(60))
    tuned = TunedDecisionClassifierCV(LogisticRegression(), cv=0.3, random_state=0)
    with pytest.warns(UserWarning, match="0 of 0 recordings of 2 that cv=0.3 holds out take part"):
        tuned.fit(X, y, groups=groups)
    assert set(tuned.classes_) == {0, 1, 2}


class Noted(ClassifierMixin, BaseEstimator):
    """Notes the groups that its fits are given."""

    seen: ClassVar[list] = []

    def fit(self, X, y, groups=None):
        self.classes_ = np.unique(y)
        self.seen.append(groups)
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.mark.parametrize("cv", [3, 0.3])
def test_groups_reach_the_last_step_of_a_pipeline(cv):
    X, y = noisy_classes(60)
    groups = np.arange(60) // 2
    for estimator in (Noted(), make_pipeline(StandardScaler(), Noted())):
        Noted.seen.clear()
        TunedDecisionClassifierCV(estimator, cv=cv, random_state=0).fit(X, y, groups=groups)
        *of_folds, of_all = Noted.seen
        np.testing.assert_array_equal(of_all, groups)
        assert len(of_folds) == (3 if cv == 3 else 1)
        for fold in of_folds:
            assert 30 <= len(fold) < 60
            # No group in part.
            assert (np.unique(fold, return_counts=True)[1] == 2).all()


def test_groups_reach_the_splitter_of_a_search():
    X, y = noisy_classes(60)
    search = GridSearchCV(Noted(), {}, cv=GroupKFold(2), error_score="raise")
    TunedDecisionClassifierCV(search, cv=3).fit(X, y, groups=np.arange(60) // 2)
    with pytest.raises(ValueError, match="'groups' parameter should not be None"):
        TunedDecisionClassifierCV(search, cv=3).fit(X, y)


def test_groups_are_checked_as_those_of_the_classifiers():
    X, y = noisy_classes(30)
    tuned = TunedDecisionClassifierCV(LogisticRegression(), cv=3)
    with pytest.raises(ValueError, match="groups contains NaN: None for recording 0"):
        tuned.fit(X, y, groups=[None, *range(29)])
    with pytest.raises(ValueError, match="groups mixes text and numbers"):
        tuned.fit(X, y, groups=["a", *range(29)])
    of_series = tuned.fit(X, y, groups=pd.Series(np.arange(30) // 2, index=range(5, 35))).temperature_
    assert of_series == tuned.fit(X, y, groups=np.arange(30) // 2).temperature_


def test_names_of_an_earlier_fit_are_forgotten():
    X, y = noisy_classes(30)
    tuned = TunedDecisionClassifierCV(LogisticRegression(), cv=3).fit(pd.DataFrame(X, columns=list("abcd")), y)
    assert tuned.feature_names_in_.tolist() == list("abcd")
    assert not hasattr(tuned.fit(X, y), "feature_names_in_")
    network = small("LSTMClassifier", max_epochs=1).fit(pd.DataFrame(X, columns=list("abcd")), y)
    network.fit(list(X), y)
    assert not hasattr(network, "feature_names_in_")
    assert not hasattr(network, "n_features_in_")
    with pytest.warns(UserWarning, match="was fitted without feature names"):
        network.predict(pd.DataFrame(X, columns=list("efgh")))
