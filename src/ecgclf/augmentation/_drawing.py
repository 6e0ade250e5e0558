"""How a WaveNet draws recordings, sample by sample, several side by side."""

import numpy as np
import torch

from ecgclf.nn import CachedWaveNet


def sample_side_by_side(network, condition, lengths, primes, temperature, rng, bar):
    """Generate recordings, the longest first.

    Parameters
    ----------
    network : WaveNet
        The network.
    condition : Tensor of shape (n,)
        Class of each, on the network's device.
    lengths : ndarray of shape (n,)
        Timepoints of each, falling.
    primes : list of ndarray of shape (n_leads, n_timepoints_i)
        Bins with which each starts.
    temperature : float
        Divides the logits.
    rng : numpy.random.RandomState
        Draws the samples.
    bar : tqdm
        Told of each timepoint.

    Yields
    ------
    row : int
        Which is finished.
    codes : ndarray of shape (n_leads, n_timepoints_i)
        Its bins.
    """
    n, n_timepoints, n_leads = len(lengths), int(lengths[0]), network.n_leads
    codes = np.zeros((n_timepoints, n, n_leads), dtype=np.min_scalar_type(network.n_bins - 1))
    n_primed = np.array([prime.shape[1] for prime in primes])
    for i, prime in enumerate(primes):
        codes[: n_primed[i], i] = prime.T
    device = condition.device
    cache = CachedWaveNet(network, condition)
    newest, n_active = None, n
    for t in range(n_timepoints):
        logits = cache.step(newest)
        uniform = torch.from_numpy(rng.random_sample((n, n_leads, 1)).astype(np.float32))
        newest = draw(logits, uniform.to(device), temperature)
        if t < n_primed.max():
            given = torch.from_numpy(n_primed > t)[:, None].to(device)
            known = torch.from_numpy(codes[t].astype(np.int64)).to(device)
            newest = torch.where(given, known, newest)
        codes[t] = newest.cpu().numpy()
        bar.update(n_active)
        while n_active and lengths[n_active - 1] == t + 1:
            n_active -= 1
            yield n_active, codes[: t + 1, n_active].T


@torch.inference_mode()
def draw(logits, uniform, temperature):
    """Draw a bin from each row of logits by inverting its distribution function.

    Parameters
    ----------
    logits : Tensor of shape (n, n_leads, n_bins)
        Unnormalised log-probabilities; they are modified.
    uniform : Tensor of shape (n, n_leads, 1)
        Uniform random numbers.
    temperature : float
        Divides the logits.

    Returns
    -------
    Tensor of shape (n, n_leads)
        Bins, int64.
    """
    if temperature != 1:
        logits = logits / temperature
    heights = torch.softmax(logits, dim=-1).cumsum(dim=-1)
    # Rounding may leave the last height a little below or above 1.
    bins = torch.searchsorted(heights, uniform * heights[..., -1:], right=True)
    return bins.squeeze(-1).clamp_(max=logits.shape[-1] - 1)
