"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A test says what is right, on however slow and busy a machine.
settings.register_profile("untimed", settings(deadline=None))
settings.load_profile("untimed")

_CHECKOUT = Path(__file__).resolve().parents[1]


def _shared_folder():
    named = os.environ.get("ECGCLF_SHARED")
    return Path(named) if named else _CHECKOUT.parent / "shared"


def pytest_collection_modifyitems(items):
    """Skip, saying why, what needs data that only the developers and CI have."""
    if (_shared_folder() / "data").is_dir():
        return
    skip = pytest.mark.skip(reason=f"the developers' shared data are not at {_shared_folder()}")
    for item in items:
        if "shared" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    """Let no test write to the cache folder of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ECGCLF_DATA", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _on_the_cpu():
    """Let "auto" be the CPU, also beside a GPU: what tests expect is a CPU's. Those of a GPU name it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ecgclf._training._net.best_device", lambda: "cpu")
        yield


@pytest.fixture(scope="session")
def shared_data():
    """The folder of the developers' shared data; use together with ``pytest.mark.shared``."""
    return _shared_folder() / "data"


@pytest.fixture(scope="session")
def good(tmp_path_factory):
    """Files of `ecgclf.persistence` by the name of what they hold."""
    from hostile import write_good

    return write_good(tmp_path_factory.mktemp("good"))


# It needs what only the documentation is built with, and has no examples.
collect_ignore = ["pages.py"]
