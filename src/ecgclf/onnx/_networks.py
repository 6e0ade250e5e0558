"""Which graph a network becomes."""

import numpy as np

from ecgclf import nn
from ecgclf.nn._aticnn import PlainBlock
from ecgclf.nn._encoders import BlockEncoder
from ecgclf.nn._layers import AttentionPool, MaskedBatchNorm, MaskedPool
from ecgclf.nn._scaled import ScaledNetwork
from ecgclf.onnx import _layers as layers
from ecgclf.onnx._exporter import exported


def write(g, network, x, lengths, n_timepoints):
    """Write a network.

    Parameters
    ----------
    g : Graph
        The graph.
    network : torch.nn.Module
        The trained network.
    x, lengths : str
        Names of its inputs.
    n_timepoints : int
        Of a recording that it takes.

    Returns
    -------
    logits : str
        Name of the logits.
    attention : str or None
        Name of the weights of its steps, if it has attention.

    Raises
    ------
    ValueError
        If the network is of a kind for which no graph is written.
    """
    if isinstance(network, ScaledNetwork) and type(network.network) in _WRITERS:
        network = network.network
    elif isinstance(network, ScaledNetwork):
        return _foreign(g, network, layers.trim(g, x, lengths), lengths, n_timepoints), None
    writer = _WRITERS.get(type(network))
    pool = getattr(network, "pool", None)
    if writer is None or type(pool) not in (MaskedPool, AttentionPool):
        raise ValueError(
            f"no ONNX graph is known for a {type(network).__name__} with {type(pool).__name__}; known are "
            f"{sorted(cls.__name__ for cls in _WRITERS)}."
        )
    x = layers.input_scale(g, network.scale, layers.trim(g, x, lengths), lengths)
    x, lengths = writer(g, network, x, lengths)
    pooled, attention = layers.pool(g, network.pool, x, lengths)
    return layers.linear(g, network.head, pooled), attention


def _blocks(g, network, x, lengths):
    """Write a stem, blocks and a last norm, if there is one: a `ResNet` up to its pooling, or a `BlockEncoder`."""
    x = layers.same_conv(g, network.stem, x)
    lengths = layers.ceil_divided(g, lengths, network.stem.stride)
    mask = layers.mask_of(g, lengths, x)
    x = g("Relu", layers.batch_norm(g, network.stem_norm, x, mask))
    for block in network.blocks:
        write_block = _plain_block if isinstance(block, PlainBlock) else _residual_block
        x, lengths, mask = write_block(g, block, x, lengths, mask)
    if network.norm is not None:
        x = g("Relu", layers.batch_norm(g, network.norm, x, mask))
    return g("Transpose", x, perm=[0, 2, 1]), lengths


def _plain_block(g, block, x, lengths, mask):
    x = g("Relu", layers.batch_norm(g, block.norm, layers.same_conv(g, block.conv, x), mask))
    if block.stride == 1:
        return x, lengths, mask
    new_lengths = layers.ceil_divided(g, lengths, block.stride)
    # After the rectifier nothing is below the zeros of the padding.
    pooled = g("MaxPool", x, kernel_shape=[block.stride], strides=[block.stride], pads=[0, block.stride - 1])
    return pooled, new_lengths, layers.mask_of(g, new_lengths, pooled)


def _residual_block(g, block, x, lengths, mask):
    new_lengths = layers.ceil_divided(g, lengths, block.stride)
    y = x if block.norm1 is None else g("Relu", layers.batch_norm(g, block.norm1, x, mask))
    y = layers.same_conv(g, block.conv1, y)
    new_mask = mask if block.stride == 1 else layers.mask_of(g, new_lengths, y)
    shortcut = layers.max_pool(g, block.shortcut, x, mask, new_mask)
    if block.n_new:
        shortcut = g("Pad", shortcut, np.array([0, 0, 0, 0, block.n_new, 0]), 0.0)
    y = layers.same_conv(g, block.conv2, g("Relu", layers.batch_norm(g, block.norm2, y, new_mask)))
    return g("Add", g("Mul", y, new_mask), shortcut), new_lengths, new_mask


def _recurrent(g, network, x, lengths):
    for conv, norm, stride in zip(network.convs, network.norms, network.strides, strict=True):
        x = layers.same_conv(g, conv, x)
        lengths = layers.ceil_divided(g, lengths, stride)
        x = g("Relu", layers.batch_norm(g, norm, x, layers.mask_of(g, lengths, x)))
    x = g("Transpose", x, perm=[0, 2, 1])
    return layers.lstm(g, network.lstm, x, lengths), lengths


def _encoder_lstm(g, network, x, lengths):
    write_encoder = _blocks if isinstance(network.encoder, BlockEncoder) else _segments
    x, lengths = write_encoder(g, network.encoder, x, lengths)
    return layers.lstm(g, network.lstm, x, lengths), lengths


def _segments(g, encoder, x, lengths):
    length = encoder.segment_length
    n_timepoints = layers.size(g, x, 2)
    n_segments = layers.ceil_divided(g, n_timepoints, length)
    lacking = g("Sub", g("Mul", n_segments, length), n_timepoints)
    pads = g("Concat", np.zeros(5, dtype=np.int64), layers.column(g, lacking, 0), axis=0)
    # One row of the "image" a segment.
    x = g("Reshape", g("Pad", x, pads, 0.0), np.array([0, 0, -1, length]))
    starts = g("Mul", g("Range", 0, n_segments, 1), length)
    inside = g("Clip", g("Sub", layers.column(g, lengths), starts), 0, length)
    width = length
    for conv, norm, stride in zip(encoder.convs, encoder.norms, encoder.strides, strict=True):
        x = g("Conv", x, layers.array_of(conv.weight), layers.array_of(conv.bias), strides=list(conv.stride))
        width = (width - conv.kernel_size[1]) // stride + 1
        inside = g("Min", layers.ceil_divided(g, inside, stride), width)
        mask = _segment_mask(g, inside, width)
        x = g("Relu", _normed(g, norm, x, mask))
    if encoder.segment_pooling == "mean":
        count = layers.number(g, layers.column(g, g("Max", inside, 1), 1, 3))
        x = g("Div", g("ReduceSum", x, np.array([3])), count)
    else:
        x = g("ReduceMax", g("Mul", x, mask), np.array([3]))
    x = _normed(g, encoder.last_norm, x, _segment_mask(g, g("Min", inside, 1), 1))
    x = g("Transpose", g("Squeeze", x, np.array([3])), perm=[0, 2, 1])
    return x, layers.ceil_divided(g, lengths, length)


def _segment_mask(g, inside, width):
    """Mask of shape (n, 1, n_segments, width)."""
    seen = g("Less", np.arange(width), layers.column(g, inside, 2))
    return layers.column(g, layers.number(g, seen))


def _normed(g, norm, x, mask):
    return layers.batch_norm(g, norm, x, mask) if isinstance(norm, MaskedBatchNorm) else g("Mul", x, mask)


def _foreign(g, network, x, lengths, n_timepoints):
    if hasattr(network, "own_scale"):
        x = layers.input_scale(g, network.own_scale, x, lengths)
    n_leads = len(network.scale.mean)
    return g.inline(exported(network.network, n_leads, n_timepoints), x, lengths)


_WRITERS = {nn.ResNet: _blocks, nn.RecurrentNet: _recurrent, nn.CRNN: _encoder_lstm, nn.ATICNN: _encoder_lstm}
