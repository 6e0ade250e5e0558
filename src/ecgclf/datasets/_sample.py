"""Two hundred real recordings of the Challenge 2017, inside the package."""

from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from ecgclf._recordings import object_array
from ecgclf.datasets._archive import Archive, read_all, read_labels, split
from ecgclf.datasets._cinc2017 import describe

_FOLDER = Path(__file__).with_name("data")
_LABELS = read_labels(_FOLDER / "REFERENCE.csv")

#: The names of the recordings in the sample. No model that ships with the package may be trained on them.
SAMPLE_RECORDS = tuple(_LABELS)


def load_cinc2017_sample(*, return_X_y=False):
    """Load 200 recordings of the PhysioNet/CinC Challenge 2017 that ship with the package.

    Real recordings of all four rhythm classes, drawn at random from the training set; the rarer classes have a
    larger share than in the whole. Nothing is downloaded.

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` only.

    Returns
    -------
    sample : :class:`~sklearn.utils.Bunch`
        data : ndarray of shape (200,) and dtype object
            One float32 array of shape (n_timepoints,) a recording, in mV.
        target : ndarray of shape (200,) and dtype str
            The rhythm class, labels v3: "N" normal, "A" atrial fibrillation, "O" other rhythm, "~" too noisy.
        record_names : list of str
            PhysioNet's names, sorted.
        lead_names : list of str
            The one lead, as the headers call it.
        sampling_rate : float
            300.0, in Hz.
        DESCR : str
            What the set is, its licence, and whom to cite.
    (data, target) : tuple if ``return_X_y`` is True

    See Also
    --------
    fetch_cinc2017 : All recordings of the training set.

    Notes
    -----
    No model that ships with this package has been trained on these recordings of the CinC Challenge 2017 [1]_. The
    files are verbatim copies under the Open Data Commons Attribution licence; ``ATTRIBUTION.md`` lies beside them.

    References
    ----------
    .. [1] Clifford GD et al. (2017). AF Classification from a Short Single Lead ECG Recording: The
           PhysioNet/Computing in Cardiology Challenge 2017. Computing in Cardiology 44.
           https://doi.org/10.22489/CinC.2017.065-469

    Examples
    --------
    >>> import numpy as np
    >>> from ecgclf.datasets import load_cinc2017_sample
    >>> sample = load_cinc2017_sample()
    >>> len(sample.data), sample.sampling_rate
    (200, 300.0)
    >>> classes, counts = np.unique(sample.target, return_counts=True)
    >>> dict(zip(classes.tolist(), counts.tolist()))
    {'A': 50, 'N': 70, 'O': 55, '~': 25}
    """
    with Archive(_FOLDER / "cinc2017_sample.zip") as archive:
        flat, sampling_rate, lead_name = read_all(archive)
        data = object_array(split(flat, archive.lengths))
        target = np.array([_LABELS[name] for name in archive.record_names])
        if return_X_y:
            return data, target
        return Bunch(
            data=data,
            target=target,
            record_names=archive.record_names,
            lead_names=[lead_name],
            sampling_rate=sampling_rate,
            DESCR=describe(f"{len(data)} recordings of the training set, labels v3", target),
        )
