"""Which arguments of skorch's a user may set past the classifier: each is used, or refused by name."""

import inspect

import torch

_OWN = "it is a parameter of the classifier itself"
_REFUSED = {
    "module": "the class of the classifier decides the network",
    "train_split": "the classifier splits by recordings: set validation_fraction, or give fit X_val and y_val",
    "predict_nonlinearity": "probabilities are the softmax of what the network gives",
    "classes": "the labels are those of y",
    "dataset": "batches are made of recordings of any lengths",
    "history": "a fit writes its own",
    "callbacks": f"{_OWN}, callbacks",
    "max_epochs": f"{_OWN}, max_epochs",
    "batch_size": f"{_OWN}, batch_size",
    "device": f"{_OWN}, device",
    "precision": f"{_OWN}, precision",
    "multilabel": "y tells",
    "verbose": f"{_OWN}, verbose",
    "warm_start": f"{_OWN}, warm_start",
}
_LOADER_OPTIONS = ("shuffle", "num_workers", "persistent_workers", "pin_memory", "prefetch_factor", "timeout")
_LOADER = (
    f"batches of similar length are made for the network; of their loader can be set: {', '.join(_LOADER_OPTIONS)}"
)


def check_net_params(net_params):
    """Refuse what would not be heeded.

    Parameters
    ----------
    net_params : dict
        Arguments of skorch's.

    Raises
    ------
    ValueError
        If one would change nothing, or something else than it says; the message names it and what to do instead.
    """
    for name, value in net_params.items():
        whole, _, part = name.partition("__")
        reason = _REFUSED.get(name if whole == "callbacks" else whole)
        loader = whole in ("iterator_train", "iterator_valid") and whole not in net_params
        if loader and part not in ("", *_LOADER_OPTIONS):
            reason = _LOADER
        if name == "iterator_valid__shuffle":
            reason = "recordings that are watched are not learnt from, and their order tells nothing"
        if name == "criterion" and isinstance(value, type) and issubclass(value, torch.nn.NLLLoss):
            reason = "the network gives logits, which this loss takes for logarithms of probabilities"
        if name == "criterion" and (isinstance(value, torch.nn.Module) or not callable(value)):
            reason = "expected a class of losses, or a function of logits and targets"
        if reason is not None:
            raise ValueError(f"net_params[{name!r}] would not be heeded: {reason}.")


def check_callback_params(net, net_params):
    """Refuse arguments of callbacks that are not there, or that do not have them.

    Parameters
    ----------
    net : RecordingNet
        Not initialised; it has its callbacks.
    net_params : dict
        Arguments of skorch's.

    Raises
    ------
    ValueError
        If one would change nothing.
    """
    there = {name: callback for name, callback, _ in net._yield_callbacks()}
    for key in net_params:
        whole, _, rest = key.partition("__")
        name, _, argument = rest.partition("__")
        if whole != "callbacks" or not rest:
            continue
        if name not in there:
            raise ValueError(
                f"net_params[{key!r}] would not be heeded: of callbacks there are {', '.join(sorted(there))}."
            )
        kind = there[name] if isinstance(there[name], type) else type(there[name])
        known = inspect.signature(kind.__init__).parameters
        if argument and argument not in known and not any(each.kind is each.VAR_KEYWORD for each in known.values()):
            names = [each for each in known if each != "self"]
            raise ValueError(f"net_params[{key!r}] would not be heeded: {kind.__name__} takes {', '.join(names)}.")
