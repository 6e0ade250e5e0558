"""scikit-learn's own checks, over every public estimator, with no expected failure."""

import importlib
import inspect
import os

import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

import ecgclf
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.preprocessing import FixedLength, RecordingNormalizer, Resampler, WaveletDenoiser
from own import Small
from small import GENERATORS, NETWORKS

# Networks shrunk and trained for longer than their data need: the checks are many, and some ask for accuracy.
PARAMETERS = {name: {"max_epochs": 15, "learning_rate": 0.01, **network} for name, network in NETWORKS.items()}
PARAMETERS |= GENERATORS
PARAMETERS["ECGClassifier"] = {"module": Small, "max_epochs": 15, "learning_rate": 0.02}
PARAMETERS["TunedDecisionClassifierCV"] = {"estimator": LogisticRegression(), "cv": 2}


def public_estimators():
    """Every estimator named in the ``__all__`` of a public module: what has parameters and can be fitted."""
    for module_name in ecgclf.__all__:
        if module_name.startswith("__"):
            continue
        module = importlib.import_module(f"ecgclf.{module_name}")
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value) and issubclass(value, BaseEstimator) and hasattr(value, "fit"):
                yield value


# Parameters that change what a transformer does to the width of a table, or how.
VARIANTS = [
    FixedLength(5, position="center", mode="repeat"),
    RecordingNormalizer("robust", clip=2.0),
    Resampler(250.0, sampling_rate=300.0),
    WaveletDenoiser("sym4", 3),
    TunedDecisionClassifierCV(LogisticRegression(), cv=2, ensemble=True),
]


def make(cls):
    rate = {"sampling_rate": 300.0} if "sampling_rate" in inspect.signature(cls).parameters else {}
    return cls(**rate, **PARAMETERS.get(cls.__name__, {}))


ESTIMATORS = [make(cls) for cls in public_estimators()]
ESTIMATORS += VARIANTS


def test_there_are_estimators():
    assert {"ResNetClassifier", "BandpassFilter"} <= {type(estimator).__name__ for estimator in ESTIMATORS}


@parametrize_with_checks(ESTIMATORS)
def test_sklearn_check(estimator, check):
    """A check that skips itself fails here, but for two: one wants an environment variable, one a method."""
    name = check.func.__name__
    try:
        check(estimator)
    except Exception as error:
        # Probabilities are all that a network here answers.
        excused = name == "check_classifiers_multilabel_output_format_decision_function"
        excused |= name == "check_array_api_input" and "SCIPY_ARRAY_API" not in os.environ
        if type(error).__name__ == "SkipTest" and not excused:
            pytest.fail(f"{name} was skipped: {error}")
        if type(error).__name__ != "SkipTest":
            raise
