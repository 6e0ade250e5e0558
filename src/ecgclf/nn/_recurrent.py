"""LSTM and bidirectional LSTM over a strided convolutional stem."""

import torch
from torch import Tensor, nn

from ecgclf.nn._layers import (
    Dropout,
    InputScale,
    LengthAwareLSTM,
    MaskedBatchNorm,
    MaskedPool,
    SameConv,
    as_image,
    as_sequence,
    length_mask,
    strided_length,
    trim_or_pad,
)


def stem_strides(stride: int) -> list[int]:
    """Split a stride into the strides of successive layers: four first, if it can be, then its prime factors.

    Parameters
    ----------
    stride : int
        Overall stride.

    Returns
    -------
    list of int
        Strides of successive layers; their product is `stride`. Empty for a stride of 1.
    """
    steps = []
    divisor = 2
    while stride > 1:
        while stride % divisor:
            # What has no divisor up to its root is a prime number.
            divisor = divisor + 1 if divisor * divisor <= stride else stride
        steps.append(divisor)
        stride //= divisor
    # The first layer reads few leads at the full rate: halving once more there saves half of all that follows.
    return [4, *steps[2:]] if steps[:2] == [2, 2] else steps


class RecurrentNet(nn.Module):
    """Convolutional stem that slows the signal down, LSTM, masked pooling, linear layer.

    Parameters
    ----------
    n_leads, n_outputs : int
        Leads of a recording, logits to give: the classes to tell apart, or the labels.
    stem_stride : int
        Samples per step of the LSTM. 1 leaves the stem out: the LSTM reads the raw samples.
    n_filters : int
        Channels of the stem.
    kernel_size : int
        Extent of the stem's convolutions in timepoints of their input.
    n_units : int
        LSTM units per direction.
    n_layers : int
        LSTM layers.
    bidirectional : bool
        Whether the LSTM also runs backwards.
    pooling : {"mean", "max", "mean_max"}
        How the LSTM's outputs are pooled over time.
    dropout : float
        Dropout before the LSTM, between its layers and before the linear layer.
    """

    def __init__(
        self,
        n_leads: int,
        n_outputs: int,
        *,
        stem_stride: int,
        n_filters: int,
        kernel_size: int,
        n_units: int,
        n_layers: int,
        bidirectional: bool,
        pooling: str,
        dropout: float,
    ) -> None:
        super().__init__()
        self.scale = InputScale(n_leads)
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        n_in = n_leads
        self.strides = stem_strides(stem_stride)
        for stride in self.strides:
            self.convs.append(SameConv(n_in, n_filters, kernel_size, stride))
            self.norms.append(MaskedBatchNorm(n_filters))
            n_in = n_filters
        self.lstm = LengthAwareLSTM(n_in, n_units, n_layers, bidirectional, dropout)
        self.pool = MaskedPool(pooling)
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(self.pool.n_out(self.lstm.n_out), n_outputs)

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
        x = as_image(self.scale(x, lengths))
        for conv, norm, stride in zip(self.convs, self.norms, self.strides, strict=True):
            x = conv(x)
            lengths = strided_length(lengths, stride)
            mask = None if mask is None else length_mask(lengths, x.shape[-1])
            x = torch.relu(norm(x, mask))
        x = self.lstm(self.dropout(as_sequence(x)), lengths)
        return self.head(self.dropout(self.pool(x, lengths)))
