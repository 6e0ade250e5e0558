"""Files of recorders and hospitals, read by ecgdatakit; the only file that imports it."""

import warnings
from functools import partial
from pathlib import Path

import numpy as np

from ecgclf._warnings import warn
from ecgclf.datasets._gather import Record, gather
from ecgclf.datasets._wfdb_find import as_paths

_SEXES = {"M": "male", "F": "female"}


def read_with_ecgdatakit(paths, *, sampling_rate=None, leads=None, missing="raise", on_error="raise"):
    """Read files of HL7 aECG, SCP-ECG, DICOM, EDF and other formats, by means of ecgdatakit.

    ecgdatakit [1]_ knows which format a file has by its content, and reads it; here its recordings become a collection
    like that of :func:`read_recordings`. It is no part of ecgclf: ``pip install "ecgclf[ecgdatakit]"``.

    Parameters
    ----------
    paths : path-like or sequence of path-like
        Files, each of one recording.
    sampling_rate : float, default=None
        The sampling rate of the collection, in Hz: recordings of another rate are resampled. With None all must have
        the same rate.
    leads : str or sequence of str, default=None
        The leads to keep, in this order; capital and small letters are the same. With None all signals are kept, and
        all files must have the same ones in the same order.
    missing : {"raise", "interpolate", "zero", "keep"}, default="raise"
        What to do about samples that a file marks as missing, as for :func:`read_recordings`.
    on_error : {"raise", "warn"}, default="raise"
        What to do about a file that cannot be read: raise, or leave it out with a warning that names it.

    Returns
    -------
    recordings : :class:`~sklearn.utils.Bunch`
        As :func:`read_recordings` gives it. In `metadata`, `Dx` is None, and `comments` are the statements of the
        device or the physician, one a line. Names and birth dates are not among them.

    Raises
    ------
    ImportError
        If ecgdatakit, or what it needs for a format, is not installed.
    ValueError
        If a file is of no format that ecgdatakit knows, is damaged, has signals without a scale in volts, or of
        different rates or lengths; if the files differ in rate or leads. The message names the file.
    OSError
        If a file is missing or cannot be opened.

    Warns
    -----
    UserWarning
        What ecgdatakit warns of, such as a file that ends before its header says, with the name of the file.

    See Also
    --------
    read_recordings : WFDB records, which are better read by that.

    Notes
    -----
    Tested with ecgdatakit 2.0, on files of EDF, HL7 aECG, SCP-ECG and DICOM that the tests make. Many EDF files have
    signals of different rates, or others than ECG: name those to read by `leads`.

    References
    ----------
    .. [1] Fall A. ECGDataKit. UMMISCO, IRD. https://ecgdatakit.ummisco.fr

    Examples
    --------
    >>> from ecgclf.datasets import read_with_ecgdatakit
    >>> recordings = read_with_ecgdatakit(["a.xml", "b.xml"], sampling_rate=300)  # doctest: +SKIP
    """

    def read(path):
        return _read(path, None if leads is None else [leads] if isinstance(leads, str) else leads)

    return gather(
        partial(_files, paths),
        read,
        what="files, by ecgdatakit",
        sampling_rate=sampling_rate,
        leads=leads,
        missing=missing,
        on_error=on_error,
    )


def _files(paths):
    files = [Path(path) for path in as_paths(paths)]
    if not files:
        raise ValueError("No paths were given; give at least one file.")
    for file in files:
        if not file.is_file():
            raise FileNotFoundError(f"There is no file {file}. Give the paths of files, each of one recording.")
    return files


def _read(path, leads):
    parser = _import().FileParser
    kind = parser.detect_format(path)
    if kind is not None and kind["name"].startswith("WFDB"):
        raise ValueError(f"{path} is a WFDB record. Read it with read_recordings.")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = parser.parse(path, units="mV")
        except (OSError, ImportError):
            raise
        except Exception as error:
            # Its own errors are no ValueErrors, and not all that a damaged file can lead to are its own.
            raise ValueError(f"{path} cannot be read by ecgdatakit: {error or repr(error)}") from error
    for warning in said:
        warn(f"{path}: {warning.message}", warning.category)
    return _record(path, found, leads), _metadata(found)


def _record(path, found, wanted):
    chosen = found.leads
    if wanted is not None:
        names = {name.lower() for name in wanted}
        # If none is left, the names are wrong, and whoever selects says so.
        chosen = [lead for lead in chosen if lead.label.lower() in names] or chosen
    if not chosen:
        raise ValueError(f"{path} has no signals.")
    without_scale = [lead.label for lead in chosen if lead.is_raw]
    if without_scale:
        raise ValueError(f"{path} does not say how many ADC units of {', '.join(without_scale)} are a volt.")
    # Rates are rounded to whole numbers, but for EDF it tells the exact ones.
    exact = found.raw_metadata.get("exact_sampling_rates", {})
    rates = [float(exact.get(lead.label, lead.sampling_rate)) for lead in chosen]
    if len({(rate, len(lead.samples)) for rate, lead in zip(rates, chosen, strict=True)}) > 1:
        described = [f"{lead.label} ({len(lead.samples)} at {r:g} Hz)" for lead, r in zip(chosen, rates, strict=True)]
        raise ValueError(
            f"{path} has signals of different rates or lengths: {', '.join(described)}. Name those to read by "
            "leads=[...]."
        )
    with np.errstate(over="ignore"):
        signal = np.array([lead.samples for lead in chosen]).astype(np.float32)
    if signal.size == 0 or np.isinf(signal).any():
        raise ValueError(f"{path} has no samples, or some beyond float32.")
    return Record(path.stem, signal, [lead.label for lead in chosen], [lead.units for lead in chosen], rates[0])


def _metadata(found):
    age, statements = found.patient.age, found.interpretation.statements
    return {
        "age": float("nan") if age is None else float(age),
        "sex": _SEXES.get(found.patient.sex),
        "Dx": None,
        "comments": "\n".join(" ".join(part for part in statement if part) for statement in statements),
    }


def _import():
    try:
        import ecgdatakit
    except ImportError as error:
        raise ImportError(
            'read_with_ecgdatakit needs ecgdatakit, which is not installed: pip install "ecgclf[ecgdatakit]".'
        ) from error
    return ecgdatakit
