"""What is trained: one recipe a shipped model, all of the public API, and the recordings it is trained on."""

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline

from ecgclf.augmentation import RandomChanges
from ecgclf.classifiers import ATICNNClassifier
from ecgclf.datasets import fetch_cinc2017, load_cinc2017_sample
from ecgclf.preprocessing import BandpassFilter, Resampler

_NETWORK = ATICNNClassifier(
    residual=False,
    n_filters=(24, 32, 64, 96),
    depths=(2, 2, 2, 2),
    kernel_size=7,
    stem_kernel_size=15,
    stem_stride=2,
    max_epochs=30,
    batch_size=32,
    net_params={"criterion__label_smoothing": 0.05},
    precision="bfloat16",
    # Keep the label, and are what electrodes, hands and hearts do to a recording.
    augmentation=RandomChanges(
        time_scaling=0.15,
        amplitude=0.3,
        polarity=0.5,
        baseline_wander=0.3,
        noise=0.1,
        crop=2000,
        sampling_rate=100,
    ),
    random_state=0,
)


def _behind_filter(network):
    """Give a network what comes before each of them.

    The filter is for other devices: what wanders or leaps is, of this one, gone before the recording is written.
    """
    return Pipeline(
        [
            ("filter", BandpassFilter(0.5, 40.0, sampling_rate=300.0)),
            ("decimate", Resampler(100.0, sampling_rate=300.0)),
            ("classify", network),
        ]
    )


RECIPES = {
    "ensemble-cinc2017": _behind_filter(_NETWORK),
    "tiny-cinc2017": _behind_filter(
        clone(_NETWORK).set_params(
            n_filters=(8, 10, 12, 14),
            kernel_size=5,
            n_units=14,
            n_attention_units=10,
            dropout=0.1,
            max_epochs=60,
            learning_rate=0.012,
            precision="float32",
        )
    ),
}

# Whether the models of the folds are shipped together, or one that was trained on all.
ENSEMBLE = {"ensemble-cinc2017": True, "tiny-cinc2017": False}

_COMMON = {
    "data": "6,827 of the 8,528 recordings of the training set of the PhysioNet/CinC Challenge 2017 (Clifford et al. "
    "2017, doi:10.22489/CinC.2017.065-469): one lead of a hand-held device (AliveCor), 300 Hz, 9 to 61 s. Not "
    "among them are the 200 recordings inside the package, A03123, which is the same signal as A02656, and 1,500 kept "
    "elsewhere.",
    "labels": "PhysioNet's version v3: N normal, A atrial fibrillation, O other rhythm, ~ too noisy to tell. Experts "
    "disagree on many of them: the organisers' first labels score 0.94 against these.",
    "split": "Five folds, stratified, by recordings (the data do not tell patients). Networks are those of the last "
    "epoch; none of them was trained on a recording that it is counted by. What they are made of, and how they are "
    "trained, was chosen with the scores of folds 3 and 4 in sight, and that recordings are filtered with the records "
    "from elsewhere, where other networks at 100 Hz had missed atrial fibrillation: all these figures may be a little "
    "kind. Figures out of fold are of single networks, with the temperature that the other folds ask for.",
    "intended_use": "Research and teaching: a baseline to beat, a model to explain, a first look at recordings of one "
    "lead from hand-held or wearable devices.",
    "limits": "Trained on one device, on people of whom nothing is told, on recordings of 9 to 61 s. "
    "Every other arrhythmia is O. What it says of other leads, devices and Holter records is not what it was trained "
    "for: see the figures from elsewhere. A recording of anything gets an answer, a flat line with a "
    "warning.",
    "licence": "BSD-3-Clause. Trained on data under the Open Data Commons Attribution License 1.0, attributed to "
    "PhysioNet (Goldberger et al. 2000, doi:10.1161/01.CIR.101.23.e215) and the authors of the challenge.",
}
ABOUT = {
    "ensemble-cinc2017": {
        "summary": "Rhythm of a single-lead ECG by convolutions with an LSTM and attention over time, at 100 Hz: the "
        "mean of five networks, each trained without one fifth of the recordings.",
        **_COMMON,
        "split": f"{_COMMON['split']} That no other kind of network is averaged with them was chosen with the scores "
        "of all folds.",
    },
    "tiny-cinc2017": {
        "summary": "Rhythm of a single-lead ECG by fewer than 10,000 weights: convolutions with an LSTM and attention "
        "over time, at 100 Hz, for phones, microcontrollers and impatience.",
        **_COMMON,
    },
}


def network_of(recipe):
    """Give the network of a recipe or a fitted one, which may have steps before it."""
    return recipe[-1] if isinstance(recipe, Pipeline) else recipe


def file_of(fold):
    """Give the name, without its ending, of the files of a classifier that has not seen a fold."""
    return f"fold-{fold}" if fold < FOLDS.get_n_splits() else "all"


FOLDS = StratifiedKFold(5, shuffle=True, random_state=0)

# The same signal as A02656, which stays.
_TWIN = "A03123"


def load(folder):
    """Read the training recordings of CinC 2017 without those that ship with the package.

    Parameters
    ----------
    folder : path-like
        As for `fetch_cinc2017`.

    Returns
    -------
    X : ndarray of shape (n_recordings,) and dtype object
        The recordings, in mV.
    y : ndarray of shape (n_recordings,)
        Their labels, v3.
    names : ndarray of shape (n_recordings,)
        Their names.
    """
    everything = fetch_cinc2017(folder)
    left_out = {*load_cinc2017_sample().record_names, _TWIN}
    kept = np.array([name not in left_out for name in everything.record_names])
    return everything.data[kept], everything.target[kept], np.array(everything.record_names)[kept]
