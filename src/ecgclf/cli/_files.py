"""What the commands read and write."""

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

_LONGEST = 61  # s, of what the trained models have seen


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
        Tells the sampling rate, the number of leads, and their names where it knows them.
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

    found = read_recordings(header, sampling_rate=model.sampling_rate, leads=lead or model.lead_names, missing=missing)
    wanted, names = model.n_leads, found.lead_names
    if wanted is not None and len(names) != wanted:
        raise ValueError(
            f"{header} has {len(names)} leads ({', '.join(names)}), and {model.name} takes {wanted}."
            + (" Choose one with --lead." if wanted == 1 else "")
        )
    refuse_other_units(found, header)
    return found.data[0], names


def tell_if_long(name, seconds, instead):
    """Say that a recording is longer than what the trained models have seen.

    Parameters
    ----------
    name : str
        The record.
    seconds : float
        How long it is.
    instead : str
        What may be done about it.
    """
    if seconds > _LONGEST:
        words = f"{seconds:.0f} s long, and the trained models have seen 9 to 61 s; {instead}."
        print(f"ecgclf: {name} is {words}", file=sys.stderr)


def refuse_other_units(found, where):
    """Refuse recordings of which a lead is no voltage.

    Parameters
    ----------
    found : sklearn.utils.Bunch
        What `read_recordings` gave.
    where : pathlib.Path
        Where they were read.
    """
    strange = [f"{name} in {unit}" for name, unit in zip(found.lead_names, found.units, strict=True) if unit != "mV"]
    if strange:
        raise ValueError(f"{where} has {', '.join(strange)}, which is no voltage. Choose another with --lead.")
