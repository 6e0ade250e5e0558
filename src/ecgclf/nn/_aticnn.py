"""Stages of convolutional blocks, an LSTM over what they give, attention over time."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ecgclf.nn._crnn import EncoderLSTM
from ecgclf.nn._encoders import BlockEncoder, check_sizes
from ecgclf.nn._layers import MaskedBatchNorm, MaskedMaxPool, SameConv, length_mask, strided_length
from ecgclf.nn._resnet import ResidualBlock


class PlainBlock(nn.Module):
    """Convolution, batch normalisation, rectifier, maximum over every few timepoints.

    Parameters
    ----------
    n_in, n_out : int
        Channels before and after.
    kernel_size : int
        Extent of the convolution in timepoints.
    stride : int
        Timepoints that the maximum is taken over; 1 leaves it out.
    """

    def __init__(self, n_in: int, n_out: int, *, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv = SameConv(n_in, n_out, kernel_size)
        self.norm = MaskedBatchNorm(n_out)
        self.pool = MaskedMaxPool(stride)

    def forward(self, x: Tensor, lengths: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
        """Map `x` of shape (n, n_in, 1, n_timepoints); returns it with its new lengths and mask."""
        # After the rectifier nothing is below the zeros of the padding: they need not be kept from the maximum.
        x = self.pool(torch.relu(self.norm(self.conv(x), mask)), None)
        if self.stride > 1:
            lengths = strided_length(lengths, self.stride)
            mask = None if mask is None else length_mask(lengths, x.shape[-1])
        return x, lengths, mask


class StagedEncoder(BlockEncoder):
    """Describe a signal by stages of blocks; each stage slows it down.

    Parameters
    ----------
    n_leads : int
        Leads of a recording.
    residual : bool
        Whether the blocks are residual, and the first of a stage slows down; else plain, and the last one does.
    n_filters, depths : sequence of int
        Channels and blocks of each stage.
    kernel_size : int
        Extent of their convolutions in timepoints of their input.
    pool_size : int
        Timepoints of which a stage makes one.
    stem_kernel_size, stem_stride : int
        Extent and step of a first convolution, with as many channels as the first stage.
    dropout : float
        Dropout inside residual blocks.
    """

    def __init__(
        self,
        n_leads: int,
        *,
        residual: bool,
        n_filters: Sequence[int],
        depths: Sequence[int],
        kernel_size: int,
        pool_size: int,
        stem_kernel_size: int,
        stem_stride: int,
        dropout: float,
    ) -> None:
        check_sizes(n_filters=n_filters, depths=depths)
        super().__init__(n_leads, n_filters[0], stem_kernel_size, stem_stride)
        n_in = n_filters[0]
        for n_out, depth in zip(n_filters, depths, strict=True):
            for i in range(depth):
                if residual:
                    block: nn.Module = ResidualBlock(
                        n_in,
                        n_out,
                        kernel_size=kernel_size,
                        stride=pool_size if i == 0 else 1,
                        dropout=dropout,
                        pre_activation=len(self.blocks) > 0,
                    )
                else:
                    stride = pool_size if i == depth - 1 else 1
                    block = PlainBlock(n_in, n_out, kernel_size=kernel_size, stride=stride)
                self.blocks.append(block)
                n_in = n_out
        # What a plain block gives is normalised already.
        self.norm = MaskedBatchNorm(n_in) if residual else None
        self.n_out = n_in


class ATICNN(EncoderLSTM):
    """Stages of convolutional blocks, LSTM over what they give, attention, linear layer.

    Parameters
    ----------
    n_leads, n_outputs : int
        Leads of a recording, logits to give: the classes to tell apart, or the labels.
    residual : bool
        Whether the blocks are residual, of two convolutions each, or plain, of one.
    n_filters, depths : sequence of int
        Channels and blocks of each stage.
    kernel_size : int
        Extent of their convolutions in timepoints of their input.
    pool_size : int
        Timepoints of which a stage makes one.
    stem_kernel_size, stem_stride : int
        Extent and step of a first convolution, with as many channels as the first stage.
    n_units, n_layers : int
        LSTM units per direction, and layers.
    bidirectional : bool
        Whether the LSTM also runs backwards.
    pooling : {"attention", "attention_max"}
        How the LSTM's outputs are pooled over time.
    n_attention_units : int
        Hidden units of the attention.
    block_dropout : float
        Dropout inside residual blocks.
    dropout : float
        Dropout before the LSTM, between its layers and before the linear layer.
    """

    def __init__(
        self,
        n_leads: int,
        n_outputs: int,
        *,
        residual: bool,
        n_filters: Sequence[int],
        depths: Sequence[int],
        kernel_size: int,
        pool_size: int,
        stem_kernel_size: int,
        stem_stride: int,
        n_units: int,
        n_layers: int,
        bidirectional: bool,
        pooling: str,
        n_attention_units: int,
        block_dropout: float,
        dropout: float,
    ) -> None:
        encoder = StagedEncoder(
            n_leads,
            residual=residual,
            n_filters=n_filters,
            depths=depths,
            kernel_size=kernel_size,
            pool_size=pool_size,
            stem_kernel_size=stem_kernel_size,
            stem_stride=stem_stride,
            dropout=block_dropout,
        )
        super().__init__(
            n_leads,
            n_outputs,
            encoder,
            n_units=n_units,
            n_layers=n_layers,
            bidirectional=bidirectional,
            pooling=pooling,
            n_attention_units=n_attention_units,
            dropout=dropout,
        )
