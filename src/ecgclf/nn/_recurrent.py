"""LSTM and bidirectional LSTM over a strided convolutional stem."""

import torch
from torch import Tensor, nn

from ecgclf.nn._layers import (
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


def stem_strides(stride: int) -> list[int]:
    """Split a stride into steps of at most four where its divisors allow it.

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
    while stride > 1:
        step = next((d for d in (4, 3, 2) if stride % d == 0), None)
        if step is None:
            step = next(d for d in range(5, stride + 1) if stride % d == 0)
        steps.append(step)
        stride //= step
    return steps


class RecurrentNet(nn.Module):
    """Convolutional stem that slows the signal down, LSTM, masked pooling, linear layer.

    Parameters
    ----------
    n_leads, n_classes : int
        Leads of a recording, classes to tell apart.
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
        Dropout between LSTM layers and before the linear layer.
    """

    def __init__(
        self,
        n_leads: int,
        n_classes: int,
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
        for stride in stem_strides(stem_stride):
            self.convs.append(SameConv(n_in, n_filters, kernel_size, stride))
            self.norms.append(MaskedBatchNorm(n_filters))
            n_in = n_filters
        self.lstm = LengthAwareLSTM(n_in, n_units, n_layers, bidirectional, dropout)
        self.pool = MaskedPool(pooling)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.pool.n_out(self.lstm.n_out), n_classes)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return logits of shape (n, n_classes) for `x` of shape (n, n_leads, n_timepoints)."""
        x = trim(x, lengths)
        mask = length_mask(lengths, x.shape[-1])
        x = masked(as_image(self.scale(x)), mask)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = conv(x)
            lengths = strided_length(lengths, conv.stride)
            mask = None if mask is None else length_mask(lengths, x.shape[-1])
            x = torch.relu(norm(x, mask))
        x = self.lstm(self.dropout(as_sequence(x)), lengths)
        return self.head(self.dropout(self.pool(x, lengths)))
