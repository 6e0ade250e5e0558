"""Say on what a figure was measured."""

import datetime
import os
import platform
from importlib.metadata import version
from pathlib import Path


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def describe():
    """Date, processor and versions in one line."""
    import torch

    packages = ", ".join(f"{name} {version(name)}" for name in ("ecgclf", "torch", "skorch", "scikit-learn", "numpy"))
    return (
        f"{datetime.date.today()}, {_processor()}, {os.cpu_count()} cores, {torch.get_num_threads()} torch threads, "
        f"{torch.backends.cpu.get_cpu_capability()}, Python {platform.python_version()}, {packages}"
    )
