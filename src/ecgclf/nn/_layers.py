"""Layers that respect the length of each recording in a zero-padded batch.

Inside the networks a signal is a tensor of shape (n, channels, 1, n_timepoints) in channels-last memory order:
on a CPU a 2-D convolution of height one is faster so than a 1-D convolution. A mask of shape
(n, 1, 1, n_timepoints), 1.0 inside a recording and 0.0 in its padding, goes with it; it is None for a batch
without padding, which spares the masking.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def length_mask(lengths: Tensor, n_timepoints: int) -> Tensor | None:
    """Build the mask of a batch.

    Parameters
    ----------
    lengths : Tensor of shape (n,)
        Number of timepoints of each recording.
    n_timepoints : int
        Number of timepoints of the padded batch.

    Returns
    -------
    Tensor of shape (n, 1, 1, n_timepoints) or None
        None if no recording is padded.
    """
    if bool((lengths == n_timepoints).all()):
        return None
    inside = torch.arange(n_timepoints, device=lengths.device) < lengths[:, None]
    return inside.to(torch.float32)[:, None, None, :]


def masked(x: Tensor, mask: Tensor | None) -> Tensor:
    """Set the padding to zero."""
    return x if mask is None else x * mask


def _sunk(x: Tensor, mask: Tensor) -> Tensor:
    """Put the padding below whatever a maximum may meet; ``masked_fill`` takes five times as long as this sum."""
    return x + (mask - 1) * 1e30


def strided_length(lengths: Tensor, stride: int) -> Tensor:
    """Lengths after a convolution or pooling with "same" padding and this stride."""
    return torch.div(lengths + (stride - 1), stride, rounding_mode="floor")


class InputScale(nn.Module):
    """Standardise each recording, lead by lead, and tame artefacts.

    Mean and variance are the recording's own, drawn towards those of the training recordings as if these had been
    seen for another 100 timepoints. A recording of thousands of timepoints is standardised by itself, which takes
    away the gain of its electrodes; one of a few keeps its place among the others, for its own mean and variance
    would leave nothing of it. An inverse hyperbolic sine then leaves the usual range nearly as it is and grows as a
    logarithm beyond, so that a spike of 50 mV does not drown the rest. Nothing here is learnt by gradient.

    Parameters
    ----------
    n_leads : int
        Number of leads.
    """

    PRIOR_TIMEPOINTS = 100.0

    mean: Tensor
    std: Tensor

    def __init__(self, n_leads: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_leads))
        self.register_buffer("std", torch.ones(n_leads))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Standardise recordings.

        Parameters
        ----------
        x : Tensor of shape (n, n_leads, n_timepoints)
            The recordings, in mV.
        lengths : Tensor of shape (n,)
            Number of timepoints of each.

        Returns
        -------
        Tensor of shape (n, n_leads, n_timepoints)
            About one in standard deviation; the padding, whatever it holds, comes back as zeros.
        """
        if x.ndim != 3 or x.shape[1] != len(self.mean):
            raise ValueError(f"x has shape {tuple(x.shape)}; expected (n, {len(self.mean)}, n_timepoints).")
        mask = length_mask(lengths, x.shape[-1])
        mask = None if mask is None else mask[:, 0]
        n_seen = lengths[:, None, None] + self.PRIOR_TIMEPOINTS
        x = x - self.mean[:, None]
        # Everywhere else a product will do; here the padding may hold what no product turns into zero, such as NaN.
        x = x if mask is None else x.masked_fill_(mask == 0, 0.0)
        shift = x.sum(2, keepdim=True) / n_seen
        x = masked(x - shift, mask)
        prior = self.PRIOR_TIMEPOINTS * self.std[:, None].square()
        variance = (x.square().sum(2, keepdim=True) + prior) / n_seen
        return _asinh(x * torch.rsqrt(variance))


def _asinh(x: Tensor) -> Tensor:
    """Compute the inverse hyperbolic sine as exactly as torch's, which on a CPU takes five times as long."""
    size, square = x.abs(), x.square()
    return torch.copysign(torch.log1p(size + square / (1 + torch.sqrt(1 + square))), x)


class SameConv(nn.Module):
    """Convolution over time whose output has ``ceil(n_timepoints / stride)`` timepoints.

    Parameters
    ----------
    n_in, n_out : int
        Channels before and after.
    kernel_size, stride : int
        Extent and step in timepoints.
    """

    def __init__(self, n_in: int, n_out: int, kernel_size: int, stride: int = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride
        self.conv = nn.Conv2d(n_in, n_out, (1, kernel_size), stride=(1, stride))
        self.conv.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, x: Tensor) -> Tensor:
        """Convolve `x` of shape (n, n_in, 1, n_timepoints)."""
        n_timepoints = x.shape[-1]
        n_out = -(-n_timepoints // self.stride)
        left = (self.kernel_size - 1) // 2
        right = (n_out - 1) * self.stride + self.kernel_size - left - n_timepoints
        if right <= left:
            # As many zeros on the right, fewer than a stride more, lead to no further output: no copy is needed.
            return F.conv2d(x, self.conv.weight, self.conv.bias, (1, self.stride), (0, left))
        return self.conv(F.pad(x, (left, right)))


class MaskedBatchNorm(nn.Module):
    """Batch normalisation whose statistics leave out the padding.

    The running statistics begin as the plain mean of the batches seen and then forget exponentially, so that a fit of
    few batches does not predict with statistics that are still half their initial value.

    Parameters
    ----------
    n_channels : int
        Number of channels.
    momentum : float
        Weight of the newest batch in the running statistics, once that many batches were seen.
    eps : float
        Added to the variance.
    """

    running_mean: Tensor
    running_var: Tensor
    n_batches: Tensor

    def __init__(self, n_channels: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.momentum = momentum
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(n_channels))
        self.bias = nn.Parameter(torch.zeros(n_channels))
        self.register_buffer("running_mean", torch.zeros(n_channels))
        self.register_buffer("running_var", torch.ones(n_channels))
        self.register_buffer("n_batches", torch.tensor(0))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Normalise `x` of shape (n, n_channels, 1, n_timepoints); the padding comes back as zeros."""
        n_values = x.numel() // x.shape[1]
        momentum = self.momentum
        if self.training:
            self.n_batches += 1
            momentum = max(momentum, 1 / int(self.n_batches))
        if not self.training or (mask is None and n_values > 1):
            x = F.batch_norm(
                x,
                self.running_mean,
                self.running_var,
                self.weight,
                self.bias,
                self.training,
                momentum,
                self.eps,
            )
            return masked(x, mask)
        if mask is None:
            mask = x.new_ones(1, 1, 1, 1)
        normed, mean, var, count = _MaskedNorm.apply(x, mask, self.weight, self.bias, self.eps)
        with torch.no_grad():
            unbiased = var * (count / (count - 1).clamp(min=1))
            self.running_mean.lerp_(mean, momentum)
            self.running_var.lerp_(unbiased, momentum)
        return normed


class _MaskedNorm(torch.autograd.Function):
    """Normalise by the statistics of what lies inside recordings.

    Written by operations of torch, which keep a tensor each for their gradients, it takes twice as long: memory is
    what it waits for. Here one is kept, and what can be is done in place.
    """

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, x: Tensor, mask: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        # A mask by segment counts for each timepoint of the segment.
        count = mask.expand(x.shape[0], -1, x.shape[2], x.shape[3]).sum()
        centred = x * mask
        mean = centred.sum((0, 2, 3), keepdim=True) / count
        centred.sub_(mean).mul_(mask)
        var = centred.square().sum((0, 2, 3), keepdim=True) / count
        inverse = torch.rsqrt(var + eps)
        gain = weight[:, None, None] * inverse
        ctx.save_for_backward(centred, mask, inverse, gain, count)
        mean, var = mean.flatten(), var.flatten()
        ctx.mark_non_differentiable(mean, var, count)
        return (centred * gain).addcmul_(mask, bias[:, None, None]), mean, var, count

    @staticmethod
    def backward(  # type: ignore[override]
        ctx: Any, gradient: Tensor, *_: Tensor
    ) -> tuple[Tensor, None, Tensor, Tensor, None]:
        centred, mask, inverse, gain, count = ctx.saved_tensors
        inside = gradient * mask
        of_bias = inside.sum((0, 2, 3), keepdim=True)
        of_scaled = (inside * centred).sum((0, 2, 3), keepdim=True)
        of_x = inside.mul_(gain)
        of_x.addcmul_(centred, gain * inverse.square() * of_scaled / count, value=-1)
        of_x.addcmul_(mask, gain * of_bias / count, value=-1)
        return of_x, None, (inverse * of_scaled).flatten(), of_bias.flatten(), None


class Dropout(nn.Dropout):
    """Dropout that can draw from a generator of its own, so that replicas in several threads stay reproducible.

    Parameters
    ----------
    p : float
        Probability of zero.
    """

    generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Zero elements of `x`, of any shape, and scale the others up."""
        if not self.training or self.p in (0, 1):
            return super().forward(x)
        if x.device.type != "cpu":
            return x * torch.empty_like(x).bernoulli_(1 - self.p, generator=self.generator).div_(1 - self.p)
        # On CPUs random numbers are what dropout costs, and 16 bits are enough for one: a quarter of the draws.
        words = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None, generator=self.generator)
        kept = min(max(round((1 - self.p) * 2**16), 1), 2**16 - 1)
        keep = words.view(torch.int16)[: x.numel()].view(x.shape) < kept - 2**15
        return x * keep.to(x.dtype).mul_(2**16 / kept)


class MaskedMaxPool(nn.Module):
    """Maximum over ``kernel_size`` timepoints at every ``kernel_size``-th, the padding left out.

    Parameters
    ----------
    kernel_size : int
        Extent and step in timepoints.
    """

    def __init__(self, kernel_size: int) -> None:
        super().__init__()
        self.kernel_size = kernel_size

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Pool `x` of shape (n, channels, 1, n_timepoints) to ``ceil(n_timepoints / kernel_size)``."""
        if self.kernel_size == 1:
            return x
        size = (1, self.kernel_size)
        if mask is None:
            return F.max_pool2d(x, size, ceil_mode=True)
        # Windows that lie wholly in the padding come back as zeros.
        return F.max_pool2d(_sunk(x, mask), size, ceil_mode=True) * F.max_pool2d(mask, size, ceil_mode=True)


class MaskedPool(nn.Module):
    """Pool a sequence of features over the time of its recording.

    Parameters
    ----------
    kind : {"mean", "max", "mean_max"}
        "mean_max" concatenates both, so that what lasts and what happens once are both seen.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def n_out(self, n_features: int) -> int:
        """Number of features after pooling."""
        return 2 * n_features if self.kind == "mean_max" else n_features

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Pool `x` of shape (n, n_timepoints, n_features), zero in the padding."""
        pooled = []
        if self.kind != "max":
            pooled.append(x.sum(1) / lengths[:, None])
        if self.kind != "mean":
            mask = length_mask(lengths, x.shape[1])
            pooled.append((x if mask is None else _sunk(x, mask[:, 0, 0, :, None])).amax(1))
        return torch.cat(pooled, 1)


class AttentionPool(nn.Module):
    """Additive attention: a weighted mean over time whose weights are learnt.

    Parameters
    ----------
    n_features : int
        Number of features of the sequence.
    n_units : int
        Width of the hidden layer that scores a timepoint.
    with_max : bool
        Whether the maximum over time is concatenated: the mean tells what lasts, the maximum what happens once.

    References
    ----------
    Bahdanau D, Cho K, Bengio Y (2015). Neural machine translation by jointly learning to align and translate.
    arXiv:1409.0473.
    """

    def __init__(self, n_features: int, n_units: int, *, with_max: bool) -> None:
        super().__init__()
        self.maximum = MaskedPool("max") if with_max else None
        self.hidden = nn.Linear(n_features, n_units, bias=False)
        self.score = nn.Linear(n_units, 1, bias=False)

    def n_out(self, n_features: int) -> int:
        """Number of features after pooling."""
        return n_features if self.maximum is None else 2 * n_features

    def weights(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Attention weights of shape (n, n_timepoints): zero in the padding, one in sum."""
        scores = self.score(torch.tanh(self.hidden(x))).squeeze(2)
        # Under autocast the softmax needs more digits than the scores come with.
        scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
        outside = torch.arange(x.shape[1], device=x.device) >= lengths[:, None]
        return torch.softmax(scores.masked_fill(outside, float("-inf")), 1)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Pool `x` of shape (n, n_timepoints, n_features)."""
        mean = torch.einsum("nt,ntf->nf", self.weights(x, lengths).to(x.dtype), x)
        return mean if self.maximum is None else torch.cat([mean, self.maximum(x, lengths)], 1)


class LengthAwareLSTM(nn.Module):
    """LSTM that reads each recording over its own length.

    Padding lies at the end, where a forward pass meets it after all that counts; the backward pass gets each
    recording turned round within its own length. The result is that of torch's packed sequences, whose backward pass
    on a CPU was measured 20 times slower as soon as two lengths in a batch differ (torch 2.13: at every step it
    fills a gradient as large as the whole input).

    Parameters
    ----------
    n_in, n_units, n_layers : int
        Features before, units per direction, and layers.
    bidirectional : bool
        Whether to run over time in both directions.
    dropout : float
        Dropout between layers.
    """

    def __init__(self, n_in: int, n_units: int, n_layers: int, bidirectional: bool, dropout: float) -> None:
        super().__init__()
        self.n_out = n_units * (2 if bidirectional else 1)
        self.dropout = Dropout(dropout)
        self.forwards, self.backwards = nn.ModuleList(), nn.ModuleList()
        for layer in range(n_layers):
            n_before = self.n_out if layer else n_in
            self.forwards.append(nn.LSTM(n_before, n_units, batch_first=True))
            if bidirectional:
                self.backwards.append(nn.LSTM(n_before, n_units, batch_first=True))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Map `x` of shape (n, n_timepoints, n_in) to (n, n_timepoints, n_out), zero in the padding."""
        for layer, forwards in enumerate(self.forwards):
            if layer:
                x = self.dropout(x)
            y = forwards(x)[0]
            if self.backwards:
                turned = turn_round(self.backwards[layer](turn_round(x, lengths))[0], lengths)
                y = torch.cat([y, turned], 2)
            x = y
        mask = length_mask(lengths, x.shape[1])
        return x if mask is None else x * mask[:, 0, 0, :, None]


def turn_round(x: Tensor, lengths: Tensor) -> Tensor:
    """Reverse the time of each recording of (n, n_timepoints, n_features) within its own length."""
    time = torch.arange(x.shape[1], device=x.device)
    turned = lengths[:, None] - 1 - time
    turned = torch.where(turned < 0, time, turned)
    return x.gather(1, turned[:, :, None].expand_as(x))


def as_image(x: Tensor) -> Tensor:
    """View (n, channels, n_timepoints) as (n, channels, 1, n_timepoints) in channels-last order."""
    return x.unsqueeze(2).contiguous(memory_format=torch.channels_last)


def as_sequence(x: Tensor) -> Tensor:
    """View (n, channels, 1, n_timepoints) as (n, n_timepoints, channels)."""
    return x.squeeze(2).transpose(1, 2)


def _longest(x: Tensor, lengths: Tensor) -> int:
    """Tell how long the longest recording of a batch is, or that these are no lengths of it."""
    if lengths.shape != x.shape[:1] or lengths.is_floating_point():
        raise ValueError(
            f"lengths have shape {tuple(lengths.shape)} and dtype {lengths.dtype}; expected a whole number for each "
            f"of {len(x)} recordings."
        )
    shortest, longest = (int(end) for end in lengths.aminmax())
    if not 1 <= shortest <= longest <= x.shape[-1]:
        raise ValueError(
            f"lengths reach from {shortest} to {longest}; expected 1 to {x.shape[-1]}, the timepoints of x."
        )
    return longest


def trim(x: Tensor, lengths: Tensor) -> Tensor:
    """Cut what lies beyond the longest recording of the batch."""
    return x[..., : _longest(x, lengths)]


def trim_or_pad(x: Tensor, lengths: Tensor) -> Tensor:
    """Cut what lies beyond the longest recording; where there is padding anyway, up to a round number of timepoints.

    For each number that it has not met lately torch prepares its convolutions anew, which takes as long as the step
    itself. There are eight round ones from a power of two to the next.
    """
    n_timepoints = _longest(x, lengths)
    if bool((lengths < n_timepoints).any()):
        n_timepoints += -n_timepoints % 2 ** max(n_timepoints.bit_length() - 4, 0)
    return F.pad(x[..., :n_timepoints], (0, max(n_timepoints - x.shape[-1], 0)))
