"""Which WFDB records a path stands for."""

import os
from pathlib import Path

from ecgclf.datasets import _wfdb_checks as checks

_SUFFIXES = (".hea", ".dat", ".mat")


def find_records(paths):
    r"""Find WFDB records.

    Parameters
    ----------
    paths : path-like or sequence of path-like
        As :func:`read_recordings` takes them: records with or without suffix, or folders.

    Returns
    -------
    list of pathlib.Path
        The header of each record; those of a folder sorted by name, without the segments of other records and without
        hidden files.

    Raises
    ------
    TypeError
        If something is no path.
    ValueError
        If there is no path, or one is no local path.
    OSError
        If there is no record at a path, or none in a folder.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from ecgclf.datasets import find_records
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.hea").write_text("a 1 300 4\na.dat 16 1000/mV 16 0 0 0 0 I\n")
    >>> [header.name for header in find_records(folder)]
    ['a.hea']
    """
    headers = []
    for text in as_paths(paths):
        if "://" in text or "::" in text:
            raise ValueError(f"{text!r} is not a local path. Download the record, then give its path.")
        path = Path(text)
        headers += _folder_headers(path) if path.is_dir() else [_header_of(path)]
    if not headers:
        raise ValueError("No paths were given; give at least one record or a folder of records.")
    return headers


def as_paths(paths):
    """Give one path or several as a list of str.

    Parameters
    ----------
    paths : path-like or sequence of path-like
        As a user gave them.

    Returns
    -------
    list of str
        They.

    Raises
    ------
    TypeError
        If something is no path.
    """
    several = hasattr(paths, "__iter__") and not isinstance(paths, str | bytes | os.PathLike)
    found = []
    for given in paths if several else [paths]:
        text = os.fspath(given) if isinstance(given, str | os.PathLike) else given
        if not isinstance(text, str):
            raise TypeError(f"{given!r:.60} is no path; expected that of a record or a folder, or a list of paths.")
        found.append(text)
    return found


def _folder_headers(folder):
    # A name that starts with a dot is no record: macOS leaves such beside every file it copies.
    headers = sorted(header for header in folder.glob("*.hea") if not header.name.startswith("."))
    if not headers:
        raise FileNotFoundError(f"The folder {folder} has no WFDB header (*.hea).")
    segments_of = {}
    for header in headers:
        try:
            segments_of[header.stem] = checks.check_header_text(header)
        except (ValueError, OSError):
            # Reading it will say what is wrong, to whoever set on_error.
            continue
    segments = {name for names in segments_of.values() for name in names}
    # One that has segments is none: where headers name one another or themselves, reading them says so.
    return [header for header in headers if segments_of.get(header.stem) or header.stem not in segments]


def _header_of(path):
    header = path.with_name(path.name + ".hea")
    if not header.is_file() and path.suffix in _SUFFIXES:
        header = path.with_suffix(".hea")
    if not header.is_file():
        raise FileNotFoundError(
            f"There is no record at {path}: {header} does not exist. Give the path of a header (.hea), with or "
            "without its suffix, or of a folder of them."
        )
    return header
