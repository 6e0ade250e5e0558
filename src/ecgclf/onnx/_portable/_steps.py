"""What a Pipeline does to a recording before its network, with numpy alone."""

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def prepare(recording, steps):
    """Do the steps that a file describes.

    Parameters
    ----------
    recording : ndarray of shape (n_leads, n_timepoints)
        The recording, in mV.
    steps : list of dict
        As the docstring of `OnnxClassifier.prepare` has them.

    Returns
    -------
    ndarray of shape (n_leads, n_new_timepoints)
        What the network gets.
    """
    for step in steps:
        step = dict(step)
        recording = STEPS[step.pop("step")](recording, **step).astype(recording.dtype, copy=False)
    return recording


def _filter(x, sos, zi, padding):
    padding = min(padding, x.shape[1] - 1)
    before = 2 * x[:, :1] - x[:, padding:0:-1]
    after = 2 * x[:, -1:] - x[:, -2 : -padding - 2 : -1]
    x = np.concatenate([before, x, after], axis=1).astype(np.float64)
    for _ in range(2):
        first = x[:, :1]
        for section, state in zip(sos, zi, strict=True):
            x = _filter_section(x, section, first * state)
        x = x[:, ::-1]
    return x[:, padding : x.shape[1] - padding]


def _filter_section(x, section, state):
    """Filter each row, a block of samples at a time: as matrices, for a loop over samples takes 20 times longer."""
    within, to_state, over, from_state = _block_matrices(*section)
    blocks = np.pad(x, ((0, 0), (0, -x.shape[1] % len(within)))).reshape(len(x), -1, len(within))
    driven = blocks @ to_state
    states = np.empty_like(driven)
    for i in range(blocks.shape[1]):
        states[:, i] = state
        state = state @ over + driven[:, i]
    return (blocks @ within + states @ from_state).reshape(len(x), -1)[:, : x.shape[1]]


@lru_cache(64)
def _block_matrices(b0, b1, b2, _, a1, a2):
    """Give what a section makes of a block of samples and the state before it: output and state."""
    block = 128
    # The state after a sample is ``step @ state + gain * sample``, the output ``state[0] + b0 * sample``.
    step, gain = np.array([[-a1, 1.0], [-a2, 0.0]]), np.array([b1 - a1 * b0, b2 - a2 * b0])
    powers = np.array([np.linalg.matrix_power(step, n) for n in range(block + 1)])
    response = np.array([b0, *(powers[: block - 1] @ gain)[:, 0]])
    lag = np.subtract.outer(np.arange(block), np.arange(block))
    within = np.where(lag >= 0, response[lag], 0.0)
    return within.T, powers[block - 1 :: -1] @ gain, powers[block].T, powers[:block, 0].T


def _resample(x, up, down, taps):
    if up == down:
        return x
    n_taps = -(-len(taps) // up)
    # Backwards, as a window of samples is read forwards.
    phases = np.pad(taps, (0, n_taps * up - len(taps))).reshape(n_taps, up)[::-1].T
    windows = sliding_window_view(np.pad(x - x[:, :1], ((0, 0), (n_taps, n_taps)), mode="edge"), n_taps, axis=1)
    out = np.empty((len(x), -(-x.shape[1] * up // down)))
    for first in range(min(up, out.shape[1])):
        # Output m lies at m * down on the raised grid, half a filter before where the filter ends; that after `up`
        # more is of the same phase, `down` samples later.
        at = first * down + len(taps) // 2
        each = out[:, first::up]
        each[:] = windows[:, at // up + 1 :: down][:, : each.shape[1]] @ phases[at % up]
    return out + x[:, :1]


def _normalize(x, method, clip):
    eps = np.finfo(x.dtype).eps
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    constant = high - low <= 10 * eps * np.maximum(np.abs(low), np.abs(high))
    out = (x - low) / np.where(constant, 1, high - low)
    spread = out.std(axis=1, keepdims=True)
    if method == "zscore":
        out = out - out.mean(axis=1, keepdims=True)
    else:
        first, centre, third = np.quantile(out, [0.25, 0.5, 0.75], axis=1, keepdims=True)
        out = out - centre
        spread = np.where(third - first > eps, third - first, spread)
    out = np.where(constant, 0, out / np.where(constant, 1, spread))
    return out if clip is None else np.clip(out, -clip, clip)


def _denoise(x, level, dec_lo, dec_hi, rec_lo, rec_hi):
    n_timepoints = x.shape[1]
    approximation, details = x, []
    for _ in range(level):
        approximation, detail = _halved(approximation, dec_lo), _halved(approximation, dec_hi)
        details.append(detail)
    sigma = np.median(np.abs(details[0]), axis=1, keepdims=True) / 0.6745
    threshold = sigma * np.sqrt(2 * np.log(n_timepoints))
    signal = np.zeros_like(approximation)
    for detail in reversed(details):
        shrunk = np.copysign(np.maximum(np.abs(detail) - threshold, 0), detail)
        signal = signal[:, : shrunk.shape[1]]
        signal = _doubled(signal, rec_lo) + _doubled(shrunk, rec_hi)
    return signal[:, :n_timepoints]


def _halved(x, taps):
    n_taps = len(taps)
    mirrored = np.pad(x, ((0, 0), (n_taps - 1, n_taps - 1)), mode="symmetric")
    full = np.array([np.convolve(lead, taps, "valid") for lead in mirrored])
    return full[:, 1::2]


def _doubled(x, taps):
    spread = np.zeros((x.shape[0], 2 * x.shape[1] - 1))
    spread[:, ::2] = x
    n_taps = len(taps)
    return np.array([np.convolve(lead, taps) for lead in spread])[:, n_taps - 2 : 2 * x.shape[1]]


def _length(x, n_timepoints, position, mode):
    difference = x.shape[1] - n_timepoints
    before = {"start": 0, "center": abs(difference) // 2, "end": abs(difference)}[position]
    if difference >= 0:
        return x[:, before : before + n_timepoints]
    return np.pad(x, ((0, 0), (before, -difference - before)), mode=mode)


STEPS = {
    "filter": _filter,
    "resample": _resample,
    "normalize": _normalize,
    "denoise": _denoise,
    "length": _length,
}
