"""What a net learns to make small: of classes, of several labels, or what a user brings."""

import inspect

import torch


class LabelsLoss(torch.nn.Module):
    """Binary cross-entropy of several labels, with the arguments of `torch.nn.CrossEntropyLoss`.

    Parameters
    ----------
    weight : Tensor of shape (n_labels,), default=None
        What the loss of recordings that have a label is multiplied by.
    label_smoothing : float, default=0.0
        Share of a label that is spread evenly over yes and no.
    """

    def __init__(self, weight=None, label_smoothing=0.0):
        super().__init__()
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"label_smoothing={label_smoothing!r}; expected a number from 0 to 1.")
        self.loss = torch.nn.BCEWithLogitsLoss(pos_weight=weight)
        self.label_smoothing = label_smoothing

    def forward(self, logits, targets):
        """Give the mean over recordings and labels."""
        return self.loss(logits, targets + self.label_smoothing * (0.5 - targets))


class FunctionLoss(torch.nn.Module):
    """A function in the place of a loss.

    Parameters
    ----------
    function : callable
        ``function(logits, targets)`` gives a tensor without dimensions.
    """

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, logits, targets):
        """Give what the function gives."""
        return self.function(logits, targets)


def loss_arguments(net_params, multilabel, class_weights):
    """Give skorch's arguments that make the loss.

    Parameters
    ----------
    net_params : dict
        The user's arguments of skorch; a "criterion" among them is a class of losses or a function.
    multilabel : bool
        Whether a recording may have several labels.
    class_weights : ndarray of shape (n_classes,) or None
        Weights of the classes.

    Returns
    -------
    dict
        "criterion", and what it takes as "criterion__...".

    Raises
    ------
    ValueError
        If weights are asked for and the user's loss takes none, or if it does not take another argument.
    """
    loss = net_params.get("criterion") or (LabelsLoss if multilabel else torch.nn.CrossEntropyLoss)
    if isinstance(loss, type):
        taken, arguments = inspect.signature(loss).parameters, {"criterion": loss}
    else:
        taken, arguments = {}, {"criterion": FunctionLoss, "criterion__function": loss}
    name = getattr(loss, "__name__", loss)
    takes_any = any(each.kind is each.VAR_KEYWORD for each in taken.values())
    for key in net_params:
        argument = key.removeprefix("criterion__")
        if argument not in (key, *taken) and not takes_any:
            known = ", ".join(taken) or "none, being a function"
            raise ValueError(f"net_params[{key!r}] would not be heeded: of arguments the loss {name} takes {known}.")
    if class_weights is None:
        return arguments
    if "weight" not in taken:
        raise ValueError(
            f"class_weight is set, but the loss {name} takes no weight. Give one that does, or leave class_weight as "
            "it is by default."
        )
    return {**arguments, "criterion__weight": torch.tensor(class_weights, dtype=torch.float32)}
