"""The WaveNet: what it sees, that one step at a time gives the same, and the mu law."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgclf.nn import CachedWaveNet, WaveNet, mu_law_decode, mu_law_encode


def network(n_leads=1, n_classes=3, **params):
    """Make a small network whose classes differ."""
    torch.manual_seed(0)
    sizes = {"n_bins": 8, "n_blocks": 2, "n_layers": 3, "n_filters": 4, "n_skip_filters": 5, "kernel_size": 2}
    net = WaveNet(n_leads, n_classes, **{**sizes, **params})
    torch.nn.init.normal_(net.conditions)
    torch.nn.init.normal_(net.tap_biases)
    return net.eval()


def random_codes(n, n_leads, n_timepoints, n_bins=8, seed=0):
    return torch.randint(n_bins, (n, n_leads, n_timepoints), generator=torch.Generator().manual_seed(seed))


def logits(net, codes, classes):
    with torch.inference_mode():
        return net(codes, torch.full((len(codes),), codes.shape[2]), classes)


@settings(max_examples=60)
@given(
    n_blocks=st.integers(1, 3),
    n_layers=st.integers(1, 4),
    kernel_size=st.integers(1, 4),
    n_leads=st.integers(1, 3),
    classes=st.lists(st.integers(0, 2), min_size=1, max_size=4),
    n_timepoints=st.integers(1, 60),
)
def test_steps_give_the_logits_of_the_full_convolution(
    n_blocks, n_layers, kernel_size, n_leads, classes, n_timepoints
):
    net = network(n_leads, n_blocks=n_blocks, n_layers=n_layers, kernel_size=kernel_size)
    codes, classes = random_codes(len(classes), n_leads, n_timepoints), torch.tensor(classes)
    full = logits(net, codes, classes)
    cache = CachedWaveNet(net, classes)
    for t in range(n_timepoints):
        step = cache.step(codes[:, :, t - 1] if t else None)
        torch.testing.assert_close(step, full[:, :, t], atol=1e-5, rtol=0)


def test_steps_of_the_default_network_past_its_receptive_field():
    net = network(n_bins=256, n_layers=9, n_filters=32, n_skip_filters=64)
    codes, classes = random_codes(2, 1, 1100, 256), torch.tensor([0, 2])
    full = logits(net, codes, classes)
    cache = CachedWaveNet(net, classes)
    steps = torch.stack([cache.step(codes[:, :, t - 1] if t else None).clone() for t in range(1100)], dim=2)
    torch.testing.assert_close(steps, full, atol=1e-5, rtol=0)


@settings(max_examples=40)
@given(n_leads=st.integers(1, 2), kernel_size=st.integers(1, 3), t=st.integers(0, 29), seed=st.integers(0, 99))
def test_the_future_leaves_the_past_alone(n_leads, kernel_size, t, seed):
    net = network(n_leads, kernel_size=kernel_size)
    codes, classes = random_codes(2, n_leads, 30, seed=seed), torch.tensor([0, 1])
    changed = codes.clone()
    changed[:, :, t:] = (changed[:, :, t:] + 3) % 8
    before, after = logits(net, codes, classes), logits(net, changed, classes)
    torch.testing.assert_close(after[:, :, : t + 1], before[:, :, : t + 1], atol=0, rtol=0)
    if t < 29:
        assert not torch.allclose(after[:, :, t + 1], before[:, :, t + 1])


@pytest.mark.parametrize(("n_blocks", "n_layers", "kernel_size"), [(1, 1, 2), (2, 3, 2), (2, 2, 3), (1, 3, 1)])
def test_the_receptive_field_is_what_a_prediction_sees(n_blocks, n_layers, kernel_size):
    net = network(n_blocks=n_blocks, n_layers=n_layers, kernel_size=kernel_size).double()
    codes, classes = random_codes(1, 1, 50), torch.tensor([1])
    last = logits(net, codes, classes)[0, 0, -1]
    seen = []
    for t in range(49):
        changed = codes.clone()
        changed[0, 0, t] = (changed[0, 0, t] + 4) % 8
        seen.append(not torch.equal(logits(net, changed, classes)[0, 0, -1], last))
    assert seen == [t >= 49 - net.receptive_field for t in range(49)]


def test_the_default_receptive_field():
    assert network(n_layers=9).receptive_field == 1023


def test_every_lead_sees_the_past_of_all_leads():
    net, codes, classes = network(3), random_codes(1, 3, 10), torch.tensor([0])
    before = logits(net, codes, classes)
    for lead in range(3):
        changed = codes.clone()
        changed[0, lead, 4] = (changed[0, lead, 4] + 3) % 8
        after = logits(net, changed, classes)
        assert [not torch.equal(after[0, other, 5], before[0, other, 5]) for other in range(3)] == [True] * 3


def test_the_class_matters_and_the_company_does_not():
    net, codes = network(), random_codes(1, 1, 20).repeat(3, 1, 1)
    together = logits(net, codes, torch.arange(3))
    assert not torch.allclose(together[0], together[1])
    for k in range(3):
        torch.testing.assert_close(logits(net, codes[:1], torch.tensor([k]))[0], together[k], atol=1e-6, rtol=0)


def test_what_lies_behind_the_end_does_not_matter():
    net, codes, lengths, classes = network(2), random_codes(3, 2, 20), torch.tensor([20, 7, 1]), torch.arange(3)
    changed = codes.clone()
    for i, length in enumerate(lengths.tolist()):
        changed[i, :, length:] = 0
    with torch.inference_mode():
        assert torch.equal(net(codes, lengths, classes), net(changed, lengths, classes))
        assert (net(codes, lengths, classes)[1, :, 7:] == 0).all()
        nll = net.negative_log_likelihood(codes, lengths, classes)
        torch.testing.assert_close(nll, net.negative_log_likelihood(changed, lengths, classes))
        alone = [
            net.negative_log_likelihood(codes[i : i + 1, :, :n], lengths[i : i + 1], classes[i : i + 1])
            for i, n in enumerate(lengths.tolist())
        ]
    torch.testing.assert_close(nll, torch.cat(alone))


@pytest.mark.parametrize("filler", [-1, 8, 10**9])
def test_what_is_no_bin_may_lie_behind_the_end(filler):
    net, codes, lengths, classes = network(2), random_codes(3, 2, 20), torch.tensor([20, 7, 1]), torch.arange(3)
    changed = codes.clone()
    for i, length in enumerate(lengths.tolist()):
        changed[i, :, length:] = filler
    with torch.no_grad():
        for n_context in (0, 3):
            nll = net.negative_log_likelihood(codes, lengths, classes, n_context)
            assert torch.equal(nll, net.negative_log_likelihood(changed, lengths, classes, n_context))
        assert torch.equal(net(codes, lengths, classes), net(changed, lengths, classes))


@pytest.mark.parametrize("n_context", [0, 5])
def test_the_likelihood_is_that_of_the_logits(n_context):
    net, codes, classes = network(2), random_codes(2, 2, 12), torch.tensor([2, 0])
    lengths = torch.tensor([12, 9])
    log_p = torch.log_softmax(logits(net, codes, classes), dim=-1)
    of_codes = log_p.gather(-1, codes[..., None])[..., 0]
    expected = [-of_codes[i, :, n_context:n].sum() for i, n in enumerate(lengths.tolist())]
    with torch.inference_mode():
        nll = net.negative_log_likelihood(codes, lengths, classes, n_context)
    torch.testing.assert_close(nll, torch.stack(expected))


def test_a_step_predicts_a_distribution_that_sums_to_one_over_all_recordings():
    """The likelihoods of all recordings of three samples of four bins are those of a distribution."""
    net = network(n_bins=4)
    codes = torch.cartesian_prod(*[torch.arange(4)] * 3)[:, None]
    with torch.inference_mode():
        nll = net.negative_log_likelihood(codes, torch.full((64,), 3), torch.ones(64, dtype=torch.int64))
    assert torch.exp(-nll).sum().item() == pytest.approx(1, abs=1e-5)


def test_the_number_of_weights():
    net = network(2, 3, n_bins=16, n_blocks=2, n_layers=3, n_filters=4, n_skip_filters=5, kernel_size=3)
    by_hand = (
        2 * 16 * 4  # embedding
        + 6 * (3 * 4 * 8 + 8)  # taps of filters and gates
        + 3 * 6 * 8  # classes
        + 5 * 4 * 4  # residual connections
        + 24 * 5 + 5  # skip connections
        + 5 * 5 + 5
        + 5 * 32 + 32
    )  # fmt: skip
    assert sum(weight.numel() for weight in net.parameters()) == by_hand


@given(n_bins=st.integers(2, 1024))
def test_the_middle_of_a_bin_lies_in_it(n_bins):
    codes = torch.arange(n_bins)
    amplitudes = mu_law_decode(codes, n_bins)
    assert (amplitudes.abs() < 1).all()
    assert (amplitudes.diff() > 0).all()
    torch.testing.assert_close(amplitudes, -amplitudes.flip(0))
    assert torch.equal(mu_law_encode(amplitudes, n_bins), codes)


@given(x=st.floats(-2, 2))
def test_the_mu_law_is_the_textbook_one(x):
    clipped = float(np.clip(x, -1, 1))
    companded = math.copysign(math.log(1 + 255 * abs(clipped)) / math.log(256), clipped)
    code = mu_law_encode(torch.tensor([x], dtype=torch.float64), 256).item()
    assert code == pytest.approx(min((companded + 1) * 128, 255.5) - 0.5, abs=0.5 + 1e-9)


def test_the_mu_law_round_trip_is_off_by_half_a_bin_at_most():
    x = torch.linspace(-1, 1, 10001, dtype=torch.float64)
    error = (mu_law_decode(mu_law_encode(x, 256), 256) - x).abs()
    # A bin is 2 / 256 wide on the companded scale, whose slope to the amplitude is log(256) (1 / 255 + |x|).
    assert (error <= 1.02 * math.log(256) / 256 * (1 / 255 + x.abs())).all()


def test_gradients_reach_every_weight():
    net = network(2)
    net.negative_log_likelihood(random_codes(3, 2, 40), torch.tensor([40, 30, 2]), torch.arange(3)).sum().backward()
    for name, weight in net.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_what_has_no_bin():
    with pytest.raises(ValueError, match="x contains NaN"):
        mu_law_encode(torch.tensor([0.0, float("nan")]), 256)
    with pytest.raises(ValueError, match="n_bins=1"):
        mu_law_encode(torch.tensor([0.0]), 1)
