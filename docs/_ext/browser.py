"""The page that predicts in the browser: what it needs is made when the documentation is built.

onnxruntime for WebAssembly comes from npm, as ``docs/browser/package-lock.json`` pins it; a shipped model is exported
to ONNX. Both stand in scripts as text, since a page that is opened as a file may fetch nothing. Without npm or a
network the documentation is built all the same, and the page says that it is not there.
"""

import base64
import gzip
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from sphinx.errors import ExtensionError
from sphinx.util import logging

MODEL = "tiny-cinc2017"

SOURCES = Path(__file__).parents[1] / "browser"
INSTALLED = Path(__file__).parents[1] / "_build" / "browser"
#: The preprocessing that `model.js` does.
STEPS = {"filter", "resample"}
_RUNTIME, _GLUE, _WASM = "ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"
_PAGE = "browser/index"
_EACH = 2  # recordings of each label, the first ones by name
_GAIN = 1000  # of the bundled recordings, in units a mV
_PATIENCE = 300  # s
_logger = logging.getLogger(__name__)


class NotThereError(Exception):
    """The engine cannot be had here."""


def setup(app):
    """Connect to Sphinx."""
    app.connect("builder-inited", _build)
    app.connect("source-read", _name_model)
    # Whether the page is there depends on npm, of which Sphinx knows nothing.
    app.connect("env-get-outdated", lambda app, env, *_: [_PAGE] if _PAGE in env.all_docs else [])
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _name_model(app, docname, content):
    if docname == _PAGE:
        content[0] = content[0].replace("@MODEL@", MODEL)


def _build(app):
    if app.builder.format != "html":
        return
    try:
        engine = install()
    except NotThereError as reason:
        _logger.info("the page that predicts in the browser is not in this build: %s", reason)
        return
    write(Path(app.outdir) / "_static" / "browser", engine)
    app.tags.add("browser")


def install(folder=None):
    """Get the engine from npm as ``package-lock.json`` pins it, unless it is there.

    Parameters
    ----------
    folder : pathlib.Path, default=None
        Where to. By default, `INSTALLED`.

    Returns
    -------
    pathlib.Path
        The folder.
    """
    folder = INSTALLED if folder is None else folder
    lock = SOURCES / "package-lock.json"
    known = folder / lock.name
    if known.is_file() and known.read_bytes() == lock.read_bytes():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise NotThereError("npm is not installed")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        for name in ("package.json", lock.name):
            shutil.copy(SOURCES / name, scratch)
        try:
            done = subprocess.run(
                [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=scratch,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotThereError(f"npm failed ({error})") from error
        if done.returncode:
            raise NotThereError(f"npm failed ({' '.join(done.stderr.split())[:200]})")
        draft = Path(scratch) / "engine"
        draft.mkdir()
        for name in (_RUNTIME, _GLUE, _WASM):
            shutil.copy(Path(scratch) / "node_modules" / "onnxruntime-web" / "dist" / name, draft)
        shutil.copy(lock, draft)
        # Whole or not at all, whoever else does the same at the same time.
        shutil.rmtree(folder, ignore_errors=True)
        try:
            os.rename(draft, folder)
        except OSError as error:
            if not known.is_file():
                raise NotThereError(f"{folder} cannot be written ({error})") from error
    return folder


def write(folder, engine, estimator=None):
    """Write the scripts of the page.

    Parameters
    ----------
    folder : pathlib.Path
        Where to.
    engine : pathlib.Path
        What `install` gave.
    estimator : estimator, default=None
        The model. By default, the shipped one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in [*SOURCES.glob("*.js"), *SOURCES.glob("*.css"), engine / _RUNTIME]:
        shutil.copy(path, folder)
    parts = {
        "glue": _text((engine / _GLUE).read_bytes()),
        "wasm": _text(gzip.compress((engine / _WASM).read_bytes(), 6, mtime=0)),
    }
    _write_script(folder / "engine.js", "engine", parts)
    about, network = _model(estimator)
    _write_script(folder / "network.js", "network", _text(network))
    _write_script(folder / "shipped.js", "shipped", {**about, "recordings": _recordings()})


def _write_script(path, name, content):
    path.write_text(f"ecgclf.{name} = {json.dumps(content, separators=(',', ':'))};\n", encoding="utf-8")


def _text(data):
    return base64.b64encode(data).decode("ascii")


def _model(estimator):
    from ecgclf.onnx import load_onnx, to_onnx
    from ecgclf.pretrained import load_pretrained, model_card

    card = model_card(MODEL)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "model.onnx"
        to_onnx(load_pretrained(MODEL) if estimator is None else estimator, path)
        about, data = load_onnx(path).metadata, path.read_bytes()
    unknown = {step["step"] for step in about["preprocessing"]} - STEPS
    if unknown or about["n_leads"] != 1 or about["window_length"] is not None:
        raise ExtensionError(
            f"docs/browser/model.js takes models of one lead, without windows, whose steps are {sorted(STEPS)}; "
            f"{MODEL} has n_leads={about['n_leads']}, window_length={about['window_length']}, steps {sorted(unknown)}."
        )
    score = card.out_of_fold.score
    return {
        "name": MODEL,
        "score": [score.value, score.low, score.high],
        "about": {key: value for key, value in about.items() if key != "versions"},
    }, data


def _recordings():
    from ecgclf.datasets import load_cinc2017_sample

    sample = load_cinc2017_sample()
    chosen = [i for label in "NAO~" for i in np.flatnonzero(sample.target == label)[:_EACH].tolist()]
    found = []
    for i in chosen:
        units = np.round(sample.data[i] * _GAIN).astype("<i2")
        if not np.array_equal((units / _GAIN).astype(np.float32), sample.data[i]):
            raise ExtensionError(f"{sample.record_names[i]} is not stored at {_GAIN} units a mV.")
        found.append(
            {
                "name": sample.record_names[i],
                "label": str(sample.target[i]),
                "rate": sample.sampling_rate,
                "gain": _GAIN,
                "units": _text(units.tobytes()),
            }
        )
    return found
