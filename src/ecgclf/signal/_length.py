"""All recordings made equally long."""

import numpy as np

from ecgclf.signal._checks import FloatArray

# What stands where a recording is made longer, and what numpy calls it.
PAD_MODES = {"zero": "constant", "edge": "edge", "repeat": "wrap"}


def fix_length(x: FloatArray, n_timepoints: int, position: str, mode: str) -> FloatArray:
    """Cut a signal, or make it longer.

    Parameters
    ----------
    x : ndarray of shape (n_leads, n_timepoints_before)
        The signal.
    n_timepoints : int
        Its length afterwards.
    position : {"start", "center", "end"}
        Which part of it stays, and where a shorter one stands.
    mode : {"zero", "edge", "repeat"}
        What is put beside a shorter one.

    Returns
    -------
    ndarray of shape (n_leads, n_timepoints)
        A view where it is cut.
    """
    difference = x.shape[1] - n_timepoints
    before = {"start": 0, "center": abs(difference) // 2, "end": abs(difference)}[position]
    if difference >= 0:
        return x[:, before : before + n_timepoints]
    widths = ((0, 0), (before, -difference - before))
    return np.pad(x, widths, mode=PAD_MODES[mode])  # type: ignore[call-overload]
