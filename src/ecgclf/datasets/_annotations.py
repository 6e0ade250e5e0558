"""Beats and rhythms that somebody marked in a record, and windows that have a rhythm."""

import re
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from sklearn.utils import Bunch

from ecgclf.datasets import _wfdb_checks as checks
from ecgclf.datasets._annotation_file import read_marks
from ecgclf.datasets._wfdb import read_record
from ecgclf.datasets._wfdb_find import find_records
from ecgclf.signal import window_starts
from ecgclf.signal._sampling import ratio_of_rates

# The symbols that stand for a beat of the heart, of whatever kind.
_BEATS = tuple("NLRBAaJSVrFejnE/fQ?")


def read_annotations(record, extension="atr"):
    r"""Read the beats and rhythms that are marked in a WFDB record.

    Parameters
    ----------
    record : path-like
        The record, with or without the suffix of its header.
    extension : str, default="atr"
        The suffix of the annotation file beside the header. "atr" are the reference annotations of most databases.

    Returns
    -------
    annotations : :class:`~sklearn.utils.Bunch`
        beats : pandas.DataFrame
            One row a beat: `timepoint`, its sample in the record; `seconds`; `symbol`, its kind, such as "N" for a
            normal and "V" for a premature ventricular beat.
        rhythms : pandas.DataFrame
            One row a stretch of one rhythm: `start` and `stop`, its first sample and the one after its last;
            `start_seconds` and `stop_seconds`; `rhythm`, its name, such as "AFIB". A stretch ends where the next
            begins, the last one with the record. What lies before the first has no rhythm here.
        marks : pandas.DataFrame
            All annotations, as the file has them: `timepoint`, `seconds`, `symbol` and `note`.
        record_name : str
            The name of the record.
        sampling_rate : float
            Of the record, in Hz.
        n_timepoints : int
            The length of the record, in samples.
        DESCR : str
            What was read.

    Raises
    ------
    ValueError
        If the file is damaged, states another sampling rate than the header of the record, or has annotations after
        the end of the record. The message names it.
    OSError
        If the header or the file is missing.

    See Also
    --------
    windows_with_rhythm : How much of each window has a rhythm.
    read_recordings : The signals.

    Notes
    -----
    A rhythm begins at an annotation "+" whose note starts with a parenthesis, such as "(AFIB"; its name is what
    follows. Where the note is ")", it ends and none begins. Which names there are is a matter of the database; [1]_
    lists those of the older ones, and the symbols of beats and of all else.

    References
    ----------
    .. [1] PhysioBank Annotations. https://archive.physionet.org/physiobank/annotations.shtml

    Examples
    --------
    A record of 4 s, a beat in each of its seconds, which is in atrial fibrillation from its third second on; in the
    file each annotation is a code, and the samples since the one before:

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from ecgclf.datasets import read_annotations
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.hea").write_text("a 1 100 400\na.dat 16 1000/mV 16 0 0 0 0 I\n")
    >>> beat, rhythm, note = 1 << 10, 28 << 10, 63 << 10
    >>> name = np.frombuffer(b"(AFIB ", "<u2")
    >>> marks = [beat + 50, beat + 100, rhythm + 50, note + 6, *name, beat + 50, beat + 100, 0]
    >>> _ = (folder / "a.atr").write_bytes(np.array(marks, "<u2").tobytes())
    >>> annotations = read_annotations(folder / "a")
    >>> annotations.beats.timepoint.tolist()
    [50, 150, 250, 350]
    >>> annotations.rhythms
       start  stop  start_seconds  stop_seconds rhythm
    0    200   400            2.0           4.0   AFIB
    """
    import pandas as pd

    if not isinstance(extension, str) or not re.fullmatch(r"\w{1,20}", extension):
        raise ValueError(f"extension={extension!r:.60}; expected the suffix of an annotation file, such as 'atr'.")
    headers = find_records(record)
    if len(headers) != 1:
        raise ValueError(f"{record} holds {len(headers)} records. Read the annotations of one record at a time.")
    header = headers[0]
    sampling_rate, n_timepoints = checks.rate_and_length(header)
    if n_timepoints is None:
        n_timepoints = read_record(header).signal.shape[1]
    path = header.with_suffix(f".{extension}")
    if not path.is_file():
        raise FileNotFoundError(f"{header} has no annotations beside it: there is no {path.name}.")
    marks = read_marks(path)
    if marks.sampling_rate not in (None, sampling_rate):
        raise ValueError(
            f"{path} counts time at {marks.sampling_rate:g} Hz, and {header.name} at {sampling_rate:g} Hz. Take both "
            "from the same record."
        )
    if len(marks.timepoints) and marks.timepoints[-1] > n_timepoints:
        raise ValueError(
            f"{path} has an annotation at sample {marks.timepoints[-1]}, and the record {n_timepoints} samples at "
            f"{sampling_rate:g} Hz. The annotations are of another record, or of another rate."
        )
    table = pd.DataFrame(
        {
            "timepoint": marks.timepoints,
            "seconds": marks.timepoints / sampling_rate,
            "symbol": pd.Series(marks.symbols, dtype=object),
            "note": pd.Series(marks.notes, dtype=object),
        }
    )
    beats = table.loc[table.symbol.isin(_BEATS), ["timepoint", "seconds", "symbol"]].reset_index(drop=True)
    rhythms = _rhythms(marks, sampling_rate, n_timepoints)
    return Bunch(
        beats=beats,
        rhythms=rhythms,
        marks=table,
        record_name=header.stem,
        sampling_rate=sampling_rate,
        n_timepoints=n_timepoints,
        DESCR=(
            f"{len(table)} annotations from {path.name}: {len(beats)} beats, {len(rhythms)} stretches of the rhythms "
            f"{', '.join(sorted(set(rhythms.rhythm))) or '(none)'}; {n_timepoints / sampling_rate:g} s at "
            f"{sampling_rate:g} Hz."
        ),
    )


def _rhythms(marks, sampling_rate, n_timepoints):
    import pandas as pd

    changes = [
        (timepoint, note[1:].strip())
        for timepoint, symbol, note in zip(marks.timepoints.tolist(), marks.symbols, marks.notes, strict=True)
        if symbol == "+" and note.startswith(("(", ")"))
    ]
    stretches = [
        (start, stop, name)
        for (start, name), (stop, _) in pairwise([*changes, (n_timepoints, "")])
        if name and start < stop
    ]
    starts, stops = (np.array([stretch[i] for stretch in stretches], dtype=np.int64) for i in (0, 1))
    return pd.DataFrame(
        {
            "start": starts,
            "stop": stops,
            "start_seconds": starts / sampling_rate,
            "stop_seconds": stops / sampling_rate,
            "rhythm": pd.Series([name for *_, name in stretches], dtype=object),
        }
    )


class RhythmWindows(NamedTuple):
    """How much of each window of a record has a rhythm.

    Made by :func:`windows_with_rhythm`, which describes it.
    """

    starts: np.ndarray
    stops: np.ndarray
    shares: np.ndarray


def windows_with_rhythm(annotations, rhythm, window_length, *, window_stride=None, sampling_rate=None):
    r"""Tell how much of each window of a record has a rhythm.

    The windows lie where `predict_windows` of a classifier lays them in the same record: side by side or
    `window_stride` apart, and a last one aligned with the end.

    Parameters
    ----------
    annotations : :class:`~sklearn.utils.Bunch`
        As :func:`read_annotations` gives them.
    rhythm : str or sequence of str
        The name of the rhythm, as the `rhythms` of the annotations have it; several count as one.
    window_length : int
        Length of a window, in samples at `sampling_rate`.
    window_stride : int, default=None
        Distance between the starts of two windows, in samples, at most `window_length`; None is that.
    sampling_rate : float, default=None
        The rate at which the recording was read (``read_recordings(..., sampling_rate=...)``), in Hz; None is that of
        the record.

    Returns
    -------
    windows : namedtuple
        `starts` and `stops`, ndarrays of int of shape (n_windows,): the first sample of each window, and the one after
        its last. `shares`, ndarray of float of shape (n_windows,): how much of each window has the rhythm, exactly 1.0
        if all of it has, exactly 0.0 if nothing.

    Raises
    ------
    ValueError
        If `annotations` are something else, their rhythms overlap, or a number is not positive.

    See Also
    --------
    ecgclf.signal.window_starts : Where the windows lie.

    Notes
    -----
    A name that the record does not have is no error, since most records lack most rhythms: all shares are then 0.

    Examples
    --------
    A record of 4 s at 100 Hz in atrial fibrillation from 2.2 s on, in windows of 1 s:

    >>> import pandas as pd
    >>> from sklearn.utils import Bunch
    >>> from ecgclf.datasets import windows_with_rhythm
    >>> rhythms = pd.DataFrame(
    ...     {"start": [0, 220], "stop": [220, 400], "rhythm": ["N", "AFIB"]}
    ... )
    >>> annotations = Bunch(rhythms=rhythms, sampling_rate=100.0, n_timepoints=400)
    >>> windows = windows_with_rhythm(annotations, "AFIB", 100)
    >>> windows.shares
    array([0. , 0. , 0.8, 1. ])

    The same windows in the recording resampled to 300 Hz:

    >>> windows_with_rhythm(annotations, "AFIB", 300, sampling_rate=300).starts
    array([  0, 300, 600, 900])
    """
    if not isinstance(annotations, dict) or not {"rhythms", "sampling_rate", "n_timepoints"} <= annotations.keys():
        raise ValueError(f"annotations is {annotations!r:.60}; expected what read_annotations gives.")
    names = [rhythm] if isinstance(rhythm, str) or not hasattr(rhythm, "__iter__") else list(rhythm)
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"rhythm={rhythm!r:.60} names no rhythm; give a name such as 'AFIB'.")
    rate = annotations["sampling_rate"]
    # In units of which a sample of the record and one of the recording are whole numbers, so that shares are exact.
    up, down = ratio_of_rates(rate, rate if sampling_rate is None else sampling_rate)
    end = annotations["n_timepoints"] * up
    n_timepoints = -(-end // down)
    starts = window_starts(n_timepoints, window_length, window_length if window_stride is None else window_stride)
    stops = np.minimum(starts + window_length, n_timepoints)
    table = annotations["rhythms"].sort_values("start")
    if (table["start"].to_numpy()[1:] < table["stop"].to_numpy()[:-1]).any():
        raise ValueError("Two stretches of `rhythms` overlap. A record has one rhythm at a time, as it is read.")
    table = table[table["rhythm"].isin([name.removeprefix("(") for name in names])]
    begins, ends = (table[column].to_numpy(dtype=np.int64) * up for column in ("start", "stop"))
    first, last = starts * down, np.minimum(stops * down, end)
    with_rhythm = _covered(last, begins, ends) - _covered(first, begins, ends)
    return RhythmWindows(starts, stops, with_rhythm / (last - first))


def _covered(until, begins, ends):
    """Tell how much of the time before each of some instants lies in stretches that do not overlap."""
    before = np.searchsorted(begins, until, side="right")
    whole = np.append(0, np.cumsum(ends - begins))
    beyond = np.append(0, ends)[before] - until
    return whole[before] - np.maximum(beyond, 0)
