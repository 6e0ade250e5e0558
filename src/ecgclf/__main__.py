"""The command line as a program of its own: ``ecgclf``, or ``python -m ecgclf``."""

import os
import sys

from ecgclf.cli import main


def run():
    """Run the command that this process was started for; give the exit code."""
    # Pictures go to files, and need no screen.
    os.environ["MPLBACKEND"] = "agg"
    # Names of files need not be text, nor know all terminals all letters.
    if sys.stdout is not None and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")
    return main()


if __name__ == "__main__":
    sys.exit(run())
