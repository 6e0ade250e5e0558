"""What users of skorch bring along works: callbacks, splits, loaders."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from skorch.callbacks import Checkpoint, EpochScoring, Freezer, LRScheduler, TensorBoard, TrainEndCheckpoint
from skorch.dataset import ValidSplit
from torch.utils.data import Subset

from ecgclf.augmentation import RandomChanges
from ecgclf.datasets import make_recordings
from ecgclf.nn import FocalLoss
from small import small

VALIDATED = {"validation_fraction": 0.25, "max_epochs": 3}


@pytest.fixture(scope="module")
def recordings():
    return make_recordings(24, duration=(2.0, 4.0), random_state=0, return_X_y=True)


def fitted(recordings, name="LSTMClassifier", **params):
    return small(name, **params).fit(*recordings)


def callback_of(classifier, name):
    return dict(classifier.net_.callbacks_)[name]


def test_freezer(recordings):
    names = ["convs.*", "norms.*"]
    still = fitted(recordings, callbacks=[Freezer(names)], max_epochs=1).net_.module_
    longer = fitted(recordings, callbacks=[Freezer(names)]).net_.module_
    for (name, one), other in zip(still.named_parameters(), longer.parameters(), strict=True):
        assert (one == other).all() == name.startswith(("convs", "norms")), name


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("callbacks__onecycle__rise", "of callbacks there are .*one_cycle"),
        ("callbacks__early_stopping__patience", "of callbacks there are"),
        ("callbacks__one_cycle__rises", "OneCycle takes rise"),
    ],
)
def test_arguments_of_callbacks_that_are_not_there(key, message, recordings):
    with pytest.raises(ValueError, match=rf"net_params\['{key}'\] would not be heeded: {message}"):
        fitted(recordings, net_params={key: 0.5})


@pytest.mark.parametrize(
    ("key", "value"),
    [("dataset__length", 5), ("iterator_valid__shuffle", True), ("history", 3), ("train_split__cv", 3)],
)
def test_arguments_that_would_change_nothing(key, value, recordings):
    with pytest.raises(ValueError, match=rf"net_params\['{key}'\] would not be heeded"):
        fitted(recordings, net_params={key: value})


def test_arguments_of_callbacks(recordings):
    changed = fitted(recordings, net_params={"callbacks__one_cycle__rise": 0.5, "callbacks__valid_acc": None})
    assert callback_of(changed, "one_cycle").rise == 0.5
    stopping = {"callbacks__early_stopping__threshold": 0.5}
    stopped = fitted(recordings, early_stopping=True, net_params=stopping)
    assert callback_of(stopped, "early_stopping").threshold == 0.5


def test_checkpoint(recordings, tmp_path):
    """The best epoch's weights are on disk, and come back into the net."""
    checkpoint = Checkpoint(dirname=tmp_path, monitor="valid_loss_best", f_pickle="net.pkl")
    classifier = fitted(recordings, callbacks=[checkpoint], learning_rate=0.3, **VALIDATED)
    losses = [row["valid_loss"] for row in classifier.net_.history]
    assert {"params.pt", "optimizer.pt", "history.json", "net.pkl"} <= {path.name for path in tmp_path.iterdir()}
    classifier.net_.load_params(checkpoint=callback_of(classifier, "Checkpoint"))
    best = int(np.argmin(losses)) + 1
    expected = fitted(recordings, learning_rate=0.3, early_stopping=True, **VALIDATED)
    assert expected.best_epoch_ == best
    np.testing.assert_array_equal(classifier.predict_proba(recordings[0]), expected.predict_proba(recordings[0]))


def test_train_end_checkpoint(recordings, tmp_path):
    classifier = fitted(recordings, callbacks=[TrainEndCheckpoint(dirname=tmp_path)])
    kept = torch.load(tmp_path / "train_end_params.pt", weights_only=True)
    for name, value in classifier.net_.module_.state_dict().items():
        assert (kept[name] == value).all()


def test_epoch_scoring(recordings):
    score = EpochScoring("f1_macro", lower_is_better=False, name="f1")
    classifier = fitted(recordings, callbacks=[score], **VALIDATED)
    assert all(0 <= row["f1"] <= 1 for row in classifier.net_.history)
    X, y = recordings
    share = EpochScoring("accuracy", lower_is_better=False, name="share")
    watched = small("LSTMClassifier", callbacks=[share]).fit(X, y, X_val=X[:6], y_val=y[:6])
    assert watched.net_.history[-1, "share"] == pytest.approx(np.mean(watched.predict(X[:6]) == y[:6]))


def hinge(logits, targets):
    return torch.nn.functional.multi_margin_loss(logits, targets)


@pytest.mark.parametrize(
    ("loss", "several"), [(None, False), (FocalLoss, False), (hinge, False), (None, True), (FocalLoss, True)]
)
def test_callbacks_see_the_probabilities_that_the_classifier_gives(recordings, loss, several):
    X, y = recordings
    if several:
        y = np.column_stack([y == "A", np.arange(len(y)) % 3 == 0]).astype(int)

    def mean_of_squares(net, X, y):
        return float((net.predict_proba(X) ** 2).mean())

    scores = [
        EpochScoring(mean_of_squares, name="squares"),
        EpochScoring("f1_macro", name="f1"),
        EpochScoring("accuracy", name="share"),
        EpochScoring("roc_auc_ovr" if not several else "roc_auc", name="area"),
    ]
    classifier = small("LSTMClassifier", callbacks=scores, net_params=loss and {"criterion": loss})
    classifier.fit(X, y, X_val=X, y_val=y)
    chances, answers = classifier.predict_proba(X), classifier.predict(X)
    last = classifier.net_.history[-1]
    assert last["squares"] == pytest.approx((chances**2).mean(), rel=1e-5)
    assert last["f1"] == pytest.approx(f1_score(y, answers, average="macro", zero_division=0))
    assert last["share"] == pytest.approx(accuracy_score(y, answers))
    assert last["area"] == pytest.approx(roc_auc_score(y, chances, multi_class="ovr"), abs=1e-6)


def test_lr_scheduler(recordings):
    steps = LRScheduler(policy="StepLR", step_size=1, gamma=0.1)
    classifier = fitted(recordings, callbacks=[steps], schedule="constant", learning_rate=0.01)
    rates = [row["event_lr"] for row in classifier.net_.history]
    np.testing.assert_allclose(rates, [0.01, 0.001, 0.0001])


class Writer:
    """What TensorBoard is told."""

    def __init__(self):
        self.told = []

    def __deepcopy__(self, memo):
        raise TypeError("an open file cannot be copied")

    def add_scalar(self, tag, scalar_value, global_step):
        """Remember."""
        self.told.append((tag, global_step))

    def close(self):
        """Nothing."""


def test_tensorboard(recordings):
    writer = Writer()
    fitted(recordings, callbacks=[lambda: TensorBoard(writer)], **VALIDATED)
    assert {("Loss/train_loss", step) for step in (1, 2, 3)} <= set(writer.told)


def test_valid_split(recordings):
    """Of skorch's own; told the classes, not the recordings."""
    X, y = recordings
    classifier = fitted(recordings, validation_fraction=ValidSplit(4, stratified=True), max_epochs=1)
    (_, held_out), *_ = StratifiedKFold(4).split(X, y)
    expected = small("LSTMClassifier", max_epochs=1, validation_fraction=StratifiedKFold(4)).fit(X, y)
    assert classifier.net_.history[-1, "valid_loss"] == expected.net_.history[-1, "valid_loss"]
    watched = log_loss(y[held_out], classifier.predict_proba([X[i] for i in held_out]), labels=classifier.classes_)
    assert classifier.net_.history[-1, "valid_loss"] == pytest.approx(watched, rel=1e-5)


def test_a_split_that_leaves_nothing_to_watch_is_told(recordings):
    def split(dataset, targets, groups):
        return Subset(dataset, range(len(dataset))), Subset(dataset, [])

    with pytest.raises(ValueError, match="validation_fraction=.* sets nothing aside"):
        fitted(recordings, validation_fraction=split)


@pytest.mark.parametrize("augmentation", [None, RandomChanges(noise=0.1, crop=500)])
def test_workers_that_load_change_nothing(augmentation, recordings):
    alone = fitted(recordings, augmentation=augmentation, max_epochs=2)
    helped = fitted(recordings, augmentation=augmentation, max_epochs=2, net_params={"iterator_train__num_workers": 2})
    np.testing.assert_array_equal(helped.predict_proba(recordings[0]), alone.predict_proba(recordings[0]))
