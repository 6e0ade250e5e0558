"""Whatever speaks of hertz or seconds is told the sampling rate, or refuses."""

import importlib
import inspect

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import make_pipeline

import ecgclf
from ecgclf import preprocessing
from ecgclf.cli._files import UsageError
from ecgclf.cli._models import open_model
from ecgclf.datasets import make_recordings
from ecgclf.explanation import LimeTimeSeriesExplainer
from ecgclf.persistence import save
from ecgclf.preprocessing import BandpassFilter, RecordingNormalizer, Resampler
from small import small

# What makes recordings chooses their rate, and of those that lie there at two rates one is chosen; None is the rate of
# the files, or of the model.
CHOOSES = {"make_recordings": 300.0, "fetch_ptbxl": 100, "read_ptbxl": 100}
FROM_THE_FILE = {"read_recordings", "read_with_ecgdatakit", "windows_with_rhythm", "to_onnx", "load_pretrained"}


def public():
    for module_name in ecgclf.__all__:
        if module_name.startswith("__"):
            continue
        module = importlib.import_module(f"ecgclf.{module_name}")
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            yield name, value
            for method, function in inspect.getmembers(value, inspect.isroutine) if inspect.isclass(value) else ():
                if not method.startswith("_"):
                    yield f"{name}.{method}", function


def _speaks():
    for name, value in public():
        try:
            parameter = inspect.signature(value).parameters.get("sampling_rate")
        except (TypeError, ValueError):
            continue
        if parameter is not None:
            yield name, parameter, inspect.isclass(value) and issubclass(value, BaseEstimator)


@pytest.mark.parametrize(("name", "parameter", "is_estimator"), list(_speaks()), ids=lambda value: str(value)[:40])
def test_no_rate_is_guessed(name, parameter, is_estimator):
    if name in CHOOSES:
        assert parameter.default == CHOOSES[name]
    elif is_estimator or name in FROM_THE_FILE:
        assert parameter.default is None
    else:
        assert parameter.default is inspect.Parameter.empty


TRANSFORMERS = [
    cls
    for cls in (getattr(preprocessing, name) for name in preprocessing.__all__)
    if "sampling_rate" in inspect.signature(cls).parameters
]


@pytest.mark.parametrize("cls", TRANSFORMERS)
@pytest.mark.parametrize("kind", ["ragged", "table", "array"])
def test_a_transformer_that_was_told_nothing(cls, kind):
    X = {"ragged": [np.ones(500), np.ones(600)], "table": np.ones((2, 500)), "array": np.ones((2, 2, 500))}[kind]
    transformer = clone(cls())
    with pytest.raises(ValueError, match=rf"{cls.__name__} has to be told .*{cls.__name__}\(sampling_rate=\.\.\.\)"):
        transformer.fit(X)
    with pytest.raises(ValueError, match="has to be told"):
        make_pipeline(RecordingNormalizer(), transformer).fit_transform(X)
    cls(sampling_rate=250).fit_transform(X)


@pytest.mark.parametrize("segmentation", ["uniform", "beats", "waves"])
def test_an_explainer_that_was_told_nothing(segmentation):
    explainer = clone(LimeTimeSeriesExplainer(segmentation))
    x = np.sin(np.arange(900) / 20)

    def answer(X):
        return np.full((len(X), 2), 0.5)

    for call in (
        lambda: explainer.fit([x]),
        lambda: explainer.explain(answer, x),
        lambda: explainer.explain_instance(x, answer),
        lambda: explainer.stability(answer, x),
    ):
        with pytest.raises(ValueError, match=r"has to be told .* LimeTimeSeriesExplainer\(sampling_rate=\.\.\.\)"):
            call()
    assert not hasattr(explainer, "background_")


def test_the_command_line_refuses_steps_that_disagree(tmp_path):
    X, y = make_recordings(12, duration=(2.0, 3.0), random_state=0, return_X_y=True)
    steps = Resampler(150, sampling_rate=300), BandpassFilter(sampling_rate=300), small("LSTMClassifier", max_epochs=1)
    save(make_pipeline(*steps).fit(X, y), tmp_path / "model.ecgclf")
    with pytest.raises(UsageError, match=r"model\.ecgclf: .*made for 300 Hz.* 150 Hz"):
        open_model(str(tmp_path / "model.ecgclf"), None)
