"""What estimators share beside their rooms: where their pages are, how they are scored, logarithms of answers."""

import numpy as np
from sklearn.base import ClassifierMixin

from ecgclf._docstrings import RECORDINGS, document
from ecgclf._labels import check_columns, encode, names_of, several_labels

DOCS = "https://ecgclf.github.io/ecgclf/"


class DocLinkMixin:
    """Link the HTML that notebooks show of an estimator to its page.

    scikit-learn fills the template with the public module and the name of the class.
    """

    _doc_link_module = "ecgclf"
    _doc_link_template = f"{DOCS}generated/{{estimator_module}}.{{estimator_name}}.html"


class RecordingClassifierMixin(DocLinkMixin, ClassifierMixin):
    """A classifier of recordings: its `score` is scikit-learn's, and tells what it is of.

    It has `predict_proba`.
    """

    @document(X=RECORDINGS)
    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class for each recording.

        Parameters
        ----------
        {X}

        Returns
        -------
        log_probabilities : ndarray of shape (n_recordings, n_classes)
            That of what `predict_proba` gives, -inf where a probability is 0; numpy warns of these, as with the
            classifiers of scikit-learn.
        """
        return np.log(self.predict_proba(X))

    @document(X=RECORDINGS)
    def score(self, X, y, sample_weight=None):
        """Give the share of recordings whose label, or each of whose several labels, is predicted.

        It is what scikit-learn's tools go by if they are told nothing else. Where rhythms are rare, tell them
        ``scoring=``: `ecgclf.metrics.cinc2017_scorer` or "f1_macro".

        Parameters
        ----------
        {X}

        y : array-like of shape (n_recordings,) or (n_recordings, n_labels)
            Their labels.

        sample_weight : array-like of shape (n_recordings,), default=None
            Weight of each recording.

        Returns
        -------
        score : float
            Between 0 and 1.
        """
        if several_labels(self):
            names = names_of(y)
            check_columns(y, names, self.classes_, "y", f"this {type(self).__name__}")
            # What columns of several dtypes make is no indicator to scikit-learn.
            y = encode(np.asarray(y), names)[1].astype(np.int64)
        return super().score(X, y, sample_weight)
