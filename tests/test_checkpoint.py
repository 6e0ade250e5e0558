"""Fits that go on where they ended: the same weights to the bit, whatever ended them."""

import enum
import functools
import os
import signal
import subprocess
import sys
import time
import warnings
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict
from skorch.callbacks import Callback

from ecgclf.augmentation import RandomChanges
from ecgclf.classifiers import ECGClassifier
from own import Small, make_small
from small import NAMES, small
from test_augment import EVERYTHING
from test_classifiers import ecgs

SETTINGS = {"max_epochs": 8, "dropout": 0.3, "batch_size": 4, "augmentation": clone(EVERYTHING).set_params(crop=300)}


@pytest.fixture(scope="module")
def recordings():
    return ecgs(n_recordings=30)


def same(one, other):
    """Whether two fits have the same weights, statistics and course."""
    ours, theirs = one.net_.module_.state_dict(), other.net_.module_.state_dict()
    for key in ours:
        torch.testing.assert_close(ours[key], theirs[key], rtol=0, atol=0)
    columns = ["epoch", "train_loss"] + ["valid_loss"] * one.early_stopping
    assert one.net_.history[:, columns] == other.net_.history[:, columns]
    assert one.n_epochs_ == other.n_epochs_


class Stop(Callback):
    """Ends the fit in the middle of an epoch, as a crash would."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_batch_begin(self, net, training=False, **kwargs):
        if training and len(net.history) == self.epoch and len(net.history[-1, "batches"]) == 3:
            raise RuntimeError("the machine is gone")


def crash(classifier, epoch, recordings, monkeypatch):
    """Fit, and lose the machine in this epoch."""
    with monkeypatch.context() as patch:
        # A user's callbacks are refused with checkpoint_dir, so this one comes by the back door.
        make = type(classifier)._make_net

        def with_stop(self, *args):
            net = make(self, *args)
            return net.set_params(callbacks=[*net.callbacks, Stop(epoch)])

        patch.setattr(type(classifier), "_make_net", with_stop)
        with pytest.raises(RuntimeError, match="the machine is gone"):
            classifier.fit(*recordings)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_fit_goes_on(name, early_stopping, recordings, tmp_path, monkeypatch):
    settings = {**SETTINGS, "early_stopping": early_stopping, "validation_fraction": 0.3, "n_iter_no_change": 3}
    expected = small(name, **settings).fit(*recordings)
    classifier = small(name, **settings, checkpoint_dir=tmp_path)
    for epoch in (1, 3, 4):
        if epoch <= len(expected.net_.history):
            crash(classifier, epoch, recordings, monkeypatch)
    assert len(list(tmp_path.iterdir())) == 1
    same(classifier.fit(*recordings), expected)
    # A finished fit is read from its file.
    before = time.perf_counter()
    again = small(name, **settings, checkpoint_dir=tmp_path).fit(*recordings)
    assert time.perf_counter() - before < expected.net_.history[:, "dur"][0] * len(expected.net_.history) + 1
    same(again, expected)
    np.testing.assert_array_equal(again.predict_proba(recordings[0]), expected.predict_proba(recordings[0]))


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "RMSprop"])
def test_other_optimizers_go_on(optimizer, recordings, tmp_path, monkeypatch):
    params = {"optimizer": getattr(torch.optim, optimizer)}
    if optimizer != "Adam":
        params["optimizer__momentum"] = 0.9
    settings = {**SETTINGS, "net_params": params, "schedule": "constant", "learning_rate": 1e-3}
    expected = small("CRNNClassifier", **settings).fit(*recordings)
    classifier = small("CRNNClassifier", **settings, checkpoint_dir=tmp_path)
    crash(classifier, 5, recordings, monkeypatch)
    same(classifier.fit(*recordings), expected)


_FIT = """
import sys
from small import small
from test_checkpoint import SETTINGS
from test_classifiers import ecgs

X, y = ecgs(n_recordings=30)
print("ready", flush=True)
small("ResNetClassifier", **{**SETTINGS, "max_epochs": 60}, checkpoint_dir=sys.argv[1]).fit(X, y)
print("finished", flush=True)
"""


@pytest.mark.parametrize("moment", ["in the first epoch", "in a later epoch", "while it writes"])
def test_a_real_kill(moment, recordings, tmp_path):
    """SIGKILL gives a process no chance to tidy up."""
    script, folder = tmp_path / "fit.py", tmp_path / "fits"
    script.write_text(_FIT, encoding="utf-8")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")])
    for _ in range(20):
        process = subprocess.Popen(
            [sys.executable, script, folder], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "ready\n"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            files = os.listdir(folder) if folder.exists() else []
            if moment == "in the first epoch" and folder.exists():
                break
            if moment == "in a later epoch" and any(name.endswith(".fit") for name in files):
                time.sleep(0.05)
                break
            if moment == "while it writes" and any(name.endswith(".part") for name in files):
                break
        process.send_signal(signal.SIGKILL)
        if process.wait() == -signal.SIGKILL:
            break
    # It was killed and had not come to its end by itself.
    assert process.returncode == -signal.SIGKILL
    assert "finished" not in process.stdout.read()
    process.stdout.close()
    settings = {**SETTINGS, "max_epochs": 60}
    same(
        small("ResNetClassifier", **settings, checkpoint_dir=folder).fit(*recordings),
        small("ResNetClassifier", **settings).fit(*recordings),
    )


def test_ctrl_c_is_passed_on_and_nothing_is_lost(recordings, tmp_path, monkeypatch):
    classifier = small("CRNNClassifier", **SETTINGS, checkpoint_dir=tmp_path)
    monkeypatch.setattr(Stop, "on_batch_begin", _press_ctrl_c)
    make = type(classifier)._make_net

    def with_stop(self, *args):
        net = make(self, *args)
        return net.set_params(callbacks=[*net.callbacks, Stop(4)])

    with monkeypatch.context() as patch:
        patch.setattr(type(classifier), "_make_net", with_stop)
        with pytest.raises(KeyboardInterrupt):
            classifier.fit(*recordings)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same(classifier.fit(*recordings), small("CRNNClassifier", **SETTINGS).fit(*recordings))


def _press_ctrl_c(self, net, training=False, **kwargs):
    if training and len(net.history) == self.epoch:
        raise KeyboardInterrupt


def test_fits_of_a_search_share_a_folder(recordings, tmp_path):
    X, y = recordings
    grid = {"learning_rate": [0.01, 0.001], "dropout": [0.0, 0.3]}
    classifier = small("ResNetClassifier", max_epochs=2)
    expected = GridSearchCV(classifier, grid, cv=3).fit(X, y)
    classifier.set_params(checkpoint_dir=tmp_path)
    for _ in range(2):
        found = GridSearchCV(classifier, grid, cv=3).fit(X, y)
        np.testing.assert_array_equal(found.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"])
        assert len(list(tmp_path.iterdir())) == 4 * 3 + 1


@pytest.mark.parametrize(
    "other",
    [
        {"dropout": 0.1},
        {"random_state": 1},
        {"augmentation": RandomChanges(polarity=0.5)},
        {"max_epochs": 9},
        {"early_stopping": True},
        {"class_weight": {"A": 2.0}},
    ],
)
def test_other_fits_have_other_files(other, recordings, tmp_path):
    small("CRNNClassifier", **SETTINGS, checkpoint_dir=tmp_path).fit(*recordings)
    settings = {**SETTINGS, **other}
    found = small("CRNNClassifier", **settings, checkpoint_dir=tmp_path).fit(*recordings)
    assert len(list(tmp_path.iterdir())) == 2
    same(found, small("CRNNClassifier", **settings).fit(*recordings))


def network_with(forward):
    """Make a class of networks of which only what it does changes, as when its author edits it."""

    class Edited(Small):
        def forward(self, x, lengths):
            return forward(super().forward(x, lengths))

    return Edited


def scaled(factor):
    """Make a loss of a name that is always the same."""

    def loss(logits, targets):
        return factor * torch.nn.functional.cross_entropy(logits, targets)

    return loss


class Loud(RandomChanges):
    """A change that holds an array too long to be printed whole."""

    def __init__(self, table=None, crop=None):
        super().__init__(crop=crop)
        self.table = table


def test_code_and_long_arrays_tell_fits_apart(recordings, tmp_path):
    settings = {"max_epochs": 1, "random_state": 0, "checkpoint_dir": tmp_path}
    table = np.zeros(2000)
    fits = [
        {"module": network_with(torch.sigmoid)},
        {"module": network_with(lambda logits: logits.tanh())},
        {"module": network_with(lambda logits: 2 * logits)},
        {"module": network_with(lambda logits: 3 * logits)},
        {"module": make_small},
        {"module": Small, "net_params": {"criterion": scaled(1.0)}},
        {"module": Small, "net_params": {"criterion": scaled(2.0)}},
        {"module": Small, "augmentation": Loud(table)},
        {"module": Small, "augmentation": Loud(np.where(np.arange(2000) == 1000, 1.0, table))},
    ]
    for n_files, params in enumerate(fits, start=1):
        for _ in range(2):
            ECGClassifier(**params, **settings).fit(*recordings)
            assert len(list(tmp_path.iterdir())) == n_files
    # Made anew, the same is the same.
    ECGClassifier(network_with(lambda logits: 3 * logits), **settings).fit(*recordings)
    ECGClassifier(Small, net_params={"criterion": scaled(2.0)}, **settings).fit(*recordings)
    assert len(list(tmp_path.iterdir())) == n_files
    with pytest.raises(ValueError, match="RandomState.* does not say what it is"):
        ECGClassifier(Small, augmentation=Loud(np.random.RandomState(0)), **settings).fit(*recordings)


class Activated(Small):
    """A network that holds what it does in a list, and calls the same thing more than once."""

    slopes: ClassVar = [1.0]

    def __init__(self, n_leads, n_outputs, activations=(torch.nn.Tanh, torch.nn.GELU, torch.nn.Tanh)):
        super().__init__(n_leads, n_outputs)
        self.activations = torch.nn.Sequential(*(make() for make in activations))

    def forward(self, x, lengths):
        """Logits of a batch."""
        return self.slopes[0] * self.activations(super().forward(x, lengths))


def test_what_comes_again_and_what_lists_hold_tell_fits_apart(recordings, tmp_path, monkeypatch):
    """A second Tanh in place of a second GELU is another network, though both have been met before."""
    settings = {"max_epochs": 1, "random_state": 0}
    tanh, gelu = torch.nn.Tanh, torch.nn.GELU
    fits = [(tanh, gelu, tanh), (tanh, gelu, gelu)]
    for n_files, activations in enumerate(fits, start=1):
        given = {"module_params": {"activations": activations}, **settings}
        found = ECGClassifier(Activated, **given, checkpoint_dir=tmp_path).fit(*recordings)
        assert len(list(tmp_path.iterdir())) == n_files
        same(found, ECGClassifier(Activated, **given).fit(*recordings))
    monkeypatch.setattr(Activated, "slopes", [2.0])
    found = ECGClassifier(Activated, **given, checkpoint_dir=tmp_path).fit(*recordings)
    assert len(list(tmp_path.iterdir())) == n_files + 1
    same(found, ECGClassifier(Activated, **given).fit(*recordings))


class Slotted:
    """Has no dict, and a repr that tells nothing."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def __repr__(self):
        return "Slotted"


class Level(enum.Enum):
    """Two of them."""

    LOW = 1.0
    HIGH = 2.0


GAIN = 1.0


class Gained(Small):
    """A network that multiplies its logits by what it holds in one of many ways."""

    held = None

    def factor(self):
        """What the class holds."""
        return GAIN

    def forward(self, x, lengths):
        """Logits of a batch."""
        factor = self.factor()
        return super().forward(x, lengths) * float(getattr(factor, "value", factor))


HELD = {
    "numpy": (np.float32(1), np.float32(2)),
    "enum": (Level.LOW, Level.HIGH),
    "namespace": (SimpleNamespace(value=1.0), SimpleNamespace(value=2.0)),
    "slots": (Slotted(1.0), Slotted(2.0)),
}


@pytest.mark.parametrize("kind", HELD)
def test_what_a_class_holds_tells_fits_apart(kind, recordings, tmp_path, monkeypatch):
    monkeypatch.setattr(Gained, "factor", lambda self: self.held)
    for n_files, value in enumerate(HELD[kind], start=1):
        monkeypatch.setattr(Gained, "held", value)
        for _ in range(2):
            kept = ECGClassifier(Gained, max_epochs=1, random_state=0, checkpoint_dir=tmp_path).fit(*recordings)
            assert len(list(tmp_path.iterdir())) == n_files
        same(kept, ECGClassifier(Gained, max_epochs=1, random_state=0).fit(*recordings))


@pytest.mark.parametrize(
    "wrap",
    [
        functools.lru_cache,
        functools.cached_property,
        staticmethod,
        lambda function: functools.partialmethod(function),
        lambda function: property(function),
    ],
    ids=["lru_cache", "cached_property", "staticmethod", "partialmethod", "property"],
)
def test_wrapped_code_tells_fits_apart(wrap, recordings, tmp_path, monkeypatch):
    bodies = (lambda *self: 1.0, lambda *self: 2.0)
    for n_files, body in enumerate(bodies, start=1):
        held = wrap(body)
        if isinstance(held, functools.cached_property):
            held.__set_name__(Gained, "held")
        monkeypatch.setattr(Gained, "held", held)
        monkeypatch.setattr(Gained, "factor", lambda self: self.held() if callable(self.held) else self.held)
        kept = ECGClassifier(Gained, max_epochs=1, random_state=0, checkpoint_dir=tmp_path).fit(*recordings)
        assert len(list(tmp_path.iterdir())) == n_files
        same(kept, ECGClassifier(Gained, max_epochs=1, random_state=0).fit(*recordings))


def test_constants_that_code_names_tell_fits_apart(recordings, tmp_path, monkeypatch):
    for n_files, gain in enumerate((1.0, 2.0), start=1):
        monkeypatch.setitem(globals(), "GAIN", gain)
        kept = ECGClassifier(Gained, max_epochs=1, random_state=0, checkpoint_dir=tmp_path).fit(*recordings)
        assert len(list(tmp_path.iterdir())) == n_files
        same(kept, ECGClassifier(Gained, max_epochs=1, random_state=0).fit(*recordings))


def test_what_code_only_calls_by_such_a_name_is_none_of_its_constants(recordings, tmp_path, monkeypatch):
    """`factor` is a method of the network; that its module may have something of that name is not its affair."""
    for held in (1.0, [np.random.RandomState(0)]):
        monkeypatch.setitem(globals(), "factor", held)
        ECGClassifier(Gained, max_epochs=1, random_state=0, checkpoint_dir=tmp_path).fit(*recordings)
        assert len(list(tmp_path.iterdir())) == 1


def test_a_name_that_is_not_set_yet_is_no_error(recordings, tmp_path):
    class Early(Small):
        def forward(self, x, lengths):
            return super().forward(x, lengths) if self else later

    ECGClassifier(Early, max_epochs=1, random_state=0, checkpoint_dir=tmp_path).fit(*recordings)
    later = None
    assert len(list(tmp_path.iterdir())) == 1


def test_labels_that_are_weighted_by_name_tell_fits_apart(recordings, tmp_path):
    X, y = recordings
    first, second = (np.where(y == y[0], *names) for names in (("A", "N"), ("0", "A")))
    params = {**SETTINGS, "class_weight": {"A": 9.0}}
    for n_files, labels in enumerate((first, second), start=1):
        found = small("CRNNClassifier", **params, checkpoint_dir=tmp_path).fit(X, labels)
        assert len(list(tmp_path.iterdir())) == n_files
        same(found, small("CRNNClassifier", **params).fit(X, labels))


IN_ANOTHER_PROCESS = """
import sys
from ecgclf.classifiers import ECGClassifier
from ecgclf.datasets import make_recordings
sys.path.append(sys.argv[2])
from own import Small, make_small
X, y = make_recordings(8, duration=2.0, random_state=0, return_X_y=True)
def loss(logits, targets):
    kinds = {"one", "two", "three"}
    return logits.logsumexp(1).mean() - logits.gather(1, targets[:, None]).mean() * (len(kinds) in {3, 5, 7})
class Held(Small):
    kinds = {frozenset({"one", "two", "three"}), make_small, loss}
for module in (make_small, Held):
    ECGClassifier(module, net_params={"criterion": loss}, max_epochs=1, random_state=0,
                  checkpoint_dir=sys.argv[1]).fit(X, y)
"""


def test_another_process_finds_the_fit(tmp_path):
    for hash_seed in "12":
        command = [sys.executable, "-c", IN_ANOTHER_PROCESS, str(tmp_path), os.path.dirname(__file__)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": hash_seed})
    assert len(list(tmp_path.iterdir())) == 2


def test_other_recordings_and_labels_have_other_files(recordings, tmp_path):
    X, y = recordings
    classifier = small("CRNNClassifier", max_epochs=1, checkpoint_dir=tmp_path)
    changed = [np.array(x) for x in X]
    changed[7][3] += 1e-6
    swapped = y.copy()
    swapped[[0, 1]] = "A", "N"
    swapped[[2, 3]] = "N", "A"
    for n_files, (data, labels) in enumerate([(X, y), (changed, y), (X, swapped), (X[:-1], y[:-1])], start=1):
        classifier.fit(data, labels)
        assert len(list(tmp_path.iterdir())) == n_files
    # The form in which they come makes no difference.
    classifier.fit(list(X), y.tolist())
    assert len(list(tmp_path.iterdir())) == n_files


def test_going_on_warmly(recordings, tmp_path, monkeypatch):
    expected = small("CRNNClassifier", **SETTINGS, warm_start=True).fit(*recordings).fit(*recordings)
    first = small("CRNNClassifier", **SETTINGS, warm_start=True).fit(*recordings)
    first.set_params(checkpoint_dir=tmp_path)
    crash(first, 8 + 3, recordings, monkeypatch)
    second = small("CRNNClassifier", **SETTINGS, warm_start=True).fit(*recordings).set_params(checkpoint_dir=tmp_path)
    same(second.fit(*recordings), expected)


def test_cross_validation_reads_what_it_has_fitted(recordings, tmp_path):
    X, y = recordings
    classifier = small("LSTMClassifier", checkpoint_dir=tmp_path)
    first, second = (cross_val_predict(classifier, X, y, cv=3, method="predict_proba") for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert len(list(tmp_path.iterdir())) == 3


def test_what_cannot_be_kept_is_refused(recordings, tmp_path):
    with pytest.raises(ValueError, match="what its callbacks remember is not in it"):
        small("CRNNClassifier", checkpoint_dir=tmp_path, callbacks=[Stop(3)]).fit(*recordings)
    with pytest.raises(ValueError, match="Give an int as random_state"):
        small("CRNNClassifier", checkpoint_dir=tmp_path, random_state=None).fit(*recordings)
    (tmp_path / "a file").write_text("")
    with pytest.raises(OSError, match="a file"):
        small("CRNNClassifier", checkpoint_dir=tmp_path / "a file").fit(*recordings)


@pytest.mark.parametrize("spoil", [lambda data: data[:-7], lambda data: b"", lambda data: b"\x80\x04K\x01." * 40])
def test_a_damaged_file_is_named(spoil, recordings, tmp_path):
    classifier = small("CRNNClassifier", max_epochs=1, checkpoint_dir=tmp_path).fit(*recordings)
    (file,) = tmp_path.iterdir()
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(ValueError, match=f"{file.name} is not the state of a fit .*Delete it to begin anew"):
        classifier.fit(*recordings)
