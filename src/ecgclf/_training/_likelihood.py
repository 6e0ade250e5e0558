"""A skorch net that has a module learn by its own likelihood."""

import torch
from skorch import NeuralNet
from skorch.callbacks import GradientNormClipping

from ecgclf._training._callbacks import OneCycle, ProgressBar
from ecgclf._training._net import Loop, run


class LikelihoodNet(Loop, NeuralNet):
    """A skorch net whose module tells its `negative_log_likelihood` of a batch itself."""

    def infer(self, x, **fit_params):
        """Give what the module says of one batch."""
        with self.autocast():
            return self.module_.negative_log_likelihood(**{name: tensor.to(self.device) for name, tensor in x.items()})

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Give nats by value; how many values a batch has is what it brings along."""
        return y_pred.sum() / y_true


def train_likelihood(module, batches, *, max_epochs, learning_rate, weight_decay, device, precision, verbose):
    """Train a module that tells the likelihood of a batch.

    Parameters
    ----------
    module : torch.nn.Module
        With a method ``negative_log_likelihood``, nats by row of a batch.
    batches : torch.utils.data.IterableDataset
        Yields the arguments of that method by name, and how many values they hold; has a length.
    max_epochs : int
        Times to go through `batches`.
    learning_rate, weight_decay : float
        Of the AdamW optimiser; the rate rises in the first tenth of the steps and falls to nothing.
    device : str
        Where the module is.
    precision : {"float32", "bfloat16"}
        "bfloat16" trains under autocast.
    verbose : int
        1 shows a progress bar.

    Returns
    -------
    history : list of dict
        "epoch", "train_loss", in nats by value, and "dur", in seconds.
    interrupted : bool
        Whether Ctrl-C ended the training.
    """
    callbacks = [("one_cycle", OneCycle(rise=0.1)), ("clipping", GradientNormClipping(1.0))]
    net = LikelihoodNet(
        module,
        criterion=torch.nn.Identity,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=weight_decay,
        lr=learning_rate,
        max_epochs=max_epochs,
        iterator_train=_as_it_is,
        train_split=None,
        callbacks=callbacks + [("progress_bar", ProgressBar())] * bool(verbose),
        callbacks__print_log=None,
        device=device,
        precision=precision,
        verbose=verbose,
    )
    net.initialize()
    run(net, batches)
    # Of each batch skorch keeps a row, too.
    rows = [{key: row[key] for key in ("epoch", "train_loss", "dur")} for row in net.history]
    return rows, net.interrupted_


def _as_it_is(batches, batch_size):
    return batches
