"""Recordings with their labels, as `train` and `evaluate` read them."""

import sys
from pathlib import Path

import numpy as np

from ecgclf.cli._files import UsageError, refuse_other_units

# What a first line may call the columns of a file of labels, in any case.
_COLUMNS = {
    "record": ("record", "recording", "record name", "name", "file", "file name", "filename"),
    "label": ("label", "rhythm", "class", "target", "diagnosis"),
}


def read_labelled(data, labels, leads, missing, sampling_rate=None):
    """Read recordings with their labels, for training and evaluation.

    Parameters
    ----------
    data : pathlib.Path
        A folder of records, or one with PhysioNet's archive of the Challenge 2017.
    labels : pathlib.Path or None
        A CSV file of lines RECORD,LABEL, or of more columns, two of which its first line names so.
    leads : str, list of str or None
        The leads wanted.
    missing : str
        What to do about missing samples, as `read_recordings` takes it.
    sampling_rate : float, default=None
        The rate wanted; None is that of the records.

    Returns
    -------
    found : sklearn.utils.Bunch
        With `data`, `target`, `record_names`, `lead_names` and `sampling_rate`.
    """
    if not data.is_dir():
        raise UsageError(f"{data} is no folder. Give one of WFDB records with --data.")
    if any((folder / "training2017.zip").is_file() for folder in (data, data / "cinc2017")):
        found, label_of = _read_archive(data, labels, leads, sampling_rate)
    else:
        found, label_of = _read_records(data, labels, leads, missing, sampling_rate)
    found.target = np.array([label_of[name] for name in found.record_names])
    return found


def _read_archive(data, labels, leads, sampling_rate):
    from ecgclf.datasets import fetch_cinc2017
    from ecgclf.signal import resample

    found = fetch_cinc2017(data, download_if_missing=False)
    if leads is not None and [name.lower() for name in np.atleast_1d(leads)] != [found.lead_names[0].lower()]:
        raise UsageError(f"the recordings in {data} have one lead, {found.lead_names[0]}; leave --lead out.")
    if labels is None:
        label_of = dict(zip(found.record_names, found.target.tolist(), strict=True))
    else:
        label_of = _read_labels(data, labels)
    kept = _labelled(found.record_names, label_of, data)
    found.data, found.record_names = found.data[kept], [found.record_names[k] for k in kept]
    if sampling_rate not in (None, found.sampling_rate):
        found.data = [resample(x, found.sampling_rate, sampling_rate) for x in found.data]
        found.sampling_rate = sampling_rate
    return found, label_of


def _read_records(data, labels, leads, missing, sampling_rate):
    from ecgclf.datasets import find_records, read_recordings

    label_of = _read_labels(data, labels)
    headers = find_records(data)
    kept = _labelled([header.stem for header in headers], label_of, data)
    headers = [headers[k] for k in kept]
    found = read_recordings(headers, leads=leads, sampling_rate=sampling_rate, missing=missing)
    refuse_other_units(found, data)
    return found, label_of


def _labelled(names, label_of, data):
    """Give the places of the records that have a label; tell how many have none."""
    kept = [k for k, name in enumerate(names) if name in label_of]
    if not kept:
        raise UsageError(
            f"None of the {len(label_of)} labelled records is in {data}: the first label is of "
            f"{next(iter(label_of))!r}, the first record is {names[0]!r}."
        )
    without = len(label_of) - len(kept), len(names) - len(kept)
    if any(without):
        print(
            f"ecgclf: {len(kept)} records have a label; {without[0]} labels without a record in {data} and "
            f"{without[1]} records without a label are left out.",
            file=sys.stderr,
        )
    return kept


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
    try:
        with open(labels, newline="", encoding="utf-8-sig") as file:
            rows = [(number, [cell.strip() for cell in row]) for number, row in enumerate(csv.reader(file), start=1)]
    except UnicodeDecodeError as error:
        raise UsageError(f"{labels} is no text in UTF-8 ({error.reason}). Save it as CSV in UTF-8.") from error
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
    if not label_of:
        raise UsageError(f"{labels} holds no labels; expected lines RECORD,LABEL.")
    return label_of


def _columns_of(first, labels):
    """Tell which columns hold records and labels, by the first line; None where it names neither."""
    names = [cell.lower().replace("_", " ") for cell in first]
    # The word itself goes before others for it.
    found = {
        what: [k for k, name in enumerate(names) if name == what]
        or [k for k, name in enumerate(names) if name in known]
        for what, known in _COLUMNS.items()
    }
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
