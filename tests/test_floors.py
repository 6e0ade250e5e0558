"""The floors of the house: imports go downward only, and each heavy library has one door."""

import ast
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import ecgclf

PACKAGE = Path(ecgclf.__file__).parent

# A room may import rooms of lower floors and itself; never a room beside it, never one above. The roof may import all.
FLOORS = (
    {
        "_recordings",
        "_docstrings",
        "_files",
        "_inside",
        "_labels",
        "_lazy",
        "_numbers",
        "_state",
        "_versions",
        "_warnings",
        "_whole",
        "_words",
    },
    {"_mixins", "_parameters", "_rates", "_splits", "signal", "metrics", "nn"},
    {"_training", "datasets"},
    {"plotting", "persistence", "onnx"},
    {"explanation", "fidelity", "pretrained"},
    {"preprocessing", "classifiers", "augmentation", "decision"},
    {"cli", "__main__"},
)
NAMES = ("ground", "crafts", "seams", "takers of what comes", "tellers", "estimators", "roof")
# Otherwise than their floor has it.
EXCEPTIONS = {
    "nn": set(),
    # Whoever is given groups asks `_splits` whether they are such.
    "metrics": FLOORS[0] | {"_splits"},
    # Whoever is told a sampling rate asks `_rates` whether it is one.
    "signal": FLOORS[0] | {"_rates"},
    **{room: set().union(*FLOORS) for room in FLOORS[-1]},
}
# What is told draws itself when asked to: its `plot` imports, inside the method, a display that takes it as it comes.
DRAWN_INSIDE_FUNCTIONS = "plotting"
# All that the rooms of the lowest floors need from outside.
LIBRARIES = {
    "__init__": set(),
    "_recordings": {"numpy", "scipy.sparse", "sklearn.utils"},
    "_docstrings": set(),
    "_files": set(),
    "_inside": set(),
    "_labels": {"numpy", "sklearn.utils"},
    "_lazy": set(),
    "_mixins": {"numpy", "sklearn.base"},
    "_numbers": set(),
    "_parameters": {"sklearn.utils"},
    "_rates": set(),
    "_splits": {"numpy", "sklearn.model_selection", "sklearn.utils"},
    "_state": set(),
    "_versions": set(),
    "_warnings": set(),
    "_whole": {"numpy"},
    "_words": set(),
    "signal": {"numpy", "scipy", "pywt"},
    "metrics": {"numpy", "scipy.special", "sklearn.exceptions", "sklearn.metrics", "sklearn.utils"},
    "nn": {"torch"},
}
# Where a heavy library may be imported; a door is a room or a module in it.
DOORS = {
    "torch": {"nn", "_training", "classifiers", "augmentation", "onnx._exporter"},
    "skorch": {"_training"},
    "wfdb": {"datasets._wfdb"},
    "ecgdatakit": {"datasets._ecgdatakit"},
    "lime": {"explanation"},
    "pywt": {"signal"},
    "pooch": {"datasets"},
    "matplotlib": {"plotting", "cli"},
    "typer": {"cli._app"},
}
# Loaded when something is drawn, not when the door is opened.
INSIDE_FUNCTIONS_ONLY = {"matplotlib"}


def table():
    """Write the floors down, as CONTRIBUTING.md shows them."""
    lines = ["| floor | rooms, and what each is the door of | of ecgclf they may import |", "|---|---|---|"]
    for floor, (name, rooms) in enumerate(zip(NAMES, FLOORS, strict=True)):
        below, may = set().union(*FLOORS[:floor]), {}
        for room in sorted(rooms):
            may.setdefault(_told(EXCEPTIONS.get(room, below)), []).append(f"`{room}`")
        usual = max(may, key=lambda told: len(may[told]))
        others = [f"{', '.join(names)}: {told}" for told, names in may.items() if told != usual]
        shown = ", ".join(f"`{room}`{_doors(room)}" for room in sorted(rooms))
        lines.append(f"| {floor} {name} | {shown} | {'; '.join([usual, *others])} |")
    return "\n".join(lines)


def _told(allowed):
    """Say in words which rooms are allowed: whole floors from the lowest on, and more."""
    whole = 0
    while whole < len(FLOORS) and FLOORS[whole] <= allowed:
        whole += 1
    more = allowed.difference(*FLOORS[:whole])
    told = {0: "nothing", 1: "floor 0", len(FLOORS): "all"}.get(whole, f"floors 0-{whole - 1}")
    return " and ".join([told, *(f"`{room}`" for room in sorted(more))])


def _doors(room):
    libraries = sorted(name for name, doors in DOORS.items() if any(_lies_in(door, room) for door in doors))
    return f" ({', '.join(libraries)})" if libraries else ""


def violations(source, path):
    """Tell which imports of a module break the rules.

    ``path`` is relative to the package, such as ``datasets/_wfdb.py``. The answers start with it and the line.
    """
    parts = Path(path).with_suffix("").parts
    room = parts[0]
    module = ".".join(parts)
    floor_of = {name: floor for floor, rooms in enumerate(FLOORS) for name in rooms}
    if room != "__init__" and room not in floor_of:
        return [f"{path}:1: the room {room!r} has no floor; give it one in this table and in CONTRIBUTING.md"]

    found = []
    for line, target, at_top in _imports(ast.parse(source), parts):
        library, _, inside = target.partition(".")
        if library == "ecgclf":
            other = inside.partition(".")[0]
            message = _wrong_room(room, other, floor_of, at_top)
        else:
            message = _wrong_library(room, module, target, at_top)
        if message:
            found.append(f"{path}:{line}: {message}")
    return found


def _imports(tree, parts):
    """Yield line, full dotted name and whether it is imported at the import of the module."""
    in_functions = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    never = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for statement in block.body
        for node in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in never:
            continue
        at_top = id(node) not in in_functions
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, at_top
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                # One dot is the package of the file: the folder it lies in, also for an __init__.py.
                package = ("ecgclf", *parts)[: -node.level]
                base = ".".join([*package, *([base] if base else [])])
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}", at_top


def _wrong_room(room, other, floor_of, at_top):
    if other == room or (other not in floor_of and room != "nn"):
        # Itself, or a plain name of the package such as __version__.
        return None
    floor = floor_of.get(room, 0)
    allowed = EXCEPTIONS.get(room, {name for name in floor_of if floor_of[name] < floor})
    if other in allowed:
        if other == DRAWN_INSIDE_FUNCTIONS and at_top and floor_of[room] < len(FLOORS) - 1:
            return f"{other!r} is imported with the module; import it inside the method `plot`"
        return None
    return (
        f"{room!r} (floor {floor}) imports {other!r} (floor {floor_of.get(other, 0)}); of ecgclf it may import "
        f"{sorted(allowed) or 'nothing'}"
    )


def _wrong_library(room, module, target, at_top):
    library = target.partition(".")[0]
    if library in sys.stdlib_module_names:
        return None
    allowed = LIBRARIES.get(room)
    if allowed is not None and not any(_lies_in(target, name) for name in allowed):
        return f"{room!r} imports {target!r}; of libraries it may import {sorted(allowed) or 'none'}"
    doors = DOORS.get(library)
    if doors is not None and not any(_lies_in(module, door) for door in doors):
        return f"{library!r} is imported by {module!r}; its doors are {sorted(doors)}"
    if library in INSIDE_FUNCTIONS_ONLY and at_top:
        return f"{library!r} is imported with the module; import it inside the function that needs it"
    return None


def _lies_in(name, whole):
    return name == whole or name.startswith(f"{whole}.")


def _paths():
    return sorted(str(path.relative_to(PACKAGE).as_posix()) for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", _paths())
def test_imports_go_downward_only(path):
    found = violations((PACKAGE / path).read_text(encoding="utf-8"), path)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        ("metrics.py", "from ecgclf.classifiers import X", "classifiers/floor 5"),
        ("signal/_filters.py", "import ecgclf.metrics", "imports 'metrics'"),
        ("signal/_filters.py", "from ..metrics import x", "imports 'metrics'"),
        ("signal/__init__.py", "from .. import datasets", "imports 'datasets'"),
        ("_training/_net.py", "from ecgclf import datasets", "imports 'datasets'"),
        ("nn/_layers.py", "from ecgclf._recordings import x", "imports '_recordings'"),
        ("nn/_layers.py", "from ecgclf import __version__", "imports '__version__'"),
        ("nn/_layers.py", "import numpy", "imports 'numpy'"),
        ("_recordings/_one.py", "from sklearn.metrics import f1_score", "imports 'sklearn.metrics.f1_score'"),
        ("preprocessing.py", "def f():\n    from ecgclf.classifiers import X", "imports 'classifiers'"),
        ("explanation/_lime.py", "from ecgclf.classifiers import X", "imports 'classifiers'"),
        ("persistence.py", "from ecgclf.plotting import X", "imports 'plotting'"),
        ("classifiers/_base.py", "import skorch.callbacks", "'skorch' is imported by"),
        ("datasets/_sample.py", "from wfdb.io import rdrecord", "'wfdb' is imported by"),
        ("augmentation/_wavenet.py", "import lime", "'lime' is imported by"),
        ("augmentation/_wavenet.py", "from ecgclf.classifiers import X", "imports 'classifiers'"),
        ("plotting/_fidelity.py", "from ecgclf.augmentation import X", "imports 'augmentation'"),
        ("preprocessing.py", "import torch", "'torch' is imported by"),
        ("classifiers/_base.py", "def f():\n    import matplotlib.pyplot", "'matplotlib' is imported by"),
        ("plotting.py", "import matplotlib.pyplot", "inside the function"),
        ("explanation/_stability.py", "from ecgclf.plotting import X", "inside the method `plot`"),
        ("fidelity/_report.py", "from ..plotting import X", "inside the method `plot`"),
        ("plotting/_weights.py", "def f():\n    from ecgclf.explanation import X", "imports 'explanation'"),
        ("plotting.py", "class A:\n    from matplotlib import pyplot", "inside the function"),
        ("__init__.py", "from ecgclf.signal import x", "imports 'signal'"),
        ("__init__.py", "import numpy", "imports 'numpy'"),
        ("__init__.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import numpy", "imports 'numpy'"),
        ("new_room.py", "", "has no floor"),
    ],
)
def test_a_bad_import_is_found(path, source, complaint):
    (found,) = violations(source, path)
    line = source.count("\n") + 1
    assert found.startswith(f"{path}:{line}: ")
    for part in complaint.split("/"):
        assert part in found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("signal/_filters.py", "import pywt\nfrom scipy.signal import sosfiltfilt\nfrom ._checks import x"),
        ("signal/_beats.py", "from ecgclf._recordings import x\nfrom ecgclf.signal._checks import y"),
        ("nn/_resnet.py", "import math\nimport torch.nn\nfrom ecgclf.nn._layers import x"),
        ("datasets/_wfdb.py", "import wfdb\nfrom ecgclf.signal import resample"),
        ("classifiers/_base.py", "from ecgclf._training import train\nfrom ecgclf.nn import ResNet"),
        ("augmentation/_wavenet.py", "from ecgclf.nn import WaveNet\nimport torch"),
        ("explanation/_lime.py", "import lime\nfrom ecgclf.signal import x"),
        ("explanation/_stability.py", "class A:\n    def plot(self):\n        from ecgclf.plotting import X"),
        ("pretrained.py", "from ecgclf.persistence import load"),
        ("__init__.py", "if TYPE_CHECKING:\n    from ecgclf import signal"),
        ("__main__.py", "from ecgclf.cli import main"),
        ("cli.py", "from ecgclf import __version__\ndef f():\n    import matplotlib"),
        ("plotting.py", "class Display:\n    def plot(self):\n        import matplotlib.pyplot as plt"),
    ],
)
def test_a_good_import_is_let_through(path, source):
    assert violations(dedent(source), path) == []


def test_contributing_shows_the_floors_as_they_are_held():
    guide = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert table() in guide, f"put into CONTRIBUTING.md:\n{table()}"
