"""What ecgclf keeps for itself on a user's disk: where, and the samples of the Challenge 2017, ready to be mapped."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np

from ecgclf._warnings import warn
from ecgclf.datasets._archive import read_all
from ecgclf.datasets._download import make_folder

_FORMAT = 2


def user_folder():
    """Tell where ecgclf may write unasked.

    Returns
    -------
    pathlib.Path
        The environment variable ``ECGCLF_DATA``; else the folder of the platform: on Linux ``$XDG_CACHE_HOME/ecgclf``,
        by default ``~/.cache/ecgclf``; on macOS ``~/Library/Caches/ecgclf``; on Windows one in ``%LOCALAPPDATA%``.
    """
    import pooch

    return Path(os.environ.get("ECGCLF_DATA") or pooch.os_cache("ecgclf"))


def read_cached(archive):
    """Map the samples of an archive from the user's cache, made if there is none.

    Nothing is written beside the archive: a folder named for reading stays as it is.

    Parameters
    ----------
    archive : Archive
        The records.

    Returns
    -------
    flat : ndarray of shape (sum of lengths,) and dtype float32
        As `read_all` gives it, read-only.
    sampling_rate : float
        In Hz.
    lead_name : str
        The name of the lead.
    """
    key = f"{_FORMAT} {archive.fingerprint()}"
    stem = user_folder() / f"cinc2017-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    found = _open(stem, archive)
    if found is not None:
        return found
    flat, sampling_rate, lead_name = read_all(archive)
    index = {
        "record_names": archive.record_names,
        "lengths": archive.lengths,
        "sampling_rate": sampling_rate,
        "lead_name": lead_name,
    }
    try:
        _write(stem, flat, index)
        found = _open(stem, archive)
        problem = "it could not be read again"
    except OSError as error:
        problem = str(error)
    if found is not None:
        return found
    warn(
        f"No cache could be kept in {stem.parent} ({problem}): the recordings are held in memory and read anew by "
        "each call. Set the environment variable ECGCLF_DATA to a folder with room.",
    )
    flat.flags.writeable = False
    return flat, sampling_rate, lead_name


def _open(stem, archive):
    try:
        index = json.loads(Path(f"{stem}.json").read_text(encoding="utf-8"))
        flat = np.load(f"{stem}.npy", mmap_mode="r", allow_pickle=False)
        same = index["record_names"] == archive.record_names and index["lengths"] == archive.lengths
        found = float(index["sampling_rate"]), str(index["lead_name"])
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        # Absent or damaged: it is made anew.
        return None
    if not same or flat.dtype != np.float32 or flat.shape != (sum(archive.lengths),):
        return None
    # Slices of an ndarray are made 5 times faster than slices of a memmap.
    return flat.view(np.ndarray), *found


def _write(stem, flat, index):
    make_folder(stem.parent)
    # In a folder of its own first, so that no other process meets half a cache.
    with tempfile.TemporaryDirectory(prefix=".cinc2017-", dir=stem.parent) as scratch:
        samples, description = Path(scratch, "samples.npy"), Path(scratch, "index.json")
        np.save(samples, flat, allow_pickle=False)
        description.write_text(json.dumps(index), encoding="utf-8")
        os.replace(samples, f"{stem}.npy")
        os.replace(description, f"{stem}.json")
