"""Codes of diagnoses, and the labels that they become: 0 or 1 for each."""

from collections import Counter
from pathlib import Path

import numpy as np

from ecgclf._words import some

_TABLE = Path(__file__).with_name("data") / "cinc2021_diagnoses.csv"


def load_cinc2021_diagnoses():
    """Load the diagnoses of the PhysioNet/CinC Challenge 2021, by their SNOMED CT codes.

    The 133 diagnoses in the collections of twelve-lead recordings that the challenge brought together, and the 26
    labels that it scores [1]_. Four pairs of diagnoses, which the challenge counts as the same, have one label each.

    Returns
    -------
    diagnoses : pandas.DataFrame
        One row for each diagnosis; the index is its code, as a str. The columns are:

        abbreviation : str
            The challenge's.
        name : str
            In words.
        label : str or None
            The abbreviation, or two such as "CRBBB|RBBB" of diagnoses that count as the same. None for those that the
            challenge does not score.

    See Also
    --------
    diagnoses_to_indicator : Make columns of 0 and 1 by the codes and labels of this table, or of one of your own.

    References
    ----------
    .. [1] Reyna MA et al. (2022). Issues in the automated classification of multilead ECGs using heterogeneous labels
           and populations. Physiological Measurement 43, 084001. https://doi.org/10.1088/1361-6579/ac79fd

    Examples
    --------
    >>> from ecgclf.datasets import load_cinc2021_diagnoses
    >>> diagnoses = load_cinc2021_diagnoses()
    >>> diagnoses.loc["59118001"].tolist()
    ['RBBB', 'right bundle branch block', 'CRBBB|RBBB']
    >>> diagnoses.label.nunique()
    26
    """
    import pandas as pd

    # Before pandas 3 a column that is made the index while it is read is one of numbers.
    table = pd.read_csv(_TABLE, dtype=str, keep_default_na=False).set_index("code").astype(object)
    # As objects: strings of pandas 3 would turn None into NaN.
    table["label"] = pd.Series([label or None for label in table["label"]], index=table.index, dtype=object)
    return table


def diagnoses_to_indicator(diagnoses, table=None):
    """Make columns of 0 and 1, one for each label, from the diagnoses of each recording.

    Parameters
    ----------
    diagnoses : pandas.Series or sequence of length n_recordings
        For each recording its codes, each a str: a list, tuple, set or dict of them. The `Dx` of the `metadata` that
        :func:`read_recordings` gives is such a Series.
    table : dict or pandas.Series, default=None
        The label of each code. Codes of the same label count as the same; a code whose label is None is known, and
        becomes no label. By default the labels of :func:`load_cinc2021_diagnoses`.

    Returns
    -------
    indicator : pandas.DataFrame of shape (n_recordings, n_labels)
        1 where a recording has the label, else 0. The columns are the labels, in the order of the table; the index is
        that of `diagnoses`. All classifiers of :mod:`ecgclf` take it as `y`.

    Raises
    ------
    ValueError
        If a recording states no diagnoses, which is not the same as having none of them, or a code is not in the
        table: to leave it out unasked would be to answer 0 for a disease that the recording has. The message names
        the recordings and all such codes.

    See Also
    --------
    load_cinc2021_diagnoses : The codes and labels used by default.

    Examples
    --------
    The codes of two recordings: sinus bradycardia with an enlarged left atrium, which is no label of the challenge,
    and a right bundle branch block.

    >>> from ecgclf.datasets import diagnoses_to_indicator, load_cinc2021_diagnoses
    >>> diagnoses = [("67741000119109", "426177001"), ("59118001",)]
    >>> y = diagnoses_to_indicator(diagnoses)
    >>> y.shape
    (2, 26)
    >>> y[["SB", "CRBBB|RBBB"]].to_numpy().tolist()
    [[1, 0], [0, 1]]

    With a table of one's own, the enlarged atrium is a label:

    >>> table = load_cinc2021_diagnoses().label.to_dict()
    >>> table["67741000119109"] = "LAE"
    >>> diagnoses_to_indicator(diagnoses, table)["LAE"].tolist()
    [1, 0]
    """
    import pandas as pd

    label_of = _labels_by_code(load_cinc2021_diagnoses().label if table is None else table)
    labels = list(dict.fromkeys(label for label in label_of.values() if label is not None))
    if not labels:
        raise ValueError("table has no label; give the label of each code, such as {'164889003': 'AF'}.")
    if isinstance(diagnoses, str) or not hasattr(diagnoses, "__len__"):
        raise ValueError(f"diagnoses is {diagnoses!r:.60}; expected the codes of each recording, in a list.")
    index = diagnoses.index if isinstance(diagnoses, pd.Series) else pd.RangeIndex(len(diagnoses))
    column_of = {label: column for column, label in enumerate(labels)}
    indicator = np.zeros((len(index), len(labels)), dtype=np.int64)
    silent, unknown = [], Counter()
    for row, (name, codes) in enumerate(zip(index, diagnoses, strict=True)):
        if _is_missing(codes):
            silent.append(name)
            continue
        is_one = getattr(codes, "ndim", 1) == 0
        if is_one or not isinstance(codes, list | tuple | set | frozenset | dict | np.ndarray):
            raise ValueError(
                f"The diagnoses of recording {name} are {codes!r:.60}; expected its codes in a list, such as "
                "['426783006']."
            )
        for code in codes:
            if not isinstance(code, str) or code not in label_of:
                unknown[f"{code!r:.60}"] += 1
            elif label_of[code] is not None:
                indicator[row, column_of[label_of[code]]] = 1
    if silent:
        raise ValueError(
            f"{len(silent)} of {len(index)} recordings state no diagnoses ({some(silent)}). Leave them out: of a "
            "Series by diagnoses.notna(). Give an empty list for a recording that is known to have none."
        )
    if unknown:
        counts = [f"{code} ({n} times)" if n > 1 else code for code, n in unknown.most_common()]
        raise ValueError(
            f"{len(unknown)} codes are not in the table: {some(counts, 20)}. Add their labels to it, or None for "
            "those that shall be none: table={**load_cinc2021_diagnoses().label, code: None}."
        )
    return pd.DataFrame(indicator, index=index, columns=labels)


def _labels_by_code(table):
    try:
        label_of = dict(table)
    except (TypeError, ValueError):
        label_of = {None: table}
    for code, label in label_of.items():
        if not isinstance(code, str) or not (isinstance(label, str) or _is_missing(label)):
            raise ValueError(
                f"table holds {label!r:.60} for {code!r:.60}; expected the label of each code, both of type str, such "
                "as {'164889003': 'AF'}, or None for a code that is no label."
            )
    return {code: label if isinstance(label, str) else None for code, label in label_of.items()}


def _is_missing(value):
    return value is None or (isinstance(value, float) and np.isnan(value))
