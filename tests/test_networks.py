"""What is particular to each network."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from ecgclf.classifiers import CRANNClassifier, LSTMClassifier, ResNetClassifier
from ecgclf.nn import _layers
from ecgclf.nn._recurrent import stem_strides
from small import NAMES, small
from test_classifiers import ecgs

attentive = pytest.mark.parametrize("name", ["CRANNClassifier", "ATICNNClassifier"])


def n_parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def modules(network, kind):
    return [module for module in network.modules() if isinstance(module, kind)]


def test_published_resnet():
    """The 34 layers of Hannun et al., counted by hand: widths 64, 128, 192 and 256 for 4 blocks each."""
    classifier = ResNetClassifier(
        n_blocks=16,
        kernel_size=16,
        n_filters=64,
        widen_every=4,
        filter_growth="linear",
        subsample_every=2,
        stem_stride=1,
        pooling="mean",
    )
    network = classifier._make_module(n_leads=1, n_outputs=4)
    convolutions, linears = modules(network, nn.Conv2d), modules(network, nn.Linear)
    assert len(convolutions) + len(linears) == 34
    assert [conv.out_channels for conv in convolutions[1:]] == [64] * 8 + [128] * 8 + [192] * 8 + [256] * 8
    assert [conv.stride[1] for conv in convolutions] == [1] + [1, 1, 2, 1] * 8
    in_convolutions = (
        (16 * 64 + 64)
        + 8 * (16 * 64 * 64 + 64)
        + (16 * 64 * 128 + 128)
        + 7 * (16 * 128 * 128 + 128)
        + (16 * 128 * 192 + 192)
        + 7 * (16 * 192 * 192 + 192)
        + (16 * 192 * 256 + 256)
        + 7 * (16 * 256 * 256 + 256)
    )
    # Two a channel: after the stem, before each first convolution but the very first, before each second, last.
    in_norms = 2 * (64 + (4 * 64 + 4 * 128 + 4 * 192 + 3 * 256) + 4 * (64 + 128 + 192 + 256) + 256)
    in_linear = 256 * 4 + 4
    assert in_convolutions + in_norms + in_linear == 15_156_420
    assert n_parameters(network) == 15_156_420


def test_published_resnet_decides_every_256_samples():
    """Eight halvings: 9,000 samples become 36 steps, the last a partial one."""
    classifier = ResNetClassifier(n_blocks=16, n_filters=2, widen_every=16, subsample_every=2, stem_stride=1)
    network = classifier._make_module(1, 4).eval()
    seen = []
    network.pool.register_forward_hook(lambda _, inputs, __: seen.append((inputs[0].shape[1], inputs[1].tolist())))
    network(torch.zeros(2, 1, 9000), torch.tensor([9000, 2561]))
    assert seen == [(36, [36, 11])]


def test_doubling_resnet():
    network = ResNetClassifier(n_blocks=6, n_filters=4, widen_every=2, filter_growth="double")._make_module(1, 2)
    assert [conv.out_channels for conv in modules(network, nn.Conv2d)[1:]] == [4] * 4 + [8] * 4 + [16] * 4


def test_shortcut_has_no_parameters_and_passes_maxima():
    network = ResNetClassifier(n_blocks=1, n_filters=3, subsample_every=1)._make_module(1, 2)
    (block,) = network.blocks
    with torch.no_grad():
        block.conv2.conv.weight.zero_()
        block.conv2.conv.bias.zero_()
    x = torch.randn(1, 3, 1, 7)
    y, lengths, mask = block(x, torch.tensor([7]), None)
    expected = [x[0, 0, 0, i : i + 2].max().item() for i in range(0, 7, 2)]
    assert y[0, 0, 0].tolist() == pytest.approx(expected)
    assert lengths.tolist() == [4]
    assert mask is None


def test_small_crann():
    """3,282 weights: 272 + 528 in convolutions, 2,176 in the LSTM, 272 in the attention, 34 in the last layer."""
    classifier = CRANNClassifier(
        segment_length=32,
        n_filters=(16, 16),
        kernel_sizes=(16, 2),
        strides=(4, 1),
        segment_pooling="mean",
        batch_norm=False,
        n_units=16,
        bidirectional=False,
        pooling="attention",
        n_attention_units=16,
        max_epochs=1,
    )
    network = classifier._make_module(1, 2)
    assert n_parameters(network.encoder) == (1 * 16 * 16 + 16) + (16 * 16 * 2 + 16)
    assert n_parameters(network.lstm) == 4 * 16 * (16 + 16) + 2 * 4 * 16
    assert n_parameters(network.pool) == 16 * 16 + 16
    assert n_parameters(network) == 3_282
    X, y = ecgs(n_recordings=8)
    assert n_parameters(classifier.fit(X, y).net_.module_) == 3_282


@pytest.mark.parametrize("call", ["ResNetClassifier", "CRANNClassifier"])
def test_the_call_in_the_docstring_builds_it(call):
    """Users copy the call of the docstring: it has to be the one tested above."""
    cls = {"ResNetClassifier": ResNetClassifier, "CRANNClassifier": CRANNClassifier}[call]
    text = cls.__doc__.split(f"        {call}(", 1)[1].split("\n        )", 1)[0]
    classifier = eval(f"cls({text})", {"cls": cls})
    n_outputs = {"ResNetClassifier": 4, "CRANNClassifier": 2}[call]
    expected = {"ResNetClassifier": 15_156_420, "CRANNClassifier": 3_282}[call]
    assert n_parameters(classifier._make_module(1, n_outputs)) == expected


def test_segments_are_described_alone():
    """What a segment holds changes its own description and no other."""
    network = small("CRNNClassifier", segment_length=40)._make_module(1, 2).eval()
    x = torch.randn(1, 1, 200)
    changed = x.clone()
    changed[..., 80:120] += 1.0
    with torch.no_grad():
        before, lengths = network.encoder(x, torch.tensor([200]))
        after, _ = network.encoder(changed, torch.tensor([200]))
    assert lengths.tolist() == [5]
    differs = (before - after).abs().amax(2)[0] > 1e-6
    assert differs.tolist() == [False, False, True, False, False]


@attentive
@settings(max_examples=25)
@given(lengths=st.lists(st.integers(1, 400), min_size=1, max_size=5), window_length=st.sampled_from([None, 90]))
def test_attention_is_a_distribution_over_time(name, lengths, window_length):
    X, y = np.random.RandomState(0).randn(8, 120), np.arange(8) % 2
    classifier = small(name, max_epochs=1, window_length=window_length, window_stride=40).fit(X, y)
    recordings = [np.random.RandomState(i).randn(n) for i, n in enumerate(lengths)]
    weights = classifier.attention(recordings)
    assert [w.shape for w in weights] == [(n,) for n in lengths]
    for weight in weights:
        assert (weight >= 0).all()
        np.testing.assert_allclose(weight.sum(), 1.0, atol=1e-6)


@attentive
def test_attention_of_a_recording_does_not_depend_on_its_neighbours(name):
    X, y = ecgs(n_recordings=8)
    classifier = small(name, max_epochs=1).fit(X, y)
    together = classifier.attention(X)
    for x, expected in zip(X, together, strict=True):
        np.testing.assert_allclose(classifier.attention([x])[0], expected, atol=1e-6)


@pytest.mark.parametrize("pooling", ["attention", "attention_max"])
@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("CRANNClassifier", {}),
        ("CRANNClassifier", {"segment_length": 24, "kernel_sizes": (7, 3), "n_filters": (8, 8), "strides": (2, 2)}),
        ("ATICNNClassifier", {"stem_stride": 6}),
    ],
)
def test_attention_is_what_the_prediction_was_made_with(pooling, name, steps):
    """The weights told, applied to the LSTM's outputs, give the probabilities predicted."""
    X, y = ecgs(n_recordings=12)
    classifier = small(name, max_epochs=5, learning_rate=0.01, pooling=pooling, **steps).fit(X, y)
    network = classifier.net_.module_.eval()
    with torch.no_grad():
        # Sharper than so few epochs make it, or a plain mean would give the same.
        network.pool.score.weight.mul_(50)
    for x, weights in zip(X, classifier.attention(X), strict=True):
        by_step = np.add.reduceat(weights, np.arange(0, len(weights), 24))
        assert by_step.max() > 1.1 / len(by_step)
        with torch.no_grad():
            outputs, _ = network._sequence(torch.tensor(x, dtype=torch.float32)[None, None], torch.tensor([len(x)]))
            pooled = torch.tensor(by_step, dtype=torch.float32) @ outputs[0]
            if pooling == "attention_max":
                pooled = torch.cat([pooled, outputs[0].amax(0)])
            expected = torch.softmax(network.head(pooled), 0).numpy()
        np.testing.assert_allclose(classifier.predict_proba([x])[0], expected, atol=1e-5)


@pytest.mark.parametrize("lengths", [[1], [601, 50], [24, 25, 23, 1]])
def test_residual_encoder_steps_round_up(lengths):
    """Strides of 4, 2 and 3, each rounded up, make steps of 24 timepoints, the last maybe a partial one."""
    network = small("CRANNClassifier")._make_module(2, 2).eval()
    assert network.encoder.segment_length == 24
    with torch.no_grad():
        described, steps = network.encoder(torch.randn(len(lengths), 2, max(lengths)), torch.tensor(lengths))
    assert steps.tolist() == [-(-n // 24) for n in lengths]
    assert described.shape == (len(lengths), -(-max(lengths) // 24), 8)


@pytest.mark.parametrize("name", ["ResNet", "BiLSTM", "CRNN", "CRANN", "ATICNN"])
def test_networks_meet_few_numbers_of_timepoints(name):
    """For each that torch has not met lately it prepares its convolutions anew."""
    network = small(f"{name}Classifier")._make_module(1, 2).eval()
    met = set()
    network.scale.register_forward_hook(lambda _, inputs, __: met.add(inputs[0].shape[2]))
    with torch.no_grad():
        for longest in range(512, 1025, 3):
            network(torch.zeros(2, 1, longest), torch.tensor([longest, 100]))
        assert met == set(range(512, 1025, 64))
        met.clear()
        for n_timepoints in (601, 1023):
            network(torch.zeros(2, 1, 1030), torch.tensor([n_timepoints, n_timepoints]))
    # Nothing is padded where nothing need be.
    assert met == {601, 1023}


@given(st.integers(1, 20), st.integers(1, 9), st.integers(1, 66), st.integers(0, 9))
def test_same_convolution_is_that_of_the_padded_signal(kernel_size, stride, n_timepoints, seed):
    conv = _layers.SameConv(2, 3, kernel_size, stride)
    x = torch.randn(2, 2, 1, n_timepoints, generator=torch.Generator().manual_seed(seed))
    n_out = math.ceil(n_timepoints / stride)
    left = (kernel_size - 1) // 2
    padded = F.pad(x, (left, max((n_out - 1) * stride + kernel_size - left - n_timepoints, 0)))
    with torch.no_grad():
        expected = F.conv2d(padded, conv.conv.weight, conv.conv.bias, (1, stride))
        torch.testing.assert_close(conv(x), expected[..., :n_out])


@pytest.mark.parametrize("stride", [1, 2, 3, 4, 6, 7, 10, 12, 16, 30, 55])
def test_stem_strides(stride):
    steps = stem_strides(stride)
    assert np.prod(steps, initial=1) == stride
    network = LSTMClassifier(stem_stride=stride, n_filters=4, n_units=4)._make_module(2, 2).eval()
    seen = []
    network.lstm.register_forward_hook(lambda _, inputs, __: seen.append((inputs[0].shape, inputs[1].tolist())))
    network(torch.zeros(2, 2, 601), torch.tensor([601, 50]))
    ((shape, lengths),) = seen
    assert lengths == [-(-601 // stride), -(-50 // stride)]
    # 601 timepoints beside fewer are padded to the next round number, 640.
    assert shape == (2, -(-640 // stride), 4 if stride > 1 else 2)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("n_layers", [1, 2])
def test_lstm_equals_packed_sequences(bidirectional, n_layers):
    """torch's own packed LSTM is the oracle, forwards and in its gradients."""
    torch.manual_seed(0)
    ours = _layers.LengthAwareLSTM(3, 5, n_layers, bidirectional, 0.0)
    theirs = nn.LSTM(3, 5, n_layers, batch_first=True, bidirectional=bidirectional)
    with torch.no_grad():
        for layer in range(n_layers):
            for suffix, directions in [("", ours.forwards), ("_reverse", ours.backwards)]:
                for name, parameter in directions[layer].named_parameters() if len(directions) else []:
                    getattr(theirs, name.replace("_l0", f"_l{layer}{suffix}")).copy_(parameter)
    x = torch.randn(4, 17, 3, requires_grad=True)
    lengths = torch.tensor([17, 9, 1, 12])
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    expected = pad_packed_sequence(theirs(packed)[0], batch_first=True)[0]
    answer = ours(x, lengths)
    torch.testing.assert_close(answer, expected)
    weights = torch.randn_like(expected)
    (wanted,) = torch.autograd.grad((expected * weights).sum(), x)
    (got,) = torch.autograd.grad((answer * weights).sum(), x)
    torch.testing.assert_close(got, wanted)


signals = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 30)).flatmap(
    lambda shape: st.tuples(
        hnp.arrays(np.float32, shape, elements=st.floats(-10, 10, width=32)),
        hnp.arrays(np.int64, shape[:1], elements=st.integers(1, shape[2])),
    )
)


def prepared(batch):
    x, lengths = batch
    lengths = lengths.copy()
    lengths[0] = x.shape[-1]
    x, lengths = torch.from_numpy(x), torch.from_numpy(lengths)
    mask = _layers.length_mask(lengths, x.shape[-1])
    return _layers.masked(_layers.as_image(x), mask), lengths, mask


@given(signals)
def test_masked_norm_against_the_joined_recordings(batch):
    x, lengths, mask = prepared(batch)
    norm = _layers.MaskedBatchNorm(x.shape[1])
    y = norm(x, mask)
    rows = x.numpy().astype(np.float64)
    joined = np.concatenate([row[:, 0, :n] for row, n in zip(rows, lengths.tolist(), strict=True)], axis=1)
    mean, var = joined.mean(axis=1), joined.var(axis=1)
    expected = (x.numpy() - mean[:, None, None]) / np.sqrt(var + norm.eps)[:, None, None]
    expected *= 1.0 if mask is None else mask.numpy()
    np.testing.assert_allclose(y.detach().numpy(), expected, atol=2e-3)
    np.testing.assert_allclose(norm.running_mean.numpy(), mean, atol=1e-4)
    if joined.shape[1] > 1:
        np.testing.assert_allclose(norm.running_var.numpy(), joined.var(axis=1, ddof=1), rtol=1e-3, atol=1e-3)


def test_masked_norm_with_a_mask_by_segment():
    """Two recordings of three and one segments: the mask has no time axis, the statistics do."""
    x = torch.randn(2, 4, 3, 5, generator=torch.Generator().manual_seed(0)) + 2.0
    mask = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])[:, None, :, None]
    norm = _layers.MaskedBatchNorm(4)
    y = norm(x * mask, mask)
    joined = torch.cat([x[0], x[1, :, :1]], 1)
    expected = (joined - joined.mean((1, 2), keepdim=True)) / joined.std((1, 2), correction=0, keepdim=True)
    torch.testing.assert_close(torch.cat([y[0], y[1, :, :1]], 1), expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(norm.running_mean, joined.mean((1, 2)))
    torch.testing.assert_close(norm.running_var, joined.var((1, 2)))


@pytest.mark.parametrize("shape", [(3, 4, 1, 7), (3, 4, 5, 2), (1, 2, 1, 1)])
def test_gradients_of_masked_norm(shape):
    """Written by hand, held against finite differences."""
    rng = torch.Generator().manual_seed(0)
    x, weight, bias = (
        torch.randn(size, dtype=torch.float64, generator=rng, requires_grad=True)
        for size in (shape, shape[1], shape[1])
    )
    # By segment where there are several, else by timepoint; of a single timepoint nothing is padding.
    by = (shape[0], 1, *((shape[2], 1) if shape[2] > 1 else (1, shape[3])))
    mask = (torch.rand(by, dtype=torch.float64, generator=rng) > 0.4 * (shape[0] > 1)).double()
    assert torch.autograd.gradcheck(lambda *args: _layers._MaskedNorm.apply(*args, 1e-5)[0], (x, mask, weight, bias))


def test_running_statistics_start_as_a_plain_mean_and_then_forget():
    norm = _layers.MaskedBatchNorm(1)
    values = np.random.RandomState(0).randn(30)
    expected = 0.0
    for i, value in enumerate(values):
        norm(torch.full((1, 1, 1, 4), value), None)
        expected += max(0.1, 1 / (i + 1)) * (value - expected)
    assert norm.running_mean.item() == pytest.approx(expected, abs=1e-5)


@given(signals, st.integers(1, 4))
def test_masked_max_pool(batch, size):
    x, lengths, mask = prepared(batch)
    pooled = _layers.MaskedMaxPool(size)(x, mask).numpy()
    for row, given_row, n in zip(pooled, x.numpy(), lengths.tolist(), strict=True):
        expected = [given_row[:, 0, i : min(i + size, n)].max(axis=1) for i in range(0, n, size)]
        np.testing.assert_array_equal(row[:, 0, : len(expected)].T, expected)
        assert (row[:, 0, len(expected) :] == 0).all()


@given(signals)
def test_masked_pool(batch):
    x, lengths, _ = prepared(batch)
    pooled = _layers.MaskedPool("mean_max")(_layers.as_sequence(x), lengths).numpy()
    for row, given_row, n in zip(pooled, x.numpy()[:, :, 0], lengths.tolist(), strict=True):
        expected = np.concatenate([given_row[:, :n].mean(axis=1), given_row[:, :n].max(axis=1)])
        np.testing.assert_allclose(row, expected, atol=1e-5)


def test_input_scale_of_a_long_recording_is_its_own():
    scale = _layers.InputScale(2)
    x = torch.randn(1, 2, 100_000, generator=torch.Generator().manual_seed(0)) * 7.0 + 3.0
    expected = torch.asinh((x - 3.0) / 7.0)
    torch.testing.assert_close(scale(x, torch.tensor([100_000])), expected, atol=0.05, rtol=0.01)


def test_input_scale_of_a_short_recording_is_that_of_the_collection():
    scale = _layers.InputScale(2)
    scale.mean.copy_(torch.tensor([1.0, 0.0]))
    scale.std.copy_(torch.tensor([2.0, 1.0]))
    x = torch.tensor([[[3.0], [-0.5]]])
    np.testing.assert_allclose(scale(x, torch.tensor([1])).numpy(), np.arcsinh([[[1.0], [-0.5]]]), rtol=0.02)


def test_input_scale_against_its_formula():
    scale = _layers.InputScale(1)
    scale.std.fill_(2.0)
    x = np.random.RandomState(0).randn(1, 1, 50).astype(np.float32)
    own, prior = x.astype(np.float64), 100.0
    shifted = own - own.sum() / (50 + prior)
    variance = ((shifted**2).sum() + prior * 4.0) / (50 + prior)
    padded = torch.from_numpy(np.concatenate([x, np.full((1, 1, 9), 5.0, dtype=np.float32)], axis=2))
    answer = scale(padded, torch.tensor([50])).numpy()
    np.testing.assert_allclose(answer[..., :50], np.arcsinh(shifted / np.sqrt(variance)), atol=1e-5)
    assert (answer[..., 50:] == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_millivolts_or_volts(name):
    """The scale of the collection does not matter: the network sees it in units of its own spread."""
    X, y = ecgs(n_recordings=12)
    expected = small(name).fit(X, y).predict_proba(X)
    scaled = [1024.0 * x for x in X]
    np.testing.assert_allclose(small(name).fit(scaled, y).predict_proba(scaled), expected, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_batch_is_refused(name):
    """One lead was answered as if all were like it, and recordings of no length as if they had one."""
    network = small(name)._make_module(n_leads=2, n_outputs=3).eval()
    x = torch.randn(3, 2, 100)
    assert network(x, torch.tensor([100, 50, 1])).isfinite().all()
    for wrong in (x[:, :1], x.repeat(1, 2, 1), x[:, 0]):
        with pytest.raises(ValueError, match=r"x has shape .*; expected \(n, 2, n_timepoints\)"):
            network(wrong, torch.tensor([100, 50, 1]))
    for lengths in ([200, 50, 1], [100, 0, 1], [100, -5, 1]):
        with pytest.raises(ValueError, match="lengths reach from .* expected 1 to 100"):
            network(x, torch.tensor(lengths))
    for lengths in ([100.0, 50.0, 1.0], [100], [[100], [50], [1]]):
        with pytest.raises(ValueError, match="lengths have shape .*a whole number for each of 3 recordings"):
            network(x, torch.tensor(lengths))
