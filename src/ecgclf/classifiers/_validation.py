"""Which recordings a fit sets aside to watch itself by."""

import numpy as np
from sklearn.model_selection import train_test_split


def set_aside(targets, validation_fraction, rng):
    """Draw the validation recordings, of each class alike where there are enough.

    Parameters
    ----------
    targets : ndarray of shape (n_recordings,)
        Class index of each recording.
    validation_fraction : float
        Share of the recordings.
    rng : numpy.random.RandomState
        Draws them.

    Returns
    -------
    ndarray of bool of shape (n_recordings,)
        Which are set aside; never the only recording of a class.

    Raises
    ------
    ValueError
        If nothing would be left to train on.
    """
    counts = np.bincount(targets)
    # The only recording of a class is needed for training.
    several = np.flatnonzero(counts[targets] > 1)
    n_validation = max(1, round(validation_fraction * len(several)))
    if len(several) - n_validation < 1 or len(several) < 2:
        raise ValueError(
            f"early_stopping with validation_fraction={validation_fraction} leaves nothing to train on "
            f"among {len(targets)} recordings. Give more recordings, or set early_stopping=False."
        )
    n_classes = len(np.unique(targets[several]))
    can_stratify = n_classes <= min(n_validation, len(several) - n_validation)
    _, held_out = train_test_split(
        several,
        test_size=n_validation,
        stratify=targets[several] if can_stratify else None,
        random_state=rng,
    )
    is_held_out = np.zeros(len(targets), dtype=bool)
    is_held_out[held_out] = True
    return is_held_out
