"""Residual network over raw samples."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ecgclf.nn._layers import (
    Dropout,
    InputScale,
    MaskedBatchNorm,
    MaskedMaxPool,
    MaskedPool,
    SameConv,
    as_image,
    as_sequence,
    length_mask,
    strided_length,
    trim_or_pad,
)


class ResidualBlock(nn.Module):
    """Pre-activation residual block of two convolutions with a parameter-free shortcut.

    Parameters
    ----------
    n_in, n_out : int
        Channels before and after; the shortcut fills new channels with zeros.
    kernel_size : int
        Extent of both convolutions in timepoints.
    stride : int
        Subsampling, by the first convolution and by a maximum in the shortcut.
    dropout : float
        Dropout before the second convolution.
    pre_activation : bool
        False in the first block of a network, whose input is activated already.
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        kernel_size: int,
        stride: int,
        dropout: float,
        pre_activation: bool,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.n_new = n_out - n_in
        self.norm1 = MaskedBatchNorm(n_in) if pre_activation else None
        self.conv1 = SameConv(n_in, n_out, kernel_size, stride)
        self.norm2 = MaskedBatchNorm(n_out)
        self.dropout = Dropout(dropout)
        self.conv2 = SameConv(n_out, n_out, kernel_size)
        self.shortcut = MaskedMaxPool(stride)

    def forward(self, x: Tensor, lengths: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
        """Map `x` of shape (n, n_in, 1, n_timepoints); returns it with its new lengths and mask.

        The padding of what it returns is not zero: the norm that follows, and a maximum, leave it out.
        """
        shortcut = self.shortcut(x, mask)
        if self.n_new:
            shortcut = F.pad(shortcut, (0, 0, 0, 0, 0, self.n_new))
        if self.norm1 is not None:
            x = torch.relu(self.norm1(x, mask))
        x = self.conv1(x)
        if self.stride > 1:
            lengths = strided_length(lengths, self.stride)
            mask = None if mask is None else length_mask(lengths, x.shape[-1])
        # The convolution's bias leaks into the padding; the norm's statistics and output leave it out.
        x = self.conv2(self.dropout(torch.relu(self.norm2(x, mask))))
        return x + shortcut, lengths, mask


class ResNet(nn.Module):
    """Stem convolution, residual blocks, pooling over time, linear layer.

    Parameters
    ----------
    n_leads, n_outputs : int
        Leads of a recording, logits to give: the classes to tell apart, or the labels.
    n_blocks : int
        Number of residual blocks.
    kernel_size : int
        Extent of every convolution in timepoints.
    n_filters : int
        Channels of the stem and the first blocks.
    widen_every : int
        Number of blocks after which the channels grow.
    filter_growth : {"linear", "double"}
        Whether they grow by `n_filters` or to twice as many.
    subsample_every : int
        The last of every so many blocks halves the sampling rate.
    stem_stride : int
        Stride of the stem.
    pooling : {"mean", "max", "mean_max"}
        How features are pooled over time.
    dropout : float
        Dropout inside the blocks and before the linear layer.
    """

    def __init__(
        self,
        n_leads: int,
        n_outputs: int,
        *,
        n_blocks: int,
        kernel_size: int,
        n_filters: int,
        widen_every: int,
        filter_growth: str,
        subsample_every: int,
        stem_stride: int,
        pooling: str,
        dropout: float,
    ) -> None:
        super().__init__()
        self.scale = InputScale(n_leads)
        self.stem_stride = stem_stride
        self.stem = SameConv(n_leads, n_filters, kernel_size, stem_stride)
        self.stem_norm = MaskedBatchNorm(n_filters)
        self.blocks = nn.ModuleList()
        n_in = n_filters
        for block in range(n_blocks):
            stage = block // widen_every
            n_out = n_filters * (2**stage if filter_growth == "double" else 1 + stage)
            self.blocks.append(
                ResidualBlock(
                    n_in,
                    n_out,
                    kernel_size=kernel_size,
                    stride=2 if block % subsample_every == subsample_every - 1 else 1,
                    dropout=dropout,
                    pre_activation=block > 0,
                )
            )
            n_in = n_out
        self.norm = MaskedBatchNorm(n_in)
        self.pool = MaskedPool(pooling)
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(self.pool.n_out(n_in), n_outputs)

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
        x = trim_or_pad(x, lengths)
        mask = length_mask(lengths, x.shape[-1])
        x = self.stem(as_image(self.scale(x, lengths)))
        lengths = strided_length(lengths, self.stem_stride)
        mask = None if mask is None else length_mask(lengths, x.shape[-1])
        x = torch.relu(self.stem_norm(x, mask))
        for block in self.blocks:
            x, lengths, mask = block(x, lengths, mask)
        x = torch.relu(self.norm(x, mask))
        return self.head(self.dropout(self.pool(as_sequence(x), lengths)))
