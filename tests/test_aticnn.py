"""What is particular to ATICNN: its stages, and the configuration that was published."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from ecgclf.classifiers import ATICNNClassifier
from ecgclf.nn._aticnn import PlainBlock, StagedEncoder
from ecgclf.nn._encoders import ResidualEncoder
from ecgclf.nn._layers import MaskedBatchNorm
from ecgclf.pretrained import load_pretrained
from small import small
from test_classifiers import ecgs
from test_networks import modules, n_parameters

STAGES = {"kernel_size": 5, "stem_kernel_size": 7, "dropout": 0.0}


def published():
    """What the docstring writes down."""
    text = ATICNNClassifier.__doc__.split("        ATICNNClassifier(", 1)[1].split("\n        )", 1)[0]
    return eval(f"ATICNNClassifier({text})", {"ATICNNClassifier": ATICNNClassifier})


def test_published_network():
    """The 13 convolutions of VGG-16 over twelve leads, counted by hand, and three to the fifth samples a step."""
    network = published()._make_module(12, 9)
    convolutions = modules(network, nn.Conv2d)
    widths = [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    assert [conv.out_channels for conv in convolutions] == widths
    assert {conv.kernel_size for conv in convolutions} == {(1, 3)}
    assert {conv.stride for conv in convolutions} == {(1, 1)}
    assert network.encoder.segment_length == 3**5
    before = [12, *widths[:-1]]
    in_convolutions = sum(3 * n_in * n_out + n_out for n_in, n_out in zip(before, widths, strict=True))
    in_norms = 2 * sum(widths)
    assert n_parameters(network.encoder) == in_convolutions + in_norms == 4_917_888
    in_lstm = 4 * 32 * (512 + 32 + 2) + 4 * 32 * (32 + 32 + 2)
    in_attention, in_linear = 32 * 32 + 32, 32 * 9 + 9
    assert n_parameters(network) == 4_917_888 + in_lstm + in_attention + in_linear


def test_default_network():
    """The defaults take the step of CRANN: 64 timepoints."""
    network = ATICNNClassifier()._make_module(1, 4)
    assert n_parameters(network) == 265_092
    assert network.encoder.segment_length == 64


def test_with_a_smaller_step_it_is_the_network_of_the_trained_model():
    """So that a fit can begin with its weights: all that they do not tell is the same, too."""
    trained = load_pretrained("ensemble-cinc2017")[-1].estimators_[0]
    here, there = ATICNNClassifier(stem_stride=2).get_params(), trained.get_params()
    of_the_training = {"max_epochs", "batch_size", "net_params", "precision", "augmentation", "random_state", "device"}
    assert {name for name, value in here.items() if there[name] != value} <= of_the_training
    X = [np.random.default_rng(0).normal(size=500) for _ in range(4)]
    still = {"max_epochs": 1, "learning_rate": 1e-12, "weight_decay": 0.0, "dropout": 0.0, "stem_stride": 2}
    after = ATICNNClassifier(init_from=trained, **still).fit(X, list("ANO~"))
    for name, weight in trained.net_.module_.named_parameters():
        torch.testing.assert_close(after.net_.module_.get_parameter(name), weight, rtol=0, atol=1e-6)


@pytest.mark.parametrize("n_timepoints", [1, 2, 29, 30])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_plain_block_against_torch(n_timepoints, stride):
    """Convolution, batch normalisation, rectifier and maximum, as torch has them for one recording."""
    torch.manual_seed(0)
    block = PlainBlock(3, 4, kernel_size=5, stride=stride).eval()
    block.norm.running_mean.normal_()
    block.norm.running_var.uniform_(0.5, 2.0)
    x = torch.randn(2, 3, 1, n_timepoints)
    expected = F.conv1d(x[:, :, 0], block.conv.conv.weight[:, :, 0], block.conv.conv.bias, padding=2)
    norm = block.norm
    expected = F.batch_norm(expected, norm.running_mean, norm.running_var, norm.weight, norm.bias)
    expected = F.max_pool1d(F.relu(expected), stride, ceil_mode=True)
    y, lengths, mask = block(x, torch.full((2,), n_timepoints), None)
    torch.testing.assert_close(y[:, :, 0], expected)
    assert lengths.tolist() == [-(-n_timepoints // stride)] * 2
    assert mask is None


def test_residual_stages_are_residual_blocks():
    """Stages of residual blocks are the blocks of CRANN, the first of each stage with the stride."""
    torch.manual_seed(0)
    staged = StagedEncoder(
        2, residual=True, n_filters=(4, 6), depths=(1, 3), pool_size=3, stem_stride=2, **STAGES
    ).eval()
    flat = ResidualEncoder(
        2,
        n_filters=(4, 4, 6, 6, 6),
        kernel_sizes=(7, 5, 5, 5, 5),
        strides=(2, 3, 3, 1, 1),
        dropout=0.0,
    ).eval()
    flat.load_state_dict(staged.state_dict())
    x, lengths = torch.randn(2, 2, 100), torch.tensor([100, 37])
    assert staged.segment_length == flat.segment_length == 18
    for ours, theirs in zip(staged(x, lengths), flat(x, lengths), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("lengths", [[1], [601, 50], [54, 55, 53, 1]])
def test_steps_round_up(residual, lengths):
    """A stem of 6 and two stages of 3 make steps of 54 timepoints, the last maybe a partial one; the rest is zero."""
    encoder = StagedEncoder(
        2, residual=residual, n_filters=(4, 8), depths=(2, 1), pool_size=3, stem_stride=6, **STAGES
    ).eval()
    x = torch.randn(len(lengths), 2, max(lengths))
    for row, n in zip(x, lengths, strict=True):
        row[:, n:] = 0.0
    with torch.no_grad():
        described, steps = encoder(x, torch.tensor(lengths))
    assert steps.tolist() == [-(-n // 54) for n in lengths]
    assert described.shape == (len(lengths), -(-max(lengths) // 54), 8)
    for row, n in zip(described, steps, strict=True):
        assert row[:n].abs().sum() > 0
        assert row[n:].abs().sum() == 0


def test_a_plain_stage_sees_maxima():
    """With kernels of one and weights of one, what comes out are the rectified maxima of the stretches."""
    encoder = StagedEncoder(
        1,
        residual=False,
        n_filters=(1,),
        depths=(1,),
        pool_size=4,
        kernel_size=1,
        stem_kernel_size=1,
        stem_stride=1,
        dropout=0.0,
    ).eval()
    with torch.no_grad():
        for layer in (encoder.stem, encoder.blocks[0].conv):
            layer.conv.weight.fill_(1.0)
            layer.conv.bias.zero_()
    x = torch.randn(1, 1, 10)
    described, _ = encoder(x, torch.tensor([10]))
    expected = [max(0.0, x[0, 0, i : i + 4].max().item()) for i in range(0, 10, 4)]
    np.testing.assert_allclose(described[0, :, 0].detach(), expected, atol=1e-4)


@pytest.mark.parametrize("residual", [False, True])
def test_plain_and_residual_blocks_learn(residual):
    """Slow against fast oscillation; what the common test asks of the default."""
    rng = np.random.RandomState(0)
    y = np.arange(40) % 2
    X = [np.sin(np.arange(rng.randint(200, 400)) * (0.15, 0.6)[label] + rng.rand()) for label in y]
    classifier = small("ATICNNClassifier", residual=residual, max_epochs=15, batch_size=8, learning_rate=0.01)
    assert classifier.fit(X[:20], y[:20]).score(X[20:], y[20:]) >= 0.9


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ({"depths": (1,)}, r"n_filters=\(6, 8\), depths=\(1,\) need one entry each"),
        ({"n_filters": (), "depths": ()}, "one layer at least"),
        ({"depths": (1, 0)}, r"depths=\(1, 0\); expected whole numbers of at least 1"),
        ({"depths": (1.5, 1)}, r"depths=\(1.5, 1\); expected whole"),
        ({"n_filters": ("6", "8")}, r"n_filters=\('6', '8'\); expected whole"),
        ({"n_filters": {6, 8}}, "n_filters=.*; expected whole"),
    ],
    ids=str,
)
def test_stages_that_cannot_be(stages, message):
    X, y = ecgs(n_recordings=8)
    with pytest.raises(ValueError, match=message):
        small("ATICNNClassifier", **stages).fit(X, y)


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
def test_padding_changes_nothing_in_plain_blocks(training):
    """The common tests ask it of the default, whose blocks are residual."""
    torch.manual_seed(0)
    module = small("ATICNNClassifier", residual=False, dropout=0.0, pool_size=3)._make_module(1, 2).train(training)
    for norm in modules(module, MaskedBatchNorm):
        # As after training: a padding that was not masked would not stay zero.
        torch.nn.init.normal_(norm.bias)
    lengths = torch.tensor([301, 257, 300, 40, 1, 64])
    x = torch.randn(6, 1, 301)
    rubbish = torch.full((6, 1, 400), 7.0)
    for row, given, length in zip(rubbish, x, lengths, strict=True):
        given[:, length:] = 0.0
        row[:, :length] = given[:, :length]
    with torch.no_grad():
        expected = module(x, lengths)
        torch.testing.assert_close(module(rubbish, lengths), expected, atol=1e-5, rtol=0)
        if not training:
            alone = [module(given[None, :, :length], length[None]) for given, length in zip(x, lengths, strict=True)]
            torch.testing.assert_close(torch.cat(alone), expected, atol=1e-5, rtol=0)
