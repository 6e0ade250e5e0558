"""What is trained: one recipe a shipped model, all of the public API, and the recordings it is trained on."""

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import Bunch

from ecgclf.augmentation import RandomChanges
from ecgclf.classifiers import ATICNNClassifier, BiLSTMClassifier
from ecgclf.datasets import fetch_cinc2017, load_cinc2017_sample
from ecgclf.preprocessing import Resampler

# Keep the label, and are what electrodes, hands and hearts do to a recording.
_CHANGES = RandomChanges(
    time_scaling=0.1, amplitude=0.3, polarity=0.5, baseline_wander=0.3, noise=0.1, sampling_rate=300
)
_CHANGES_AT_100_HZ = {
    "time_scaling": 0.15,
    "amplitude": 0.3,
    "polarity": 0.5,
    "baseline_wander": 0.3,
    "noise": 0.1,
    "sampling_rate": 100,
}


def _at_100_hz(classifier):
    return Pipeline([("resample", Resampler(100.0, sampling_rate=300.0)), ("classify", classifier)])


RECIPES = {
    # Members are named by the rate at which they see a recording, in Hz.
    "ensemble-cinc2017": VotingClassifier(
        [
            ("bilstm-300", BiLSTMClassifier(max_epochs=60, augmentation=_CHANGES, random_state=0)),
            (
                "aticnn-100",
                _at_100_hz(
                    ATICNNClassifier(
                        residual=False,
                        n_filters=(24, 32, 64, 96),
                        depths=(2, 2, 2, 2),
                        kernel_size=7,
                        stem_kernel_size=15,
                        stem_stride=2,
                        max_epochs=30,
                        batch_size=32,
                        label_smoothing=0.05,
                        precision="bfloat16",
                        augmentation=RandomChanges(crop=2000, **_CHANGES_AT_100_HZ),
                        random_state=0,
                    )
                ),
            ),
        ],
        voting="soft",
    ),
    "tiny-cinc2017": BiLSTMClassifier(
        n_filters=10, n_units=14, dropout=0.1, max_epochs=40, augmentation=_CHANGES, random_state=0
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
    "epoch; nothing was chosen on a fold. Figures out of fold are of single networks, with the temperature that the "
    "other folds ask for.",
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
        "summary": "Rhythm of a single-lead ECG: the mean of bidirectional LSTMs over convolutions, at 300 Hz, and of "
        "deeper convolutions with an LSTM and attention over time, at 100 Hz; one of each for every fifth of the "
        "recordings, trained without it.",
        **_COMMON,
        "split": "Five folds, stratified, by recordings (the data do not tell patients). Networks are those of the "
        "last epoch; none of them was trained on a recording that it is counted by. What the networks at 100 "
        "Hz are made of was chosen with the scores of folds 3 and 4 in sight, and that the two kinds are "
        "averaged with those of all folds, of the recordings inside the package and of the records from "
        "elsewhere, where those at 100 Hz miss more: all these figures may be a little kind. Figures out of "
        "fold are of the two networks that had not seen a recording, with the temperature that the other "
        "folds ask for.",
    },
    "tiny-cinc2017": {
        "summary": "Rhythm of a single-lead ECG by fewer than 10,000 weights: a small bidirectional LSTM over "
        "convolutions, for phones, microcontrollers and impatience.",
        **_COMMON,
    },
}


def members(recipe):
    """Give the classifiers of a recipe by name: those of a VotingClassifier, else one without a name."""
    return dict(getattr(recipe, "estimators", {"": recipe}))


def network_of(member):
    """Give the network of a member, which may have steps before it."""
    return member[-1] if isinstance(member, Pipeline) else member


def joined(recipe, fitted):
    """Make of fitted members what `fit` of the recipe would have made.

    Parameters
    ----------
    recipe : estimator
        A classifier, or a VotingClassifier.
    fitted : dict of {str: estimator}
        By names as `members` gives them.

    Returns
    -------
    estimator
        Fitted.
    """
    if not hasattr(recipe, "estimators"):
        return fitted[""]
    vote = clone(recipe)
    vote.estimators_ = [fitted[name] for name in members(recipe)]
    vote.named_estimators_ = Bunch(**fitted)
    vote.le_ = LabelEncoder().fit(vote.estimators_[0].classes_)
    vote.classes_ = vote.le_.classes_
    return vote


def file_of(fold, member):
    """Give the name, without its ending, of the files of a member that has not seen a fold."""
    return (f"fold-{fold}" if fold < FOLDS.get_n_splits() else "all") + (member and f"-{member}")


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
