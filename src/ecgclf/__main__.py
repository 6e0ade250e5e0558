"""The command line: ``python -m ecgclf``."""

import sys

from ecgclf.cli import main

if __name__ == "__main__":
    sys.exit(main())
