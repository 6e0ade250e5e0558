"""Input that a generator cannot or can just use, and interruptions."""

import numpy as np
import pytest

from ecgclf._training._likelihood import LikelihoodNet
from ecgclf.augmentation import WaveNetAugmenter, WaveNetOverSampler
from ecgclf.augmentation._amplitudes import Amplitudes
from ecgclf.augmentation._generator import Generator
from ecgclf.nn import CachedWaveNet
from small import GENERATORS

MAKERS = {"WaveNetAugmenter": WaveNetAugmenter, "WaveNetOverSampler": WaveNetOverSampler}
each = pytest.mark.parametrize("name", MAKERS)


def make(name="WaveNetAugmenter", **params):
    own = {"prime_length": 0} if name == "WaveNetAugmenter" else {}
    return MAKERS[name](**{"random_state": 0, **own, **GENERATORS[name], **params})


@pytest.fixture
def recordings():
    rng = np.random.RandomState(0)
    return [rng.randn(n) for n in (30, 40, 50, 60, 70, 80)], np.array(["A", "N"] * 3)


@pytest.fixture
def fitted(recordings):
    return make().fit(*recordings)


@pytest.mark.parametrize(("n_large", "expected"), [(4, 1.0), (10, 10.0)])
def test_the_bins_reach_as_far_as_all_but_one_in_twenty_recordings(n_large, expected):
    wave = np.sin(np.arange(2000) / 10)[np.newaxis]
    items = [wave * (10.0 if i < n_large else 1.0) for i in range(100)]
    assert Amplitudes(items, 256).scale == pytest.approx(expected, rel=0.01)


@each
def test_nan_is_an_error_that_names_the_recording(recordings, name):
    X, y = recordings
    X[3][7] = np.nan
    with pytest.raises(ValueError, match="recording 3 contains NaN \\(first at lead 0, sample 7\\)"):
        make(name).fit(X, y)


WRONG_SHAPES = {
    "exchanged": ([np.random.RandomState(i).randn(400, 12) for i in range(6)], "transpose"),
    "exchanged 3-D": (np.random.RandomState(0).randn(6, 400, 1), "transpose"),
    "other leads": ([np.zeros((1 + (i == 4), 50)) for i in range(6)], "recording 4 has 2 leads"),
    "one more": ([np.zeros(50 + i) for i in range(7)], "inconsistent numbers"),
    "one more row": (np.zeros((7, 50)), "inconsistent numbers"),
}


@each
@pytest.mark.parametrize(("X", "match"), WRONG_SHAPES.values(), ids=WRONG_SHAPES)
def test_shapes_are_looked_at_before_a_generator_is_trained(name, X, match, monkeypatch):
    monkeypatch.setattr(Generator, "train", None)
    maker = make(name)
    with pytest.raises(ValueError, match=match):
        getattr(maker, "fit_resample" if name == "WaveNetOverSampler" else "fit_transform")(X, ["A", "N"] * 3)
    assert not hasattr(maker, "classes_")


@each
def test_labels_that_are_no_classes_are_an_error(recordings, name):
    with pytest.raises(ValueError, match="Unknown label type"):
        make(name).fit(recordings[0], np.linspace(0, 1, 6))


def test_a_label_never_seen_is_an_error(fitted, recordings):
    with pytest.raises(ValueError, match="The label 'O' was not seen at fit; the classes are \\['A', 'N'\\]"):
        fitted.sample(1, "O")
    with pytest.raises(ValueError, match="The label 'O' was not seen"):
        fitted.negative_log_likelihood(recordings[0], ["O"] * 6)


@pytest.mark.parametrize("n_timepoints", [0, -3, 2.5, True])
def test_a_length_that_is_none_is_an_error(fitted, n_timepoints):
    with pytest.raises(ValueError, match=f"n_timepoints={n_timepoints}; expected an integer of at least 1"):
        fitted.sample(1, "A", n_timepoints=n_timepoints)


def test_a_number_of_recordings_that_is_none_is_an_error(fitted):
    with pytest.raises(ValueError, match="n_recordings=0; expected an integer of at least 1"):
        fitted.sample(0, "A")


@pytest.mark.parametrize(("n_recordings", "n_timepoints"), [(10**13, None), (1, 10**15), (10**9, 10**9)])
def test_more_than_memory_holds_is_an_error_at_once(fitted, monkeypatch, n_recordings, n_timepoints):
    monkeypatch.setattr(CachedWaveNet, "step", None)
    with pytest.raises(MemoryError, match="Ask for fewer or shorter recordings at a time"):
        fitted.sample(n_recordings, "A", n_timepoints=n_timepoints)


def test_the_over_sampler_asks_for_memory_too(recordings):
    with pytest.raises(MemoryError, match="GiB"):
        make("WaveNetOverSampler", sampling_strategy={"A": 10**13}).fit_resample(*recordings)


@each
@pytest.mark.parametrize("class_conditional", [True, False])
def test_a_class_with_one_recording(recordings, name, class_conditional):
    X, y = recordings[0], np.array(["A", "N", "N", "N", "N", "N"])
    fitted = make(name, class_conditional=class_conditional).fit(X, y)
    assert [len(x) for x in fitted.sample(2, "A")] == [30, 30]


def test_the_over_sampler_needs_two_classes(recordings):
    with pytest.raises(ValueError, match="y has 1 class: 'A'"):
        make("WaveNetOverSampler").fit_resample(recordings[0], ["A"] * 6)


def test_recordings_shorter_than_the_receptive_field(recordings):
    X, y = recordings
    fitted = make(n_layers=8).fit([x[:3] for x in X], y)
    assert fitted.generator_.networks[0].receptive_field > 3
    assert [len(x) for x in fitted.sample(2, "A")] == [3, 3]
    # Longer than anything seen is possible too.
    assert len(fitted.sample(1, "A", n_timepoints=600)[0]) == 600


@pytest.mark.parametrize("level", [0.0, -7.25, 1e6])
def test_constant_recordings_come_back_constant(level):
    X = np.full((4, 2, 40), level)
    X[:, 1] = -level
    synthetic = make(max_epochs=60).fit(X, [0, 1, 0, 1]).sample(3, 0)
    # Half a bin, the middle one, of a range of 1.
    np.testing.assert_allclose(synthetic, np.broadcast_to(X[0], synthetic.shape), rtol=1e-6, atol=0.2)


def test_artefacts_clip_and_the_rest_does_not():
    rng = np.random.RandomState(0)
    items = [rng.uniform(-1, 1, (1, 1000)) + 3 for _ in range(40)]
    items[7][0, 100:200] = 500
    amplitudes = Amplitudes(items, 256)
    assert amplitudes.center == pytest.approx([3], abs=0.1)
    assert 0.95 < amplitudes.scale[0] < 1.1
    back = amplitudes.decode(amplitudes.encode(items[0]), np.float64)
    assert np.abs(back - items[0]).max() < 0.03
    assert amplitudes.decode(amplitudes.encode(items[7]), np.float64).max() < 4.1


def test_the_scale_covers_recordings_of_other_baselines():
    items = [np.full((1, 50), level) + np.sin(np.arange(50)) for level in (-10.0, 0.0, 10.0)]
    amplitudes = Amplitudes(items, 256)
    for item in items:
        assert np.abs(amplitudes.decode(amplitudes.encode(item), np.float64) - item).max() < 1


class _Interruption:
    """Lets a function be called so many times, then is Ctrl-C."""

    def __init__(self, function, n_calls):
        self.function, self.n_calls = function, n_calls

    def __get__(self, instance, owner):
        return lambda *args, **kwargs: self(instance, *args, **kwargs)

    def __call__(self, *args, **kwargs):
        if self.n_calls == 0:
            raise KeyboardInterrupt
        self.n_calls -= 1
        return self.function(*args, **kwargs)


@each
def test_interrupted_training_leaves_a_usable_generator(recordings, monkeypatch, name):
    whole = make(name, max_epochs=5, batch_size=3).fit(*recordings)
    steps_per_epoch = round(330 / (3 * 80))
    monkeypatch.setattr(LikelihoodNet, "infer", _Interruption(LikelihoodNet.infer, 3 * steps_per_epoch))
    with pytest.warns(UserWarning, match="Training was interrupted after 3 of 5 epochs") as caught:
        fitted = make(name, max_epochs=5, batch_size=3).fit(*recordings)
    assert caught[0].filename == __file__
    losses = [[row["train_loss"] for row in each.histories_[0]] for each in (fitted, whole)]
    assert losses[0] == losses[1][:3]
    assert len(fitted.sample(2, "A")) == 2


def test_interrupted_sampling_gives_what_is_finished(fitted, monkeypatch):
    whole = fitted.sample(6, "A")
    lengths = sorted(len(x) for x in whole)
    assert lengths[0] < lengths[-1]
    monkeypatch.setattr(CachedWaveNet, "step", _Interruption(CachedWaveNet.step, lengths[-1] - 1))
    n_finished = sum(length < lengths[-1] for length in lengths)
    with pytest.warns(UserWarning, match=f"interrupted after {n_finished} of 6 recordings"):
        part = fitted.sample(6, "A")
    finished = [x for x in whole if len(x) < lengths[-1]]
    assert all(np.array_equal(a, b) for a, b in zip(part, finished, strict=True))


@pytest.mark.parametrize("label", [["A"], ["A", "N"], np.array(["N"])])
def test_what_is_no_single_label(fitted, label):
    with pytest.raises(ValueError, match="is no single label. Give one of"):
        fitted.sample(1, label)


def test_sampling_interrupted_before_anything_is_finished(fitted, monkeypatch):
    monkeypatch.setattr(CachedWaveNet, "step", _Interruption(CachedWaveNet.step, 3))
    with pytest.warns(UserWarning, match="after 0 of 2"), pytest.raises(KeyboardInterrupt):
        fitted.sample(2, "A")


def test_interrupted_replacing_keeps_the_other_recordings_real(recordings, monkeypatch):
    X, y = recordings
    monkeypatch.setattr(CachedWaveNet, "step", _Interruption(CachedWaveNet.step, 50))
    augmenter = make(proportion=1.0)
    with pytest.warns(UserWarning, match="interrupted after 3 of 6"):
        augmented = augmenter.fit_transform(X, y)
    assert augmenter.replaced_.tolist() == [True] * 3 + [False] * 3
    for a, x, replaced in zip(augmented, X, augmenter.replaced_, strict=True):
        assert np.array_equal(a, x) != replaced


def test_interrupted_resampling_adds_what_is_finished(recordings, monkeypatch):
    X, y = recordings
    sampler = make("WaveNetOverSampler", sampling_strategy={"A": 10, "N": 10})
    lengths = [len(x) for x in sampler.fit_resample(X, y)[0][6:]]
    monkeypatch.setattr(CachedWaveNet, "step", _Interruption(CachedWaveNet.step, 60))
    with pytest.warns(UserWarning, match="Generation was interrupted"):
        resampled, labels = sampler.fit_resample(X, y)
    assert [len(x) for x in resampled[6:]] == [n for n in lengths if n <= 60]
    assert len(labels) == len(resampled)
    assert sampler.sampling_strategy_ == {label: int(np.sum(labels[6:] == label)) for label in ("A", "N")}
    assert labels[6:].tolist() == [label for n, label in zip(lengths, ["A"] * 7 + ["N"] * 7, strict=True) if n <= 60]
