"""All that is drawn in a fit comes from generators of its own: in threads too, and the caller's stay as they are."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import cross_val_predict
from torch import nn

from ecgclf._training import drawing_from, one_thread
from ecgclf._training._threads import workers
from ecgclf.augmentation import WaveNetAugmenter
from ecgclf.datasets import make_recordings
from small import GENERATORS, NAMES, small
from test_augment import EVERYTHING
from test_classifiers import ecgs


@pytest.fixture(scope="module")
def recordings():
    return make_recordings(24, classes=("N", "A"), duration=(5.0, 6.0), random_state=0, return_X_y=True)


def restless(name):
    """A classifier that draws all there is to draw."""
    return small(
        name,
        max_epochs=2,
        batch_size=4,
        dropout=0.3,
        augmentation=clone(EVERYTHING).set_params(crop=300),
        early_stopping=True,
    )


class _Meddler:
    """Draws from the generators that all threads share, and seeds them, while others fit."""

    def __init__(self):
        self.stop = False

    def run(self):
        n_rounds = 0
        while not self.stop:
            torch.manual_seed(n_rounds)
            torch.rand(10)
            np.random.seed(n_rounds)
            n_rounds += 1
        return n_rounds


@pytest.mark.parametrize("name", NAMES)
def test_fits_in_threads_are_those_of_one(recordings, name):
    X, y = recordings
    meddler = _Meddler()
    expected = restless(name).fit(X, y).predict_proba(X)
    with ThreadPoolExecutor(4) as pool:
        meddling = pool.submit(meddler.run)
        try:
            fits = list(pool.map(lambda seed: restless(name).set_params(random_state=seed).fit(X, y), [0, 1, 0]))
        finally:
            meddler.stop = True
        assert meddling.result() > 10
    np.testing.assert_array_equal(fits[0].predict_proba(X), expected)
    np.testing.assert_array_equal(fits[2].predict_proba(X), expected)
    assert not np.array_equal(fits[1].predict_proba(X), expected)


def test_the_backends_of_joblib_agree(recordings):
    X, y = recordings
    classifier = restless("ResNetClassifier")
    one = cross_val_predict(classifier, X, y, cv=4, method="predict_proba")
    for backend in ("threading", "loky"):
        with joblib.parallel_backend(backend, n_jobs=2):
            for _ in range(2):
                found = cross_val_predict(classifier, X, y, cv=4, method="predict_proba", n_jobs=2)
                np.testing.assert_array_equal(found, one)


_LONG = """
import numpy as np, torch
from concurrent.futures import ThreadPoolExecutor
from ecgclf.datasets import make_recordings
from small import NAMES, small

assert torch.get_num_threads() == 2
X, y = make_recordings(
    32, classes=("N", "A"), sampling_rate=300.0, duration=(28.0, 32.0), random_state=0, return_X_y=True
)

def fit(name):
    return small(name, max_epochs=2, dropout=0.3).fit(X, y).predict_proba(X)

expected = {name: fit(name) for name in NAMES}
with ThreadPoolExecutor(3) as pool:
    for name, found in zip(NAMES, pool.map(fit, NAMES)):
        np.testing.assert_array_equal(found, expected[name], err_msg=name)
assert torch.get_num_threads() == 2
print("the same")
"""


def test_long_fits_in_threads_are_those_of_one(tmp_path):
    """Batches in parts on two torch threads, while another fit ends and would set their number back."""
    script = tmp_path / "threads.py"
    script.write_text(_LONG, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment |= {"OMP_NUM_THREADS": "2"}
    environment["PYTHONPATH"] = os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "the same" in done.stdout


def shared_state():
    name, keys, *rest = np.random.get_state()
    return torch.random.get_rng_state(), (name, keys.tolist(), rest)


@pytest.mark.parametrize("name", [*NAMES, *GENERATORS])
def test_the_caller_s_generators_stay_as_they_are(recordings, name):
    X, y = recordings
    if name in GENERATORS:
        estimator = WaveNetAugmenter(**GENERATORS[name], random_state=0)
    else:
        estimator = restless(name)
    torch.manual_seed(5)
    np.random.seed(5)
    ours, theirs = shared_state()
    estimator.fit(X, y)
    (estimator.transform if name in GENERATORS else estimator.predict_proba)(X)
    clone(estimator)
    after, their_after = shared_state()
    assert torch.equal(after, ours)
    assert their_after == theirs


@pytest.mark.parametrize(
    "draw",
    [
        lambda: torch.rand(3),
        lambda: torch.randn(2, 3),
        lambda: torch.randint(100, (4,)),
        lambda: torch.randint(5, 100, (4,)),
        lambda: torch.randperm(20),
        lambda: torch.empty(4).normal_(1.0, 2.0),
        lambda: torch.empty(4).uniform_(-1, 1),
        lambda: torch.full((9,), 0.5).bernoulli(),
        lambda: nn.Linear(3, 4).weight,
        lambda: nn.LSTM(3, 4).weight_hh_l0,
        lambda: nn.init.trunc_normal_(torch.empty(5)),
        lambda: nn.init.orthogonal_(torch.empty(4, 4)),
    ],
)
def test_what_torch_draws_in_a_block_is_the_block_s(draw):
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    with drawing_from(7):
        first, second = draw(), draw()
    with drawing_from(7):
        again = draw()
    with drawing_from(8):
        other = draw()
    assert torch.equal(first, again)
    assert not torch.equal(first, second)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_each_thread_gets_its_number_of_threads_back():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with ThreadPoolExecutor(1) as pool:
            outer, inner = one_thread(), one_thread()
            assert outer.__enter__() == 3
            # A thread that is new while a block runs is told 1 by torch.
            assert pool.submit(inner.__enter__).result() == 3
            outer.__exit__(None, None, None)
            assert torch.get_num_threads() == 3
            assert pool.submit(torch.get_num_threads).result() == 1
            pool.submit(inner.__exit__, None, None, None).result()
            assert pool.submit(torch.get_num_threads).result() == 3
        assert torch.get_num_threads() == 3
        with one_thread(), one_thread() as nested:
            assert nested == 1
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_no_other_thread_changes_how_many_threads_a_worker_has():
    before = torch.get_num_threads()
    there, changed = threading.Barrier(3, timeout=60), threading.Barrier(3, timeout=60)

    def ask(_):
        there.wait()
        changed.wait()
        return torch.get_num_threads()

    def change():
        there.wait()
        # torch tells a thread that has never asked what was set last, by whom ever.
        torch.set_num_threads(3)
        changed.wait()

    torch.set_num_threads(2)
    other = threading.Thread(target=change)
    try:
        with workers("cpu") as spread:
            other.start()
            assert spread(ask, [0, 1]) == [1, 1]
        other.join()
    finally:
        torch.set_num_threads(before)


def test_a_global_seed_changes_nothing():
    X, y = ecgs()
    answers = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        answers.append(restless("CRANNClassifier").fit(X, y).predict_proba(X))
    np.testing.assert_array_equal(*answers)
