"""The layers of `ecgclf.nn` as nodes of an ONNX graph.

torch's own exporter is not used: in torch 2.13 it fixes the length of its example in the graph
(https://github.com/pytorch/pytorch/issues/191855), or does not get through an LSTM of dynamic length. ONNX's LSTM
takes the lengths of a batch, which is what the networks here need. This file and `_networks` may go when the oldest
torch that is supported exports them so.
"""

import numpy as np
import onnx

from ecgclf.nn import _layers

_LOWEST = np.float32(-3.0e38)


def array_of(tensor):
    """Give a tensor as an array."""
    return tensor.detach().cpu().numpy()


def size(g, x, axis):
    """Extent of an axis, a scalar."""
    return g("Gather", g("Shape", x), axis)


def ceil_divided(g, lengths, divisor):
    """``ceil(lengths / divisor)`` of int64."""
    return lengths if divisor == 1 else g("Div", g("Add", lengths, divisor - 1), divisor)


def inside(g, lengths, n_timepoints):
    """Where a timepoint lies in its recording: bool of shape (n, n_timepoints)."""
    return g("Less", g("Range", 0, n_timepoints, 1), column(g, lengths))


def column(g, x, *axes):
    """Give a vector further axes of extent one."""
    return g("Unsqueeze", x, np.array(axes or (1,)))


def number(g, x):
    """Int or bool as float32."""
    return g("Cast", x, to=onnx.TensorProto.FLOAT)


def mask_of(g, lengths, x):
    """Mask of shape (n, 1, n_timepoints) for `x` of shape (n, channels, n_timepoints)."""
    return column(g, number(g, inside(g, lengths, size(g, x, 2))))


def trim(g, x, lengths):
    """Cut what lies beyond the longest recording."""
    longest = g("ReduceMax", lengths, keepdims=1)
    return g("Slice", x, np.array([0]), longest, np.array([2]))


def lower_rate(g, x, lengths, n_leads, down, taps):
    """Write `ecgclf.signal.resample` by a whole factor; gives the names of the signal and of its lengths."""
    half = len(taps) // 2
    at_end = g("Expand", g("Sub", column(g, lengths, 1, 2), 1), np.array([1, n_leads, 1]))
    # From the first value of each lead, and beyond each recording's end its last one.
    first = g("Slice", x, np.array([0]), np.array([1]), np.array([2]))
    x, last = g("Sub", x, first), g("Sub", g("GatherElements", x, at_end, axis=2), first)
    x = g("Where", column(g, inside(g, lengths, size(g, x, 2)), 1), x, last)
    x = g("Pad", x, np.array([0, 0, half, 0, 0, half]), mode="edge")
    weight = np.tile(np.array(taps[::-1], dtype=np.float32), (n_leads, 1, 1))
    x = g("Conv", x, weight, strides=[down], group=n_leads)
    return g("Add", x, first), ceil_divided(g, lengths, down)


def input_scale(g, layer, x, lengths):
    """Write `InputScale`."""
    mean, std = array_of(layer.mean)[:, None], array_of(layer.std)[:, None]
    mask = mask_of(g, lengths, x)
    n_seen = g("Add", column(g, number(g, lengths), 1, 2), layer.PRIOR_TIMEPOINTS)
    x = g("Where", g("Cast", mask, to=onnx.TensorProto.BOOL), g("Sub", x, mean), 0.0)
    shift = g("Div", g("ReduceSum", x, np.array([2])), n_seen)
    x = g("Mul", g("Sub", x, shift), mask)
    prior = (layer.PRIOR_TIMEPOINTS * std**2).astype(np.float32)
    variance = g("Div", g("Add", g("ReduceSum", g("Mul", x, x), np.array([2])), prior), n_seen)
    return g("Asinh", g("Div", x, g("Sqrt", variance)))


def same_conv(g, layer, x):
    """Write `SameConv`; an ONNX convolution leaves out the last step if padding does not fill it."""
    left = (layer.kernel_size - 1) // 2
    pads = [left, layer.kernel_size - 1 - left]
    weight = array_of(layer.conv.weight)[:, :, 0]
    return g("Conv", x, weight, array_of(layer.conv.bias), pads=pads, strides=[layer.stride])


def batch_norm(g, layer, x, mask):
    """Write `MaskedBatchNorm` as it is after training."""
    statistics = [array_of(t) for t in (layer.weight, layer.bias, layer.running_mean, layer.running_var)]
    return g("Mul", g("BatchNormalization", x, *statistics, epsilon=layer.eps), mask)


def max_pool(g, layer, x, mask, new_mask):
    """Write `MaskedMaxPool`."""
    k = layer.kernel_size
    if k == 1:
        return x
    x = g("Where", g("Cast", mask, to=onnx.TensorProto.BOOL), x, _LOWEST)
    x = g("MaxPool", x, kernel_shape=[k], strides=[k], pads=[0, k - 1])
    return g("Where", g("Cast", new_mask, to=onnx.TensorProto.BOOL), x, 0.0)


def pool(g, layer, x, lengths):
    """Write `MaskedPool` or `AttentionPool` over `x` of shape (n, n_timepoints, n_features), zero in the padding.

    Gives the names of the features and of the attention, (n, n_timepoints), which is None for a `MaskedPool`.
    """
    attention = None
    seen = column(g, inside(g, lengths, size(g, x, 1)), 2)
    pooled = []
    if isinstance(layer, _layers.AttentionPool):
        hidden = g("Tanh", g("MatMul", x, array_of(layer.hidden.weight).T))
        scores = g("Where", seen, g("MatMul", hidden, array_of(layer.score.weight).T), _LOWEST)
        weights = g("Softmax", scores, axis=1)
        attention = g("Squeeze", weights, np.array([2]))
        pooled.append(g("ReduceSum", g("Mul", weights, x), np.array([1]), keepdims=0))
        layer = layer.maximum
        if layer is None:
            return pooled[0], attention
    elif layer.kind != "max":
        pooled.append(g("Div", g("ReduceSum", x, np.array([1]), keepdims=0), column(g, number(g, lengths))))
    if layer.kind != "mean":
        pooled.append(g("ReduceMax", g("Where", seen, x, _LOWEST), np.array([1]), keepdims=0))
    return g("Concat", *pooled, axis=1), attention


def lstm(g, layer, x, lengths):
    """Write `LengthAwareLSTM` over `x` of shape (n, n_timepoints, n_features)."""
    x = g("Transpose", x, perm=[1, 0, 2])
    short = g("Cast", lengths, to=onnx.TensorProto.INT32)
    for i, forwards in enumerate(layer.forwards):
        directions = [forwards, layer.backwards[i]] if layer.backwards else [forwards]
        weights = [
            np.stack([_gates(getattr(part, f"{kind}_l0")) for part in directions])
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        weights = [*weights[:2], np.concatenate(weights[2:], axis=1)]
        kind = "bidirectional" if layer.backwards else "forward"
        y = g("LSTM", x, *weights, short, hidden_size=forwards.hidden_size, direction=kind)
        # From (n_timepoints, directions, n, units).
        x = g("Reshape", g("Transpose", y, perm=[0, 2, 1, 3]), np.array([0, 0, -1]))
    return g("Transpose", x, perm=[1, 0, 2])


def _gates(weight):
    """Bring torch's order of gates, input, forget, cell, output, into ONNX's: input, output, forget, cell."""
    gates = np.split(array_of(weight), 4)
    return np.concatenate([gates[i] for i in (0, 3, 1, 2)])


def linear(g, layer, x):
    """Write a linear layer over (n, n_features)."""
    return g("Gemm", x, array_of(layer.weight), array_of(layer.bias), transB=1)
