"""What describes a signal, step by step: residual blocks over the whole of it, or convolutions on its segments."""

import math
from collections.abc import Sequence
from numbers import Integral

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ecgclf.nn._layers import MaskedBatchNorm, SameConv, as_image, as_sequence, length_mask, masked, strided_length
from ecgclf.nn._resnet import ResidualBlock


def check_sizes(**given: Sequence[int]) -> None:
    """Raise if sizes of layers are not as many whole numbers of at least 1 under each name.

    Parameters
    ----------
    **given : sequence of int
        What was given for each layer, by its name.
    """
    told = ", ".join(f"{name}={sizes!r}" for name, sizes in given.items())
    for name, sizes in given.items():
        if not hasattr(sizes, "__getitem__") or not all(
            isinstance(size, Integral) and not isinstance(size, bool) and int(size) >= 1 for size in sizes
        ):
            raise ValueError(f"{name}={sizes!r}; expected whole numbers of at least 1, as in {name}=(8, 16).")
    if len({len(sizes) for sizes in given.values()}) > 1 or min(len(sizes) for sizes in given.values()) == 0:
        raise ValueError(f"{told} need one entry each for every layer, and one layer at least.")


class BlockEncoder(nn.Module):
    """Describe a signal by a convolution over the whole of it and by blocks, which a subclass adds.

    A block maps a signal, its lengths and its mask to the same after it, and has a `stride`.

    Parameters
    ----------
    n_leads : int
        Leads of a recording.
    n_filters, kernel_size, stride : int
        Of the convolution before the blocks.
    """

    norm: nn.Module | None
    n_out: int

    def __init__(self, n_leads: int, n_filters: int, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.stem = SameConv(n_leads, n_filters, kernel_size, stride)
        self.stem_norm = MaskedBatchNorm(n_filters)
        self.blocks = nn.ModuleList()

    @property
    def segment_length(self) -> int:
        """Timepoints of a step; every stride rounds up, so that together they round up as their product does."""
        return math.prod([self.stem.stride, *(block.stride for block in self.blocks)])  # type: ignore[list-item]

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Map `x` of shape (n, n_leads, n_timepoints) to (n, n_steps, n_out), and give the new lengths."""
        x = self.stem(as_image(x))
        lengths = strided_length(lengths, self.stem.stride)
        mask = length_mask(lengths, x.shape[-1])
        x = torch.relu(self.stem_norm(x, mask))
        for block in self.blocks:
            x, lengths, mask = block(x, lengths, mask)
        if self.norm is not None:
            x = torch.relu(self.norm(x, mask))
        return as_sequence(x), lengths


class ResidualEncoder(BlockEncoder):
    """Describe a signal by residual blocks over the whole of it.

    Parameters
    ----------
    n_leads : int
        Leads of a recording.
    n_filters, kernel_sizes, strides : sequence of int
        The first entry is that of a plain convolution, each further one that of a residual block.
    dropout : float
        Dropout inside the blocks.
    """

    def __init__(
        self,
        n_leads: int,
        *,
        n_filters: Sequence[int],
        kernel_sizes: Sequence[int],
        strides: Sequence[int],
        dropout: float,
    ) -> None:
        super().__init__(n_leads, n_filters[0], kernel_sizes[0], strides[0])
        for i in range(1, len(n_filters)):
            block = ResidualBlock(
                n_filters[i - 1],
                n_filters[i],
                kernel_size=kernel_sizes[i],
                stride=strides[i],
                dropout=dropout,
                pre_activation=i > 1,
            )
            self.blocks.append(block)
        self.norm = MaskedBatchNorm(n_filters[-1])
        self.n_out = n_filters[-1]


class SegmentEncoder(nn.Module):
    """Describe each segment of a signal by convolutions that do not leave it.

    Parameters
    ----------
    n_leads : int
        Leads of a recording.
    segment_length : int
        Timepoints of a segment; segments do not overlap. What the last one lacks is left out of norms and pooling.
    n_filters, kernel_sizes, strides : sequence of int
        One entry per convolution. Convolutions are "valid": a segment has to be long enough for all of them.
    segment_pooling : {"mean", "max"}
        How the last convolution is pooled over the segment.
    batch_norm : bool
        Whether each convolution, and the pooling, is followed by batch normalisation.
    """

    def __init__(
        self,
        n_leads: int,
        *,
        segment_length: int,
        n_filters: Sequence[int],
        kernel_sizes: Sequence[int],
        strides: Sequence[int],
        segment_pooling: str,
        batch_norm: bool,
    ) -> None:
        super().__init__()
        self.segment_length = segment_length
        self.strides = tuple(strides)
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        n_in, n_left = n_leads, segment_length
        for n_out, kernel_size, stride in zip(n_filters, kernel_sizes, strides, strict=True):
            if n_left < kernel_size:
                raise ValueError(
                    f"a segment of {segment_length} timepoints has {n_left} left where a kernel of {kernel_size} "
                    "should fit; lengthen segment_length, or shorten kernel_sizes or strides."
                )
            n_left = (n_left - kernel_size) // stride + 1
            self.convs.append(nn.Conv2d(n_in, n_out, (1, kernel_size), stride=(1, stride)))
            self.norms.append(MaskedBatchNorm(n_out) if batch_norm else _Unnormed())
            n_in = n_out
        self.segment_pooling = segment_pooling
        self.last_norm = MaskedBatchNorm(n_in) if batch_norm else _Unnormed()
        self.n_out = n_in
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Map `x` of shape (n, n_leads, n_timepoints) to (n, n_segments, n_out), and give the new lengths."""
        n, n_leads, n_timepoints = x.shape
        n_segments = -(-n_timepoints // self.segment_length)
        x = F.pad(x, (0, n_segments * self.segment_length - n_timepoints))
        # One row of the "image" a segment: a kernel of height one cannot reach from one into the next.
        x = x.view(n, n_leads, n_segments, self.segment_length)
        x = x.contiguous(memory_format=torch.channels_last)
        # Timepoints of the recording in each segment; after a convolution, outputs that saw some of them.
        starts = self.segment_length * torch.arange(n_segments, device=x.device)
        inside = (lengths[:, None] - starts).clamp(0, self.segment_length)
        mask = None
        for conv, norm, stride in zip(self.convs, self.norms, self.strides, strict=True):
            x = conv(x)
            inside = strided_length(inside, stride).clamp(max=x.shape[3])
            mask = segment_mask(inside, x.shape[3])
            x = torch.relu(norm(x, mask))
        if self.segment_pooling == "mean":
            x = x.sum(3, keepdim=True) / inside.clamp(min=1)[:, None, :, None]
        else:
            # After the rectifier nothing is below the zeros of the padding.
            x = masked(x, mask).amax(3, keepdim=True)
        mask = segment_mask(inside.clamp(max=1), 1)
        x = self.last_norm(x, mask).squeeze(3).transpose(1, 2)
        return x, strided_length(lengths, self.segment_length)


def segment_mask(inside: Tensor, n_timepoints: int) -> Tensor | None:
    """Build the mask of a batch of segments.

    Parameters
    ----------
    inside : Tensor of shape (n, n_segments)
        Number of timepoints of each segment that belong to its recording.
    n_timepoints : int
        Number of timepoints of a segment.

    Returns
    -------
    Tensor of shape (n, 1, n_segments, n_timepoints) or None
        None if all belong.
    """
    mask = length_mask(inside.flatten(), n_timepoints)
    return None if mask is None else mask.view(inside.shape[0], 1, inside.shape[1], n_timepoints)


class _Unnormed(nn.Module):
    """Stands where a norm would."""

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return masked(x, mask)
