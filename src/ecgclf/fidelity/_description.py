"""Numbers that describe recordings: beats, amplitudes, spectrum, and features for a quick classifier."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import welch

from ecgclf import signal
from ecgclf._whole import at_most, nearest

SLOWEST, FASTEST = 30, 200  # beats per minute
AMPLITUDE_LEVELS = (np.arange(200) + 0.5) / 200
_SEGMENT = 4.0  # s, of which the spectrum is averaged
_LOWEST = 0.5  # Hz: below is baseline
_BEAT = 0.1  # s to each side of an R peak
_BANDS = 16
_KERNEL_RATE = 100.0  # Hz
_TAPS, _DILATIONS, _KERNELS = 9, (1, 2, 4, 8, 16, 32), 32


@dataclass(frozen=True)
class Description:
    """What is known of each recording of a set; NaN where it has too few beats, or is flat."""

    labels: np.ndarray
    rr: list  # of ndarray, s
    heart_rate: np.ndarray  # per minute, from the median RR interval
    rr_cv: np.ndarray
    beat_similarity: np.ndarray
    amplitudes: np.ndarray  # quantiles at AMPLITUDE_LEVELS, mV from the median
    frequencies: np.ndarray  # Hz
    spectra: np.ndarray  # share of the power at each frequency
    features: np.ndarray

    def __len__(self):
        return len(self.labels)


def describe(items, labels, sampling_rate, seed):
    """Describe recordings.

    Parameters
    ----------
    items : list of ndarray of shape (n_leads, n_timepoints_i)
        The recordings, in mV.
    labels : ndarray of shape (n_recordings,)
        Their labels.
    sampling_rate : float
        In Hz.
    seed : int
        Of the random kernels; sets that are to be compared need the same.

    Returns
    -------
    Description
        With one entry for each recording, in order, each independent of the others.
    """
    kernels = _make_kernels(items[0].shape[0], seed)
    rr, rhythms, similarity, amplitudes, spectra, features = [], [], [], [], [], []
    for item in items:
        x = item.astype(np.float64)
        peaks = signal.find_r_peaks(x, sampling_rate)
        gaps = signal.find_gaps(x, peaks, sampling_rate)
        rr.append(signal.rr_intervals(peaks, sampling_rate, gaps))
        rhythms.append(signal.rr_statistics(peaks, sampling_rate, gaps))
        similarity.append(_beat_similarity(x, peaks, sampling_rate))
        amplitudes.append(np.quantile(x - np.median(x, axis=1, keepdims=True), AMPLITUDE_LEVELS))
        frequencies, spectrum = _spectrum(x, sampling_rate)
        spectra.append(spectrum)
        features.append(
            np.concatenate(
                [
                    _of_rhythm(rhythms[-1], similarity[-1]),
                    np.arcsinh(10 * amplitudes[-1][[1, 10, 50, 149, 189, 198]]),
                    _of_spectrum(frequencies, spectrum),
                    _of_kernels(x, sampling_rate, kernels),
                ]
            )
        )
    return Description(
        labels=labels,
        rr=rr,
        heart_rate=np.array([rhythm["median_heart_rate"] for rhythm in rhythms]),
        rr_cv=np.array([rhythm["cv_rr"] for rhythm in rhythms]),
        beat_similarity=np.array(similarity),
        amplitudes=np.array(amplitudes),
        frequencies=frequencies,
        spectra=np.array(spectra),
        features=np.array(features),
    )


def _beat_similarity(x, peaks, rate):
    """Mean correlation of the beats with their median: near 1 for an ECG, lower for noise in which peaks are found."""
    reach = max(1, nearest(_BEAT, rate))
    inside = peaks[(peaks >= reach) & (peaks < x.shape[1] - reach)]
    if len(inside) < 3:
        return np.nan
    beats = x[:, inside[:, np.newaxis] + np.arange(-reach, reach + 1)]
    beats = (beats - beats.mean(axis=2, keepdims=True)).transpose(1, 0, 2).reshape(len(inside), -1)
    typical = np.median(beats, axis=0)
    norms = np.linalg.norm(beats, axis=1) * np.linalg.norm(typical)
    return float(np.mean(beats @ typical / np.where(norms > 0, norms, 1)))


def _spectrum(x, rate):
    # The same frequencies for a recording shorter than a segment.
    n = nearest(_SEGMENT, rate)
    width = min(n, x.shape[1])
    frequencies, power = welch(x, rate, nperseg=width, noverlap=width // 2, nfft=n)
    kept = frequencies >= _LOWEST
    power = power[:, kept].mean(axis=0)
    total = power.sum()
    flat = total <= 1e-18 * max(1.0, np.abs(x).max()) ** 2
    return frequencies[kept], np.full(kept.sum(), np.nan) if flat else power / total


def _of_rhythm(rhythm, similarity):
    features = np.zeros(8)
    if not np.isnan(rhythm["cv_rr"]):
        features[:7] = [
            1,
            rhythm["median_rr"],
            rhythm["cv_rr"],
            rhythm["rmssd_ratio"],
            rhythm["pnn50"],
            np.log(rhythm["min_rr"] / rhythm["median_rr"]),
            np.log(rhythm["max_rr"] / rhythm["median_rr"]),
        ]
    features[7] = similarity
    return np.nan_to_num(features)


def _of_spectrum(frequencies, spectrum):
    if np.isnan(spectrum[0]):
        return np.zeros(_BANDS)
    edges = np.geomspace(frequencies[0], frequencies[-1], _BANDS + 1)
    band = np.clip(np.searchsorted(edges, frequencies, side="right") - 1, 0, _BANDS - 1)
    return np.log(np.bincount(band, spectrum, _BANDS) + 1e-8)


def _make_kernels(n_leads, seed):
    """Random convolution kernels, as ROCKET has them, for each dilation."""
    rng = np.random.RandomState(seed)
    weights = rng.normal(size=(len(_DILATIONS), _KERNELS, n_leads, _TAPS))
    weights -= weights.mean(axis=3, keepdims=True)
    return weights.reshape(len(_DILATIONS), _KERNELS, -1), rng.uniform(-1, 1, (len(_DILATIONS), _KERNELS, 1))


def _of_kernels(x, rate, kernels):
    """Share of the time for which each kernel responds, and how strongly on average."""
    x = signal.bandpass(x, rate, _LOWEST, min(40.0, 0.45 * rate))
    x = signal.normalize(x[:, :: max(1, at_most(1 / _KERNEL_RATE, rate))])
    n = x.shape[1]
    features = []
    for dilation, weights, bias in zip(_DILATIONS, *kernels, strict=True):
        padded = np.pad(x, ((0, 0), (dilation * (_TAPS // 2),) * 2))
        taps = np.stack([padded[:, tap * dilation : tap * dilation + n] for tap in range(_TAPS)], axis=1)
        response = weights @ taps.reshape(-1, n) + bias
        features += [np.mean(response > 0, axis=1), np.log1p(np.mean(np.maximum(response, 0), axis=1))]
    return np.concatenate(features)
