"""What the pages need when their examples are run as tests."""

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items):
    """Let a busy machine take its time: joblib warns where writing to its cache takes more than half a second."""
    for item in items:
        if item.path == Path(__file__).with_name("guide") / "scaling.rst":
            item.add_marker(pytest.mark.filterwarnings("ignore:Persisting input arguments took:UserWarning"))
