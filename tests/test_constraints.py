"""constraints.txt pins all that the package and its tests need, constraints-lowest.txt the least that is allowed."""

import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

CHECKOUT = Path(__file__).parents[1]


def _pins(file="constraints.txt"):
    lines = (CHECKOUT / file).read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin.specifier for pin in found}


def _declared(extra=None):
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] if extra is None else project["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def _needed_by(requirements):
    """Names of the requirements and of all that they need in turn, as far as they are installed."""
    needed, todo = set(), list(requirements)
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if name in needed or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        needed.add(name)
        try:
            todo += [Requirement(line) for line in requires(name) or []]
        except PackageNotFoundError:
            continue
    return needed - {"ecgclf"}


@pytest.mark.parametrize("extra", [None, "test", "dev"])
def test_what_is_needed_is_pinned(extra):
    missing = _needed_by(_declared(extra)) - _pins().keys()
    assert not missing, f"constraints.txt has no line for {sorted(missing)}"


def test_the_pins_agree_with_the_declared_bounds():
    pins = _pins()
    for requirement in [*_declared(), *_declared("test"), *_declared("dev")]:
        if requirement.name != "ecgclf":
            (pin,) = pins[canonicalize_name(requirement.name)]
            assert pin.operator == "=="
            assert pin.version in requirement.specifier


def test_the_oldest_pins_are_the_declared_bounds():
    pins = _pins("constraints-lowest.txt")
    ours = [each for extra in (None, "test", "onnx", "imblearn", "ecgdatakit") for each in _declared(extra)]
    for requirement in ours:
        # The oldest torch is only to be had with the libraries of GPUs.
        if requirement.name not in ("ecgclf", "torch"):
            (bound,), (pin,) = requirement.specifier, pins[canonicalize_name(requirement.name)]
            assert (bound.operator, Version(bound.version)) == (">=", Version(pin.version)), requirement.name
    assert pins["torch"] == _pins()["torch"]


def test_torch_is_pinned_without_a_build_suffix():
    (pin,) = _pins()["torch"]
    assert "+" not in pin.version
