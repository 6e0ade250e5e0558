"""What the commands read and write."""

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

# What a first line may call the columns of a file of labels, in any case.
_COLUMNS = {
    "record": ("record", "recording", "record name", "name", "file", "file name", "filename"),
    "label": ("label", "rhythm", "class", "target", "diagnosis"),
}


class UsageError(ValueError):
    """What was asked for cannot be done as it was asked; the exit code is 2."""


def check_writable(path, suffixes=None):
    """Refuse, before anything is computed, a file that could not be written.

    Parameters
    ----------
    path : pathlib.Path
        The file to write.
    suffixes : sequence of str, default=None
        What it may end with.
    """
    folder = path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"{path} cannot be written: {folder} is no folder that you can write to.")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} cannot be written: it is there, and no file.")
    if suffixes is not None and path.suffix not in suffixes:
        raise UsageError(f"{path} has to end with one of {', '.join(suffixes)}.")


@contextmanager
def whole(path):
    """Give a path to write to; what was written there takes the place of `path` once the block has ended well.

    Parameters
    ----------
    path : pathlib.Path
        The file wanted.

    Yields
    ------
    pathlib.Path
        A file of the same suffix in a folder beside it.
    """
    with tempfile.TemporaryDirectory(prefix=".ecgclf-", dir=path.parent) as scratch:
        draft = Path(scratch) / path.name
        yield draft
        os.replace(draft, path)


def draw(out, display, *args, **kwargs):
    """Draw into a file.

    Parameters
    ----------
    out : pathlib.Path
        The picture; its suffix says of what kind.
    display : callable
        Makes a display of the other arguments.
    *args, **kwargs : object
        What it is given.
    """
    import matplotlib

    # A picture for a file needs no screen.
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure = display(*args, **kwargs).figure_
    try:
        with whole(out) as draft:
            figure.savefig(draft, bbox_inches="tight")
    finally:
        plt.close(figure)


def find(paths):
    """Find the records that were named, on the command line or by their folder.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Records and folders.

    Returns
    -------
    headers : list of pathlib.Path
        The records that are there.
    errors : dict of {str: str}
        What is not, and why.
    """
    from ecgclf.datasets import find_records

    headers, errors = {}, {}
    for path in paths:
        try:
            # A record may be named by each of its files, and by its folder.
            headers |= {header.resolve(): header for header in find_records(path) if header.resolve() not in headers}
        except (OSError, ValueError) as error:
            errors[str(path)] = str(error)
    return list(headers.values()), errors


def read(header, model, lead, missing):
    """Read one record as a model takes it.

    Parameters
    ----------
    header : pathlib.Path
        Its header.
    model : Model
        Tells the sampling rate and the number of leads.
    lead : str or None
        The lead wanted.
    missing : str
        What to do about missing samples, as `read_recordings` takes it.

    Returns
    -------
    recording : ndarray of shape (n_timepoints,) or (n_leads, n_timepoints)
        In mV, at the rate of the model.
    lead_names : list of str
        Its leads.

    Raises
    ------
    ValueError
        If it cannot be read, is no voltage, or has other leads than the model takes.
    OSError
        If a file is missing.
    """
    from ecgclf.datasets import read_recordings

    found = read_recordings(header, sampling_rate=model.sampling_rate, leads=lead, missing=missing)
    wanted, names = model.n_leads, found.lead_names
    if wanted is not None and len(names) != wanted:
        raise ValueError(
            f"{header} has {len(names)} leads ({', '.join(names)}), and {model.name} takes {wanted}."
            + (" Choose one with --lead." if wanted == 1 else "")
        )
    _refuse_other_units(found, header)
    return found.data[0], names


def _refuse_other_units(found, where):
    strange = [f"{name} in {unit}" for name, unit in zip(found.lead_names, found.units, strict=True) if unit != "mV"]
    if strange:
        raise ValueError(f"{where} has {', '.join(strange)}, which is no voltage. Choose another with --lead.")


def read_labelled(data, labels, lead, missing, sampling_rate=None):
    """Read recordings with their labels, for training and evaluation.

    Parameters
    ----------
    data : pathlib.Path
        A folder of records, or one with PhysioNet's archive of the Challenge 2017.
    labels : pathlib.Path or None
        A CSV file of lines RECORD,LABEL, or of more columns, two of which its first line names so.
    lead : str or None
        The lead wanted.
    missing : str
        What to do about missing samples, as `read_recordings` takes it.
    sampling_rate : float, default=None
        The rate wanted; None is that of the records.

    Returns
    -------
    found : sklearn.utils.Bunch
        With `data`, `target`, `record_names` and `sampling_rate`.
    """
    import numpy as np

    from ecgclf.datasets import fetch_cinc2017, find_records, read_recordings

    if not data.is_dir():
        raise UsageError(f"{data} is no folder. Give one of WFDB records with --data.")
    archive = any((folder / "training2017.zip").is_file() for folder in (data, data / "cinc2017"))
    if archive and labels is None and lead is None and sampling_rate in (None, 300.0):
        return fetch_cinc2017(data, download_if_missing=False)
    label_of = _read_labels(data, labels)
    there = find_records(data)
    headers = [header for header in there if header.stem in label_of]
    if not headers:
        raise UsageError(
            f"None of the {len(label_of)} labelled records is in {data}: the first label is of "
            f"{next(iter(label_of))!r}, the first record is {there[0].stem!r}."
        )
    without = len(label_of) - len(headers), len(there) - len(headers)
    if any(without):
        print(
            f"ecgclf: {len(headers)} records have a label; {without[0]} labels without a record in {data} and "
            f"{without[1]} records without a label are left out.",
            file=sys.stderr,
        )
    found = read_recordings(headers, leads=lead, sampling_rate=sampling_rate, missing=missing)
    _refuse_other_units(found, data)
    found.target = np.array([label_of[name] for name in found.record_names])
    return found


def _read_labels(data, labels):
    import csv

    if labels is None:
        candidates = [data / name for name in ("REFERENCE.csv", "REFERENCE-v3.csv")]
        labels = next((path for path in candidates if path.is_file()), None)
        if labels is None:
            raise UsageError(f"{data} has no REFERENCE.csv. Name the file of labels with --labels.")
    if not labels.is_file():
        raise UsageError(f"there is no file {labels}. Give a CSV file of lines RECORD,LABEL with --labels.")
    label_of = {}
    with open(labels, newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = [(number, [cell.strip() for cell in row]) for number, row in enumerate(csv.reader(file), start=1)]
    rows = [(number, row) for number, row in rows if any(row)]
    columns = _columns_of(rows[0][1], labels) if rows else None
    for number, row in rows[1:] if columns else rows:
        told = [row[k] for k in columns if k < len(row)] if columns else row
        if columns is None and any(row[2:]):
            raise UsageError(
                f"{labels}, line {number}: {len(row)} columns, {','.join(row)[:60]!r}; expected RECORD,LABEL, or a "
                "first line that names the columns record and label."
            )
        if len(told) < 2 or not told[0] or not told[1]:
            raise UsageError(f"{labels}, line {number}: {','.join(row)[:60]!r}; expected RECORD,LABEL.")
        name = Path(told[0]).name
        if name.endswith((".hea", ".mat", ".dat")):
            name = Path(name).stem
        if name in label_of:
            raise UsageError(f"{labels}, line {number}: {name} is labelled before.")
        label_of[name] = told[1]
    return label_of


def _columns_of(first, labels):
    """Tell which columns hold records and labels, by the first line; None where it names neither."""
    names = [cell.lower().replace("_", " ") for cell in first]
    found = {what: [k for k, name in enumerate(names) if name in known] for what, known in _COLUMNS.items()}
    if not any(found.values()):
        return None
    for what, columns in found.items():
        if len(columns) != 1:
            named = " and ".join(first[k] for k in columns)
            raise UsageError(
                f"{labels} has the columns {', '.join(first)[:60]}: "
                + (f"{named} may each be the {what}." if columns else f"none is the {what}.")
                + f" Name one of them {what}; known are {', '.join(_COLUMNS[what])}."
            )
    return found["record"] + found["label"]
