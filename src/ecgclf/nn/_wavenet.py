"""WaveNet: the distribution of a recording's next sample given all samples before it."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def mu_law_encode(x: Tensor, n_bins: int) -> Tensor:
    """Quantise amplitudes by the mu law: narrow bins near zero, wide ones far from it.

    Parameters
    ----------
    x : Tensor
        Amplitudes; what lies outside [-1, 1] falls into the outermost bins.
    n_bins : int
        Number of bins; mu is one less.

    Returns
    -------
    Tensor
        The bin of each amplitude, int64 in [0, n_bins).

    Raises
    ------
    ValueError
        If there are fewer than two bins, or an amplitude is NaN.
    """
    if n_bins < 2:
        raise ValueError(f"n_bins={n_bins!r}; expected at least 2.")
    if bool(x.isnan().any()):
        raise ValueError("x contains NaN, which no bin is for. Interpolate or cut missing samples first.")
    mu = n_bins - 1
    companded = torch.sign(x) * torch.log1p(mu * x.abs().clamp(max=1)) / math.log1p(mu)
    return ((companded + 1) * (n_bins / 2)).floor().clamp(0, mu).long()


def mu_law_decode(codes: Tensor, n_bins: int) -> Tensor:
    """Give the amplitude in the middle, on the companded scale, of mu-law bins.

    Parameters
    ----------
    codes : Tensor
        Bins, integers in [0, n_bins).
    n_bins : int
        Number of bins.

    Returns
    -------
    Tensor
        Amplitudes in (-1, 1), float64. Encoding them gives the bins back.
    """
    mu = n_bins - 1
    companded = (codes.double() * 2 + 1) / n_bins - 1
    return torch.sign(companded) * torch.expm1(companded.abs() * math.log1p(mu)) / mu


def _smooth_features(n_bins: int, n_features: int) -> Tensor:
    """Cosines over the bins, of random phase and of half a cycle to 16 cycles; neighbouring bins look alike."""
    positions = (torch.arange(n_bins) * 2 + 1) / n_bins - 1
    frequencies = math.pi / 2 * 32 ** torch.rand(n_features)
    return torch.cos(positions[:, None] * frequencies + 2 * math.pi * torch.rand(n_features))


class WaveNet(nn.Module):
    """Gated dilated causal convolutions with residual and skip connections, conditioned on a class.

    Each lead's next sample, one of `n_bins` mu-law bins, is predicted from the past of all leads. Inside, time comes
    first: the rows of a (n_timepoints * n, n_filters) matrix shifted by ``d * n`` are the samples `d` steps back, and
    every convolution is a plain matrix product. One tanh makes the filter and the gate of a unit, the gate as
    2 sigmoid(2 b) = 1 + tanh(b).

    Parameters
    ----------
    n_leads, n_classes : int
        Leads of a recording, classes to condition on.
    n_bins : int
        Mu-law bins of a sample.
    n_blocks : int
        Number of blocks; dilations start anew at 1 in each.
    n_layers : int
        Layers in a block, dilated by 1, 2, 4, ….
    n_filters : int
        Channels of the residual path, of the filters and of the gates.
    n_skip_filters : int
        Channels of the skip path.
    kernel_size : int
        Taps of every convolution.

    Notes
    -----
    A recording starts with the zero vector in place of the embedding of a past sample, and taps that reach behind the
    start give zero. A new network's embedding and last layer are smooth functions of the bins: the network need not
    learn which bins are neighbours.

    References
    ----------
    van den Oord A, Dieleman S, Zen H, et al. (2016). WaveNet: a generative model for raw audio. arXiv:1609.03499,
    doi:10.48550/arXiv.1609.03499.
    """

    def __init__(
        self,
        n_leads: int,
        n_classes: int,
        *,
        n_bins: int,
        n_blocks: int,
        n_layers: int,
        n_filters: int,
        n_skip_filters: int,
        kernel_size: int,
    ) -> None:
        super().__init__()
        self.n_leads = n_leads
        self.n_bins = n_bins
        self.kernel_size = kernel_size
        self.dilations = [2**layer for _ in range(n_blocks) for layer in range(n_layers)]
        n = len(self.dilations)
        self.embedding = nn.Parameter(torch.cat([_smooth_features(n_bins, n_filters) for _ in range(n_leads)]))
        self.taps = nn.Parameter(torch.randn(n, kernel_size * n_filters, 2 * n_filters))
        self.tap_biases = nn.Parameter(torch.zeros(n, 2 * n_filters))
        self.conditions = nn.Parameter(torch.zeros(n_classes, n, 2 * n_filters))
        # The last layer has a skip connection only.
        self.residuals = nn.Parameter(torch.randn(n - 1, n_filters, n_filters))
        self.skip = nn.Linear(n * n_filters, n_skip_filters)
        self.hidden = nn.Linear(n_skip_filters, n_skip_filters)
        self.head = nn.Linear(n_skip_filters, n_leads * n_bins)
        with torch.no_grad():
            self.taps.div_(math.sqrt(kernel_size * n_filters))
            self.residuals.div_(2 * math.sqrt(n_filters))
            smooth = torch.cat([_smooth_features(n_bins, n_skip_filters) for _ in range(n_leads)])
            self.head.weight.copy_(smooth / 5)

    @property
    def receptive_field(self) -> int:
        """Number of past samples that a prediction sees."""
        return 1 + (self.kernel_size - 1) * sum(self.dilations)

    def forward(self, codes: Tensor, lengths: Tensor, classes: Tensor) -> Tensor:
        """Compute the logits of every sample given the samples before it.

        Parameters
        ----------
        codes : Tensor of shape (n, n_leads, n_timepoints)
            Mu-law bins, int64; what lies behind the ends, bins or not, does not matter.
        lengths : Tensor of shape (n,)
            Number of timepoints of each recording, int64.
        classes : Tensor of shape (n,)
            Class of each recording, int64.

        Returns
        -------
        Tensor of shape (n, n_leads, n_timepoints, n_bins)
            Logits, zero behind the ends. Those at a time `t` depend on the samples before `t` alone.
        """
        n, n_leads, n_timepoints = codes.shape
        behind = _behind(codes, lengths)
        logits = self._logits(codes.masked_fill(behind, 0), classes)
        logits = logits.view(n_timepoints, n, n_leads, self.n_bins).permute(1, 2, 0, 3)
        return logits.masked_fill(behind[..., None], 0)

    def negative_log_likelihood(self, codes: Tensor, lengths: Tensor, classes: Tensor, n_context: int = 0) -> Tensor:
        """Compute how surprising recordings are, summed over leads and time.

        Parameters
        ----------
        codes : Tensor of shape (n, n_leads, n_timepoints)
            Mu-law bins, int64; what lies behind the ends, bins or not, does not matter.
        lengths : Tensor of shape (n,)
            Number of timepoints of each recording, int64.
        classes : Tensor of shape (n,)
            Class of each recording, int64.
        n_context : int, default=0
            Timepoints at the start that are given and do not count.

        Returns
        -------
        Tensor of shape (n,)
            In nats, float32.
        """
        n, n_leads, _ = codes.shape
        behind = _behind(codes, lengths)
        logits = self._logits(codes.masked_fill(behind, 0), classes, n_context).float()
        targets = codes.masked_fill(behind, -100)[:, :, n_context:].permute(2, 0, 1)
        nll = F.cross_entropy(logits.view(-1, self.n_bins), targets.reshape(-1), ignore_index=-100, reduction="none")
        return nll.view(-1, n, n_leads).sum(dim=(0, 2))

    def _logits(self, codes: Tensor, classes: Tensor, n_context: int = 0) -> Tensor:
        """Map `codes` to logits of shape ((n_timepoints - n_context) * n, n_leads * n_bins)."""
        n, n_leads, n_timepoints = codes.shape
        of_lead = self.n_bins * torch.arange(n_leads, device=codes.device)
        past = (codes[:, :, :-1] + of_lead[:, None]).permute(2, 0, 1).reshape(-1, n_leads)
        x = F.pad(F.embedding(past, self.embedding).sum(dim=1), (0, 0, n, 0))
        biases = self.tap_biases + self.conditions[classes]
        units = []
        for layer, dilation in enumerate(self.dilations):
            shifted = [_delay(x, tap * dilation * n) for tap in range(self.kernel_size)]
            both = torch.cat(shifted, dim=1) @ self.taps[layer]
            both = both.view(n_timepoints, n, -1).add_(biases[:, layer]).view(n_timepoints * n, -1)
            filters, gates = torch.tanh(both).chunk(2, dim=1)
            unit = torch.addcmul(filters, filters, gates)
            units.append(unit[n_context * n :])
            if layer < len(self.dilations) - 1:
                x = torch.addmm(x, unit, self.residuals[layer])
        skip = torch.relu(self.skip(torch.cat(units, dim=1)))
        return self.head(torch.relu(self.hidden(skip)))


def _behind(codes: Tensor, lengths: Tensor) -> Tensor:
    """Where samples lie behind the end of their recording: bool of shape (n, 1, n_timepoints)."""
    return (torch.arange(codes.shape[2], device=codes.device) >= lengths[:, None])[:, None]


def _delay(x: Tensor, n_rows: int) -> Tensor:
    if n_rows == 0:
        return x
    return F.pad(x[:-n_rows], (0, 0, n_rows, 0)) if n_rows < len(x) else torch.zeros_like(x)


class CachedWaveNet:
    """A WaveNet that predicts a batch of recordings sample by sample, keeping what later samples need.

    The past inputs of each layer lie in a circular queue. A step first applies the past taps, then has the input of
    the layer computed straight into the place of the oldest: nothing is moved, nothing allocated. The skip path of all
    layers is one product.

    Parameters
    ----------
    network : WaveNet
        The network. Its weights are copied.
    classes : Tensor of shape (n,)
        Class of each recording of the batch, int64, on the device of the network.
    """

    @torch.inference_mode()
    def __init__(self, network: WaveNet, classes: Tensor) -> None:
        n, n_layers, n_filters = len(classes), len(network.dilations), network.residuals.shape[-1]
        kernel_size, weights = network.kernel_size, network.taps.detach().clone()
        self.n_leads, self.n_bins = network.n_leads, network.n_bins
        self.embedding = network.embedding.detach().view(self.n_leads, self.n_bins, n_filters).clone()
        self.residuals = [None, *network.residuals.detach().clone()]
        self.units = weights.new_zeros(n, n_layers * n_filters)
        self.both = weights.new_zeros(n, 2 * n_filters)
        # A bias that all recordings share need not be read for each.
        classes = classes[:1] if bool((classes == classes[0]).all()) else classes
        biases = (network.tap_biases + network.conditions[classes]).unbind(dim=1)
        self.layers = []
        for layer, unit in enumerate(self.units.chunk(n_layers, dim=1)):
            dilation, *taps = network.dilations[layer], *weights[layer].chunk(kernel_size)
            queue = weights.new_zeros(max(1, (kernel_size - 1) * dilation), n, n_filters).unbind()
            past = [(tap * dilation, taps[tap]) for tap in range(1, kernel_size)]
            self.layers.append((queue, biases[layer].squeeze(0).contiguous(), past, taps[0], unit))
        self.tail = [
            (layer.bias.detach().clone(), layer.weight.detach().t().clone(), weights.new_zeros(n, layer.out_features))
            for layer in (network.skip, network.hidden, network.head)
        ]
        self.time = 0

    @torch.inference_mode()
    def step(self, codes: Tensor | None = None) -> Tensor:
        """Take the newest sample of each recording and predict its next.

        Parameters
        ----------
        codes : Tensor of shape (n, n_leads) or None, default=None
            Mu-law bins of the newest sample, int64; None at the start of the recordings.

        Returns
        -------
        Tensor of shape (n, n_leads, n_bins)
            Logits of the next sample. The next step writes over them.
        """
        time, both = self.time, self.both
        filters, gates = both.chunk(2, dim=1)
        x = unit = both
        for (queue, products, past, weight, following), residual in zip(self.layers, self.residuals, strict=True):
            for delay, past_weight in past:
                products = torch.addmm(products, queue[(time - delay) % len(queue)], past_weight, out=both)
            newest = queue[time % len(queue)]
            if residual is None:
                self._embed(codes, newest)
            else:
                torch.addmm(x, unit, residual, out=newest)
            torch.addmm(products, newest, weight, out=both).tanh_()
            x, unit = newest, torch.addcmul(filters, filters, gates, out=following)
        self.time += 1
        out = self.units
        for i, (bias, weight, buffer) in enumerate(self.tail):
            out = torch.addmm(bias, out, weight, out=buffer)
            if i < 2:
                out.relu_()
        return out.view(-1, self.n_leads, self.n_bins)

    def _embed(self, codes: Tensor | None, out: Tensor) -> None:
        if codes is None:
            out.zero_()
            return
        torch.index_select(self.embedding[0], 0, codes[:, 0], out=out)
        for lead in range(1, self.n_leads):
            out += self.embedding[lead].index_select(0, codes[:, lead])
