"""Label-preserving changes of recordings while a classifier trains."""

from numbers import Integral, Real

import numpy as np

from ecgclf._whole import at_least

# Periods of the baseline wander, in timepoints: 1.7 to 17 s at 300 Hz.
_WANDER_PERIODS = (500.0, 5000.0)


def crop(x, size, rng):
    """A stretch of at most `size` timepoints, anywhere in the recording.

    Parameters
    ----------
    x : ndarray of shape (n_leads, n_timepoints)
        A recording, as in all functions of this module; none changes it in place.
    size : int
        Timepoints.
    rng : numpy.random.Generator
        What is drawn comes from here.

    Returns
    -------
    ndarray of shape (n_leads, min(size, n_timepoints))
        The stretch.
    """
    start = rng.integers(max(x.shape[1] - size, 0) + 1)
    return x[:, start : start + size]


def time_scaling(x, extent, rng):
    """Play a recording slower or faster, by a factor of up to ``1 + extent`` either way."""
    n = x.shape[1]
    n_new = max(1, round(n * _factor(extent, rng)))
    at = np.linspace(0, n - 1, n_new)
    return np.stack([np.interp(at, np.arange(n), lead) for lead in x])


def amplitude(x, extent, rng):
    """Multiply each lead by a factor of up to ``1 + extent`` either way."""
    return x * _factor(extent, rng, (len(x), 1))


def noise(x, extent, rng):
    """Add white noise to each lead, of up to `extent` times the lead's standard deviation."""
    strength = rng.uniform(0, extent, (len(x), 1)) * x.std(axis=1, keepdims=True)
    return x + strength * rng.standard_normal(x.shape, dtype=np.float32)


def baseline_wander(x, extent, rng):
    """Add a slow sine to each lead, of up to `extent` times the lead's standard deviation."""
    strength = rng.uniform(0, extent, (len(x), 1)) * x.std(axis=1, keepdims=True)
    period = np.exp(rng.uniform(*np.log(_WANDER_PERIODS), (len(x), 1)))
    phase = rng.uniform(0, 2 * np.pi, (len(x), 1))
    return x + strength * np.sqrt(2) * np.sin(2 * np.pi * np.arange(x.shape[1]) / period + phase)


def polarity(x, probability, rng):
    """Turn the whole recording upside down, as exchanged electrodes do, with this probability."""
    return -x if rng.random() < probability else x


def lead_dropout(x, probability, rng):
    """Set each lead to zero with this probability; one is always kept."""
    keep = rng.random(len(x)) >= probability
    keep[rng.integers(len(x))] = True
    return x * keep[:, np.newaxis]


def _factor(extent, rng, shape=None):
    bound = np.log1p(extent)
    return np.exp(rng.uniform(-bound, bound, shape))


# In the order in which they are applied. Crops are equally long, and a batch of them is without padding, because they
# come after the scaling of time.
AUGMENTATIONS = {
    function.__name__: function
    for function in (time_scaling, crop, amplitude, lead_dropout, polarity, baseline_wander, noise)
}
_PROBABILITIES = {"polarity", "lead_dropout"}


class Augmentation:
    """Applies a choice of the functions above to one recording after the other.

    Parameters
    ----------
    settings : dict of {str: number}
        Strength of each function named.

    Raises
    ------
    ValueError
        If a name is not known or a strength not possible.
    """

    def __init__(self, settings):
        for name, strength in settings.items():
            if name not in AUGMENTATIONS:
                raise ValueError(f"augmentation names {name!r}, which is none of {list(AUGMENTATIONS)}.")
            _check(name, strength)
        self.steps = [(AUGMENTATIONS[name], settings[name]) for name in AUGMENTATIONS if name in settings]
        # The longest stretch from which a crop may come: no more of a long recording need be scaled.
        self.reach = at_least(1 + settings.get("time_scaling", 0), settings.get("crop", 0))

    def __call__(self, x, rng):
        """Change a recording of shape (n_leads, n_timepoints) as `rng` draws it; the caller's array stays as it is."""
        if self.reach:
            x = crop(x, self.reach, rng)
        for function, strength in self.steps:
            x = function(x, strength, rng)
        return x


def _check(name, strength):
    if name == "crop":
        good, wanted = isinstance(strength, Integral) and strength >= 1, "a number of timepoints, an int of 1 or more"
    elif name in _PROBABILITIES:
        good, wanted = isinstance(strength, Real) and 0 <= strength <= 1, "a probability, from 0 to 1"
    else:
        good, wanted = isinstance(strength, Real) and 0 <= strength < np.inf, "a number of 0 or more"
    if not good or isinstance(strength, bool):
        raise ValueError(f"augmentation[{name!r}] is {strength!r}, but has to be {wanted}.")
