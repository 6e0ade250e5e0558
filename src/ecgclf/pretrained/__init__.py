"""Classifiers that come trained inside the package, and cards that say how good they are."""

from importlib import import_module

_HOMES = {
    "ModelCard": "_card",
    "PretrainedModel": "_shelf",
    "list_pretrained": "_shelf",
    "load_pretrained": "_shelf",
    "model_card": "_shelf",
}

__all__ = ["ModelCard", "PretrainedModel", "list_pretrained", "load_pretrained", "model_card"]


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
