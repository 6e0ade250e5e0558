"""The whole way on real recordings: read, filter, train, predict, score, explain where it looked."""

import numpy as np
import pytest
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline

from ecgclf.datasets import fetch_cinc2017, load_cinc2017_sample, read_recordings
from ecgclf.metrics import cinc2017_score, rhythm_f1_scores
from ecgclf.preprocessing import BandpassFilter, RecordingNormalizer, Resampler
from small import NAMES, small


@pytest.fixture(scope="module")
def sample():
    """Twenty-four of the bundled recordings, of several lengths."""
    X, y = load_cinc2017_sample(return_X_y=True)
    chosen = np.concatenate([np.flatnonzero(y == rhythm)[:6] for rhythm in "NAO~"])
    return X[chosen], y[chosen]


@pytest.mark.parametrize("name", NAMES)
def test_alone_or_together(sample, name):
    """What a real recording is answered does not depend on its company, nor on the batch size."""
    X, y = sample
    classifier = small(name, max_epochs=1, batch_size=8).fit(X, y)
    together = classifier.predict_proba(X)
    alone = np.concatenate([classifier.predict_proba(X[i : i + 1]) for i in range(len(X))])
    np.testing.assert_allclose(together, alone, atol=1e-5, rtol=0)
    classifier.net_.batch_size = 5
    np.testing.assert_allclose(classifier.predict_proba(X[::-1]), alone[::-1], atol=1e-5, rtol=0)


def test_from_files_to_scores(sample):
    X, y = sample
    pipeline = make_pipeline(
        BandpassFilter(0.5, 40.0, sampling_rate=300.0),
        Resampler(100.0, sampling_rate=300.0),
        RecordingNormalizer(clip=8.0),
        small("CRNNClassifier", max_epochs=2),
    )
    predicted = cross_val_predict(pipeline, X, y, cv=2)
    assert 0 <= cinc2017_score(y, predicted) <= 1
    assert set(rhythm_f1_scores(y, predicted)) == set("NAO~")


@pytest.mark.shared
def test_twelve_leads(shared_data):
    data = read_recordings(shared_data / "cinc2021")
    y = np.arange(len(data.data)) % 2
    classifier = small("CRANNClassifier", max_epochs=1, batch_size=8).fit(data.data, y)
    assert classifier.n_leads_ == 12
    assert classifier.predict_proba(data.data).shape == (len(y), 2)
    assert [len(w) for w in classifier.attention(data.data)] == [x.shape[1] for x in data.data]


@pytest.mark.shared
def test_half_an_hour_as_a_timeline(shared_data, sample):
    """A classifier of 30 s recordings on a record of 30 minutes: a row of probabilities for every 30 s."""
    X, y = sample
    classifier = small("ResNetClassifier", max_epochs=1).fit(X, y)
    record = read_recordings(shared_data / "mitdb" / "201", leads=["MLII"], sampling_rate=300.0)
    (windows,) = classifier.predict_windows(record.data)
    timeline = windows.probabilities
    assert timeline.shape == (-(-len(record.data[0]) // classifier.window_length_), 4)
    np.testing.assert_allclose(timeline.sum(axis=1), 1.0)


@pytest.mark.shared
def test_the_whole_set(shared_data):
    data = fetch_cinc2017(shared_data / "cinc2017", download_if_missing=False)
    labels, counts = np.unique(data.target, return_counts=True)
    assert dict(zip(labels.tolist(), counts.tolist(), strict=True)) == {"N": 4183, "A": 625, "O": 1990, "~": 230}
    chosen = np.arange(0, len(data.data), 300)
    classifier = small("LSTMClassifier", max_epochs=1, stem_stride=64).fit(data.data[chosen], data.target[chosen])
    assert classifier.predict_proba(data.data[chosen[:5]]).shape == (5, len(classifier.classes_))
