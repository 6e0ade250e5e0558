"""Training: what the shared parameters do."""

import signal
import threading
import time
import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skorch.callbacks import Callback, EarlyStopping

from ecgclf import classifiers
from ecgclf._training import WindowDataset, cut_windows, lead_statistics
from ecgclf._training._callbacks import OneCycle
from ecgclf._training._data import LengthBuckets, bucket_loader
from ecgclf.classifiers import _base
from small import NAMES, small
from test_classifiers import ecgs


class InterruptAt(Callback):
    """Stands for a Ctrl-C in the course of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_batch_begin(self, net, training=False, **kwargs):
        if training and len(net.history) == self.epoch:
            raise KeyboardInterrupt


class Recorder(Callback):
    """Remembers the batches and the learning rates of a fit."""

    def initialize(self):
        self.labels, self.rates, self.n_windows = [], [], []
        return self

    def on_batch_end(self, net, batch=None, training=False, **kwargs):
        if training:
            self.labels.extend(batch[1].tolist())
            self.n_windows.append(len(batch[1]))
            self.rates.append(net.optimizer_.param_groups[0]["lr"])


def recorded(classifier):
    return dict(classifier.net_.callbacks_)["Recorder"]


@pytest.fixture(scope="module")
def recordings():
    return ecgs(n_recordings=30)


def test_interrupted_fit_is_usable_and_goes_on(recordings):
    X, y = recordings
    classifier = small("CRNNClassifier", max_epochs=5, warm_start=True, callbacks=[InterruptAt(3)])
    with pytest.warns(UserWarning, match="interrupted after 2 of 5 epochs.*warm_start"):
        classifier.fit(X, y)
    assert classifier.n_epochs_ == 2
    assert np.isfinite(classifier.net_.history[:, "train_loss"]).all()
    assert classifier.predict_proba(X).shape == (30, 2)
    classifier.set_params(callbacks=None).fit(X, y)
    assert classifier.n_epochs_ == 7


@pytest.mark.parametrize("early_stopping", [False, True])
def test_interrupted_in_the_first_epoch(recordings, early_stopping):
    X, y = recordings
    classifier = small("CRNNClassifier", callbacks=[InterruptAt(1)], early_stopping=early_stopping)
    with pytest.warns(UserWarning, match="interrupted after 0 of 3 epochs"):
        classifier.fit(X, y)
    assert classifier.predict_proba(X).shape == (30, 2)


def test_interrupted_while_torch_has_gradients_off(recordings):
    class InNoGrad(Callback):
        def on_batch_end(self, net, **kwargs):
            torch.set_grad_enabled(False)
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted after 0 of 3 epochs"):
        small("CRNNClassifier", callbacks=[InNoGrad()]).fit(*recordings)
    assert torch.is_grad_enabled()


def test_real_ctrl_c(recordings):
    """A signal from outside, at whatever line it strikes."""
    # A shell's background jobs are started deaf to it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    X, y = recordings

    class Started(Callback):
        event = threading.Event()

        def __deepcopy__(self, memo):
            return self

        def on_batch_end(self, net, **kwargs):
            self.event.set()

    def press():
        Started.event.wait(30)
        time.sleep(0.05)
        signal.raise_signal(signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    classifier = small("ResNetClassifier", max_epochs=100_000, callbacks=[Started()])
    with pytest.warns(UserWarning, match="interrupted"):
        classifier.fit(X, y)
    presser.join()
    signal.signal(signal.SIGINT, before)
    assert classifier.predict(X).shape == (30,)


def test_stopping_early_is_no_interruption(recordings):
    X, y = recordings
    stop = EarlyStopping(monitor="train_loss", patience=1, threshold=1e9, threshold_mode="abs")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier = small("LSTMClassifier", max_epochs=50, callbacks=[stop]).fit(X, y)
    assert classifier.n_epochs_ < 50


def _rows(n):
    return np.random.default_rng(0).normal(size=(n, 60)).astype(np.float32), np.arange(n) % 2


def test_few_recordings_are_passed_over_often_enough(monkeypatch):
    monkeypatch.setattr(_base, "LEAST_STEPS", 100)
    network = small("ResNetClassifier", max_epochs="auto", batch_size=4, validation_fraction=0.5)
    # Ten to learn from are three batches an epoch.
    assert network.fit(*_rows(20)).n_epochs_ == 34
    network.set_params(validation_fraction=None, window_length=30)
    # Twenty in two windows each are ten.
    assert network.fit(*_rows(20)).n_epochs_ == 20


def test_by_default_steps_count():
    found = {
        "ResNetClassifier": 20,
        "LSTMClassifier": 20,
        "BiLSTMClassifier": 20,
        "CRNNClassifier": 30,
        "CRANNClassifier": 30,
        "ATICNNClassifier": 30,
    }
    assert {name: getattr(classifiers, name)()._count_epochs(10**6) for name in NAMES} == found
    assert {getattr(classifiers, name)()._count_epochs(16) for name in NAMES} == {_base.LEAST_STEPS}


def test_warm_start_goes_on(recordings):
    X, y = recordings
    classifier = small("CRNNClassifier", warm_start=True).fit(X, y)
    before = classifier.predict_proba(X)
    classifier.fit(X, y)
    assert classifier.n_epochs_ == 6
    losses = classifier.net_.history[:, "train_loss"]
    assert losses[3] < losses[0]
    assert not np.allclose(classifier.predict_proba(X), before)
    with pytest.raises(ValueError, match=r"goes on with the classes .*\['A', 'N'\], but y has \['N', 'O'\]"):
        classifier.fit(X, np.where(y == "A", "O", y))
    cold = small("CRNNClassifier").fit(X, y)
    cold.fit(X, y)
    np.testing.assert_array_equal(cold.predict_proba(X), before)


def test_a_fit_that_goes_on_with_recordings_of_other_lengths_forgets_the_table_before():
    rng, y = np.random.RandomState(0), ["A", "N"] * 4
    classifier = small("CRNNClassifier", max_epochs=1, warm_start=True).fit(rng.randn(8, 600), y)
    assert classifier.n_features_in_ == 600
    classifier.fit([rng.randn(500) for _ in range(8)], y)
    assert not hasattr(classifier, "n_features_in_")
    assert classifier.predict(rng.randn(3, 500)).shape == (3,)


def test_warm_start_heeds_changed_parameters(recordings):
    X, y = recordings
    classifier = small("CRNNClassifier", warm_start=True).fit(X, y)
    classifier.set_params(max_epochs=2, learning_rate=0.5, schedule="constant", callbacks=[Recorder()]).fit(X, y)
    assert classifier.n_epochs_ == 5
    assert set(recorded(classifier).rates) == {0.5}


def test_windows_are_averaged_per_recording(recordings):
    X, y = recordings
    classifier = small("CRNNClassifier", window_length=120, window_stride=50).fit(X, y)
    found = classifier.predict_windows(X)
    windows = [of_recording.probabilities for of_recording in found]
    assert [len(w) for w in windows] == [1 + -(-(len(x) - 120) // 50) for x in X]
    for of_recording, x in zip(found, X, strict=True):
        expected = [*range(0, len(x) - 120, 50), max(0, len(x) - 120)]
        assert of_recording.starts.tolist() == expected
        assert of_recording.stops.tolist() == [min(start + 120, len(x)) for start in expected]
        assert of_recording.labels.tolist() == classifier.classes_.tolist()
    np.testing.assert_allclose(classifier.predict_proba(X), [window.mean(axis=0) for window in windows], atol=1e-12)
    # Each row is what the network says of that stretch alone.
    alone = small("CRNNClassifier", window_length=120, window_stride=50).fit(X, y).predict_proba([X[3][50:170]])
    np.testing.assert_allclose(windows[3][1], alone[0], atol=1e-6)


def test_windows_without_window_length(recordings):
    X, y = recordings
    classifier = small("CRNNClassifier").fit(X, y)
    median = int(np.median([len(x) for x in X]))
    assert classifier.window_length_ == median
    long = np.concatenate(X)
    windows = classifier.predict_windows([long])[0].probabilities
    assert len(windows) == -(-len(long) // median)
    np.testing.assert_allclose(windows[0], classifier.predict_proba([long[:median]])[0], atol=1e-6)
    np.testing.assert_allclose(windows[-1], classifier.predict_proba([long[-median:]])[0], atol=1e-6)


def test_window_stride_as_a_function_of_the_class(recordings):
    X, y = recordings
    classifier = small(
        "CRNNClassifier", max_epochs=1, window_length=100, window_stride={"A": 25}, callbacks=[Recorder()]
    ).fit(X, y)
    lengths = np.array([len(x) for x in X])
    strides = np.where(y == "A", 25, 100)
    expected = 1 + -(-(lengths - 100) // strides)
    labels = np.array(recorded(classifier).labels)
    assert (labels == 0).sum() == expected[y == "A"].sum()
    assert (labels == 1).sum() == expected[y == "N"].sum()
    # To predict, the class is not known: all windows lie side by side.
    assert [len(w.starts) for w in classifier.predict_windows(X)] == (1 + -(-(lengths - 100) // 100)).tolist()
    with pytest.raises(ValueError, match=r"window_stride names the labels \['B'\], which y does not hold"):
        classifier.set_params(window_stride={"B": 25}).fit(X, y)


def test_label_smoothing_keeps_the_network_from_certainty():
    """With a share s spread over two classes no loss is gained beyond a probability of 1 - s / 2."""
    X, y = ecgs(12)

    def certainty(label_smoothing):
        classifier = small("CRANNClassifier", max_epochs=60, learning_rate=0.02, dropout=0.0)
        classifier.set_params(net_params={"criterion__label_smoothing": label_smoothing})
        return classifier.fit(X, y).predict_proba(X).max(axis=1)

    assert certainty(0.0).min() > 0.95
    smoothed = certainty(0.4)
    assert smoothed.max() < 0.95
    assert smoothed.mean() == pytest.approx(0.8, abs=0.07)


def test_class_weight_moves_the_decision():
    """Noise without any class in it: only the weights can tell."""
    rng = np.random.RandomState(0)
    X, y = rng.randn(60, 64), np.repeat([0, 1], [45, 15])

    def mean_probability(class_weight):
        classifier = small("CRNNClassifier", max_epochs=8, learning_rate=0.01, class_weight=class_weight)
        return classifier.fit(X, y).predict_proba(rng.randn(200, 64))[:, 1].mean()

    plain, balanced, heavy = (mean_probability(w) for w in (None, "balanced", {1: 100.0}))
    assert plain < 0.4
    assert plain + 0.1 < balanced < heavy - 0.1


def test_balanced_weights_count_windows(recordings):
    X, y = recordings
    classifier = small(
        "CRNNClassifier", max_epochs=1, window_length=100, window_stride={"A": 10}, class_weight="balanced"
    ).fit(X, y)
    weights = classifier.net_.criterion_.weight.numpy()
    lengths = np.array([len(x) for x in X])
    counts = 1 + -(-(lengths - 100) // np.where(y == "A", 10, 100))
    per_class = np.array([counts[y == label].sum() for label in "AN"])
    np.testing.assert_allclose(weights, per_class.sum() / (2 * per_class), rtol=1e-6)


def test_callbacks_are_copied_and_the_user_s_stay(recordings):
    X, y = recordings
    callback = Recorder()
    first = small("CRNNClassifier", callbacks=[callback]).fit(X, y)
    second = small("CRNNClassifier", callbacks=[("named", callback)]).fit(X, y)
    assert not hasattr(callback, "labels")
    assert recorded(first).labels == dict(second.net_.callbacks_)["named"].labels
    assert recorded(first) is not dict(second.net_.callbacks_)["named"]


def test_net_params_reach_skorch(recordings):
    X, y = recordings
    classifier = small(
        "CRNNClassifier",
        net_params={"optimizer": torch.optim.SGD, "optimizer__momentum": 0.9, "optimizer__weight_decay": 0.0},
    ).fit(X, y)
    assert isinstance(classifier.net_.optimizer_, torch.optim.SGD)
    assert classifier.net_.optimizer_.defaults["momentum"] == 0.9


@pytest.mark.parametrize(
    ("net_params", "match"),
    [
        ({"module": torch.nn.Linear}, r"net_params\['module'\] .*the class .* decides the network"),
        ({"module__n_filters": 3}, r"net_params\['module__n_filters'\]"),
        ({"train_split": None}, r"net_params\['train_split'\] .*validation_fraction"),
        ({"predict_nonlinearity": None}, "softmax"),
        ({"classes": [0, 1]}, "labels are those of y"),
        ({"dataset": list}, "batches are made"),
        ({"callbacks": []}, "parameter of the classifier itself, callbacks"),
        ({"max_epochs": 3}, "parameter of the classifier itself, max_epochs"),
        ({"batch_size": 3}, "parameter of the classifier itself, batch_size"),
        ({"device": "cpu"}, "parameter of the classifier itself, device"),
        ({"precision": "bfloat16"}, "parameter of the classifier itself, precision"),
        ({"verbose": 1}, "parameter of the classifier itself, verbose"),
        ({"warm_start": True}, "parameter of the classifier itself, warm_start"),
        ({"iterator_train__drop_last": True}, r"net_params\['iterator_train__drop_last'\] .*can be set: shuffle"),
        ({"iterator_valid__batch_size": 2}, "can be set: shuffle"),
        ({"criterion": torch.nn.NLLLoss}, "gives logits"),
    ],
)
def test_net_params_that_would_not_be_heeded_are_refused(net_params, match, recordings):
    with pytest.raises(ValueError, match=match):
        small("CRNNClassifier", max_epochs=1, net_params=net_params).fit(*recordings)


def test_net_params_that_skorch_does_not_know_are_named(recordings):
    with pytest.raises(ValueError, match="learning_speed"):
        small("CRNNClassifier", max_epochs=1, net_params={"learning_speed": 1}).fit(*recordings)


@pytest.mark.parametrize("schedule", ["constant", "one_cycle"])
@pytest.mark.parametrize("net_params", [{"lr": 0.5}, {"optimizer__lr": 0.5}])
def test_a_learning_rate_of_skorch_s_wins(schedule, net_params, recordings):
    classifier = small(
        "CRNNClassifier", schedule=schedule, net_params=net_params, batch_size=5, callbacks=[Recorder()]
    )
    assert 0.45 < max(recorded(classifier.fit(*recordings)).rates) <= 0.5


class Groups(Callback):
    """Remembers the learning rates of all groups of parameters."""

    def initialize(self):
        self.rates = []
        return self

    def on_batch_end(self, net, training=False, **kwargs):
        self.rates.append([group["lr"] for group in net.optimizer_.param_groups])


def test_each_group_of_parameters_has_a_course_of_its_own(recordings):
    groups = [("lstm*", {"lr": 0.1}), ("head*", {"lr": 0.02})]
    classifier = small(
        "CRNNClassifier",
        max_epochs=4,
        learning_rate=0.004,
        net_params={"optimizer__param_groups": groups},
        callbacks=[Groups()],
    ).fit(*recordings)
    rates = np.array(dict(classifier.net_.callbacks_)["Groups"].rates)
    np.testing.assert_allclose(rates / rates[:, -1:], [[25.0, 5.0, 1.0]] * len(rates))
    assert 0.003 < rates[:, -1].max() <= 0.004
    assert rates[-1, -1] < 0.001


@pytest.mark.parametrize("net_params", [{"iterator_train__shuffle": False}, {"criterion__label_smoothing": 0.3}])
def test_what_is_let_pass_is_used(net_params, recordings):
    plain, other = (small("CRNNClassifier", net_params=each).fit(*recordings) for each in (None, net_params))
    assert not np.allclose(plain.predict_proba(recordings[0]), other.predict_proba(recordings[0]), atol=1e-6)


@pytest.mark.parametrize("monitor", ["valid_loss", "valid_acc"])
def test_a_callback_that_watches_what_is_not_there(monitor, recordings):
    callback = EarlyStopping(monitor=monitor)
    with pytest.raises(ValueError, match=f"asks for the figures of validation.*{monitor}.*early_stopping=True"):
        small("CRNNClassifier", callbacks=[callback]).fit(*recordings)
    small("CRNNClassifier", callbacks=[callback], early_stopping=True).fit(*recordings)


@pytest.mark.parametrize(("schedule", "distinct"), [("constant", 1), ("one_cycle", 7)])
def test_schedule(recordings, schedule, distinct):
    X, y = recordings
    classifier = small("CRNNClassifier", schedule=schedule, batch_size=10, learning_rate=0.02, callbacks=[Recorder()])
    rates = np.array(recorded(classifier.fit(X, y)).rates)
    assert len(rates) == 9
    assert len(np.unique(rates.round(12))) >= distinct
    assert rates.max() <= 0.02
    assert rates.max() >= 0.018
    if schedule == "one_cycle":
        top = rates.argmax()
        assert (np.diff(rates[: top + 1]) > 0).all()
        assert (np.diff(rates[top:]) < 0).all()
        assert rates[-1] < 0.002


def test_verbose(recordings, capsys):
    X, y = recordings
    small("CRNNClassifier", verbose=0).fit(X, y)
    silent = capsys.readouterr()
    assert silent.out == silent.err == ""
    small("CRNNClassifier", verbose=1, early_stopping=True).fit(X, y)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "100%" in shown.err
    assert "train_loss" in shown.err
    assert "valid_acc" in shown.err


def test_bfloat16(recordings):
    X, y = recordings
    exact = small("ResNetClassifier", max_epochs=1).fit(X, y)
    rough = small("ResNetClassifier", max_epochs=1, precision="bfloat16").fit(X, y)
    difference = np.abs(rough.predict_proba(X) - exact.predict_proba(X)).max()
    assert 0 < difference < 0.1
    assert all(p.dtype == torch.float32 for p in rough.net_.module_.parameters())
    answers = rough.predict_proba(X)
    # Where it is used the processor may be another one: only the training is rough.
    rough.net_.precision = "float32"
    np.testing.assert_array_equal(rough.predict_proba(X), answers)


lengths_of_recordings = st.lists(st.integers(1, 10_000), min_size=1, max_size=200).map(np.array)


@given(lengths=lengths_of_recordings, batch_size=st.integers(1, 64), shuffle=st.booleans())
def test_buckets_give_every_window_once(lengths, batch_size, shuffle):
    buckets = LengthBuckets(lengths, batch_size, np.random.default_rng(0) if shuffle else None)
    batches = list(buckets)
    assert len(batches) == len(buckets) == -(-len(lengths) // batch_size)
    assert max(map(len, batches)) <= batch_size
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    spans = sorted((lengths[batch].min(), lengths[batch].max()) for batch in batches)
    assert all(low >= high for (_, high), (low, _) in pairwise(spans))


def test_buckets_shuffle_windows_of_one_length():
    buckets = LengthBuckets(np.full(64, 9000), 8, np.random.default_rng(0))
    first, second = ([frozenset(batch.tolist()) for batch in buckets] for _ in range(2))
    # Other windows are together, not the same batches in another order.
    assert len(set(first) & set(second)) <= 1


def test_buckets_come_in_another_order():
    buckets = LengthBuckets(np.arange(1, 65), 1, np.random.default_rng(0))
    first, second = (np.concatenate(list(buckets)) for _ in range(2))
    assert not np.array_equal(first, second)


def test_very_long_recordings_make_small_batches():
    buckets = LengthBuckets(np.full(10, 400_000), 10)
    assert [len(batch) for batch in buckets] == [2] * 5


@given(
    lengths=lengths_of_recordings,
    window_length=st.none() | st.integers(50, 3000),
    stride=st.integers(50, 3000),
)
def test_windows_cover_every_recording(lengths, window_length, stride):
    stride = min(stride, window_length or stride)
    # Small strides of long recordings are many windows; a few recordings show the same.
    lengths = lengths[:3]
    windows = cut_windows(lengths, window_length, np.full(len(lengths), stride))
    for i, length in enumerate(lengths):
        _, starts, stops = windows[windows[:, 0] == i].T
        assert starts[0] == 0
        assert stops[-1] == length
        if window_length is not None:
            assert (stops - starts == min(window_length, length)).all()
            assert (starts[1:] <= stops[:-1]).all()


def test_batches_are_padded_with_zeros():
    items = [np.arange(1.0, n + 1)[np.newaxis] for n in (5, 3, 4)]
    windows = cut_windows(np.array([5, 3, 4]))
    ((inputs, targets),) = bucket_loader(WindowDataset(items, windows, np.array([2, 0, 1])), batch_size=3)
    assert inputs["lengths"].tolist() == [3, 4, 5]
    assert inputs["x"][:, 0].tolist() == [[1, 2, 3, 0, 0], [1, 2, 3, 4, 0], [1, 2, 3, 4, 5]]
    assert targets.tolist() == [0, 1, 2]


@given(st.lists(st.integers(2, 50), min_size=1, max_size=10), st.integers(1, 3), st.integers(0, 2**31))
def test_lead_statistics(lengths, n_leads, seed):
    rng = np.random.RandomState(seed)
    items = [rng.randn(n_leads, n) * 3 + 1 for n in lengths]
    mean, std = lead_statistics(items)
    np.testing.assert_allclose(mean, np.median([item.mean(axis=1) for item in items], axis=0))
    about_it = [np.sqrt(((item - mean[:, None]) ** 2).mean(axis=1)) for item in items]
    np.testing.assert_allclose(std, np.median(about_it, axis=0))
    # Whatever becomes of less than half of the recordings, the scale stays within that of the others.
    spoilt = (len(items) - 1) // 2
    items[:spoilt] = [item * 1e9 - 1e12 for item in items[:spoilt]]
    others = items[spoilt:]
    low, high = np.min([item.min(axis=1) for item in others], axis=0), np.max([item.max(axis=1) for item in others], 0)
    mean, std = lead_statistics(items)
    assert ((low <= mean) & (mean <= high)).all()
    assert (std <= high - low).all()


def test_a_lead_that_is_often_off_has_the_scale_of_when_it_is_on():
    rng = np.random.RandomState(0)
    items = [np.vstack([rng.randn(200), np.zeros(200), np.full(200, 5.0)]) for _ in range(10)]
    items[3][1] = 4 * rng.randn(200)
    mean, std = lead_statistics(items)
    np.testing.assert_allclose(std, [1.0, 4.0, 1.0], rtol=0.1)
    np.testing.assert_allclose(mean, [0.0, 0.0, 5.0], atol=0.1)


@pytest.mark.parametrize("glitch", [1e5, -1e9, 1e30])
def test_one_glitch_does_not_set_the_scale_of_all(glitch):
    """The others are told apart as well as without it."""
    X, y = ecgs(n_recordings=24)
    spoilt = [np.array(x, dtype=float) for x in X]
    spoilt[0][5] = glitch

    def spread(recordings):
        classifier = small("ResNetClassifier", max_epochs=5).fit(recordings, y)
        return np.ptp(classifier.predict_proba(X[1:]), axis=0).max()

    assert spread(spoilt) > 0.5 * spread(X) > 0.05


def test_one_cycle_is_named_in_the_net(recordings):
    classifier = small("CRNNClassifier").fit(*recordings)
    assert isinstance(dict(classifier.net_.callbacks_)["one_cycle"], OneCycle)
