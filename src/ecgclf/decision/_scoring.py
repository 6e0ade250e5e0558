"""What decisions are tuned for: a metric, a scorer or its name, as a function of true and predicted labels."""

import inspect
from copy import copy

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer


class LabelScore:
    """A score of predicted labels, greater is better.

    Parameters
    ----------
    scoring : str or callable
        A name that scikit-learn knows, a scorer ``scorer(estimator, X, y)``, or a metric ``metric(y_true, y_pred)``.

    sample_weight : ndarray of shape (n_recordings,), default=None
        How often each recording counts.

    Raises
    ------
    ValueError
        If scikit-learn knows no scorer of that name, or a callable takes neither, or no weights where there are some.
    """

    def __init__(self, scoring, sample_weight=None):
        self.name = scoring if isinstance(scoring, str) else getattr(scoring, "__name__", repr(scoring))
        self.function = get_scorer(scoring) if isinstance(scoring, str) else scoring
        self.is_scorer = not _takes(self.function, 2)
        if self.is_scorer and not _takes(self.function, 3):
            raise ValueError(
                f"scoring={self.name} takes neither true and predicted labels, metric(y_true, y_pred), nor an "
                "estimator, scorer(estimator, X, y)."
            )
        if sample_weight is not None and not _takes_weights(self.function):
            raise ValueError(
                f"scoring={self.name} takes no sample_weight, and fit was given one. Give a metric that does, such as "
                '"f1_macro", or scoring=None.'
            )
        self.weights = {} if sample_weight is None else {"sample_weight": sample_weight}

    def of(self, rows):
        """Give the same score for some of the recordings, an array of their numbers."""
        score = copy(self)
        score.weights = {name: weight[rows] for name, weight in self.weights.items()}
        return score

    def __call__(self, y_true, y_pred):
        """Give the score of predicted labels, a float."""
        if not self.is_scorer:
            return float(self.function(y_true, y_pred, **self.weights))
        answered = _Answers(y_pred, y_true)
        return float(self.function(answered, np.zeros((len(y_true), 1)), y_true, **self.weights))

    def check(self, y, wrong):
        """Find out, before anything is trained, whether it judges labels, and which way is better.

        Parameters
        ----------
        y : ndarray of shape (n_recordings,)
            The labels.
        wrong : ndarray of shape (n_recordings,)
            Others, of the same classes, each of them wrong.

        Raises
        ------
        ValueError
            If it needs probabilities, is no number, or is greater where all is wrong.
        """
        try:
            right, all_wrong = self(y, y), self(y, wrong)
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"scoring={self.name} does not judge predicted labels, but decisions change nothing else ({error})."
            ) from error
        if not np.isfinite(right):
            raise ValueError(
                f"scoring={self.name} is {right} where every answer is right. Give one that is a number there."
            )
        if right < all_wrong:
            raise ValueError(
                f"scoring={self.name} is {right:.3g} where every answer is right and {all_wrong:.3g} where every one "
                "is wrong, but greater has to be better. Give sklearn.metrics.make_scorer(..., "
                "greater_is_better=False)."
            )


class _Answers(ClassifierMixin, BaseEstimator):
    """A classifier as scorers ask for one, that has answered already."""

    def __init__(self, y_pred, y_true):
        self.y_pred = y_pred
        self.classes_ = np.unique(y_true)

    def predict(self, X):
        return self.y_pred


def _takes_weights(function):
    try:
        return "sample_weight" in inspect.signature(getattr(function, "_score_func", function)).parameters
    except ValueError:
        return False


def _takes(function, n_arguments):
    try:
        inspect.signature(function).bind(*[None] * n_arguments)
    except TypeError:
        return False
    except ValueError:
        # Compiled functions may not tell. A metric is more likely than a scorer.
        return n_arguments == 2
    return True
