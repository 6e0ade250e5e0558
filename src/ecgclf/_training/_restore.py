"""What to keep of a trained net, and a net made of it again."""

from skorch import NeuralNetClassifier
from skorch.history import History

from ecgclf._training._net import build_net, resolve_device
from ecgclf._warnings import warn


def is_net(value):
    """Tell whether a value is an initialised skorch net."""
    return isinstance(value, NeuralNetClassifier) and hasattr(value, "module_")


def net_state(net):
    """Give what a net has beside its module, as plain values.

    Parameters
    ----------
    net : RecordingNet
        A trained net.

    Returns
    -------
    dict
        Its settings and history.
    """
    return {
        "batch_size": net.batch_size,
        "max_epochs": net.max_epochs,
        "learning_rate": net.lr,
        "precision": net.precision,
        "history": [dict(row) for row in net.history],
    }


def restore_net(module, state, device, classes):
    """Build a net that predicts with a trained module.

    Parameters
    ----------
    module : torch.nn.Module
        The trained module.
    state : dict
        What `net_state` gave; it is checked.
    device : str
        The device wanted; the CPU takes its place, with a warning, if it is not here.
    classes : ndarray of shape (n_classes,)
        The labels.

    Returns
    -------
    RecordingNet
        Initialised; its optimiser is new, and made when it is asked for.
    """
    batch_size, precision, history = (state.get(key) for key in ("batch_size", "precision", "history"))
    if type(batch_size) is not int or batch_size < 1 or precision not in ("float32", "bfloat16"):
        raise ValueError(f"a net has batch_size={batch_size!r} and precision={precision!r}")
    if not isinstance(history, list) or not all(isinstance(row, dict) for row in history):
        raise ValueError("the history of a net is not a list of dicts")
    try:
        device = resolve_device(device)
    except ValueError as error:
        warn(f"{error} The network is on the CPU now.")
        device = "cpu"
    net = build_net(
        module,
        class_weights=None,
        label_smoothing=0.0,
        callbacks=None,
        schedule="constant",
        early_stopping=False,
        n_iter_no_change=1,
        verbose=0,
        net_params=None,
        learning_rate=float(state["learning_rate"]),
        weight_decay=0.0,
        max_epochs=int(state["max_epochs"]),
        batch_size=batch_size,
        device=device,
        precision=precision,
        classes=classes,
    )
    net.initialize_to_predict()
    net.module_.eval()
    net.history = History(history)
    net.train_split, net.interrupted_ = None, False
    return net
