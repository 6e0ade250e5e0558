"""Synthetic ECG-like recordings of all rhythm classes, for tests and examples."""

import numpy as np
from sklearn.utils import Bunch, check_random_state

from ecgclf._numbers import is_finite, is_whole
from ecgclf._recordings import object_array
from ecgclf._whole import nearest

_CLASSES = ("N", "A", "O", "~")
# Each wave: time from the R peak in s, width in s, height in mV; after Table 1 of McSharry et al., at 60 beats/min.
_P = ((-0.20, 0.025, 0.12),)
_QRS = ((-0.04, 0.010, -0.12), (0.0, 0.011, 1.0), (0.04, 0.010, -0.25))
_T = ((0.25, 0.045, 0.25),)
_WIDE_QRS = ((0.005, 0.035, 1.3), (0.10, 0.040, -0.5))
_WIDE_T = ((0.30, 0.060, -0.35),)


def make_recordings(
    n_recordings=100,
    *,
    n_leads=1,
    sampling_rate=300.0,
    duration=(9.0, 61.0),
    classes=_CLASSES,
    weights=None,
    noise=0.05,
    random_state=None,
    return_X_y=False,
):
    """Make labelled recordings that look like ECGs and differ by rhythm class as real ones do.

    Each beat is a sum of Gaussian waves, as in [1]_. Rhythm "N" has P waves and beats whose intervals swing with
    breathing; "A" has irregular intervals and fibrillatory waves instead of P waves; "O" is as "N" with premature,
    wide beats and the pause after them; "~" is a faint "N" under strong artefacts.

    Parameters
    ----------
    n_recordings : int, default=100
        The number of recordings.
    n_leads : int, default=1
        The number of leads; each sees every wave from its own direction.
    sampling_rate : float, default=300.0
        In Hz. QRS complexes have waves of 10 ms, which less than 200 Hz sees by chance.
    duration : float or (float, float), default=(9.0, 61.0)
        The length in seconds: one for all, or the shortest and longest between which each is drawn.
    classes : sequence of {"N", "A", "O", "~"}, default=("N", "A", "O", "~")
        The rhythm classes.
    weights : sequence of float, default=None
        The share of each class; equal by default. Shares are kept as exactly as whole recordings allow.
    noise : float, default=0.05
        Standard deviation of the noise in every recording, in mV.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same recordings in every call.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` only.

    Returns
    -------
    recordings : :class:`~sklearn.utils.Bunch`
        data : ndarray of shape (n_recordings,) and dtype object
            One float32 array a recording, in mV: of shape (n_timepoints,) for one lead, otherwise
            (n_leads, n_timepoints).
        target : ndarray of shape (n_recordings,) and dtype str
            The rhythm class.
        r_peaks : list of ndarray of shape (n_beats,) and dtype int64
            The sample index of each R peak, also of those under artefacts.
        record_names, lead_names : list of str
            "S00000" and so on, "lead 1" and so on.
        sampling_rate : float
            In Hz.
        DESCR : str
            What was made.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    .. [1] McSharry PE, Clifford GD, Tarassenko L, Smith LA (2003). A dynamical model for generating synthetic
           electrocardiogram signals. IEEE Transactions on Biomedical Engineering 50(3), 289-294.
           https://doi.org/10.1109/TBME.2003.808805

    Examples
    --------
    >>> import numpy as np
    >>> from ecgclf.datasets import make_recordings
    >>> recordings = make_recordings(40, classes=("N", "A"), random_state=0)

    Intervals between beats vary more in atrial fibrillation:

    >>> rr = [np.diff(peaks) for peaks in recordings.r_peaks]
    >>> variation = np.array([intervals.std() / intervals.mean() for intervals in rr])
    >>> is_a, is_n = recordings.target == "A", recordings.target == "N"
    >>> bool(variation[is_a].min() > variation[is_n].max())
    True
    """
    classes, shares = _check_classes(classes, weights)
    shortest, longest = _check_duration(duration)
    for name, value, least in (("n_recordings", n_recordings, 1), ("n_leads", n_leads, 1)):
        if not is_whole(value, least):
            raise ValueError(f"{name}={value!r}; expected an integer of at least {least}.")
    if not (is_finite(sampling_rate) and sampling_rate >= 50):
        raise ValueError(f"sampling_rate={sampling_rate!r}; expected a number of at least 50 Hz.")
    if not (is_finite(noise) and noise >= 0):
        raise ValueError(f"noise={noise!r}; expected a standard deviation in mV, at least 0.")
    rng = check_random_state(random_state)
    target = np.repeat(classes, _counts(shares, n_recordings))
    rng.shuffle(target)
    signals, r_peaks = [], []
    for label in target:
        n_timepoints = max(1, nearest(rng.uniform(shortest, longest), sampling_rate))
        signal, peaks = _make_one(label, n_leads, n_timepoints, float(sampling_rate), noise, rng)
        signals.append(signal[0] if n_leads == 1 else signal)
        r_peaks.append(peaks)
    data = object_array(signals)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        r_peaks=r_peaks,
        record_names=[f"S{i:05d}" for i in range(n_recordings)],
        lead_names=[f"lead {i + 1}" for i in range(n_leads)],
        sampling_rate=float(sampling_rate),
        DESCR=(
            f"{n_recordings} synthetic recordings of {n_leads} leads at {sampling_rate:g} Hz, values in mV: sums of "
            "Gaussian waves after McSharry et al. 2003 (https://doi.org/10.1109/TBME.2003.808805). Not for diagnosis, "
            "nor for claims about real recordings."
        ),
    )


def _check_classes(classes, weights):
    classes = list(classes) if hasattr(classes, "__iter__") else [classes]
    known = all(isinstance(label, str) and label in _CLASSES for label in classes)
    if not classes or not known or len(set(classes)) != len(classes):
        raise ValueError(f"classes={classes!r}; expected different ones of {', '.join(map(repr, _CLASSES))}.")
    shares = [1.0] * len(classes) if weights is None else weights
    shares = list(shares) if hasattr(shares, "__iter__") and not isinstance(shares, str | dict) else []
    if len(shares) != len(classes) or not all(is_finite(share) and share >= 0 for share in shares) or not any(shares):
        raise ValueError(f"weights={weights!r}; expected {len(classes)} shares of at least 0, one a class.")
    shares = np.array(shares, dtype=float) / max(shares)
    return np.array(classes), shares / shares.sum()


def _counts(shares, n):
    """Give whole numbers, `n` in all: each share of `n` without its fraction, and 1 more to the largest fractions."""
    exact = np.round(shares * n, 9)
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: n - counts.sum()]] += 1
    return counts


def _check_duration(duration):
    bounds = np.ravel(np.asarray(duration, dtype=object)).tolist()
    if len(bounds) not in (1, 2) or not all(map(is_finite, bounds)) or not 0 < bounds[0] <= bounds[-1]:
        raise ValueError(f"duration={duration!r}; expected a number of seconds, or the shortest and the longest.")
    return float(bounds[0]), float(bounds[-1])


def _make_one(label, n_leads, n_timepoints, sampling_rate, noise, rng):
    times = np.arange(n_timepoints) / sampling_rate
    beats, ectopic = _beat_times(label, times[-1], rng)
    # The first lead looks along the heart's axis; the others from where they stand.
    angles = np.concatenate([[0.0], rng.uniform(-1.2, 1.2, n_leads - 1)])
    signal = np.zeros((n_leads, n_timepoints))
    height = 0.25 if label == "~" else rng.uniform(0.8, 1.2)
    rr = np.median(np.diff(beats)) if len(beats) > 1 else 1.0
    # The later a wave comes after the R peak, the more it follows the heart rate (Bazett's square root).
    stretch = np.sqrt(rr)
    parts = [(_QRS, 1.0, beats[~ectopic], 0.0), (_T, stretch, beats[~ectopic], 0.4)]
    if label != "A":
        parts.append((_P, stretch, beats[~ectopic], -0.3))
    parts += [(_WIDE_QRS, 1.0, beats[ectopic], 0.2), (_WIDE_T, 1.0, beats[ectopic], 0.5)]
    for waves, scale, at, axis in parts:
        gains = np.cos(angles - axis) if n_leads > 1 else np.ones(1)
        for delay, width, mv in waves:
            wave = _gaussians(times, at + delay * scale, width)
            signal += height * mv * gains[:, np.newaxis] * wave
    if label == "A":
        signal += 0.06 * np.cos(angles)[:, np.newaxis] * _fibrillation(times, rng)
    breathing = np.sin(2 * np.pi * (rng.uniform(0.15, 0.35) * times + rng.uniform()))
    signal += 0.05 * breathing + noise * rng.standard_normal(signal.shape)
    if label == "~":
        signal += _artefacts(signal.shape, sampling_rate, rng)
    peaks = np.rint(beats * sampling_rate).astype(np.int64)
    return signal.astype(np.float32), peaks[(peaks >= 0) & (peaks < n_timepoints)]


def _beat_times(label, duration, rng):
    """Times of the beats in s, one before and one after the recording too, and which of them are ectopic."""
    n_beats = int(duration / 0.3) + 4
    if label == "A":
        # Skewed to the right, and independent of one another, as the AV node lets fibrillation through.
        intervals = 0.35 + rng.gamma(4.0, rng.uniform(0.07, 0.11), n_beats)
    else:
        mean, phase = rng.uniform(0.65, 1.05), rng.uniform(0, 2 * np.pi)
        breath = 2 * np.pi * rng.uniform(0.15, 0.35) * mean * np.arange(n_beats) + phase
        intervals = mean * (1 + 0.03 * np.sin(breath) + 0.01 * rng.standard_normal(n_beats))
    ectopic = np.zeros(n_beats, dtype=bool)
    if label == "O":
        at = np.arange(rng.randint(2, 5), n_beats - 1, rng.randint(4, 8))
        ectopic[at] = True
        early = rng.uniform(0.30, 0.42) * intervals[at - 1]
        # An interval ends at its beat: the early beat borrows from the pause that follows it.
        intervals[at] -= early
        intervals[at + 1] += early
    beats = np.cumsum(intervals) - rng.uniform(0.3, 1.0) * intervals[0]
    kept = beats < duration + 1.0
    return beats[kept], ectopic[kept]


def _gaussians(times, centres, width):
    """Sum of Gaussians of height 1, computed only where they are not 0."""
    out = np.zeros(len(times))
    for centre in centres:
        start, end = np.searchsorted(times, (centre - 5 * width, centre + 5 * width))
        out[start:end] += np.exp(-0.5 * ((times[start:end] - centre) / width) ** 2)
    return out


def _fibrillation(times, rng):
    """Waves of 5 to 8 Hz whose frequency wanders."""
    wander = np.sin(2 * np.pi * (0.3 * times + rng.uniform()))
    phase = 2 * np.pi * rng.uniform(5.0, 8.0) * times + 2.0 * wander + rng.uniform(0, 2 * np.pi)
    return np.sin(phase) + 0.4 * np.sin(2 * phase)


def _artefacts(shape, sampling_rate, rng):
    """Baseline that walks, bursts of muscle noise, and steps as of a lost contact."""
    n_leads, n_timepoints = shape
    walk = np.cumsum(rng.standard_normal(shape), axis=1) * (0.8 / np.sqrt(sampling_rate))
    bursts = np.repeat(rng.uniform(0, 0.8, n_timepoints // round(sampling_rate) + 1), round(sampling_rate))
    muscle = bursts[:n_timepoints] * rng.standard_normal(shape)
    steps = np.zeros(shape)
    for at in rng.randint(0, n_timepoints, 1 + n_timepoints // round(5 * sampling_rate)):
        steps[:, at:] += rng.uniform(-1.5, 1.5, (n_leads, 1))
    return walk + muscle + steps
