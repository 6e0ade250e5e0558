"""What becomes of the missing samples of a record: in frames, under a policy, and at another sampling rate.

Here a missing sample is NaN, whatever the storage format writes in its place.
"""

import numpy as np

from ecgclf._warnings import warn
from ecgclf.signal import resample
from ecgclf.signal._sampling import ratio_of_rates


def one_a_frame(samples, n_per_frame, skew):
    """Give a signal one value a frame, each at its own time.

    Parameters
    ----------
    samples : ndarray of shape (n_frames * n_per_frame,)
        The samples as they are stored.
    n_per_frame : int
        How many of them make a frame.
    skew : int
        The frames by which the signal lags behind the others in its file.

    Returns
    -------
    ndarray of shape (n_frames,)
        The mean of each frame; NaN for a frame that has a missing sample, or lies beyond what is stored.
    """
    means = samples.reshape(-1, n_per_frame).mean(axis=1)
    if not skew:
        return means
    return np.concatenate([means[skew:], np.full(min(skew, len(means)), np.nan)])


def mend_311(samples, gain, baseline):
    """Undo what wfdb makes of format 311 where the two bits of a block that the format leaves unused are not 0.

    It takes one of them for the eleventh bit of a sample that has ten.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        In physical units.
    gain, baseline : float
        Of the header.

    Returns
    -------
    ndarray of shape (n_samples,)
        The same, within the range of the format.
    """
    units = np.rint(samples * gain + baseline)
    beyond = units > 511
    if not beyond.any():
        return samples
    units[beyond] -= 1024
    units[units == -512] = np.nan
    return (units - baseline) / gain


def fill(record, missing, path):
    """Do with missing samples what :func:`read_recordings` was asked to.

    Parameters
    ----------
    record : namedtuple
        With `signal`, an ndarray of shape (n_leads, n_timepoints), and `lead_names`.
    missing : {"raise", "interpolate", "zero", "keep"}
        The policy.
    path : pathlib.Path
        Named in errors and warnings.

    Returns
    -------
    namedtuple
        The record, its signal filled.
    """
    lost = np.isnan(record.signal)
    if missing == "keep" or not lost.any():
        return record
    count = f"{np.count_nonzero(lost)} of {lost.size} samples missing"
    if missing == "raise":
        raise ValueError(f"{path} has {count}. Set missing to 'interpolate' or 'zero', or choose other leads.")
    if missing == "zero":
        signal = np.where(lost, np.float32(0), record.signal)
    else:
        if lost.all(axis=1).any():
            lead = record.lead_names[int(np.argmax(lost.all(axis=1)))]
            raise ValueError(
                f"{path} has no sample at all in lead {lead}; there is nothing to interpolate. Choose other "
                "leads, or set missing to 'zero'."
            )
        signal = _interpolate(record.signal, lost)
    done = "filled by interpolation" if missing == "interpolate" else "set to 0"
    warn(f"{path} has {count}, {done}.")
    return record._replace(signal=signal)


def at_rate(signal, old_rate, new_rate):
    """Resample a signal; what comes from missing samples is missing.

    Parameters
    ----------
    signal : ndarray of shape (n_leads, n_timepoints)
        With NaN for missing samples.
    old_rate, new_rate : float
        In Hz.

    Returns
    -------
    ndarray of shape (n_leads, ceil(n_timepoints * new_rate / old_rate))
        The resampled signal; NaN where the nearest sample was missing, or a missing one was nearest.
    """
    if old_rate == new_rate:
        return signal
    lost = np.isnan(signal)
    if not lost.any():
        return resample(signal, old_rate, new_rate)
    filled = _interpolate(signal, lost)
    # A lead without any sample has nothing to filter, and is masked as a whole below.
    filled[lost.all(axis=1)] = 0
    out = resample(filled, old_rate, new_rate)
    up, down = ratio_of_rates(old_rate, new_rate)
    nearest = np.rint(np.arange(out.shape[1]) * down / up).astype(int)
    masked = lost[:, np.minimum(nearest, lost.shape[1] - 1)]
    # At a lower rate most samples are nearest to none; a gap between two new samples must not be lost.
    leads, gaps = np.nonzero(lost)
    masked[leads, np.minimum(np.ceil(gaps * up / down - 0.5).astype(int), out.shape[1] - 1)] = True
    out[masked] = np.nan
    return out


def _interpolate(signal, lost):
    signal = signal.copy()
    for lead, gaps in zip(signal, lost, strict=True):
        if gaps.any() and not gaps.all():
            lead[gaps] = np.interp(np.flatnonzero(gaps), np.flatnonzero(~gaps), lead[~gaps])
    return signal
