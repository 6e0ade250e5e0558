"""What in a recording is no ECG: stretches without signal, the steps at their borders, and how strong the rest is."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, maximum_filter1d, minimum_filter1d

from ecgclf._whole import at_least, nearest
from ecgclf.signal._checks import FloatArray

_BLOCK = 2.0  # s, surely holds a beat
_STILL = 0.3  # s, longer than the top of a clipped QRS complex
_NEIGHBOURS = 2  # steps of an idle converter, up and down
_IDLE = 8  # steps of a converter without ECG: its noise, or a drift from one value to the next
_EDGE = 0.02  # s, in which a signal falls to the value of a gap
_SMALL = 0.1  # of the range of a lead: no beats, even where a lead takes few values altogether
_LOUDER = 30.0  # times the energy of another block: not the same thing
_QUIETEST = 0.5  # of blocks as loud as one another: noise alone, if all these are noise
_PEAKED = 4.0  # mean square of the energy over its squared mean: 3 in noise, 4 and more in an ECG
_FLANK = 0.1  # s, from the centre of a QRS complex or a step to what is beside it
_RINGING = 0.4  # s, of the filter after a step
_OVERSHOOT = 0.25  # of a step


def flat(x: FloatArray, rate: float) -> NDArray[np.bool_]:
    """Tell where a lead keeps one value, or three neighbouring ones, for too long to be connected to a body.

    Parameters
    ----------
    x : ndarray of shape (n_leads, n_timepoints)
        The recording.
    rate : float
        Its sampling rate, in Hz.

    Returns
    -------
    ndarray of bool of shape (n_leads, n_timepoints)
        Where a lead is flat; a recording shorter than 2 s may be so throughout.
    """
    return np.array([_within(lead, _NEIGHBOURS, at_least(_BLOCK, rate)) for lead in x])


def bridge(x: FloatArray, rate: float) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Draw a line across each stretch in which a lead stands still, so that its borders are no steps.

    Parameters
    ----------
    x : ndarray of shape (n_leads, n_timepoints)
        The recording.
    rate : float
        Its sampling rate, in Hz.

    Returns
    -------
    bridged : ndarray of shape (n_leads, n_timepoints)
        The recording; a lead that stands still throughout is 0.
    silent : ndarray of bool of shape (n_leads, n_timepoints)
        Where a lead stands still for too long to have a beat.
    """
    bridged, silent = x.copy(), np.zeros(x.shape, dtype=bool)
    time = np.arange(x.shape[1])
    for lead, of_lead in zip(bridged, silent, strict=True):
        still = _within(lead, 0, nearest(_STILL, rate)) | _within(lead, _IDLE, at_least(_BLOCK, rate))
        for start, stop in runs(still):
            of_lead[start:stop] = stop - start >= at_least(_BLOCK, rate)
        kept = ~binary_dilation(still, iterations=max(1, nearest(_EDGE, rate)))
        if kept.any():
            lead[~kept] = np.interp(time[~kept], time[kept], lead[kept])
        else:
            lead[:], of_lead[:] = 0, True
    return bridged, silent


def _within(lead: FloatArray, n_steps: int, width: int) -> NDArray[np.bool_]:
    """Tell where a lead stays within so many of its smallest steps for so many samples."""
    width = min(width, len(lead))
    n = len(lead) - width + 1
    begins = slice(width // 2, width // 2 + n)
    extent = maximum_filter1d(lead, width)[begins] - minimum_filter1d(lead, width)[begins]
    steps = np.abs(np.diff(lead, append=lead[-1]))
    steps[steps == 0] = np.inf
    allowed = n_steps * minimum_filter1d(steps, width)[begins] if n_steps else np.zeros(n)
    is_still = extent <= np.where(allowed <= _SMALL * np.ptp(lead), allowed, 0)
    ahead = np.zeros(len(lead) + 1, dtype=np.int64)
    ahead[:n] += is_still
    ahead[width:] -= is_still
    return np.cumsum(ahead[:-1]) > 0


def level(energy: FloatArray, silent: NDArray[np.bool_], rate: float) -> float:
    """Give the mean energy of the ECG in a recording, of which it may be the lesser part.

    It is the median over blocks of 2 s, which an artefact does not move. Where some blocks are far louder than
    others, those do not count whose energy is even, as of noise, and not peaked, as of beats.

    Parameters
    ----------
    energy : ndarray of shape (n_timepoints,)
        The square of what passes the band of QRS complexes.
    silent : ndarray of bool of shape (n_timepoints,)
        Where there is surely no ECG.
    rate : float
        Sampling rate, in Hz.

    Returns
    -------
    float
        The level; 0 where all is silent.
    """
    energy = energy[~silent]
    if not energy.any():
        return 0.0
    blocks = np.array_split(energy, max(1, len(energy) // nearest(_BLOCK, rate)))
    means = np.array([block.mean() for block in blocks])
    peaked = np.array([np.square(block / max(mean, 1e-300)).mean() for block, mean in zip(blocks, means, strict=True)])
    order = np.argsort(means)
    groups, start = [], 0
    while start < len(order):
        stop = int(np.searchsorted(means[order], _LOUDER * means[order[start]], side="right"))
        groups.append(order[start : max(stop, start + 1)])
        start += len(groups[-1])
    shapes = [np.median(peaked[group[: at_least(_QUIETEST, len(group))]]) for group in groups]
    of_ecg = [group for group, shape in zip(groups, shapes, strict=True) if shape >= min(_PEAKED, max(shapes))]
    return float(np.median(means[np.concatenate(of_ecg)]))


def flatten_steps(
    x: FloatArray, beats: list[int], energies: FloatArray, level_of_all: float, rate: float
) -> tuple[FloatArray, list[int]]:
    """Take out the steps between an ECG and silence which were found as beats.

    Parameters
    ----------
    x : ndarray of shape (n_leads, n_timepoints)
        The recording; not modified.
    beats : list of int
        Where a beat or a step is.
    energies : ndarray of shape (n_leads, n_timepoints)
        The energy of each lead.
    level_of_all : float
        Level of the sum of the energies.
    rate : float
        Sampling rate, in Hz.

    Returns
    -------
    flattened : ndarray of shape (n_leads, n_timepoints)
        The recording without them.
    steps : list of int
        Those of the `beats` which were steps.
    """
    summed = np.concatenate([[0.0], np.cumsum(energies.sum(axis=0))])
    n = len(summed) - 1
    flank, ringing, block = (nearest(seconds, rate) for seconds in (_FLANK, _RINGING, _BLOCK))
    edge = max(1, nearest(_EDGE, rate))
    steps = []
    flattened = x.copy()
    for beat in beats:
        sides = (max(0, beat - block), beat - ringing), (beat + ringing, min(n, beat + block))
        quiet = level_of_all / _LOUDER
        if not any(start < stop and summed[stop] - summed[start] < quiet * (stop - start) for start, stop in sides):
            continue
        lead = int(np.argmax(energies[:, beat]))
        start = max(0, beat - flank)
        before, middle = x[lead, max(0, beat - ringing) : start], x[lead, start : beat + flank]
        after = x[lead, beat + flank : beat + ringing]
        if not (before.size and after.size):
            continue
        low, high = sorted((np.median(before), np.median(after)))
        jumps = np.abs(middle[edge:] - middle[:-edge])
        overshoot = max(middle.max() - high, low - middle.min())
        if overshoot < _OVERSHOOT * (high - low) and jumps.max() > (1 - _OVERSHOOT) * (high - low):
            steps.append(beat)
            at = start + int(np.argmax(jumps))
            flattened[lead, at + edge :] -= x[lead, at + edge] - x[lead, at]
            flattened[lead, at : at + edge] = flattened[lead, at]
    return flattened, steps


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Give start and stop (exclusive) of each stretch in which a mask is true."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
