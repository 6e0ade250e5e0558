"""Changes of recordings while a classifier trains."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.signal import periodogram
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback

from ecgclf.augmentation import RandomChanges, _changes
from ecgclf.persistence import load, save
from small import NAMES, small
from test_classifiers import ecgs

RATE = 300.0
ALL = {
    "time_scaling": 0.15,
    "crop": 150,
    "shift": 0.1,
    "amplitude": 0.3,
    "lead_dropout": 0.3,
    "polarity": 0.5,
    "baseline_wander": 0.5,
    "electrode_motion": 0.5,
    "powerline": 0.3,
    "noise": 0.2,
    "cutout": 0.2,
}
IN_TIME = {"shift", "baseline_wander", "electrode_motion", "powerline", "cutout"}
EVERYTHING = RandomChanges(**ALL, sampling_rate=RATE)


def change(name, x, extent, generator):
    """Apply one of the functions beneath."""
    return getattr(_changes, name)(x, extent, generator, *((RATE,) if name in IN_TIME else ()))


signals = arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(1, 60)),
    elements=st.floats(-100, 100, width=32),
)
seeds = st.integers(0, 2**32)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_all_are_tried_here():
    assert {*ALL, "sampling_rate"} == set(RandomChanges().get_params())


@pytest.mark.parametrize("name", ALL)
@given(x=signals, seed=seeds, dtype=st.sampled_from([np.float32, np.float64]))
def test_a_recording_comes_back_and_the_caller_s_stays(name, x, seed, dtype):
    x = x.astype(dtype)
    before = x.copy()
    changed = RandomChanges(**{name: ALL[name]}, sampling_rate=RATE)(x, rng(seed))
    np.testing.assert_array_equal(x, before)
    assert len(changed) == len(x)
    assert changed.shape[1] == x.shape[1] or name in ("time_scaling", "crop")
    assert changed.shape[1] >= 1
    assert changed.dtype == dtype
    assert np.isfinite(changed).all()
    assert np.abs(changed).max() <= 3 * max(np.abs(before).max(), 1)
    np.testing.assert_array_equal(changed, RandomChanges(**{name: ALL[name]}, sampling_rate=RATE)(x, rng(seed)))


@given(x=signals, seed=seeds)
def test_nothing_asked_for_is_nothing_changed(x, seed):
    np.testing.assert_array_equal(RandomChanges()(x, rng(seed)), x)


@given(x=signals, size=st.integers(1, 80), seed=seeds)
def test_crop_is_a_stretch(x, size, seed):
    found = change("crop", x, size, rng(seed))
    assert found.shape[1] == min(size, x.shape[1])
    starts = range(x.shape[1] - found.shape[1] + 1)
    assert any(np.array_equal(found, x[:, start : start + size]) for start in starts)


def test_crops_reach_every_start():
    x = np.arange(10.0)[np.newaxis]
    generator = rng()
    starts = {int(change("crop", x, 7, generator)[0, 0]) for _ in range(200)}
    assert starts == {0, 1, 2, 3}


@given(seed=seeds, extent=st.floats(0, 1))
def test_time_scaling_keeps_the_shape(seed, extent):
    x = np.sin(np.linspace(0, 20, 2000))[np.newaxis]
    scaled = RandomChanges(time_scaling=extent)(x, rng(seed))
    n = scaled.shape[1]
    assert 2000 / (1 + extent) - 1 <= n <= 2000 * (1 + extent) + 1
    np.testing.assert_allclose(scaled[0], np.sin(np.linspace(0, 20, n)), atol=1e-3)


@given(x=signals, seed=seeds, extent=st.floats(0, 2))
def test_amplitude_is_a_factor_of_each_lead(x, seed, extent):
    scaled = change("amplitude", x, extent, rng(seed))
    for before, after in zip(x.astype(float), scaled, strict=True):
        if np.abs(before).max() > 1e-3:
            factor = after[np.abs(before).argmax()] / before[np.abs(before).argmax()]
            assert 1 / (1 + extent) - 1e-5 <= factor <= 1 + extent + 1e-5
            np.testing.assert_allclose(after, before * factor, rtol=1e-5, atol=1e-6)


def test_added_disturbances_have_the_strength_named():
    x = np.zeros((500, 4000), dtype=np.float32)
    x[:, ::2] = 6.0  # a standard deviation of 3
    noise = change("noise", x, 0.5, rng()) - x
    strengths = noise.std(axis=1) / 3
    assert strengths.max() <= 0.52
    assert strengths.max() > 0.45
    assert strengths.min() < 0.05
    # White: neighbours know nothing of one another.
    neighbours = [np.corrcoef(row[1:], row[:-1])[0, 1] for row in noise[:50]]
    assert np.abs(np.mean(neighbours)) < 0.01
    wander = change("baseline_wander", x, 0.5, rng()) - x
    assert np.abs(wander).max() <= 0.5 * 3 * np.sqrt(2) + 1e-5
    assert np.abs(wander).max() > 1.5
    # Slow: no step is longer than the steepest of a sine of 5/3 s.
    assert np.abs(np.diff(wander)).max() <= 1.5 * np.sqrt(2) * 2 * np.pi / 500 + 1e-5


def test_hum_is_of_the_mains():
    x = np.zeros((1, 3000), dtype=np.float32)
    x[:, ::2] = 6.0
    generator, found = rng(), set()
    for _ in range(20):
        hum = change("powerline", x, 0.5, generator) - x
        frequencies, power = periodogram(hum[0], RATE)
        found.add(frequencies[power.argmax()])
        assert power[power.argmax()] > 0.99 * power.sum()
        assert np.abs(hum).max() <= 0.5 * 3 * np.sqrt(2) + 1e-5
    assert found == {50.0, 60.0}


def test_hum_stays_a_sine_for_days():
    """Angles of millions of turns have no digits left for their sine in float32."""
    x = np.zeros((1, 2**24), dtype=np.float32)
    x[:, ::2] = 6.0
    hum = (change("powerline", x, 0.5, rng()) - x)[0, -3000:]
    _, power = periodogram(hum, RATE)
    assert power.max() > 0.99 * power.sum()


def test_an_electrode_jumps_once_and_comes_back():
    x = np.zeros((1, 3000), dtype=np.float32)
    x[:, ::2] = 6.0
    generator = rng()
    for _ in range(50):
        moved = (change("electrode_motion", x, 0.5, generator) - x)[0]
        at = np.abs(moved).argmax()
        assert not moved[:at].any()
        assert np.abs(moved[at]) <= 1.5 + 1e-5
        after = np.abs(moved[at:])
        assert (np.diff(after) <= 1e-6).all()
        # A time constant of a second at most, of a tenth at least.
        if len(after) > 300:
            assert np.exp(-30 / 3) - 1e-6 <= after[300] / after[0] <= np.exp(-1) + 1e-3


@given(seed=seeds, seconds=st.floats(0, 2))
def test_a_shift_moves_all_and_holds_the_end(seed, seconds):
    x = np.stack([np.arange(300.0), -np.arange(300.0)])
    by = int(change("shift", x, seconds, rng(seed))[0, 150]) - 150
    assert abs(by) <= seconds * RATE
    expected = np.clip(np.arange(300) + by, 0, 299)
    if abs(by) < 149:
        np.testing.assert_array_equal(change("shift", x, seconds, rng(seed)), [expected, -expected])


@given(seed=seeds, seconds=st.floats(0, 2))
def test_a_cutout_is_one_stretch_of_the_mean(seed, seconds):
    x = np.stack([np.arange(300.0), np.arange(300.0) ** 2])
    changed = change("cutout", x, seconds, rng(seed))
    at = np.flatnonzero((changed != x).all(axis=0))
    assert len(at) <= seconds * RATE
    np.testing.assert_array_equal(np.delete(changed, at, axis=1), np.delete(x, at, axis=1))
    if len(at):
        assert np.ptp(at) == len(at) - 1
        np.testing.assert_array_equal(changed[:, at], np.repeat(x.mean(axis=1)[:, np.newaxis], len(at), axis=1))


def test_strength_is_drawn_anew_each_time():
    generator = rng()
    x = np.sin(np.arange(900.0))[np.newaxis]
    assert len({float(EVERYTHING(x, generator).sum()) for _ in range(10)}) == 10


@given(x=signals, seed=seeds)
def test_probabilities_of_nothing_and_of_all(x, seed):
    np.testing.assert_array_equal(change("polarity", x, 0.0, rng(seed)), x)
    np.testing.assert_array_equal(change("polarity", x, 1.0, rng(seed)), -x)
    np.testing.assert_array_equal(change("lead_dropout", x, 0.0, rng(seed)), x)
    dropped = change("lead_dropout", x + 200, 1.0, rng(seed))
    assert (dropped.any(axis=1)).sum() == 1


@pytest.mark.parametrize("n_leads", [2, 12])
def test_leads_drop_out_as_often_as_asked(n_leads):
    generator, x = rng(), np.ones((n_leads, 3))
    share = np.mean([change("lead_dropout", x, 0.3, generator)[:, 0] == 0 for _ in range(4000)])
    # All but what is kept where all would have been gone.
    assert share == pytest.approx(0.3 - 0.3**n_leads / n_leads, abs=0.02)


def test_the_same_seed_gives_the_same_sequence():
    X, _ = ecgs(n_leads=3)
    X = [np.asarray(x) for x in X]
    augmentation = EVERYTHING
    first, second, other = (partial(augmentation, rng=rng(seed)) for seed in (1, 1, 2))
    for x in X:
        changed = first(x)
        np.testing.assert_array_equal(changed, second(x))
        different = other(x)
        assert changed.shape != different.shape or not np.array_equal(changed, different)


@pytest.mark.parametrize("name", NAMES)
def test_fits_with_it_are_reproducible_and_predict_without_it(name):
    X, y = ecgs()
    first, second = (small(name, augmentation=EVERYTHING).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    np.testing.assert_array_equal(first.predict_proba(X), first.predict_proba(X))
    without = small(name).fit(X, y)
    assert not np.allclose(without.predict_proba(X), first.predict_proba(X))


@pytest.mark.parametrize("name", ALL)
def test_each_alone_reaches_the_training(name):
    X, y = ecgs(n_leads=2)
    plain, changed = (
        small("ResNetClassifier", max_epochs=1, augmentation=augmentation).fit(X, y)
        for augmentation in (None, RandomChanges(**{name: ALL[name]}, sampling_rate=RATE))
    )
    assert plain.net_.history[-1, "train_loss"] != changed.net_.history[-1, "train_loss"]


@given(n_timepoints=st.integers(1, 400), seed=seeds, extent=st.floats(0, 1))
def test_crops_are_equally_long_whatever_time_does(n_timepoints, seed, extent):
    """A recording long enough at its slowest gives a crop of full length, so that a batch has no padding."""
    changed = RandomChanges(crop=50, time_scaling=extent)(np.ones((1, n_timepoints), np.float32), rng(seed))
    assert changed.shape[1] <= 50
    if n_timepoints >= 50 * (1 + extent) + 1:
        assert changed.shape[1] == 50


def test_time_is_scaled_alike_in_a_batch():
    """Or recordings of one length would have to be padded, which costs a network up to two thirds more."""
    generator, change_all = rng(), RandomChanges(time_scaling=0.5, noise=0.1).prepared()
    lengths = [[x.shape[1] for x in change_all([np.ones((1, 400))] * 4, generator)] for _ in range(20)]
    assert all(len(set(of_batch)) == 1 for of_batch in lengths)
    assert len({of_batch[0] for of_batch in lengths}) > 10


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=4),
    st.floats(0.2, 3.0),
    st.sampled_from([np.float32, np.float64]),
    st.integers(0, 9),
)
def test_stretching_interpolates(lengths, factor, dtype, seed):
    generator = np.random.default_rng(seed)
    recordings = [generator.standard_normal((2, n)).astype(dtype) for n in lengths]
    for x, stretched in zip(recordings, _changes.stretch(recordings, factor), strict=True):
        n = x.shape[1]
        at = np.linspace(0, n - 1, max(1, round(n * factor)))
        assert stretched.dtype == dtype
        expected = [np.interp(at, np.arange(n), lead) for lead in x]
        np.testing.assert_allclose(stretched, expected, atol=2e-6 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize(("extent", "expected"), [(0.02, 6), (0.1, 6), (0.5, 25)])
def test_few_lengths_come_of_one(extent, expected):
    """For each that torch has not met lately it prepares its convolutions anew. But all of the extent is used."""
    generator, change_all = rng(), RandomChanges(time_scaling=extent).prepared()
    found = {change_all([np.ones((1, 9000))], generator)[0].shape[1] for _ in range(400)}
    assert len(found) == expected
    bound = np.log1p(extent)
    logarithms = np.log(np.sort(list(found)) / 9000)
    np.testing.assert_allclose(logarithms, bound * (2 * np.arange(expected) + 1 - expected) / expected, atol=2e-4)


def test_validation_recordings_stay_as_they_are():
    X, y = ecgs(40)
    classifier = small(
        "CRNNClassifier", early_stopping=True, augmentation=RandomChanges(crop=20), callbacks=[_Lengths()]
    )
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
        ({"crop": 0}, "The 'crop' parameter of RandomChanges must be an int in the range"),
        ({"crop": 2.5}, "The 'crop' parameter"),
        ({"polarity": 1.5}, "The 'polarity' parameter .* Got 1.5"),
        ({"noise": -0.1}, "The 'noise' parameter .* Got -0.1"),
        ({"noise": float("nan")}, "The 'noise' parameter .* Got nan"),
        ({"amplitude": "much"}, "The 'amplitude' parameter .* Got 'much'"),
        ({"cutout": 1.0}, "told the sampling rate of the recordings, in Hz, for cutout"),
        ({"shift": 1.0, "powerline": 0.1}, "told the sampling rate of the recordings, in Hz, for shift, powerline"),
        ({"powerline": 0.1, "sampling_rate": 100}, "powerline=0.1 adds up to 60 Hz.*sampling_rate=100 Hz"),
    ],
)
def test_settings_that_cannot_be(settings, message, monkeypatch):
    X, y = ecgs()
    changes = RandomChanges(**settings)
    with pytest.raises(ValueError, match=message):
        changes(X[0][np.newaxis], rng())
    # Before anything is trained.
    monkeypatch.setattr("ecgclf._training.train", None)
    with pytest.raises(ValueError, match=message):
        small("CRNNClassifier", augmentation=changes).fit(X, y)


def test_no_rate_is_asked_for_where_none_is_needed():
    x = np.ones((1, 300))
    changes = RandomChanges(time_scaling=0.1, crop=50, amplitude=0.1, lead_dropout=0.1, polarity=0.1, noise=0.1)
    assert changes(x, rng()).shape == (1, 50)


def test_a_mapping_is_no_augmentation_any_more():
    with pytest.raises(ValueError, match="'augmentation' parameter of CRNNClassifier must be a callable or None"):
        small("CRNNClassifier", augmentation={"noise": 0.1}).fit(*ecgs())


def test_it_is_searched_over():
    X, y = ecgs()
    search = GridSearchCV(
        small("CRNNClassifier", max_epochs=1, augmentation=RandomChanges()), {"augmentation__noise": [0.0, 5.0]}, cv=2
    )
    search.fit(X, y)
    assert search.best_params_["augmentation__noise"] in (0.0, 5.0)
    noisy = clone(search.estimator).set_params(augmentation__noise=5.0).fit(X, y)
    assert not np.allclose(noisy.predict_proba(X), search.estimator.fit(X, y).predict_proba(X))
    assert search.estimator.augmentation.noise == 0.0


def test_a_function_of_ones_own():
    X, y = ecgs(n_leads=2)
    seen = []

    def turned(recording, generator):
        seen.append((recording.shape[0], generator.integers(100)))
        return -recording[:, : generator.integers(50, 100)]

    first, second = (small("ResNetClassifier", max_epochs=2, augmentation=turned).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert {n_leads for n_leads, _ in seen} == {2}
    assert len({drawn for _, drawn in seen}) > 10


def _masked(recording):
    return np.ma.array(recording, mask=np.arange(recording.shape[1]) * np.ones(len(recording))[:, np.newaxis] == 3)


def _writes(recording, generator):
    recording[:] = 0
    return recording


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda recording, generator: recording[0], r"augmentation=<lambda> made .* an array of shape \(\d+,\)"),
        (
            lambda recording, generator: _masked(recording),
            r"<lambda> made of .* contains NaN \(first at lead 0, sample 3",
        ),
        (lambda recording, generator: recording.astype(float) + 1e39, r"<lambda> made of .* infinity in float32"),
        (lambda recording, generator: recording[:1], r"shape \(2, \d+\) an array of shape \(1, \d+\)"),
        (lambda recording, generator: recording[:, :0], r"<lambda> made of .* has no samples \(shape \(2, 0\)\)"),
        (lambda recording, generator: recording.astype(complex), "<lambda> made of .* dtype complex"),
        (lambda recording, generator: None, "<lambda> made of .* is an array of 0 dimensions"),
        (lambda recording, generator: recording * np.nan, "<lambda> made of .* contains NaN"),
        (_writes, "read-only"),
    ],
)
def test_what_a_function_of_ones_own_must_not_give(function, message):
    X, y = ecgs(n_leads=2)
    with pytest.raises(ValueError, match=message):
        small("ResNetClassifier", max_epochs=1, augmentation=function).fit(X, y)


def test_a_checkpoint_does_not_take_one_function_for_another(tmp_path):
    classifier = small("ResNetClassifier", augmentation=lambda x, rng: x, checkpoint_dir=tmp_path)
    with pytest.raises(ValueError, match="checkpoint_dir.*augmentation is a function.*RandomChanges"):
        classifier.fit(*ecgs())


def test_it_is_stored_with_a_classifier(tmp_path):
    X, y = ecgs()
    classifier = small("ResNetClassifier", max_epochs=1, augmentation=EVERYTHING).fit(X, y)
    save(classifier, tmp_path / "model.ecgclf")
    again = load(tmp_path / "model.ecgclf")
    assert again.augmentation.get_params() == EVERYTHING.get_params()
    np.testing.assert_array_equal(again.fit(X, y).predict_proba(X), classifier.predict_proba(X))


@pytest.mark.parametrize("rate", [0.3, 1e6])
def test_a_rate_that_no_recording_has(rate):
    with pytest.raises(ValueError, match=r"sampling_rate=.*; expected a number of Hz from 10"):
        RandomChanges(noise=0.1, sampling_rate=rate)(np.ones(50), rng())


@pytest.mark.parametrize("other", [0, None, np.random.RandomState(0)])
def test_what_is_no_generator(other):
    with pytest.raises(ValueError, match=r"expected a generator, such as numpy.random.default_rng\(0\)"):
        RandomChanges(noise=0.1, sampling_rate=RATE)(np.ones(50), other)


@pytest.mark.parametrize("changes", [RandomChanges(), RandomChanges(crop=20), RandomChanges(polarity=1e-9)])
def test_what_comes_back_is_another_array(changes):
    x = np.ones((1, 50))
    changed = changes(x, rng())
    changed += 1
    np.testing.assert_array_equal(x, 1)
