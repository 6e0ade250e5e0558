"""scikit-learn's own checks, over every public estimator, with no expected failure."""

import importlib
import inspect
import os

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils._param_validation import Interval, InvalidParameterError
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


def public_parameter_holders():
    """Every class named in the ``__all__`` of a public module that has parameters."""
    for module_name in ecgclf.__all__:
        if module_name.startswith("__"):
            continue
        module = importlib.import_module(f"ecgclf.{module_name}")
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value) and issubclass(value, BaseEstimator):
                yield value


def public_estimators():
    """Those that can be fitted."""
    return [cls for cls in public_parameter_holders() if hasattr(cls, "fit")]


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


def _numbers():
    for cls in public_parameter_holders():
        for name, constraints in cls._parameter_constraints.items():
            if any(isinstance(constraint, Interval) for constraint in constraints):
                yield pytest.param(cls, name, id=f"{cls.__name__}-{name}")


@pytest.mark.parametrize(("cls", "name"), list(_numbers()))
def test_true_and_infinite_are_no_numbers(cls, name):
    """scikit-learn's intervals take True for 1."""
    refused = [True, np.True_, np.nan, np.inf, "1"]
    for value in refused:
        estimator = make(cls).set_params(**{name: value})
        with pytest.raises(InvalidParameterError, match=f"'{name}' parameter"):
            estimator._validate_params()
    # What numpy makes of a number is one.
    default = getattr(make(cls), name)
    if isinstance(default, int | float) and not isinstance(default, bool):
        make(cls).set_params(**{name: np.asarray(default)[()]})._validate_params()


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
