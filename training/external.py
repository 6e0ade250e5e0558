"""Atrial fibrillation or not, per 30 s of records from other devices and other hospitals."""

from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score, recall_score, roc_auc_score

from ecgclf.datasets import read_annotations, read_recordings, windows_with_rhythm
from ecgclf.metrics import Estimate
from ecgclf.signal import resample

SECONDS = 30


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
    signal, rate = found.data[0][0], found.sampling_rate
    length = round(SECONDS * rate)
    starts, stops, shares = windows_with_rhythm(read_annotations(record), "AFIB", length)
    windows, in_af = [], []
    for start, stop, share in zip(starts, stops, shares, strict=True):
        # What is left over at the end would be in two windows.
        if share in (0, 1) and start % length == 0 and stop - start == length:
            windows.append(resample(signal[start:stop], sampling_rate=rate, new_sampling_rate=sampling_rate))
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
