"""What holds for all that is run as a test: tests, examples of docstrings, pages."""

import sys

import pytest


@pytest.fixture(autouse=True)
def _figures_closed():
    """Leave no figure behind, for others count them."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
