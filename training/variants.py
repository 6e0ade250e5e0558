"""Changes of the training that the library has no parameter for: mixup, mean weights, doubt about labels."""

from unittest.mock import patch

import torch
from skorch.callbacks import Callback

from ecgclf._training import _net


class MixupNet(_net.RecordingNet):
    """Learns mixtures of two recordings of a batch, with both labels in the same shares.

    Where one is shorter it ends in the mixture as it does in the batch (Zhang et al. 2018, mixup: Beyond Empirical
    Risk Minimization, doi:10.48550/arXiv.1710.09412).
    """

    ALPHA = 0.2

    def train_step_single(self, batch, **fit_params):
        """Mix, then compute the gradients of one batch."""
        inputs, targets = batch
        share, others = self._rng.beta(self.ALPHA, self.ALPHA), torch.from_numpy(self._rng.permutation(len(targets)))
        x, lengths = inputs["x"], inputs["lengths"]
        mixed = {"x": share * x + (1 - share) * x[others], "lengths": torch.maximum(lengths, lengths[others])}
        self._mixed = share, others
        return super().train_step_single((mixed, targets), **fit_params)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Give the loss of both labels."""
        if not training:
            return super().get_loss(y_pred, y_true, X, training)
        share, others = self._mixed
        one, other = (super(MixupNet, self).get_loss(y_pred, y, X, training) for y in (y_true, y_true[others]))
        return share * one + (1 - share) * other


class DoubtfulNet(_net.RecordingNet):
    """Learns shares of the classes for each recording, in place of one class."""

    targets = None

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Put the shares in the place of the classes, then run the epochs."""
        X.targets = self.targets
        return super().fit_loop(X, y, epochs, **fit_params)


def with_targets(fit, targets):
    """Call a function that fits a network, which is taught `targets` (n_recordings, n_classes), each row 1 in sum."""
    with patch.object(_net, "RecordingNet", DoubtfulNet), patch.object(DoubtfulNet, "targets", targets):
        return fit()


def with_mixup(fit):
    """Call a function whose networks are trained with mixup."""
    with patch.object(_net, "RecordingNet", MixupNet):
        return fit()


class MeanWeights(Callback):
    """Puts the mean of the weights of the last epochs in the place of the last ones.

    Izmailov et al. (2018), Averaging Weights Leads to Wider Optima and Better Generalization,
    doi:10.48550/arXiv.1803.05407; here over the end of a schedule whose rate falls to nothing.

    Parameters
    ----------
    share : float, default=0.2
        Of the epochs, the last ones, which are averaged.
    """

    def __init__(self, share=0.2):
        self.share = share

    def on_train_begin(self, net, **kwargs):
        """Begin with nothing."""
        self.sums_, self.n_ = {}, 0

    def on_epoch_end(self, net, **kwargs):
        """Add the weights of one of the last epochs."""
        if len(net.history) <= round((1 - self.share) * net.max_epochs):
            return
        self.n_ += 1
        for name, tensor in net.module_.state_dict().items():
            if tensor.is_floating_point():
                self.sums_[name] = self.sums_.get(name, 0.0) + tensor.double()

    def on_train_end(self, net, **kwargs):
        """Take the mean."""
        with torch.no_grad():
            for name, tensor in net.module_.state_dict().items():
                if name in self.sums_:
                    tensor.copy_(self.sums_[name] / self.n_)
