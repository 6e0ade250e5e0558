"""Losses: the focal one against torch's, and those that a user brings."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ecgclf.nn import FocalLoss
from ecgclf.persistence import load, save
from small import small

weights = st.none() | st.lists(st.floats(0.1, 5), min_size=4, max_size=4).map(torch.tensor)
smoothings = st.sampled_from([0.0, 0.1, 0.5])


def answers(seed, several):
    rng = torch.Generator().manual_seed(seed)
    logits = 5 * torch.randn(9, 4, generator=rng, dtype=torch.float64)
    shape, top = ((9, 4), 2) if several else ((9,), 4)
    targets = torch.randint(top, shape, generator=rng)
    return logits.requires_grad_(), targets.double() if several else targets


@given(st.integers(0, 99), weights, smoothings)
def test_without_focus_it_is_cross_entropy(seed, weight, smoothing):
    logits, targets = answers(seed, several=False)
    weight = None if weight is None else weight.double()
    found = FocalLoss(0.0, weight, smoothing)(logits, targets)
    torch.testing.assert_close(found, torch.nn.CrossEntropyLoss(weight, label_smoothing=smoothing)(logits, targets))


@given(st.integers(0, 99), weights, smoothings)
def test_without_focus_it_is_binary_cross_entropy(seed, weight, smoothing):
    logits, targets = answers(seed, several=True)
    weight = None if weight is None else weight.double()
    smoothed = targets + smoothing * (0.5 - targets)
    expected = torch.nn.BCEWithLogitsLoss(pos_weight=weight)(logits, smoothed)
    torch.testing.assert_close(FocalLoss(0.0, weight, smoothing)(logits, targets), expected)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_each_term_is_multiplied_by_how_unlikely_it_was(several, gamma):
    logits, targets = answers(0, several)
    if several:
        p = torch.sigmoid(logits)
        p = torch.where(targets == 1, p, 1 - p)
    else:
        p = torch.softmax(logits, 1)[torch.arange(9), targets]
    loss = FocalLoss(gamma)
    torch.testing.assert_close(loss(logits, targets), (-((1 - p) ** gamma) * p.log()).mean())
    assert torch.autograd.gradcheck(lambda x: loss(x, targets), logits)


@pytest.mark.parametrize("several", [False, True])
def test_what_is_certain_has_a_gradient_all_the_same(several):
    logits = torch.tensor([[200.0, -200.0]], requires_grad=True)
    targets = torch.tensor([[1.0, 0.0]]) if several else torch.tensor([0])
    FocalLoss(0.5)(logits, targets).backward()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("gamma", [-1, float("nan"), float("inf"), "2", None])
def test_what_is_no_exponent(gamma):
    with pytest.raises(ValueError, match="gamma="):
        FocalLoss(gamma)


@pytest.mark.parametrize("share", [-1, 1.5, float("nan"), "0.1"])
def test_what_is_no_share(share):
    with pytest.raises(ValueError, match="label_smoothing="):
        FocalLoss(label_smoothing=share)


def test_a_column_of_targets_is_not_spread_over_all():
    logits, targets = answers(0, several=True)
    with pytest.raises(ValueError, match=r"targets have shape \(9, 1\), and logits \(9, 4\)"):
        FocalLoss()(logits, targets[:, :1])


def hinge(logits, targets):
    """A loss of one's own that knows neither weights nor smoothing."""
    return torch.nn.functional.multi_margin_loss(logits, targets)


def fitted(recordings, **params):
    return small("LSTMClassifier", **params).fit(*recordings)


@pytest.fixture(scope="module")
def recordings():
    rng = np.random.default_rng(0)
    return rng.standard_normal((20, 90)), np.repeat(["A", "N"], 10)


def test_a_class_gets_weights_and_smoothing_and_its_own_arguments(recordings, tmp_path):
    focal = {"criterion": FocalLoss, "criterion__gamma": 1.5, "criterion__label_smoothing": 0.1}
    classifier = fitted(recordings, class_weight={"A": 3.0}, net_params=focal)
    loss = classifier.net_.criterion_
    assert (loss.gamma, loss.weight.tolist(), loss.label_smoothing) == (1.5, [3.0, 1.0], 0.1)
    assert (classifier.predict_proba(recordings[0]) != fitted(recordings).predict_proba(recordings[0])).any()
    save(classifier, tmp_path / "file")
    assert load(tmp_path / "file").net_params == focal
    # Without focus it is what is there without being asked for.
    plain = fitted(recordings, net_params={"criterion": FocalLoss, "criterion__gamma": 0.0})
    np.testing.assert_allclose(
        plain.predict_proba(recordings[0]), fitted(recordings).predict_proba(recordings[0]), atol=1e-4
    )


def test_a_function_is_a_loss(recordings):
    classifier = fitted(recordings, net_params={"criterion": hinge}, max_epochs=40, learning_rate=0.01)
    assert classifier.net_.history[-1, "train_loss"] < classifier.net_.history[0, "train_loss"]
    assert classifier.predict_proba(recordings[0]).sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("loss", [hinge, torch.nn.L1Loss])
def test_weights_that_a_loss_does_not_heed_are_refused(recordings, loss):
    with pytest.raises(ValueError, match="class_weight is set, but the loss .* takes no weight"):
        fitted(recordings, net_params={"criterion": loss}, class_weight="balanced")


@pytest.mark.parametrize(
    ("net_params", "known"),
    [
        ({"criterion": hinge, "criterion__label_smoothing": 0.1}, "the loss hinge takes none, being a function"),
        (
            {"criterion": torch.nn.MultiMarginLoss, "criterion__label_smoothing": 0.1},
            "Loss takes p, margin",
        ),
        ({"criterion__gamma": 2.0}, "the loss CrossEntropyLoss takes weight, .*label_smoothing"),
    ],
)
def test_arguments_that_a_loss_does_not_heed_are_refused(recordings, net_params, known):
    with pytest.raises(ValueError, match=rf"net_params\['criterion__\w+'\] would not be heeded: .*{known}"):
        fitted(recordings, net_params=net_params)


@pytest.mark.parametrize("loss", [torch.nn.CrossEntropyLoss(), "cross_entropy"])
def test_what_is_no_loss_is_refused(recordings, loss):
    with pytest.raises(ValueError, match="a class of losses, or a function"):
        fitted(recordings, net_params={"criterion": loss})


def unfit(logits):
    return logits.sum()


@pytest.mark.parametrize("loss", [torch.nn.BCEWithLogitsLoss, unfit])
def test_a_loss_of_other_targets_is_named(recordings, loss):
    said = (
        rf"The loss {loss.__name__} does not take .* logits of shape \(\d+, 2\), with the indices of classes of shape"
    )
    with pytest.raises(ValueError, match=said):
        fitted(recordings, net_params={"criterion": loss})


def test_several_labels_have_probabilities_of_their_own_with_any_loss():
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((20, 90)), rng.integers(0, 2, (20, 3))
    Y[:2] = [[0, 0, 0], [1, 1, 1]]
    classifier = fitted((X, Y), net_params={"criterion": FocalLoss})
    total = classifier.predict_proba(X).sum(axis=1)
    assert np.ptp(total) > 1e-6
    assert not np.allclose(total, 1)
