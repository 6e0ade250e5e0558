"""Recordings that a network answers like any other, though there is nothing in them to answer from."""

from ecgclf._warnings import warn
from ecgclf.signal import SignalQualityWarning

# Of the length that was trained on.
_SHORTEST = 0.1

# Samples that may agree by chance.
_FEW = 16

# Of the standard deviation that was trained on. Below, the first layer of a network leaves a third of a recording;
# a thousandth is what volts are to millivolts. Of larger ones it takes the scale away.
_SMALLEST = 0.05

_MOST_NAMED = 3


def warn_of_doubtful(recordings, window_length, scale):
    """Warn of recordings that are flat, or far shorter or smaller than those that were trained on.

    A classifier knows no sampling rate. With one, `ecgclf.signal.signal_quality` can tell more.

    Parameters
    ----------
    recordings : Recordings
        What the classifier is asked about.
    window_length : int
        Timepoints of what it was trained on, in the middle.
    scale : ndarray of shape (n_leads,)
        Standard deviation of each lead, likewise.
    """
    found = ((i, _doubt(x, window_length, scale)) for i, x in enumerate(recordings.items))
    doubts = [f"recording {i} {doubt}" for i, doubt in found if doubt]
    if doubts:
        more = f", and {len(doubts) - _MOST_NAMED} more like these" if len(doubts) > _MOST_NAMED else ""
        warn(
            f"{'; '.join(doubts[:_MOST_NAMED])}{more}. A network answers these too, but its answers mean nothing: "
            "leave them out. ecgclf.signal.signal_quality tells more of what is no ECG.",
            SignalQualityWarning,
        )


def _doubt(x, window_length, scale):
    n_timepoints = x.shape[1]
    if n_timepoints < _SHORTEST * window_length:
        # In a Pipeline these are not the samples that the user counts.
        return (
            f"has {100 * n_timepoints / window_length:.2g} % of the length that was trained on "
            f"({n_timepoints} samples, as they reach the classifier, where about {window_length} were usual)"
        )
    # Nearly every recording shows at its second sample that it is not flat.
    if n_timepoints > _FEW and (x[:, 0] == x[:, 1]).all() and (x == x[:, :1]).all():
        return "is flat: all its samples have one value"
    own = x.std(axis=1)
    if n_timepoints > _FEW and (own < _SMALLEST * scale).all():
        lead = int((own / scale).argmax())
        return (
            f"has a standard deviation of {own[lead]:.2g}, where about {scale[lead]:.2g} was trained on: is it in mV?"
        )
    return None
