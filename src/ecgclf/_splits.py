"""Which of its own recordings a fit sets aside: of each class alike, and no group in part."""

from numbers import Real

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_array, column_or_1d

from ecgclf._labels import refuse_odd, split_by, strata
from ecgclf._recordings import visible


def check_groups(groups, n_recordings):
    """Give groups as an array of numbers from 0, or say what is wrong with them.

    Parameters
    ----------
    groups : array-like of shape (n_recordings,) or None
        The patient of each recording, say.
    n_recordings : int
        How many there are.

    Returns
    -------
    ndarray of int of shape (n_recordings,) or None
        Equal where the groups are equal.

    Raises
    ------
    ValueError
        If they are of another number, missing, masked, lists or of mixed types.
    """
    if groups is None:
        return None
    refuse_odd(groups, "groups")
    visible(groups, "groups")
    groups = column_or_1d(check_array(groups, ensure_2d=False, dtype=None, input_name="groups"), warn=True)
    if len(groups) != n_recordings:
        raise ValueError(f"groups has {len(groups)} entries; expected one for each of {n_recordings} recordings.")
    return np.unique(groups, return_inverse=True)[1]


def set_aside(targets, share, groups, rng, name, advice):
    """Draw the recordings to set aside, of each class alike where there are enough, and no group in part.

    Parameters
    ----------
    targets : ndarray of shape (n_recordings,) or (n_recordings, n_labels)
        As `encode` gives them.
    share : float, cross-validation splitter or skorch's ValidSplit
        Of the recordings, or of the groups; a splitter's first split is taken.
    groups : ndarray of int of shape (n_recordings,) or None
        As `check_groups` gives them.
    rng : numpy.random.RandomState
        Draws them; a splitter draws by itself.
    name : str
        What to call `share`.
    advice : str
        What to do where no recording can be spared.

    Returns
    -------
    training, held_out : ndarray of bool of shape (n_recordings,)
        Which are trained on, and which are set aside, never all recordings of a class. A splitter may leave some out
        of both, such as those after the first split of a TimeSeriesSplit.

    Raises
    ------
    ValueError
        If nothing would be left to train on, or a splitter leaves a class without training recordings.
    """
    labels, targets = targets, strata(targets)
    if callable(share):
        # As skorch's ValidSplit is.
        parts = share(np.zeros((len(targets), 1)), targets, groups)
        return _checked(targets, *(part.indices for part in parts), name, share)
    if not isinstance(share, Real):
        parts = next(iter(share.split(np.zeros((len(targets), 1)), split_by(share, labels), groups)))
        return _checked(targets, *parts, name, share)
    what = "recordings" if groups is None else "groups"
    groups = np.arange(len(targets)) if groups is None else groups
    # A group stands for the rarest class it holds.
    counts = np.bincount(targets)
    rarest_first = np.lexsort((counts[targets], groups))
    first = rarest_first[np.unique(groups[rarest_first], return_index=True)[1]]
    is_held_out = _draw(targets[first], share, rng, what, name, advice)
    for target in np.unique(targets):
        holders = np.unique(groups[targets == target])
        if is_held_out[holders].all():
            is_held_out[rng.choice(holders)] = False
    if not is_held_out.any():
        raise ValueError(
            f"none of {len(first)} {what} can be set aside by {name}={share!r}: each trains a class. {advice}"
        )
    return ~is_held_out[groups], is_held_out[groups]


def _checked(targets, training, validation, name, splitter):
    training, validation = np.asarray(training, dtype=int), np.asarray(validation, dtype=int)
    is_trained_on, is_held_out = np.zeros((2, len(targets)), dtype=bool)
    is_trained_on[training], is_held_out[validation] = True, True
    both = np.intersect1d(training, validation)
    missing = np.setdiff1d(targets, targets[training])
    if len(both) or len(missing) or not len(validation):
        what = (
            f"puts recording {both[0]} on both sides"
            if len(both)
            else f"leaves {len(missing)} classes without a training recording"
            if len(missing)
            else "sets nothing aside"
        )
        raise ValueError(f"{name}={splitter!r} {what}. Give another splitter, or a share.")
    return is_trained_on, is_held_out


def _draw(targets, share, rng, what, name, advice):
    counts = np.bincount(targets)
    # The only recording of a class is needed for training.
    several = np.flatnonzero(counts[targets] > 1)
    if not len(several) and len(targets) > 1:
        # The caller says why.
        return np.zeros(len(targets), dtype=bool)
    n_validation = max(1, round(share * len(several)))
    if len(several) - n_validation < 1:
        raise ValueError(f"{name}={share} leaves nothing to train on among {len(targets)} {what}. {advice}")
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
