"""What the pages need when their examples are run as tests."""

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def figures_closed():
    """Leave no figure of a page behind."""
    yield
    plt.close("all")
