"""WFDB records of any kind as a collection of recordings; the only file that imports wfdb."""

import os
import tempfile
import warnings
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

import numpy as np

from ecgclf.datasets import _wfdb_checks as checks
from ecgclf.datasets._gather import Record, gather
from ecgclf.datasets._wfdb_find import find_records
from ecgclf.datasets._wfdb_metadata import read_metadata
from ecgclf.datasets._wfdb_missing import mend_311, one_a_frame

_MILLIVOLTS = {"v": 1e3, "mv": 1.0, "uv": 1e-3, "nv": 1e-6}


def read_recordings(paths, *, sampling_rate=None, leads=None, missing="raise", on_error="raise"):
    r"""Read WFDB records from local files.

    Any WFDB record is read: a header (``.hea``) with its signals in one or several ``.dat`` or ``.mat`` files
    in any of WFDB's storage formats, with one or many leads, in one or many segments. Nothing is ever fetched
    from the network, and no file outside the folder of a header is opened on that header's word.

    Parameters
    ----------
    paths : path-like or sequence of path-like
        A record with or without the suffix ``.hea``, ``.dat`` or ``.mat``; a folder, which stands for the
        records directly in it, sorted by name; or a sequence of these. The segments of a multi-segment record
        in a folder are read as parts of that record only.
    sampling_rate : float, default=None
        The sampling rate of the collection, in Hz: records of another rate are resampled. With None all records
        must have the same rate.
    leads : str or sequence of str, default=None
        The leads to keep, in this order; capital and small letters are the same. With None all signals are
        kept, also those that are no voltage, and all records must have the same ones in the same order.
    missing : {"raise", "interpolate", "zero", "keep"}, default="raise"
        What to do about samples the record marks as missing. "raise" makes the record unreadable;
        "interpolate" draws a straight line over the gap and holds the first and last value at the edges; "zero"
        puts 0; both warn with the count. "keep" leaves NaN, which no estimator takes.
    on_error : {"raise", "warn"}, default="raise"
        What to do about a record that cannot be read: raise, or leave it out with a warning that names it.

    Returns
    -------
    recordings : :class:`~sklearn.utils.Bunch`
        data : ndarray of shape (n_recordings,) and dtype object
            One float32 array a recording, in mV: of shape (n_timepoints,) if the collection has one lead,
            otherwise (n_leads, n_timepoints).
        target : None
            WFDB headers carry no label in a common form; `metadata` has what they do carry.
        metadata : pandas.DataFrame
            What the comments of each header say, in one row a recording, the index its name: `age` in years, NaN if
            not told; `sex`, "female", "male" or None; `Dx`, a tuple of the codes of the diagnoses, or None;
            `comments`, the text.
        record_names : list of str
            The names of the records, without folder and suffix.
        lead_names : list of str
            The names of the leads, as the first record writes them.
        units : list of str
            "mV" for each lead stored as a voltage in any unit; else the unit that the record states, in which
            those values then are.
        sampling_rate : float
            In Hz, the same for all recordings.
        errors : dict of str to str
            For the path of each record left out, why.
        DESCR : str
            What was read.

    Raises
    ------
    ValueError
        If a record is malformed, truncated, or has missing samples under ``missing="raise"``; if the records
        differ in rate or leads; if no record could be read. The message names the record.
    OSError
        If a file is missing or cannot be opened.

    See Also
    --------
    diagnoses_to_indicator : Make labels from the `Dx` of the metadata.
    fetch_cinc2017 : The PhysioNet/CinC Challenge 2017 with its labels.

    Notes
    -----
    A signal stored with several samples per frame is averaged to the frame rate of the record; the mean keeps its
    fraction. A frame with a missing sample is missing as a whole, as for PhysioNet's own library: the mean of the
    others would be a voltage at another time. Where a skew is declared, the frames that it leaves empty at the end
    are missing. After resampling under ``missing="keep"``, what a missing sample was nearest to is missing.

    Examples
    --------
    Write a record of one lead and read it again:

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from ecgclf.datasets import read_recordings
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.hea").write_text("a 1 300 4\na.dat 16 1000/mV 16 0 0 0 0 I\n")
    >>> _ = (folder / "a.dat").write_bytes(np.array([0, 500, 1000, -250], "<i2").tobytes())
    >>> recordings = read_recordings(folder)
    >>> recordings.data[0]
    array([ 0.  ,  0.5 ,  1.  , -0.25], dtype=float32)
    >>> recordings.lead_names, recordings.sampling_rate
    (['I'], 300.0)
    """

    def read(path):
        return read_record(path), read_metadata(path)

    return gather(
        partial(find_records, paths),
        read,
        what="WFDB records",
        sampling_rate=sampling_rate,
        leads=leads,
        missing=missing,
        on_error=on_error,
    )


def read_record(path):
    """Read one record, all its signals, in mV wherever they are voltages.

    Parameters
    ----------
    path : path-like
        Its header.

    Returns
    -------
    namedtuple
        name, signal of shape (n_leads, n_timepoints) with NaN for missing samples, lead_names, units, sampling_rate.
    """
    path = Path(os.path.abspath(path))
    if "::" in str(path):
        raise ValueError(f"{path} has '::' in its path, which wfdb takes for an address. Rename the folder.")
    segments = checks.check_header_text(path)
    record = _read_segments(path) if segments else _read_ordinary(path)
    if record.signal.size == 0:
        raise ValueError(f"{path} has no samples.")
    return record


def _ask_wfdb(function, path, **options):
    ask = partial(getattr(_import_wfdb(), function), **options)
    try:
        return ask(str(path.with_suffix("")))
    except OSError:
        raise
    except Exception as error:
        with _undated(path) as copy:
            if copy is not None:
                try:
                    return ask(str(copy.with_suffix("")))
                except Exception:
                    # What the header itself was refused for says more.
                    pass
        # wfdb lets whatever its parsing raises through: IndexError, TypeError, KeyError and others.
        raise ValueError(f"{path} cannot be read as a WFDB record: {error!r}.") from error


@contextmanager
def _undated(path):
    """Give a copy of a header without time and date, beside links to its files; None where it has neither.

    wfdb parses both and stops at "24:00:00" or "00/00/0000", which recorders write. Neither is needed here.
    """
    lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    first = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
    fields = lines[first].split() if first is not None else []
    if len(fields) < 5:
        yield None
        return
    lines[first] = " ".join(fields[:4])
    with tempfile.TemporaryDirectory(prefix="ecgclf-") as scratch:
        names = {line.split()[0] for line in lines[first + 1 :] if line.strip() and not line.startswith("#")}
        for name in names:
            # `check_header_text` has seen to it that a name leads to no other folder.
            if (path.parent / name).is_file():
                os.symlink(path.parent / name, Path(scratch) / name)
        copy = Path(scratch) / path.name
        # Never through a link to what is the user's.
        with open(copy, "x", encoding="ascii", errors="replace") as file:
            file.write("\n".join(lines) + "\n")
        yield copy


@cache
def _import_wfdb():
    with warnings.catch_warnings():
        # wfdb 4 uses what pandas 3 deprecates; whoever reads a record can do nothing about it.
        warnings.simplefilter("ignore")
        import wfdb
    return wfdb


def _leads_of(header):
    units = [unit or "mV" for unit in header.units]
    scale = [_MILLIVOLTS.get(unit.lower()) for unit in units]
    names = [name or f"signal {i}" for i, name in enumerate(header.sig_name)]
    return names, ["mV" if factor else unit for factor, unit in zip(scale, units, strict=True)], scale


def _read_ordinary(path):
    header = _ask_wfdb("rdheader", path)
    checks.check_files(header, path)
    names, units, scale = _leads_of(header)
    with np.errstate(over="ignore"):
        # As stored: wfdb averages frames with what is missing in them and rounds the mean, and where a skew leads
        # beyond the end of the file, it takes zeros for voltages.
        stored = _ask_wfdb("rdrecord", path, smooth_frames=False, ignore_skew=True).e_p_signal
        leads = []
        for i, samples in enumerate(stored):
            if header.fmt[i] == "311":
                samples = mend_311(samples, header.adc_gain[i], header.baseline[i])
            if header.fmt[i] == "8" and header.init_value[i] is None:
                # What differences begin from where no value is stated; wfdb takes 0.
                samples = samples + (header.adc_zero[i] or 0) / header.adc_gain[i]
            leads.append(one_a_frame(samples, header.samps_per_frame[i], header.skew[i] or 0) * (scale[i] or 1.0))
        signal = np.array(leads, dtype=np.float32)
    if np.isinf(signal).any():
        raise ValueError(f"{path} has values beyond float32; its gain or baseline cannot be right.")
    return Record(path.stem, signal, names, units, float(header.fs))


def _read_segments(path):
    """Read a multi-segment record; what no segment fills stays NaN. (wfdb fails on gaps in some layouts.)"""
    header = _ask_wfdb("rdheader", path)
    if header.sig_len is None or sum(header.seg_len) != header.sig_len:
        raise ValueError(f"{path} declares {header.sig_len} timepoints and segments of {sum(header.seg_len)} in all.")
    paths = {name: path.with_name(f"{name}.hea") for name in header.seg_name if name != "~"}
    headers, n_stored = {}, 0
    for number, (name, length) in enumerate(zip(header.seg_name, header.seg_len, strict=True)):
        if name == "~":
            continue
        is_new = name not in headers
        if is_new and checks.check_header_text(paths[name]):
            raise ValueError(f"{path}: its segment {name} has segments of its own.")
        segment = headers.get(name) or _ask_wfdb("rdheader", paths[name])
        # The first segment of a variable layout has no length: it only describes the leads.
        if segment.fs != header.fs or (segment.sig_len or 0) != length or (length == 0 and number > 0):
            raise ValueError(
                f"{path} declares {length} timepoints at {header.fs} Hz for its segment {name}, whose header "
                f"declares {segment.sig_len} at {segment.fs} Hz."
            )
        if length > 0 and is_new:
            n_stored += checks.check_files(segment, paths[name])
        headers[name] = segment
    if not headers or header.n_sig * header.sig_len > checks.MAX_GAP_RATIO * n_stored:
        raise ValueError(
            f"{path} declares {header.n_sig * header.sig_len} samples, but its segments hold only {n_stored}. "
            "Give the segments one by one."
        )
    names, units, _ = _leads_of(next(iter(headers.values())))
    if len(names) != header.n_sig or len(set(names)) != len(names):
        raise ValueError(f"{path} declares {header.n_sig} signals, its first segment {', '.join(names)}.")
    signal = np.full((len(names), header.sig_len), np.nan, dtype=np.float32)
    start = 0
    for name, length in zip(header.seg_name, header.seg_len, strict=True):
        if name != "~" and length > 0:
            segment = _read_ordinary(paths[name])
            for lead, unit, values in zip(segment.lead_names, segment.units, segment.signal, strict=True):
                if lead not in names or unit != units[names.index(lead)]:
                    raise ValueError(f"{path}: its segment {name} has lead {lead} in {unit}; not in the first.")
                signal[names.index(lead), start : start + length] = values
        start += length
    return Record(path.stem, signal, names, units, float(header.fs))
