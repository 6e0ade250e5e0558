"""A network of one's own: what the classifiers promise, and what is wrong with it told before it is trained."""

import copy
import pickle
import random
import tracemalloc

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from ecgclf.augmentation import RandomChanges
from ecgclf.classifiers import ECGClassifier, ResNetClassifier
from ecgclf.datasets import make_recordings
from ecgclf.explanation import LimeTimeSeriesExplainer
from ecgclf.nn import ResNet
from ecgclf.persistence import _container, load, save
from own import Drawn, Fixed, InPlace, Odd, OneArgument, Returning, Small, Stateful, Unmasked, make_normed, make_small
from small import NETWORKS
from test_threads import threads


@pytest.fixture(scope="module")
def recordings():
    return make_recordings(24, duration=(2.0, 4.0), random_state=0, return_X_y=True)


def fitted(recordings, module=Small, **params):
    return ECGClassifier(module, **{"max_epochs": 3, "random_state": 0, **params}).fit(*recordings)


def test_a_network_of_this_package_gives_what_its_classifier_gives(recordings):
    chosen = ResNetClassifier(max_epochs=3, learning_rate=0.001, random_state=0, **NETWORKS["ResNetClassifier"])
    signature = {name: value for name, value in chosen.get_params().items() if name in RESNET}
    own = fitted(recordings, ResNet, module_params=signature)
    expected = chosen.fit(*recordings).predict_proba(recordings[0])
    np.testing.assert_array_equal(own.predict_proba(recordings[0]), expected)


RESNET = set(ResNet.__init__.__annotations__)


class Normed(torch.nn.Module):
    """Its batch statistics are those of one value for each recording."""

    def __init__(self, n_leads, n_outputs):
        super().__init__()
        self.convolution = torch.nn.Conv1d(n_leads, 4, 5)
        self.norm = torch.nn.BatchNorm1d(4)
        self.head = torch.nn.Linear(4, n_outputs)

    def forward(self, x, lengths):
        return self.head(self.norm(self.convolution(x).amax(2)))


@pytest.mark.parametrize("batch_size", [2, 3, 4])
def test_no_part_of_a_batch_is_a_single_recording(batch_size):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(8, 12, 3600)), np.arange(8) % 2
    with threads(2):
        ECGClassifier(Normed, batch_size=batch_size, max_epochs=1, random_state=0).fit(X, y)


def test_it_learns(recordings):
    classifier = fitted(recordings, max_epochs=60, learning_rate=0.01)
    most_frequent = np.unique(recordings[1], return_counts=True)[1].max() / len(recordings[1])
    assert classifier.score(*recordings) > most_frequent + 0.2
    assert classifier.net_.history[-1, "train_loss"] < 0.7 * classifier.net_.history[0, "train_loss"]


def test_a_function_and_a_class_are_the_same(recordings):
    one = fitted(recordings, make_small, module_params={"width": 6})
    other = fitted(recordings, module_params={"width": 6})
    np.testing.assert_array_equal(one.predict_proba(recordings[0]), other.predict_proba(recordings[0]))


def test_answers_depend_on_no_neighbour_and_no_padding(recordings):
    X, _ = recordings
    classifier = fitted(recordings)
    together = classifier.predict_proba(X)
    alone = np.concatenate([classifier.predict_proba([x]) for x in X])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_what_it_draws_is_its_own_and_the_same_on_any_number_of_threads():
    """Dropout of torch's own, as a layer and as a function."""
    recordings = make_recordings(24, duration=(15.0, 18.0), random_state=0, return_X_y=True)
    answers = []
    for n_threads in (1, 2):
        torch.manual_seed(n_threads)
        before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
        with threads(n_threads):
            classifier = fitted(recordings, module_params={"dropout": 0.5}, max_epochs=2)
        after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
        assert (before[0] == after[0]).all()
        assert before[1:] == after[1:]
        answers.append(classifier.predict_proba(recordings[0]))
    np.testing.assert_array_equal(*answers)
    other = fitted(recordings, module_params={"dropout": 0.5}, max_epochs=2, random_state=1)
    assert (other.predict_proba(recordings[0]) != answers[0]).any()


def test_dropout_is_at_work_while_training_only(recordings):
    without = fitted(recordings, max_epochs=1).predict_proba(recordings[0])
    classifier = fitted(recordings, max_epochs=1, module_params={"dropout": 0.9})
    assert (classifier.predict_proba(recordings[0]) != without).any()
    np.testing.assert_array_equal(classifier.predict_proba(recordings[0]), classifier.predict_proba(recordings[0]))


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("nan", "Returning gave nan"),
        ("wide", r"of shape \(2, 8\).*expected floating logits of shape \(2, 4\)"),
        ("long", r"of shape \(4, 4\).*expected floating logits of shape \(2, 4\)"),
        ("tuple", "expected a tensor of logits"),
        ("int", "torch.int64"),
        ("detached", "nothing to learn"),
        ("error", "cannot compute x of shape"),
    ],
)
def test_what_is_wrong_is_told_before_the_training(recordings, what, told):
    classifier = ECGClassifier(Returning, module_params={"what": what})
    with pytest.raises(ValueError, match=told):
        classifier.fit(*recordings)
    assert not hasattr(classifier, "net_")


def test_a_forward_without_lengths_is_told_what_it_takes(recordings):
    with pytest.raises(ValueError, match=r"OneArgument cannot compute.*takes \(x, lengths\)"):
        fitted(recordings, OneArgument)


@pytest.mark.parametrize(
    ("module", "params", "error", "told"),
    [
        (Small(1, 4), None, TypeError, "built already"),
        (lambda n_leads, n_outputs: 3, None, TypeError, "expected a torch.nn.Module"),
        (lambda n_leads: Small(n_leads, 4), None, ValueError, "n_leads=1, n_outputs=4"),
        (Small, {"wide": 3}, ValueError, "Small.*wide"),
        (Small, {"width": -1}, ValueError, "cannot be built by Small.*width=-1.*RuntimeError"),
        (Small, {"n_outputs": 3}, ValueError, r"logits of shape \(2, 4\)"),
        ("Small", None, ValueError, "module"),
    ],
)
def test_what_is_no_network_is_refused(recordings, module, params, error, told):
    with pytest.raises(error, match=told):
        fitted(recordings, module, module_params=params)


def test_padding_that_is_not_masked_is_found(recordings):
    with pytest.raises(ValueError, match="does not leave out the padding"):
        fitted(recordings, Unmasked)


def test_windows_of_one_length_need_no_mask(recordings):
    """Trained on windows without padding, it predicts whole recordings without any."""
    X, y = recordings
    classifier = fitted((np.stack([x[:600] for x in X]), y), Unmasked)
    together = classifier.predict_proba([x[:600] for x in X])
    assert not bool(classifier.net_.module_.masks_padding)
    ragged = ECGClassifier(Unmasked, max_epochs=2, random_state=0).fit([x[:600] for x in X], y)
    alone = np.concatenate([ragged.predict_proba([x]) for x in X])
    np.testing.assert_allclose(ragged.predict_proba(X), alone, atol=1e-5)
    assert together.shape == (24, 4)


def test_a_length_that_a_network_does_not_know_is_told(recordings):
    X, y = recordings
    classifier = fitted(([x[:600] for x in X], y), Fixed)
    assert classifier.predict_proba([X[0][:600]]).shape == (1, 4)
    with pytest.raises(ValueError, match="the Fixed cannot compute recordings of 500 timepoints: "):
        classifier.predict_proba([X[0][:500]])


def test_parameters_of_the_network_are_searched(recordings):
    X, y = recordings
    y = np.where(y == "A", "A", "N")
    classifier = ECGClassifier(Small, module_params={"width": 3}, max_epochs=1, random_state=0)
    search = GridSearchCV(classifier, {"module__width": [2, 5]}, cv=2).fit(X, y)
    widths = {params["module__width"] for params in search.cv_results_["params"]}
    assert widths == {2, 5}
    best = search.best_estimator_
    assert best.module_params == {"width": search.best_params_["module__width"]}
    assert best.net_.module_.network.conv.out_channels == search.best_params_["module__width"]
    assert classifier.module_params == {"width": 3}
    assert clone(best).get_params()["module__width"] == best.module_params["width"]


def test_warm_start_goes_on_with_the_same_network(recordings):
    classifier = fitted(recordings, warm_start=True, max_epochs=2)
    classifier.fit(*recordings)
    assert classifier.n_epochs_ == 4
    with pytest.raises(ValueError, match="module_params"):
        classifier.set_params(module__width=5).fit(*recordings)


def test_pickle_and_copy_keep_the_answers(recordings):
    X, _ = recordings
    classifier = fitted(recordings)
    for again in (pickle.loads(pickle.dumps(classifier)), copy.deepcopy(classifier)):
        np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    assert again.fit(*recordings).n_epochs_ == 3


@pytest.mark.parametrize("how", ["buffer", "attribute", "list", "numpy"])
def test_copies_keep_what_a_network_drew(how, recordings, tmp_path):
    """A network that is built again draws something else."""
    classifier = fitted(recordings, Drawn, module_params={"how": how})
    expected = classifier.predict_proba(recordings[0])
    for same in (copy.deepcopy(classifier), pickle.loads(pickle.dumps(classifier))):
        np.testing.assert_array_equal(same.predict_proba(recordings[0]), expected)
    with pytest.raises(ValueError, match="no parameter and no persistent buffer"):
        save(classifier, tmp_path / "drawn.ecgclf")
    kept = fitted(recordings, Drawn, module_params={"how": how}, checkpoint_dir=tmp_path)
    again = fitted(recordings, Drawn, module_params={"how": how}, checkpoint_dir=tmp_path)
    if how == "numpy":
        # numpy's generator is no part of a fit: another was drawn, and another fit it is.
        assert len(list(tmp_path.iterdir())) == 2
    else:
        np.testing.assert_array_equal(again.predict_proba(recordings[0]), kept.predict_proba(recordings[0]))
        np.testing.assert_array_equal(kept.predict_proba(recordings[0]), expected)


def test_what_is_remembered_for_speed_is_no_part_of_a_network(recordings, tmp_path):
    classifier = fitted(recordings, Odd, module_params={"what": "remembers"}, checkpoint_dir=tmp_path)
    save(classifier.set_params(checkpoint_dir=None), tmp_path / "odd.ecgclf")
    same = load(tmp_path / "odd.ecgclf", trusted=[Odd])
    np.testing.assert_array_equal(same.predict_proba(recordings[0]), classifier.predict_proba(recordings[0]))


def test_what_training_changes_beside_the_state_cannot_be_kept(recordings, tmp_path):
    with pytest.raises(ValueError, match="training has changed network.n_seen, which is not in it"):
        fitted(recordings, Odd, module_params={"what": "counts"}, checkpoint_dir=tmp_path)
    classifier = fitted(recordings, Odd, module_params={"what": "counts"})
    same = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(same.predict_proba(recordings[0]), classifier.predict_proba(recordings[0]))


def test_a_state_that_is_not_all_tensors(recordings, tmp_path):
    classifier = fitted(recordings, Stateful)
    same = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(same.predict_proba(recordings[0]), classifier.predict_proba(recordings[0]))
    with pytest.raises(ValueError, match="state_dict of the network has network._extra_state, which is none"):
        fitted(recordings, Stateful, checkpoint_dir=tmp_path)


def test_parametrizations_of_torch_are_copied_and_stored(recordings, tmp_path):
    classifier = fitted(recordings, make_normed)
    save(classifier, tmp_path / "normed.ecgclf")
    loaded = load(tmp_path / "normed.ecgclf", trusted=[make_normed])
    for same in (copy.deepcopy(classifier), pickle.loads(pickle.dumps(classifier)), loaded):
        np.testing.assert_array_equal(same.predict_proba(recordings[0]), classifier.predict_proba(recordings[0]))


@pytest.mark.parametrize("duration", [2.0, (2.0, 4.0)])
@pytest.mark.parametrize(
    ("what", "told"), [("draws", "asked again: it draws at random"), ("mixes", "beside another recording: it mixes")]
)
def test_what_depends_on_chance_or_company_is_told_before_the_training(what, told, duration):
    recordings = make_recordings(12, duration=duration, random_state=0, return_X_y=True)
    with pytest.raises(ValueError, match=f"Odd answers a recording by logits of .* {told}"):
        fitted(recordings, Odd, module_params={"what": what})


def test_a_network_may_change_its_input_in_place(recordings):
    fitted(recordings, InPlace, max_epochs=1)


def test_logits_of_another_shape_than_in_the_trial_are_told(recordings):
    classifier = fitted(recordings, Odd, module_params={"what": "narrow"}, max_epochs=1)
    with pytest.raises(ValueError, match=r"the Odd gave logits of shape \(\d+, 1\) for .* one for each class"):
        classifier.predict_proba(recordings[0])


def test_a_file_names_the_network_and_whoever_loads_it_has_it(recordings, tmp_path):
    X, _ = recordings
    classifier = fitted(recordings, module_params={"width": 6})
    path = tmp_path / "own.ecgclf"
    save(classifier, path)
    with pytest.raises(ValueError, match=r"names 'own.Small'.*trusted="):
        load(path)
    with pytest.raises(ValueError, match=r"names 'own.Small'.*trusted has own.Unmasked"):
        load(path, trusted=[Unmasked])
    again = load(path, trusted=[Small, Unmasked])
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    assert again.module is Small
    assert again.set_params(max_epochs=1).fit(*recordings).n_epochs_ == 1


def test_a_network_without_a_name_is_not_stored(recordings, tmp_path):
    classifier = fitted(recordings, lambda n_leads, n_outputs: Small(n_leads, n_outputs))
    with pytest.raises(ValueError, match=r"ECGClassifier.module is \S*lambda"):
        save(classifier, tmp_path / "own.ecgclf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("width", [10**9, 10**5, -1, "many", None])
def test_a_forged_file_does_not_make_a_trusted_network_gigantic(recordings, width, tmp_path):
    path = tmp_path / "own.ecgclf"
    save(fitted(recordings, module_params={"width": 6}), path)
    document, arrays = _container.read_file(path)
    document["estimator"]["object"]["parameters"]["module_params"] = {"dict": [["width", width]]}
    _container.write_file(path, document, arrays)
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"own.ecgclf cannot be loaded"):
        load(path, trusted=[Small])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**7


def test_functions_of_a_users_own_are_stored_by_name(recordings, tmp_path):
    path = tmp_path / "own.ecgclf"
    save(fitted(recordings, make_small, augmentation=changed), path)
    assert load(path, trusted=[make_small, changed]).augmentation is changed


def changed(recording, rng):
    """A change of one's own."""
    return recording + rng.normal(scale=0.01, size=recording.shape)


def test_checkpoints_windows_augmentation_and_validation(recordings, tmp_path):
    X, y = recordings
    classifier = fitted(
        recordings,
        window_length=300,
        augmentation=RandomChanges(noise=0.1, amplitude=0.2),
        early_stopping=True,
        checkpoint_dir=tmp_path,
    )
    again = clone(classifier).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    assert len(list(tmp_path.iterdir())) == 1


def test_several_labels_and_leads():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 3, 200)), rng.integers(0, 2, (20, 2))
    y[:2] = [[0, 1], [1, 0]]
    classifier = fitted((X, y))
    assert classifier.predict_proba(X).shape == (20, 2)
    assert classifier.multilabel_


def test_it_is_explained(recordings):
    X, _ = recordings
    classifier = fitted(recordings)
    explanation = LimeTimeSeriesExplainer(sampling_rate=300, n_perturbations=100, random_state=0).explain(
        classifier, X[0]
    )
    assert np.isfinite(explanation.weights).all()
