"""How many recordings of each class an over-sampler has to add, in imbalanced-learn's words."""

import numpy as np

from ecgclf._numbers import is_finite, is_whole

STRATEGIES = ("auto", "minority", "not minority", "not majority", "all")


def n_to_generate(sampling_strategy, y):
    """Number of recordings to add to each class.

    Parameters
    ----------
    sampling_strategy : str, float, dict or callable
        As of `WaveNetOverSampler`.
    y : ndarray of shape (n_recordings,)
        The labels.

    Returns
    -------
    dict of {label: int}
        In the order of the labels, only those that the strategy names.

    Raises
    ------
    ValueError
        If the strategy does not fit the labels.
    """
    labels, sizes = np.unique(y, return_counts=True)
    counts = dict(zip(labels.tolist(), sizes.tolist(), strict=True))
    if len(counts) < 2:
        raise ValueError(f"Over-sampling balances classes, but y has 1 class: {next(iter(counts))!r}.")
    if callable(sampling_strategy):
        sampling_strategy = sampling_strategy(y)
    if isinstance(sampling_strategy, str) and sampling_strategy in STRATEGIES:
        return _by_name(sampling_strategy, counts)
    if isinstance(sampling_strategy, dict):
        return _by_dict(sampling_strategy, counts)
    return _by_ratio(sampling_strategy, counts)


def _by_name(name, counts):
    most = max(counts.values())
    # Of classes of the same size, the first counts as the smallest, and the first as the largest.
    smallest, largest = min(counts, key=counts.get), max(counts, key=counts.get)
    chosen = {
        "all": counts.keys(),
        "minority": {smallest},
        "not minority": counts.keys() - {smallest},
        "not majority": counts.keys() - {largest},
        "auto": counts.keys() - {largest},
    }[name]
    return {label: most - n for label, n in counts.items() if label in chosen}


def _by_dict(wanted, counts):
    unknown = [label for label in wanted if label not in counts]
    if unknown:
        raise ValueError(f"sampling_strategy names the labels {unknown}, which y does not hold: {list(counts)}.")
    for label, n in wanted.items():
        if not is_whole(n, counts[label]):
            raise ValueError(
                f"sampling_strategy asks for {n!r} recordings of class {label!r}, which has {counts[label]}. "
                "Over-sampling only adds: ask for at least as many, in all."
            )
    return {label: int(wanted[label]) - counts[label] for label in counts if label in wanted}


def _by_ratio(ratio, counts):
    if not is_finite(ratio) or not 0 < ratio <= 1:
        raise ValueError(
            f"sampling_strategy={ratio!r}; expected the ratio of two classes, in (0, 1], a dict of {{label: number of "
            f"recordings}}, or one of {', '.join(map(repr, STRATEGIES))}."
        )
    if len(counts) != 2:
        raise ValueError(
            f"sampling_strategy={ratio} is a ratio of two classes, and y has {len(counts)}. Give a dict of "
            "{label: number of recordings}."
        )
    largest = max(counts, key=counts.get)
    (smallest,) = counts.keys() - {largest}
    n_new = int(counts[largest] * ratio - counts[smallest])
    if n_new <= 0:
        raise ValueError(
            f"sampling_strategy={ratio} asks for no more than the {counts[smallest]} recordings that class "
            f"{smallest!r} has already. Give a higher ratio."
        )
    return {smallest: n_new}
