"""A network from elsewhere, given recordings as the networks here give them to their first layer."""

import torch
from torch import Tensor, nn

from ecgclf.nn._layers import InputScale, trim


class ScaledNetwork(nn.Module):
    """Standardise recordings and hand them to a network.

    Parameters
    ----------
    n_leads : int
        Leads of a recording.
    network : torch.nn.Module
        ``forward(x, lengths)`` gives logits. One that has an `InputScale` called ``scale`` is given the recordings as
        they are.
    """

    masks_padding: Tensor

    def __init__(self, n_leads: int, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        if not isinstance(getattr(network, "scale", None), InputScale):
            self.own_scale = InputScale(n_leads)
        # Whether its answers are the same whatever a recording is padded with: found out by whoever trains it.
        self.register_buffer("masks_padding", torch.tensor(True))

    @property
    def scale(self) -> nn.Module:
        """The layer that standardises."""
        return self.own_scale if hasattr(self, "own_scale") else self.network.scale  # type: ignore[return-value]

    @property
    def head(self) -> nn.Module:
        """The last layer of the network, where it has one of that name."""
        return self.network.head  # type: ignore[return-value]

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Compute the logits of a batch, as the network does.

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
        x = trim(x, lengths)
        return self.network(self.own_scale(x, lengths) if hasattr(self, "own_scale") else x, lengths)
