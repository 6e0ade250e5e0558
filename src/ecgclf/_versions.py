"""The versions that stand in files."""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import ecgclf

_LIBRARIES = ("numpy", "scikit-learn", "torch", "skorch")

# Each look reads a whole file.
_version = cache(version)


def versions():
    """Give the versions of what a file is written with.

    Returns
    -------
    dict of {str: str}
        ecgclf's own, Python's, and those of the libraries that are installed.
    """
    found = {"ecgclf": ecgclf.__version__, "python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = _version(library)
        except PackageNotFoundError:
            continue
    return found
