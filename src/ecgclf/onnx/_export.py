"""Export a fitted classifier, or a Pipeline that ends in one, to ONNX."""

import json
import warnings
from numbers import Integral
from pathlib import Path

import numpy as np

from ecgclf._files import write_atomically
from ecgclf._rates import check_rate
from ecgclf._versions import versions
from ecgclf.onnx._apart import Mean, sampling_rates, take_apart
from ecgclf.onnx._portable import from_bytes
from ecgclf.signal import SignalQualityWarning

_TOLERANCE = 1e-4
# What a probability of 0 counts as where temperatures divide its logarithm, as in `ecgclf.decision`.
_TINY = 1e-12


def to_onnx(estimator, path, *, sampling_rate=None):
    """Write a fitted classifier as an ONNX file, for onnxruntime in place of torch.

    Parameters
    ----------
    estimator : estimator
        A classifier of this package, of a network of yours if torch's exporter takes it, a VotingClassifier of some of
        them (soft, without weights), a Pipeline of preprocessing steps (all but RRFeatures and SignalQuality) that
        ends in one, or a TunedDecisionClassifierCV of these; each inside the others too. Members of a vote may each
        begin with a Resampler of their own that lowers the rate by a whole factor.
    path : path-like
        Where to write. A file that is already there is replaced only by a whole new one.
    sampling_rate : float, default=None
        Sampling rate of the recordings that the estimator takes, in Hz, for the record. None is what the
        preprocessing steps say.

    Raises
    ------
    ImportError
        If the extra ``onnx`` is not installed.
    ValueError
        If the estimator is not one that can be exported, or its steps disagree about the sampling rate.
    RuntimeError
        If the graph does not give the same probabilities as the estimator; nothing is written then.

    See Also
    --------
    load_onnx : Predict with the file, without torch.
    ecgclf.persistence.save : Store an estimator as it is.

    Notes
    -----
    The graph takes ``signal``, float32 of shape (n, n_leads, n_timepoints) in mV, recordings of any length padded at
    their ends with whatever, and ``lengths``, int64 of shape (n,); batch and time are dynamic. It gives
    ``probabilities``, float32 of shape (n, n_classes). The standardisation of each lead is inside. Where networks have
    attention it gives ``attention`` too, float32 of shape (n, n_steps), their mean: a weight for every
    "attention_step" timepoints, as the metadata say, zero in the padding and 1 in sum.

    The networks of an ensemble and the temperatures of calibrated probabilities are in the graph. Decisions tuned for
    a metric are not: the weights that they multiply probabilities by stand in the metadata as "class_weights".

    What comes before it, the steps that all networks share, is described in numbers in the metadata of the file, with
    the labels, the windows over which probabilities are averaged, sampling rates and versions: JSON under the key
    "ecgclf". `OnnxClassifier.prepare` does these steps with numpy alone.

    A graph computes in float32, as classifiers do when they predict. Before the file is written,
    onnxruntime has to agree with the estimator to 1e-4 on recordings of several lengths.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.pipeline import make_pipeline
    >>> from ecgclf.classifiers import CRNNClassifier
    >>> from ecgclf.datasets import make_recordings
    >>> from ecgclf.onnx import load_onnx, to_onnx
    >>> from ecgclf.preprocessing import RecordingNormalizer
    >>> X, y = make_recordings(12, duration=(2.0, 4.0), random_state=0, return_X_y=True)
    >>> pipeline = make_pipeline(
    ...     RecordingNormalizer(),
    ...     CRNNClassifier(n_units=4, max_epochs=2, random_state=0),
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_onnx(pipeline.fit(X, y), Path(folder) / "crnn.onnx", sampling_rate=300.0)
    ...     model = load_onnx(Path(folder) / "crnn.onnx")
    >>> bool((model.predict(X) == pipeline.predict(X)).all())
    True
    """
    try:
        import onnxruntime  # noqa: F401
        from onnx import TensorProto, helper
    except ImportError as error:
        raise ImportError(f"to_onnx needs the extra onnx: pip install 'ecgclf[onnx]' ({error}).") from error
    from ecgclf.onnx._graph import Graph
    from ecgclf.onnx._layers import lower_rate, trim

    steps, tree, networks, last = take_apart(estimator)
    classes = last.classes_
    classifiers = [network.classifier for network in networks]
    about = _about(steps, networks, classes.tolist(), sampling_rate)
    about["attention_step"] = _attention_step(about["preprocessing"], networks)
    about["class_weights"] = np.asarray(getattr(last, "class_weights_", np.ones(len(classes)))).tolist()

    g = Graph()
    signals = {1: ("signal", "lengths")}
    for network in networks:
        if network.down not in signals:
            signals[network.down] = lower_rate(
                g, trim(g, *signals[1]), "lengths", about["n_leads"], network.down, network.taps
            )
    probabilities, looked = _answer(g, tree, signals, about["multilabel"])
    results = {"probabilities": (probabilities, len(classes))}
    if about["attention_step"] is not None:
        results["attention"] = (_mean(g, looked), "n_steps")
    model = g.model(
        [result for result, _ in results.values()],
        [
            helper.make_tensor_value_info("signal", TensorProto.FLOAT, ["n", about["n_leads"], "n_timepoints"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT64, ["n"]),
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width]) for name, (_, width) in results.items()],
    )
    helper.set_model_props(model, {"ecgclf": json.dumps(about, allow_nan=False, default=np.generic.item)})
    data = model.SerializeToString()
    try:
        exported = from_bytes(data, Path(path))
    except ValueError as error:
        raise ValueError(
            f"{steps} cannot be exported, and no file was written: load_onnx takes at most 1024 leads, 24 levels, "
            "2**24 samples and a hundredfold sampling rate."
        ) from error
    _compare(exported, estimator, classifiers)
    write_atomically(path, data)


def _answer(g, tree, signals, multilabel):
    """Write what answers; give its probabilities, and where its networks looked."""
    from ecgclf.onnx._networks import write

    looked = []

    def chances(logits):
        return g("Sigmoid", logits) if multilabel else g("Softmax", logits, axis=1)

    def logits(branch):
        if not isinstance(branch, Mean):
            classifier = branch.classifier
            told, attention = write(g, classifier.net_.module_, *signals[branch.down], classifier.window_length_)
            looked.extend([] if attention is None else [attention])
            return told
        told = of_members(branch)
        if len(told) == 1:
            return told[0]
        of = g("Log", g("Max", _mean(g, [chances(each) for each in told]), _TINY))
        if not multilabel:
            return of
        # One minus the mean would be rounded away where it is near one.
        against = g("Log", g("Max", _mean(g, [chances(g("Neg", each)) for each in told]), _TINY))
        return g("Sub", of, against)

    def of_members(branch):
        told = [logits(member) for member in branch.members]
        return told if branch.temperature == 1 else [g("Div", each, branch.temperature) for each in told]

    told = of_members(tree) if isinstance(tree, Mean) else [logits(tree)]
    return _mean(g, [chances(each) for each in told]), looked


def _mean(g, outputs):
    return g("Mean", *outputs) if len(outputs) > 1 else outputs[0]


def _attention_step(preprocessing, networks):
    """Timepoints to each weight of the attention; None without, or where there is no telling."""
    if any(step["step"] == "length" for step in preprocessing):
        return None
    looked = [network for network in networks if hasattr(network.classifier, "attention")]
    steps = {network.classifier.net_.module_.encoder.segment_length * network.down for network in looked}
    return steps.pop() if len(steps) == 1 else None


def _about(transformers, networks, classes, sampling_rate):
    from ecgclf.onnx._steps import describe

    if sampling_rate is not None:
        check_rate(sampling_rate)
    preprocessing = [describe(step) for step in transformers]
    _, of_network = sampling_rates(transformers)
    raw = sampling_rate
    for told in {network.sampling_rate for network in networks} - {None}:
        if raw is not None and raw != told:
            what = "sampling_rate=" if raw == sampling_rate else "one network takes recordings at "
            raise ValueError(f"{what}{raw!r}, but the preprocessing is made for {told!r} Hz.")
        raw = told
    classifier = networks[0].classifier
    if not all(isinstance(label, str | int | float) for label in classes):
        raise ValueError(f"labels such as {classes[0]!r} cannot be written into an ONNX file.")
    stride = classifier.window_stride
    return {
        "format": 1,
        "classes": classes,
        "multilabel": bool(classifier.multilabel_),
        "masks_padding": all(
            bool(network.classifier.net_.module_.masks_padding)
            for network in networks
            if is_foreign(network.classifier)
        ),
        "n_leads": classifier.n_leads_,
        "unit": "mV",
        "sampling_rate": raw,
        "network_sampling_rate": raw if of_network is None else of_network,
        "preprocessing": preprocessing,
        "window_length": classifier.window_length,
        "window_stride": int(stride) if isinstance(stride, Integral) else classifier.window_length,
        "versions": versions(),
    }


def is_foreign(classifier):
    """Tell whether the network of a classifier is one of the user's own."""
    return hasattr(classifier.net_.module_, "masks_padding")


def _takes(estimator, x):
    """Tell whether a network of one's own takes a recording; it may not take just any length."""
    try:
        return bool(np.isfinite(estimator.predict_proba([x])).all())
    except (RuntimeError, ValueError):
        return False


def _compare(exported, estimator, classifiers):
    classifier = classifiers[0]
    rng = np.random.default_rng(0)
    lengths, own = [1, 75, 640, 1500], any(is_foreign(member) for member in classifiers)
    if own:
        usual = classifier.window_length_
        lengths += [usual, usual // 2, 2 * usual]
    X = [rng.normal(size=(classifier.n_leads_, n)).cumsum(axis=1) / 10 for n in lengths if n]
    with warnings.catch_warnings():
        # It is the arithmetic that is compared, on short recordings too.
        warnings.simplefilter("ignore", SignalQualityWarning)
        if own:
            X = [x for x in X if _takes(estimator, x)]
        expected = estimator.predict_proba(X)
    difference = np.abs(exported.predict_proba(X) - expected).max()
    if not difference <= _TOLERANCE:
        raise RuntimeError(
            f"the ONNX graph of {type(classifier).__name__} differs from it by {difference:.2g} in probability, more "
            f"than {_TOLERANCE}; no file was written."
        )
