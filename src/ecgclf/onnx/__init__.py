"""Export fitted classifiers to ONNX, and predict with the files by numpy and onnxruntime, without torch.

torch is loaded with `to_onnx`, and not with `load_onnx`.
"""

from typing import TYPE_CHECKING

from ecgclf._lazy import lazy

if TYPE_CHECKING:
    from ecgclf.onnx._export import to_onnx
    from ecgclf.onnx._portable import OnnxClassifier, load_onnx

_HOMES = {"OnnxClassifier": "_portable", "load_onnx": "_portable", "to_onnx": "_export"}

__all__ = ["OnnxClassifier", "load_onnx", "to_onnx"]

__getattr__, __dir__ = lazy(__name__, _HOMES)
