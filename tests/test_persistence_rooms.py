"""What is no classifier and no filter comes back too: generators, explainers, tuned decisions."""

import time

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from ecgclf.augmentation import WaveNetAugmenter, WaveNetOverSampler
from ecgclf.datasets import make_recordings
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.explanation import LimeTimeSeriesExplainer
from ecgclf.metrics import cinc2017_score, cinc2017_scorer
from ecgclf.persistence import load, save
from ecgclf.persistence._container import read_file, write_file
from ecgclf.preprocessing import RecordingNormalizer, RRFeatures
from small import GENERATORS, small


@pytest.fixture(scope="module")
def recordings():
    return make_recordings(16, duration=(2.0, 4.0), random_state=0, return_X_y=True)


def roundtrip(estimator, path):
    save(estimator, path)
    return load(path)


@pytest.mark.parametrize("cls", [WaveNetAugmenter, WaveNetOverSampler])
@pytest.mark.parametrize("class_conditional", [True, False])
def test_a_generator_invents_the_same_recordings(cls, class_conditional, recordings, tmp_path):
    parameters = GENERATORS[cls.__name__] | {"max_epochs": 1}
    generator = cls(**parameters, class_conditional=class_conditional, random_state=0).fit(*recordings)
    again = roundtrip(generator, tmp_path / "generator")
    for ours, theirs in zip(again.sample(3, "A"), generator.sample(3, "A"), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(
        again.negative_log_likelihood(*recordings), generator.negative_log_likelihood(*recordings)
    )


def test_a_pipeline_with_an_augmenter_answers_the_same(recordings, tmp_path):
    augmenter = WaveNetAugmenter(**GENERATORS["WaveNetAugmenter"] | {"max_epochs": 1}, random_state=0)
    pipeline = make_pipeline(RecordingNormalizer(), augmenter, small("CRNNClassifier")).fit(*recordings)
    again = roundtrip(pipeline, tmp_path / "pipeline")
    np.testing.assert_array_equal(again.predict_proba(recordings[0]), pipeline.predict_proba(recordings[0]))


@pytest.mark.parametrize("name", ["n_layers", "n_blocks", "n_leads", "n_bins", "n_filters", "kernel_size"])
def test_a_gigantic_generator_is_refused_before_it_is_built(name, recordings, tmp_path):
    """Ten thousand million layers would be dilations of as many digits, blocks a list that fills the memory."""
    path = tmp_path / "forged"
    save(WaveNetOverSampler(**GENERATORS["WaveNetOverSampler"] | {"max_epochs": 1}).fit(*recordings), path)
    document, arrays = read_file(path)
    state = document["estimator"]["object"]["state"]["generator_"]["object"]["state"]
    places = [pair for pair in state["network"]["dict"] if pair[0] == name]
    if places:
        places[0][1] = 10**10
    else:
        assert name in state
        state[name] = 10**10
    write_file(path, document, arrays)
    start = time.process_time()
    with pytest.raises(ValueError, match="cannot be loaded: its|cannot be loaded: .* up to 1000 blocks"):
        load(path)
    assert time.process_time() - start < 5


@pytest.mark.filterwarnings("ignore:The surrogate does not follow")
@pytest.mark.parametrize("perturbation", ["mean", "other_recordings"])
def test_an_explainer_explains_the_same(perturbation, recordings, tmp_path):
    X, y = recordings
    classifier = small("CRNNClassifier").fit(X, y)
    explainer = LimeTimeSeriesExplainer(
        n_segments=5, perturbation=perturbation, n_perturbations=30, random_state=0, sampling_rate=300.0
    ).fit(X)
    again = roundtrip(explainer, tmp_path / "explainer")
    ours, theirs = (e.explain(classifier, X[0], labels=["A"]) for e in (again, explainer))
    np.testing.assert_array_equal(ours.weights, theirs.weights)


@pytest.mark.parametrize(
    ("classifier", "scoring"),
    [
        (small("CRNNClassifier"), cinc2017_score),
        (make_pipeline(RRFeatures(300), RandomForestClassifier(5, random_state=0)), cinc2017_scorer),
        (GridSearchCV(small("LSTMClassifier", max_epochs=1), {"n_units": [2, 3]}, cv=2), "f1_macro"),
    ],
    ids=["network", "forest", "search"],
)
def test_tuned_decisions_come_back(classifier, scoring, recordings, tmp_path):
    X, y = recordings
    tuned = TunedDecisionClassifierCV(classifier, scoring=scoring, cv=2).fit(X, y)
    again = roundtrip(tuned, tmp_path / "tuned")
    np.testing.assert_array_equal(again.predict_proba(X), tuned.predict_proba(X))
    np.testing.assert_array_equal(again.predict(X), tuned.predict(X))
