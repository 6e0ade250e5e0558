"""Parameters of estimators: how they are kept, and which numbers they may be."""

from sklearn.utils._param_validation import Interval

from ecgclf._numbers import is_finite


def assign(estimator, parameters):
    """Keep each parameter of an estimator as its attribute, which is all that an `__init__` does.

    Parameters
    ----------
    estimator : estimator
        The estimator that is made.
    parameters : dict
        The ``locals()`` of its `__init__`.
    """
    for name, value in parameters.items():
        if name not in ("self", "__class__"):
            setattr(estimator, name, value)


class Number(Interval):
    """An interval of finite numbers; scikit-learn's takes True for 1."""

    def is_satisfied_by(self, val):
        """Tell whether a value lies in it.

        Parameters
        ----------
        val : object
            Whatever was given.

        Returns
        -------
        bool
            True for numbers in it.
        """
        return is_finite(val) and super().is_satisfied_by(val)
