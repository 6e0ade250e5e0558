"""Collections of recordings in every container, through all that takes them, held against plain arrays."""

import functools
import inspect
import re
import sys
import warnings
from array import array as PlainArray
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from ecgclf import preprocessing, signal
from ecgclf._recordings import check_recordings, object_array
from ecgclf.explanation import ExplanationWarning, LimeTimeSeriesExplainer
from ecgclf.signal import SignalQualityWarning

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
from small import NAMES, Column, small

_RATE = 300.0
_DTYPES = ("f2", "f4", "f8", "g", ">f4", ">f8", "i1", "i2", "i4", "i8", "u1", "u2", "u8", ">i2", "?", "O")
_ITEMS = ("array", "array", "list", "tuple", "pandas", "tensor", "array.array")
_LAYOUTS = ("C", "F", "strided", "reversed", "read-only", "offset")
_OUTERS = ("list", "list", "tuple", "object array", "object column", "Series", "DataFrame", "Column")
_TABLES = ("array", "array", "nested list", "nested tuple", "DataFrame", "tensor")
# What makes a collection unusable; "text" and "dates" are types, the others lie in one recording.
_FAULTS = ("NaN", "infinity", "hidden", "huge", "axes", "leads", "empty", "complex", "text", "dates", "durations")


def run_case(rng):
    """Make a collection, give it to what takes such; give the outcome in a word, or raise AssertionError."""
    form = str(rng.choice(["ragged", "ragged", "table", "cube"]))
    n_leads = 1 if form == "table" else int(rng.integers(1, 3))
    flat = n_leads == 1 and form != "cube" and (form == "table" or rng.random() < 0.7)
    dtype = str(rng.choice(_DTYPES))
    plain = _draw(rng, form, n_leads, dtype)
    at = int(rng.integers(len(plain)))
    fault = str(rng.choice(_FAULTS)) if rng.random() < 0.4 else None
    if not _possible(fault, form, flat, dtype, plain, at):
        fault = None
    plain, cast, mask = _spoil(rng, plain, dtype, fault, at, form)
    if flat:
        plain, cast = [x[0] for x in plain], [x[0] for x in cast]
    given = _dress(rng, form, cast, mask, at)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for category in (ExplanationWarning, SignalQualityWarning):
            warnings.simplefilter("ignore", category)
        for name, function in _collection_targets(rng, n_leads):
            _hold(name, function, given, plain, fault, at if fault in _OF_ONE or form == "ragged" else None)
        item = _dress_item(rng, cast[at], mask)
        for name, function in _recording_targets(rng, n_leads):
            if fault == "huge" and name != "explain":
                # Functions of arrays compute in float64; only a network could not.
                continue
            if dtype == "O" and fault in (None, "leads") and name != "explain":
                # They take arrays of numbers, not of objects.
                item = np.asarray(item, dtype=float)
            _hold(name, function, item, plain[at], None if fault == "leads" else fault, None)
    return fault or "answered"


_OF_ONE = ("NaN", "infinity", "hidden", "huge")


def _hold(name, function, given, plain, fault, at):
    """Hold what comes of `given` against what comes of plain arrays of the same values."""
    found, said = _try(function, given)
    if fault:
        assert found is None, f"{name} took {fault}: {_show(given)}"
        named = at is None or re.search(r"recording \d+" if fault == "leads" else rf"recording {at}\b", said)
        assert named, f"{name} does not name recording {at} with {fault}: {said}"
        return
    # What comes as float32, or fits it, is computed in float32.
    expected = [_try(function, _as_float(plain, dtype))[0] for dtype in (np.float64, np.float32)]
    if found is None or any(answer is None for answer in expected):
        answered = [answer is not None for answer in (found, *expected)]
        assert not any(answered), f"{name}: {said or 'answered'}, not so plain arrays: {_show(given)}"
        return
    off = max(map(min, *(_differences(found, answer) for answer in expected)), default=0.0)
    # A sum in float32 depends on the order of memory.
    in_float32 = any(getattr(x, "dtype", None) == np.float32 for x in found)
    assert off <= (1e-5 if in_float32 else 1e-6), f"{name} is off by {off:.2g}: {_show(given)}"


def _as_float(plain, dtype):
    return [x.astype(dtype) for x in plain] if isinstance(plain, list) else plain.astype(dtype)


def _differences(found, expected):
    """The largest difference of each recording, in units of its largest value."""
    if len(found) != len(expected):
        return [np.inf]
    return [
        _difference(*(np.asarray(x, dtype=float).ravel() for x in pair)) for pair in zip(found, expected, strict=True)
    ]


def _difference(found, expected):
    if found.shape != expected.shape:
        return np.inf
    return np.abs(found - expected).max(initial=0.0) / np.abs(expected).max(initial=1.0)


def _try(function, x):
    try:
        return function(x), ""
    except (ValueError, TypeError) as error:
        return None, str(error)


def _show(given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return f"{type(given).__name__} {str(given)[:150]}"


def _collection_targets(rng, n_leads):
    network = str(rng.choice(NAMES))
    transformer = str(rng.choice(preprocessing.__all__))
    return (
        ("check_recordings", lambda X: check_recordings(_Table(), X).items),
        (network, _fitted(network, n_leads).predict_proba),
        (transformer, lambda X: _transformer(transformer).fit_transform(X)),
    )


class _Table(preprocessing.RecordingNormalizer):
    """An estimator for the gate, which asks scikit-learn about tables."""


def _transformer(name):
    cls = getattr(preprocessing, name)
    params = {"sampling_rate": _RATE, "n_timepoints": 50, "new_sampling_rate": 150.0}
    return cls(**{key: params[key] for key in inspect.signature(cls).parameters if key in params})


def _recording_targets(rng, n_leads):
    functions = {
        "bandpass": lambda x: signal.bandpass(x, _RATE, 0.5, 40.0),
        "notch": lambda x: signal.notch(x, _RATE, 50.0, 30.0),
        "wavelet_denoise": signal.wavelet_denoise,
        "normalize": lambda x: signal.normalize(x, "zscore"),
        "resample": lambda x: signal.resample(x, _RATE, 150.0),
        "find_r_peaks": lambda x: signal.find_r_peaks(x, _RATE),
    }
    name = str(rng.choice(list(functions)))
    yield name, functions[name]
    if rng.random() < 0.2:
        classifier = _fitted(str(rng.choice(NAMES)), n_leads)
        explainer = LimeTimeSeriesExplainer(n_segments=4, n_perturbations=16, sampling_rate=_RATE, random_state=0)
        yield "explain", lambda x: [explainer.explain(classifier, x, n_features=4).probabilities]


@functools.cache
def _fitted(name, n_leads):
    X = [x.astype(np.float32) for x in np.random.default_rng(0).normal(size=(8, n_leads, 300))]
    return small(name, max_epochs=1).fit(X, list("abababab"))


def _draw(rng, form, n_leads, dtype):
    """Give recordings (n_leads, n_timepoints_i) of float64 that hold in `dtype`."""
    n_recordings = int(rng.integers(1, 5))
    lengths = rng.choice([1, 2, 3, 40, 120, 333], size=n_recordings)
    if form != "ragged":
        lengths[:] = lengths[0]
    drawn = [rng.normal(size=(n_leads, n)) * rng.choice([0.0, 1.0, 1.0, 30.0]) for n in lengths]
    kind = np.dtype(dtype).kind
    if kind == "b":
        return [(x > 0).astype(float) for x in drawn]
    if kind in "iu":
        low, high = (-100, 100) if kind == "i" else (0, 200)
        return [np.clip(np.rint(x * 20), low, high) for x in drawn]
    return [x.astype(dtype).astype(float) if kind == "f" else x for x in drawn]


def _possible(fault, form, flat, dtype, plain, at):
    kind, longest = np.dtype(dtype).kind, plain[at].shape[1]
    if fault in ("NaN", "infinity"):
        return kind in "fO"
    if fault == "huge":
        return dtype in ("f8", "g", ">f8", "O")
    if fault == "axes":
        return not flat and longest > 33
    if fault == "leads":
        return form == "ragged" and not flat and len(plain) > 1
    return fault is not None


def _spoil(rng, plain, dtype, fault, at, form):
    """Give the plain recordings, the same in their dtype, and where samples of recording `at` are hidden."""
    plain = [x.copy() for x in plain]
    if fault in ("NaN", "infinity", "huge"):
        value = {"NaN": np.nan, "infinity": rng.choice([-np.inf, np.inf]), "huge": rng.choice([1e39, -1e300])}[fault]
        plain[at][rng.integers(plain[at].shape[0]), rng.integers(plain[at].shape[1])] = value
    elif fault == "leads":
        plain[at] = np.concatenate([plain[at]] * 2)
    elif fault in ("axes", "empty"):
        every = range(len(plain)) if form != "ragged" else [at]
        for i in every:
            plain[i] = plain[i].T if fault == "axes" else plain[i][:, :0]
    cast = [x.astype(dtype) for x in plain]
    types = {"complex": "c16", "text": "U9", "dates": "M8[s]", "durations": "m8[s]"}
    if fault in types:
        for i in range(len(cast)) if form != "ragged" else [at]:
            x = plain[i] + 1j if fault == "complex" else np.rint(plain[i] * 100).astype("i8")
            cast[i] = np.full(x.shape, "no number") if fault == "text" else x.astype(types[fault])
    mask = None
    if fault == "hidden":
        mask = np.zeros(plain[at].shape, bool)
        mask.flat[rng.integers(mask.size)] = True
    return plain, cast, mask


def _dress(rng, form, cast, mask, at):
    if form == "ragged":
        items = [_dress_item(rng, x, mask if i == at else None) for i, x in enumerate(cast)]
        if all(isinstance(item, list | tuple) for item in items):
            # Lists of numbers of one length are a table, for which scikit-learn has errors of its own.
            items[at] = _layout(rng, cast[at]) if mask is None else np.ma.array(cast[at], mask=_like(mask, cast[at]))
        return {
            "list": list,
            "tuple": tuple,
            "object array": object_array,
            "object column": lambda items: object_array(items)[:, np.newaxis],
            "Column": Column,
            "Series": lambda items: pd.Series(object_array(items)),
            "DataFrame": lambda items: pd.DataFrame({"ecg": object_array(items)}),
        }[str(rng.choice(_OUTERS))](items)
    stacked = np.stack(cast)
    if mask is not None:
        whole = np.zeros(stacked.shape, bool)
        whole[at] = _like(mask, cast[at])
        return np.ma.array(stacked, mask=whole)
    kind = str(rng.choice(_TABLES))
    if kind.startswith("nested"):
        return stacked.tolist() if kind == "nested list" else tuple(map(tuple, stacked.tolist()))
    if kind == "DataFrame" and form == "table":
        return pd.DataFrame(stacked)
    if kind == "tensor" and _has_tensor(stacked):
        return torch.from_numpy(stacked)
    return _layout(rng, stacked)


def _dress_item(rng, x, mask):
    if mask is not None:
        mask = _like(mask, x)
        if x.ndim == 1 and rng.random() < 0.3:
            return [np.ma.masked if hidden else value for value, hidden in zip(x.tolist(), mask, strict=True)]
        return np.ma.array(x, mask=mask)
    kind = str(rng.choice(_ITEMS))
    if kind in ("list", "tuple"):
        return x.tolist() if kind == "list" else tuple(x.tolist())
    if kind == "pandas" and x.dtype.isnative and x.dtype.kind in "fiub" and x.dtype != "g":
        return pd.Series(x, index=np.arange(len(x)) + 3) if x.ndim == 1 else pd.DataFrame(x)
    if kind == "tensor" and _has_tensor(x):
        return torch.from_numpy(x)
    if kind == "array.array" and x.ndim == 1 and x.dtype in (np.float64, np.int16):
        return PlainArray("d" if x.dtype == np.float64 else "h", x.tolist())
    return np.ma.array(x) if kind == "tuple" else _layout(rng, x)


def _like(mask, x):
    return mask[0] if x.ndim == 1 else mask


def _has_tensor(x):
    return x.dtype.isnative and x.dtype in (np.float16, np.float32, np.float64, np.int8, np.int16, np.int64, np.bool_)


def _layout(rng, x):
    kind = str(rng.choice(_LAYOUTS))
    if kind == "F":
        return np.asfortranarray(x)
    if kind == "strided":
        return np.repeat(x, 2, axis=-1)[..., ::2]
    if kind == "reversed":
        return x[..., ::-1].copy()[..., ::-1]
    if kind == "offset":
        return np.concatenate([x[..., :1], x], axis=-1)[..., 1:] if x.shape[-1] else x
    x = x.copy()
    x.flags.writeable = kind != "read-only"
    return x
