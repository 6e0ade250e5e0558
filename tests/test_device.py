"""Where is it computed, and with which settings of torch: what a machine without a GPU can tell."""

import threading

import pytest
import torch
from torch.backends import cudnn

from ecgclf._training import exact
from ecgclf._training._net import best_device
from ecgclf.datasets import make_recordings
from small import small


def ours():
    return cudnn.deterministic, cudnn.allow_tf32


@pytest.mark.parametrize(
    ("cuda", "mps", "best"), [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_auto_is_the_best_there_is(cuda, mps, best, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert best_device() == best


@pytest.mark.parametrize("device", ["cuda:77", "teapot"])
def test_device_that_is_not_there(device):
    X, y = make_recordings(8, duration=2.0, random_state=0, return_X_y=True)
    with pytest.raises(ValueError, match=f"device='{device}' cannot be used here"):
        small("CRNNClassifier", device=device).fit(X, y)


@pytest.mark.parametrize("before", [(False, True), (True, True), (False, False)])
def test_exact_holds_inside_and_leaves_nothing_behind(before, monkeypatch):
    monkeypatch.setattr(cudnn, "deterministic", before[0])
    monkeypatch.setattr(cudnn, "allow_tf32", before[1])
    seen = []

    def interrupted():
        with exact("cuda:0"):
            seen.append(ours())
            with exact("cuda"):
                pass
            seen.append(ours())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert seen == [(True, False)] * 2
    assert ours() == before


def test_exact_is_for_cuda_alone():
    for device in ("cpu", "mps"):
        with exact(device):
            assert ours() == (False, True)


def test_exact_lasts_as_long_as_anyone_is_inside():
    inside, leave, seen = threading.Event(), threading.Event(), []

    def fit():
        with exact("cuda"):
            inside.set()
            leave.wait(60)
            seen.append(ours())

    thread = threading.Thread(target=fit)
    thread.start()
    inside.wait(60)
    with exact("cuda"):
        pass
    seen.append(ours())
    leave.set()
    thread.join()
    assert seen == [(True, False)] * 2
    assert ours() == (False, True)


def test_settings_of_single_operations_stand():
    if not hasattr(cudnn, "conv"):
        pytest.skip("this torch has no settings of single operations")
    before = cudnn.conv.fp32_precision
    cudnn.conv.fp32_precision = "ieee"
    try:
        with exact("cuda"):
            assert cudnn.deterministic
            assert (cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision) == ("ieee", "tf32")
        assert cudnn.conv.fp32_precision == "ieee"
    finally:
        cudnn.conv.fp32_precision = before
    assert ours() == (False, True)


def test_fits_and_predictions_are_inside(monkeypatch):
    X, y = make_recordings(8, duration=2.0, random_state=0, return_X_y=True)
    classifier = small("CRNNClassifier", max_epochs=1)
    entered = []
    monkeypatch.setattr("ecgclf._training._cuda._set", lambda *settings: entered.append(settings))
    # As on CUDA, in all but where it is computed.
    monkeypatch.setattr("ecgclf._training._net.exact", lambda device: exact("cuda"))
    monkeypatch.setattr("ecgclf._training._predict.exact", lambda device: exact("cuda"))
    for call in (classifier.fit, classifier.predict_proba, classifier.transform):
        entered.clear()
        call(X, y) if call == classifier.fit else call(X)
        assert entered == [(True, False), (False, True)]
