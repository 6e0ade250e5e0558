"""Windows of recordings as zero-padded batches of similar length."""

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from ecgclf.signal import window_starts

# Bounds the memory of a batch of very long recordings: 2**20 timepoints are 58 minutes at 300 Hz.
_MAX_BATCH_TIMEPOINTS = 2**20


class WindowDataset(Dataset):
    """Windows of recordings with their targets, handed out as zero-padded batches.

    Parameters
    ----------
    items : list of ndarray of shape (n_leads, n_timepoints_i)
        The recordings; windows are cut from them only when a batch is made.
    windows : ndarray of shape (n_windows, 3)
        Recording, first timepoint and end of each window.
    targets : ndarray of shape (n_recordings,), default=None
        Class index of each recording.
    augmentation : callable, default=None
        ``augmentation(windows, rng)``, applied to those of a batch when they are handed out; may change their lengths.
    rng : numpy.random.Generator, default=None
        Draws the batches, and a seed for the changes of each; None where nothing is drawn.
    """

    def __init__(self, items, windows, targets=None, augmentation=None, rng=None):
        self.items = items
        self.windows = windows
        self.targets = np.zeros(len(items), dtype=np.int64) if targets is None else targets
        self.lengths = windows[:, 2] - windows[:, 1]
        self.augmentation = augmentation
        self.rng = rng

    def __len__(self):
        return len(self.windows)

    def __getitem__(self, index):
        return self.__getitems__([index])

    def __getitems__(self, drawn):
        seed, indices = drawn if isinstance(drawn, tuple) else (None, drawn)
        windows = self.windows[indices]
        pieces = [self.items[recording][:, start:stop] for recording, start, stop in windows]
        if self.augmentation is not None:
            pieces = self.augmentation(pieces, np.random.default_rng(seed))
        lengths = np.array([piece.shape[1] for piece in pieces])
        x = np.zeros((len(pieces), pieces[0].shape[0], lengths.max()), dtype=np.float32)
        for row, piece in zip(x, pieces, strict=True):
            row[:, : piece.shape[1]] = piece
        inputs = {"x": torch.from_numpy(x), "lengths": torch.from_numpy(lengths)}
        return inputs, torch.from_numpy(self.targets[windows[:, 0]])


class LengthBuckets(Sampler):
    """Batches of windows of similar length, so that little is padded.

    The sorted lengths are cut into batches once; every epoch draws anew which of equally long windows falls into
    which batch, and the order of the batches.

    Parameters
    ----------
    lengths : ndarray of shape (n_windows,)
        Timepoints of each window.
    batch_size : int
        Windows in a batch, at most.
    rng : numpy.random.Generator, default=None
        Draws the batches; without it they come in the order of their lengths.
    alike : bool, default=False
        Whether all windows of a batch have the same length, so that nothing is padded.
    """

    def __init__(self, lengths, batch_size, rng=None, alike=False):
        self.lengths = lengths
        self.rng = rng
        lengths = np.sort(lengths)
        wholes = np.split(lengths, np.flatnonzero(np.diff(lengths)) + 1) if alike else [lengths]
        parts = [part for whole in wholes for part in np.array_split(whole, -(-len(whole) // batch_size))]
        self.bounds = []
        for part in parts:
            fit = max(1, _MAX_BATCH_TIMEPOINTS // int(part[-1]))
            self.bounds += [min(fit, len(part) - i) for i in range(0, len(part), fit)]
        self.bounds = np.cumsum(self.bounds)

    def __len__(self):
        return len(self.bounds)

    def __iter__(self):
        order = np.arange(len(self.lengths))
        if self.rng is not None:
            self.rng.shuffle(order)
        order = order[np.argsort(self.lengths[order], kind="stable")]
        batches = np.split(order, self.bounds[:-1])
        yield from batches if self.rng is None else (batches[b] for b in self.rng.permutation(len(batches)))


class SeededBatches(Sampler):
    """Batches with a seed each, so that what is drawn in one depends on no other, nor on who makes it.

    Parameters
    ----------
    batches : Sampler
        The batches.
    rng : numpy.random.Generator
        Draws the seeds.
    """

    def __init__(self, batches, rng):
        self.batches = batches
        self.rng = rng

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        # A generator, which draws when the first batch is asked for: a loader with workers begins twice.
        yield from zip(self.rng.integers(2**63, size=len(self)).tolist(), self.batches, strict=True)


def _as_given(batch):
    return batch


def bucket_loader(dataset, batch_size, shuffle=False, alike=False, **options):
    """Iterate over a `WindowDataset` in batches of similar length.

    Parameters
    ----------
    dataset : WindowDataset
        The windows.
    batch_size : int
        Windows in a batch, at most.
    shuffle : bool, default=False
        Whether the `rng` of the dataset draws batches anew in every epoch.
    alike : bool, default=False
        Whether all windows of a batch have the same length.
    **options
        Further arguments of the loader, such as ``num_workers``.

    Returns
    -------
    torch.utils.data.DataLoader
        Yields ``({"x": …, "lengths": …}, targets)``.
    """
    buckets = LengthBuckets(dataset.lengths, batch_size, dataset.rng if shuffle else None, alike)
    batches = buckets if dataset.augmentation is None else SeededBatches(buckets, dataset.rng)
    # A loader draws a seed for its workers whenever it starts, and would take it from the caller's sequence.
    return DataLoader(dataset, batch_sampler=batches, collate_fn=_as_given, generator=torch.Generator(), **options)


def cut_windows(lengths, window_length=None, window_strides=None):
    """Cut recordings into windows.

    Parameters
    ----------
    lengths : ndarray of shape (n_recordings,)
        Timepoints of each recording.
    window_length : int or None
        Timepoints of a window; None takes each recording whole.
    window_strides : ndarray of shape (n_recordings,)
        Timepoints from one window of a recording to its next.

    Returns
    -------
    ndarray of shape (n_windows, 3)
        Recording, first timepoint and end of each window. A recording shorter than a window is one window.
    """
    if window_length is None:
        return np.column_stack([np.arange(len(lengths)), np.zeros_like(lengths), lengths])
    windows = []
    for recording, (length, stride) in enumerate(zip(lengths, window_strides, strict=True)):
        starts = window_starts(int(length), window_length, int(stride))
        stops = np.minimum(starts + window_length, length)
        windows.append(np.column_stack([np.full_like(starts, recording), starts, stops]))
    return np.concatenate(windows)


def lead_statistics(items):
    """Mean and standard deviation of each lead in the training recordings, as most of these have it.

    Both are medians over recordings: an electrode that is off, a glitch or a wrong unit in a few recordings does not
    set the scale of the others. The standard deviation of a recording is taken about the mean of all.

    Parameters
    ----------
    items : list of ndarray of shape (n_leads, n_timepoints_i)
        The recordings.

    Returns
    -------
    mean, std : ndarray of shape (n_leads,)
        In the units of the recordings. Recordings in which a lead does not move at all are passed over; if that is so
        in all, its `std` is 1.
    """
    means = np.array([item.mean(axis=1, dtype=np.float64) for item in items])
    variances = np.array([item.var(axis=1, dtype=np.float64) for item in items])
    mean = np.median(means, axis=0)
    std = np.sqrt(variances + (means - mean) ** 2)
    std[std <= np.finfo(np.float32).eps * (1 + np.abs(means))] = np.nan
    moves = np.isfinite(std).any(axis=0)
    std[:, ~moves] = 1.0
    return mean, np.nanmedian(std, axis=0)
