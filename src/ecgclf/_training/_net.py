"""A skorch net over recordings: build, train, predict."""

import math
from contextlib import nullcontext

import numpy as np
import torch
from skorch import NeuralNetClassifier
from skorch.callbacks import EarlyStopping
from skorch.helper import predefined_split
from skorch.utils import noop

from ecgclf._training._callbacks import OneCycle, ProgressBar, own_callbacks
from ecgclf._training._checkpoint import Checkpoint
from ecgclf._training._cuda import exact
from ecgclf._training._data import bucket_loader
from ecgclf._training._loss import loss_arguments
from ecgclf._training._net_params import check_callback_params, check_net_params
from ecgclf._training._random import dropout_draws
from ecgclf._training._threads import PartwiseModule, workers
from ecgclf._warnings import warn


class Loop:
    """What every net of this package does in training: autocast, a stop at divergence, and to tell of Ctrl-C.

    Comes before a class of skorch among the bases.

    Parameters
    ----------
    *args, **kwargs
        As for `skorch.NeuralNet`.
    precision : {"float32", "bfloat16"}, default="float32"
        "bfloat16" trains the network under autocast; weights, loss and answers stay float32.
    """

    def __init__(self, *args, precision="float32", **kwargs):
        super().__init__(*args, **kwargs)
        self.precision = precision
        # Epochs of this fit that an earlier call has done.
        self.n_done_ = 0

    def autocast(self):
        """Context in which the module is trained in the net's precision."""
        device_type = torch.device(self.device).type
        return torch.autocast(device_type, torch.bfloat16, enabled=self.precision == "bfloat16")

    def on_batch_end(self, net, batch=None, training=False, **kwargs):
        """Stop where there is nothing left to learn with."""
        super().on_batch_end(net, batch=batch, training=training, **kwargs)
        if training and not math.isfinite(loss := self.history[-1, "batches", -1, "train_loss"]):
            raise _diverged(self, f"its loss is {loss}")

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Run the epochs; remember in `interrupted_` whether Ctrl-C ended them."""
        try:
            # Ctrl-C may strike torch between taking gradients away and giving them back.
            with exact(self.device), torch.set_grad_enabled(torch.is_grad_enabled()):
                return super().fit_loop(X, y, epochs=self.max_epochs - self.n_done_, **fit_params)
        except KeyboardInterrupt:
            self.interrupted_ = not _stopped_early(self)
            raise


class RecordingNet(Loop, NeuralNetClassifier):
    """A skorch net that computes a batch of recordings in parts.

    Parameters
    ----------
    *args, **kwargs
        As for `Loop` and `skorch.NeuralNetClassifier`.
    multilabel : bool, default=False
        Whether a recording may have several labels: each output is then a question of its own.
    """

    def __init__(self, *args, multilabel=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.multilabel = multilabel
        self._partwise = self._draws = None

    def initialize_to_predict(self):
        """Initialise all but the optimizer, which is made when it is asked for.

        Making one loads torch's compiler, a second and a third of what it takes to load a file.
        """
        self._initialize_virtual_params()
        self._initialize_callbacks()
        self._initialize_module()
        self._initialize_criterion()
        self._initialize_history()
        self.initialized_ = True

    def __getattr__(self, name):
        # Only asked for what is not there.
        if name == "optimizer_" and self.__dict__.get("initialized_"):
            self._initialize_optimizer()
            return self.__dict__[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def infer(self, x, **fit_params):
        """Run the module on one batch; logits come back as float32."""
        if self._partwise is not None:
            return self._partwise.forward(**x)
        with self.autocast():
            return super().infer(x, **fit_params).float()

    def probabilities(self, logits):
        """Make probabilities of logits: by class, or label by label."""
        return torch.sigmoid(logits) if self.multilabel else torch.softmax(logits, dim=1)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Give the loss of a batch."""
        try:
            return super().get_loss(y_pred, y_true, X, training)
        except torch.cuda.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            loss = getattr(self.criterion_, "function", type(self.criterion_))
            targets = "0 and 1" if self.multilabel else "the indices of classes"
            raise ValueError(
                f"The loss {getattr(loss, '__name__', loss)} does not take what a network gives it, logits of shape "
                f"{tuple(y_pred.shape)}, with {targets} of shape {tuple(y_true.shape)}: {error}."
            ) from error

    @property
    def classes_(self):
        """Classes, for callbacks; of several labels what each may be, by which scikit-learn's scorers know them."""
        return [np.arange(2)] * len(self.classes) if self.multilabel else super().classes_

    def _get_predict_nonlinearity(self):
        # skorch would know it of its own losses alone; callbacks ask the net for probabilities.
        return self.probabilities

    def predict(self, X):
        """Predict class indices; of several labels 0 and 1."""
        return (self.predict_proba(X) > 0.5).astype(np.int64) if self.multilabel else super().predict(X)

    def train_step_single(self, batch, **fit_params):
        """Compute the gradients of one batch."""
        self._draws.renew(self._rng)
        step = super().train_step_single(batch, **fit_params)
        if self._partwise is not None:
            self._partwise.backward(step["y_pred"])
        return step

    def fit_loop(self, X, y=None, epochs=None, **fit_params):
        """Run the epochs with what belongs to them alone: threads, generators."""
        self._rng = X.rng
        # A compiled module cannot be copied, and on a GPU a batch is fastest whole.
        partwise = torch.device(self.device).type == "cpu" and not self.compile
        try:
            with (
                dropout_draws(self.module_) as self._draws,
                workers(self.device) if partwise else nullcontext() as spread,
            ):
                if partwise:
                    self._partwise = PartwiseModule(self.module_, spread, self.autocast, self._rng, self._draws)
                return super().fit_loop(X, y, epochs, **fit_params)
        finally:
            self._partwise = self._draws = self._rng = None

    def __getstate__(self):
        # Threads do not pickle; a callback may save the net while it is trained.
        return {**super().__getstate__(), "_partwise": None, "_draws": None, "_rng": None}


def _diverged(net, what):
    return ValueError(
        f"The training diverged in epoch {len(net.history)}: {what}. Lower learning_rate, which is {net.lr:g}, or "
        "look for recordings that are no ECG."
    )


def _stopped_early(net):
    # skorch's way to stop early is a KeyboardInterrupt of its own, when its patience is at an end.
    watchers = [callback for _, callback in net.callbacks_ if isinstance(callback, EarlyStopping)]
    return any(watcher.misses_ == watcher.patience for watcher in watchers)


def best_device():
    """Give the device that a network is computed on where none is named."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def resolve_device(device):
    """Turn "auto" into the best device there is, and refuse one that is not there.

    Parameters
    ----------
    device : str
        "auto", "cpu", "cuda", "cuda:1", "mps", ….

    Returns
    -------
    str
        A device torch can use on this machine.
    """
    if device == "auto":
        return best_device()
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(
            f"device={device!r} cannot be used here ({str(error).splitlines()[0]}). Give 'auto' to take what "
            "there is, or 'cpu'."
        ) from error
    return device


def build_net(
    module,
    *,
    multilabel,
    class_weights,
    callbacks,
    schedule,
    early_stopping,
    n_iter_no_change,
    verbose,
    net_params,
    learning_rate,
    weight_decay,
    checkpoint=None,
    **kwargs,
):
    """Build a net that is not trained yet.

    Parameters
    ----------
    module : torch.nn.Module
        The network.
    multilabel : bool
        Whether a recording may have several labels: each output is then a question of its own.
    class_weights : ndarray of shape (n_classes,) or None
        Weights of the classes in the loss; of several labels those of the recordings that have them.
    callbacks : list or None
        The user's skorch callbacks, as `own_callbacks` takes them: what they learn stays with this net.
    schedule : {"one_cycle", "constant"}
        Course of the learning rate.
    early_stopping : bool
        Whether to stop when the validation loss no longer falls, and to keep the best weights.
    n_iter_no_change : int
        Epochs to wait for that.
    verbose : int
        1 shows a progress bar.
    net_params : dict or None
        Any further argument of `skorch.NeuralNetClassifier` that `check_net_params` lets pass; these win.
    learning_rate, weight_decay : float
        Of the AdamW optimiser.
    checkpoint : tuple of (path-like, str) or None, default=None
        Folder and identity of the fit, as `Checkpoint` takes them.
    **kwargs
        Arguments of `RecordingNet`.

    Returns
    -------
    RecordingNet
        Not initialised.
    """
    check_net_params(net_params or {})
    ours = []
    if early_stopping:
        ours.append(("early_stopping", EarlyStopping(patience=n_iter_no_change, load_best=True, sink=noop)))
    # It brings others to where they were, and the callbacks after it begin there.
    if checkpoint is not None:
        ours.append(("checkpoint", Checkpoint(*checkpoint)))
    if schedule == "one_cycle":
        ours.append(("one_cycle", OneCycle()))
    if verbose:
        ours.append(("progress_bar", ProgressBar()))
    net_params = dict(net_params or {})
    loss = loss_arguments(net_params, multilabel, class_weights)
    net_params.pop("criterion", None)
    arguments = {
        "module": module,
        "multilabel": multilabel,
        **loss,
        "optimizer": torch.optim.AdamW,
        "optimizer__weight_decay": weight_decay,
        "lr": learning_rate,
        "iterator_train": bucket_loader,
        "iterator_train__shuffle": True,
        "iterator_valid": bucket_loader,
        "train_split": None,
        "callbacks": [*ours, *own_callbacks(callbacks or [])],
        "callbacks__print_log": None,
        **({"callbacks__valid_acc": None} if multilabel else {}),
        "verbose": verbose,
        **kwargs,
        **net_params,
    }
    net = RecordingNet(**arguments)
    check_callback_params(net, net_params)
    return net


def run(net, batches):
    """Run the epochs of a net that is initialised; `net.interrupted_` then tells whether Ctrl-C ended them.

    Parameters
    ----------
    net : Loop
        The net.
    batches : Dataset
        What to learn from.

    Raises
    ------
    ValueError
        If the training diverged.
    """
    net.interrupted_ = False
    net.partial_fit(batches, None)
    # The last step may have gone too far with nobody to see its loss.
    tensors = (each for each in net.module_.state_dict().values() if isinstance(each, torch.Tensor))
    if not all(tensor.isfinite().all() for tensor in tensors):
        raise _diverged(net, "its weights are not finite")
    if net.interrupted_ and net.history and "train_loss" not in net.history[-1]:
        # An epoch cut short has no loss; learning curves need one in every row.
        del net.history[-1]


def train(net, training, validation, history=None):
    """Train a net whose module is new, or was trained before.

    Parameters
    ----------
    net : RecordingNet
        The net.
    training, validation : WindowDataset
        Windows to learn from, and to watch (or None). All that is drawn comes from ``training.rng``.
    history : skorch.History or None, default=None
        What happened to the module before; the new epochs are added to it.

    Returns
    -------
    int or None
        The epoch of the least validation loss, counted from 1, if there was one.
    """
    n_before = len(history or [])
    net.initialize()
    if history:
        net.history = history
    net.train_split = None if validation is None else predefined_split(validation)
    try:
        run(net, training)
    except KeyError as error:
        if validation is None and "valid_" in str(error):
            raise ValueError(
                f"a callback asks for the figures of validation recordings ({error.args[0]}), but there are none. Set "
                "early_stopping=True or validation_fraction, or have the callback watch 'train_loss'."
            ) from error
        raise
    finally:
        # The split holds the validation recordings; a fitted net should not carry them along.
        net.train_split = None
    if net.interrupted_:
        if any(isinstance(callback, Checkpoint) for _, callback in net.callbacks_):
            raise KeyboardInterrupt
        n_epochs = len(net.history) - n_before
        warn(
            f"Training was interrupted after {n_epochs} of {net.max_epochs} epochs. The estimator is usable as "
            "trained so far; fit again with warm_start=True to go on.",
        )
    return _best_epoch(net, n_before)


def _best_epoch(net, n_before):
    """Which epoch of this fit early stopping kept, or would have kept."""
    losses = {row["epoch"]: row["valid_loss"] for row in net.history[n_before:] if "valid_loss" in row}
    if not losses:
        return None
    for _, callback in net.callbacks_:
        if isinstance(callback, EarlyStopping) and callback.load_best:
            return int(callback.best_epoch_)
    return int(min(losses, key=losses.get))
