"""Deep learning classifiers of ECG recordings, as scikit-learn estimators.

Importing the package loads nothing heavy: each public module is imported when it is first asked for.
"""

from importlib import import_module

__version__ = "0.1.0"

_PUBLIC_MODULES = (
    "augmentation",
    "classifiers",
    "datasets",
    "decision",
    "explanation",
    "metrics",
    "persistence",
    "plotting",
    "preprocessing",
    "pretrained",
    "signal",
)

__all__ = ["__version__", *_PUBLIC_MODULES]


def __getattr__(name):
    if name in _PUBLIC_MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
