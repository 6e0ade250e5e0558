"""The features of an explanation: stretches of a recording."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ecgclf._recordings import visible
from ecgclf._whole import nearest
from ecgclf.signal import find_r_peaks

# Neighbourhoods around an R peak: seconds, and at most this share of the RR interval on that side.
_QRS_REACH, _QRS_SHARE = 0.06, 0.2
_P_REACH, _P_SHARE = 0.25, 0.34
_T_REACH, _T_SHARE = 0.42, 0.6

WAVES = ("P", "QRS", "T", "rest")


@dataclass(frozen=True)
class Segments:
    """Features of a recording.

    Attributes
    ----------
    intervals : ndarray of shape (n_intervals, 4)
        Feature, lead (-1 for all leads), start and stop (exclusive) of each interval.
    names : tuple of str
        Name of each feature.
    r_peaks : ndarray of shape (n_beats,)
        R peaks found; empty where none were looked for.
    fallback : bool
        Whether uniform segments stand in because too few beats were found.
    """

    intervals: np.ndarray
    names: tuple
    r_peaks: np.ndarray
    fallback: bool = False


def cut(recording, sampling_rate, segmentation, n_segments, merge_beats, per_lead):
    """Cut a recording into features.

    Parameters
    ----------
    recording : ndarray of shape (n_leads, n_timepoints)
        The recording, in mV.
    sampling_rate : float
        In Hz.
    segmentation : {"uniform", "beats", "waves"} or callable
        How to cut.
    n_segments : int
        Number of uniform segments.
    merge_beats : bool
        Whether a wave is one feature over all beats.
    per_lead : bool
        Whether each lead has features of its own.

    Returns
    -------
    Segments
        With at least two features.
    """
    r_peaks, fallback = np.empty(0, dtype=np.int64), False
    if callable(segmentation):
        features = _given(segmentation(recording.copy(), sampling_rate), recording)
    else:
        if segmentation != "uniform":
            r_peaks = find_r_peaks(recording, sampling_rate)
            fallback = len(r_peaks) < 2
        n_timepoints = recording.shape[1]
        if segmentation == "uniform" or fallback:
            features = _uniform(n_timepoints, n_segments)
        elif segmentation == "beats":
            features = _beats(n_timepoints, r_peaks)
        else:
            features = _waves(n_timepoints, r_peaks, sampling_rate, merge_beats)
    if per_lead:
        features = _by_lead(features, recording.shape[0])
    if len(features) < 2:
        raise ValueError(
            f"The segmentation gives {len(features)} feature, and there is nothing to compare it with; at least two "
            "are needed. Cut the recording into more segments."
        )
    intervals = [
        (feature, lead, start, stop) for feature, spans in enumerate(features.values()) for lead, start, stop in spans
    ]
    return Segments(np.array(intervals, dtype=np.int64), tuple(features), r_peaks, fallback)


def _uniform(n_timepoints, n_segments):
    if n_timepoints < n_segments:
        raise ValueError(
            f"The recording has {n_timepoints} timepoints, fewer than n_segments={n_segments}. Give a longer "
            "recording, or ask for fewer segments."
        )
    edges = np.linspace(0, n_timepoints, n_segments + 1).round().astype(int)
    return {f"segment {i}": [(-1, edges[i], edges[i + 1])] for i in range(n_segments)}


def _beats(n_timepoints, r_peaks):
    edges = [0, *((r_peaks[1:] + r_peaks[:-1]) // 2), n_timepoints]
    return {f"beat {i}": [(-1, edges[i], edges[i + 1])] for i in range(len(r_peaks))}


def _waves(n_timepoints, r_peaks, rate, merge_beats):
    rr = np.diff(r_peaks)
    typical = np.median(rr)
    before, after = np.append(typical, rr), np.append(rr, typical)
    edges = np.column_stack(
        [
            r_peaks - np.minimum(nearest(_P_REACH, rate), nearest(_P_SHARE, before)),
            r_peaks - np.minimum(nearest(_QRS_REACH, rate), nearest(_QRS_SHARE, before)),
            r_peaks + np.minimum(nearest(_QRS_REACH, rate), nearest(_QRS_SHARE, after)) + 1,
            r_peaks + np.minimum(nearest(_T_REACH, rate), nearest(_T_SHARE, after)),
        ]
    )
    edges = np.append(np.maximum.accumulate(edges.ravel()), n_timepoints).clip(0, n_timepoints)
    features = {name: [] for name in WAVES} if merge_beats else {}

    def add(beat, wave, start, stop):
        if start < stop:
            features.setdefault(wave if merge_beats else f"beat {beat} {wave}", []).append((-1, start, stop))

    if edges[0] > 0:
        features.setdefault("rest" if merge_beats else "before beat 0", []).append((-1, 0, edges[0]))
    for beat in range(len(r_peaks)):
        for i, wave in enumerate(WAVES):
            add(beat, wave, edges[4 * beat + i], edges[4 * beat + i + 1])
    return {name: spans for name, spans in features.items() if spans}


def _given(labels, recording):
    labels = visible(labels, "The array that the segmentation gave")
    if labels.shape not in (recording.shape, recording.shape[1:]) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"The segmentation gave an array of shape {labels.shape} and dtype {labels.dtype}; expected integers of "
            f"shape {recording.shape[1:]}, or {recording.shape} to cut each lead in its own way: the segment to which "
            "each timepoint belongs, negative for none."
        )
    features = {f"segment {label}": [] for label in np.unique(labels[labels >= 0])}
    for lead, row in enumerate(np.atleast_2d(labels)):
        edges = [0, *(np.flatnonzero(np.diff(row)) + 1), len(row)]
        for start, stop in pairwise(edges):
            if row[start] >= 0:
                features[f"segment {row[start]}"].append((lead if labels.ndim == 2 else -1, start, stop))
    return features


def _by_lead(features, n_leads):
    found = {}
    for lead in range(n_leads):
        for name, spans in features.items():
            own = [(lead, start, stop) for of_lead, start, stop in spans if of_lead in (-1, lead)]
            if own:
                found[f"lead {lead} {name}"] = own
    return found
