"""The augmenter and the over-sampler: what they give back, inside Pipelines and outside."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from imblearn.pipeline import Pipeline as ImbalancedPipeline
from imblearn.pipeline import make_pipeline as make_imbalanced_pipeline
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline

from ecgclf._recordings import object_array
from ecgclf._training._likelihood import LikelihoodNet
from ecgclf.augmentation import WaveNetAugmenter, WaveNetOverSampler
from ecgclf.datasets import load_cinc2017_sample
from ecgclf.nn import CachedWaveNet
from small import GENERATORS, small
from strategies import collections


def augmenter(**params):
    return WaveNetAugmenter(**{"random_state": 0, "prime_length": 0, **GENERATORS["WaveNetAugmenter"], **params})


def over_sampler(**params):
    return WaveNetOverSampler(**{"random_state": 0, **GENERATORS["WaveNetOverSampler"], **params})


def noise(lengths, n_leads=1, seed=0):
    """Ragged recordings, and labels A, N, N, A, N, N, …"""
    rng = np.random.RandomState(seed)
    return [rng.randn(n_leads, n) for n in lengths], np.array(["A", "N", "N"] * len(lengths))[: len(lengths)]


def same(a, b):
    return len(a) == len(b) and all(np.array_equal(x, z) for x, z in zip(a, b, strict=True))


@pytest.fixture(scope="module")
def real():
    """A dozen real recordings of three classes, 4 s of each."""
    sample = load_cinc2017_sample()
    chosen = np.concatenate(
        [np.flatnonzero(sample.target == label)[:n] for label, n in (("A", 3), ("N", 6), ("O", 3))]
    )
    return object_array([sample.data[i][:1200] for i in chosen]), sample.target[chosen]


def assert_same_kind(given, X):
    """The collections are told apart by the same things, lengths left out."""
    assert type(given) is type(X)
    if isinstance(X, list) or X.dtype == object:
        assert getattr(given, "dtype", None) == getattr(X, "dtype", None)
        assert {x.shape[:-1] for x in given} == {x.shape[:-1] for x in X}
        assert {x.dtype for x in given} == {x.dtype for x in X}
    else:
        assert given.shape[1:] == X.shape[1:]
        assert given.dtype == X.dtype


@settings(max_examples=25)
@given(X=collections(min_recordings=2))
def test_kind_in_is_kind_out(X):
    y = np.arange(len(X)) % 2
    augmented = augmenter(proportion=1.0).fit(X, y)
    assert same(augmented.transform(X), X)
    assert_same_kind(augmented.transform(X), X)
    assert_same_kind(augmented.sample(3, 1), X)
    replaced = augmenter(proportion=1.0).fit_transform(X, y)
    assert_same_kind(replaced, X)
    assert [x.shape for x in replaced] == [x.shape for x in X]
    resampled, y_resampled = over_sampler(sampling_strategy={1: 4}).fit_resample(X, y)
    assert_same_kind(resampled, X)
    assert len(resampled) == len(y_resampled)


def test_the_augmenter_replaces_a_fraction_of_each_class():
    X, y = noise([30, 40, 50] * 4)
    fitted = augmenter(proportion=0.5)
    before = [x.copy() for x in X]
    augmented = fitted.fit_transform(X, y)
    assert same(X, before)
    assert [x.shape for x in augmented] == [x.shape for x in X]
    changed = np.array([not np.array_equal(a, x) for a, x in zip(augmented, X, strict=True)])
    np.testing.assert_array_equal(changed, fitted.replaced_)
    assert [changed[y == label].sum() for label in "AN"] == [2, 4]
    assert same(augmenter(proportion=0.0).fit_transform(X, y), X)


def test_a_synthetic_recording_continues_the_one_it_replaces():
    X, y = noise([10, 20, 25, 30, 5, 40], n_leads=2)
    fitted = augmenter(proportion=1.0, prime_length=20)
    augmented = fitted.fit_transform(X, y)
    assert fitted.replaced_.tolist() == [False, False, True, True, False, True]
    for a, x in zip(augmented, X, strict=True):
        np.testing.assert_array_equal(a[:, :20], x[:, :20])
        assert np.array_equal(a, x) == (x.shape[1] <= 20)


def test_the_prime_decides_how_it_goes_on():
    """A generator of square waves, primed with one, carries on in its phase."""
    waves = [np.roll(np.repeat([1.0, -1.0] * 20, 8), phase) for phase in range(16)]
    y = np.zeros(16)
    params = {"n_layers": 5, "n_filters": 8, "max_epochs": 60, "batch_size": 4, "temperature": 0.1, "n_bins": 4}
    continued = augmenter(proportion=1.0, prime_length=64, **params).fit_transform(waves, y)
    assert np.mean([(np.sign(a) == np.sign(x))[64:].mean() for a, x in zip(continued, waves, strict=True)]) > 0.95
    from_nothing = augmenter(proportion=1.0, **params).fit_transform(waves, y)
    assert np.mean([(np.sign(a) == np.sign(x))[64:].mean() for a, x in zip(from_nothing, waves, strict=True)]) < 0.9


def test_the_over_sampler_adds_behind():
    X, y = noise([30, 40, 50] * 3)
    fitted = over_sampler()
    resampled, labels = fitted.fit_resample(X, y)
    assert fitted.sampling_strategy_ == {"A": 3}
    assert same(resampled[:9], X)
    assert labels.tolist() == [*y, "A", "A", "A"]
    # Lengths are drawn from those of the class.
    assert {x.shape for x in resampled[9:]} == {(1, 30)}


@pytest.mark.parametrize("strategy", ["auto", {}, {"A": 2}])
def test_balanced_classes_get_nothing(strategy):
    X, y = noise([30, 40, 50, 60])[0], np.array(["A", "N"] * 2)
    resampled, labels = over_sampler(sampling_strategy=strategy).fit_resample(X, y)
    assert same(resampled, X)
    assert labels.tolist() == y.tolist()


@pytest.mark.parametrize("class_conditional", [True, False])
def test_synthetic_recordings_are_like_those_of_their_class(class_conditional):
    rng = np.random.RandomState(0)
    X = [np.where(k, 5.0, 2.0) + 0.1 * rng.randn(1, 40 + 20 * k) for k in (0, 1) * 8]
    y = np.array(["low", "high"] * 8)
    fitted = augmenter(class_conditional=class_conditional, max_epochs=60, batch_size=1).fit(X, y)
    assert len(fitted.generator_.networks) == (1 if class_conditional else 2)
    assert len(fitted.histories_) == len(fitted.generator_.networks)
    for label, level, length in (("low", 2, 40), ("high", 5, 60)):
        synthetic = fitted.sample(20, label)
        assert {x.shape for x in synthetic} == {(1, length)}
        assert np.median(np.concatenate(synthetic, axis=1)) == pytest.approx(level, abs=0.3)
    nll = fitted.negative_log_likelihood(X, y)
    assert nll.shape == (16,)
    assert nll.mean() < fitted.negative_log_likelihood(X, y[::-1]).mean() < 100


def test_the_likelihood_of_a_long_recording_is_that_of_the_whole(monkeypatch):
    X, y = noise([70, 60, 7], n_leads=2)
    fitted = augmenter(max_epochs=10).fit(X, y)
    whole = fitted.negative_log_likelihood(X, y)
    monkeypatch.setattr("ecgclf.augmentation._generator._CHUNK", 4)
    np.testing.assert_allclose(fitted.negative_log_likelihood(X, y), whole, rtol=1e-6)


def test_training_lowers_the_likelihood_s_bits():
    X, y = noise([300] * 6)
    X = [np.cumsum(x, axis=1) for x in X]
    fitted = augmenter(max_epochs=20, crop_length=100).fit(X, y)
    curve = [row["train_loss"] for row in fitted.histories_[0]]
    assert [row["epoch"] for row in fitted.histories_[0]] == list(range(1, 21))
    assert curve[-1] < curve[0] - 0.5


def test_the_same_seed_gives_the_same_recordings():
    X, y = noise([30, 40, 50] * 2)
    first, second, other = (augmenter(random_state=seed).fit(X, y) for seed in (0, 0, 1))
    assert same(first.sample(3, "A"), second.sample(3, "A"))
    assert same(first.sample(3, "A"), first.sample(3, "A"))
    assert not same(first.sample(3, "A"), other.sample(3, "A"))
    assert same(augmenter().fit_transform(X, y), augmenter().fit_transform(X, y))
    assert same(over_sampler().fit_resample(X, y)[0], over_sampler().fit_resample(X, y)[0])
    generator = np.random.RandomState(0)
    drawing = augmenter(random_state=generator).fit(X, y)
    assert not same(drawing.sample(3, "A"), drawing.sample(3, "A"))


def test_the_caller_s_random_state_and_threads_stay():
    X, y = noise([30, 40, 50] * 2)
    n_threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        numpy_state, torch_state = np.random.get_state()[1].copy(), torch.random.get_rng_state()
        augmenter().fit_transform(X, y)
        np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
        assert torch.equal(torch.random.get_rng_state(), torch_state)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(n_threads)


@pytest.mark.parametrize(("batch_size", "n_training"), [(2, 1), (2**15, 2)])
def test_small_operations_run_on_one_thread(monkeypatch, batch_size, n_training):
    seen = {}

    def watch(owner, name):
        original = getattr(owner, name)

        def watched(*args, **kwargs):
            seen[name] = torch.get_num_threads()
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, watched)

    watch(LikelihoodNet, "infer")
    watch(CachedWaveNet, "step")
    n_threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        augmenter(proportion=1.0, crop_length=3, batch_size=batch_size).fit_transform(*noise([3] * 6))
    finally:
        torch.set_num_threads(n_threads)
    assert seen == {"infer": n_training, "step": 1}


@pytest.mark.parametrize("make", [augmenter, over_sampler])
def test_clone_and_pickle(make):
    X, y = noise([30, 40, 50] * 2)
    fitted = make().fit(X, y)
    copied = pickle.loads(pickle.dumps(fitted))
    assert same(copied.sample(2, "N"), fitted.sample(2, "N"))
    assert same(clone(fitted).fit(X, y).sample(2, "N"), fitted.sample(2, "N"))


def test_bfloat16_trains():
    X, y = noise([300] * 3)
    fitted = augmenter(precision="bfloat16").fit(X, y)
    reference = augmenter().fit(X, y)
    one, other = (each.histories_[0][0]["train_loss"] for each in (fitted, reference))
    assert one == pytest.approx(other, rel=0.02)
    assert one != other
    assert {weight.dtype for weight in fitted.generator_.networks[0].parameters()} == {torch.float32}


def test_progress_bars_of_training_and_of_generation(capsys):
    X, y = noise([30, 40, 50] * 2)
    augmenter(verbose=1).fit_transform(X, y)
    shown = capsys.readouterr().err
    assert "fit" in shown
    assert "generate" in shown
    augmenter().fit_transform(X, y)
    assert capsys.readouterr().err == ""


def test_a_pipeline_with_the_augmenter_under_grid_search_on_real_recordings(real):
    X, y = real
    pipeline = Pipeline(
        [("augment", augmenter(prime_length=300)), ("classify", small("ResNetClassifier", max_epochs=1))]
    )
    search = GridSearchCV(pipeline, {"augment__proportion": [0.0, 0.5]}, cv=3, scoring="f1_macro", error_score="raise")
    search.fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert set(search.predict(X)) <= {"A", "N", "O"}


def test_a_pipeline_predicts_on_recordings_as_they_are(real):
    X, y = real
    pipeline = make_pipeline(augmenter(proportion=1.0, prime_length=300), small("ResNetClassifier", max_epochs=1))
    pipeline.fit(X, y)
    np.testing.assert_array_equal(pipeline.predict_proba(X), pipeline[-1].predict_proba(X))


def test_imbalanced_learn_s_pipeline_under_grid_search_on_real_recordings(real):
    X, y = real
    pipeline = ImbalancedPipeline([("sample", over_sampler()), ("classify", small("ResNetClassifier", max_epochs=1))])
    search = GridSearchCV(
        pipeline, {"sample__sampling_strategy": ["auto", "minority"]}, cv=3, scoring="f1_macro", error_score="raise"
    )
    search.fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(X).shape == (12,)


class _Rows(type(small("ResNetClassifier"))):
    """Counts the recordings it is given."""

    def fit(self, X, y):
        self.n_fitted_, self.classes_ = len(X), np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.n_fitted_)


def test_imbalanced_learn_s_pipeline_samples_at_fit_and_not_at_predict(real):
    X, y = real
    pipeline = make_imbalanced_pipeline(over_sampler(), _Rows()).fit(X, y)
    assert pipeline.predict(X).tolist() == [18] * 12


def test_the_over_sampler_is_no_transformer():
    assert not hasattr(WaveNetOverSampler, "transform")
    assert not hasattr(WaveNetAugmenter, "fit_resample")
