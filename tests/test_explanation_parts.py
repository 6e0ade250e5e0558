"""The parts of an explanation: segments, what replaces them, what is kept and what it tells."""

import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.explanation import ExplanationWarning, LimeTimeSeriesExplainer, average_explanations
from ecgclf.explanation._perturbations import Replacements
from ecgclf.explanation._segments import WAVES, _beats, _given, _uniform, _waves, cut
from strategies import recording

ignored = pytest.mark.filterwarnings("ignore::ecgclf.explanation.ExplanationWarning")


def classifier(X):
    """Lively or not, over the first second."""
    p = 1 / (1 + np.exp(-X.reshape(len(X), -1)[:, :300].std(axis=1)))
    return np.column_stack([1 - p, p])


@pytest.fixture(scope="module")
def ecg():
    return load_cinc2017_sample().data[0]


def _cover(features, n_timepoints):
    cover = np.zeros(n_timepoints, dtype=int)
    for spans in features.values():
        for lead, start, stop in spans:
            assert lead == -1
            assert start < stop
            cover[start:stop] += 1
    return cover


@given(
    gaps=st.lists(st.integers(60, 900), min_size=2, max_size=12),
    tail=st.integers(1, 700),
    rate=st.sampled_from([100.0, 250.0, 300.0]),
)
def test_segments_cover_every_timepoint_once(gaps, tail, rate):
    r_peaks = np.cumsum(gaps) - 60
    n_timepoints = int(r_peaks[-1]) + tail
    for features in (
        _uniform(n_timepoints, 20),
        _beats(n_timepoints, r_peaks),
        _waves(n_timepoints, r_peaks, rate, merge_beats=False),
        _waves(n_timepoints, r_peaks, rate, merge_beats=True),
    ):
        np.testing.assert_array_equal(_cover(features, n_timepoints), 1)
    beats = list(_beats(n_timepoints, r_peaks).values())
    for i, peak in enumerate(r_peaks):
        ((_, start, stop),) = beats[i]
        assert start <= peak < stop
    for one, other, (_, start, _) in zip(r_peaks[:-1], r_peaks[1:], [spans[0] for spans in beats[1:]], strict=True):
        assert abs((one + other) / 2 - start) < 1
    merged = _waves(n_timepoints, r_peaks, rate, merge_beats=True)
    assert set(merged) <= set(WAVES)
    for peak in r_peaks:
        assert sum(start <= peak < stop for _, start, stop in merged["QRS"]) == 1


def test_waves_lie_where_they_are_known_to_lie():
    features = _waves(1500, np.array([300, 600, 900, 1200]), 300.0, merge_beats=False)
    assert features["beat 1 P"] == [(-1, 525, 582)]
    assert features["beat 1 QRS"] == [(-1, 582, 619)]
    assert features["beat 1 T"] == [(-1, 619, 726)]
    assert features["beat 1 rest"] == [(-1, 726, 825)]
    assert features["before beat 0"] == [(-1, 0, 225)]


@given(
    labels=st.one_of(
        hnp.arrays(np.int64, 40, elements=st.integers(-1, 3)),
        hnp.arrays(np.int64, (3, 40), elements=st.integers(-1, 3)),
    )
)
def test_labels_of_timepoints_become_intervals(labels):
    again = np.full((3, 40), -1)
    for name, spans in _given(labels, np.zeros((3, 40))).items():
        for lead, start, stop in spans:
            again[slice(None) if lead < 0 else lead, start:stop] = int(name.split()[1])
    np.testing.assert_array_equal(again, np.where(labels < 0, -1, labels) * np.ones((3, 1)))


def test_leads_apart_have_each_segment_once():
    segments = cut(np.zeros((3, 100)), 300.0, "uniform", 4, False, True)
    assert len(segments.names) == 12
    cover = np.zeros((3, 100), dtype=int)
    for _, lead, start, stop in segments.intervals.tolist():
        cover[lead, start:stop] += 1
    np.testing.assert_array_equal(cover, 1)


PERTURBATIONS = [
    "mean",
    "total_mean",
    "noise",
    "interpolate",
    "other_recordings",
    lambda x, off, rng: x + rng.random(),
]


@given(
    x=recording(n_leads=2, min_timepoints=12, dtype=np.float32),
    perturbation=st.sampled_from(PERTURBATIONS),
    per_lead=st.booleans(),
    data=st.data(),
)
def test_only_what_is_absent_is_replaced(x, perturbation, per_lead, data):
    intervals = cut(x, 300.0, "uniform", 5, False, per_lead).intervals
    masks = data.draw(hnp.arrays(bool, (4, int(intervals[:, 0].max()) + 1)))
    background = [np.full((2, 7), 9.0), np.arange(400.0).reshape(2, 200)]
    original = x.copy()
    replacements = Replacements(perturbation, x, intervals, background, 3)
    made = replacements.make(masks, np.arange(4))
    np.testing.assert_array_equal(x, original)
    assert made.dtype == x.dtype
    present = np.zeros(made.shape, dtype=bool)
    for feature, lead, start, stop in intervals.tolist():
        present[masks[:, feature], slice(None) if lead < 0 else lead, start:stop] = True
        if perturbation == "mean":
            part = np.index_exp[:, slice(None) if lead < 0 else lead, start:stop]
            np.testing.assert_allclose(
                made[part].mean(axis=-1), np.broadcast_to(x, made.shape)[part].mean(-1), atol=1e-4
            )
    np.testing.assert_array_equal(made[present], np.broadcast_to(x, made.shape)[present])
    if perturbation == "other_recordings":
        others = [np.take(other, np.arange(x.shape[1]), axis=1, mode="wrap") for other in background]
        for row, there in zip(made, present, strict=True):
            assert any((there | (row == other.astype(np.float32))).all() for other in others)
    if perturbation == "noise" or callable(perturbation):
        alone = [replacements.make(masks[[i]], np.array([i]))[0] for i in range(4)]
        np.testing.assert_array_equal(alone, made)


def test_every_perturbation_draws_its_own():
    x = np.repeat([[1.0, 2.0]], 25, axis=1)
    intervals = cut(x, 300.0, "uniform", 2, False, False).intervals
    made = Replacements("noise", x, intervals, None, 0).make(np.zeros((100, 2), dtype=bool), np.arange(100))
    assert len(np.unique(made[:, 0], axis=0)) == 100
    assert abs(made.mean() - x.mean()) < 0.05
    assert abs(made.std() - x.std()) < 0.05


def test_straight_lines_leave_no_step():
    x = np.cumsum(np.random.RandomState(0).randn(1, 1000), axis=1)
    intervals = cut(x, 300.0, "uniform", 10, False, False).intervals
    made = Replacements("interpolate", x, intervals, None, 0).make(np.eye(10, dtype=bool) == 0, np.arange(10))[:, 0]
    for i, row in enumerate(made):
        start, stop = intervals[i, 2:]
        steps = np.diff(row[start : min(stop + 1, 1000)])
        np.testing.assert_allclose(steps, steps[0], atol=1e-9)
        assert row[start] == x[0, start]


def test_perturbations_are_streamed_and_asked_about_once():
    sizes = []

    def function(X):
        sizes.append(len(X))
        return classifier(X)

    x = np.random.RandomState(0).randn(900)
    LimeTimeSeriesExplainer(n_perturbations=1000, batch_size=100, random_state=0, sampling_rate=300.0).explain(
        function, x
    )
    assert max(sizes) == 112
    assert 1000 <= sum(sizes) < 1016
    sizes.clear()
    LimeTimeSeriesExplainer(n_segments=4, n_perturbations=1000, random_state=0, sampling_rate=300.0).explain(
        function, x
    )
    assert sizes == [16]


@ignored
def test_where_no_beat_is_found_uniform_segments_stand_in():
    explainer = LimeTimeSeriesExplainer("waves", n_segments=6, n_perturbations=50, random_state=0, sampling_rate=300.0)
    with pytest.warns(ExplanationWarning, match="Fewer than two beats .* 6 uniform segments stand in for waves"):
        explanation = explainer.explain(classifier, np.zeros(3000))
    assert explanation.fallback
    assert explanation.segmentation == "uniform"
    assert len(explanation.feature_names) == 6


def test_an_explanation_does_not_change(ecg):
    x = ecg.copy()
    explanation = LimeTimeSeriesExplainer("beats", random_state=0, n_perturbations=300, sampling_rate=300.0).explain(
        classifier, x
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        explanation.weights = None
    for field in dataclasses.fields(explanation):
        value = getattr(explanation, field.name)
        if isinstance(value, np.ndarray) and value.size:
            with pytest.raises(ValueError, match="read-only"):
                value[...] = 0
    x[:] = 0
    np.testing.assert_array_equal(explanation.recording[0], ecg)
    assert repr(explanation).startswith("<Explanation of 1 lead(s), ")
    again = pickle.loads(pickle.dumps(explanation))
    assert again.as_list() == explanation.as_list()


def test_what_an_explanation_tells(ecg):
    explainer = LimeTimeSeriesExplainer("waves", merge_beats=True, random_state=0, sampling_rate=300.0)
    explanation = explainer.explain(classifier, ecg, top_labels=2)
    frame = explanation.to_frame()
    assert len(frame) == 2 * len(explanation.intervals)
    assert set(frame["name"]) == set(WAVES)
    for label in (0, 1):
        of_label = frame[frame["label"] == label].drop_duplicates("name").set_index("name")["weight"]
        assert of_label.to_dict() == pytest.approx(dict(explanation.as_list(label)))
        weights = [abs(weight) for _, weight in explanation.as_list(label)]
        assert weights == sorted(weights, reverse=True)
    np.testing.assert_allclose(frame["stop_s"] * 300, frame["stop"])
    assert list(explanation.as_map()) == explanation.labels.tolist()
    assert [explanation.feature_names[i] for i, _ in explanation.as_map()[1]] == [n for n, _ in explanation.as_list(1)]
    assert len(explanation.r_peaks) > 30
    with pytest.raises(ValueError, match=r"label 7 is not explained here, only \[\d, \d\]"):
        explanation.as_list(7)


@ignored
def test_the_average_is_the_mean_by_name():
    X = load_cinc2017_sample().data[:6]
    explainer = LimeTimeSeriesExplainer(
        "waves", merge_beats=True, n_perturbations=60, random_state=0, sampling_rate=300.0
    )
    single = [explainer.explain(classifier, x, labels=[0, 1]) for x in X]
    average = average_explanations(reversed(single))
    assert average.labels.tolist() == [0, 1]
    for column, name in enumerate(average.feature_names):
        weights = [dict(explanation.as_list(1))[name] for explanation in single]
        np.testing.assert_allclose(average.weights[1, column], np.mean(weights))
        np.testing.assert_allclose(average.std[1, column], np.std(weights))
        assert average.counts[1, column] == 6
    np.testing.assert_allclose(average.r2[0], np.mean([explanation.r2[0] for explanation in single]))
    frame = average.to_frame().set_index(["label", "name"])
    assert frame.loc[(1, "QRS"), "weight"] == average.weights[1, average.feature_names.index("QRS")]
    flat = explainer.explain(classifier, np.zeros(3000))
    with pytest.warns(ExplanationWarning, match="1 of 7 explanations are left out"):
        np.testing.assert_allclose(average_explanations([*single, flat]).weights, average.weights)
    with pytest.raises(ValueError, match="None of the 1 explanations"):
        average_explanations([flat])
    for params in ({"segmentation": "beats"}, {"segmentation": "waves"}):
        beats = LimeTimeSeriesExplainer(n_perturbations=60, random_state=0, sampling_rate=300.0, **params).explain(
            classifier, X[0]
        )
        with pytest.raises(ValueError, match="Single beats of different recordings"):
            average_explanations([beats])
    fewer, more = (
        LimeTimeSeriesExplainer(n_segments=n, n_perturbations=60, random_state=0, sampling_rate=300.0).explain(
            classifier, X[0]
        )
        for n in (5, 6)
    )
    with pytest.raises(ValueError, match="different numbers of segments"):
        average_explanations([fewer, more])
    with pytest.raises(ValueError, match="different segmentations.*here uniform; waves, merged"):
        average_explanations([fewer, single[0]])
    by_lead = explainer.set_params(per_lead=True).explain(classifier, X[0])
    with pytest.raises(ValueError, match="here waves, merged; waves, merged, by lead"):
        average_explanations([by_lead, single[0]])
    for none in (single[0], None, [None], 7):
        with pytest.raises(TypeError, match="no collection of what `explain` gives"):
            average_explanations(none)
