"""Does a generator copy its training recordings? Nearest neighbours under shifts, and an exact test on them."""

from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.stats import betabinom

from ecgclf import signal
from ecgclf._warnings import warn
from ecgclf._whole import at_least, at_most, nearest

_WINDOW = 5.0  # s: several beats, so that their spacing has to match and not their shape alone
_BAND = (2.0, 20.0)  # Hz: where QRS complexes are, without baseline and without most noise
_COARSE_RATE = 100.0  # Hz, enough to find the place; distances are then taken at the full rate
_MOST_WINDOWS = 8  # a recording
_PIECE = 40.0  # s: longer training recordings are searched piece by piece, to bound the memory
_BLOCK = 16  # pieces at a time
_QUANTILE = 0.05
_LEVEL = 0.01
_SUSPICIOUS = 0.02  # a correlation of 0.98
_FEWEST = 5  # held-out recordings with a label, for a comparison within it
_FLAT = 0.01  # of a recording's root mean square: what is flatter has no shape to compare


@dataclass(frozen=True, repr=False)
class Memorisation:
    """How near synthetic recordings come to the training recordings, beside real recordings held out.

    The distance of a recording to a training recording is 1 less the largest correlation, its sign left out, of any of
    its windows of 5 s, between 2 and 20 Hz, with any stretch of the training recording: 0 for a copy, also one that is
    shifted, scaled or turned upside down. That of one too flat to compare is 1.

    Attributes
    ----------
    synthetic_distances : ndarray of shape (n_synthetic,)
        Distance of each synthetic recording to the nearest training recording, from 0 to 1; NaN for one shorter
        than 5 s.
    synthetic_nearest : ndarray of int of shape (n_synthetic,)
        Index of that training recording; -1 for a recording shorter than 5 s.
    held_out_distances : ndarray of shape (n_held_out,)
        The same distances for the held-out recordings.
    held_out_nearest : ndarray of int of shape (n_held_out,)
        Index of the training recording that is nearest to each.
    thresholds : dict of {label: float}
        The distance below which a synthetic recording of this label counts as near: about the 5 % quantile of the
        held-out ones.
    n_near, n_compared : int
        Number of synthetic recordings that are near, and of those that were compared with a threshold.
    n_expected : float
        Number that would be near on average if they were as new as the held-out ones.
    p_value : float
        Probability of so many, or more, in recordings that are as new as the held-out ones.
    memorised : bool
        Whether ``p_value <= 0.01``: of generators that do not copy, at most 1 % are called copiers.
    suspicious : tuple of (int, int)
        Index of each synthetic recording that is nearly a copy, and of the training recording it comes from,
        nearest first: at a distance of at most 0.02 and of half of what held-out ones come to, their nearest one not
        counted. Some may be listed though ``memorised`` is false.

    See Also
    --------
    fidelity_report : Makes this and the other figures.
    """

    synthetic_distances: np.ndarray
    synthetic_nearest: np.ndarray
    held_out_distances: np.ndarray
    held_out_nearest: np.ndarray
    thresholds: dict
    n_near: int
    n_compared: int
    n_expected: float
    p_value: float
    memorised: bool
    suspicious: tuple

    def __repr__(self):
        return (
            f"<Memorisation: {self.n_near} of {self.n_compared} synthetic recordings near a training recording, "
            f"{self.n_expected:.1f} expected, {self._verdict}, {len(self.suspicious)} suspicious>"
        )

    @property
    def _verdict(self):
        n_left_out = len(self.synthetic_distances) - self.n_compared
        more = f", {n_left_out} left out" if n_left_out else ""
        return f"{'memorised' if self.memorised else 'no sign of copying'} (p = {self.p_value:.2g}{more})"


def nearest_recordings(queries, references, sampling_rate, n_windows):
    """Find for each query its nearest reference.

    Parameters
    ----------
    queries, references : list of ndarray of shape (n_leads, n_timepoints_i)
        The recordings, all of the same leads.
    sampling_rate : float
        In Hz.
    n_windows : int
        Windows of a query, spread evenly.

    Returns
    -------
    distances : ndarray of shape (n_queries,)
        NaN for queries shorter than a window.
    indices : ndarray of int of shape (n_queries,)
        The nearest references; -1 where there is none.
    """
    step, width = _window(sampling_rate)
    pieces, owners = _cut(references, sampling_rate, width, step)
    coarse = _Stretches([piece[:, ::step] for piece in pieces], width // step) if pieces else None
    distances, indices = np.full(len(queries), np.nan), np.full(len(queries), -1)
    for i, query in enumerate(queries):
        if query.shape[1] < width or not pieces:
            continue
        windows = _windows(_prepare(query, sampling_rate), width, n_windows)
        best = np.argmax(coarse.similarities(windows[:, :, ::step]), axis=1)
        fine = _Stretches([pieces[b] for b in np.unique(best)], width).similarities(windows)
        window, place = np.unravel_index(np.argmax(fine), fine.shape)
        distances[i] = max(0.0, 1 - fine[window, place])
        indices[i] = owners[np.unique(best)[place]]
    return distances, indices


class _Stretches:
    """All stretches of some recordings, to be correlated with windows of the same width."""

    def __init__(self, pieces, width):
        self.width = width
        self.length = fft.next_fast_len(max(piece.shape[1] for piece in pieces), real=True)
        self.spectra, self.scales = [], []
        for start in range(0, len(pieces), _BLOCK):
            block = pieces[start : start + _BLOCK]
            padded = np.zeros((len(block), block[0].shape[0], self.length), np.float32)
            for row, piece in zip(padded, block, strict=True):
                row[:, : piece.shape[1]] = piece
            self.spectra.append(fft.rfft(padded))
            self.scales.append(np.stack([self._scale(piece) for piece in block]))

    def _scale(self, piece):
        """1 over the norm of each stretch; 0 where there is none, or a flat one."""
        total = np.concatenate([[0], np.cumsum((piece.astype(np.float64) ** 2).sum(axis=0))])
        energy = np.maximum(0, total[self.width :] - total[: -self.width])
        floor = self.width * total[-1] / piece.shape[1] * _FLAT**2
        scale = np.zeros(self.length - self.width + 1, np.float32)
        present = energy > max(floor, np.finfo(np.float32).tiny)
        scale[: len(energy)][present] = energy[present] ** -0.5
        return scale

    def similarities(self, windows):
        """Give the largest absolute correlation of each window with each piece, of shape (n_windows, n_pieces)."""
        spectra = np.conj(fft.rfft(windows, self.length))
        found = []
        for of_pieces, scale in zip(self.spectra, self.scales, strict=True):
            product = spectra[:, np.newaxis, 0] * of_pieces[np.newaxis, :, 0]
            for lead in range(1, of_pieces.shape[1]):
                product += spectra[:, np.newaxis, lead] * of_pieces[np.newaxis, :, lead]
            # Of a circular correlation, the lags at which the window lies inside are as those of a plain one.
            correlation = fft.irfft(product, self.length, overwrite_x=True)[..., : scale.shape[1]]
            correlation *= scale
            found.append(np.maximum(correlation.max(axis=-1), -correlation.min(axis=-1)))
        return np.concatenate(found, axis=1)


def _prepare(recording, sampling_rate):
    x = signal.bandpass(recording, sampling_rate, *_BAND)
    largest = np.abs(x).max()
    # The filter leaves rounding errors of a flat recording, which have a shape of their own.
    if largest <= 1e-6 * np.abs(recording).max():
        return np.zeros(x.shape, np.float32)
    return (x / largest).astype(np.float32)


def _cut(references, sampling_rate, width, step):
    longest = max(2 * width, nearest(_PIECE, sampling_rate / step) * step)
    pieces, owners = [], []
    for i, reference in enumerate(references):
        x = _prepare(reference, sampling_rate)
        for start in range(0, max(1, x.shape[1] - width), longest - width):
            piece = x[:, start : start + longest]
            if piece.shape[1] >= width:
                pieces.append(piece)
                owners.append(i)
    return pieces, owners


def _window(sampling_rate):
    """Give the step of a coarse look, and the length of a window, which is so many of these."""
    step = max(1, at_most(1 / _COARSE_RATE, sampling_rate))
    return step, nearest(_WINDOW, sampling_rate / step) * step


def _windows(x, width, n_windows):
    starts = np.linspace(0, x.shape[1] - width, n_windows).astype(int)
    windows = np.stack([x[:, start : start + width] for start in np.unique(starts)])
    norms = np.sqrt((windows**2).sum(axis=(1, 2), keepdims=True))
    least = _FLAT * np.sqrt(np.mean((x**2).sum(axis=0)) * width)
    return np.where(norms > max(least, np.finfo(np.float32).tiny), windows / np.maximum(norms, 1e-30), 0)


def compare_distances(real, synthetic, held_out, synthetic_labels, held_out_labels, sampling_rate):
    """Hold the distances of synthetic recordings against those of held-out ones.

    Within a label, how many of n synthetic recordings lie below the k-th smallest of m held-out distances follows, if
    all n + m are alike, a beta-binomial distribution exactly, whatever that of the distances is. The counts of labels
    are independent, so their sum follows the convolution.

    Parameters
    ----------
    real, synthetic, held_out : list of ndarray of shape (n_leads, n_timepoints_i)
        The recordings; `real` is what the generator was trained on.
    synthetic_labels, held_out_labels : ndarray
        Their labels. Comparing within labels, a generator asked for regular rhythms only, which resemble one another
        more, is not called a copier for it.
    sampling_rate : float
        In Hz.

    Returns
    -------
    Memorisation
        Distances and verdict.
    """
    n_windows = _number_of_windows(real, synthetic, held_out, sampling_rate)
    near, nearest = nearest_recordings(synthetic, real, sampling_rate, n_windows)
    near_held, nearest_held = nearest_recordings(held_out, real, sampling_rate, n_windows)
    _warn_of_leaks(near_held)
    strata = _strata(near, near_held, synthetic_labels, held_out_labels)
    thresholds, null, n_near = {}, np.ones(1), 0
    for label, rows, of_held in strata:
        n, m = len(rows), len(of_held)
        # The smallest alone would be at the mercy of one recording that is in both sets.
        k = max(2, at_least(_QUANTILE, m))
        thresholds[label] = float(np.sort(of_held)[k - 1])
        n_near += int((near[rows] < thresholds[label]).sum())
        null = np.convolve(null, betabinom.pmf(np.arange(n + 1), n, k, m - k + 1))
    p_value = float(min(1.0, null[n_near:].sum()))
    # Nearer than real recordings come to one another; again the smallest distance is not trusted.
    limit = min(_SUSPICIOUS, np.sort(near_held[~np.isnan(near_held)])[1] / 2)
    suspicious = np.flatnonzero(near <= limit)
    suspicious = suspicious[np.argsort(near[suspicious], kind="stable")]
    return Memorisation(
        synthetic_distances=near,
        synthetic_nearest=nearest,
        held_out_distances=near_held,
        held_out_nearest=nearest_held,
        thresholds=thresholds,
        n_near=n_near,
        n_compared=len(null) - 1,
        n_expected=float(null @ np.arange(len(null))),
        p_value=p_value,
        memorised=bool(p_value <= _LEVEL),
        suspicious=tuple((int(i), int(nearest[i])) for i in suspicious),
    )


def _warn_of_leaks(near_held):
    n_leaked, n_held = int((near_held <= _SUSPICIOUS).sum()), int((~np.isnan(near_held)).sum())
    if n_leaked > max(1, _QUANTILE * n_held):
        warn(
            f"{n_leaked} of {n_held} held-out recordings are nearly the same as a training recording, so copies by "
            "the generator cannot be told from them. Hold out recordings that are not in the training set.",
        )


def _number_of_windows(real, synthetic, held_out, sampling_rate):
    """As many for all as short recordings of either set hold: a longer look would find nearer neighbours."""
    _, width = _window(sampling_rate)
    shortest = []
    for name, items in (("real", real), ("synthetic", synthetic), ("held-out", held_out)):
        lengths = [item.shape[1] for item in items if item.shape[1] >= width]
        if len(lengths) < _FEWEST:
            raise ValueError(
                f"only {len(lengths)} of {len(items)} {name} recordings are {_WINDOW:g} s or longer; the memorisation "
                f"test compares windows of that length and needs at least {_FEWEST}. Give longer recordings."
            )
        shortest.append(np.quantile(lengths, 0.1))
    return int(np.clip(1 + at_most(2 / width, min(shortest[1:]) - width), 1, _MOST_WINDOWS))


def _strata(near, near_held, labels, labels_held):
    """Give (label, rows of synthetic recordings, held-out distances) for each label with enough of both."""
    compared, compared_held = ~np.isnan(near), ~np.isnan(near_held)
    strata = []
    for label in np.unique(labels).tolist():
        rows = np.flatnonzero(compared & (labels == label))
        of_held = near_held[compared_held & (labels_held == label)]
        if len(rows) and len(of_held) >= _FEWEST:
            strata.append((label, rows, of_held))
    # With hardly any held-out recording of each label, all labels together are the best there is.
    return strata or [(None, np.flatnonzero(compared), near_held[compared_held])]
