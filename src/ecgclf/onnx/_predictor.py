"""Predict with a file of `to_onnx`: what is needed is this file, numpy and onnxruntime."""

import json
from functools import lru_cache
from itertools import groupby
from numbers import Real
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

_BATCH = 16  # windows
# What a file from elsewhere may ask for: timepoints of some hours, more leads than body-surface maps have, levels that
# halve these timepoints to one, and a hundredfold sampling rate.
_LARGEST, _MOST_LEADS, _MOST_LEVELS, _MOST_RAISED = 2**24, 1024, 24, 100


def load_onnx(path):
    """Open a file that `to_onnx` wrote.

    Neither torch nor scikit-learn is needed: the file of this function imports numpy and onnxruntime only, and may be
    copied to where ecgclf is not installed.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    OnnxClassifier
        Ready to predict; explainers and the command line take it as they take an estimator.

    Raises
    ------
    ImportError
        If onnxruntime is not installed.
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file was not written by `to_onnx`.

    See Also
    --------
    to_onnx : Write the file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from ecgclf.classifiers import LSTMClassifier
    >>> from ecgclf.datasets import make_recordings
    >>> from ecgclf.onnx import load_onnx, to_onnx
    >>> X, y = make_recordings(12, duration=(2.0, 4.0), random_state=0, return_X_y=True)
    >>> classifier = LSTMClassifier(
    ...     n_filters=4, n_units=4, max_epochs=2, random_state=0
    ... ).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_onnx(classifier, Path(folder) / "lstm.onnx", sampling_rate=300.0)
    ...     model = load_onnx(Path(folder) / "lstm.onnx")
    >>> model
    OnnxClassifier('lstm.onnx', classes=['A', 'N', 'O', '~'], n_leads=1,
                   sampling_rate=300.0)
    >>> bool(abs(model.predict_proba(X) - classifier.predict_proba(X)).max() < 1e-4)
    True
    """
    return from_bytes(Path(path).read_bytes(), Path(path))


def from_bytes(data, path):
    """Open what stands, or will stand, in the file `path`.

    Parameters
    ----------
    data : bytes
        All of it. onnxruntime is not told the path, so that nothing else is read that the file points at.
    path : pathlib.Path
        What to call it.

    Returns
    -------
    OnnxClassifier
        Ready to predict.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError("load_onnx needs onnxruntime: pip install 'ecgclf[onnx]'.") from error
    try:
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    except Exception as error:
        # onnxruntime has many errors of its own.
        raise ValueError(f"{path} is no ONNX file ({str(error).splitlines()[0]}).") from error
    text = session.get_modelmeta().custom_metadata_map.get("ecgclf")
    if text is None:
        raise ValueError(f"{path} does not say how recordings are prepared; what ecgclf.onnx.to_onnx writes does.")
    return OnnxClassifier(path.name, session, _checked_about(path, text))


class OnnxClassifier:
    """A classifier in a file of `to_onnx`, opened by `load_onnx`.

    Parameters
    ----------
    name : str
        What to call it.
    session : onnxruntime.InferenceSession
        The graph.
    metadata : dict
        What the file says of itself.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels.
    class_weights_ : ndarray of shape (n_classes,)
        What probabilities are multiplied by before the greatest decides, or each is held against a half.
    multilabel_ : bool
        Whether a recording may have several labels.
    n_leads_ : int
        Leads of the recordings it takes.
    sampling_rate : float or None
        Of the recordings it takes, in Hz; None where nobody said.
    metadata : dict
        The rest of what the file says of itself: "preprocessing", the steps of `prepare`; "window_length" and
        "window_stride", over which probabilities are averaged; "attention_step", timepoints of the network to a weight
        of the attention, if it has one; "masks_padding", false where recordings of several lengths must not share a
        batch; "network_sampling_rate"; "unit"; "versions".

    See Also
    --------
    load_onnx : Open a file.
    """

    def __init__(self, name, session, metadata):
        self.name = name
        self.metadata = metadata
        self.classes_ = np.array(metadata["classes"])
        self.multilabel_ = metadata["multilabel"]
        self.class_weights_ = np.array(metadata["class_weights"], dtype=float)
        self.n_leads_ = metadata["n_leads"]
        self.sampling_rate = metadata["sampling_rate"]
        self._session = session

    def __repr__(self):
        return (
            f"OnnxClassifier({self.name!r}, classes={self.classes_.tolist()}, n_leads={self.n_leads_}, "
            f"sampling_rate={self.sampling_rate})"
        )

    def predict_proba(self, X):
        """Predict the probability of each class for each recording.

        Parameters
        ----------
        X : sequence of ndarray of shape (n_timepoints_i,) or (n_leads, n_timepoints_i), or ndarray of shape \
                (n_recordings, n_timepoints) or (n_recordings, n_leads, n_timepoints)
            The recordings as the exported estimator takes them, in mV, finite.

        Returns
        -------
        probabilities : ndarray of shape (n_recordings, n_classes)
            Columns in the order of `classes_`.

        Raises
        ------
        ValueError
            If a recording has other leads, no samples, or samples that are missing or not finite.
        """
        prepared = self._prepared(X)
        total, count = np.zeros((len(X), len(self.classes_))), np.zeros((len(X), 1))
        for i, _, _, row in self._run("probabilities", prepared):
            total[i] += row
            count[i] += 1
        return total / count

    def attention(self, X):
        """Tell where in each recording the networks looked.

        Parameters
        ----------
        X : sequence of ndarray
            As for `predict_proba`.

        Returns
        -------
        weights : list of ndarray of shape (n_timepoints_i,)
            One array a recording, on its own time axis; non-negative and 1 in sum. The weight of a step of the network
            is spread evenly over its timepoints.

        Raises
        ------
        ValueError
            If the file does not tell: its networks have no attention, steps of their own, or get but a piece of a
            recording.
        """
        step = self.metadata["attention_step"]
        if step is None:
            raise ValueError(f"{self.name} does not tell where its networks look.")
        prepared = self._prepared(X)
        total = [np.zeros(recording.shape[1]) for recording in prepared]
        for i, start, stop, row in self._run("attention", prepared):
            at = np.arange(stop - start) // step
            total[i][start:stop] += row[at] / np.bincount(at)[at]
        weights = []
        for recording, own in zip(X, total, strict=True):
            n_timepoints = np.shape(recording)[-1]
            # Steps may have changed the rate.
            spread = own[np.arange(n_timepoints) * len(own) // n_timepoints]
            weights.append(spread / spread.sum())
        return weights

    def _prepared(self, X):
        return [self.prepare(_checked(i, recording, self.n_leads_)) for i, recording in enumerate(X)]

    def _run(self, output, prepared):
        """Give (recording, start, stop, what the graph gives) of each window."""
        length, stride = self.metadata["window_length"], self.metadata["window_stride"]
        windows = [
            (i, *window) for i, each in enumerate(prepared) for window in _windows(each.shape[1], length, stride)
        ]
        windows.sort(key=lambda window: window[2] - window[1])
        together = self.metadata["masks_padding"]
        groups = [list(group) for _, group in groupby(windows, lambda window: together or window[2] - window[1])]
        for batch in (group[first : first + _BATCH] for group in groups for first in range(0, len(group), _BATCH)):
            lengths = np.array([stop - start for _, start, stop in batch], dtype=np.int64)
            signal = np.zeros((len(batch), self.n_leads_, lengths.max()), dtype=np.float32)
            for row, (i, start, stop) in zip(signal, batch, strict=True):
                row[:, : stop - start] = prepared[i][:, start:stop]
            (rows,) = self._session.run([output], {"signal": signal, "lengths": lengths})
            yield from ((*window, row) for window, row in zip(batch, rows, strict=True))

    def predict(self, X):
        """Predict the labels of each recording, by the weights that its decisions were tuned with, if they were.

        Parameters
        ----------
        X : sequence of ndarray
            As for `predict_proba`.

        Returns
        -------
        labels : ndarray of shape (n_recordings,) or (n_recordings, n_labels)
            Labels out of `classes_`; where a recording may have several, 0 and 1 for each.
        """
        weighted = self.predict_proba(X) * self.class_weights_
        if self.multilabel_:
            return (weighted > 0.5).astype(np.int64)
        return self.classes_[weighted.argmax(axis=1)]

    def prepare(self, recording):
        """Do with numpy alone what the exported Pipeline does to a recording before its network.

        Whoever runs the graph elsewhere does the same: the metadata have each step with all numbers that it needs.

        - "filter": second-order sections ``sos``, their initial states ``zi``, and the ``padding``. The signal is
          continued at both ends by its point reflection, filtered forwards and then backwards, and cut again.
        - "resample": by ``up / down`` with the ``taps`` of a low-pass filter, the ends continued by their value.
        - "normalize": ``method`` "zscore" or "robust", and the ``clip``.
        - "denoise": soft thresholds on wavelet coefficients; ``level`` and the four filters of the wavelet.
        - "length": to ``n_timepoints``, with ``position`` and ``mode``.

        Parameters
        ----------
        recording : ndarray of shape (n_leads, n_timepoints)
            The recording, in mV.

        Returns
        -------
        ndarray of shape (n_leads, n_new_timepoints)
            What the network gets; float32 stays float32.
        """
        return _prepare(recording, self.metadata["preprocessing"])


def _checked_about(path, text):
    """Read what a file says of itself, which anybody may have written."""
    try:
        about = json.loads(text)
        good = (
            about["format"] == 1
            and len(about["classes"]) == len(about["class_weights"]) > 1
            and all(isinstance(label, str | int | float) for label in about["classes"])
            and all(isinstance(weight, Real) for weight in about["class_weights"])
            and isinstance(about["multilabel"], bool)
            and isinstance(about["masks_padding"], bool)
            and _is_count(about["n_leads"], _MOST_LEADS)
            and (about["sampling_rate"] is None or 0 < about["sampling_rate"] < np.inf)
            and all(
                about[key] is None or _is_count(about[key])
                for key in ("window_length", "window_stride", "attention_step")
            )
            and all(_is_step(step) for step in about["preprocessing"])
            # What else a step needs shows when it is done.
            and np.isfinite(_prepare(np.zeros((about["n_leads"], 64)), about["preprocessing"])).all()
        )
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"{path} does not say of itself what to_onnx writes ({error!r}).") from error
    if not good:
        raise ValueError(f"{path} says of itself what to_onnx does not write.")
    return about


def _is_count(value, largest=_LARGEST):
    return isinstance(value, int) and 1 <= value <= largest


def _is_step(step):
    if step["step"] == "resample":
        up, down = step["up"], step["down"]
        # As `to_onnx` designs the filter: in its length lies the memory that it takes.
        good = _is_count(up) and _is_count(down) and up <= _MOST_RAISED * down
        return good and len(step["taps"]) <= 20 * max(up, down) + 1
    if step["step"] == "denoise":
        return _is_count(step["level"], _MOST_LEVELS)
    if step["step"] == "length":
        return _is_count(step["n_timepoints"])
    if step["step"] == "filter":
        return 0 <= step["padding"] <= _LARGEST
    return step["step"] in _STEPS


def _prepare(recording, steps):
    for step in steps:
        step = dict(step)
        recording = _STEPS[step.pop("step")](recording, **step).astype(recording.dtype, copy=False)
    return recording


def _checked(i, recording, n_leads):
    # What `ecgclf._recordings.as_recording` says, in numpy alone.
    hidden = np.ma.is_masked(recording) or (
        isinstance(recording, list | tuple) and any(np.ma.is_masked(part) for part in recording)
    )
    try:
        recording = np.atleast_2d(np.asarray(recording))
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


def _windows(n_timepoints, length, stride):
    if length is None or n_timepoints <= length:
        return [(0, n_timepoints)]
    last = n_timepoints - length
    return [(start, start + length) for start in [*range(0, last, stride), last]]


def _filter(x, sos, zi, padding):
    padding = min(padding, x.shape[1] - 1)
    before = 2 * x[:, :1] - x[:, padding:0:-1]
    after = 2 * x[:, -1:] - x[:, -2 : -padding - 2 : -1]
    x = np.concatenate([before, x, after], axis=1).astype(np.float64)
    for _ in range(2):
        first = x[:, :1]
        for section, state in zip(sos, zi, strict=True):
            x = _filter_section(x, section, first * state)
        x = x[:, ::-1]
    return x[:, padding : x.shape[1] - padding]


def _filter_section(x, section, state):
    """Filter each row, a block of samples at a time: as matrices, for a loop over samples takes 20 times longer."""
    within, to_state, over, from_state = _block_matrices(*section)
    blocks = np.pad(x, ((0, 0), (0, -x.shape[1] % len(within)))).reshape(len(x), -1, len(within))
    driven = blocks @ to_state
    states = np.empty_like(driven)
    for i in range(blocks.shape[1]):
        states[:, i] = state
        state = state @ over + driven[:, i]
    return (blocks @ within + states @ from_state).reshape(len(x), -1)[:, : x.shape[1]]


@lru_cache(64)
def _block_matrices(b0, b1, b2, _, a1, a2):
    """Give what a section makes of a block of samples and the state before it: output and state."""
    block = 128
    # The state after a sample is ``step @ state + gain * sample``, the output ``state[0] + b0 * sample``.
    step, gain = np.array([[-a1, 1.0], [-a2, 0.0]]), np.array([b1 - a1 * b0, b2 - a2 * b0])
    powers = np.array([np.linalg.matrix_power(step, n) for n in range(block + 1)])
    response = np.array([b0, *(powers[: block - 1] @ gain)[:, 0]])
    lag = np.subtract.outer(np.arange(block), np.arange(block))
    within = np.where(lag >= 0, response[lag], 0.0)
    return within.T, powers[block - 1 :: -1] @ gain, powers[block].T, powers[:block, 0].T


def _resample(x, up, down, taps):
    if up == down:
        return x
    n_taps = -(-len(taps) // up)
    # Backwards, as a window of samples is read forwards.
    phases = np.pad(taps, (0, n_taps * up - len(taps))).reshape(n_taps, up)[::-1].T
    windows = sliding_window_view(np.pad(x - x[:, :1], ((0, 0), (n_taps, n_taps)), mode="edge"), n_taps, axis=1)
    out = np.empty((len(x), -(-x.shape[1] * up // down)))
    for first in range(min(up, out.shape[1])):
        # Output m lies at m * down on the raised grid, half a filter before where the filter ends; that after `up`
        # more is of the same phase, `down` samples later.
        at = first * down + len(taps) // 2
        each = out[:, first::up]
        each[:] = windows[:, at // up + 1 :: down][:, : each.shape[1]] @ phases[at % up]
    return out + x[:, :1]


def _normalize(x, method, clip):
    eps = np.finfo(x.dtype).eps
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    constant = high - low <= 10 * eps * np.maximum(np.abs(low), np.abs(high))
    out = (x - low) / np.where(constant, 1, high - low)
    spread = out.std(axis=1, keepdims=True)
    if method == "zscore":
        out = out - out.mean(axis=1, keepdims=True)
    else:
        first, centre, third = np.quantile(out, [0.25, 0.5, 0.75], axis=1, keepdims=True)
        out = out - centre
        spread = np.where(third - first > eps, third - first, spread)
    out = np.where(constant, 0, out / np.where(constant, 1, spread))
    return out if clip is None else np.clip(out, -clip, clip)


def _denoise(x, level, dec_lo, dec_hi, rec_lo, rec_hi):
    n_timepoints = x.shape[1]
    approximation, details = x, []
    for _ in range(level):
        approximation, detail = _halved(approximation, dec_lo), _halved(approximation, dec_hi)
        details.append(detail)
    sigma = np.median(np.abs(details[0]), axis=1, keepdims=True) / 0.6745
    threshold = sigma * np.sqrt(2 * np.log(n_timepoints))
    signal = np.zeros_like(approximation)
    for detail in reversed(details):
        shrunk = np.copysign(np.maximum(np.abs(detail) - threshold, 0), detail)
        signal = signal[:, : shrunk.shape[1]]
        signal = _doubled(signal, rec_lo) + _doubled(shrunk, rec_hi)
    return signal[:, :n_timepoints]


def _halved(x, taps):
    n_taps = len(taps)
    mirrored = np.pad(x, ((0, 0), (n_taps - 1, n_taps - 1)), mode="symmetric")
    full = np.array([np.convolve(lead, taps, "valid") for lead in mirrored])
    return full[:, 1::2]


def _doubled(x, taps):
    spread = np.zeros((x.shape[0], 2 * x.shape[1] - 1))
    spread[:, ::2] = x
    n_taps = len(taps)
    return np.array([np.convolve(lead, taps) for lead in spread])[:, n_taps - 2 : 2 * x.shape[1]]


def _length(x, n_timepoints, position, mode):
    difference = x.shape[1] - n_timepoints
    before = {"start": 0, "center": abs(difference) // 2, "end": abs(difference)}[position]
    if difference >= 0:
        return x[:, before : before + n_timepoints]
    return np.pad(x, ((0, 0), (before, -difference - before)), mode=mode)


_STEPS = {
    "filter": _filter,
    "resample": _resample,
    "normalize": _normalize,
    "denoise": _denoise,
    "length": _length,
}
