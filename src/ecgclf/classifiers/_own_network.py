"""A network of the user's own: built, and tried before it is trained."""

import copy

import torch
from torch import nn

from ecgclf import _training
from ecgclf._recordings import called
from ecgclf.nn._scaled import ScaledNetwork

# What a change of the padding may change in a logit of a network that leaves it out.
_ATOL, _RTOL = 1e-4, 1e-3
_N_PADDING = 64


def build(module, module_params, n_leads, n_outputs):
    """Build a network.

    Parameters
    ----------
    module : callable
        Called with the names `n_leads` and `n_outputs`, and those of `module_params`.
    module_params : dict or None
        Further arguments.
    n_leads, n_outputs : int
        Leads of a recording, logits wanted.

    Returns
    -------
    ScaledNetwork
        The network, untrained.

    Raises
    ------
    TypeError
        If `module` is no such callable, or gives no network.
    ValueError
        If it fails; the message says how it was called.
    """
    if isinstance(module, nn.Module):
        raise TypeError(
            f"module is a {type(module).__name__} that is built already, and each fit begins with a new one. Give its "
            "class, or a function that makes it."
        )
    if not callable(module):
        raise TypeError(
            f"module is {called(module)}; expected a class of torch.nn.Module, or a function that gives one."
        )
    arguments = {"n_leads": n_leads, "n_outputs": n_outputs, **(module_params or {})}
    try:
        network = module(**arguments)
    except Exception as error:
        told = ", ".join(f"{name}={value!r:.60}" for name, value in arguments.items())
        raise ValueError(f"module cannot be built by {name_of(module)}({told}): {_told(error)}") from error
    if not isinstance(network, nn.Module):
        raise TypeError(f"{name_of(module)} gave {called(network)}; expected a torch.nn.Module.")
    return ScaledNetwork(n_leads, network)


def check(network, n_leads, n_outputs, lengths, name):
    """Try a network on two recordings of noise, before hours are spent on it; note whether it masks the padding.

    Parameters
    ----------
    network : ScaledNetwork
        It stays as it is but for its buffer `masks_padding`.
    n_leads, n_outputs : int
        Leads of a recording, logits wanted.
    lengths : ndarray of int
        Timepoints of what it will be trained on and watched by.
    name : str
        What to call it in an error.

    Raises
    ------
    ValueError
        If it cannot compute them, gives something else than finite logits of shape (n, n_outputs), learns nothing, or
        gives another answer when the padding changes although there will be some.
    """
    short, long = int(lengths.min()), int(lengths.max())
    trial = copy.deepcopy(network)
    noise = torch.randn(2, n_leads, long, generator=torch.Generator().manual_seed(0))
    both = torch.tensor([short, long])
    with _training.drawing_from(0):
        logits = _logits(trial.train(), noise, both, n_outputs, name)
        if not logits.requires_grad:
            raise ValueError(f"{name} has nothing to learn: its logits depend on no parameter that has a gradient.")
        # A trial of its own: the one before may have changed running statistics.
        trial = copy.deepcopy(network).eval()
        with torch.no_grad():
            alone = _logits(trial, noise[:1, :, :short], both[:1], n_outputs, name)
            _check_company(trial, noise[:, :, :short], alone, n_outputs, name)
            padded = torch.zeros(1, n_leads, long + _N_PADDING)
            padded[:, :, :short] = noise[:1, :, :short]
            # In company, with the other row setting the width.
            company = torch.cat([padded, torch.randn(1, n_leads, padded.shape[2])])
            wide = torch.tensor([short, padded.shape[2]])
            try:
                beside = _logits(trial, company, wide, n_outputs, name)[:1]
            except ValueError:
                # It may know one length only.
                if short != long:
                    raise
                beside = torch.full_like(alone, torch.nan)
    same = torch.allclose(alone, beside, atol=_ATOL, rtol=_RTOL)
    if not same and short != long:
        raise ValueError(
            f"{name} answers a recording of {short} timepoints by logits of {_numbers(alone)} alone and of "
            f"{_numbers(beside)} beside a longer one: it does not leave out the padding behind lengths[i], and "
            f"windows here have {short} to {long} timepoints. Mask what lies there, or give it windows of one length "
            "(window_length, or FixedLength in front)."
        )
    network.masks_padding.fill_(same)


def _check_company(trial, noise, alone, n_outputs, name):
    """Refuse a network whose answer depends on other recordings, or on chance."""
    lengths = torch.full((len(noise),), noise.shape[2])
    again = _logits(trial, noise[:1], lengths[:1], n_outputs, name)
    beside = _logits(trial, noise, lengths, n_outputs, name)[:1]
    for other, when, reason in (
        (again, "asked again", "it draws at random where it does not train (F.dropout wants training=self.training)"),
        (beside, "beside another recording", "it mixes the recordings of a batch"),
    ):
        if not torch.allclose(alone, other, atol=_ATOL, rtol=_RTOL):
            raise ValueError(
                f"{name} answers a recording by logits of {_numbers(alone)} alone and of {_numbers(other)} {when}: "
                f"{reason}. The answer for a recording has to depend on it alone."
            )


def _logits(network, x, lengths, n_outputs, name):
    given = f"x of shape {tuple(x.shape)} and lengths {lengths.tolist()}"
    try:
        # It may change what it is given.
        logits = network(x.clone(), lengths)
    except Exception as error:
        raise ValueError(
            f"{name} cannot compute {given}: {_told(error)}. Its forward takes (x, lengths), float32 of shape "
            "(n, n_leads, n_timepoints) and int64 of shape (n,)."
        ) from error
    wanted = (len(x), n_outputs)
    if not isinstance(logits, torch.Tensor):
        raise ValueError(f"{name} gave {called(logits)} for {given}; expected a tensor of logits of shape {wanted}.")
    if tuple(logits.shape) != wanted or not logits.is_floating_point():
        raise ValueError(
            f"{name} gave {logits.dtype} of shape {tuple(logits.shape)} for {given}; expected floating logits of "
            f"shape {wanted}, one for each of n_outputs={n_outputs}."
        )
    if not logits.isfinite().all():
        raise ValueError(f"{name} gave {_numbers(logits)} for {given} of noise; expected finite logits.")
    return logits


def name_of(module):
    """Give what to call a class or a function in an error."""
    return getattr(module, "__name__", type(module).__name__)


def _numbers(logits):
    return ", ".join(f"{value:.3g}" for value in logits.flatten().tolist()[:4])


def _told(error):
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'without a word'}"
