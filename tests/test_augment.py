"""Changes of recordings while a classifier trains."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skorch.callbacks import Callback

from ecgclf._training._augment import AUGMENTATIONS, Augmentation
from small import NAMES, small
from test_classifiers import ecgs

ALL = {
    "time_scaling": 0.15,
    "crop": 150,
    "amplitude": 0.3,
    "lead_dropout": 0.3,
    "polarity": 0.5,
    "baseline_wander": 0.5,
    "noise": 0.2,
}
signals = arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(1, 60)),
    elements=st.floats(-100, 100, width=32),
)
seeds = st.integers(0, 2**32)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_all_are_named():
    assert list(ALL) == list(AUGMENTATIONS)


@pytest.mark.parametrize("name", AUGMENTATIONS)
@given(x=signals, seed=seeds)
def test_a_recording_comes_back_and_the_caller_s_stays(name, x, seed):
    before = x.copy()
    changed = AUGMENTATIONS[name](x, ALL[name], rng(seed))
    np.testing.assert_array_equal(x, before)
    assert len(changed) == len(x)
    assert changed.shape[1] >= 1
    assert np.isfinite(changed).all()


@given(x=signals, size=st.integers(1, 80), seed=seeds)
def test_crop_is_a_stretch(x, size, seed):
    found = AUGMENTATIONS["crop"](x, size, rng(seed))
    assert found.shape[1] == min(size, x.shape[1])
    starts = range(x.shape[1] - found.shape[1] + 1)
    assert any(np.array_equal(found, x[:, start : start + size]) for start in starts)


def test_crops_reach_every_start():
    x = np.arange(10.0)[np.newaxis]
    generator = rng()
    starts = {int(AUGMENTATIONS["crop"](x, 7, generator)[0, 0]) for _ in range(200)}
    assert starts == {0, 1, 2, 3}


@given(seed=seeds, extent=st.floats(0, 1))
def test_time_scaling_keeps_the_shape(seed, extent):
    x = np.sin(np.linspace(0, 20, 2000))[np.newaxis]
    scaled = AUGMENTATIONS["time_scaling"](x, extent, rng(seed))
    n = scaled.shape[1]
    assert 2000 / (1 + extent) - 1 <= n <= 2000 * (1 + extent) + 1
    np.testing.assert_allclose(scaled[0], np.sin(np.linspace(0, 20, n)), atol=1e-3)


@given(x=signals, seed=seeds, extent=st.floats(0, 2))
def test_amplitude_is_a_factor_of_each_lead(x, seed, extent):
    scaled = AUGMENTATIONS["amplitude"](x, extent, rng(seed))
    for before, after in zip(x.astype(float), scaled, strict=True):
        if np.abs(before).max() > 1e-3:
            factor = after[np.abs(before).argmax()] / before[np.abs(before).argmax()]
            assert 1 / (1 + extent) - 1e-5 <= factor <= 1 + extent + 1e-5
            np.testing.assert_allclose(after, before * factor, rtol=1e-5, atol=1e-6)


def test_added_disturbances_have_the_strength_named():
    x = np.zeros((500, 4000), dtype=np.float32)
    x[:, ::2] = 6.0  # a standard deviation of 3
    noise = AUGMENTATIONS["noise"](x, 0.5, rng()) - x
    strengths = noise.std(axis=1) / 3
    assert strengths.max() <= 0.52
    assert strengths.max() > 0.45
    assert strengths.min() < 0.05
    # White: neighbours know nothing of one another.
    neighbours = [np.corrcoef(row[1:], row[:-1])[0, 1] for row in noise[:50]]
    assert np.abs(np.mean(neighbours)) < 0.01
    wander = AUGMENTATIONS["baseline_wander"](x, 0.5, rng()) - x
    assert np.abs(wander).max() <= 0.5 * 3 * np.sqrt(2) + 1e-5
    assert np.abs(wander).max() > 1.5
    # Slow: no step is longer than the steepest of a sine of 500 timepoints.
    assert np.abs(np.diff(wander)).max() <= 1.5 * np.sqrt(2) * 2 * np.pi / 500 + 1e-5


@given(x=signals, seed=seeds)
def test_probabilities_of_nothing_and_of_all(x, seed):
    np.testing.assert_array_equal(AUGMENTATIONS["polarity"](x, 0.0, rng(seed)), x)
    np.testing.assert_array_equal(AUGMENTATIONS["polarity"](x, 1.0, rng(seed)), -x)
    np.testing.assert_array_equal(AUGMENTATIONS["lead_dropout"](x, 0.0, rng(seed)), x)
    dropped = AUGMENTATIONS["lead_dropout"](x + 200, 1.0, rng(seed))
    assert (dropped.any(axis=1)).sum() == 1


def test_the_same_seed_gives_the_same_sequence():
    X, _ = ecgs(n_leads=3)
    X = [np.asarray(x) for x in X]
    augmentation = Augmentation(ALL)
    first, second, other = (partial(augmentation, rng=rng(seed)) for seed in (1, 1, 2))
    for x in X:
        changed = first(x)
        np.testing.assert_array_equal(changed, second(x))
        different = other(x)
        assert changed.shape != different.shape or not np.array_equal(changed, different)


@pytest.mark.parametrize("name", NAMES)
def test_fits_with_it_are_reproducible_and_predict_without_it(name):
    X, y = ecgs()
    first, second = (small(name, augmentation=ALL).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    np.testing.assert_array_equal(first.predict_proba(X), first.predict_proba(X))
    without = small(name).fit(X, y)
    assert not np.allclose(without.predict_proba(X), first.predict_proba(X))


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_each_alone_reaches_the_training(name):
    X, y = ecgs(n_leads=2)
    plain, changed = (
        small("ResNetClassifier", max_epochs=1, augmentation=augmentation).fit(X, y)
        for augmentation in (None, {name: ALL[name]})
    )
    assert plain.net_.history[-1, "train_loss"] != changed.net_.history[-1, "train_loss"]


@given(n_timepoints=st.integers(1, 400), seed=seeds, extent=st.floats(0, 1))
def test_crops_are_equally_long_whatever_time_does(n_timepoints, seed, extent):
    """A recording long enough at its slowest gives a crop of full length, so that a batch has no padding."""
    changed = Augmentation({"crop": 50, "time_scaling": extent})(np.ones((1, n_timepoints), np.float32), rng(seed))
    assert changed.shape[1] <= 50
    if n_timepoints >= 50 * (1 + extent) + 1:
        assert changed.shape[1] == 50


def test_validation_recordings_stay_as_they_are():
    X, y = ecgs(40)
    classifier = small("CRNNClassifier", early_stopping=True, augmentation={"crop": 20}, callbacks=[_Lengths()])
    seen = dict(classifier.fit(X, y).net_.callbacks_)["_Lengths"]
    assert max(seen.training) == 20
    assert min(seen.validation) >= 200


class _Lengths(Callback):
    """Remembers the lengths of what is trained and validated on."""

    def initialize(self):
        self.training, self.validation = [], []
        return self

    def on_batch_end(self, net, batch=None, training=False, **kwargs):
        (self.training if training else self.validation).extend(batch[0]["lengths"].tolist())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sharpness": 1.0}, "names 'sharpness'.*crop.*noise"),
        ({"crop": 0}, r"\['crop'\] is 0.*timepoints"),
        ({"crop": 2.5}, r"\['crop'\] is 2.5.*timepoints"),
        ({"polarity": 1.5}, r"\['polarity'\] is 1.5.*from 0 to 1"),
        ({"noise": -0.1}, r"\['noise'\] is -0.1.*0 or more"),
        ({"noise": float("nan")}, r"\['noise'\] is nan"),
        ({"amplitude": "much"}, r"\['amplitude'\] is 'much'"),
        ({"time_scaling": True}, r"\['time_scaling'\] is True"),
    ],
)
def test_settings_that_cannot_be(settings, message):
    X, y = ecgs()
    with pytest.raises(ValueError, match=message):
        small("CRNNClassifier", augmentation=settings).fit(X, y)
