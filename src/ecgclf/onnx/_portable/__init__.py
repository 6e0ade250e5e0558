"""Predict with a file of `to_onnx` by numpy and onnxruntime alone; this folder may be copied to anywhere.

Nothing in it imports from outside of it, and names within are relative.
"""

from ._model import OnnxClassifier, from_bytes, load_onnx

__all__ = ["OnnxClassifier", "from_bytes", "load_onnx"]
