"""The signals of PTB-XL, tens of thousands of small records, read into one array.

The headers are all of one form, which is read here 50 times faster than wfdb reads it; any other form is left to wfdb.
"""

import re

import numpy as np

from ecgclf._warnings import warn
from ecgclf._words import some
from ecgclf.datasets import _wfdb
from ecgclf.datasets._wfdb_missing import fill

_MAX_HEADER_BYTES = 1 << 14
_MISSING = -(2**15)
_SIGNAL = re.compile(r"\S+ 16 (\d{1,6}(?:\.\d{1,6})?)(?:\(0\))?/mV 16 0 -?\d{1,6} (-?\d{1,6}) 0 (\w{1,10})", re.ASCII)


def check_there(folder, names):
    """Check that all records are there, before any is read.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of PTB-XL.
    names : list of str
        Paths of the records in it, without suffix.

    Returns
    -------
    list of int
        The bytes of their signal files.

    Raises
    ------
    OSError
        If a file is missing. The message names the first ones, and tells how many.
    """
    sizes, absent = [], []
    for name in names:
        for suffix in (".hea", ".dat"):
            try:
                size = (folder / f"{name}{suffix}").stat().st_size
            except OSError:
                absent.append(f"{name}{suffix}")
            else:
                sizes += [size] if suffix == ".dat" else []
    if absent:
        raise FileNotFoundError(
            f"{len(absent)} of the {2 * len(names)} files that {folder} should have are not there "
            f"({some(absent, 3)}). fetch_ptbxl({str(folder)!r}) downloads what is missing; folds=[...] asks for less."
        )
    return sizes


def read_records(folder, names, sampling_rate):
    """Read records of the same leads, rate and length.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of PTB-XL.
    names : list of str
        Paths of the records in it, without suffix.
    sampling_rate : float
        Their rate, in Hz.

    Returns
    -------
    data : ndarray of shape (n_recordings, n_leads, n_timepoints) and dtype float32
        In mV.
    lead_names : list of str
        As the headers write them.

    Raises
    ------
    ValueError
        If a record is damaged, has missing samples, or differs from the first. The message names it.
    OSError
        If a file cannot be read.
    """
    sizes = check_there(folder, names)
    data, lead_names, changed = None, None, []
    for i, name in enumerate(names):
        path = folder / f"{name}.hea"
        signal, rate, leads, is_as_summed = _read_one(path)
        if not is_as_summed:
            changed.append(name)
        if rate != sampling_rate:
            raise ValueError(f"{path} has {rate:g} Hz, and this part of PTB-XL {sampling_rate:g} Hz.")
        if data is None:
            # In the file a sample has two bytes, here four: no table can ask for more memory than that.
            if len(names) * signal.size > sum(sizes):
                raise ValueError(
                    f"{path} declares {signal.size} samples; all {len(names)} records have {sum(sizes)} bytes."
                )
            data, lead_names = np.empty((len(names), *signal.shape), dtype=np.float32), leads
        if leads != lead_names or signal.shape != data.shape[1:]:
            raise ValueError(
                f"{path} has {signal.shape[1]} timepoints of the leads {', '.join(leads)}; {names[0]} has "
                f"{data.shape[2]} of {', '.join(lead_names)}."
            )
        data[i] = signal
    if changed:
        warn(
            f"The checksums that the headers state are not those of the samples of {len(changed)} of {len(names)} "
            f"records ({some(changed, 3)}). Delete these, and fetch_ptbxl({str(folder)!r}) downloads them again."
        )
    return data, lead_names


def _read_one(path):
    with open(path, "rb") as file:
        lines = file.read(_MAX_HEADER_BYTES).decode("latin-1").split("\n")
    lines = [line.strip(" \t\r") for line in lines]
    lines = [line for line in lines if line and not line.startswith("#")]
    first = re.fullmatch(rf"{re.escape(path.stem)} (\d{{1,2}}) (\d{{2,4}}) (\d{{1,6}})", lines[0]) if lines else None
    leads = [_SIGNAL.fullmatch(line) for line in lines[1:]]
    file = f"{path.stem}.dat "
    if (
        first is None
        or not leads
        or None in leads
        or len(leads) != int(first[1])
        or not all(line.startswith(file) for line in lines[1:])
        or not all(float(lead[1]) for lead in leads)
    ):
        record = fill(_wfdb.read_record(path), "raise", path)
        other = next((line.split()[0] for line in lines[1:] if not line.startswith(file)), None)
        if other is not None:
            raise ValueError(f"{path} has its signals in {other[:60]}; PTB-XL has them in {file.strip()}.")
        strange = [unit for unit in record.units if unit != "mV"]
        if strange:
            raise ValueError(f"{path} has a signal in {strange[0]}, which is no voltage.")
        return record.signal, record.sampling_rate, record.lead_names, True
    shape = int(first[3]), len(leads)
    dat, declared = path.with_suffix(".dat"), shape[0] * shape[1]
    if dat.stat().st_size != 2 * declared or not declared:
        raise ValueError(
            f"{dat} has {dat.stat().st_size} bytes, and {path.name} declares {declared} samples of 2 bytes."
        )
    samples = np.fromfile(dat, "<i2")
    if samples.min() == _MISSING:
        raise ValueError(f"{path} has missing samples, which no recording of PTB-XL has.")
    samples = samples.reshape(shape)
    sums = samples.sum(axis=0, dtype=np.int64) - [int(lead[2]) for lead in leads]
    signal = samples.T / np.array([[float(lead[1])] for lead in leads])
    return signal.astype(np.float32), float(first[2]), [lead[3] for lead in leads], not (sums % (1 << 16)).any()
