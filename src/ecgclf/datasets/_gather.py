"""Records of any format, one by one, become a collection of recordings."""

import os
from typing import NamedTuple

import numpy as np
from sklearn.utils import Bunch

from ecgclf._parameters import check_choice
from ecgclf._rates import check_rate
from ecgclf._recordings import object_array
from ecgclf._warnings import warn
from ecgclf.datasets._wfdb_metadata import as_frame
from ecgclf.datasets._wfdb_missing import at_rate, fill

_MISSING = ("raise", "interpolate", "zero", "keep")


class Record(NamedTuple):
    """A recording as it was read: `signal` of shape (n_leads, n_timepoints), NaN for missing samples."""

    name: str
    signal: np.ndarray
    lead_names: list
    units: list
    sampling_rate: float


def gather(find, read, *, what, sampling_rate, leads, missing, on_error):
    """Read records and bring them to one rate, under the policies of :func:`read_recordings`.

    Parameters
    ----------
    find : callable
        Gives the paths, once the other arguments are known to be good.
    read : callable
        Takes a path and gives a `Record`, and its metadata as `as_frame` takes them.
    what : str
        What they are, for the description.
    sampling_rate, leads, missing, on_error : object
        As of :func:`read_recordings`.

    Returns
    -------
    Bunch
        As :func:`read_recordings` describes it.
    """
    check_choice("missing", missing, _MISSING)
    check_choice("on_error", on_error, ("raise", "warn"))
    if sampling_rate is not None:
        check_rate(sampling_rate)
    if leads is not None:
        leads = [leads] if isinstance(leads, str) or not hasattr(leads, "__iter__") else list(leads)
        if not leads or not all(isinstance(lead, str) for lead in leads):
            raise ValueError(f"leads={leads!r} names no leads; give names such as ['I', 'II'].")
    records, metadata, errors = [], [], {}
    # A record may be named by each of its files, by its folder, and by links to them; twice among the rows it would
    # leak across splits.
    for path in {os.path.realpath(path): path for path in find()}.values():
        try:
            record, about = read(path)
            record = fill(_select(record, leads, path), missing, path)
        except (ValueError, OSError) as error:
            if on_error == "raise":
                raise
            errors[str(path)] = str(error)
            warn(f"Record {path} is left out: {error}")
        else:
            records.append(record)
            metadata.append(about)
    if not records:
        reasons = "; ".join(errors.values())
        raise ValueError(f"None of the {len(errors)} records could be read: {reasons}")
    first = records[0]
    for record in records:
        _check_same_leads(record, first)
    rate = _common_rate(records) if sampling_rate is None else float(sampling_rate)
    signals = [at_rate(record.signal, record.sampling_rate, rate) for record in records]
    if len(first.lead_names) == 1:
        signals = [signal[0] for signal in signals]
    names = [record.name for record in records]
    return Bunch(
        data=object_array(signals),
        target=None,
        metadata=as_frame(metadata, names),
        record_names=names,
        lead_names=first.lead_names,
        units=first.units,
        sampling_rate=rate,
        errors=errors,
        DESCR=(
            f"{len(records)} recordings read from {what}, leads {', '.join(first.lead_names)} in "
            f"{', '.join(dict.fromkeys(first.units))}, at {rate:g} Hz; {len(errors)} records could not be read."
        ),
    )


def _select(record, leads, path):
    if leads is None:
        return record
    names = [name.lower() for name in record.lead_names]
    chosen = []
    for lead in leads:
        count = names.count(lead.lower())
        if count != 1:
            raise ValueError(
                f"{path} has {count or 'no'} leads named {lead!r}; it has {', '.join(record.lead_names)}."
            )
        chosen.append(names.index(lead.lower()))
    return record._replace(
        signal=record.signal[chosen],
        lead_names=[record.lead_names[i] for i in chosen],
        units=[record.units[i] for i in chosen],
    )


def _check_same_leads(record, first):
    for what in ("lead_names", "units"):
        theirs, ours = getattr(record, what), getattr(first, what)
        if [name.lower() for name in theirs] != [name.lower() for name in ours]:
            raise ValueError(
                f"Record {record.name} has the {what.replace('_', ' ')} {', '.join(theirs)}; record "
                f"{first.name} has {', '.join(ours)}. Choose leads that all have, or read the "
                "records separately."
            )


def _common_rate(records):
    by_rate = {}
    for record in records:
        by_rate.setdefault(record.sampling_rate, []).append(record.name)
    if len(by_rate) > 1:
        listed = "; ".join(
            f"{rate:g} Hz: {', '.join(names[:10])}{' and others' if len(names) > 10 else ''}"
            for rate, names in sorted(by_rate.items())
        )
        raise ValueError(
            f"The records have different sampling rates ({listed}). Pass sampling_rate= to resample them to one."
        )
    return records[0].sampling_rate
