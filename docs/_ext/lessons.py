"""The order of the gallery's lessons is that in which ``examples/index.rst`` names them."""

from pathlib import Path

_NAMES = (Path(__file__).parents[2] / "examples" / "index.rst").read_text(encoding="utf-8").split()


def place(path):
    """Tell the place of an example in the gallery.

    Parameters
    ----------
    path : str
        Its file.

    Returns
    -------
    int
        Less for those to be read earlier; of those that the gallery does not name, more than of all others.
    """
    name = Path(path).stem
    return _NAMES.index(name) if name in _NAMES else len(_NAMES)
