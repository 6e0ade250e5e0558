"""What a WFDB header says in its comments: who was recorded, and what was found."""

import re

from ecgclf.datasets import _wfdb_checks as checks

_STATEMENT = re.compile(r"(age|sex|dx)[ \t]*:[ \t]*(.*)", re.IGNORECASE | re.ASCII)
_AGE = re.compile(r"\d{1,3}(\.\d{1,6})?", re.ASCII)
_SEXES = {"f": "female", "female": "female", "m": "male", "male": "male"}


def read_metadata(path):
    """Read the comments of a header.

    Parameters
    ----------
    path : pathlib.Path
        The ``.hea`` file, whose form has been checked.

    Returns
    -------
    dict
        The columns of `metadata` of :func:`read_recordings`, for this record.
    """
    with open(path, "rb") as file:
        content = file.read(checks.MAX_HEADER_BYTES)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    lines = [line.strip(" \t") for line in re.split("\r\n|\r|\n", text)]
    comments = [line.lstrip("#").strip(" \t") for line in lines if line.startswith("#")]
    said = {}
    for comment in comments:
        match = _STATEMENT.fullmatch(comment)
        if match is not None:
            said.setdefault(match[1].lower(), match[2])
    age = said.get("age", "")
    codes = tuple(code.strip() for code in said.get("dx", "").split(",") if code.strip())
    return {
        "age": float(age) if _AGE.fullmatch(age) else float("nan"),
        "sex": _SEXES.get(said.get("sex", "").lower()),
        "Dx": codes or None,
        "comments": "\n".join(comments),
    }


def as_frame(rows, names):
    """Make a table of what the headers say.

    Parameters
    ----------
    rows : list of dict
        As `read_metadata` gives them.
    names : list of str
        The records, its index.

    Returns
    -------
    pandas.DataFrame
        One row a record.
    """
    import pandas as pd

    index = pd.Index(names, name="record_name")
    # As objects, so that what is not said is None under every version of pandas.
    types = {"age": "float64", "sex": object, "Dx": object, "comments": object}
    return pd.DataFrame(
        {column: pd.Series([row[column] for row in rows], index, kind) for column, kind in types.items()}
    )
