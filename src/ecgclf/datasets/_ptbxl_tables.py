"""The two tables of PTB-XL: what is known of each recording, and what its statements mean."""

import re

import numpy as np

from ecgclf._words import some

DATABASE, STATEMENTS = "ptbxl_database.csv", "scp_statements.csv"
# Ten times what the tables of PTB-XL 1.0.3 have.
MAX_BYTES = 64 << 20

_SUFFIXES = {100: "lr", 500: "hr"}
_COLUMN_OF = {"superclass": "diagnostic_class", "subclass": "diagnostic_subclass"}
_CODE = r"'([^'\\{}]{1,20})':\s*(\d{1,4}(?:\.\d{1,6})?)"
_CODES = re.compile(rf"\{{\s*(?:{_CODE}(?:,\s*(?=')|\s*(?=\}})))*\}}", re.ASCII)


def record_path(ecg_id, sampling_rate):
    """Tell where PTB-XL keeps a recording.

    Parameters
    ----------
    ecg_id : int
        Its number.
    sampling_rate : {100, 500}
        In Hz.

    Returns
    -------
    str
        Its path in the folder, without suffix.
    """
    return f"records{int(sampling_rate)}/{ecg_id // 1000 * 1000:05d}/{ecg_id:05d}_{_SUFFIXES[sampling_rate]}"


def read_database(path):
    """Read and check the table of recordings.

    Parameters
    ----------
    path : pathlib.Path
        ``ptbxl_database.csv``.

    Returns
    -------
    pandas.DataFrame
        As the file has it, with `ecg_id` as its index, the numbers `patient_id` and `strat_fold` as int64, and
        `scp_codes` as dicts.

    Raises
    ------
    ValueError
        If a column or a value is missing, or a recording is said to lie elsewhere than PTB-XL has it. The message
        names the file and the recording.
    OSError
        If the file cannot be read.
    """
    names = {"filename_lr": 100, "filename_hr": 500}
    frame = _read_csv(path, dtype=dict.fromkeys(["scp_codes", *names], str), low_memory=False)
    _check_columns(path, frame, ["ecg_id", "patient_id", "strat_fold", "scp_codes", *names])
    if not len(frame):
        raise ValueError(f"{path} lists no recordings.")
    frame["ecg_id"] = _whole(path, frame, "ecg_id", 1, 99_999)
    if not frame["ecg_id"].is_unique:
        twice = frame["ecg_id"][frame["ecg_id"].duplicated()].iloc[0]
        raise ValueError(f"{path} lists the recording {twice} twice.")
    frame = frame.set_index("ecg_id")
    frame["patient_id"] = _whole(path, frame, "patient_id", 0, 10**9)
    frame["strat_fold"] = _whole(path, frame, "strat_fold", 1, 10)
    frame["scp_codes"] = [_codes(path, ecg_id, text) for ecg_id, text in frame["scp_codes"].items()]
    for column, rate in names.items():
        for ecg_id, name in frame[column].items():
            # So no name can lead out of the folder, and no recording to the labels of another.
            if name != record_path(ecg_id, rate):
                raise ValueError(
                    f"{path} has the {column} {name!r:.60} for the recording {ecg_id}; PTB-XL keeps it in "
                    f"{record_path(ecg_id, rate)!r}."
                )
    return frame


def read_statements(path, statements):
    """Read what the SCP codes mean.

    Parameters
    ----------
    path : pathlib.Path
        ``scp_statements.csv``.
    statements : {"superclass", "subclass", "all"}
        What the labels shall be.

    Returns
    -------
    dict of {str: str or None}
        The label of each code; None for a code that is no diagnosis where the labels are classes of diagnoses.

    Raises
    ------
    ValueError
        If a column is missing, or nothing in it is a diagnosis, or what is cannot be told. The message names the
        file.
    OSError
        If the file cannot be read.
    """
    frame = _read_csv(path, dtype=str, keep_default_na=False, index_col=0)
    _check_columns(path, frame, ["diagnostic", *_COLUMN_OF.values()])
    codes = frame.index.tolist()
    if len(set(codes)) != len(codes) or not all(codes):
        raise ValueError(f"{path} has a statement twice, or one without a name.")
    if statements == "all":
        return {code: code for code in sorted(codes)}
    diagnostic = frame["diagnostic"].isin(["1", "1.0"])
    odd = ~diagnostic & ~frame["diagnostic"].isin(["", "0", "0.0"])
    if odd.any():
        raise ValueError(
            f"{path} has {frame['diagnostic'][odd].iloc[0]!r:.60} in the column 'diagnostic' of "
            f"{frame.index[odd][0]}; expected 1.0 or nothing. Take the table of PTB-XL as it is."
        )
    label_of = {code: label or None for code, label in frame[_COLUMN_OF[statements]].where(diagnostic, "").items()}
    if not any(label_of.values()):
        raise ValueError(f"{path} has no diagnostic statement (a 1 in the column 'diagnostic').")
    return dict(sorted(label_of.items(), key=lambda item: item[1] or ""))


def _read_csv(path, **options):
    import pandas as pd

    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path} has {path.stat().st_size} bytes, far more than that table of PTB-XL.")
    try:
        return pd.read_csv(path, **options)
    except ValueError as error:
        raise ValueError(f"{path} cannot be read as a table ({error}). Fetch it again.") from error


def _check_columns(path, frame, columns):
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(
            f"{path} has no column {some(missing)}; its columns are {some(frame.columns.tolist(), 40)}. Take the "
            "table of PTB-XL as it is."
        )


def _whole(path, frame, column, lowest, highest):
    import pandas as pd

    numbers = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~((numbers >= lowest) & (numbers <= highest) & (numbers == np.floor(numbers)))
    if wrong.any():
        row = int(np.argmax(wrong))
        which = f"row {row}" if column == "ecg_id" else f"the recording {frame.index[row]}"
        raise ValueError(
            f"{path} has the {column} {frame[column].iloc[row]!s:.60} for {which}; expected a whole number from "
            f"{lowest} to {highest}."
        )
    return numbers.astype(np.int64)


def _codes(path, ecg_id, text):
    # A literal of Python's; it is matched, and never evaluated.
    if not isinstance(text, str) or len(text) > 2000 or not _CODES.fullmatch(text.strip()):
        raise ValueError(
            f"{path} has the scp_codes {text!r:.60} for the recording {ecg_id}; expected statements with their "
            "likelihoods, such as {'NORM': 100.0, 'SR': 0.0}."
        )
    return {code: float(likelihood) for code, likelihood in re.findall(_CODE, text)}
