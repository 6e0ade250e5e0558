"""Where windows lie in a recording."""

import numpy as np
from numpy.typing import NDArray

from ecgclf._numbers import is_whole


def window_starts(n_timepoints: int, window_length: int, window_stride: int) -> NDArray[np.int64]:
    """Tell where windows begin so that together they cover a recording.

    Windows begin at 0, `window_stride`, ... as long as they fit. If samples are left over at the end, one
    more window is aligned with the end.

    Parameters
    ----------
    n_timepoints : int
        Length of the recording, in samples.
    window_length : int
        Length of a window, in samples.
    window_stride : int
        Distance between the starts of two windows, in samples.

    Returns
    -------
    ndarray of shape (n_windows,) and dtype int64
        The first sample of each window, increasing; ``[0]`` for a recording no longer than a window.

    Raises
    ------
    ValueError
        If an argument is not a positive integer, or the stride longer than a window, which leaves samples out.

    Examples
    --------
    >>> from ecgclf.signal import window_starts
    >>> window_starts(10, 4, 3)
    array([0, 3, 6])

    Here the last sample would be left over:

    >>> window_starts(11, 4, 3)
    array([0, 3, 6, 7])
    """
    given = {"n_timepoints": n_timepoints, "window_length": window_length, "window_stride": window_stride}
    for name, value in given.items():
        if not is_whole(value, 1):
            raise ValueError(f"{name} must be a positive whole number of samples, got {value!r}.")
    if window_stride > window_length:
        raise ValueError(
            f"window_stride={window_stride} is longer than window_length={window_length}: the samples between two "
            "windows would be in none. Give a stride of at most the length."
        )
    if n_timepoints <= window_length:
        return np.zeros(1, dtype=np.int64)
    last = n_timepoints - window_length
    starts = np.arange(0, last + 1, window_stride, dtype=np.int64)
    return starts if starts[-1] == last else np.append(starts, last)
