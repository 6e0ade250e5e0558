"""Copies of training recordings are found; recordings that are merely real are not taken for copies."""

from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.fidelity import _memorisation, fidelity_report
from ecgclf.fidelity._memorisation import compare_distances, nearest_recordings

RATE = 300.0


@pytest.fixture(scope="module")
def sample():
    X, y = load_cinc2017_sample(return_X_y=True)
    return [x[np.newaxis] for x in X], y


@pytest.fixture(scope="module")
def split(sample):
    X, y = sample
    order = np.random.RandomState(0).permutation(200)
    train, held_out = order[:60], order[60:120]
    return [X[i] for i in train], y[train], [X[i] for i in held_out], y[held_out]


def slow_distance(query, reference, n_windows):
    """What `nearest_recordings` computes, without transforms and without a coarse look first."""
    width = round(5 * RATE)
    q, r = (_memorisation._prepare(x, RATE).astype(float) for x in (query, reference))
    starts = np.linspace(0, q.shape[1] - width, n_windows).astype(int)
    best = 0.0
    for start in starts:
        window = q[:, start : start + width]
        stretches = np.lib.stride_tricks.sliding_window_view(r, width, axis=1)
        products = np.einsum("lw,lsw->s", window, stretches)
        norms = np.linalg.norm(window) * np.sqrt(np.einsum("lsw,lsw->s", stretches, stretches))
        best = max(best, np.abs(products / norms).max())
    return 1 - best


@pytest.mark.parametrize("n_leads", [1, 2])
def test_distances_are_those_of_the_definition(sample, n_leads):
    X = [np.concatenate([x, -np.roll(x, 7)][:n_leads])[:, :5000] for x in sample[0][:5]]
    queries, references = X[:2], X[2:]
    slow = np.array([[slow_distance(q, r, 3) for r in references] for q in queries])
    distances, indices = nearest_recordings(queries, references, RATE, 3)
    np.testing.assert_array_equal(indices, slow.argmin(axis=1))
    np.testing.assert_allclose(distances, slow.min(axis=1), atol=1e-4)


def test_a_long_reference_is_searched_to_its_end(sample):
    long = np.concatenate([x[:, :9000] for x in sample[0][:9]], axis=1)[:, :-1234]
    # At 12,000 a piece ends, in the middle of each of the windows of the second.
    for start in (0, 10_550, 30_500, long.shape[1] - 2900):
        distances, indices = nearest_recordings([long[:, start : start + 2900]], [sample[0][20], long], RATE, 3)
        assert indices[0] == 1
        assert distances[0] < 0.02


COPIES = {
    "exact": lambda x, rng: x,
    "later": lambda x, rng: x[:, 137:],
    "scaled": lambda x, rng: 3 * x,
    "upside down": lambda x, rng: -x,
    "noisy": lambda x, rng: x + rng.normal(0, 0.03, x.shape),
    "all of it": lambda x, rng: -0.4 * x[:, 601:] + rng.normal(0, 0.01, x[:, 601:].shape) + 1.0,
    "joined": lambda x, rng: np.roll(x, 2000, axis=1),
}


@pytest.mark.parametrize("kind", COPIES)
def test_a_generator_that_copies_is_flagged(split, kind):
    train, labels, held_out, held_out_labels = split
    rng = np.random.RandomState(1)
    chosen = rng.permutation(60)[:40]
    copies = [COPIES[kind](train[i], rng) for i in chosen]
    found = compare_distances(train, copies, held_out, labels[chosen], held_out_labels, RATE)
    assert found.memorised
    assert found.p_value < 1e-6
    assert (found.synthetic_nearest == chosen).all()
    assert len(found.suspicious) >= 30
    assert set(found.suspicious) <= {(i, int(origin)) for i, origin in enumerate(chosen)}


def test_a_copied_stretch_is_found(sample):
    """9 s of a training recording amid 21 s of something new."""
    X, y = sample
    whole = np.flatnonzero([x.shape[1] == 9000 for x in X])
    train, new, held_out = whole[:40], whole[40:70], whole[70:110]
    mixed = []
    for i, x in enumerate(X[k].copy() for k in new):
        start = 137 * i
        x[:, start : start + 2700] = X[train[i]][:, 4000:6700]
        mixed.append(x)
    labels = y[train[:30]], y[held_out]
    found = compare_distances([X[i] for i in train], mixed, [X[i] for i in held_out], *labels, RATE)
    assert found.memorised
    assert (found.synthetic_nearest == np.arange(30)).all()


def test_half_a_set_of_copies_is_flagged(sample, split):
    train, labels, held_out, held_out_labels = split
    X, y = sample
    others = np.random.RandomState(0).permutation(200)[120:150]
    mixed = train[:30] + [X[i] for i in others]
    found = compare_distances(train, mixed, held_out, np.concatenate([labels[:30], y[others]]), held_out_labels, RATE)
    assert found.memorised
    assert all(i < 30 and i == origin for i, origin in found.suspicious)


@pytest.fixture(scope="module")
def pairwise(sample):
    """Distance of each recording of the sample's first 6 s to each other one."""
    X = [x[:, :1800] for x in sample[0]]
    distances = np.zeros((200, 200))
    pieces, owners = _memorisation._cut(X, RATE, 1500, 3)
    stretches = _memorisation._Stretches([piece[:, ::3] for piece in pieces], 500)
    assert owners == list(range(200))
    for i, x in enumerate(X):
        windows = _memorisation._windows(_memorisation._prepare(x, RATE), 1500, 2)
        distances[i] = 1 - stretches.similarities(windows[:, :, ::3]).max(axis=0)
    return distances


def test_real_recordings_are_flagged_as_often_as_promised(sample, pairwise, monkeypatch):
    """Over 300 ways to split the sample at random into training, "synthetic" and held-out recordings."""
    _, y = sample

    def nearest(queries, references, sampling_rate, n_windows):
        table = pairwise[np.ix_(queries, references)]
        return table.min(axis=1), np.array(references)[table.argmin(axis=1)]

    monkeypatch.setattr(_memorisation, "nearest_recordings", nearest)
    monkeypatch.setattr(_memorisation, "_number_of_windows", lambda *_: 2)
    p_values = []
    for seed in range(300):
        order = np.random.RandomState(seed).permutation(200)
        train, synthetic, held_out = order[:80], order[80:140], order[140:]
        p_values.append(compare_distances(train, synthetic, held_out, y[synthetic], y[held_out], RATE).p_value)
    # 3 of 300 are expected at most; 9 or more of them would happen in one run of 260.
    assert np.sum(np.array(p_values) <= 0.01) < 9
    # And the test is not merely blind.
    assert 0.05 < np.mean(np.array(p_values) <= 0.2) < 0.27


def test_labels_that_resemble_one_another_more_are_no_copies(sample):
    """All of the synthetic recordings are of normal rhythm, a sixth of the held-out ones."""
    X, y = sample
    normal, fibrillation = np.flatnonzero(y == "N"), np.flatnonzero(y == "A")
    train = [X[i] for i in normal[:30]]
    synthetic = normal[30:60]
    held_out = np.r_[normal[60:70], fibrillation]
    labels = y[synthetic], y[held_out]
    found = compare_distances(train, [X[i] for i in synthetic], [X[i] for i in held_out], *labels, RATE)
    assert not found.memorised
    assert list(found.thresholds) == ["N"]
    blind = tuple(np.zeros_like(of_set) for of_set in labels)
    without = compare_distances(train, [X[i] for i in synthetic], [X[i] for i in held_out], *blind, RATE)
    assert without.p_value < found.p_value


def test_one_copy_is_listed_and_the_set_not_flagged(sample, split):
    train, labels_of_train, held_out, held_out_labels = split
    X, y = sample
    others = np.random.RandomState(0).permutation(200)[120:]
    synthetic = [*(X[i] for i in others), train[17][:, 50:]]
    labels = np.append(y[others], labels_of_train[17])
    found = compare_distances(train, synthetic, held_out, labels, held_out_labels, RATE)
    assert not found.memorised
    assert found.suspicious == ((80, 17),)
    # The same recording twice among real ones, as happens, does not blind the test either.
    held_out, held_out_labels = [*held_out, train[5]], np.append(held_out_labels, labels_of_train[5])
    again = compare_distances(train, train[:40], held_out, labels_of_train[:40], held_out_labels, RATE)
    assert again.memorised


@given(n=st.integers(1, 12), m=st.integers(5, 12), n_below=st.integers(0, 12), k=st.just(2))
def test_the_p_value_is_that_of_counting_orders(n, m, n_below, k):
    """Of all orders of n + m alike, those in which so many of the n come before the k-th of the m."""
    n_below = min(n, n_below)
    near = np.r_[np.full(n_below, 0.1), np.full(n - n_below, 0.9)]
    held = np.r_[np.full(k - 1, 0.05), 0.2, np.full(m - k, 0.8)]
    distances = iter([(near, np.zeros(n, int)), (held, np.zeros(m, int))])
    patch = pytest.MonkeyPatch()
    patch.setattr(_memorisation, "nearest_recordings", lambda *_: next(distances))
    patch.setattr(_memorisation, "_number_of_windows", lambda *_: 1)
    try:
        found = compare_distances([], [], [], np.zeros(n), np.zeros(m), RATE)
    finally:
        patch.undo()
    assert found.n_near == n_below
    assert found.n_compared == n
    # At least n_below of the n before the k-th: among the first n_below + k - 1 at most k - 1 are of the m.
    expected = hypergeom(n + m, m, n_below + k - 1).cdf(k - 1) if n_below else 1.0
    assert found.p_value == pytest.approx(expected)
    assert found.memorised == (expected <= 0.01)


def test_recordings_of_very_different_lengths(sample):
    """A long "synthetic" recording is looked at no longer than the short held-out ones."""
    X, y = sample
    order = np.random.RandomState(3).permutation(200)
    train = [X[i] for i in order[:80]]
    long = [np.concatenate([X[i]] * 2, axis=1) for i in order[80:140]]
    short = [X[i][:, :1600] for i in order[140:]]
    found = compare_distances(train, long, short, y[order[80:140]], y[order[140:]], RATE)
    assert not found.memorised
    assert _memorisation._number_of_windows(train, long, short, RATE) == 1
    assert _memorisation._number_of_windows(train, short, long, RATE) == 1
    assert _memorisation._number_of_windows(train, long, long, RATE) > 4
    some_short = [x[:, :900] if i < 3 else x for i, x in enumerate(train[:40])]
    found = compare_distances(train, some_short, short, y[order[:40]], y[order[140:]], RATE)
    assert np.isnan(found.synthetic_distances[:3]).all()
    assert (found.synthetic_nearest[:3] == -1).all()
    assert found.n_compared <= 37
    assert found.memorised


def test_flat_recordings_are_far_from_anything(sample):
    flat = [np.zeros((1, 3000)), np.full((1, 3000), 2.5)]
    for queries, references in ((flat, sample[0][:3]), (sample[0][:3], flat), (flat, flat)):
        distances, _ = nearest_recordings(queries, references, RATE, 2)
        np.testing.assert_array_equal(distances, 1.0)


def test_a_flat_stretch_is_like_nothing(sample):
    """After a large artefact the rest is flat, but for rounding."""
    x = np.zeros((1, 6000))
    x[0, 100:400] = 50.0
    distances, _ = nearest_recordings([sample[0][0]], [x, sample[0][1]], RATE, 4)
    assert 0 < distances[0] < 1


def test_too_short_for_the_test(sample):
    X, y = sample
    short = [x[:, :1400] for x in X[:30]]
    with pytest.raises(ValueError, match="only 0 of 30 synthetic recordings are 5 s or longer"):
        compare_distances(X[:30], short, X[30:60], y[:30], y[30:60], RATE)
    with pytest.raises(ValueError, match="real recordings are 5 s or longer"):
        compare_distances(short, X[:30], X[30:60], y[:30], y[30:60], RATE)


def test_other_sampling_rates(sample):
    """A copy is found at 50 Hz and at 1000 Hz as well."""
    X, y = sample
    for rate in (50.0, 1000.0):
        cut = [x[:, : round(8 * rate)] for x in X if x.shape[1] >= 8 * rate][:40]
        found = compare_distances(cut[:20], cut[:20], cut[20:], y[:20], y[:20], rate)
        np.testing.assert_allclose(found.synthetic_distances, 0, atol=1e-4)
        assert (found.synthetic_nearest == np.arange(20)).all()


def test_recordings_that_are_just_long_enough(sample):
    """5 s at 257 Hz is no whole number of the steps of the coarse look."""
    X, y = sample
    rate = 257.0
    for length in (1285, 1286):
        cut = [x[:, :length] for x in X[:40]]
        with pytest.raises(ValueError, match="5 s or longer") if length < 1286 else nullcontext():
            found = compare_distances(cut[:20], cut[:20], cut[20:], y[:20], y[:20], rate)
    np.testing.assert_allclose(found.synthetic_distances, 0, atol=1e-4)


def test_what_held_out_recordings_are_half_as_near_as_is_suspicious(sample):
    """Where real recordings are nearly alike, those a little nearer than they are no copies."""
    X, y = sample
    rng = np.random.RandomState(0)
    one = X[0][:, :3000]
    spread = one.std()
    near = [one + 0.01 * spread * rng.normal(size=one.shape) for _ in range(60)]
    with pytest.warns(UserWarning, match="20 of 20 held-out recordings are nearly the same"):
        found = compare_distances(near[:20], near[20:40], near[40:], y[:20], y[:20], RATE)
    assert found.held_out_distances.max() < _memorisation._SUSPICIOUS
    assert found.synthetic_distances.max() < _memorisation._SUSPICIOUS
    assert found.suspicious == ()


def test_the_report_holds_the_verdict(sample):
    X, y = sample
    real, held_out = (X[:40], y[:40]), (X[40:80], y[40:80])
    report = fidelity_report(real, real, held_out, sampling_rate=300.0, random_state=0)
    assert report.memorisation.memorised
    assert report.get("share_near").synthetic == 1.0
    assert report.get("p_value").synthetic == report.memorisation.p_value < 0.01
    assert report.get("suspicious").synthetic == len(report.memorisation.suspicious) == 40


def test_a_label_with_few_held_out_recordings_is_told_to_be_left_out(split):
    X, y, held_out, y_held = split
    few = np.concatenate([np.flatnonzero(y_held != "A"), np.flatnonzero(y_held == "A")[:4]])
    found = compare_distances(X, X, [held_out[i] for i in few], y, y_held[few], RATE)
    assert found.n_compared < len(X)
    assert f", {60 - found.n_compared} left out)" in repr(found)
    assert "A" not in found.thresholds
