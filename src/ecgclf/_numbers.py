"""Which of what users give are numbers. True and False are none, whatever Python says."""

import math
from numbers import Integral, Real


def is_whole(value, least=None):
    """Tell whether something is a whole number, and no less than `least`.

    Parameters
    ----------
    value : object
        Whatever was given.
    least : int, default=None
        The smallest that is allowed.

    Returns
    -------
    bool
        True for Python's and numpy's whole numbers.
    """
    return isinstance(value, Integral) and not isinstance(value, bool) and (least is None or value >= least)


def is_finite(value):
    """Tell whether something is a number that has an end.

    Parameters
    ----------
    value : object
        Whatever was given.

    Returns
    -------
    bool
        True for Python's and numpy's numbers but NaN and the infinite.
    """
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
