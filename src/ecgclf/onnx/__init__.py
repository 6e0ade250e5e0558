"""Export fitted classifiers to ONNX, and predict with the files by numpy and onnxruntime, without torch.

torch is loaded with `to_onnx`, and not with `load_onnx`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecgclf.onnx._export import to_onnx
    from ecgclf.onnx._predictor import OnnxClassifier, load_onnx

_HOMES = {"OnnxClassifier": "_predictor", "load_onnx": "_predictor", "to_onnx": "_export"}

__all__ = ["OnnxClassifier", "load_onnx", "to_onnx"]


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
