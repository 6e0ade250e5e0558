"""What is trained: one recipe a shipped model, all of the public API, and the recordings it is trained on."""

import numpy as np
from sklearn.model_selection import StratifiedKFold

from ecgclf.classifiers import BiLSTMClassifier
from ecgclf.datasets import fetch_cinc2017, load_cinc2017_sample

# Keep the label, and are what electrodes, hands and hearts do to a recording.
_CHANGES = {"time_scaling": 0.1, "amplitude": 0.3, "polarity": 0.5, "baseline_wander": 0.3, "noise": 0.1}

RECIPES = {
    "bilstm-cinc2017": BiLSTMClassifier(max_epochs=60, augmentation=_CHANGES, random_state=0),
    "tiny-cinc2017": BiLSTMClassifier(
        n_filters=10, n_units=14, dropout=0.1, max_epochs=40, augmentation=_CHANGES, random_state=0
    ),
}

# Whether the models of the folds are shipped together, or one that was trained on all.
ENSEMBLE = {"bilstm-cinc2017": True, "tiny-cinc2017": False}

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
