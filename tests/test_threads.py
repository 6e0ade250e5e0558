"""Batches in parts: the answers of the whole batch, to the bit the same on any number of threads."""

import copy
import os
import pickle
import subprocess
import sys
from contextlib import contextmanager, nullcontext

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skorch.callbacks import Callback
from torch import nn

from ecgclf._training._random import DropoutDraws
from ecgclf._training._threads import PartwiseModule, split, workers
from ecgclf.datasets import make_recordings
from ecgclf.nn._layers import Dropout
from small import NAMES, small


@contextmanager
def threads(n_threads):
    """So many torch threads, and as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@pytest.fixture(scope="module")
def long_recordings():
    """Three batches, each large enough to be split."""
    return make_recordings(
        48, classes=("N", "A"), sampling_rate=300.0, duration=(28.0, 32.0), random_state=0, return_X_y=True
    )


@pytest.mark.parametrize("name", NAMES)
def test_long_fits_are_the_same_on_any_number_of_threads(long_recordings, name):
    X, y = long_recordings
    fits = []
    for n_threads in (1, 2, 3):
        with threads(n_threads):
            fits.append(small(name, max_epochs=2, dropout=0.3, early_stopping=True).fit(X, y))
            assert torch.get_num_threads() == n_threads
            probabilities = fits[-1].predict_proba(X)
            assert torch.get_num_threads() == n_threads
        with threads(4 - n_threads):
            np.testing.assert_array_equal(fits[-1].predict_proba(X), probabilities)
    for other in fits[1:]:
        assert other.net_.history[:, "valid_loss"] == fits[0].net_.history[:, "valid_loss"]
        for ours, theirs in zip(
            fits[0].net_.module_.state_dict().values(), other.net_.module_.state_dict().values(), strict=True
        ):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


_N_JOBS = """
import numpy as np, torch
from sklearn.model_selection import cross_val_predict
from ecgclf.datasets import make_recordings
from small import small

if __name__ == "__main__":
    assert torch.get_num_threads() == 2
    X, y = make_recordings(
        48, classes=("N", "A"), sampling_rate=300.0, duration=(28.0, 32.0), random_state=0, return_X_y=True
    )
    one, two = (
        cross_val_predict(small("ResNetClassifier"), X, y, cv=2, method="predict_proba", n_jobs=n_jobs)
        for n_jobs in (1, 2)
    )
    assert np.ptp(one[:, 0]) > 0
    np.testing.assert_array_equal(one, two)
    print("the same")
"""


def test_the_same_probabilities_at_n_jobs_1_and_2(tmp_path):
    """With torch's own number of threads outside, and one in joblib's workers."""
    script = tmp_path / "n_jobs.py"
    script.write_text(_N_JOBS, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment |= {"OMP_NUM_THREADS": "2", "LOKY_MAX_CPU_COUNT": "2"}
    environment["PYTHONPATH"] = os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "the same" in done.stdout


class _Plain(nn.Module):
    """No statistics of a batch: its gradient is the sum of its parts'."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 4, 9, stride=3)
        self.unused = nn.Parameter(torch.zeros(3))
        self.linear = nn.Linear(4, 3)

    def forward(self, x, lengths):
        return self.linear(torch.relu(self.conv(x)).sum(2) / lengths[:, None])


@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("n", [16, 41])
def test_logits_and_gradients_are_those_of_the_whole_batch(width, n):
    torch.manual_seed(0)
    module = _Plain()
    whole = copy.deepcopy(module)
    x, lengths = torch.randn(n, 1, 6000), torch.full((n,), 6000)
    y = torch.arange(n) % 3
    loss = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0, 0.2]))
    expected = whole(x, lengths)
    loss(expected, y).backward()
    with threads(width), workers("cpu") as spread:
        assert spread.width == width
        parts = PartwiseModule(module, spread, nullcontext, np.random.default_rng(0), DropoutDraws(module))
        logits = parts.forward(x, lengths)
        loss(logits, y).backward()
        parts.backward(logits)
        with torch.no_grad():
            torch.testing.assert_close(parts.forward(x, lengths), expected)
    torch.testing.assert_close(logits, expected)
    for ours, theirs in zip(module.parameters(), whole.parameters(), strict=True):
        if theirs.grad is None:
            assert ours.grad is None
        else:
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-6)


@given(st.integers(1, 40), st.integers(1, 3), st.integers(1, 9000), st.integers(0, 2**31))
def test_split_loses_nothing(n, n_leads, n_timepoints, seed):
    lengths = torch.randint(1, n_timepoints + 1, (n,), generator=torch.Generator().manual_seed(seed))
    x = torch.arange(n * n_leads, dtype=torch.float32).reshape(n, n_leads, 1).expand(n, n_leads, int(lengths.max()))
    parts = split(x, lengths)
    assert torch.cat([part[1] for part in parts]).equal(lengths)
    assert torch.cat([part[0][:, :, 0] for part in parts]).equal(x[:, :, 0])
    for part, own in parts:
        assert part.shape[2] == own.max()
    if x.numel() <= 2**16 or n == 1:
        assert len(parts) == 1
    else:
        assert len(parts) >= 2
        assert min(len(own) for _, own in parts) >= min(8, n // 2)


def test_statistics_of_a_batch_are_the_mean_of_its_parts(long_recordings):
    """The running statistics move, and stay those of one stream whatever the batch was cut into."""
    X, y = long_recordings
    fitted = small("ResNetClassifier", max_epochs=4).fit(X, y)
    norm = next(m for m in fitted.net_.module_.modules() if type(m).__name__ == "MaskedBatchNorm")
    assert int(norm.n_batches) == 4 * 3
    assert norm.running_mean.abs().max() > 0
    # In evaluation the training recordings come out with about the statistics that were normalised away.
    seen = []
    hook = norm.register_forward_hook(lambda module, inputs, output: seen.append(output.detach()))
    with threads(1):
        fitted.predict_proba(X)
    hook.remove()
    gain, shift = norm.weight[:, None, None], norm.bias[:, None, None]
    normal = torch.cat([((x - shift) / gain).flatten(2).transpose(1, 2).flatten(0, 1) for x in seen])
    assert normal.mean(0).abs().max() < 0.1
    assert (normal.var(0) - 1).abs().max() < 0.3


def test_dropout_from_a_generator_of_its_own():
    layer = Dropout(0.25)
    x = torch.ones(40, 1000)
    layer.generator = torch.Generator().manual_seed(1)
    first = layer(x)
    assert torch.isin(first, torch.tensor([0.0, 1 / 0.75])).all()
    assert abs(first.mean() - 1) < 0.02
    assert not torch.equal(layer(x), first)
    layer.generator.manual_seed(1)
    assert torch.equal(layer(x), first)
    assert torch.equal(layer.eval()(x), x)
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    layer.train()(x)
    assert torch.equal(torch.random.get_rng_state(), before)
    none = Dropout(1.0)
    none.generator = layer.generator
    assert (none(x) == 0).all()


class _PickleIt(Callback):
    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            pickle.dumps(net.module_)
            self.size_ = len(pickle.dumps(net))


def test_a_callback_may_pickle_the_net_within_a_fit(long_recordings):
    X, y = long_recordings
    with threads(2):
        fitted = small("CRNNClassifier", max_epochs=1, callbacks=[_PickleIt()]).fit(X, y)
    assert dict(fitted.net_.callbacks_)["_PickleIt"].size_ > 1000
    assert all(layer.generator is None for layer in fitted.net_.module_.modules() if isinstance(layer, Dropout))
