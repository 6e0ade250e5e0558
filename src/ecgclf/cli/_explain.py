"""ecgclf explain."""

import sys

from ecgclf._inside import inside, is_pipeline, steps_of
from ecgclf._whole import nearest
from ecgclf.cli._files import UsageError, check_writable, draw, find, read, tell_if_long
from ecgclf.cli._models import open_model

_SUFFIXES = (".png", ".pdf", ".svg", ".jpg", ".jpeg", ".webp")


def run(record, out, model_name, lead, missing, sampling_rate, start, end, label, segmentation, seed):
    """Explain a record; give the exit code."""
    check_writable(out, _SUFFIXES)
    model = open_model(model_name, sampling_rate)
    known = model.classes_.tolist()
    if label is not None and label not in map(str, known):
        raise UsageError(f"{model.name} does not answer {label!r}; its labels are {', '.join(map(str, known))}.")
    headers, errors = find([record])
    for reason in errors.values():
        raise ValueError(reason)
    if len(headers) > 1:
        raise UsageError(f"{record} holds {len(headers)} records. Name one of them.")
    signal, lead_names = read(headers[0], model, lead, missing)
    name, title = str(headers[0].with_suffix("")), headers[0].stem
    if start is not None or end is not None:
        signal, stretch = _stretch(signal, model.sampling_rate, start, end, name)
        name, title = f"{name}, {stretch}", f"{title}, {stretch}"
    tell_if_long(name, signal.shape[-1] / model.sampling_rate, "--start and --end explain a stretch of it")
    probabilities = model.predict_proba([signal])
    answer = model.decide([signal], probabilities)[0]
    if label is not None:
        wanted = next(each for each in known if str(each) == label)
    else:
        # Of several labels the most probable; else what it answers.
        wanted = known[(probabilities[0] * model.weights).argmax()] if model.multilabel_ else answer
    picture(model, signal, wanted, out, segmentation, seed, title, lead_names)
    chance = probabilities[0, known.index(wanted)]
    print(f"{name}: {answer}; explained {wanted} (probability {chance:.3f}) in {out}")
    return 0


def _stretch(signal, sampling_rate, start, end, name):
    """Give the samples from `start` to `end`, in seconds, and what to call them."""
    seconds = signal.shape[-1] / sampling_rate
    start, end = 0.0 if start is None else start, seconds if end is None else min(end, seconds)
    # Infinity is no sample.
    first, last = nearest(min(start, seconds), sampling_rate), nearest(end, sampling_rate)
    if first >= last:
        raise UsageError(f"{name} is {seconds:g} s long: there is nothing from {start:g} to {end:g} s.")
    return signal[..., first:last], f"{start:g} to {end:g} s"


def picture(model, signal, label, out, segmentation, seed, title, lead_names, n_perturbations=1000):
    """Draw an explanation into a file.

    Parameters
    ----------
    model : Model
        What is explained.
    signal : ndarray of shape (n_timepoints,) or (n_leads, n_timepoints)
        The recording.
    label : object
        The label.
    out : pathlib.Path
        The file.
    segmentation : str
        As `LimeTimeSeriesExplainer` takes it.
    seed : int
        Seeds the perturbations.
    title : str
        Above the picture.
    lead_names : list of str
        Names of the leads.
    n_perturbations : int, default=1000
        As `LimeTimeSeriesExplainer` takes it.
    """
    from ecgclf.explanation import LimeTimeSeriesExplainer
    from ecgclf.plotting import ExplanationDisplay

    explainer = LimeTimeSeriesExplainer(
        segmentation=segmentation,
        n_perturbations=n_perturbations,
        sampling_rate=model.sampling_rate,
        random_state=seed,
        verbose=int(sys.stderr.isatty()),
    )
    explanation = explainer.explain(model if model.estimator is None else model.estimator, signal, labels=[label])
    draw(
        out,
        ExplanationDisplay.from_explanation,
        explanation,
        label=label,
        title=title,
        lead_names=lead_names,
        attention=attention(model, signal),
    )


def attention(model, signal):
    """Where the networks of a model looked, at each timepoint of the signal; None where they have no attention."""
    if model.attention is not None:
        return model.attention([signal])[0]
    return None if model.estimator is None else _attention(model.estimator, signal)


def _attention(estimator, signal):
    """The mean over the networks of an estimator, whatever holds them."""
    import numpy as np

    if hasattr(estimator, "attention"):
        return estimator.attention([signal])[0]
    members = [] if is_pipeline(estimator) else inside(estimator)
    if members:
        looked = [_attention(member, signal) for member in members]
        looked = [weights for weights in looked if weights is not None]
        return np.mean(looked, axis=0) if looked else None
    # Of a piece there is no telling where in the recording it lies.
    if not is_pipeline(estimator) or any(hasattr(step, "n_timepoints") for step in steps_of(estimator)):
        return None
    (prepared,) = estimator[:-1].transform([signal]) if len(estimator) > 1 else [signal]
    weights = _attention(estimator[-1], prepared)
    if weights is None:
        return None
    # Steps may have changed the rate.
    n_timepoints = signal.shape[-1]
    weights = weights[np.arange(n_timepoints) * len(weights) // n_timepoints]
    return weights / weights.sum()
