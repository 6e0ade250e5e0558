"""What a generator learns from, batch by batch."""

import numpy as np
import torch
from torch.utils.data import IterableDataset


class Crops(IterableDataset):
    """Random crops of recordings, each sample of a recording as likely as any other to be in one.

    A pass is as many batches as have the samples of all recordings.

    Parameters
    ----------
    items : list of ndarray of shape (n_leads, n_timepoints_i)
        The recordings.
    classes : ndarray of shape (n_recordings,)
        What the network is told of each.
    members : ndarray of int
        The recordings to take.
    amplitudes : Amplitudes
        Their scale.
    crop_length, batch_size : int
        Timepoints of a crop, crops in a batch.
    rng : numpy.random.RandomState
        Draws them.
    """

    def __init__(self, items, classes, members, amplitudes, crop_length, batch_size, rng):
        self.items, self.classes, self.members = items, classes, members
        self.amplitudes, self.crop_length, self.batch_size, self.rng = amplitudes, crop_length, batch_size, rng
        lengths = np.array([items[i].shape[1] for i in members], dtype=np.float64)
        self.shares = lengths / lengths.sum()
        self.n_batches = max(1, round(lengths.sum() / (batch_size * crop_length)))

    def __len__(self):
        return self.n_batches

    def __iter__(self):
        return (self._draw() for _ in range(self.n_batches))

    def _draw(self):
        """Give bins, lengths and classes of one batch, and the number of its samples."""
        drawn = self.rng.choice(self.members, size=self.batch_size, p=self.shares)
        n_leads = self.items[0].shape[0]
        codes = np.zeros((len(drawn), n_leads, self.crop_length), dtype=np.int64)
        lengths = np.empty(len(drawn), dtype=np.int64)
        for row, i in enumerate(drawn):
            item = self.items[i]
            start = self.rng.randint(max(item.shape[1] - self.crop_length, 0) + 1)
            crop = self.amplitudes.encode(item[:, start : start + self.crop_length])
            lengths[row] = crop.shape[1]
            codes[row, :, : lengths[row]] = crop
        inputs = {"codes": codes, "lengths": lengths, "classes": self.classes[drawn]}
        n_samples = torch.tensor(lengths.sum() * n_leads)
        return {name: torch.from_numpy(array) for name, array in inputs.items()}, n_samples
