"""skorch callbacks of our own."""

import copy
import math

from skorch.callbacks import Callback
from tqdm.auto import tqdm


def own_callbacks(callbacks):
    """Give a fit callbacks of its own: what they learn is of this fit, and whoever gave them keeps them as they were.

    Parameters
    ----------
    callbacks : list of skorch.callbacks.Callback, of callables that make one, or of (str, either)
        The callbacks.

    Returns
    -------
    list of skorch.callbacks.Callback, or of (str, skorch.callbacks.Callback)
        Copies, or what the callables made.

    Raises
    ------
    ValueError
        If one cannot be copied.
    """
    own = []
    for given in callbacks:
        name, callback = given if isinstance(given, tuple) else (None, given)
        if callable(callback):
            callback = callback()
        else:
            try:
                callback = copy.deepcopy(callback)
            except Exception as error:
                kind = type(callback).__name__
                raise ValueError(
                    f"the callback {kind} cannot be copied ({error}), but each fit needs one of its own. Give a "
                    f"function that makes it: callbacks=[make], with def make(): return {kind}(...)."
                ) from error
        if not isinstance(callback, Callback):
            raise ValueError(f"callbacks holds {given!r}; expected callbacks of skorch, or functions that make one.")
        own.append(callback if name is None else (name, callback))
    return own


def one_cycle(done, rise):
    """Share of the highest learning rate: up over the first steps and down to nothing over the rest, as cosines.

    Parameters
    ----------
    done : float
        Share of the steps that are done, from 0 to 1.
    rise : float
        Share of the steps in which the rate rises.

    Returns
    -------
    float
        From 0 to 1.

    References
    ----------
    Smith LN, Topin N (2019). Super-convergence: very fast training of neural networks using large learning
    rates. doi:10.1117/12.2520589.
    """
    phase = done / rise if done < rise else 1 + (done - rise) / (1 - rise)
    # A number of Python's: numpy's are no weights to `torch.load`, and skorch's checkpoints hold the rate.
    return 0.5 * (1 - math.cos(math.pi * phase))


class OneCycle(Callback):
    """Learning rate that rises over the first steps and falls to nothing over the rest.

    At the top it is what the optimizer was given, for each group of parameters its own.

    Parameters
    ----------
    rise : float, default=0.25
        Share of the steps in which it rises.
    """

    def __init__(self, rise=0.25):
        self.rise = rise

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Count the steps to come."""
        n_batches = len(net.get_iterator(X, training=True))
        self.step_ = net.n_done_ * n_batches
        self.n_steps_ = net.max_epochs * n_batches
        for group in net.optimizer_.param_groups:
            # The name by which torch's own schedulers know it. A fit that goes on has it from before.
            group.setdefault("initial_lr", group["lr"])

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        """Set the rate of this step."""
        if not training:
            return
        factor = one_cycle((self.step_ + 0.5) / self.n_steps_, self.rise)
        for group in net.optimizer_.param_groups:
            group["lr"] = group["initial_lr"] * factor
        self.step_ += 1


class ProgressBar(Callback):
    """One bar over all batches of all epochs, with the losses and the validation accuracy."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Open the bar."""
        n_batches = len(net.get_iterator(X, training=True))
        total, done = net.max_epochs * n_batches, net.n_done_ * n_batches
        self.bar_ = tqdm(total=total, initial=done, desc="fit", unit="batch", mininterval=1.0)

    def on_batch_end(self, net, batch=None, training=False, **kwargs):
        """Step by a batch of training."""
        if training:
            self.bar_.update()

    def on_epoch_end(self, net, **kwargs):
        """Show the epoch's figures."""
        row = net.history[-1]
        shown = {key: f"{row[key]:.3f}" for key in ("train_loss", "valid_loss", "valid_acc") if key in row}
        self.bar_.set_postfix(epoch=len(net.history), **shown)

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Close the bar, also after an interruption; an open bar would not pickle."""
        self.bar_.close()
        del self.bar_
