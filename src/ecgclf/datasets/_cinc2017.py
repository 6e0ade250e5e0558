"""The PhysioNet/CinC Challenge 2017: found or downloaded, checked, with the labels of one of its versions."""

from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from ecgclf._parameters import check_choice
from ecgclf._recordings import object_array
from ecgclf._warnings import warn
from ecgclf.datasets._archive import LABELS, Archive, read_labels, split
from ecgclf.datasets._cache import read_cached, user_folder
from ecgclf.datasets._download import download

BASE_URLS = (
    "https://physionet.org/files/challenge-2017/1.0.0/",
    "https://physionet-open.s3.amazonaws.com/challenge-2017/1.0.0/",
)
N_RECORDINGS = 8528
# How often each of N, A, O and ~ is the label of a recording, in each version that PhysioNet publishes.
COUNTS = {
    "v0": (5154, 771, 2557, 46),
    "v1": (5040, 736, 2469, 283),
    "v2": (5050, 738, 2456, 284),
    "v3": (5076, 758, 2415, 279),
}
_ARCHIVE = "training2017.zip"


def fetch_cinc2017(data_home=None, *, version="v3", download_if_missing=True, return_X_y=False):
    """Load the training set of the PhysioNet/CinC Challenge 2017, downloading it if need be.

    8,528 single-lead recordings of 9 to 61 seconds from a hand-held device, at 300 Hz, with four rhythm classes:
    normal (N), atrial fibrillation (A), other rhythm (O) and too noisy to tell (~). The first call reads
    PhysioNet's archive (about 95 MB) and writes its samples, 330 MB, to the user's cache folder, from where later
    calls map them into memory in a fraction of a second.

    Parameters
    ----------
    data_home : path-like, default=None
        The folder that has, or shall have, the data: ``training2017.zip`` or the unpacked folder ``training2017``,
        and ``REFERENCE-v0.csv`` to ``-v3.csv``, directly or in a folder ``cinc2017`` within. Part of the set is
        read as it is. What is downloaded goes to ``cinc2017`` within; what is found is only read. By default the
        user's cache folder.
    version : {"v0", "v1", "v2", "v3"}, default="v3"
        The version of the labels, as PhysioNet numbers them; v3 is the final one. See the Notes.
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
        If the files found are damaged, a recording has no label, or the labels are those of another version than
        the name of their file says.
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
    PhysioNet [2]_ publishes four versions of the labels. The paper [1]_ numbers three of them, and its "V1" is ``v0``:

    ======= ==== === ==== === ===============
    version N    A   O    ~   in the paper
    ======= ==== === ==== === ===============
    v0      5154 771 2557 46  V1
    v1      5040 736 2469 283
    v2      5050 738 2456 284 V2
    v3      5076 758 2415 279 V3, final
    ======= ==== === ==== === ===============

    Copies of v0 are about under the name ``REFERENCE-v1.csv``; such a file is refused.

    A recording has no patient identifier, and at least one pair is the same signal twice: A02656 and A03123. Keep
    them on one side of a split.

    `data` are views of one mapped file, 330 MB for all 8,528 recordings, of which processes share the memory. But
    joblib copies an object array with all in it, for each task of a worker process: with ``n_jobs=2`` four tasks took
    5 to 8 s, and each worker 265 MB of its own. Give a list there, ``list(found.data)``: joblib then sends references
    to the file, in 1 to 2 s, and a worker takes 7 MB. Threads (``joblib.parallel_config("threading")``) copy nothing.

    The cache is never written to `data_home`. It lies in the folder that the environment variable ``ECGCLF_DATA``
    names, else in the platform's: ``$XDG_CACHE_HOME/ecgclf`` (by default ``~/.cache/ecgclf``) on Linux,
    ``~/Library/Caches/ecgclf`` on macOS, in ``%LOCALAPPDATA%`` on Windows. It is made anew when the recordings
    change, and may be deleted at any time. Downloads are checked against PhysioNet's ``SHA256SUMS.txt``.

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
    check_choice("version", version, COUNTS)
    home = user_folder() if data_home is None else Path(data_home)
    archive_path = _locate(home, _ARCHIVE, download_if_missing)
    labels_path = _locate(home, f"REFERENCE-{version}.csv", download_if_missing)
    label_of = read_labels(labels_path)
    _check_version(label_of, version, labels_path)
    with Archive(archive_path) as archive:
        names, lengths = archive.record_names, archive.lengths
        if not names:
            raise ValueError(f"{archive_path} has no recordings (training2017/A00001.hea and .mat, and so on).")
        unlabelled = [name for name in names if name not in label_of]
        if unlabelled:
            raise ValueError(
                f"{len(unlabelled)} recordings of {archive_path} are not in {labels_path.name} (first "
                f"{unlabelled[0]}). Take both from the same release."
            )
        flat, sampling_rate, lead_name = read_cached(archive)
    absent = len(label_of.keys() - set(names))
    if absent:
        warn(
            f"{absent} of the {len(label_of)} recordings in {labels_path.name} are not in {archive_path}; the "
            f"other {len(names)} are read.",
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
        DESCR=describe(f"{len(names)} of the {N_RECORDINGS} recordings of the training set, labels {version}", target),
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


def _check_version(label_of, version, path):
    """Refuse labels that are known to be those of another version; a renamed file answers in silence otherwise."""
    found = list(label_of.values())
    counts = tuple(found.count(label) for label in LABELS)
    other = next((name for name, known in COUNTS.items() if known == counts and name != version), None)
    earliest = path.with_name("REFERENCE-v0.csv")
    if version == "v1" and earliest.is_file() and read_labels(earliest) == label_of:
        other = "v0"
    if other is not None:
        raise ValueError(
            f"{path} holds the labels {other} under the name of {version}. Pass version={other!r}, or put the right "
            f"file there from {BASE_URLS[0]}."
        )
