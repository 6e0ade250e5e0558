"""LIME for recordings."""

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import StrOptions

from ecgclf._docstrings import RECORDINGS, document
from ecgclf._mixins import DocLinkMixin
from ecgclf._numbers import is_whole
from ecgclf._parameters import Number, assign
from ecgclf._rates import check_told
from ecgclf._recordings import called, check_recordings
from ecgclf._state import all_or_nothing
from ecgclf._warnings import warn
from ecgclf.explanation import _perturbations
from ecgclf.explanation._answers import answers
from ecgclf.explanation._explanation import Explanation, ExplanationWarning, warn_of
from ecgclf.explanation._faithfulness import deletion_masks, deletion_orders, measure
from ecgclf.explanation._model import Model, check_recording, labels_of
from ecgclf.explanation._segments import cut
from ecgclf.explanation._stability import compare
from ecgclf.explanation._surrogate import DISTANCES, METHODS, fit_surrogates


class LimeTimeSeriesExplainer(DocLinkMixin, BaseEstimator):
    """Explain what a classifier says of one recording by the segments that spoke for it.

    LIME [1]_: segments of the recording are taken out at random, the classifier answers to each such perturbation, and
    a weighted linear model (the surrogate, fitted by :mod:`lime` itself) tells what the presence of each segment adds
    to the probability of a label.

    Parameters
    ----------
    segmentation : {"uniform", "beats", "waves"} or callable, default="uniform"
        What a feature is: one of `n_segments` stretches of equal length; a beat, with borders midway between R peaks;
        or the neighbourhood of a P wave, QRS complex or T wave, or the rest of a beat, at fixed times around the R
        peaks. Where fewer than two beats are found, uniform segments stand in, with a warning. A function of the
        recording (n_leads, n_timepoints) and its sampling rate gives an array of int of shape (n_timepoints,) or
        (n_leads, n_timepoints): the segment to which each timepoint belongs, negative for none.

    n_segments : int, default=20
        Number of uniform segments.

    merge_beats : bool, default=False
        Whether with "waves" a feature is a wave of all beats ("all QRS complexes") and not of one.

    per_lead : bool, default=False
        Whether each lead has features of its own; otherwise a segment is taken out in all leads.

    perturbation : {"mean", "total_mean", "noise", "interpolate", "other_recordings"} or callable, default="mean"
        What stands where a segment is taken out: its mean; the mean of the lead; normal noise of the mean and standard
        deviation of the lead; a straight line between its ends; or the same stretch of a random recording out of those
        given to `fit`. A function of the recording, of an array of bool that tells where it is replaced, both of shape
        (n_leads, n_timepoints), and of a :class:`numpy.random.Generator` gives an array of that shape.

    n_perturbations : int, default=1000
        Number of perturbations; the recording itself is the first.

    kernel_width : float or None, default=None
        Width of the exponential kernel that weighs perturbations by their distance; None is 0.25, and with
        ``distance="euclidean"`` 0.75 times the square root of the number of features. Both are lime's.

    feature_selection : {"auto", "forward_selection", "highest_weights", "lasso_path", "none"}, default="auto"
        How lime selects features when fewer than all are asked for. "auto" is forward selection of up to six, which
        takes long for many features, and else the highest weights.

    distance : {"cosine", "euclidean", "hamming"}, default="cosine"
        Distance of a perturbation from the recording, between the vectors that tell which features are present.

    batch_size : int, default=64
        Perturbed recordings in memory at once, and in one call of the classifier. It is rounded up to a multiple of
        16, or of the classifier's own batch size, and the last batch is filled up with the recording itself.

    sampling_rate : float, default=None
        Sampling rate of the recordings, in Hz; for beats and waves at least 50. It has to be told: `fit` and `explain`
        refuse None.

    random_state : int, RandomState instance or None, default=None
        Decides which segments are taken out, and what is drawn to stand there. The same int gives the same
        explanation, to the bit, at every `batch_size`.

    verbose : int, default=0
        0 is silent, 1 shows a progress bar.

    Attributes
    ----------
    background_ : list of ndarray of shape (n_leads, n_timepoints_i)
        The recordings given to `fit`.

    n_leads_ : int
        Number of their leads.

    n_features_in_ : int
        Number of their timepoints. Only after a fit on a table.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the timepoints. Only after a fit on a table whose columns are named by strings.

    See Also
    --------
    Explanation : What comes out.
    average_explanations : Which wave matters over many recordings.

    Notes
    -----
    An explanation is one of the surrogate. It warns (:class:`ExplanationWarning`) if the surrogate's weighted R²,
    adjusted for the number of features, is below 0.5, or if it differs from the classifier by more than 0.2 at the
    recording itself. `stability` tells whether another seed would say the same, and `faithfulness` whether the
    classifier heeds the segments said to matter.

    Single segments often say too little. Where a classifier is sure because nothing is wrong anywhere, no segment is
    missed, and the surrogate follows it badly: of 12 normal recordings of the CinC Challenge 2017 that
    "tiny-cinc2017" answers rightly, 10 warned with 20 uniform segments (500 perturbations, median R² 0.48), of 12 of
    fibrillation 8 (0.74). With single beats 19 of the 24 warned. Ask then for waves merged over all beats.

    To a classifier of RR intervals a segment without its beats is a pause; only from 2 s on does
    :class:`~ecgclf.preprocessing.RRFeatures` take it for a gap and leave it out. Segments of 1 s, taken out of 12
    recordings one by one, changed the probability of a random forest by 0.32 (mean of the medians), those of 2 s by
    0.02; the median R² of six explanations was 0.20 and 0.64. Give such a Pipeline segments of at least 2 s.

    That `batch_size` changes nothing holds for classifiers that answer each recording by itself. Networks, and all
    that multiplies matrices, round differently in batches of different size, which is why batches are filled.

    References
    ----------
    .. [1] Ribeiro, M. T., Singh, S. and Guestrin, C. (2016). "Why should I trust you?" Explaining the predictions of
       any classifier. KDD 2016, 1135-1144. :doi:`10.1145/2939672.2939778`

    Examples
    --------
    A classifier that looks at the height of the fifth second only:

    >>> import numpy as np
    >>> from ecgclf.explanation import LimeTimeSeriesExplainer
    >>> def classifier(X):
    ...     p = 1 / (1 + np.exp(-X[:, 1200:1500].max(axis=1)))
    ...     return np.column_stack([1 - p, p])
    >>> recording = np.sin(np.arange(3000) / 20)
    >>> explainer = LimeTimeSeriesExplainer(
    ...     n_segments=10, sampling_rate=300, random_state=0
    ... )
    >>> explanation = explainer.explain(classifier, recording, labels=1)
    >>> explanation.as_list()[0][0]
    'segment 4'
    >>> explanation.r2.round(2)
    array([1.])
    """

    _parameter_constraints: dict = {
        "segmentation": [StrOptions({"uniform", "beats", "waves"}), callable],
        "n_segments": [Number(Integral, 2, None, closed="left")],
        "merge_beats": ["boolean"],
        "per_lead": ["boolean"],
        "perturbation": [StrOptions(set(_perturbations.NAMES)), callable],
        "n_perturbations": [Number(Integral, 2, None, closed="left")],
        "kernel_width": [Number(Real, 0, None, closed="neither"), None],
        "feature_selection": [StrOptions(METHODS)],
        "distance": [StrOptions(DISTANCES)],
        "batch_size": [Number(Integral, 1, None, closed="left")],
        "sampling_rate": [Number(Real, 0, None, closed="neither"), None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        segmentation="uniform",
        *,
        n_segments=20,
        merge_beats=False,
        per_lead=False,
        perturbation="mean",
        n_perturbations=1000,
        kernel_width=None,
        feature_selection="auto",
        distance="cosine",
        batch_size=64,
        sampling_rate=None,
        random_state=None,
        verbose=0,
    ):
        assign(self, locals())

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    @document(X=RECORDINGS)
    def fit(self, X, y=None):
        """Keep recordings from which ``perturbation="other_recordings"`` draws; the others need no fit.

        Parameters
        ----------
        {X}

        y : None
            Not used, present because scikit-learn passes it.

        Returns
        -------
        self : object
            The fitted explainer.
        """
        recordings = check_recordings(self, X)
        check_told(self)
        self.background_ = recordings.items
        return self

    def explain(self, estimator, recording, labels=None, top_labels=None, n_features=None):
        """Explain what a classifier says of one recording.

        Parameters
        ----------
        estimator : estimator or callable
            A fitted classifier with ``predict_proba`` (of this package, a Pipeline, any other), or a function from
            recordings to probabilities of shape (n_recordings, n_classes). One that was fitted on a table is given
            tables. Otherwise a one-dimensional `recording` leads to a list of such (to a function, an array of shape
            (n_recordings, n_timepoints)), and a two-dimensional one to an array of shape (n_recordings, n_leads,
            n_timepoints).

        recording : array-like of shape (n_timepoints,) or (n_leads, n_timepoints)
            The recording, in mV, as the estimator takes it: raw if that is a Pipeline with filters in front.

        labels : label or array-like of shape (n_labels,), default=None
            The labels to explain; for a function the numbers of its columns.

        top_labels : int, default=None
            If given, the most probable labels are explained instead, as many as this. With neither, the one most
            probable label.

        n_features : int, default=None
            Number of features the surrogate may use, as `feature_selection` has it; None is all.

        Returns
        -------
        Explanation
            Labels in the order asked for, or of their probability.

        Raises
        ------
        TypeError
            If the estimator has no ``predict_proba``.
        ValueError
            If the recording is not usable, is too short for the segments or does not suit the estimator, if a label is
            unknown, or if what comes back from the estimator is no probabilities.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted, or the explainer although its perturbation draws from other recordings.

        Notes
        -----
        Ctrl-C ends the work early: what has been answered is explained, with a warning, if that is enough.
        """
        self._validate_params()
        check_told(self)
        for name, value in (("top_labels", top_labels), ("n_features", n_features)):
            if value is not None and not is_whole(value, 1):
                raise ValueError(f"{name}={value!r} must be a positive integer or None.")
        flat, recording = check_recording(recording)
        model = Model(estimator, *recording.shape, flat, labels)
        segments = cut(
            recording, self.sampling_rate, self.segmentation, self.n_segments, self.merge_beats, self.per_lead
        )
        if segments.fallback:
            warn(
                f"Fewer than two beats were found in the recording: {self.n_segments} uniform segments stand in for "
                f"{self.segmentation}.",
                ExplanationWarning,
            )
        rng = check_random_state(self.random_state)
        n_all = len(segments.names)
        masks = rng.randint(0, 2, self.n_perturbations * n_all).reshape(self.n_perturbations, n_all).astype(bool)
        masks[0] = True
        replacements = self._replacements(recording, segments.intervals, rng.randint(np.iinfo(np.int32).max))
        # As many as the surrogate has unknowns, and one more.
        probabilities = answers(model, replacements, masks, self.batch_size, self.verbose, least=n_all + 2)
        masks = masks[: len(probabilities)]
        columns = model.find_columns(top_labels, probabilities[0])
        surrogates = fit_surrogates(
            masks, probabilities, columns, n_features, self.feature_selection, self.distance, self.kernel_width, rng
        )
        explanation = Explanation(
            recording=recording,
            sampling_rate=float(self.sampling_rate),
            intervals=segments.intervals,
            feature_names=segments.names,
            labels=np.asarray(model.classes)[columns],
            probabilities=probabilities[0, columns],
            segmentation="uniform" if segments.fallback else _name(self.segmentation),
            merged=self.segmentation == "waves" and bool(self.merge_beats) and not segments.fallback,
            fallback=segments.fallback,
            r_peaks=segments.r_peaks,
            perturbation=_name(self.perturbation),
            n_perturbations=len(masks),
            flat=flat,
            **surrogates,
        )
        warn_of(explanation)
        return explanation

    def explain_instance(
        self,
        recording,
        classifier_fn,
        labels=(1,),
        top_labels=None,
        num_features=10,
        num_samples=None,
        distance_metric=None,
    ):
        """Explain what a classifier says of one recording, with lime's names and order of arguments.

        Parameters
        ----------
        recording : array-like of shape (n_timepoints,) or (n_leads, n_timepoints)
            The recording, in mV.

        classifier_fn : callable or estimator
            From recordings to probabilities, or a classifier as `explain` takes it.

        labels : int or sequence of int, default=(1,)
            Columns of the probabilities to explain.

        top_labels : int, default=None
            If given, the most probable labels are explained instead, as many as this.

        num_features : int, default=10
            Number of features the surrogate may use.

        num_samples : int, default=None
            Number of perturbations; None is `n_perturbations`.

        distance_metric : str, default=None
            Distance of a perturbation from the recording; None is `distance`.

        Returns
        -------
        Explanation
            As from `explain`.
        """
        explainer = self._copy(
            n_perturbations=self.n_perturbations if num_samples is None else num_samples,
            distance=self.distance if distance_metric is None else distance_metric,
        )
        classes, labels = labels_of(classifier_fn), np.atleast_1d(labels).tolist()
        if classes is not None and top_labels is None:
            if not all(is_whole(column, 0) and column < len(classes) for column in labels):
                raise ValueError(f"labels={labels} are columns, expected numbers from 0 to {len(classes) - 1}.")
            labels = classes[labels]
        elif top_labels is not None:
            labels = None
        return explainer.explain(classifier_fn, recording, labels, top_labels, num_features)

    def stability(self, estimator, recording, label=None, *, n_repeats=5, top=5):
        """Tell how much an explanation depends on the seed.

        Parameters
        ----------
        estimator : estimator or callable
            As for `explain`.

        recording : array-like of shape (n_timepoints,) or (n_leads, n_timepoints)
            The recording, in mV.

        label : object, default=None
            The label explained; None is the most probable one.

        n_repeats : int, default=5
            Number of explanations, each of another seed drawn from `random_state`.

        top : int, default=5
            Number of features, those of the largest absolute weights, whose sets are compared.

        Returns
        -------
        Stability
            Agreement of the explanations, over all pairs of them.
        """
        for name, value, least in (("n_repeats", n_repeats, 2), ("top", top, 1)):
            if not is_whole(value, least):
                raise ValueError(f"{name}={value!r} must be an integer of at least {least}.")
        if np.ndim(label) > 0:
            raise ValueError(f"label={label!r:.60}; stability is of one label.")
        seeds = check_random_state(self.random_state).randint(np.iinfo(np.int32).max, size=n_repeats)
        explanations = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExplanationWarning)
            for seed in seeds.tolist():
                labels = None if label is None else [label]
                explanations.append(self._copy(random_state=seed).explain(estimator, recording, labels))
                label = explanations[0].labels[0]
        return compare(explanations, top)

    def faithfulness(self, estimator, explanation, label=None, *, n_random=10):
        """Tell whether the classifier heeds the features that an explanation says to matter.

        Deletion takes the features out of the recording one after the other, the one of the largest weight first;
        insertion starts with all taken out and puts them back in that order [1]_. The probability of the label, drawn
        over the share of features, falls early or rises early if the explanation is faithful: the area under the
        curve is small for deletion and large for insertion, compared with random orders.

        Parameters
        ----------
        estimator : estimator or callable
            The classifier explained.

        explanation : Explanation
            Of this explainer.

        label : object, default=None
            A label that is explained; None is the first.

        n_random : int, default=10
            Number of random orders.

        Returns
        -------
        Faithfulness
            The curves and the areas under them.

        References
        ----------
        .. [1] Petsiuk, V., Das, A. and Saenko, K. (2018). RISE: Randomized input sampling for explanation of black-box
           models. BMVC 2018. :doi:`10.48550/arXiv.1806.07421`
        """
        self._validate_params()
        if not is_whole(n_random, 1):
            raise ValueError(f"n_random={n_random!r} must be a positive integer.")
        if not isinstance(explanation, Explanation):
            raise TypeError(
                f"explanation is {called(explanation)}; expected what `explain` gives, after the estimator."
            )
        row = explanation.find_label(label)
        recording = np.array(explanation.recording)
        model = Model(estimator, *recording.shape, explanation.flat, explanation.labels[row])
        rng = check_random_state(self.random_state)
        orders = deletion_orders(explanation.weights[row], n_random, rng)
        replacements = self._replacements(recording, explanation.intervals, rng.randint(np.iinfo(np.int32).max))
        masks = deletion_masks(orders)
        probabilities = answers(model, replacements, masks, self.batch_size, self.verbose, least=len(masks))
        (column,) = model.find_columns(None, probabilities[0])
        return measure(explanation.labels.tolist()[row], probabilities[:, column], n_random)

    def _copy(self, **params):
        """Make an explainer with other parameters that shares what this one has learnt."""
        explainer = type(self)(**{**self.get_params(deep=False), **params})
        if hasattr(self, "background_"):
            explainer.background_ = self.background_
            explainer.n_leads_ = self.n_leads_
        return explainer

    def _replacements(self, recording, intervals, seed):
        background = None
        if self.perturbation == "other_recordings":
            if not hasattr(self, "background_"):
                raise NotFittedError(
                    'perturbation="other_recordings" needs recordings to draw from. Call fit with a collection of '
                    "them before explain."
                )
            if self.n_leads_ != len(recording):
                raise ValueError(
                    f"The recording has {len(recording)} lead(s), those given to fit have {self.n_leads_}. Fit the "
                    "explainer on recordings of the same leads."
                )
            background = self.background_
        return _perturbations.Replacements(self.perturbation, recording, intervals, background, seed)


def _name(choice):
    return choice if isinstance(choice, str) else getattr(choice, "__name__", type(choice).__name__)
