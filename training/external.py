"""Atrial fibrillation or not, per 30 s of records from other devices and other hospitals."""

from pathlib import Path

import numpy as np

from ecgclf.datasets import read_annotations, read_recordings, windows_with_rhythm
from ecgclf.metrics._intervals import auroc_estimate, f1_estimate, share_estimate
from ecgclf.signal import resample

SECONDS = 30
# PhysioNet's directory of the MIT-BIH database says so.
ONE_MAN = {"202": "201"}


def windows_of(record, sampling_rate):
    """Cut the first lead of a record with rhythm marks into 30 s that are all in atrial fibrillation or all out of it.

    Parameters
    ----------
    record : str
        Path without suffix.
    sampling_rate : float
        The rate wanted, in Hz.

    Returns
    -------
    windows : list of ndarray of shape (n_timepoints,)
        In mV. Those in which an episode begins or ends are left out.
    in_af : list of bool
        Which are in atrial fibrillation.
    """
    found = read_recordings(record)
    signal, rate = np.atleast_2d(found.data[0])[0], found.sampling_rate
    length = round(SECONDS * rate)
    starts, stops, shares = windows_with_rhythm(read_annotations(record), "AFIB", length)
    windows, in_af = [], []
    for start, stop, share in zip(starts, stops, shares, strict=True):
        # What is left over at the end would be in two windows.
        if share in (0, 1) and start % length == 0 and stop - start == length:
            windows.append(resample(signal[start:stop], sampling_rate=rate, new_sampling_rate=sampling_rate))
            in_af.append(bool(share))
    return windows, in_af


def patient_of(record):
    """Tell whose a record is: records of CPSC 2021 are data_PATIENT_NUMBER, and MIT-BIH took two of one man."""
    parts = record.split("_")
    return parts[1] if parts[0] == "data" and len(parts) == 3 else ONE_MAN.get(record, record)


def check(model, classes, sampling_rate, folder):
    """Ask a model about all records of a folder.

    Parameters
    ----------
    model : estimator
        It has `predict_proba`.
    classes : array-like of str
        Its labels.
    sampling_rate : float
        What it takes, in Hz.
    folder : path-like
        Records with ``.atr`` marks of the rhythm.

    Returns
    -------
    dict
        As `ecgclf.pretrained.ModelCard` has it under `external`.
    """
    truth, chance, answer, record_of = [], [], [], []
    for record in sorted(path.with_suffix("") for path in Path(folder).glob("*.atr")):
        windows, in_af = windows_of(str(record), sampling_rate)
        if not windows:
            continue
        probabilities = model.predict_proba(windows)
        truth += in_af
        chance += probabilities[:, list(classes).index("A")].tolist()
        answer += (model.predict(windows) == "A").tolist()
        record_of += [record.name] * len(windows)
    truth, chance, answer = map(np.array, (truth, chance, answer))
    names, patients = np.unique([patient_of(record) for record in record_of], return_inverse=True)
    return {
        "n_records": len(set(record_of)),
        "n_patients": len(names),
        "n_windows": len(truth),
        "n_af": int(truth.sum()),
        "n_af_patients": len(np.unique(patients[truth])),
        "sensitivity": share_estimate(truth & answer, truth, patients),
        "specificity": share_estimate(~truth & ~answer, ~truth, patients),
        "f1": f1_estimate(truth, answer, patients),
        "auroc": auroc_estimate(truth, chance, patients),
    }
