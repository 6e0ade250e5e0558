"""What is saved comes back: same parameters, same answers to the bit, and a clear error where that cannot be."""

import subprocess
import sys
import warnings
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import safetensors
import sklearn
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline
from sklearn.utils.metadata_routing import get_routing_for_object
from skorch.callbacks import EpochTimer

import ecgclf
from ecgclf.datasets import load_cinc2017_sample, make_recordings
from ecgclf.persistence import _classes, load, save
from ecgclf.persistence._decode import Decoder
from ecgclf.persistence._encode import Encoder
from ecgclf.preprocessing import BandpassFilter, FixedLength, RecordingNormalizer, Resampler, RRFeatures
from own import Small
from small import NAMES, small
from test_common import PARAMETERS, public_estimators


@pytest.fixture(scope="module")
def recordings():
    """Ragged recordings of one lead, with labels."""
    return make_recordings(16, duration=(2.0, 4.0), random_state=0, return_X_y=True)


@pytest.fixture
def path(tmp_path):
    """A place for a file."""
    return tmp_path / "model.ecgclf"


def roundtrip(estimator, path):
    """Save and load."""
    save(estimator, path)
    return load(path)


def test_every_public_estimator_is_on_the_list_and_comes_back_unfitted(path):
    for cls in public_estimators():
        assert _classes.name_of(cls, _classes.OBJECTS) == f"{'.'.join(cls.__module__.split('.')[:2])}.{cls.__name__}"
        estimator = cls(**PARAMETERS.get(cls.__name__, {}))
        save(estimator, path)
        assert repr(load(path, trusted=[Small])) == repr(estimator)


@pytest.mark.parametrize("allowed", [_classes.OBJECTS, _classes.VALUES])
def test_every_name_on_the_lists_leads_to_what_has_it(allowed):
    for name in allowed:
        assert _classes.name_of(_classes.named(name, allowed), allowed) == name


@pytest.mark.parametrize("name", NAMES)
def test_a_classifier_comes_back_to_the_bit(name, recordings, path):
    X, y = recordings
    classifier = small(name, early_stopping=True).fit(X, y)
    again = roundtrip(classifier, path)
    assert type(again) is type(classifier)
    assert vars(again).keys() == vars(classifier).keys()
    assert repr(again) == repr(classifier)
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    np.testing.assert_array_equal(again.predict_proba([X[0][:90]]), classifier.predict_proba([X[0][:90]]))
    assert again.classes_.dtype == classifier.classes_.dtype
    assert list(again.net_.history) == list(classifier.net_.history)
    assert again.net_.history[:, "valid_loss"] == classifier.net_.history[:, "valid_loss"]


def test_a_long_history_is_stored_by_columns(recordings, path):
    classifier = small("LSTMClassifier", batch_size=1, max_epochs=1).fit(*recordings)
    again = roundtrip(classifier, path)
    assert len(again.net_.history[0]["batches"]) == 16
    assert list(again.net_.history) == list(classifier.net_.history)
    with safetensors.safe_open(path, "numpy") as file:
        assert '"table"' in file.metadata()["document"]


@pytest.mark.parametrize("name", NAMES)
def test_a_warm_start_goes_on_as_if_nothing_had_been(name, recordings, path):
    X, y = recordings
    classifier = small(name, warm_start=True, max_epochs=2).fit(X, y)
    again = roundtrip(classifier, path).fit(X, y)
    classifier.fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    assert again.n_epochs_ == 4


def test_another_process_says_the_same(tmp_path):
    """Real recordings, and an interpreter that has seen nothing."""
    X = load_cinc2017_sample().data
    X, y = [item[:3000] for item in X[:6]], np.arange(6) % 2
    classifier = small("CRANNClassifier", max_epochs=1)
    pipeline = make_pipeline(
        Resampler(100.0, sampling_rate=300.0), BandpassFilter(sampling_rate=100.0), classifier
    ).fit(X, y)
    save(pipeline, tmp_path / "model.ecgclf")
    code = (
        "import sys, numpy as np\n"
        "from ecgclf.datasets import load_cinc2017_sample\n"
        "from ecgclf.persistence import load\n"
        "X = [item[:3000] for item in load_cinc2017_sample().data[:6]]\n"
        "np.save(sys.argv[2], load(sys.argv[1]).predict_proba(X))\n"
    )
    arguments = [str(tmp_path / "model.ecgclf"), str(tmp_path / "p.npy")]
    subprocess.run([sys.executable, "-c", code, *arguments], check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "p.npy"), pipeline.predict_proba(X))


def test_a_file_without_a_network_is_loaded_without_torch(path):
    save(make_pipeline(BandpassFilter(sampling_rate=300.0), RecordingNormalizer()), path)
    code = "import sys; from ecgclf.persistence import load; load(sys.argv[1]); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 1]),
        np.array([-7, 300], dtype=np.int16),
        np.array([False, True]),
        np.array(["N", "Ä\u0000~"]),
        np.array(["N", "atrial"], dtype=object),
        np.array([1.0, 2.0], dtype=np.float32),
    ],
    ids=lambda labels: labels.dtype.str,
)
def test_labels_keep_their_type(labels, recordings, path):
    X, _ = recordings
    classifier = small("LSTMClassifier", max_epochs=1).fit(X, labels[np.arange(16) % 2])
    again = roundtrip(classifier, path)
    assert again.classes_.dtype == classifier.classes_.dtype
    assert again.predict(X).tolist() == classifier.predict(X).tolist()


def test_what_a_table_left_comes_back(path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(8, 90))).add_prefix("t")
    pipeline = make_pipeline(BandpassFilter(sampling_rate=300.0), small("LSTMClassifier", max_epochs=1)).fit(
        X, np.arange(8) % 2
    )
    again = roundtrip(pipeline, path)
    assert again[0].feature_names_in_.tolist() == X.columns.tolist()
    assert again.n_features_in_ == 90
    with pytest.raises(ValueError, match="feature names"):
        again.predict(X.iloc[:, :80])
    np.testing.assert_array_equal(again.predict_proba(X), pipeline.predict_proba(X))


def test_plain_parameters_of_all_kinds_come_back(recordings, path):
    X, y = recordings
    parameters = {
        "class_weight": {"A": 2.0, "N": 1.0},
        "window_length": 300,
        "window_stride": {"A": np.int64(100)},
        "net_params": {"optimizer": torch.optim.SGD, "optimizer__momentum": 0.9},
        "random_state": np.random.RandomState(5),
    }
    classifier = small("ResNetClassifier", **parameters).fit(X, y)
    again = roundtrip(classifier, path)
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    assert again.net_params == parameters["net_params"]
    assert again.window_stride == {"A": 100}
    assert again.random_state.randint(10**9) == classifier.random_state.randint(10**9)


def test_paths_come_back_as_text(recordings, path, tmp_path):
    classifier = small("LSTMClassifier", max_epochs=1, checkpoint_dir=tmp_path / "kept").fit(*recordings)
    save(classifier, path)
    again = load(path)
    assert again.checkpoint_dir == str(tmp_path / "kept")
    np.testing.assert_array_equal(again.predict_proba(recordings[0]), classifier.predict_proba(recordings[0]))


def test_requests_of_metadata_come_back(recordings, path):
    with sklearn.config_context(enable_metadata_routing=True):
        classifier = small("LSTMClassifier", max_epochs=1)
        classifier.set_fit_request(groups=True, X_val="others").set_score_request(sample_weight=False)
        pipeline = make_pipeline(RecordingNormalizer(), classifier).fit(*recordings)
        save(pipeline, path)
        again = load(path)
        expected, found = (get_routing_for_object(each)._serialize() for each in (pipeline, again))
        assert str(found) == str(expected)
        assert again[-1].get_metadata_routing().fit.requests["X_val"] == "others"
        again.fit(*recordings, groups=np.arange(len(recordings[0])))
    # What nothing was set of says no more than its class.
    assert "_metadata_request" not in vars(again[0])


@pytest.mark.parametrize(
    "requests", [{"fit": {"groups": "no name"}}, {"fit": {"groups": 7}}, {"nothing": {"groups": True}}, {"fit": 3}, 3]
)
def test_requests_that_are_none_are_refused(requests, path):
    estimator = BandpassFilter(sampling_rate=300.0)
    with mock.patch("ecgclf.persistence._encode.plain_requests", return_value=requests):
        estimator._metadata_request = None
        save(estimator, path)
    with pytest.raises(ValueError, match="cannot be loaded"):
        load(path)


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"callbacks": [EpochTimer()]}, r"callbacks\[0\] is a skorch\.callbacks\.\S*EpochTimer"),
        ({"net_params": {"iterator_train": lambda *_: None}}, r"net_params\['iterator_train'\] is \S*lambda"),
    ],
)
def test_what_cannot_be_stored_is_named_before_anything_is_written(parameters, named, path):
    path.write_bytes(b"what was there")
    with pytest.raises(ValueError, match=rf"Pipeline\.steps\[0\]\[1\]\.{named}.*without pickle"):
        save(make_pipeline(small("LSTMClassifier", **parameters)), path)
    assert path.read_bytes() == b"what was there"
    assert list(path.parent.iterdir()) == [path]


def test_a_cache_folder_is_neither_stored_nor_taken(path):
    with pytest.raises(ValueError, match=r"Pipeline\.memory.*set_params\(memory=None\)"):
        save(make_pipeline(RecordingNormalizer(), memory="somewhere"), path)


def test_a_failed_write_leaves_the_old_file(path, monkeypatch):
    save(RecordingNormalizer(), path)
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", _fail)
    with pytest.raises(OSError, match="disk full"):
        save(BandpassFilter(sampling_rate=300.0), path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def _fail(*_):
    raise OSError("disk full")


@pytest.mark.parametrize("changed", [{"n_filters": 4}, {"pooling": "max"}, {"dropout": 0.5}])
def test_a_network_that_its_parameters_no_longer_describe_is_not_stored(changed, recordings, path):
    classifier = small("ResNetClassifier", max_epochs=1).fit(*recordings).set_params(**changed)
    with pytest.raises(ValueError, match=r"ResNetClassifier\.net_ holds another network .*changed after fit"):
        save(classifier, path)
    assert not path.exists()


def test_a_device_that_is_not_here_gives_way_to_the_cpu(recordings, path):
    X, y = recordings
    classifier = small("LSTMClassifier", device="cpu", max_epochs=1).fit(X, y)
    save(classifier.set_params(device="cuda:63"), path)
    with pytest.warns(UserWarning, match="cuda:63.*on the CPU now"):
        again = load(path)
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))


class Holder(BaseEstimator):
    """Holds a helper object twice, and may hold itself."""


class Helper:
    """No estimator, with a state that is not what it has."""

    def __getstate__(self):
        return {"kinds": self.kinds, "array": self.array}

    def __setstate__(self, state):
        vars(self).update(state, loaded=True)


def test_helper_objects_of_an_estimator_come_back(path, monkeypatch):
    here = {f"{__name__}.{cls.__name__}" for cls in (Holder, Helper)}
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or _Here)
    monkeypatch.setattr(_classes, "OBJECTS", _classes.OBJECTS | here)
    holder = Holder()
    holder.helper_ = Helper()
    holder.helper_.left_out = object()
    holder.helper_.kinds = (list, np.ndarray, np.float32, np.dtype(np.uint8))
    holder.helper_.array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    holder.same_helper_ = holder.helper_
    again = roundtrip(holder, path)
    assert vars(again.helper_).keys() == {"kinds", "array", "loaded"}
    assert again.helper_.kinds == holder.helper_.kinds
    assert again.same_helper_ is again.helper_
    assert again.helper_.array.flags.f_contiguous
    holder.myself_ = holder
    with pytest.raises(ValueError, match=r"Holder\.myself_ holds itself"):
        save(holder, path)


class _Here:
    Holder, Helper = Holder, Helper


def test_a_file_is_a_safetensors_file_that_others_read_too(recordings, path):
    classifier = small("ResNetClassifier", max_epochs=1).fit(*recordings)
    save(classifier, path)
    with safetensors.safe_open(path, "numpy") as file:
        assert file.metadata()["ecgclf_format"] == "2"
        stored = [file.get_tensor(name) for name in file.keys()]  # noqa: SIM118
    for tensor in classifier.net_.module_.state_dict().values():
        assert any(np.array_equal(tensor.numpy(), array) for array in stored)


def test_weights_that_float16_holds_take_half_the_room_and_come_back_to_the_bit(recordings, path):
    classifier = small("ResNetClassifier", max_epochs=1).fit(*recordings)
    save(classifier, path)
    tensors = [t for t in classifier.net_.module_.state_dict().values() if t.dtype == torch.float32]
    before, n_weights = path.stat().st_size, sum(t.numel() for t in tensors)
    for tensor in tensors:
        tensor.copy_(tensor.half())
    next(t for t in tensors if t.shape[0] > 2 and t.ndim == 1)[:3] = torch.tensor([-0.0, 65504.0, 2.0**-24])
    again = roundtrip(classifier, path)
    # What is left of the file, its header, differs by the digits of places.
    assert abs(before - path.stat().st_size - 2 * n_weights) < 200
    for one, other in zip(
        classifier.net_.module_.state_dict().values(), again.net_.module_.state_dict().values(), strict=True
    ):
        assert one.dtype == other.dtype
        assert one.numpy().tobytes() == other.numpy().tobytes()


@given(hnp.arrays(np.float16, hnp.array_shapes()).map(lambda array: array.astype(np.float32)))
def test_float32_stays_float32(array):
    encoder = Encoder()
    encoded = encoder.value(array, "value")
    (stored,) = encoder.arrays.values()
    assert stored.dtype == (np.float32 if np.isnan(array).any() else np.float16)
    again = Decoder(encoder.arrays).value(encoded)
    assert again.dtype == np.float32
    np.testing.assert_array_equal(again, array)


def test_versions_are_recorded_and_a_change_of_sklearn_is_told(path, monkeypatch):
    from sklearn.exceptions import InconsistentVersionWarning
    from sklearn.preprocessing import StandardScaler

    from ecgclf.persistence._container import read_file

    scaler = StandardScaler().fit([[1.0], [2.0]])
    with monkeypatch.context() as patch:
        patch.setattr("sklearn.base.__version__", "0.24")
        save(make_pipeline(RRFeatures(300), scaler), path)
    document, _ = read_file(path)
    assert document["versions"]["ecgclf"] == ecgclf.__version__
    assert {"python", "numpy", "scikit-learn", "torch", "skorch"} < document["versions"].keys()
    with pytest.warns(InconsistentVersionWarning, match=r"StandardScaler from version 0\.24") as told:
        load(path)
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        roundtrip(FixedLength(5), path)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=5),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=12,
)
kinds = (
    hnp.boolean_dtypes() | hnp.integer_dtypes(endianness="=") | hnp.floating_dtypes(endianness="=", sizes=(16, 32, 64))
)
arrays = hnp.arrays(
    kinds | hnp.datetime64_dtypes(endianness="=") | hnp.unicode_string_dtypes(endianness="="), hnp.array_shapes()
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(plain | arrays)
def test_values_come_back(value):
    encoder = Encoder()
    encoded = encoder.value(value, "value")
    again = Decoder(encoder.arrays).value(encoded)
    assert type(again) is type(value)
    if isinstance(value, np.ndarray):
        assert again.dtype == value.dtype
        np.testing.assert_array_equal(again, value)
    else:
        assert repr(again) == repr(value)


def test_a_place_that_is_none_is_named(path):
    with pytest.raises(FileNotFoundError, match=r"x.ecgclf cannot be written: there is no folder .*absent"):
        save(BandpassFilter(sampling_rate=300.0), path.parent / "absent" / "x.ecgclf")
    for folder in (path.parent, ""):
        with pytest.raises(IsADirectoryError, match="is a folder"):
            save(BandpassFilter(sampling_rate=300.0), folder)
