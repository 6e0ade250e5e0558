"""The annotation files of WFDB, as annot(5) of its manual describes them, read without trust.

wfdb reads them too (the tests hold this reader against it), but some notes at the start of a file make it loop for
ever, and damaged files stop it with an IndexError.
"""

import re
from typing import NamedTuple

import numpy as np

# What a fortnight of beats, each with a note, takes.
MAX_BYTES = 8 << 20

# The codes that are no annotation, but say something of one.
_SKIP, _NUM, _SUB, _CHN, _AUX = 59, 60, 61, 62, 63
_NOTE = 22
_SYMBOLS = dict(enumerate('NLRaVFJASEj/Q~ | sT*D"=pB^t+u?![]en@xf()r', 1))
# Codes that mean nothing.
del _SYMBOLS[15], _SYMBOLS[17]
_RESOLUTION = re.compile(r"## time resolution: (\d{1,12}\.?\d{0,12})", re.ASCII)
_DEFINITION = re.compile(r"(\d{1,2}) (\S{1,20})( .*)?", re.ASCII)


class Marks(NamedTuple):
    """All annotations of a file, in the order of time."""

    timepoints: np.ndarray
    symbols: list
    notes: list
    sampling_rate: float | None


def read_marks(path):
    """Read an annotation file.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    Marks
        Times in samples, symbols, notes, and the sampling rate that the file states for its times, in Hz, or None.

    Raises
    ------
    ValueError
        If it is damaged, truncated, or no annotation file. The message names it.
    OSError
        If it cannot be read.
    """
    with open(path, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"{path} is larger than {MAX_BYTES} bytes, too large for annotations.")
    timepoints, codes, notes = _parse(content, path)
    symbol_of, rate, kept, defining = dict(_SYMBOLS), None, [], False
    for i, (timepoint, code, note) in enumerate(zip(timepoints, codes, notes, strict=True)):
        # Notes at the very start describe the file itself.
        if timepoint == 0 and code == _NOTE and (defining or note.startswith("## ")):
            resolution, definition = _RESOLUTION.fullmatch(note), _DEFINITION.fullmatch(note)
            if resolution is not None:
                rate = float(resolution[1])
            elif defining and definition is not None:
                symbol_of[int(definition[1])] = definition[2]
            defining = note != "## end of definitions" and (defining or note == "## annotation type definitions")
        else:
            kept.append(i)
    return Marks(
        np.array([timepoints[i] for i in kept], dtype=np.int64),
        [symbol_of.get(codes[i], f"[{codes[i]}]") for i in kept],
        [notes[i] for i in kept],
        rate,
    )


def _parse(content, path):
    words = np.frombuffer(content, "<u2", count=len(content) // 2).tolist()
    timepoints, codes, notes = [], [], []
    now, at = 0, 0
    try:
        while (word := words[at]) != 0:
            code, number = word >> 10, word & 1023
            at += 1
            if code == _SKIP:
                # The high half first, each half with its low byte first.
                skipped = (words[at] << 16) + words[at + 1]
                now += skipped - ((skipped & 1 << 31) << 1)
                at += 2
            elif code == _AUX:
                text = content[2 * at : 2 * at + number]
                if len(text) < number or not notes:
                    raise IndexError
                notes[-1] = text.decode("latin-1").partition("\0")[0]
                at += (number + 1) // 2
            elif code not in (_NUM, _SUB, _CHN):
                now += number
                if not 0 <= now < 1 << 53:
                    raise ValueError(f"{path} holds an annotation at sample {now}; it is damaged.")
                if code != 0:
                    if timepoints and now < timepoints[-1]:
                        raise ValueError(f"{path} holds annotations that are not in the order of time; it is damaged.")
                    timepoints.append(now)
                    codes.append(code)
                    notes.append("")
    except IndexError:
        raise ValueError(f"{path} is no whole annotation file: it ends in the middle, or is none at all.") from None
    return timepoints, codes, notes
