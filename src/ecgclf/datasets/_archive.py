"""The Challenge 2017's own files, zipped or in a folder, read without unpacking and without trust.

All of them are of one form: a header of two lines, and a MATLAB 4 file that is 24 bytes of header before int16
samples. wfdb reads them too (the tests hold this reader against it), but from files only, and over 10 times slower.
"""

import re
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ecgclf._words import some

LABELS = ("N", "A", "O", "~")
MAX_MAT_BYTES = 1 << 20
MAX_HEADER_BYTES = 1 << 12
MAX_TOTAL_BYTES = 1 << 30

_MAT_HEADER = struct.Struct("<5i4s")
_INT16_LITTLE_ENDIAN = 30
_MISSING = -(2**15)
# What zipfile reads of the others is unpacked in chunks of any size, whatever size is declared.
_COMPRESSIONS = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
_MEMBER = re.compile(r"(?:training2017/)?(A\d{5})\.(hea|mat)", re.ASCII)
_RECORD_LINE = re.compile(r"(A\d{5}) 1 (\d{1,4}) (\d{1,7})( .*)?", re.ASCII)
_SIGNAL_LINE = re.compile(r"(A\d{5})\.mat 16\+24 (\d{1,6})/mV 16 0 -?\d+ -?\d+ 0 (\w+)", re.ASCII)


class Archive:
    """The records of the Challenge 2017 in a zip file or a folder.

    Parameters
    ----------
    path : path-like
        A zip file with the members ``training2017/A00001.hea`` and so on, or a folder of these files.

    Attributes
    ----------
    path : pathlib.Path
        The same path.
    record_names : list of str
        The records that have header and signal, sorted.
    lengths : list of int
        The timepoints of each, by the size of its signal file.

    Raises
    ------
    ValueError
        If the archive is damaged or its members cannot be what they should.
    OSError
        If it cannot be read.
    """

    def __init__(self, path):
        self.path = Path(path)
        self._zip = None
        if self.path.is_dir():
            files = [(file.name, file) for file in self.path.iterdir()]
        else:
            try:
                self._zip = zipfile.ZipFile(self.path)
            # The last is how zipfile refuses a directory whose damaged bytes claim a version of the format above 6.3.
            except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError) as error:
                raise ValueError(
                    f"{self.path} is not a complete zip file ({error}). Delete it, then fetch it again."
                ) from error
            files = [(info.filename, info) for info in self._zip.infolist()]
        self._members = {"hea": {}, "mat": {}}
        for name, member in files:
            match = _MEMBER.fullmatch(name)
            if match is None:
                continue
            if self._zip is not None and member.compress_type not in _COMPRESSIONS:
                raise ValueError(
                    f"{self.path}: {name} is compressed by another method than those of the set's own file."
                )
            if match[1] in self._members[match[2]]:
                raise ValueError(f"{self.path} holds {match[1]}.{match[2]} twice.")
            self._members[match[2]][match[1]] = member
        headers, signals = self._members["hea"], self._members["mat"]
        alone = sorted(headers.keys() ^ signals.keys())
        if alone:
            raise ValueError(f"{self.path} has only one of header (.hea) and signal (.mat) of {some(alone)}.")
        self.record_names = sorted(headers)
        sizes = [self._size(signals[name]) for name in self.record_names]
        for name, size in zip(self.record_names, sizes, strict=True):
            if not _MAT_HEADER.size < size <= MAX_MAT_BYTES or size % 2:
                raise ValueError(f"{self.path}: {name}.mat has {size} bytes; that is no recording of this set.")
        if sum(sizes) > MAX_TOTAL_BYTES:
            raise ValueError(f"{self.path} declares {sum(sizes)} bytes of signals, far more than the set has.")
        self.lengths = [(size - _MAT_HEADER.size) // 2 for size in sizes]

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        if self._zip is not None:
            self._zip.close()

    def fingerprint(self):
        """Describe the files by what they hold, so that a cache of them can tell when they change.

        Returns
        -------
        str
            For a zip file, the checksums that it lists; for a folder, its path and the sizes and times of its files.
        """
        where = "" if self._zip is not None else f"{self.path.resolve()}\n"
        return where + "\n".join(
            f"{name}.{kind} {self._state(member)}"
            for kind, members in self._members.items()
            for name, member in sorted(members.items())
        )

    def read(self, name):
        """Read one record.

        Parameters
        ----------
        name : str
            One of `record_names`.

        Returns
        -------
        signal : ndarray of shape (n_timepoints,) and dtype int16
            In ADC units.
        header : tuple of (float, float, str)
            Sampling rate in Hz, ADC units per mV, name of the lead.
        """
        content = self._bytes(name, "hea", MAX_HEADER_BYTES)
        lines = content.decode("latin-1").splitlines()
        first = _RECORD_LINE.fullmatch(lines[0].rstrip()) if lines else None
        second = _SIGNAL_LINE.fullmatch(lines[1].rstrip()) if len(lines) > 1 else None
        if first is None or second is None or first[1] != name or second[1] != name:
            raise ValueError(
                f"{self.path}: {name}.hea is not a header of the Challenge 2017 ({content[:80]!r}). Read other "
                "WFDB records with read_recordings."
            )
        rate, n_timepoints, gain = float(first[2]), int(first[3]), float(second[2])
        if rate == 0 or gain == 0:
            raise ValueError(f"{self.path}: {name}.hea declares a sampling rate or gain of 0.")
        content = self._bytes(name, "mat", MAX_MAT_BYTES)
        kind, rows, columns, imaginary, name_length, _ = _MAT_HEADER.unpack_from(content)
        if (
            (kind, rows, imaginary, name_length) != (_INT16_LITTLE_ENDIAN, 1, 0, 4)
            or columns != n_timepoints
            or len(content) != _MAT_HEADER.size + 2 * columns
        ):
            raise ValueError(
                f"{self.path}: {name}.mat of {len(content)} bytes is truncated or damaged; its header declares "
                f"{n_timepoints} timepoints of 2 bytes after {_MAT_HEADER.size}."
            )
        signal = np.frombuffer(content, "<i2", offset=_MAT_HEADER.size)
        if signal.min() == _MISSING:
            raise ValueError(f"{self.path}: {name} has missing samples, which no recording of this set has.")
        return signal, (rate, gain, second[3])

    def _state(self, member):
        if self._zip is not None:
            return f"{member.file_size} {member.CRC}"
        stat = member.stat()
        return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"

    def _size(self, member):
        return member.stat().st_size if self._zip is None else member.file_size

    def _bytes(self, name, kind, limit):
        member = self._members[kind][name]
        if self._size(member) > limit:
            raise ValueError(f"{self.path}: {name}.{kind} has {self._size(member)} bytes, more than {limit}.")
        try:
            with member.open("rb") if self._zip is None else self._zip.open(member) as file:
                content = file.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise ValueError(f"{self.path}: {name}.{kind} is damaged ({error}).") from error
        if len(content) != self._size(member):
            raise ValueError(f"{self.path}: {name}.{kind} has {len(content)} bytes instead of {self._size(member)}.")
        return content


def read_all(archive):
    """Read all records of an archive as one flat array.

    Parameters
    ----------
    archive : Archive
        The records.

    Returns
    -------
    flat : ndarray of shape (sum of lengths,) and dtype float32
        The samples of all records one after another, in mV.
    sampling_rate : float
        In Hz, the same for all.
    lead_name : str
        The name of the lead, the same for all.
    """
    flat = np.empty(sum(archive.lengths), dtype=np.float32)
    start, common = 0, None
    for name in archive.record_names:
        signal, (rate, gain, lead_name) = archive.read(name)
        if common is None:
            common = rate, lead_name
        elif common != (rate, lead_name):
            raise ValueError(
                f"{archive.path}: {name} has lead {lead_name} at {rate:g} Hz, the records before it have lead "
                f"{common[1]} at {common[0]:g} Hz."
            )
        np.divide(signal, gain, out=flat[start : start + len(signal)], casting="unsafe")
        start += len(signal)
    return flat, *common


def split(flat, lengths):
    """Cut a flat array into recordings, without copying.

    Parameters
    ----------
    flat : ndarray of shape (sum of lengths,)
        The samples one after another.
    lengths : sequence of int
        The timepoints of each recording.

    Returns
    -------
    list of ndarray of shape (n_timepoints_i,)
        Views of `flat`.
    """
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    return [flat[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def read_labels(path):
    """Read a reference file of the Challenge 2017.

    Parameters
    ----------
    path : path-like
        Lines such as ``A00001,N``.

    Returns
    -------
    dict of str to str
        The label of each record.

    Raises
    ------
    ValueError
        If a line has another form, or a record is named twice.
    """
    labels = {}
    with open(path, encoding="ascii", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            name, _, label = line.strip().partition(",")
            if not re.fullmatch(r"A\d{5}", name, re.ASCII) or label not in LABELS or name in labels:
                raise ValueError(
                    f"{path}, line {number}: {line.strip()[:60]!r}; expected a record that was not named "
                    "before and one of N, A, O, ~, such as A00001,N."
                )
            labels[name] = label
    return labels
