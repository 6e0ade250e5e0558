"""Networks of a user's own, as `ECGClassifier` takes them."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from ecgclf.nn import InputScale


class Small(nn.Module):
    """Convolution, mean over the recording, linear layer; draws by a layer and by a function."""

    def __init__(self, n_leads, n_outputs, width=8, dropout=0.0):
        super().__init__()
        self.dropout = dropout
        # What a file does not hold: a buffer that is not kept, and a tensor that is neither buffer nor parameter.
        self.register_buffer("gain", torch.full((1,), 2.0), persistent=False)
        self.damping = torch.tensor(0.5)
        self.conv = nn.Conv1d(n_leads, width, 9, stride=2, padding=4)
        self.layer = nn.Dropout(dropout)
        self.hidden = nn.Linear(2 * width, width)
        self.head = nn.Linear(width, n_outputs)

    def forward(self, x, lengths):
        """Logits of a batch."""
        x = torch.relu(self.conv(x)) * self.gain * self.damping.to(x.dtype)
        lengths = (lengths + 1) // 2
        inside = torch.arange(x.shape[2], device=x.device) < lengths[:, None]
        x = x * inside[:, None]
        both = torch.cat([x.sum(2) / lengths[:, None], x.amax(2)], 1)
        x = torch.relu(self.hidden(self.layer(both)))
        return self.head(F.dropout(x, self.dropout, self.training))


class Unmasked(nn.Module):
    """Takes the mean over whatever it is given, padding too."""

    def __init__(self, n_leads, n_outputs):
        super().__init__()
        self.conv = nn.Conv1d(n_leads, 8, 9, padding=4)
        self.norm = nn.BatchNorm1d(8)
        self.head = nn.Linear(8, n_outputs)

    def forward(self, x, lengths):
        """Logits of a batch."""
        return self.head(torch.relu(self.norm(self.conv(x))).mean(2))


class Returning(nn.Module):
    """Gives what a test tells it to."""

    def __init__(self, n_leads, n_outputs, what):
        super().__init__()
        self.what, self.head = what, nn.Linear(n_leads, n_outputs)

    def forward(self, x, lengths):
        """What was told."""
        logits = self.head(x.mean(2))
        return {
            "nan": lambda: logits * torch.nan,
            "wide": lambda: torch.cat([logits, logits], 1),
            "long": lambda: torch.cat([logits, logits]),
            "tuple": lambda: (logits,),
            "int": lambda: logits.long(),
            "detached": lambda: logits.detach(),
            "error": lambda: logits @ logits,
        }[self.what]()


class OneArgument(nn.Module):
    """Takes no lengths."""

    def __init__(self, n_leads, n_outputs):
        super().__init__()
        self.head = nn.Linear(n_leads, n_outputs)

    def forward(self, x):
        """Logits of a batch."""
        return self.head(x.mean(2))


def make_small(n_leads, n_outputs, **more):
    """A function in the place of a class."""
    return Small(n_leads, n_outputs, **more)


class Headless(nn.Module):
    """Its last layer has a name that nobody knows."""

    def __init__(self, n_leads, n_outputs):
        super().__init__()
        self.last = nn.Linear(n_leads, n_outputs)

    def forward(self, x, lengths):
        """Logits of a batch."""
        return self.last(x.sum(2) / lengths[:, None])


class Fixed(nn.Module):
    """Knows one length only."""

    def __init__(self, n_leads, n_outputs):
        super().__init__()
        self.conv = nn.Conv1d(n_leads, 4, 7, stride=5)
        self.head = nn.Linear(4 * 119, n_outputs)

    def forward(self, x, lengths):
        """Logits of a batch."""
        return self.head(torch.relu(self.conv(x)).flatten(1))


class Drawn(Small):
    """Multiplies by what it drew when it was made, and does not keep."""

    def __init__(self, n_leads, n_outputs, how="buffer"):
        super().__init__(n_leads, n_outputs)
        drawn = torch.rand(n_outputs) + 0.5
        self.how = how
        if how == "buffer":
            self.register_buffer("drawn", drawn, persistent=False)
        else:
            self.drawn = {"attribute": drawn, "list": [drawn], "numpy": np.random.rand(n_outputs).astype(np.float32)}[
                how
            ]

    def forward(self, x, lengths):
        """Logits of a batch."""
        drawn = self.drawn[0] if self.how == "list" else self.drawn
        return super().forward(x, lengths) * torch.as_tensor(drawn).to(x.dtype)


class Odd(Small):
    """Does while it answers what a network must not, or may."""

    def __init__(self, n_leads, n_outputs, what):
        super().__init__(n_leads, n_outputs)
        self.what, self.remembered, self.n_seen = what, None, 1.0

    def forward(self, x, lengths):
        """Logits of a batch."""
        logits = super().forward(x, lengths)
        if self.what == "draws":
            return F.dropout(logits, 0.5)
        if self.what == "mixes":
            return logits - logits.mean(0)
        if self.what == "narrow" and not self.training and len(x) > 2:
            return logits[:, :1]
        if self.what == "remembers":
            self.remembered = torch.arange(len(x))
        if self.what == "counts" and self.training:
            self.n_seen += 1.0
        return logits * self.n_seen


class InPlace(Small):
    """Is given millivolts, not a standardised copy, and changes them."""

    def __init__(self, n_leads, n_outputs):
        super().__init__(n_leads, n_outputs)
        self.scale = InputScale(n_leads)

    def forward(self, x, lengths):
        """Logits of a batch."""
        return super().forward(x.mul_(0.5), lengths)


class Stateful(Small):
    """Has something in its state that is no tensor."""

    def get_extra_state(self):
        """Something."""
        return {"version": 1}

    def set_extra_state(self, state):
        """Take it."""


def make_normed(n_leads, n_outputs):
    """A network with a parametrization of torch."""
    network = Small(n_leads, n_outputs)
    nn.utils.parametrizations.weight_norm(network.conv)
    return network
