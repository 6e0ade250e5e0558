"""The models that the commands ask: those that come with the package, and files."""

import sys
from pathlib import Path

from ecgclf._inside import chains, inside, is_pipeline, steps_of
from ecgclf._recordings import called
from ecgclf.cli._files import UsageError


class Model:
    """What a command needs of a model, whatever holds it.

    Parameters
    ----------
    name : str
        What to call it.
    classes : sequence of str
        Its labels.
    sampling_rate : float
        Of the recordings it takes, in Hz.
    n_leads : int or None
        Their leads; None if it does not say.
    predict_proba : callable
        From recordings to probabilities.
    weights : sequence of float
        What probabilities are multiplied by before the greatest decides, or each is held against a half.
    estimator : estimator, default=None
        The model itself, where it is an estimator.
    attention : callable, default=None
        From recordings to where it looks in each, if the model tells that itself.
    multilabel : bool, default=False
        Whether a recording may have several labels.
    predict : callable, default=None
        From recordings to labels, where these are not what probabilities and weights give.
    lead_names : list of str, default=None
        What its leads are called, in their order, if there are several and it says so.
    """

    def __init__(
        self,
        name,
        classes,
        sampling_rate,
        n_leads,
        predict_proba,
        weights,
        estimator=None,
        attention=None,
        multilabel=False,
        predict=None,
        lead_names=None,
    ):
        import numpy as np

        self.name = name
        self.classes_ = np.array(classes)
        self.sampling_rate = sampling_rate
        self.n_leads = n_leads
        self.predict_proba = predict_proba
        self.weights = np.array(weights)
        self.estimator = estimator
        self.attention = attention
        self.multilabel_ = multilabel
        self.predict = predict
        self.lead_names = lead_names

    def decide(self, recordings, probabilities):
        """Give the label of each recording; several are joined by "+", and "-" stands for none."""
        import numpy as np

        if self.predict is not None:
            told = np.asarray(self.predict(recordings))
        elif self.multilabel_:
            told = probabilities * self.weights > 0.5
        else:
            from ecgclf.decision._weights import decide

            told = self.classes_[decide(probabilities, self.weights)]
        if not self.multilabel_:
            return told
        return np.array(["+".join(map(str, self.classes_[row == 1])) or "-" for row in told])


def open_model(text, sampling_rate):
    """Open the model that was asked for.

    Parameters
    ----------
    text : str or None
        A name or a path; None is the best of the trained models.
    sampling_rate : float or None
        What a file takes that does not say it.

    Returns
    -------
    Model
        Ready to answer.
    """
    if text is not None and text.endswith(".onnx") and Path(text).is_file():
        return _of_onnx(Path(text), sampling_rate)
    from ecgclf.pretrained import list_pretrained, load_pretrained

    shelf = list_pretrained()
    if text is None:
        text = shelf[0].name
    path = Path(text)
    if text in [model.name for model in shelf]:
        if sampling_rate is not None:
            raise UsageError(f"{text} says its sampling rate itself. Leave --sampling-rate out.")
        return _of_estimator(load_pretrained(text), text, None)
    if not path.is_file():
        names = ", ".join(model.name for model in shelf)
        raise UsageError(f"{text!r} is neither a trained model ({names}) nor a file.")
    from ecgclf.persistence import load

    try:
        estimator = load(path)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if not hasattr(estimator, "predict_proba"):
        raise UsageError(f"{path} holds {called(estimator)}, which gives no probabilities.")
    return _of_estimator(estimator, str(path), sampling_rate)


def _of_estimator(estimator, name, sampling_rate):
    from sklearn.ensemble import VotingClassifier

    from ecgclf._labels import several_labels
    from ecgclf._mixins import RecordingClassifierMixin
    from ecgclf.onnx._apart import sampling_rates

    within = chains(estimator)
    try:
        rates = {sampling_rates(chain)[0] for chain in within} - {None}
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from error
    if len(rates) > 1:
        raise UsageError(
            f"{name}: parts of it take recordings at {' and '.join(f'{rate:g}' for rate in sorted(rates))} Hz."
        )
    rate = _rate(name, next(iter(rates), None), sampling_rate)
    leads = [step.n_leads_ for chain in within for step in chain if hasattr(step, "n_leads_")]
    decides = _decides(estimator)
    weights = getattr(decides, "class_weights_", [1.0] * len(estimator.classes_))
    return Model(
        name,
        estimator.classes_,
        rate,
        leads[0] if leads else None,
        estimator.predict_proba,
        weights,
        estimator,
        multilabel=several_labels(estimator),
        # A vote answers the greatest mean, too.
        predict=None if isinstance(decides, RecordingClassifierMixin | VotingClassifier) else estimator.predict,
        # As `ecgclf train` keeps them.
        lead_names=_lead_names(estimator),
    )


def _lead_names(estimator):
    if hasattr(estimator, "lead_names_"):
        return estimator.lead_names_
    held = steps_of(estimator) if is_pipeline(estimator) else inside(estimator)
    return next((names for names in map(_lead_names, held) if names is not None), None)


def _decides(estimator):
    """Give what decides, whatever Pipelines and searches it lies in."""
    inside = getattr(estimator, "best_estimator_", None)
    if inside is None and hasattr(estimator, "steps"):
        inside = estimator.steps[-1][1]
    return estimator if inside is None else _decides(inside)


def _of_onnx(path, sampling_rate):
    from ecgclf.onnx import load_onnx

    try:
        model = load_onnx(path)
    except (ImportError, ValueError) as error:
        raise UsageError(str(error)) from error
    rate = _rate(str(path), model.sampling_rate, sampling_rate)
    attention = None if model.metadata["attention_step"] is None else model.attention
    return Model(
        str(path),
        model.classes_,
        rate,
        model.n_leads_,
        model.predict_proba,
        model.class_weights_,
        attention=attention,
        multilabel=model.multilabel_,
    )


def _rate(name, told, given):
    if told is None and given is None:
        raise UsageError(f"{name} does not say at what sampling rate it takes recordings. Give --sampling-rate.")
    if told is not None and given is not None and told != given:
        raise UsageError(f"{name} takes recordings at {told:g} Hz, not at {given:g}. Leave --sampling-rate out.")
    return float(told if given is None else given)


def run(name):
    """List the trained models, or print a card."""
    from ecgclf.pretrained import list_pretrained, model_card

    if name is not None:
        try:
            print(model_card(name))
        except ValueError as error:
            raise UsageError(str(error)) from error
        return
    print(f"{'name':<20}{'classes':<10}{'Hz':>5}{'weights':>10}{'kB':>7}  score (95 % interval)")
    for model in list_pretrained():
        low, high = model.score_interval
        print(
            f"{model.name:<20}{' '.join(model.classes):<10}{model.sampling_rate:>5g}{model.n_weights:>10,}"
            f"{model.n_bytes / 1000:>7.0f}  {model.score:.3f} ({low:.3f}-{high:.3f})"
        )
    print("\nThe card of one: ecgclf models NAME", file=sys.stderr)
