"""Parameters: how estimators keep them, which numbers they may be, and choices out of a few words."""

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


def check_choice(name, value, choices):
    """Raise unless a parameter is one of a few words.

    Parameters
    ----------
    name : str
        Of the parameter.
    value : object
        Whatever was given.
    choices : iterable of str
        What it may be.

    Raises
    ------
    ValueError
        If it is none of them.
    """
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name}={value!r:.60}; expected one of {', '.join(map(repr, choices))}.")


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
