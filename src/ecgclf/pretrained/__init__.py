"""Classifiers that come trained inside the package, and cards that say how good they are."""

from ecgclf._lazy import lazy

_HOMES = {
    "ModelCard": "_card",
    "PretrainedModel": "_shelf",
    "list_pretrained": "_shelf",
    "load_pretrained": "_shelf",
    "model_card": "_shelf",
}

__all__ = ["ModelCard", "PretrainedModel", "list_pretrained", "load_pretrained", "model_card"]

__getattr__, __dir__ = lazy(__name__, _HOMES)
