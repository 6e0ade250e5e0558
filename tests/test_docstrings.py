"""Docstrings say what the code takes and has: every parameter and every fitted attribute, and nothing else."""

import ast
import inspect
import pkgutil
import re
from dataclasses import is_dataclass
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import ecgclf
from own import Small

# Smallest sizes, for estimators that have such parameters.
SMALL = {"max_epochs": 1, "n_filters": 4, "n_units": 4, "n_blocks": 1, "cv": 2}


def _public_objects():
    """Public functions and classes by name."""
    for module in pkgutil.iter_modules(ecgclf.__path__):
        if not module.name.startswith("_"):
            home = import_module(f"ecgclf.{module.name}")
            for name in home.__all__:
                public = getattr(home, name)
                if inspect.isclass(public) or inspect.isfunction(public):
                    yield f"{module.name}.{name}", public


def _callables():
    """Public functions and classes, and the public methods that are ours, each once."""
    found = {}
    for name, public in _public_objects():
        found[public] = name
        if inspect.isclass(public):
            for method, member in inspect.getmembers(public, inspect.isroutine):
                ours = str(getattr(member, "__module__", None)).startswith("ecgclf.")
                if ours and not method.startswith("_"):
                    found.setdefault(getattr(member, "__func__", member), f"{name}.{method}")
    return {name: member for member, name in found.items()}


CALLABLES = _callables()
ESTIMATORS = {name: member for name, member in CALLABLES.items() if hasattr(member, "fit")}


def sections(documented):
    """Split a numpydoc docstring into its sections: a dict of title to text."""
    text = (inspect.getdoc(documented) or "") + "\n"
    parts = re.split(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", text, flags=re.MULTILINE)
    return {"Summary": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def entries(section):
    """Read a section of parameters or attributes: a dict of name to (type, description)."""
    found = {}
    for head, text in re.findall(r"^(\S.*)\n((?:[ \t]+.*\n|\n)*)", section, flags=re.MULTILINE):
        names, _, kind = head.partition(" : ")
        for name in names.split(","):
            found[name.strip().lstrip("*")] = (kind, text.strip())
    return found


def parameter_faults(documented):
    """Tell where the docstring and the signature of a function or class do not agree."""
    parts = sections(documented)
    found = entries(parts.get("Parameters", ""))
    parameters = dict(inspect.signature(documented).parameters)
    for implied in ("self", "cls"):
        parameters.pop(implied, None)
    if is_dataclass(documented):
        # What a result holds is what it is made from: to say it under Attributes is enough.
        attributes = entries(parts.get("Attributes", ""))
        found |= {name: entry for name, entry in attributes.items() if name in parameters}
    faults = [] if parts["Summary"].strip() else ["it has no summary"]
    faults += [f"parameter {name!r} is not documented" for name in parameters if name not in found]
    faults += [f"{name!r} is documented but no parameter" for name in found if name not in parameters]
    for name in [name for name in parameters if name in found]:
        kind, description = found[name]
        variadic = parameters[name].kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        if not (kind or variadic):
            faults.append(f"parameter {name!r} has no type")
        if not description:
            faults.append(f"parameter {name!r} has no description")
        faults += default_faults(name, kind, parameters[name].default)
    return faults


def default_faults(name, kind, default):
    """Tell whether a type line states another default than the signature has."""
    _, stated, value = kind.partition("default=")
    if default is inspect.Parameter.empty:
        return [f"parameter {name!r} has no default, but one is documented"] if stated else []
    if kind in ("Ignored", "None"):
        return []
    if not stated:
        return [f"parameter {name!r} has the undocumented default {default!r}"]
    if ast.literal_eval(value) != default:
        return [f"parameter {name!r} has the default {default!r}, documented is {value}"]
    return []


def attribute_faults(estimator, documented):
    """Tell where the Attributes section and the attributes of a fitted estimator do not agree."""
    fitted = {name for name in vars(estimator) if name.endswith("_") and not name.startswith("_")}
    found = entries(sections(documented).get("Attributes", ""))
    faults = [f"attribute {name!r} is not documented" for name in sorted(fitted - found.keys())]
    for name, (kind, description) in found.items():
        # "Only after a fit on ..." says that it is not always there.
        if not hasattr(estimator, name) and "Only" not in description:
            faults.append(f"attribute {name!r} is documented but not there after fit")
        if not (kind and description):
            faults.append(f"attribute {name!r} needs a type and a description")
    return faults


@pytest.mark.parametrize("name", CALLABLES)
def test_parameters_are_documented(name):
    faults = parameter_faults(CALLABLES[name])
    assert not faults, f"ecgclf.{name}: " + "; ".join(faults)


def _make(cls):
    needed = {"estimator": LogisticRegression(), "module": Small}
    return cls(**{name: value for name, value in needed.items() if name in inspect.signature(cls).parameters})


@pytest.mark.parametrize("name", ESTIMATORS)
def test_fitted_attributes_are_documented(name):
    estimator = _make(ESTIMATORS[name])
    defaults = estimator.get_params()
    estimator.set_params(
        **{key: n for key, n in SMALL.items() if defaults.get(key) == "auto" or isinstance(defaults.get(key), int)}
    )
    if "sampling_rate" in defaults:
        estimator.set_params(sampling_rate=300.0)
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(8, 900))).add_prefix("t")
    faults = attribute_faults(estimator.fit(X, np.arange(8) % 2), ESTIMATORS[name])
    assert not faults, f"ecgclf.{name}: " + "; ".join(faults)


def test_every_estimator_is_found():
    assert {"classifiers.CRNNClassifier", "preprocessing.BandpassFilter"} <= ESTIMATORS.keys()


def _example(a, b, c="x", *rest, d=None):
    """Do something.

    Parameters
    ----------
    a, b : int
        Two numbers.
    c : {"x", "y"}, default="x"
        A choice.

        In two paragraphs.
    *rest
        More.
    d : float or None, default=None
        In mV.

    Returns
    -------
    int
        A number.
    """


class _Fitted:
    """An estimator.

    Attributes
    ----------
    classes_ : ndarray
        The labels.
    n_features_in_ : int
        Only after a fit on a table.
    """

    def __init__(self, **attributes):
        vars(self).update(attributes)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("Do something.", "", "no summary"),
        ("a, b : int", "a : int", "'b' is not documented"),
        ("a, b : int", "a, b, e : int", "'e' is documented but no parameter"),
        ("d : float or None, default=None", "d", "'d' has no type"),
        ("        In mV.\n", "", "'d' has no description"),
        ('default="x"', 'default="y"', "'c' has the default 'x', documented is \"y\""),
        (', default="x"', "", "'c' has the undocumented default 'x'"),
        ("a, b : int", "a, b : int, default=1", "'a' has no default"),
    ],
)
def test_a_wrong_docstring_is_found(monkeypatch, old, new, fault):
    assert parameter_faults(_example) == []
    monkeypatch.setattr(_example, "__doc__", _example.__doc__.replace(old, new))
    assert any(fault in found for found in parameter_faults(_example))


def test_wrong_attributes_are_found():
    assert attribute_faults(_Fitted(classes_=1, alpha=2), _Fitted) == []
    assert attribute_faults(_Fitted(classes_=1, net_=2), _Fitted) == ["attribute 'net_' is not documented"]
    assert attribute_faults(_Fitted(), _Fitted) == ["attribute 'classes_' is documented but not there after fit"]


def unresolved(room, documented):
    """Give the names under "See Also" that the page of an object of a room cannot link to."""
    missing = []
    for name in entries(sections(documented).get("See Also", "")):
        home, _, last = name.rpartition(".")
        try:
            there = hasattr(import_module(home or f"ecgclf.{room}"), last)
        except ImportError:
            there = False
        if not there:
            missing.append(name)
    return missing


@pytest.mark.parametrize("name", CALLABLES)
def test_see_also_leads_somewhere(name):
    assert not unresolved(name.partition(".")[0], CALLABLES[name])


def test_see_also_is_really_looked_up():
    def documented():
        """Show.

        See Also
        --------
        Resampler : There.
        Gone, ecgclf.signal.gone : Not there.
        ecgclf.signal.resample : There.
        ecgclf.nowhere.x : No such module.
        """

    assert unresolved("preprocessing", documented) == ["Gone", "ecgclf.signal.gone", "ecgclf.nowhere.x"]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_html_of_an_estimator_links_to_its_page(name):
    """Where the API pages put it: generated/ecgclf.room.Name.html."""
    estimator = _make(ESTIMATORS[name])
    assert f'generated/ecgclf.{name}.html"' in estimator._repr_html_()
