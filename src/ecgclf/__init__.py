"""Deep learning classifiers of ECG recordings, as scikit-learn estimators.

Importing the package loads nothing heavy: each public module is imported when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # For the completion of editors, which do not run `__getattr__`.
    from ecgclf import (
        augmentation,
        classifiers,
        datasets,
        decision,
        explanation,
        fidelity,
        metrics,
        nn,
        onnx,
        persistence,
        plotting,
        preprocessing,
        pretrained,
        signal,
    )

__version__ = "0.1.0"

__all__ = [
    "__version__",
    "augmentation",
    "classifiers",
    "datasets",
    "decision",
    "explanation",
    "fidelity",
    "metrics",
    "nn",
    "onnx",
    "persistence",
    "plotting",
    "preprocessing",
    "pretrained",
    "signal",
]


def __getattr__(name):
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
