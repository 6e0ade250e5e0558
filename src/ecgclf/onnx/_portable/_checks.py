"""What a stranger may have put in a file, and a user into the place of recordings."""

import json
from math import prod
from numbers import Real

import numpy as np

from ._steps import STEPS, prepare

# What a file from elsewhere may ask for: timepoints of some hours, more leads than body-surface maps have, levels that
# halve these timepoints to one, and a hundredfold sampling rate.
_LARGEST, _MOST_LEADS, _MOST_LEVELS, _MOST_RAISED = 2**24, 1024, 24, 100


def check_about(path, text):
    """Read what a file says of itself, which anybody may have written.

    Parameters
    ----------
    path : pathlib.Path
        What to call the file.
    text : str
        What it says.

    Returns
    -------
    dict
        The same, with all that `OnnxClassifier` asks for.

    Raises
    ------
    ValueError
        If it says something else, or asks for more memory than a file of `to_onnx` does.
    """
    try:
        about = json.loads(text)
        good = (
            about["format"] == 1
            and len(about["classes"]) == len(about["class_weights"]) > 1
            and all(isinstance(label, str | int | float) for label in about["classes"])
            and all(isinstance(weight, Real) and 0 <= weight < np.inf for weight in about["class_weights"])
            and isinstance(about["multilabel"], bool)
            and isinstance(about["masks_padding"], bool)
            and _is_count(about["n_leads"], _MOST_LEADS)
            and (about["sampling_rate"] is None or 0 < about["sampling_rate"] < np.inf)
            and all(
                about[key] is None or _is_count(about[key])
                for key in ("window_length", "window_stride", "attention_step")
            )
            and all(_is_step(step, about["n_leads"]) for step in about["preprocessing"])
            and prod(max(1, step.get("up", 1) / step.get("down", 1)) for step in about["preprocessing"])
            <= _MOST_RAISED
            # What else a step needs shows when it is done.
            and np.isfinite(prepare(np.zeros((about["n_leads"], 64)), [*map(_on_trial, about["preprocessing"])])).all()
        )
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"{path} does not say of itself what to_onnx writes ({error!r}).") from error
    if not good:
        raise ValueError(f"{path} says of itself what to_onnx does not write.")
    return about


def _is_count(value, largest=_LARGEST):
    return isinstance(value, int) and 1 <= value <= largest


def _on_trial(step):
    return {**step, "n_timepoints": min(step["n_timepoints"], 128)} if "n_timepoints" in step else step


def _is_step(step, n_leads):
    if step["step"] == "resample":
        up, down = step["up"], step["down"]
        # As `to_onnx` designs the filter: in its length lies the memory that it takes.
        good = _is_count(up) and _is_count(down) and up <= _MOST_RAISED * down
        return good and len(step["taps"]) <= 20 * max(up, down) + 1
    if step["step"] == "denoise":
        return _is_count(step["level"], _MOST_LEVELS)
    if step["step"] == "length":
        return _is_count(step["n_timepoints"], _LARGEST // n_leads)
    if step["step"] == "filter":
        return 0 <= step["padding"] <= _LARGEST
    return step["step"] in STEPS


def check_collection(X):
    """Give the recordings of a collection one by one, as `ecgclf._recordings` does, with numpy alone.

    Parameters
    ----------
    X : object
        What a user gave.

    Returns
    -------
    list or ndarray
        Its items are what `check_recording` takes.

    Raises
    ------
    ValueError
        If it is no collection, or a single recording.
    """
    if not isinstance(X, np.ndarray | list | tuple) and hasattr(X, "__array__"):
        # A table or a column of another library.
        X = np.asarray(X)
    if isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 2 and X.shape[1] == 1:
        X = X[:, 0]
    if not isinstance(X, np.ndarray | list | tuple) or np.ndim(X if isinstance(X, np.ndarray) else 1) > 3:
        raise ValueError(f"X is of type {type(X).__name__}; expected a list of recordings, or an array of them.")
    if len(X) == 0:
        raise ValueError("X holds no recordings. Give at least one.")
    if np.ndim(X[0]) == 0:
        raise ValueError("X is one recording, or no recording. Give a list of recordings, [x], also of a single one.")
    return X


def check_recording(i, recording, n_leads):
    """Check a recording, as `ecgclf._recordings.as_recording` does, with numpy alone.

    Parameters
    ----------
    i : int
        Its number, to name it.
    recording : array-like of shape (n_timepoints,) or (n_leads, n_timepoints)
        What a user gave.
    n_leads : int
        Leads wanted.

    Returns
    -------
    ndarray of shape (n_leads, n_timepoints)
        float32 or float64.

    Raises
    ------
    ValueError
        If it is none, or not finite.
    """
    hidden = np.ma.is_masked(recording) or (
        isinstance(recording, list | tuple) and any(np.ma.is_masked(part) for part in recording)
    )
    try:
        recording = np.atleast_2d(np.asarray(recording))
        if recording.dtype.kind not in "biufO":
            raise TypeError(f"it has dtype {recording.dtype}")
        if recording.dtype != np.float32:
            recording = recording.astype(np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"recording {i} does not convert to numbers ({error}). Give numpy arrays in mV.") from error
    if recording.ndim != 2 or recording.shape[0] != n_leads or recording.shape[1] == 0:
        hint = " If its first axis is time, give its transpose." if recording.shape[1:] == (n_leads,) else ""
        raise ValueError(f"recording {i} has shape {recording.shape}; expected ({n_leads}, n_timepoints).{hint}")
    wrong = ~(np.abs(recording) <= np.finfo(np.float32).max)
    if hidden or wrong.any():
        where = (
            f"first at lead {np.argwhere(wrong)[0][0]}, sample {np.argwhere(wrong)[0][1]}" if wrong.any() else "masked"
        )
        raise ValueError(
            f"recording {i} contains NaN, infinity, or what is infinity in float32 ({where}). Interpolate or cut "
            "missing samples first."
        )
    return recording
