"""The file: one safetensors file whose metadata hold a JSON document and a checksum of everything."""

import hashlib
import json
import os
import re
import stat

import safetensors.numpy

from ecgclf._files import write_atomically

FORMAT = 2

# A file of more than this is no model of ours; the rest bounds what parsing takes: JSON grows up to 30-fold in memory,
# and safetensors needs 1.3 kB for each tensor, also for an empty one.
MAX_FILE = 2**31
MAX_HEADER = 2**23
MAX_TENSORS = 20_000
MAX_NESTED = 200_000

_DIGEST = re.compile(rb'"sha256":"([0-9a-f]{64})"')
_BLANK = "0" * 64


class Refused(ValueError):
    """A reason not to read a file; `load` adds the file's name."""


def write_file(path, document, arrays):
    """Write a file, whole or not at all.

    Parameters
    ----------
    path : path-like
        Where to; a file that is there is replaced at the very end.
    document : dict
        Plain JSON values.
    arrays : dict of {str: ndarray}
        What the document refers to.
    """
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    metadata = {"ecgclf_format": str(FORMAT), "sha256": _BLANK, "document": text}
    data = bytearray(safetensors.numpy.save(arrays, metadata))
    header = data[8 : 8 + int.from_bytes(data[:8], "little")]
    try:
        _check_size(len(data), len(header), header)
    except Refused as error:
        raise ValueError(f"the estimator is too large to be stored: {error}") from None
    start = 8 + _DIGEST.search(header).start(1)
    data[start : start + 64] = hashlib.sha256(data).hexdigest().encode()
    write_atomically(path, data)


def read_file(path):
    """Read a file after every check that can be made without believing it.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    document : dict
        The JSON document.
    arrays : dict of {str: ndarray}
        The arrays.

    Raises
    ------
    Refused
        If it is not a file that `write_file` wrote.
    """
    # To open a pipe would wait for a writer.
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise Refused("it is not a regular file")
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(9)
        n_header = int.from_bytes(start[:8], "little")
        if len(start) < 9 or start[8:] != b"{" or n_header > size - 8:
            raise Refused("it is not a safetensors file, or it is truncated")
        if n_header > MAX_HEADER:
            raise Refused(f"its header claims {n_header} bytes; at most {MAX_HEADER} are read")
        header = start[8:] + file.read(n_header - 1)
        _check_size(size, n_header, header)
        digest = _DIGEST.search(header)
        if digest is None:
            raise Refused("it has no checksum; ecgclf.persistence.save did not write it")
        rest = file.read(size - 8 - n_header)
    blanked = start[:8] + header[: digest.start(1)] + _BLANK.encode() + header[digest.end(1) :]
    found = hashlib.sha256(blanked)
    found.update(rest)
    if found.hexdigest().encode() != digest[1]:
        raise Refused("its checksum does not fit its content; it is truncated or was altered")
    metadata = parse_json(header).get("__metadata__")
    _check_format(metadata)
    document = parse_json(metadata["document"])
    try:
        arrays = safetensors.numpy.load(start[:8] + header + rest)
    except Exception as error:
        # The library knows several errors of its own, one for each part of the format.
        raise Refused(f"its arrays cannot be read ({error})") from error
    return document, arrays


def _check_size(size, n_header, header):
    if size > MAX_FILE:
        raise Refused(f"it has {size} bytes; the limit is {MAX_FILE}")
    if n_header > MAX_HEADER:
        raise Refused(f"its header has {n_header} bytes; the limit is {MAX_HEADER}")
    if header.count(b'"data_offsets"') > MAX_TENSORS:
        raise Refused(f"it has more than {MAX_TENSORS} arrays")
    if header.count(b"[") + header.count(b"{") > MAX_NESTED:
        raise Refused(f"it has more than {MAX_NESTED} lists and dicts")


def _check_format(metadata):
    if not isinstance(metadata, dict) or not str(metadata.get("ecgclf_format")).isdecimal():
        raise Refused("it does not say its format; ecgclf.persistence.save did not write it")
    written = int(metadata["ecgclf_format"][:9])
    if written > FORMAT:
        raise Refused(
            f"it is of format {written}, and this version of ecgclf reads up to format {FORMAT}. Update ecgclf to "
            "read it"
        )
    if written < FORMAT:
        raise Refused(
            f"it is of format {written}, written by an earlier ecgclf, and this version reads format {FORMAT}. Save "
            "the estimator anew with this version, or load the file with the one that wrote it"
        )
    if not isinstance(metadata.get("document"), str):
        raise Refused("it has no document")


def parse_json(text):
    """Parse JSON that nobody vouches for.

    Parameters
    ----------
    text : str or bytes
        The JSON text of an object.

    Returns
    -------
    dict
        Its content.

    Raises
    ------
    Refused
        If it is not an object, is nested beyond measure, names a key twice, or holds NaN or infinity.
    """
    try:
        parsed = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except RecursionError:
        raise Refused("its JSON is nested too deeply") from None
    except ValueError as error:
        raise Refused(f"its JSON cannot be read ({error})") from None
    if not isinstance(parsed, dict):
        raise Refused("its JSON is not an object")
    return parsed


def _without_duplicates(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _no_constant(name):
    raise ValueError(f"{name} is not JSON")
