"""What a WFDB record must satisfy before wfdb may open it.

A header is text that anybody may have written. It names the files to open and the memory to take, so both are held
against the folder and against the sizes of the files that lie there before anything is read. wfdb takes what it
cannot parse for "absent" and puts a default in its place (a gain of ``nan`` becomes 200, a rate of ``-300`` becomes
250), so the form of the numbers is checked here as well.
"""

import math
import re
from itertools import groupby

from ecgclf._rates import SAMPLING_RATES

MAX_HEADER_BYTES = 4 << 20
# What WFDB takes where a header states none.
DEFAULT_RATE = 250.0
# A month at 800 Hz.
MAX_TIMEPOINTS = 1 << 31
# Gaps between segments take memory without a file behind them; so do constant stretches in FLAC.
MAX_GAP_RATIO = 20
MAX_FLAC_SAMPLES_PER_BYTE = 64

# How many bytes hold how many samples, and the bytes of those left over after the last whole block.
_BLOCKS = dict.fromkeys(("8", "80"), (1, 1, (0,))) | dict.fromkeys(("16", "61", "160"), (2, 1, (0,)))
_BLOCKS |= {"24": (3, 1, (0,)), "32": (4, 1, (0,)), "212": (3, 2, (0, 2))}
_BLOCKS |= {"310": (4, 3, (0, 2, 4)), "311": (4, 3, (0, 2, 3))}
_FLAC = ("508", "516", "524")

_NAME = re.compile(r"~|[-\w]+(\.\w+)?", re.ASCII)
_RECORD = re.compile(r"(?P<name>[-\w]+)(/(?P<n_segments>\d+))?", re.ASCII)
_RATE = re.compile(r"(\d+\.?\d*|\.\d+)(/[-\d.()]+)?", re.ASCII)
_FORMAT = re.compile(r"\d+(x\d+)?(:\d+)?(\+\d+)?", re.ASCII)
_GAIN = re.compile(r"-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?(\(-?\d+\))?(/[-\w^?%/]+)?", re.ASCII)
_INTEGER = re.compile(r"-?\d+", re.ASCII)


def check_header_text(path):
    """Check the form of a header, line by line.

    Parameters
    ----------
    path : pathlib.Path
        The ``.hea`` file.

    Returns
    -------
    segments : list of str
        The names of the segments; empty for an ordinary record.

    Raises
    ------
    ValueError
        If the header is not one that can be read without guessing. The message names the file.
    OSError
        If the file cannot be read.
    """
    lines = _lines(path)
    for line in lines:
        if not line.isascii() or not line.replace("\t", " ").isprintable():
            raise ValueError(
                f"{path} is not a WFDB header: a line has characters other than printable ASCII ({line[:60]!r}). "
                "If it is the unit µV, write uV."
            )
        if len(line) > 1000:
            raise ValueError(f"{path} has a line of {len(line)} characters; expected at most 1000.")
    if not lines:
        raise ValueError(f"{path} is empty; expected a WFDB header.")
    n_segments, n_signals = _check_record_line(path, lines[0].split())
    if n_segments is None:
        if len(lines) - 1 != n_signals:
            raise ValueError(
                f"{path} declares {n_signals} signals and describes {len(lines) - 1}; the two must agree."
            )
        for line in lines[1:]:
            _check_signal_line(path, line.split())
        return []
    if len(lines) - 1 != n_segments:
        raise ValueError(f"{path} declares {n_segments} segments and lists {len(lines) - 1}; the two must agree.")
    return [_check_segment_line(path, line.split()) for line in lines[1:]]


def rate_and_length(path):
    """Tell the sampling rate and the length that a header declares.

    Parameters
    ----------
    path : pathlib.Path
        The ``.hea`` file.

    Returns
    -------
    sampling_rate : float
        In Hz.
    n_timepoints : int or None
        None where the header leaves it to the size of the signal files.

    Raises
    ------
    ValueError
        If the header is not one that can be read without guessing, or the length is beyond all reason.
    OSError
        If the file cannot be read.
    """
    check_header_text(path)
    fields = _lines(path)[0].split()
    rate = float(fields[2].partition("/")[0]) if len(fields) > 2 else DEFAULT_RATE
    n_timepoints = int(fields[3]) if len(fields) > 3 else 0
    if n_timepoints > MAX_TIMEPOINTS:
        raise ValueError(f"{path} declares a length of {n_timepoints} timepoints; expected at most {MAX_TIMEPOINTS}.")
    return rate, n_timepoints or None


def check_files(record, path):
    """Check that the files a record names lie beside its header and are as large as it declares.

    Parameters
    ----------
    record : wfdb.Record
        The parsed header of an ordinary record.
    path : pathlib.Path
        The ``.hea`` file.

    Returns
    -------
    int
        The number of samples stored, over all signals.

    Raises
    ------
    ValueError
        If a file is shorter than declared, or the declaration makes no sense.
    OSError
        If a file is missing.
    """
    names = [name for name, _ in groupby(record.file_name)]
    if len(set(names)) != len(names):
        raise ValueError(f"{path}: the signals of one file must follow one another; they are mixed.")
    if record.sig_len == 0:
        raise ValueError(f"{path} declares a length of 0 timepoints; expected at least 1.")
    per_frame = [1 if n is None else n for n in record.samps_per_frame]
    if min(per_frame) < 1:
        raise ValueError(f"{path} declares 0 samples per frame; expected at least 1.")
    if record.sig_len is not None and max(s or 0 for s in record.skew) > record.sig_len:
        raise ValueError(f"{path} declares a skew longer than the record.")
    stored, frames = 0, set()
    for name in names:
        signals = [i for i, file in enumerate(record.file_name) if file == name]
        for field in ("fmt", "byte_offset"):
            first, *others = (getattr(record, field)[i] for i in signals)
            values = {first or 0, *others} - {None}
            if len(values) > 1:
                what = field.replace("fmt", "storage format").replace("_", " ")
                raise ValueError(
                    f"{path} declares more than one {what} for {name}: {', '.join(map(str, sorted(values)))}."
                )
        frame = sum(per_frame[i] for i in signals)
        samples = _check_size(
            path.parent / name,
            path,
            record.fmt[signals[0]],
            None if record.sig_len is None else record.sig_len * frame,
            record.byte_offset[signals[0]] or 0,
        )
        stored += samples
        frames.add(samples // frame)
    if len(frames) > 1:
        told = " and ".join(map(str, sorted(frames)))
        raise ValueError(f"{path} declares no length, and its signal files have {told} timepoints.")
    return stored


def _lines(path):
    with open(path, "rb") as file:
        content = file.read(MAX_HEADER_BYTES + 1)
    if len(content) > MAX_HEADER_BYTES:
        raise ValueError(f"{path} is larger than {MAX_HEADER_BYTES} bytes, too large for a header.")
    # Python's splitlines and strip know more line ends and blanks than wfdb does, \x85 and \x1c among them.
    lines = [line.strip(" \t") for line in re.split("\r\n|\r|\n", content.decode("latin-1"))]
    return [line for line in lines if line and not line.startswith("#")]


def _check_record_line(path, fields):
    match = _RECORD.fullmatch(fields[0])
    if match is None:
        raise ValueError(
            f"{path} does not start with a record name of letters, digits, - and _ but with {fields[0][:60]!r}."
        )
    if len(fields) < 2 or not _INTEGER.fullmatch(fields[1]) or int(fields[1]) < 1:
        raise ValueError(f"{path} declares no signals ({' '.join(fields)[:60]!r}).")
    if len(fields) > 2:
        if not _RATE.fullmatch(fields[2]):
            raise ValueError(f"{path} declares the sampling rate {fields[2][:60]!r}; expected a plain number of Hz.")
        rate = float(fields[2].partition("/")[0])
        if not SAMPLING_RATES[0] <= rate <= SAMPLING_RATES[1]:
            raise ValueError(
                f"{path} declares a sampling rate of {rate:g} Hz; expected one between "
                f"{SAMPLING_RATES[0]:g} and {SAMPLING_RATES[1]:g} Hz."
            )
    if len(fields) > 3 and not re.fullmatch(r"\d{1,18}", fields[3], re.ASCII):
        raise ValueError(f"{path} declares a length of {fields[3][:60]!r} timepoints; expected at least 1.")
    n_segments = match["n_segments"]
    if n_segments is not None and int(n_segments) == 0:
        raise ValueError(f"{path} declares 0 segments ({fields[0]!r}).")
    return None if n_segments is None else int(n_segments), int(fields[1])


def _check_signal_line(path, fields):
    if not _NAME.fullmatch(fields[0]):
        raise ValueError(
            f"{path} names the signal file {fields[0][:60]!r}; expected a plain file name in the header's own "
            "folder. Paths and addresses are not followed."
        )
    if fields[0].lower().endswith(".hea"):
        raise ValueError(f"{path} names the header {fields[0]} as its signal file.")
    if len(fields) < 2 or not _FORMAT.fullmatch(fields[1]):
        raise ValueError(f"{path} has a signal line without a storage format: {' '.join(fields)[:60]!r}.")
    if len(fields) > 2:
        if not _GAIN.fullmatch(fields[2]):
            raise ValueError(
                f"{path} declares the gain {fields[2][:60]!r}; expected ADC units per physical unit, such as "
                "1000(0)/mV."
            )
        gain = float(re.split(r"[(/]", fields[2])[0])
        # wfdb reads a written zero as "the default, 200"; 1e-999 is not that zero.
        if not math.isfinite(gain) or (gain == 0 and re.search("[1-9]", fields[2].split("e")[0])):
            raise ValueError(f"{path} declares the gain {fields[2][:60]!r}, which is out of range.")
    for number, field in enumerate(fields[3:8]):
        if not re.match(r"-?\d|-$", field, re.ASCII):
            # What follows fewer numbers than usual is the lead's name, which is free text.
            break
        # The first and the last, of the converter and of the file's blocks, have no sign.
        if not _INTEGER.fullmatch(field) or (number in (0, 4) and field.startswith("-")):
            raise ValueError(f"{path} has {field[:60]!r} in a signal line where a whole number is expected.")
        if len(field) > 20:
            raise ValueError(f"{path} holds a number of {len(field)} digits.")


def _check_segment_line(path, fields):
    if not (fields[0] == "~" or re.fullmatch(r"[-\w]+", fields[0], re.ASCII)):
        raise ValueError(
            f"{path} names the segment {fields[0][:60]!r}; expected a record name in the header's own folder."
        )
    if len(fields) < 2 or not re.fullmatch(r"\d{1,18}", fields[1], re.ASCII):
        raise ValueError(f"{path} does not say how long the segment {fields[0][:60]!r} is.")
    return fields[0]


def _check_size(file, header, fmt, n_declared, offset):
    if not file.is_file():
        raise FileNotFoundError(
            f"{header} names the signal file {file.name}, which is not beside it. Put it there, or leave the "
            "record out."
        )
    size = file.stat().st_size
    if fmt in _FLAC:
        if n_declared is None or n_declared > size * MAX_FLAC_SAMPLES_PER_BYTE:
            raise ValueError(
                f"{header} declares {n_declared} samples in {file.name}, a FLAC file of {size} bytes; that is "
                "more than such a file may hold."
            )
        return n_declared
    if fmt not in _BLOCKS:
        raise ValueError(f"{header} declares the storage format {fmt}, which is not one of WFDB's.")
    n_bytes, n_samples, left_over = _BLOCKS[fmt]
    available = max(size - offset, 0)
    if n_declared is None:
        n_declared = available * n_samples // n_bytes
    needed = n_declared // n_samples * n_bytes + left_over[n_declared % n_samples]
    if n_declared < 1 or needed > available:
        raise ValueError(
            f"{file} is truncated: {header.name} declares {n_declared} samples in format {fmt} after "
            f"{offset} bytes, {needed + offset} bytes in all, and the file has {size}."
        )
    return n_declared
