"""Convolutions, an LSTM over what they give; with mean, maximum or attention over time."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ecgclf.nn._layers import (
    AttentionPool,
    Dropout,
    InputScale,
    LengthAwareLSTM,
    MaskedBatchNorm,
    MaskedPool,
    SameConv,
    as_image,
    as_sequence,
    length_mask,
    masked,
    strided_length,
    trim,
)
from ecgclf.nn._resnet import ResidualBlock


class ResidualEncoder(nn.Module):
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
        super().__init__()
        self.stem = SameConv(n_leads, n_filters[0], kernel_sizes[0], strides[0])
        self.stem_norm = MaskedBatchNorm(n_filters[0])
        self.blocks = nn.ModuleList(
            ResidualBlock(
                n_filters[i - 1],
                n_filters[i],
                kernel_size=kernel_sizes[i],
                stride=strides[i],
                dropout=dropout,
                pre_activation=i > 1,
            )
            for i in range(1, len(n_filters))
        )
        self.norm = MaskedBatchNorm(n_filters[-1])
        self.n_out = n_filters[-1]
        # Every stride rounds up, so that together they round up as their product does.
        self.segment_length = math.prod(strides)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Map `x` of shape (n, n_leads, n_timepoints) to (n, n_steps, n_out), and give the new lengths."""
        x = self.stem(as_image(x))
        lengths = strided_length(lengths, self.stem.stride)
        mask = length_mask(lengths, x.shape[-1])
        x = torch.relu(self.stem_norm(x, mask))
        for block in self.blocks:
            x, lengths, mask = block(x, lengths, mask)
        return as_sequence(torch.relu(self.norm(x, mask))), lengths


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


class CRNN(nn.Module):
    """Convolutional encoder, LSTM over what it gives, pooling, linear layer.

    Parameters
    ----------
    n_leads, n_outputs : int
        Leads of a recording, logits to give: the classes to tell apart, or the labels.
    segment_length : int or None
        None takes a `ResidualEncoder`, a number a `SegmentEncoder` with segments of so many timepoints.
    n_filters, kernel_sizes, strides : sequence of int
        Convolutions of the encoder.
    segment_pooling : {"mean", "max"}
        How they are pooled over a segment; without meaning for a residual encoder.
    batch_norm : bool
        Whether they and the pooling are followed by batch normalisation; a residual encoder always has it.
    n_units, n_layers : int
        LSTM units per direction, and layers.
    bidirectional : bool
        Whether the LSTM also runs backwards.
    pooling : {"mean", "max", "mean_max", "attention", "attention_max"}
        How the LSTM's outputs are pooled over time. The latter two make this a CRANN.
    n_attention_units : int
        Hidden units of the attention; without meaning for the other poolings.
    dropout : float
        Dropout in residual blocks, before the LSTM, between its layers and before the linear layer.
    """

    def __init__(
        self,
        n_leads: int,
        n_outputs: int,
        *,
        segment_length: int | None,
        n_filters: Sequence[int],
        kernel_sizes: Sequence[int],
        strides: Sequence[int],
        segment_pooling: str,
        batch_norm: bool,
        n_units: int,
        n_layers: int,
        bidirectional: bool,
        pooling: str,
        n_attention_units: int,
        dropout: float,
    ) -> None:
        super().__init__()
        if not len(n_filters) == len(kernel_sizes) == len(strides):
            raise ValueError(
                "n_filters, kernel_sizes and strides need one entry per convolution; they have "
                f"{len(n_filters)}, {len(kernel_sizes)} and {len(strides)}."
            )
        self.scale = InputScale(n_leads)
        if segment_length is None:
            self.encoder: nn.Module = ResidualEncoder(
                n_leads, n_filters=n_filters, kernel_sizes=kernel_sizes, strides=strides, dropout=dropout
            )
        else:
            self.encoder = SegmentEncoder(
                n_leads,
                segment_length=segment_length,
                n_filters=n_filters,
                kernel_sizes=kernel_sizes,
                strides=strides,
                segment_pooling=segment_pooling,
                batch_norm=batch_norm,
            )
        self.lstm = LengthAwareLSTM(self.encoder.n_out, n_units, n_layers, bidirectional, dropout)
        self.dropout = Dropout(dropout)
        if pooling.startswith("attention"):
            self.pool: nn.Module = AttentionPool(self.lstm.n_out, n_attention_units, with_max=pooling.endswith("max"))
        else:
            self.pool = MaskedPool(pooling)
        self.head = nn.Linear(self.pool.n_out(self.lstm.n_out), n_outputs)

    def _sequence(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        x = trim(x, lengths)
        x, lengths = self.encoder(self.scale(x, lengths), lengths)
        return self.lstm(self.dropout(x), lengths), lengths

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Compute the logits of a batch.

        Parameters
        ----------
        x : Tensor of shape (n, n_leads, n_timepoints)
            The recordings, in mV; what lies behind their ends does not matter.
        lengths : Tensor of shape (n,)
            Number of timepoints of each recording, int64.

        Returns
        -------
        Tensor of shape (n, n_outputs)
            Logits.
        """
        return self.head(self.dropout(self.pool(*self._sequence(x, lengths))))

    def attention(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Compute the attention weights of a batch; only with attention pooling.

        Parameters
        ----------
        x : Tensor of shape (n, n_leads, n_timepoints)
            The recordings, in mV; what lies behind their ends does not matter.
        lengths : Tensor of shape (n,)
            Number of timepoints of each recording, int64.

        Returns
        -------
        Tensor of shape (n, n_steps)
            One weight for every `encoder.segment_length` timepoints; zero in the padding, one in sum.
        """
        assert isinstance(self.pool, AttentionPool)
        return self.pool.weights(*self._sequence(x, lengths))
