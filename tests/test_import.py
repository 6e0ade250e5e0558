"""What importing the package loads, and that its public names are there."""

import ast
import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import ecgclf

PUBLIC_MODULES = sorted(
    module.name for module in pkgutil.iter_modules(ecgclf.__path__) if not module.name.startswith("_")
)
HEAVY = {"torch", "wfdb", "lime", "matplotlib", "skorch", "scipy", "sklearn", "pandas", "pywt"}


def _loaded_by(statement):
    code = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy():
    loaded = _loaded_by("import ecgclf")
    assert "ecgclf" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("signal", {"torch", "skorch", "wfdb", "lime", "matplotlib"}),
        ("metrics", {"torch", "skorch", "wfdb", "lime", "matplotlib"}),
        ("preprocessing", {"torch", "skorch", "lime", "matplotlib"}),
        ("datasets", {"torch", "skorch", "lime"}),
        ("nn", {"skorch", "wfdb", "lime", "matplotlib", "sklearn"}),
        ("explanation", {"torch", "skorch", "wfdb", "matplotlib"}),
        ("onnx", {"torch", "skorch", "sklearn", "wfdb", "lime", "matplotlib"}),
        ("persistence", {"torch", "skorch", "sklearn", "wfdb", "lime", "matplotlib"}),
        ("plotting", {"torch", "skorch", "lime", "matplotlib"}),
        ("cli", {"torch", "skorch", "wfdb", "lime", "matplotlib"}),
    ],
)
def test_a_module_loads_only_the_heavy_libraries_of_its_room(module, unwanted):
    loaded = _loaded_by(f"import ecgclf.{module}")
    assert not loaded & unwanted


@pytest.mark.parametrize("name", PUBLIC_MODULES)
def test_the_public_names_of_a_module_are_there_once(name):
    module = import_module(f"ecgclf.{name}")
    assert len(module.__all__) == len(set(module.__all__))
    for public in module.__all__:
        assert getattr(module, public) is not None


def test_every_public_name_has_one_home():
    homes = {}
    for name in PUBLIC_MODULES:
        for public in import_module(f"ecgclf.{name}").__all__:
            assert public not in homes, f"{public} is in {homes[public]} and in {name}"
            homes[public] = name


def test_public_modules_are_attributes_of_the_package():
    for name in set(ecgclf.__all__) - {"__version__"}:
        assert getattr(ecgclf, name) is import_module(f"ecgclf.{name}")
        assert name in dir(ecgclf)


def test_an_unknown_attribute_is_an_error():
    with pytest.raises(AttributeError, match="has no attribute 'clasifiers'"):
        _ = ecgclf.clasifiers


SCRIPTS = sorted(
    path
    for folder in ("benchmarks", "examples", "tools", "training")
    for path in (Path(__file__).parents[1] / folder).rglob("*.py")
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_scripts_take_names_that_are_there(path):
    """Scripts that no test runs, some for hours, do not fall behind the package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "ecgclf":
            module = import_module(node.module)
            for alias in node.names:
                assert hasattr(module, alias.name) or import_module(f"{node.module}.{alias.name}"), alias.name
                taken = getattr(module, alias.name)
                if inspect.ismodule(taken):
                    _attributes_are_there(path, alias.asname or alias.name, taken)


def _attributes_are_there(path, name, module):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name:
            assert hasattr(module, node.attr), f"{name}.{node.attr}"


def test_what_scripts_compare_can_be_made_without_arguments(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    for name in import_module("networks").NETWORKS:
        assert getattr(ecgclf.classifiers, name)().get_params()
    others = [path.name for path in SCRIPTS if "classifiers.__all__" in path.read_text(encoding="utf-8")]
    assert others == ["networks.py"]


def test_the_interval_of_a_mean_of_few_draws_is_student_s(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    mean_and_interval = import_module("intervals").mean_and_interval
    # 5.5, to either side 2.262 of a table times 3.028, the deviation, by the root of ten.
    assert mean_and_interval(list(range(1, 11))) == "5.500 (3.334 to 7.666)"
