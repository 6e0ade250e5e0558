"""A file of `to_onnx`, opened and asked."""

import os
from itertools import groupby
from pathlib import Path

import numpy as np

from ._checks import check_about, check_collection, check_recording
from ._steps import prepare

# Windows computed together: as many, or fewer of them where they are long (16 of 109 s at 300 Hz).
_BATCH, _BATCH_TIMEPOINTS = 16, 2**19


def load_onnx(path):
    """Open a file that `to_onnx` wrote.

    Neither torch nor scikit-learn is needed: the folder of this function, ``ecgclf/onnx/_portable``, imports numpy and
    onnxruntime only, and may be copied to where ecgclf is not installed.

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
        All of it.
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
    options = onnxruntime.SessionOptions()
    # No other file is read that this one points at: it would have to lie in a folder that is none.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # onnxruntime has many errors of its own.
        raise ValueError(f"{path} is no ONNX file ({str(error).splitlines()[0]}).") from error
    text = session.get_modelmeta().custom_metadata_map.get("ecgclf")
    if text is None:
        raise ValueError(f"{path} does not say how recordings are prepared; what ecgclf.onnx.to_onnx writes does.")
    about = check_about(path, text)
    graph = ({each.name for each in session.get_inputs()}, {each.name for each in session.get_outputs()})
    outputs = {"probabilities"} | ({"attention"} if about["attention_step"] is not None else set())
    if graph[0] != {"signal", "lengths"} or not outputs <= graph[1]:
        raise ValueError(
            f"{path} has a graph from {sorted(graph[0])} to {sorted(graph[1])}, which to_onnx does not write."
        )
    return OnnxClassifier(path.name, session, about)


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
            If `X` is no such collection, a recording has other leads, no samples, or samples that are missing or not
            finite, or the graph gives no finite answer.
        """
        prepared = self._prepared(check_collection(X))
        total, count = np.zeros((len(prepared), len(self.classes_))), np.zeros((len(prepared), 1))
        for i, _, _, row in self._run("probabilities", prepared):
            if row.shape != self.classes_.shape or not np.isfinite(row).all():
                raise ValueError(
                    f"{self.name} answers recording {i} by {row}; expected {len(self.classes_)} probabilities."
                )
            total[i] += row
            count[i] += 1
        return total / count

    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class for each recording.

        Parameters
        ----------
        X : sequence of ndarray
            As for `predict_proba`.

        Returns
        -------
        log_probabilities : ndarray of shape (n_recordings, n_classes)
            That of what `predict_proba` gives, -inf where a probability is 0, of which numpy warns.
        """
        return np.log(self.predict_proba(X))

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
        X = check_collection(X)
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
        prepared = []
        for i, recording in enumerate(X):
            prepared.append(self.prepare(check_recording(i, recording, self.n_leads_)))
            if not np.isfinite(prepared[-1]).all():
                raise ValueError(f"recording {i} has samples so large that its preparation overflows. Give mV.")
        return prepared

    def _run(self, output, prepared):
        """Give (recording, start, stop, what the graph gives) of each window."""
        length, stride = self.metadata["window_length"], self.metadata["window_stride"]
        windows = [
            (i, *window) for i, each in enumerate(prepared) for window in _windows(each.shape[1], length, stride)
        ]
        windows.sort(key=lambda window: window[2] - window[1])
        together = self.metadata["masks_padding"]
        for _, group in groupby(windows, lambda window: together or window[2] - window[1]):
            yield from self._run_group(output, prepared, list(group))

    def _run_group(self, output, prepared, windows):
        for batch in _batches(windows):
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
        probabilities = self.predict_proba(X)
        if self.multilabel_:
            return (probabilities * self.class_weights_ > 0.5).astype(np.int64)
        # As decisions are tuned, which takes logarithms.
        return self.classes_[(np.maximum(probabilities, 1e-12) * self.class_weights_).argmax(axis=1)]

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
        return prepare(recording, self.metadata["preprocessing"])


def _batches(windows):
    """Cut windows, the shortest first, where more would make a batch too large."""
    batch = []
    for window in windows:
        if len(batch) == _BATCH or ((len(batch) + 1) * (window[2] - window[1]) > _BATCH_TIMEPOINTS and batch):
            yield batch
            batch = []
        batch.append(window)
    yield batch


def _windows(n_timepoints, length, stride):
    if length is None or n_timepoints <= length:
        return [(0, n_timepoints)]
    last = n_timepoints - length
    return [(start, start + length) for start in [*range(0, last, stride), last]]
