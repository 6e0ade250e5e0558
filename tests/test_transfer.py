"""Training that begins with trained weights: what is taken over, from where, and what can be held."""

import copy
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from skorch.callbacks import Freezer

from ecgclf.classifiers import ECGClassifier
from ecgclf.datasets import load_cinc2017_sample, make_recordings
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.persistence import load, save
from ecgclf.preprocessing import RecordingNormalizer
from ecgclf.pretrained import load_pretrained
from own import Small
from small import NAMES, small

# A fit that moves nothing.
STILL = {"max_epochs": 1, "learning_rate": 1e-12, "weight_decay": 0.0, "schedule": "constant"}


@pytest.fixture(scope="module")
def recordings():
    return make_recordings(24, duration=(2.0, 4.0), random_state=0, return_X_y=True)


@pytest.fixture(scope="module")
def source(recordings):
    return small("BiLSTMClassifier").fit(*recordings)


def make(name, **params):
    if name == "ECGClassifier":
        return ECGClassifier(Small, **{"max_epochs": 3, "random_state": 0, **params})
    return small(name, **params)


def weights(classifier):
    return {name: value.clone() for name, value in classifier.net_.module_.state_dict().items()}


@pytest.mark.parametrize("name", [*NAMES, "ECGClassifier"])
def test_of_the_same_classes_all_is_taken_over(name, recordings):
    X, y = recordings
    before = make(name).fit(X, y)
    after = make(name, init_from=before, random_state=1, **STILL).fit(X, y)
    apart = make(name, random_state=1, **STILL).fit(X, y)
    # Running statistics of batch norms move by one epoch.
    theirs, ours = weights(before), weights(after)
    for key in dict(before.net_.module_.named_parameters()):
        torch.testing.assert_close(ours[key], theirs[key], rtol=0, atol=1e-6)
    assert any((theirs[key] != value).any() for key, value in weights(apart).items() if key in ours)
    # It is a beginning: the source stays as it is, and so do the weights it shares nothing with.
    make(name, init_from=before, random_state=1).fit(X, y)
    assert all((value == theirs[key]).all() for key, value in weights(before).items())


def test_of_other_classes_the_last_layer_is_new(source, recordings):
    X, y = recordings
    two = np.where(y == "A", "A", "rest")
    after = make("BiLSTMClassifier", init_from=source, random_state=1, **STILL).fit(X, two)
    fresh = make("BiLSTMClassifier", random_state=1, **STILL).fit(X, two)
    assert after.predict_proba(X).shape == (24, 2)
    torch.testing.assert_close(weights(after)["head.weight"], weights(fresh)["head.weight"], rtol=0, atol=1e-6)
    torch.testing.assert_close(
        weights(after)["lstm.forwards.0.weight_ih_l0"], weights(source)["lstm.forwards.0.weight_ih_l0"]
    )


def test_labels_of_the_same_names_but_several_have_a_new_last_layer(source, recordings):
    X, y = recordings
    several = np.column_stack([y == label for label in source.classes_]).astype(int)
    after = make("BiLSTMClassifier", init_from=source, random_state=1, **STILL).fit(X, several)
    assert (weights(after)["head.weight"] != weights(source)["head.weight"]).any()


@pytest.mark.parametrize("name", ["BiLSTMClassifier", "ResNetClassifier"])
def test_leads_that_are_alike_add_up_to_the_one_lead(name, recordings):
    X, y = recordings
    one = make(name).fit(X, y)
    three = make(name, init_from=one, **STILL).fit([np.stack([x, x, x]) for x in X], y)
    convs = [conv for conv in three.net_.module_.modules() if isinstance(conv, torch.nn.Conv2d)]
    before = [conv for conv in one.net_.module_.modules() if isinstance(conv, torch.nn.Conv2d)]
    assert convs[0].in_channels == 3
    summed = convs[0].weight.sum(dim=1, keepdim=True)
    torch.testing.assert_close(summed, before[0].weight, rtol=0, atol=1e-6)
    torch.testing.assert_close(convs[1].weight, before[1].weight, rtol=0, atol=1e-6)
    # And back again.
    again = make(name, init_from=three, **STILL).fit(X, y)
    first = next(conv for conv in again.net_.module_.modules() if isinstance(conv, torch.nn.Conv2d))
    torch.testing.assert_close(first.weight, before[0].weight, rtol=0, atol=1e-6)


@pytest.mark.parametrize("labels", [(-1, 1), (False, True), (0, 1), (1, 2), ("a", "b")], ids=repr)
@pytest.mark.parametrize("kind", ["vote", "stack"])
def test_members_that_were_fitted_before_know_the_labels_themselves(labels, kind, recordings):
    """Those that a vote has fitted know their numbers."""
    X, y = recordings
    y = np.array(labels)[(y == y[0]).astype(int)]
    member = small("CRNNClassifier", max_epochs=2).fit(X, y)
    fitted = {
        "vote": VotingClassifier([("a", FrozenEstimator(member))], voting="soft"),
        "stack": StackingClassifier([("a", member)], cv="prefit"),
    }[kind].fit(X, y)
    begun = small("CRNNClassifier", init_from=fitted, **STILL).fit(X, y)
    torch.testing.assert_close(begun.net_.module_.head.weight, member.net_.module_.head.weight)


def test_from_a_file_a_pipeline_a_vote_or_tuned_decisions(source, recordings, tmp_path):
    X, y = recordings
    save(source, tmp_path / "source.ecgclf")
    pipeline = make_pipeline(RecordingNormalizer(), small("BiLSTMClassifier")).fit(X, y)
    other = small("CRNNClassifier", max_epochs=1)
    vote = VotingClassifier([("a", other), ("b", small("BiLSTMClassifier"))], voting="soft").fit(X, y)
    tuned = TunedDecisionClassifierCV(small("BiLSTMClassifier"), cv=2, ensemble=True).fit(X, y)
    origins = [
        (tmp_path / "source.ecgclf", source),
        (str(tmp_path / "source.ecgclf"), source),
        (pipeline, pipeline[-1]),
        (vote, vote.estimators_[1]),
        (tuned, tuned.estimators_[0]),
    ]
    for given, origin in origins:
        after = make("BiLSTMClassifier", init_from=given, random_state=1, **STILL).fit(X, y)
        theirs = weights(origin)
        for key, value in after.net_.module_.named_parameters():
            torch.testing.assert_close(value, theirs[key], rtol=0, atol=1e-6)


def test_from_a_shipped_model():
    sample = load_cinc2017_sample()
    X, y = sample.data[:12], np.where(np.arange(12) % 2, "a", "b")
    shipped = load_pretrained("tiny-cinc2017")[-1].estimators_[0]
    after = clone(shipped).set_params(init_from="tiny-cinc2017", augmentation=None, **STILL).fit(X, y)
    np.testing.assert_allclose(after.transform(X[:2]).shape, shipped.transform(X[:2]).shape)
    theirs = weights(shipped)
    for key, value in after.net_.module_.named_parameters():
        if not key.startswith("head."):
            torch.testing.assert_close(value, theirs[key], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "params", "init_from", "error", "told"),
    [
        ("LSTMClassifier", {}, "source", ValueError, "has lstm.backwards.*trained as a BiLSTMClassifier"),
        ("CRNNClassifier", {}, "source", ValueError, "it is a RecurrentNet, here it is a CRNN"),
        ("BiLSTMClassifier", {"n_units": 5}, "source", ValueError, r"set n_units=8 as there"),
        ("BiLSTMClassifier", {}, small("BiLSTMClassifier"), NotFittedError, "not fitted. In the grid of a search"),
        ("BiLSTMClassifier", {}, LogisticRegression(), ValueError, "no classifier of ecgclf"),
        ("BiLSTMClassifier", {}, "nowhere.ecgclf", ValueError, "no file, and no trained model.*tiny-cinc2017"),
        ("BiLSTMClassifier", {}, 3, ValueError, "init_from"),
    ],
)
def test_what_does_not_fit_is_told(name, params, init_from, error, told, source, recordings):
    init_from = source if init_from == "source" else init_from
    classifier = small(name, init_from=init_from, **params)
    with pytest.raises(error, match=told):
        classifier.fit(*recordings)
    assert not hasattr(classifier, "net_")


def test_a_file_that_is_no_model_is_told(recordings, tmp_path):
    (tmp_path / "text.ecgclf").write_text("no model")
    with pytest.raises(ValueError, match=r"text.ecgclf cannot be loaded"):
        small("BiLSTMClassifier", init_from=tmp_path / "text.ecgclf").fit(*recordings)


def test_clones_searches_and_copies_begin_there_too(source, recordings, tmp_path):
    X, y = recordings
    classifier = make("BiLSTMClassifier", init_from=source, **STILL)
    assert clone(classifier).init_from is source
    assert clone(make_pipeline(classifier))[-1].init_from is source
    search = GridSearchCV(classifier, {"dropout": [0.0, 0.1]}, cv=2).fit(X, y)
    key = "lstm.forwards.0.weight_ih_l0"
    torch.testing.assert_close(weights(search.best_estimator_)[key], weights(source)[key])
    classifier.fit(X, y)
    save(classifier, tmp_path / "file")
    for again in (copy.deepcopy(classifier), pickle.loads(pickle.dumps(classifier)), load(tmp_path / "file")):
        np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
        torch.testing.assert_close(weights(again.fit(X, y))[key], weights(source)[key])


def test_an_unfinished_fit_of_other_weights_is_another(source, recordings, tmp_path):
    X, y = recordings
    other = small("BiLSTMClassifier", random_state=5).fit(X, y)
    for init_from in (source, other, source):
        make("BiLSTMClassifier", init_from=init_from, checkpoint_dir=tmp_path, max_epochs=1).fit(X, y)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_warm_start_goes_on_from_its_own_weights(source, recordings):
    X, y = recordings
    classifier = make("BiLSTMClassifier", warm_start=True).fit(X, y)
    before = weights(classifier)
    classifier.set_params(init_from=source, **STILL).fit(X, y)
    torch.testing.assert_close(weights(classifier)["head.weight"], before["head.weight"], rtol=0, atol=1e-6)


def test_parts_can_be_frozen_or_learn_slowly(source, recordings):
    """By skorch's own means."""
    X, y = recordings
    theirs, two = weights(source), np.where(y == "A", "A", "rest")
    frozen = make("BiLSTMClassifier", init_from=source, callbacks=[Freezer(["convs.*", "lstm.*"])]).fit(X, two)
    groups = {"optimizer__param_groups": [("lstm.*", {"lr": 1e-12, "weight_decay": 0.0})]}
    slow = make("BiLSTMClassifier", init_from=source, net_params=groups).fit(X, two)
    for key, value in weights(frozen).items():
        if key.startswith(("convs.", "lstm.")):
            assert (value == theirs[key]).all()
    assert (weights(frozen)["norms.0.weight"] != theirs["norms.0.weight"]).any()
    torch.testing.assert_close(
        weights(slow)["lstm.forwards.0.weight_ih_l0"], theirs["lstm.forwards.0.weight_ih_l0"], rtol=0, atol=1e-6
    )
    assert (weights(slow)["convs.0.conv.weight"] != theirs["convs.0.conv.weight"]).any()
