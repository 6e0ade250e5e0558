"""Public names of a room that are loaded when they are first asked for."""

from importlib import import_module


def lazy(package, homes):
    """Make the two functions by which a module gives names that it has not loaded.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    homes : dict of {str: str}
        The file of each public name.

    Returns
    -------
    getattr, dir : callable
        To be its ``__getattr__`` and ``__dir__``.
    """

    def get(name):
        if name in homes:
            return getattr(import_module(f"{package}.{homes[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get, lambda: sorted(homes)
