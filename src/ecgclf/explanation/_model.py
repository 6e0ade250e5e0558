"""The estimator that is explained, asked in the form it knows."""

import warnings
from math import lcm
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ecgclf._inside import chains
from ecgclf._labels import label_probabilities
from ecgclf._recordings import as_recording, visible
from ecgclf.signal import SignalQualityWarning

# Networks and matrix products round a row differently in batches of different size. Batches are filled up to multiples
# of this, or of the estimator's own batch size.
_BLOCK = 16
_LARGEST_BLOCK = 256


class Model:
    """An estimator or a function, as a function of perturbed recordings.

    Parameters
    ----------
    estimator : estimator or callable
        What is explained.
    n_leads, n_timepoints : int
        Shape of the recordings it will be asked about.
    flat : bool
        Whether the recording came as (n_timepoints,).
    labels : array-like or None
        The labels that will be explained.
    """

    def __init__(self, estimator, n_leads, n_timepoints, flat, labels=None):
        self.estimator = estimator
        self.name = getattr(estimator, "__name__", type(estimator).__name__)
        self.predict = self._find_predict(estimator)
        self.classes = None if self.predict is estimator else labels_of(estimator)
        if np.ndim(labels) > 1:
            raise ValueError(f"labels={labels!r:.60}; expected a label, or a list of labels.")
        self.labels = None if labels is None else list(dict.fromkeys(np.atleast_1d(np.asarray(labels)).tolist()))
        self.form = self._find_form(n_leads, n_timepoints, flat)
        if self.classes is not None:
            self._check_labels()
        self.block = _block(estimator)

    def __call__(self, recordings):
        """Give the probabilities of recordings (n, n_leads, n_timepoints), float64 of shape (n, n_classes)."""
        n = len(recordings)
        if self.form == "table":
            X = recordings[:, 0]
        elif self.form == "list":
            X = list(recordings[:, 0])
        else:
            X = recordings
        with warnings.catch_warnings():
            # A table of perturbations has no column names, whatever the estimator was fitted on.
            warnings.filterwarnings("ignore", "X does not have valid feature names")
            # A recording of which everything is taken out is flat.
            warnings.simplefilter("ignore", SignalQualityWarning)
            probabilities = self.predict(X)
        return self._check(probabilities, n)

    def find_columns(self, top_labels, probabilities):
        """Give the columns to explain: those of the labels, or the `top_labels` most probable (None: the one)."""
        if self.labels is None or top_labels is not None:
            return np.argsort(-probabilities, kind="stable")[: top_labels or 1]
        return np.array([self.classes.tolist().index(label) for label in self.labels])

    def _check_labels(self):
        if self.labels is None:
            return
        unknown = [label for label in self.labels if label not in self.classes.tolist()]
        if unknown or not self.labels:
            raise ValueError(
                f"labels={self.labels} cannot be explained; expected labels of {self.name}, which are "
                f"{self.classes.tolist()}, or None for the most probable one."
            )

    def _find_predict(self, estimator):
        if isinstance(estimator, type):
            raise TypeError(f"The class {self.name} was given; expected a fitted estimator, {self.name}(…).fit(X, y).")
        if isinstance(estimator, BaseEstimator):
            check_is_fitted(estimator)
        if hasattr(estimator, "predict_proba"):
            return estimator.predict_proba
        if callable(estimator):
            return estimator
        raise TypeError(
            f"{self.name} has no predict_proba; expected a fitted classifier with predict_proba, or a function from "
            "recordings to probabilities. sklearn.calibration.CalibratedClassifierCV gives probabilities to a "
            "classifier that has none."
        )

    def _find_form(self, n_leads, n_timepoints, flat):
        fitted_leads = getattr(self.estimator, "n_leads_", n_leads)
        if fitted_leads != n_leads:
            raise ValueError(
                f"The recording has {n_leads} lead(s), but {self.name} was fitted on {fitted_leads}. Give the leads "
                "it was fitted on, in the same order."
            )
        if n_leads > 1:
            return "array"
        width = getattr(self.estimator, "n_features_in_", None)
        if width == n_timepoints:
            return "table"
        if flat and width is not None and not _takes_recordings(self.estimator):
            raise ValueError(
                f"The recording has {n_timepoints} timepoints, but {self.name} was fitted on a table of {width}. "
                "Give a recording of that length."
            )
        if not flat:
            return "array"
        return "table" if self.predict is self.estimator else "list"

    def _check(self, probabilities, n):
        if isinstance(probabilities, list):
            probabilities = self._of_each_label(probabilities)
        probabilities = visible(probabilities, f"What {self.name} answered").astype(np.float64, copy=False)
        if self.classes is None and probabilities.ndim == 2:
            self.classes = np.arange(probabilities.shape[1])
            self._check_labels()
        expected = (n, -1 if self.classes is None else len(self.classes))
        if probabilities.shape != expected:
            raise ValueError(
                f"{self.name} answered {n} recordings with an array of shape {probabilities.shape}; expected "
                f"probabilities of shape ({n}, {'n_classes' if self.classes is None else expected[1]})."
            )
        if not np.isfinite(probabilities).all():
            row = int(np.flatnonzero(~np.isfinite(probabilities).all(axis=1))[0])
            raise ValueError(
                f"{self.name} answered a perturbed recording with {probabilities[row].tolist()}; expected "
                "probabilities. Another perturbation may keep the recording within what it can answer."
            )
        # Of several labels, which not every classifier tells that it has, they need not sum to 1.
        wrong = ((probabilities < -1e-6) | (probabilities > 1 + 1e-6)).any(axis=1)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise ValueError(
                f"{self.name} answered with {probabilities[row].tolist()}, which are no probabilities: each must be "
                "from 0 to 1. Apply a softmax to scores, or a sigmoid where there are several labels."
            )
        return probabilities

    def _of_each_label(self, answers):
        # A bound method has its estimator.
        seen = getattr(getattr(self.estimator, "__self__", self.estimator), "classes_", None)
        if np.ndim(answers[0]) != 2:
            return answers
        if seen is None:
            seen = [range(of_label.shape[1]) for of_label in answers]
        return label_probabilities(answers, seen)


def labels_of(estimator):
    """Tell the labels that the columns of an estimator's probabilities stand for.

    Parameters
    ----------
    estimator : estimator or callable
        What is explained.

    Returns
    -------
    ndarray of shape (n_classes,) or None
        Of several labels that have no names their numbers; None where it does not tell.
    """
    classes = getattr(estimator, "classes_", None)
    if isinstance(classes, list) and classes and all(np.ndim(of_label) == 1 for of_label in classes):
        # scikit-learn's own have for each label what it was seen to be.
        return np.arange(len(classes))
    return None if classes is None else np.asarray(classes)


def _takes_recordings(estimator):
    """Tell whether what sees the recordings first takes them of any length, in a list."""
    return any(hasattr(chain[0], "n_leads_") for chain in chains(estimator) if chain)


def _block(estimator):
    sizes = [_BLOCK]
    # The estimator of a bound method, such as classifier.predict_proba.
    estimator = getattr(estimator, "__self__", estimator)
    if isinstance(estimator, BaseEstimator):
        for name, value in estimator.get_params().items():
            of_batch = name == "batch_size" or name.endswith("__batch_size")
            if of_batch and isinstance(value, Integral) and value > 0:
                sizes.append(int(value))
    block = lcm(*sizes)
    # Some estimators' batch size is of training only, and may be huge.
    return block if block <= _LARGEST_BLOCK else _BLOCK


def check_recording(recording):
    """Check a recording.

    Parameters
    ----------
    recording : array-like of shape (n_timepoints,) or (n_leads, n_timepoints)
        The recording, in mV.

    Returns
    -------
    flat : bool
        Whether it came as (n_timepoints,).
    recording : ndarray of shape (n_leads, n_timepoints)
        The recording as float32 or float64.
    """
    array = as_recording(recording, "the recording to explain")
    return array.ndim == 1, np.atleast_2d(array)
