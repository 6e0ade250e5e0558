"""Changes of one recording that keep its label.

Each function takes a recording, ndarray of shape (n_leads, n_timepoints), how much to change it, and the
numpy.random.Generator from which all that is chance is drawn; where it speaks of time, the sampling rate in Hz too. It
gives another array and leaves the caller's as it is.
"""

import numpy as np

from ecgclf._whole import at_most

_FEWEST, _APART = 6, 0.032  # factors, and how far apart their logarithms are where there are more
_WANDER = (5 / 3, 50 / 3)  # s, periods
_RETURN = (0.1, 1.0)  # s, time constants
_MAINS = (50.0, 60.0)  # Hz


def factor(extent, rng, shape=None):
    """Draw a factor of up to ``1 + extent`` either way, or an array of them."""
    bound = np.log1p(extent)
    return np.exp(rng.uniform(-bound, bound, shape))


def one_of_few(extent, rng):
    """Draw one of a few factors of up to ``1 + extent`` either way, evenly spread.

    Recordings of one length then come to have one of a few: for each that it has not met lately torch prepares its
    convolutions anew, which takes a network as long as its work.
    """
    n = max(_FEWEST, round(2 * np.log1p(extent) / _APART))
    return (1 + extent) ** ((2 * rng.integers(n) + 1) / n - 1)


def stretch(recordings, factor):
    """Play recordings slower by a factor, or faster if it is below 1; nothing is drawn."""
    # Where to read between which samples is most of the work, and the same for all of one length.
    places = {n: _places(n, max(1, round(n * factor))) for n in {x.shape[1] for x in recordings}}
    return [_read(x, *places[x.shape[1]]) for x in recordings]


def _places(n, n_new):
    """The samples before `n_new` evenly spread places among `n`, and how far behind them the places lie."""
    at = np.linspace(0, n - 1, n_new)
    before = np.minimum(at.astype(np.intp), max(n - 2, 0))
    return before, at - before


def _read(x, before, behind):
    """Interpolate between neighbouring samples."""
    first = x.take(before, axis=1)
    read = x[:, min(1, x.shape[1] - 1) :].take(before, axis=1)
    read -= first
    read *= behind.astype(x.dtype)
    read += first
    return read


def crop(x, size, rng):
    """A stretch of at most `size` timepoints, anywhere in the recording."""
    start = rng.integers(max(x.shape[1] - size, 0) + 1)
    return x[:, start : start + size]


def shift(x, seconds, rng, rate):
    """Begin up to `seconds` earlier or later; where nothing is known the value at the end stands."""
    largest = at_most(seconds, rate)
    by = rng.integers(-largest, largest + 1)
    return x[:, np.clip(np.arange(x.shape[1]) + by, 0, x.shape[1] - 1)]


def amplitude(x, extent, rng):
    """Multiply each lead by a factor of up to ``1 + extent`` either way."""
    return x * factor(extent, rng, (len(x), 1)).astype(x.dtype)


def lead_dropout(x, probability, rng):
    """Set each lead to zero with this probability; if that were all, one of them is kept."""
    keep = rng.random(len(x)) >= probability
    if not keep.any():
        keep[rng.integers(len(x))] = True
    return x * keep[:, np.newaxis]


def polarity(x, probability, rng):
    """Turn the whole recording upside down, as exchanged electrodes do, with this probability."""
    return -x if rng.random() < probability else x


def baseline_wander(x, extent, rng, rate):
    """Add a slow sine to each lead, as breathing does, of up to `extent` times the lead's standard deviation."""
    period = rate * np.exp(rng.uniform(*np.log(_WANDER), (len(x), 1)))
    return x + _sine(x, extent, period, rng)


def electrode_motion(x, extent, rng, rate):
    """Let each lead jump once, by up to `extent` standard deviations, and come back exponentially."""
    time = np.arange(x.shape[1], dtype=x.dtype) - x.dtype.type(rng.integers(x.shape[1]))
    constant = rate * np.exp(rng.uniform(*np.log(_RETURN), (len(x), 1))).astype(x.dtype)
    jump = rng.choice([-1, 1], (len(x), 1)).astype(x.dtype) * _strength(x, extent, rng)
    return x + jump * np.where(time < 0, x.dtype.type(0), np.exp(-np.maximum(time, 0) / constant))


def powerline(x, extent, rng, rate):
    """Add the hum of the mains, of 50 or 60 Hz, of up to `extent` times the lead's standard deviation."""
    return x + _sine(x, extent, rate / rng.choice(_MAINS), rng)


def noise(x, extent, rng):
    """Add white noise to each lead, of up to `extent` times the lead's standard deviation."""
    return x + _strength(x, extent, rng) * rng.standard_normal(x.shape, dtype=np.float32).astype(x.dtype, copy=False)


def cutout(x, seconds, rng, rate):
    """Put a stretch of up to `seconds`, anywhere, to the mean of each lead."""
    size = min(rng.integers(at_most(seconds, rate) + 1), x.shape[1])
    start = rng.integers(x.shape[1] - size + 1)
    x = x.copy()
    x[:, start : start + size] = x.mean(axis=1, keepdims=True)
    return x


def _strength(x, extent, rng):
    return rng.uniform(0, extent, (len(x), 1)).astype(x.dtype) * x.std(axis=1, keepdims=True)


def _sine(x, extent, period, rng):
    """A sine for each lead; `period` in timepoints."""
    turns = np.arange(x.shape[1]) / period + rng.random((len(x), 1))
    # A sine of float32 is quick; of the whole turns, which it could not hold, it needs none.
    angle = np.float32(2 * np.pi) * (turns - np.floor(turns)).astype(np.float32)
    return (np.sqrt(2) * _strength(x, extent, rng) * np.sin(angle)).astype(x.dtype, copy=False)
