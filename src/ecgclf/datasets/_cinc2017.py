"""The PhysioNet/CinC Challenge 2017: found or downloaded, checked, and kept ready in a cache."""

import hashlib
import json
import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from ecgclf._recordings import object_array
from ecgclf.datasets._archive import LABELS, Archive, read_all, read_labels, split
from ecgclf.datasets._download import download, make_folder

BASE_URLS = (
    "https://physionet.org/files/challenge-2017/1.0.0/",
    "https://physionet-open.s3.amazonaws.com/challenge-2017/1.0.0/",
)
N_RECORDINGS = 8528
_ARCHIVE = "training2017.zip"
_CACHE_FORMAT = 1


def fetch_cinc2017(data_home=None, *, labels="v3", download_if_missing=True, return_X_y=False):
    """Load the training set of the PhysioNet/CinC Challenge 2017, downloading it if need be.

    8,528 single-lead recordings of 9 to 61 seconds from a hand-held device, at 300 Hz, with four rhythm classes:
    normal (N), atrial fibrillation (A), other rhythm (O) and too noisy to tell (~). The first call reads
    PhysioNet's archive (about 95 MB) and writes its samples to a cache of 330 MB, which later calls map into
    memory in a fraction of a second.

    Parameters
    ----------
    data_home : path-like, default=None
        The folder that has, or shall have, the data: ``training2017.zip`` or the unpacked folder ``training2017``,
        and ``REFERENCE-v1.csv`` to ``-v3.csv``, directly or in a folder ``cinc2017`` within. Part of the set is
        read as it is. By default the environment variable ``ECGCLF_DATA``, else the user's cache folder.
    labels : {"v1", "v2", "v3"}, default="v3"
        The version of the labels. PhysioNet published three; v3 is the final one.
    download_if_missing : bool, default=True
        Whether to download what is not found; otherwise that is an OSError.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` only.

    Returns
    -------
    cinc2017 : :class:`~sklearn.utils.Bunch`
        data : ndarray of shape (n_recordings,) and dtype object
            One read-only float32 array of shape (n_timepoints,) a recording, in mV, mapped from the cache.
        target : ndarray of shape (n_recordings,) and dtype str
            The rhythm class: "N", "A", "O" or "~".
        record_names : list of str
            PhysioNet's names, "A00001" and so on, sorted.
        lead_names : list of str
            The one lead, as the headers call it.
        sampling_rate : float
            300.0, in Hz.
        DESCR : str
            What the set is, how many recordings were found, and whom to cite.
    (data, target) : tuple if ``return_X_y`` is True

    Raises
    ------
    ValueError
        If the files found are damaged, or a recording has no label.
    OSError
        If the data are neither there nor to be downloaded.

    Warns
    -----
    UserWarning
        If recordings that have a label are not there, or the cache cannot be written.

    See Also
    --------
    load_cinc2017_sample : 200 of these recordings, inside the package.

    Notes
    -----
    A recording has no patient identifier, and at least one pair is the same signal twice: A02656 and A03123. Keep
    them on one side of a split. The cache lies in `data_home`, or where that is read-only, in the user's cache
    folder; it is made anew when the archive changes. Downloads are checked against PhysioNet's ``SHA256SUMS.txt``.

    References
    ----------
    .. [1] Clifford GD et al. (2017). AF Classification from a Short Single Lead ECG Recording: The
           PhysioNet/Computing in Cardiology Challenge 2017. Computing in Cardiology 44.
           https://doi.org/10.22489/CinC.2017.065-469
    .. [2] Goldberger AL et al. (2000). PhysioBank, PhysioToolkit, and PhysioNet. Circulation 101(23), e215-e220.
           https://doi.org/10.1161/01.CIR.101.23.e215

    Examples
    --------
    Without the data, and without leave to download them, the error says what is looked for and where:

    >>> from ecgclf.datasets import fetch_cinc2017
    >>> fetch_cinc2017("/nowhere", download_if_missing=False)
    Traceback (most recent call last):
        ...
    FileNotFoundError: training2017.zip (or the folder training2017) is neither in ...
    """
    if labels not in ("v1", "v2", "v3"):
        raise ValueError(f"labels={labels!r}; expected one of 'v1', 'v2', 'v3'.")
    home = _default_home() if data_home is None else Path(data_home)
    archive_path = _locate(home, _ARCHIVE, download_if_missing)
    label_of = read_labels(_locate(home, f"REFERENCE-{labels}.csv", download_if_missing))
    with Archive(archive_path) as archive:
        names, lengths = archive.record_names, archive.lengths
        if not names:
            raise ValueError(f"{archive_path} has no recordings (training2017/A00001.hea and .mat, and so on).")
        unlabelled = [name for name in names if name not in label_of]
        if unlabelled:
            raise ValueError(
                f"{len(unlabelled)} recordings of {archive_path} are not in REFERENCE-{labels}.csv (first "
                f"{unlabelled[0]}). Take both from the same release."
            )
        flat, sampling_rate, lead_name = _cached(archive, home)
    absent = len(label_of.keys() - set(names))
    if absent:
        warnings.warn(
            f"{absent} of the {len(label_of)} recordings in REFERENCE-{labels}.csv are not in {archive_path}; the "
            f"other {len(names)} are read.",
            UserWarning,
            stacklevel=2,
        )
    data = object_array(split(flat, lengths))
    target = np.array([label_of[name] for name in names])
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        record_names=names,
        lead_names=[lead_name],
        sampling_rate=sampling_rate,
        DESCR=describe(f"{len(names)} of the {N_RECORDINGS} recordings of the training set, labels {labels}", target),
    )


def describe(what, target):
    """Say what a collection of Challenge 2017 recordings is, and whom to cite.

    Parameters
    ----------
    what : str
        Which recordings they are.
    target : ndarray of str
        Their labels.

    Returns
    -------
    str
        The text.
    """
    counts = ", ".join(f"{label}: {np.count_nonzero(target == label)}" for label in LABELS)
    return f"""\
PhysioNet/CinC Challenge 2017: AF classification from a short single lead ECG recording
{what} ({counts}).
One lead, 300 Hz, values in mV. N normal, A atrial fibrillation, O other rhythm, ~ too noisy.
Licence: Open Data Commons Attribution 1.0 (ODC-By). Cite the data (https://doi.org/10.13026/d3hm-sf11),
Clifford et al. 2017 (https://doi.org/10.22489/CinC.2017.065-469) and PhysioNet, Goldberger et al. 2000
(https://doi.org/10.1161/01.CIR.101.23.e215)."""


def _default_home():
    import pooch

    return Path(os.environ.get("ECGCLF_DATA") or pooch.os_cache("ecgclf"))


def _locate(home, file_name, download_if_missing):
    """Find a file (or for the archive, the unpacked folder) in `home`, or download it."""
    folders = (home, home / "cinc2017")
    for folder in folders:
        if (folder / file_name).is_file():
            return folder / file_name
        unpacked = folder / "training2017"
        if file_name == _ARCHIVE and unpacked.is_dir():
            return unpacked
    wanted = f"{file_name} (or the folder training2017)" if file_name == _ARCHIVE else file_name
    if not download_if_missing:
        raise FileNotFoundError(
            f"{wanted} is neither in {folders[0]} nor in {folders[1]}. Pass download_if_missing=True, or put it "
            f"there from {BASE_URLS[0]}."
        )
    return download(file_name, folders[1], BASE_URLS)


def _cached(archive, home):
    """Map the samples of an archive from its cache, made if there is none."""
    key = f"{_CACHE_FORMAT} {archive.fingerprint()} {len(archive.record_names)}"
    stem = f"cinc2017-cache-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    folders = (archive.path.parent, _default_home())
    for folder in folders:
        found = _open_cache(folder / stem, archive)
        if found is not None:
            return found
    flat, sampling_rate, lead_name = read_all(archive)
    index = {
        "record_names": archive.record_names,
        "lengths": archive.lengths,
        "sampling_rate": sampling_rate,
        "lead_name": lead_name,
    }
    problems = []
    for folder in folders:
        try:
            _write_cache(folder / stem, flat, index)
        except OSError as error:
            problems.append(str(error))
            continue
        found = _open_cache(folder / stem, archive)
        if found is not None:
            return found
    warnings.warn(
        f"No cache could be kept in {folders[0]} or {folders[1]} ({'; '.join(problems)}): the recordings are held in "
        "memory and read anew by each call. Set the environment variable ECGCLF_DATA to a folder with room.",
        UserWarning,
        stacklevel=3,
    )
    flat.flags.writeable = False
    return flat, sampling_rate, lead_name


def _open_cache(stem, archive):
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


def _write_cache(stem, flat, index):
    make_folder(stem.parent)
    # In a folder of its own first, so that no other process meets half a cache.
    with tempfile.TemporaryDirectory(prefix=".cinc2017-", dir=stem.parent) as scratch:
        samples, description = Path(scratch, "samples.npy"), Path(scratch, "index.json")
        np.save(samples, flat, allow_pickle=False)
        description.write_text(json.dumps(index), encoding="utf-8")
        os.replace(samples, f"{stem}.npy")
        os.replace(description, f"{stem}.json")
