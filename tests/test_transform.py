"""The features that a network decides by, as a step of a Pipeline."""

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from ecgclf.classifiers import ECGClassifier
from ecgclf.datasets import make_recordings
from ecgclf.preprocessing import RRFeatures
from own import Headless, Small
from small import NAMES, small


@pytest.fixture(scope="module")
def recordings():
    return make_recordings(24, duration=(2.0, 4.0), random_state=0, return_X_y=True)


def make(name, **params):
    if name == "ECGClassifier":
        return ECGClassifier(Small, **{"max_epochs": 2, "random_state": 0, **params})
    return small(name, **params)


def head_of(classifier):
    head = classifier.net_.module_.head
    return head.weight.detach().numpy().astype(float), head.bias.detach().numpy().astype(float)


@pytest.mark.parametrize("name", [*NAMES, "ECGClassifier"])
def test_the_last_layer_makes_the_probabilities_of_them(name, recordings):
    X, y = recordings
    classifier = make(name).fit(X, y)
    features = classifier.transform(X)
    weight, bias = head_of(classifier)
    np.testing.assert_allclose(
        softmax(features @ weight.T + bias, axis=1), classifier.predict_proba(X), rtol=0, atol=1e-5
    )
    assert classifier.get_feature_names_out().tolist() == [f"{name.lower()}{i}" for i in range(features.shape[1])]
    alone = np.concatenate([classifier.transform([x]) for x in X])
    np.testing.assert_allclose(alone, features, atol=1e-5 * np.abs(features).max())
    # And the network still has its head.
    assert classifier.predict_proba(X).shape == (24, 4)


def test_of_several_labels(recordings):
    X, y = recordings
    classifier = make("LSTMClassifier").fit(X, np.column_stack([y == "A", y == "N"]).astype(int))
    weight, bias = head_of(classifier)
    found = expit(classifier.transform(X) @ weight.T + bias)
    np.testing.assert_allclose(found, classifier.predict_proba(X), atol=1e-5)


def test_of_windows_they_are_the_mean(recordings):
    X, y = recordings
    classifier = make("LSTMClassifier", window_length=300, window_stride=200).fit(X, y)
    x = X[0]
    starts = [*range(0, len(x) - 300 + 1, 200)]
    starts += [len(x) - 300] if starts[-1] != len(x) - 300 else []
    expected = classifier.transform([x[start : start + 300] for start in starts]).mean(axis=0)
    np.testing.assert_allclose(classifier.transform([x])[0], expected, atol=1e-6)


def test_as_a_step_before_another_classifier(recordings):
    X, y = recordings
    pipeline = make_pipeline(make("CRNNClassifier"), RandomForestClassifier(20, random_state=0))
    assert cross_val_score(pipeline, X, y, cv=2).shape == (2,)
    fitted = pipeline.fit(X, y)
    np.testing.assert_array_equal(fitted.predict(X), fitted[-1].predict(fitted[0].transform(X)))


def test_beside_other_features(recordings):
    X, y = recordings
    both = make_union(make("CRNNClassifier"), RRFeatures(300))
    pipeline = make_pipeline(both, StandardScaler(), LogisticRegression()).fit(X, y)
    names = pipeline[0].get_feature_names_out()
    assert len(names) == pipeline[-1].n_features_in_
    assert any(name.startswith("crnnclassifier__") for name in names)
    assert any(name.startswith("rrfeatures__") for name in names)


def test_as_a_frame(recordings):
    pytest.importorskip("pandas")
    X, y = recordings
    frame = make("LSTMClassifier").set_output(transform="pandas").fit(X, y).transform(X)
    assert frame.columns[0] == "lstmclassifier0"


def test_a_network_without_a_head_says_so(recordings):
    X, y = recordings
    classifier = ECGClassifier(Headless, max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="a Headless has no last layer called head"):
        classifier.transform(X)
