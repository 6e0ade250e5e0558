"""What a trained net answers, recording by recording, in batches of similar length."""

import copy

import numpy as np
import torch

from ecgclf._training._cuda import exact
from ecgclf._training._data import WindowDataset, bucket_loader
from ecgclf._training._threads import split, workers
from ecgclf.nn._scaled import ScaledNetwork

# For rows so short scikit-learn asks that a subset has the same answers to 1e-7, below the rounding of float32; there
# double precision costs nothing. Recordings keep their answers to 1e-5 in any company.
_SHORT = 64


def window_probabilities(net, items, windows):
    """Class probabilities of each window.

    Parameters
    ----------
    net : RecordingNet
        A trained net.
    items : list of ndarray of shape (n_leads, n_timepoints_i)
        The recordings.
    windows : ndarray of shape (n_windows, 3)
        As `cut_windows` gives them.

    Returns
    -------
    ndarray of shape (n_windows, n_classes)
        In the order of `windows`.
    """
    rows = []
    for logits, lengths in _run(net, net.module_, "forward", items, windows):
        _check_shape(logits, (len(lengths), len(net.classes)), net.module_, lengths)
        rows.append(net.probabilities(logits).numpy())
    return _finite(_unsort(np.concatenate(rows), windows), items, windows)


def _check_shape(logits, expected, module, lengths):
    """Refuse what a network of the user's own may give for other recordings than those it was tried on."""
    if tuple(logits.shape) != expected:
        name = type(getattr(module, "network", module)).__name__
        raise ValueError(
            f"the {name} gave logits of shape {tuple(logits.shape)} for {len(lengths)} recordings of "
            f"{int(lengths.min())} to {int(lengths.max())} timepoints; expected {expected}, one for each class."
        )


def window_embeddings(net, items, windows):
    """Give what the last layer of the network is given for each window.

    Parameters
    ----------
    net : RecordingNet
        A trained net whose module has a last layer called ``head``.
    items : list of ndarray of shape (n_leads, n_timepoints_i)
        The recordings.
    windows : ndarray of shape (n_windows, 3)
        As `cut_windows` gives them.

    Returns
    -------
    ndarray of shape (n_windows, n_features)
        In the order of `windows`.
    """
    rows = [features.numpy() for features, _ in _run(net, without_head(net.module_), "forward", items, windows)]
    return _finite(_unsort(np.concatenate(rows), windows), items, windows)


def without_head(module):
    """Give a module that shares all with another but its last layer, which it has not."""
    body = copy.copy(module)
    body._modules = dict(module._modules)
    if isinstance(module, ScaledNetwork):
        body.network = without_head(module.network)
    elif isinstance(getattr(module, "head", None), torch.nn.Module):
        body.head = torch.nn.Identity()
    else:
        raise ValueError(
            f"a {type(module).__name__} has no last layer called head, so there is no telling its features from its "
            "logits. Give its last layer that name."
        )
    return body


def window_attention(net, items, windows):
    """Attention weights of each window.

    Parameters
    ----------
    net : RecordingNet
        A trained net whose module has attention.
    items : list of ndarray of shape (n_leads, n_timepoints_i)
        The recordings.
    windows : ndarray of shape (n_windows, 3)
        As `cut_windows` gives them.

    Returns
    -------
    list of ndarray of shape (n_timepoints_i,)
        One array a recording, 1 in sum: the mean over its windows.
    """
    segment_length = net.module_.encoder.segment_length
    rows = []
    for weights, lengths in _run(net, net.module_, "attention", items, windows):
        for row, length in zip(weights.numpy(), lengths.tolist(), strict=True):
            n_segments = -(-length // segment_length)
            sizes = np.full(n_segments, segment_length)
            sizes[-1] = length - (n_segments - 1) * segment_length
            rows.append(np.repeat(row[:n_segments] / sizes, sizes))
    attention = [np.zeros(item.shape[1]) for item in items]
    n_windows = np.bincount(windows[:, 0])
    for row, (recording, start, stop) in zip(rows, windows[_order(windows)], strict=True):
        attention[recording][start:stop] += row / n_windows[recording]
    return attention


def _order(windows):
    # `bucket_loader` hands windows out in this order when it does not shuffle.
    return np.argsort(windows[:, 2] - windows[:, 1], kind="stable")


def _unsort(rows, windows):
    unsorted = np.empty_like(rows)
    unsorted[_order(windows)] = rows
    return unsorted


def _finite(answers, items, windows):
    """Refuse to answer with what is no number, which the first of the classes would come out of."""
    wrong = ~np.isfinite(answers).all(axis=1)
    if wrong.any():
        recording = int(windows[wrong.argmax(), 0])
        largest = np.abs(items[recording]).max()
        raise ValueError(
            f"recording {recording} makes the network overflow: its largest sample is {largest:.3g}, where mV are "
            "expected. If it is in mV, the weights of the network are damaged."
        )
    return answers


def _run(net, module, function_name, items, windows):
    """Yield what a method of the net's module, or of a part of it, gives for each batch, with the batch's lengths."""
    dataset = WindowDataset(items, windows)
    dtype = torch.float32
    if dataset.lengths.max() <= _SHORT and torch.device(net.device).type != "mps":
        module, dtype = copy.deepcopy(module).double(), torch.float64

    def one(part):
        # The context belongs to the thread it is entered in. In float32 whatever the precision of the training was: a
        # file answers the same on every machine.
        with torch.inference_mode():
            x, lengths = (tensor.to(net.device) for tensor in part)
            try:
                result = getattr(module, function_name)(x.to(dtype), lengths)
            except RuntimeError as error:
                if not isinstance(module, ScaledNetwork) or isinstance(error, torch.OutOfMemoryError):
                    raise
                told = ", ".join(map(str, sorted(set(lengths.tolist()))))
                raise ValueError(
                    f"the {type(module.network).__name__} cannot compute recordings of {told} timepoints: "
                    f"{str(error).splitlines()[0]}"
                ) from error
        # In this order, for on MPS there is no float64 to turn it into.
        return result.cpu().double(), part[1]

    # To say so to every layer takes a tenth of the time of a single recording.
    if module.training:
        module.eval()
    with exact(net.device), workers(net.device) as spread:
        parts = []
        for inputs, _ in bucket_loader(dataset, net.batch_size, alike=not getattr(module, "masks_padding", True)):
            parts += split(**inputs)
            if len(parts) >= spread.width:
                yield from spread(one, parts)
                parts = []
        yield from spread(one, parts)
