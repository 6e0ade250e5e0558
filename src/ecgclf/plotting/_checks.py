"""What displays are given: recordings, names of leads, the part to draw, R peaks, weights along time."""

import numpy as np

from ecgclf._numbers import is_finite
from ecgclf._recordings import as_recording, visible
from ecgclf._warnings import warn
from ecgclf._whole import at_least, nearest
from ecgclf.plotting._layout import STANDARD
from ecgclf.signal import find_r_peaks

_MOST_LEADS = 64
_TALLEST_BEAT = 10.0  # mV; of 7,028 recordings of the Challenge 2017 none comes beyond 5.3
_LOWEST_BEAT, _ROUNDING = 0.005, 1e-5  # mV
_BLOCK = 2.0  # s, surely holds a beat


def check_recording(recording):
    # What is missing is left blank.
    leads = np.atleast_2d(as_recording(recording, "recording", gaps=True)).astype(np.float64)
    if len(leads) > _MOST_LEADS:
        raise ValueError(f"recording has {len(leads)} leads, and {_MOST_LEADS} fit on paper. Choose among them.")
    return leads


def check_names(names, n_leads):
    if names is None:
        return [""] if n_leads == 1 else [str(i + 1) for i in range(n_leads)]
    if isinstance(names, str) and names == "standard" and n_leads == len(STANDARD):
        return list(STANDARD)
    if isinstance(names, str) or len(names) != n_leads:
        raise ValueError(
            f"lead_names={names!r} does not fit a recording of {n_leads} lead(s). Give a list of one name "
            f'for each lead, or, for the usual {len(STANDARD)}, "standard".'
        )
    return [str(name) for name in names]


def check_part(start, duration, n_timepoints, rate):
    length = n_timepoints / rate
    if not is_finite(start) or not (duration is None or is_finite(duration)):
        raise ValueError(f"start={start!r} and duration={duration!r} must be numbers of seconds.")
    first = nearest(start, rate)
    last = n_timepoints if duration is None else min(n_timepoints, first + nearest(duration, rate))
    if not 0 <= first < last:
        raise ValueError(
            f"start={start!r} and duration={duration!r} leave nothing to draw of a recording of "
            f"{length:g} s. Choose 0 <= start < {length:g} and a positive duration."
        )
    return first, last


def check_peaks(r_peaks, leads, rate):
    if isinstance(r_peaks, str):
        if r_peaks != "auto":
            raise ValueError(f'r_peaks={r_peaks!r} must be "auto", sample numbers or None.')
        return _find_peaks(leads, rate)
    peaks, n_timepoints = visible([] if r_peaks is None else r_peaks, "r_peaks"), leads.shape[1]
    if peaks.size == 0:
        return np.empty(0, dtype=int)
    if peaks.ndim != 1 or peaks.dtype.kind not in "iu":
        raise ValueError(
            f"r_peaks has shape {peaks.shape} and dtype {peaks.dtype}, expected sample numbers of shape "
            "(n_beats,). To get them from seconds, multiply by the sampling rate and round."
        )
    if peaks.min() < 0 or peaks.max() >= n_timepoints:
        raise ValueError(
            f"r_peaks reach from {peaks.min()} to {peaks.max()}, but the recording has samples 0 to "
            f"{n_timepoints - 1}. Give samples of this recording, at its sampling rate."
        )
    return peaks


def check_along_time(values, n_timepoints, name):
    """Check weights along the time of a recording; None is none."""
    if values is None:
        return None
    values = visible(values, name)
    if values.dtype.kind not in "biuf" or values.shape != (n_timepoints,):
        raise ValueError(
            f"{name} has shape {values.shape}, expected numbers of shape ({n_timepoints},), one for each sample "
            "of the recording. Of what CRANNClassifier.attention gives, take the item of this recording."
        )
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError(f"{name} must be finite and not negative.")
    return values.astype(float)


def warn_of_units(leads, names, rate):
    """Warn if the beats, given from the median of their lead, are taller than those of any heart, or lower."""
    n_blocks = max(1, leads.shape[1] // at_least(_BLOCK, rate))
    surely_beats = leads.shape[1] >= _BLOCK * rate
    # Of blocks the median: an electrode that is touched now and then is not a wrong unit.
    heights = [_median([_height(block) for block in np.array_split(lead, n_blocks)]) for lead in leads]
    highest = int(np.argmax(heights))
    if heights[highest] > _TALLEST_BEAT:
        told = f"and no beat is taller than {_TALLEST_BEAT:g} mV: are its samples counts of the converter, or µV?"
        advice = "Divide by the gain (counts a mV, in a WFDB header) or by 1000."
    elif surely_beats and _ROUNDING < heights[highest] < _LOWEST_BEAT:
        told, advice = "which is less than a converter tells from nothing: are its samples V?", "Multiply by 1000."
    else:
        return
    whose = f"lead {names[highest]} of " if names[highest] else ""
    warn(
        f"{whose}the recording reaches {heights[highest]:.3g} from its baseline, {told} {advice}",
    )


def _height(block):
    return np.nanmax(np.abs(block)) if not np.isnan(block).all() else np.nan


def _median(heights):
    return np.nanmedian(heights) if not np.isnan(heights).all() else 0.0


def choose(label, labels):
    """Give the rows of the labels to draw."""
    known = np.asarray(labels).tolist()
    if label is None:
        return [0]
    wanted = label if isinstance(label, list | tuple | np.ndarray) else [label]
    for one in wanted:
        if one not in known:
            raise ValueError(f"label {one!r} was not explained. The explanation has {known}.")
    if len(wanted) == 0:
        raise ValueError(f"label names no label. The explanation has {known}.")
    return [known.index(one) for one in wanted]


def _find_peaks(leads, rate):
    missing = np.isnan(leads)
    measured = leads[~missing.all(axis=1)]
    if len(measured) == 0:
        return np.empty(0, dtype=int)
    time = np.arange(leads.shape[1])
    # Straight lines where samples are missing have no beats of their own.
    filled = [np.interp(time, time[~np.isnan(lead)], lead[~np.isnan(lead)]) for lead in measured]
    peaks = find_r_peaks(np.array(filled), rate)
    return peaks[~missing.all(axis=0)[peaks]]
