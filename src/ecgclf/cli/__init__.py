"""The command line: ``ecgclf``, or ``python -m ecgclf``."""

__all__ = ["main"]


def main(argv=None):
    """Run the command line.

    Parameters
    ----------
    argv : list of str, default=None
        The arguments, without the name of the program. None takes those of this process.

    Returns
    -------
    int
        The exit code: 0; 1 if a record could not be read or something else failed; 2 after wrong usage; 130 after
        Ctrl-C.

    Examples
    --------
    >>> from ecgclf.cli import main
    >>> main(["--version"])
    ecgclf ...
    0
    """
    from ecgclf.cli._app import app

    try:
        app(args=argv, prog_name="ecgclf")
    except SystemExit as end:
        return end.code or 0
    return 0
