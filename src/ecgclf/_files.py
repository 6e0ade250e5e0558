"""How files are written: whole, or not at all."""

import os
import tempfile
from pathlib import Path


def write_atomically(path, data):
    """Write bytes to a temporary file beside `path`, then move it there.

    Parameters
    ----------
    path : path-like
        Where to.
    data : bytes-like
        What to write.

    Raises
    ------
    OSError
        If it cannot be written there.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path} cannot be written: there is no folder {path.parent}.")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp leaves nobody else a right to read.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
