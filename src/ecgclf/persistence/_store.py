"""Save and load a fitted estimator."""

from pathlib import Path

from ecgclf._docstrings import document
from ecgclf._recordings import called
from ecgclf._versions import versions
from ecgclf.persistence._classes import listed
from ecgclf.persistence._container import Refused, read_file, write_file
from ecgclf.persistence._decode import Decoder
from ecgclf.persistence._encode import Encoder


@document(of_sklearn=listed("sklearn"))
def save(estimator, path):
    """Write an estimator, fitted or not, into one file that can be loaded without running anything from it.

    The file is in the safetensors format. What could go wrong is found before anything is written, and a file that
    is already there is replaced only by a whole new one.

    Parameters
    ----------
    estimator : estimator
        Any estimator of this package, a Pipeline of them, or one of the scikit-learn estimators named below, with
        anything of these inside.
    path : path-like
        Where to write.

    Raises
    ------
    ValueError
        If something cannot be stored; the message names the parameter or attribute.

    See Also
    --------
    load : Read the file.
    ecgclf.onnx.to_onnx : Write a classifier for onnxruntime.

    Notes
    -----
    Of scikit-learn can be stored, searches over plain values:

    {of_sklearn}

    Not stored are boosting, nearest neighbours, SVC and its kind, whose compiled code would trust the arrays of a
    file. Nor are skorch callbacks and a Pipeline's ``memory``.

    A class or function of yours, such as the network of an ECGClassifier, is stored by its name, module and all, and
    `load` has to be given it. It needs a name: a lambda and what is defined inside a function have none.

    Of a net its weights, its history and what it predicts with are stored, not the state of its optimiser, which
    every `fit` starts anew, also with ``warm_start=True``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from ecgclf.persistence import load, save
    >>> from ecgclf.preprocessing import BandpassFilter
    >>> bandpass = BandpassFilter(0.5, 30.0, sampling_rate=300.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(bandpass, Path(folder) / "filter.ecgclf")
    ...     load(Path(folder) / "filter.ecgclf")
    BandpassFilter(high=30.0, sampling_rate=300.0)
    """
    encoder = Encoder()
    try:
        encoded = encoder.value(estimator, type(estimator).__name__)
    except RecursionError:
        raise ValueError(f"{type(estimator).__name__} is nested too deeply to be stored.") from None
    if not isinstance(encoded, dict) or "object" not in encoded:
        raise ValueError(f"only estimators can be stored, not {called(estimator)}.")
    write_file(path, {"versions": versions(), "estimator": encoded}, encoder.arrays)


def load(path, *, trusted=()):
    """Read an estimator that `save` wrote.

    Loading executes nothing that the file says, but for what is named as `trusted`. Classes are looked up in a list
    that is part of this package.

    Parameters
    ----------
    path : path-like
        The file.
    trusted : iterable of classes and functions, default=()
        Of yours, such as the network of an ECGClassifier: what the file may name beside the lists of this package.
        They are called with what stands in the file; nothing is imported by a name in it.

    Returns
    -------
    estimator
        As it was saved: its probabilities are the same to the bit on the same kind of machine. A network that was
        on a GPU comes back on the device that its parameter ``device`` names, or on the CPU, with a warning, where
        this machine has no such device.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    ValueError
        If it was not written by `save`, is truncated, altered, of a newer format, or describes what it should not.
        The message names the file.

    Warns
    -----
    sklearn.exceptions.InconsistentVersionWarning
        If an estimator of scikit-learn's own was saved with another version of it.

    See Also
    --------
    save : Write the file, with a list of what can be stored.

    Notes
    -----
    The checksum in a file finds accidents, not forgeries: anyone can write a file that fits its checksum. What a
    forged file may do is give you a bad model; it takes no more memory than some 30 times the size of its header
    (8 MB at most), three times the size of its arrays, and 400 MB for histories of trainings.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from ecgclf.classifiers import LSTMClassifier
    >>> from ecgclf.datasets import make_recordings
    >>> from ecgclf.persistence import load, save
    >>> X, y = make_recordings(12, duration=(2.0, 4.0), random_state=0, return_X_y=True)
    >>> classifier = LSTMClassifier(
    ...     n_filters=4, n_units=4, max_epochs=2, random_state=0
    ... ).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(classifier, Path(folder) / "lstm.ecgclf")
    ...     again = load(Path(folder) / "lstm.ecgclf")
    >>> bool((again.predict_proba(X) == classifier.predict_proba(X)).all())
    True
    """
    path = Path(path)
    try:
        document, arrays = read_file(path)
        decoder = Decoder(arrays, trusted)
        try:
            estimator = decoder.value(document["estimator"])
        except RecursionError:
            raise Refused("it is nested too deeply") from None
        except Refused:
            raise
        except Exception as error:
            # Nothing that a file says may surface as an error of another kind.
            raise Refused(f"its content does not make sense ({type(error).__name__}: {error})") from error
        if not hasattr(estimator, "get_params") or decoder.arrays:
            raise Refused("it holds something else than one estimator")
    except ValueError as error:
        raise ValueError(f"{path} cannot be loaded: {str(error).rstrip('.')}.") from error
    return estimator
