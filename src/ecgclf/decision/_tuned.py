"""A classifier whose probabilities and decisions are tuned by cross-validation inside `fit`."""

from numbers import Integral, Real

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, MetaEstimatorMixin, _fit_context, clone
from sklearn.utils import assert_all_finite, get_tags, indexable
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _num_samples, check_is_fitted, column_or_1d

from ecgclf._docstrings import RECORDINGS, document
from ecgclf._labels import (
    check_columns,
    encode,
    label_probabilities,
    names_of,
    refuse_odd,
    several_labels,
)
from ecgclf._mixins import RecordingClassifierMixin
from ecgclf._parameters import Number
from ecgclf._recordings import visible
from ecgclf._splits import check_groups
from ecgclf._state import all_or_nothing
from ecgclf.decision._folds import (
    cut_alike,
    fit_predict,
    name_of_groups,
    sample_weight_of,
    widened,
)
from ecgclf.decision._scoring import LabelScore
from ecgclf.decision._splitting import check_known, known_labels, splits_of
from ecgclf.decision._temperature import apply_temperature, fit_temperature
from ecgclf.decision._weights import decide, tune_class_weights, tune_thresholds


def _have_windows(tuned):
    return all(hasattr(each, "predict_windows") for each in getattr(tuned, "estimators_", [tuned.estimator]))


class TunedDecisionClassifierCV(RecordingClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Calibrates a classifier's probabilities and tunes its decisions for a score, by cross-validation inside `fit`.

    A classifier trained on the log loss answers the class it finds most probable, which is best for accuracy. A mean
    of F1 scores is best served by other decisions: a rare rhythm has to be answered at lower probabilities. `fit`
    predicts the training recordings by cross-validation, fits one temperature [1]_ and, with a `scoring`, one
    weight for each class to those predictions, and then fits the classifier to all recordings, or keeps those of the
    folds. No recording that is set aside for testing is seen, in `cross_val_score` and `GridSearchCV` neither.

    Parameters
    ----------
    estimator : estimator
        Any classifier or Pipeline with `predict_proba`.

    scoring : str, callable or None, default=None
        What the decisions are tuned for: a metric of labels ``metric(y_true, y_pred)``, greater is better, such as
        :func:`ecgclf.metrics.cinc2017_score`, a scorer such as `ecgclf.metrics.cinc2017_scorer`, or the name of one,
        such as "f1_macro". `predict` then does not always answer the class of the greatest probability, as with
        :class:`sklearn.model_selection.TunedThresholdClassifierCV`. None leaves the decisions as they are. It is
        called some 60 times for each class or label in up to four rounds: for dozens of labels of thousands of
        recordings that takes longer than a minute.

    calibration : "temperature" or None, default="temperature"
        Whether `predict_proba` gives probabilities with the temperature that has the least log loss, or those of the
        classifier.

    cv : int, float, cross-validation splitter or "prefit", default=5
        How the training recordings are predicted: in that many stratified folds; a float is the share of recordings,
        or of the groups of `fit`, of a single stratified split, which costs one fit instead of five. With "prefit"
        the classifier is fitted already and the recordings given to `fit` have to be others than those it was fitted
        on.

    ensemble : bool, default=False
        Whether to answer the mean probabilities of the classifiers of the folds, and spare fitting another one to all
        recordings. Several networks are mostly right more often than one, and take as many times longer to answer.

    n_jobs : int or None, default=None
        Folds fitted at the same time.

    random_state : int, RandomState instance or None, default=None
        Seeds the split if `cv` is a float.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.

    estimators_ : list of estimator
        The classifier, fitted to all recordings; with ``ensemble=True`` one for each fold, fitted to the others.

    temperature_ : float
        Above 1 where the classifier was too sure; 1 without calibration.

    class_weights_ : ndarray of shape (n_classes,)
        What each class's probability is multiplied by before the greatest decides; their geometric mean is 1. Of
        several labels each is multiplied by its weight and held against a half: its threshold is a half divided by
        the weight. All are 1 without a `scoring`.

    multilabel_ : bool
        Whether a recording may have several labels.

    n_features_in_ : int
        Timepoints of the table seen in `fit`, where the classifier knows it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen in `fit`, where the classifier knows them.

    See Also
    --------
    sklearn.calibration.CalibratedClassifierCV : More ways to calibrate; keeps a classifier a fold.
    sklearn.model_selection.TunedThresholdClassifierCV : The threshold of two classes.

    References
    ----------
    .. [1] Guo C, Pleiss G, Sun Y, Weinberger KQ (2017). On calibration of modern neural networks. arXiv:1706.04599.

    Examples
    --------
    A forest on the heart-rate variability of 150 real recordings, decided for the challenge's score. Of 50 others it
    scores far more than the answer "N" to all of them does; from so few, weights are learnt with little certainty:

    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from ecgclf.datasets import load_cinc2017_sample
    >>> from ecgclf.decision import TunedDecisionClassifierCV
    >>> from ecgclf.metrics import cinc2017_score
    >>> from ecgclf.preprocessing import RRFeatures
    >>> X, y = load_cinc2017_sample(return_X_y=True)
    >>> forest = make_pipeline(RRFeatures(300), RandomForestClassifier(20, random_state=0))
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    >>> tuned = TunedDecisionClassifierCV(forest, scoring=cinc2017_score, cv=2)
    >>> answers = tuned.fit(X_train, y_train).predict(X_test)
    >>> round(cinc2017_score(y_test, ["N"] * len(y_test)), 2)
    0.17
    >>> cinc2017_score(y_test, answers) > 0.4
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "scoring": [str, callable, None],
        "calibration": [StrOptions({"temperature"}), None],
        "cv": [
            "cv_object",
            StrOptions({"prefit"}),
            Number(Integral, 2, None, closed="left"),
            Number(Real, 0, 1, closed="neither"),
        ],
        "ensemble": ["boolean"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator,
        *,
        scoring=None,
        calibration="temperature",
        cv=5,
        ensemble=False,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.scoring = scoring
        self.calibration = calibration
        self.cv = cv
        self.ensemble = ensemble
        self.n_jobs = n_jobs
        self.random_state = random_state

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=False)
    @document(X=RECORDINGS)
    def fit(self, X, y, *, groups=None, **fit_params):
        """Choose temperature and weights by cross-validation, then fit the classifier to all recordings.

        Parameters
        ----------
        {X}

        y : array-like of shape (n_recordings,) or (n_recordings, n_labels)
            The label of each recording; or, where a recording may have several or none, 0 and 1 for each label. Folds
            are then stratified by the rarest label of each recording.

        groups : array-like of shape (n_recordings,), default=None
            The patient of each recording, or what else must not be torn apart between folds. They go to the splitter,
            and to the classifier if its `fit` takes them, also in a Pipeline, and to a search.

        **fit_params : dict
            For the `fit` of the classifier; what has an entry for each recording is divided with the recordings, but
            for `X_val` and `y_val`. By a `sample_weight` temperature and `scoring` count the recordings too. With
            scikit-learn's metadata routing enabled the classifier is given what it requests, `groups` too.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If a class has fewer recordings than there are folds, no recording held out has a weight above 0, or a
            `scoring` takes no `sample_weight` where there is one.
        """
        if self.ensemble and self.cv == "prefit":
            raise ValueError(
                'ensemble=True keeps the classifiers of the folds, and cv="prefit" has none. Set one of them.'
            )
        X, given = self._check_labels(X, y, groups)
        names = names_of(given)
        y = np.asarray(given)
        self.classes_, targets = encode(y, names)
        self.multilabel_ = targets.ndim == 2
        if self.multilabel_:
            # What columns of several dtypes make is no indicator to scikit-learn.
            y = targets.astype(np.int64)
        weight = sample_weight_of(fit_params, len(y))
        score = self._make_score(y, targets, weight)
        if self.cv == "prefit":
            if fit_params:
                raise ValueError(f'cv="prefit" fits no classifier, which {", ".join(fit_params)} would be for.')
            check_is_fitted(self.estimator)
            self.estimators_ = [self.estimator]
            self.classes_ = self._known_classes(y, names)
            probabilities = self._aligned(self.estimator, X)
            if not self.multilabel_:
                targets = np.searchsorted(self.classes_, y)
        else:
            groups_of = check_groups(groups, len(targets))
            splits = splits_of(self.cv, X, targets, groups_of, self.classes_, self.random_state)
            rows = np.concatenate([test for _, test in splits])
            fit_params = self._route(groups, fit_params)
            fitted, probabilities = self._fit_folds(X, given, splits, fit_params)
            known = known_labels(splits, targets)
            if not self.multilabel_:
                check_known(targets[rows], known, self.classes_, self.cv)
                probabilities, rows, known = probabilities[known], rows[known], None
            targets, score = targets[rows], score and score.of(rows)
            weight = None if weight is None else weight[rows]
            if known is not None:
                weight = known * (1.0 if weight is None else weight[:, np.newaxis])
            self.estimators_ = fitted if self.ensemble else [clone(self.estimator).fit(X, given, **fit_params)]
        self._tune(probabilities, targets, score, weight)
        for name in ("n_features_in_", "feature_names_in_"):
            vars(self).pop(name, None)
            if hasattr(self.estimators_[0], name):
                setattr(self, name, getattr(self.estimators_[0], name))
        return self

    def _route(self, groups, fit_params):
        """Tell what of the arguments of `fit` goes to the classifier's."""
        if groups is not None:
            fit_params = {**fit_params, "groups": groups}
        if get_config()["enable_metadata_routing"]:
            return dict(process_routing(self, "fit", **fit_params)["estimator"]["fit"])
        if groups is not None:
            name = name_of_groups(self.estimator)
            del fit_params["groups"]
            fit_params |= {} if name is None else {name: groups}
        return fit_params

    def get_metadata_routing(self):
        """Tell scikit-learn what `fit` passes on.

        Returns
        -------
        routing : sklearn.utils.metadata_routing.MetadataRouter
            `groups` are used here; the classifier is asked for the rest.
        """
        to_fit = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(estimator=self.estimator, method_mapping=to_fit)

    def _tune(self, probabilities, targets, score=None, weight=None):
        """Choose temperature and weights by answers to recordings that were not trained on."""
        if weight is not None and not weight.any():
            raise ValueError(
                f"No recording that cv={self.cv!r} holds out counts: its sample_weight is 0, or no fold learns "
                "what it has. Give some a weight above 0, or other folds."
            )
        if weight is not None:
            # What does not count must not choose the candidates either.
            counts = weight.reshape(len(weight), -1).any(axis=1)
            probabilities, targets, weight = probabilities[counts], targets[counts], weight[counts]
            score = score and score.of(counts)
        self.temperature_ = 1.0
        if self.calibration is not None:
            self.temperature_ = fit_temperature(probabilities, targets, weight)
            probabilities = apply_temperature(probabilities, self.temperature_, self.multilabel_)
        self.class_weights_ = np.ones(len(self.classes_))
        if score is not None and self.multilabel_:
            self.class_weights_ = 0.5 / tune_thresholds(probabilities, targets.astype(np.int64), score)
        elif score is not None:
            self.class_weights_ = tune_class_weights(
                probabilities, targets, lambda truth, answer: score(self.classes_[truth], self.classes_[answer])
            )

    def _check_labels(self, X, y, groups):
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None: give the label of each "
                "recording."
            )
        refuse_odd(y)
        X, y, _ = indexable(X, y, groups)
        if _num_samples(X) == 0:
            raise ValueError("X has 0 recordings. Give recordings of at least two classes.")
        visible(y, "y")
        if np.ndim(y) != 2 or np.shape(y)[1] == 1:
            y = column_or_1d(y, warn=True)
        assert_all_finite(np.asarray(y), input_name="y")
        return X, y

    def _make_score(self, y, targets, sample_weight):
        if self.scoring is None:
            return None
        score = LabelScore(self.scoring, sample_weight)
        score.check(y, 1 - y if self.multilabel_ else self.classes_[(targets + 1) % len(self.classes_)])
        return score

    def _known_columns(self, y, names):
        known = getattr(self.estimator, "classes_", self.classes_)
        if isinstance(known, list):
            # scikit-learn's own have for each label what it was seen to be, and no name.
            known = np.arange(len(known)) if names is None or len(names) != len(known) else names
        elif not several_labels(self.estimator):
            raise ValueError(
                f"y has {y.shape[1]} columns of labels, and the fitted classifier gives one of {known.tolist()} to "
                "each recording. Give that label."
            )
        check_columns(y, names, known, "y", "what the classifier was fitted on")
        return known

    def _known_classes(self, y, names):
        if self.multilabel_:
            return self._known_columns(y, names)
        unknown = sorted(set(self.classes_.tolist()) - set(self.estimator.classes_.tolist()))
        if unknown:
            raise ValueError(
                f"y holds the labels {unknown}, which the fitted classifier does not know; its classes are "
                f"{self.estimator.classes_.tolist()}."
            )
        return self.estimator.classes_

    def _fit_folds(self, X, y, splits, fit_params):
        """Fit a classifier a fold; give them, and their answers to what they did not see."""
        folds = Parallel(n_jobs=self.n_jobs)(
            delayed(fit_predict)(clone(self.estimator), X, y, train, test, self._aligned, self.ensemble, fit_params)
            for train, test in splits
        )
        fitted, answers = zip(*folds, strict=True)
        return list(fitted), np.concatenate(answers)

    @document(X=RECORDINGS)
    def predict_proba(self, X):
        """Predict the calibrated probability of each class for each recording.

        Parameters
        ----------
        {X}

        Returns
        -------
        probabilities : ndarray of shape (n_recordings, n_classes)
            Columns in the order of `classes_`. With a `scoring`, the greatest is not always of the class answered.
        """
        check_is_fitted(self)
        return self._agreed([self._aligned(estimator, X) for estimator in self.estimators_])

    def _aligned(self, estimator, X):
        answers = estimator.predict_proba(X)
        if not self.multilabel_:
            return widened(answers, estimator.classes_, self.classes_)
        return label_probabilities(answers, getattr(estimator, "classes_", None))

    def _agreed(self, answers):
        """Calibrate what each classifier answers, and give the mean."""
        if self.calibration is not None:
            answers = [apply_temperature(each, self.temperature_, self.multilabel_) for each in answers]
        return np.mean(answers, axis=0)

    @document(X=RECORDINGS)
    def predict(self, X):
        """Predict the label of each recording: the greatest of the weighted probabilities.

        Parameters
        ----------
        {X}

        Returns
        -------
        labels : ndarray of shape (n_recordings,) or (n_recordings, n_labels)
            Labels out of `classes_`; of several 1 for each whose probability is above its threshold, else 0.
        """
        check_is_fitted(self)
        probabilities = self.predict_proba(X)
        if self.multilabel_:
            return (probabilities * self.class_weights_ > 0.5).astype(np.int64)
        return self.classes_[decide(probabilities, self.class_weights_)]

    @available_if(_have_windows)
    @document(X=RECORDINGS)
    def predict_windows(self, X):
        """Predict the calibrated probability of each class along the time of each recording.

        Only where the classifier has the method, as those of `ecgclf.classifiers` have.

        Parameters
        ----------
        {X}

        Returns
        -------
        windows : list of namedtuple
            One for each recording, as the classifier gives them: ``probabilities``, ``starts``, ``stops`` and
            ``labels``, the `classes_`. Those of several classifiers are averaged; if they were trained on recordings
            of other lengths each, windows are as long as the median of theirs.

        Notes
        -----
        The temperature is applied to each window, and in `predict_proba` to each recording: where a recording has
        several windows, their mean is near what that gives, and not the same.
        """
        check_is_fitted(self)
        told = [estimator.predict_windows(X) for estimator in cut_alike(self.estimators_)]
        return [self._agreed_windows(of_recording) for of_recording in zip(*told, strict=True)]

    def _agreed_windows(self, told):
        if self.multilabel_:
            probabilities = self._agreed([each.probabilities for each in told])
        else:
            probabilities = self._agreed([widened(each.probabilities, each.labels, self.classes_) for each in told])
        return told[0]._replace(probabilities=probabilities, labels=self.classes_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        of_classifier = get_tags(self.estimator)
        tags.input_tags = of_classifier.input_tags
        if of_classifier.classifier_tags is not None:
            tags.classifier_tags.multi_label = of_classifier.classifier_tags.multi_label
        return tags
