"""Whole numbers from products, such as samples from seconds: decided by the product, not by how it was rounded."""

import numpy as np


def nearest(share, of):
    """Give the whole number nearest to a product, a half upwards.

    Parameters
    ----------
    share, of : float or array-like
        What is multiplied: seconds and a sampling rate, say, or a share and a count.

    Returns
    -------
    int or ndarray of int64
        The numbers.
    """
    return _whole(np.floor(_exact(share, of) + 0.5))


def at_least(share, of):
    """Give the smallest whole number that is not below a product: how many samples last for a duration.

    Parameters
    ----------
    share, of : float or array-like
        What is multiplied.

    Returns
    -------
    int or ndarray of int64
        The numbers.
    """
    return _whole(np.ceil(_exact(share, of)))


def at_most(share, of):
    """Give the largest whole number that is not above a product: what exceeds a duration has more samples.

    Parameters
    ----------
    share, of : float or array-like
        What is multiplied.

    Returns
    -------
    int or ndarray of int64
        The numbers.
    """
    return _whole(np.floor(_exact(share, of)))


def _exact(share, of):
    """Multiply, and put right what has moved away from a whole number or a half: 1000 / 3 Hz for 0.3 s are 100."""
    product = np.multiply(share, of, dtype=np.float64)
    halves = np.rint(2 * product) / 2
    return np.where(np.abs(product - halves) <= 1e-9 * np.maximum(1, np.abs(product)), halves, product)


def _whole(numbers):
    numbers = numbers.astype(np.int64)
    return numbers if numbers.ndim else int(numbers)
