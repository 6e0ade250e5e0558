"""The generator of recordings behind both estimators: training on crops, likelihood, and what is sampled when."""

import math
import os
from contextlib import nullcontext

import numpy as np
import torch
from tqdm.auto import tqdm

from ecgclf import _training
from ecgclf._warnings import warn
from ecgclf.augmentation._amplitudes import Amplitudes
from ecgclf.augmentation._crops import Crops
from ecgclf.augmentation._drawing import sample_side_by_side
from ecgclf.nn import WaveNet

# Layers of a block: the last is then dilated by 2**29 samples, three weeks at 300 Hz.
MAX_LAYERS = 30
MAX_BLOCKS = 1000
# Recordings generated side by side: more are hardly faster.
_WIDTH = 256
# Timepoints of a recording whose likelihood is computed at a time.
_CHUNK = 4096


class Generator:
    """One WaveNet for all classes, or one for each.

    Parameters
    ----------
    recordings : Recordings
        What is learnt from.
    targets : ndarray of shape (n_recordings,)
        Class index of each recording.
    class_conditional : bool
        Whether one network learns all classes.
    network : dict
        Hyperparameters of `WaveNet`.
    seed : int
        Seed of the initial weights.
    device : str
        Where to compute.
    precision : {"float32", "bfloat16"}
        "bfloat16" trains under autocast; generation is in float32.
    """

    def __init__(self, recordings, targets, *, class_conditional, network, seed, device, precision):
        n_classes = int(targets.max()) + 1
        self.amplitudes = Amplitudes(recordings.items, network["n_bins"])
        self.class_conditional = class_conditional
        self.device = device
        self.precision = precision
        self.dtype = np.result_type(*{item.dtype for item in recordings.items})
        lengths = recordings.lengths
        self.lengths = [lengths[targets == k] for k in range(n_classes)]
        self.network = network
        self.n_leads = recordings.n_leads
        with _training.drawing_from(seed):
            self.networks = [self._make_network().to(device) for _ in range(1 if class_conditional else n_classes)]

    def _make_network(self):
        # What stands in a file comes here too: a list of layers must not fill the memory before there is a network.
        if not 1 <= self.network["n_layers"] <= MAX_LAYERS or not 1 <= self.network["n_blocks"] <= MAX_BLOCKS:
            raise ValueError(
                f"n_layers={self.network['n_layers']} and n_blocks={self.network['n_blocks']}; there are up to "
                f"{MAX_LAYERS} layers in a block, and up to {MAX_BLOCKS} blocks."
            )
        return WaveNet(self.n_leads, len(self.lengths) if self.class_conditional else 1, **self.network)

    def __getstate__(self):
        return vars(self) | {"networks": [_training.module_state(network) for network in self.networks]}

    def __setstate__(self, state):
        vars(self).update(state)
        self.device = _training.device_or_cpu(self.device, "generator")
        restored = [_training.restore_module(self._make_network, arrays) for arrays in self.networks]
        self.networks = [network.to(self.device) for network in restored]

    def train(
        self, items, targets, *, max_epochs, batch_size, crop_length, learning_rate, weight_decay, seed, verbose
    ):
        """Train on random crops; Ctrl-C ends it early.

        Returns
        -------
        histories : list of list of dict
            "epoch", "train_loss" in bits per sample, and "dur" in seconds, of each epoch of each network.
        """
        members = [np.arange(len(items))]
        if not self.class_conditional:
            members = [np.flatnonzero(targets == k) for k in range(len(self.networks))]
        crop_length = int(min(crop_length, max(item.shape[1] for item in items)))
        rng = np.random.RandomState(seed)
        small = _training.is_small(batch_size * crop_length * self.n_leads)
        classes = targets if self.class_conditional else np.zeros_like(targets)
        histories = []
        with _training.one_thread() if small else nullcontext():
            for network, own in zip(self.networks, members, strict=True):
                history, interrupted = _training.train_likelihood(
                    network,
                    Crops(items, classes, own, self.amplitudes, crop_length, batch_size, rng),
                    max_epochs=max_epochs,
                    learning_rate=learning_rate,
                    weight_decay=weight_decay,
                    device=self.device,
                    precision=self.precision,
                    verbose=verbose,
                )
                histories.append([{**row, "train_loss": row["train_loss"] / math.log(2)} for row in history])
                if interrupted:
                    warn(
                        f"Training was interrupted after {sum(map(len, histories))} of "
                        f"{max_epochs * len(members)} epochs. The generator is usable as trained so far."
                    )
                    break
        return histories + [[] for _ in members[len(histories) :]]

    def _condition(self, classes):
        classes = classes if self.class_conditional else torch.zeros_like(classes)
        return classes.to(self.device)

    @torch.inference_mode()
    def bits_per_sample(self, items, targets):
        """Negative log-likelihood of each recording in bits per sample of a lead, ndarray of shape (n_recordings,)."""
        with _training.exact(self.device), _training.one_thread():
            return np.array([self._bits(item, int(k)) for item, k in zip(items, targets, strict=True)])

    def _bits(self, item, k):
        network = self.networks[0 if self.class_conditional else k]
        codes = torch.from_numpy(self.amplitudes.encode(item).astype(np.int64))[None]
        n_timepoints, nats = codes.shape[2], 0.0
        for start in range(0, n_timepoints, _CHUNK):
            n_context = min(start, network.receptive_field)
            part = codes[:, :, start - n_context : start + _CHUNK].to(self.device)
            lengths = torch.tensor([part.shape[2]], device=self.device)
            nll = network.negative_log_likelihood(part, lengths, self._condition(torch.tensor([k])), n_context)
            nats += nll.item()
        return nats / (n_timepoints * network.n_leads * math.log(2))

    def draw_lengths(self, k, n_recordings, rng):
        """Draw lengths from those of the real recordings of a class."""
        return rng.choice(self.lengths[k], size=n_recordings)

    def sample(self, targets, lengths, *, primes=None, temperature, rng, verbose):
        """Generate recordings.

        Parameters
        ----------
        targets : ndarray of shape (n_recordings,)
            Class index of each.
        lengths : ndarray of shape (n_recordings,)
            Number of timepoints of each.
        primes : list of ndarray of shape (n_leads, n_timepoints_i), default=None
            How each starts, in mV; these samples are part of its length, and stay as they are.
        temperature : float
            Divides the logits.
        rng : numpy.random.RandomState
            Draws the samples.
        verbose : int
            1 shows a progress bar.

        Returns
        -------
        items : list of ndarray of shape (n_leads, n_timepoints_i), or of None
            None for those not finished when Ctrl-C ended the generation.
        """
        n_leads = self.networks[0].n_leads
        if len(lengths) == 0:
            return []
        self.check_memory(len(lengths), math.ceil(np.mean(lengths)))
        primes = [np.empty((n_leads, 0))] * len(lengths) if primes is None else primes
        items = [None] * len(lengths)
        # Sequences side by side share a network and are of similar length.
        order = np.argsort(lengths, kind="stable")[::-1]
        network_of = np.zeros(len(lengths), dtype=int) if self.class_conditional else targets
        batches = [
            part[i : i + _WIDTH]
            for part in (order[network_of[order] == k] for k in range(len(self.networks)))
            for i in range(0, len(part), _WIDTH)
        ]
        bar = tqdm(
            total=int(lengths.sum()),
            desc="generate",
            unit="sample",
            unit_scale=True,
            mininterval=1.0,
            disable=not verbose,
        )
        try:
            with _training.exact(self.device), _training.one_thread(), bar:
                for batch in batches:
                    network, starts = self.networks[network_of[batch[0]]], [primes[i] for i in batch]
                    primed = [self.amplitudes.encode(start) for start in starts]
                    condition = self._condition(torch.from_numpy(targets[batch]))
                    side_by_side = sample_side_by_side(
                        network, condition, lengths[batch], primed, temperature, rng, bar
                    )
                    for row, codes in side_by_side:
                        item = self.amplitudes.decode(codes, self.dtype)
                        item[:, : starts[row].shape[1]] = starts[row]
                        items[batch[row]] = item
        except KeyboardInterrupt:
            n_finished = sum(item is not None for item in items)
            warn(
                f"Generation was interrupted after {n_finished} of {len(items)} recordings; these are kept.",
            )
        return items

    def check_memory(self, n_recordings, n_timepoints):
        """Raise if so many recordings, of so many timepoints in the mean, would not fit the machine's memory."""
        network = self.networks[0]
        n_samples = int(n_recordings) * int(n_timepoints) * network.n_leads
        queues = network.receptive_field * min(_WIDTH, int(n_recordings)) * network.residuals.shape[-1]
        needed = n_samples * self.dtype.itemsize + 4 * queues
        there = physical_memory()
        if needed > there:
            raise MemoryError(
                f"{n_recordings:,} recordings of {n_timepoints:,} timepoints need {needed / 2**30:,.1f} GiB, and this "
                f"machine has {there / 2**30:,.1f} GiB. Ask for fewer or shorter recordings at a time."
            )


def physical_memory():
    """Memory of this machine in bytes, infinite where it cannot be told."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return math.inf
