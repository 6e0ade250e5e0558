"""Atrial fibrillation or not, per 30 s of records from other devices and other hospitals."""

import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score, recall_score, roc_auc_score

from ecgclf.metrics import Estimate
from ecgclf.signal import resample

SECONDS = 30
# Marks of atrial fibrillation; CPSC 2021 closes an episode by "(N", MIT-BIH by whatever rhythm follows.
_AF = "(AFIB"


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
    with warnings.catch_warnings():
        # wfdb uses what pandas deprecates.
        warnings.simplefilter("ignore")
        import wfdb

        signals, about = wfdb.rdsamp(record, channels=[0])
        marks = wfdb.rdann(record, "atr")
    rate, n_timepoints = about["fs"], len(signals)
    af = np.zeros(n_timepoints, dtype=bool)
    rhythm = [(at, note.strip("\x00")) for at, note in zip(marks.sample, marks.aux_note, strict=True)]
    changes = [(at, note) for at, note in rhythm if note.startswith("(")]
    for (start, note), (stop, _) in pairwise([*changes, (n_timepoints, "")]):
        af[start:stop] = note == _AF
    length = round(SECONDS * rate)
    windows, in_af = [], []
    for start in range(0, n_timepoints - length + 1, length):
        share = af[start : start + length].mean()
        if share in (0, 1):
            window = signals[start : start + length, 0]
            windows.append(resample(window, sampling_rate=rate, new_sampling_rate=sampling_rate).astype(np.float32))
            in_af.append(bool(share))
    return windows, in_af


def check(model, classes, sampling_rate, folder, n_resamples=1000):
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
    n_resamples : int, default=1000
        Resampled sets of records, for the intervals: windows of one record are alike.

    Returns
    -------
    dict
        As `ecgclf.pretrained.ModelCard` has it under `external`.
    """
    truth, chance, answer, record_of = [], [], [], []
    records = sorted(path.with_suffix("") for path in Path(folder).glob("*.atr"))
    for number, record in enumerate(records):
        windows, in_af = windows_of(str(record), sampling_rate)
        if not windows:
            continue
        probabilities = model.predict_proba(windows)
        truth += in_af
        chance += probabilities[:, list(classes).index("A")].tolist()
        answer += (model.predict(windows) == "A").tolist()
        record_of += [number] * len(windows)
    truth, chance, answer, record_of = map(np.array, (truth, chance, answer, record_of))
    rng = np.random.RandomState(0)
    figures = [_figures(truth, chance, answer)]
    members = [np.flatnonzero(record_of == number) for number in np.unique(record_of)]
    while len(figures) <= n_resamples:
        rows = np.concatenate([members[i] for i in rng.randint(len(members), size=len(members))])
        if 0 < truth[rows].sum() < len(rows):
            figures.append(_figures(truth[rows], chance[rows], answer[rows]))
    figures = np.array(figures)
    low, high = np.percentile(figures[1:], [2.5, 97.5], axis=0)
    named = dict(
        zip(("sensitivity", "specificity", "f1", "auroc"), zip(figures[0], low, high, strict=True), strict=True)
    )
    return {
        "n_records": len(members),
        "n_windows": len(truth),
        "n_af": int(truth.sum()),
        **{key: Estimate(*map(float, each)) for key, each in named.items()},
    }


def _figures(truth, chance, answer):
    return (
        recall_score(truth, answer),
        recall_score(~truth, ~answer),
        f1_score(truth, answer),
        roc_auc_score(truth, chance),
    )
