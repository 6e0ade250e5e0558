"""Convolutions, an LSTM over what they give; with mean, maximum or attention over time."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from ecgclf.nn._encoders import ResidualEncoder, SegmentEncoder, check_sizes
from ecgclf.nn._layers import AttentionPool, Dropout, InputScale, LengthAwareLSTM, MaskedPool, trim_or_pad


class EncoderLSTM(nn.Module):
    """LSTM over what an encoder gives, pooling, linear layer.

    Parameters
    ----------
    n_leads, n_outputs : int
        Leads of a recording, logits to give: the classes to tell apart, or the labels.
    encoder : Module
        Maps recordings and lengths to (n, n_steps, n_out) and the lengths of these; it has `n_out` and
        `segment_length`, the timepoints of a step.
    n_units, n_layers : int
        LSTM units per direction, and layers.
    bidirectional : bool
        Whether the LSTM also runs backwards.
    pooling : {"mean", "max", "mean_max", "attention", "attention_max"}
        How the LSTM's outputs are pooled over time.
    n_attention_units : int
        Hidden units of the attention; without meaning for the other poolings.
    dropout : float
        Dropout before the LSTM, between its layers and before the linear layer.
    """

    # An encoder is a module of any kind, which is more than type checkers know of one.
    encoder: Any

    def __init__(
        self,
        n_leads: int,
        n_outputs: int,
        encoder: nn.Module,
        *,
        n_units: int,
        n_layers: int,
        bidirectional: bool,
        pooling: str,
        n_attention_units: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.scale = InputScale(n_leads)
        self.encoder = encoder
        self.lstm = LengthAwareLSTM(self.encoder.n_out, n_units, n_layers, bidirectional, dropout)
        self.dropout = Dropout(dropout)
        if pooling.startswith("attention"):
            self.pool: nn.Module = AttentionPool(self.lstm.n_out, n_attention_units, with_max=pooling.endswith("max"))
        else:
            self.pool = MaskedPool(pooling)
        self.head = nn.Linear(self.pool.n_out(self.lstm.n_out), n_outputs)

    def _sequence(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        x = trim_or_pad(x, lengths)
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


class CRNN(EncoderLSTM):
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
        check_sizes(n_filters=n_filters, kernel_sizes=kernel_sizes, strides=strides)
        if segment_length is None:
            encoder: nn.Module = ResidualEncoder(
                n_leads, n_filters=n_filters, kernel_sizes=kernel_sizes, strides=strides, dropout=dropout
            )
        else:
            encoder = SegmentEncoder(
                n_leads,
                segment_length=segment_length,
                n_filters=n_filters,
                kernel_sizes=kernel_sizes,
                strides=strides,
                segment_pooling=segment_pooling,
                batch_norm=batch_norm,
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
