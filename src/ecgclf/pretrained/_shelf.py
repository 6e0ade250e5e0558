"""The trained models beside this file: what there is, their cards, and the classifiers."""

import difflib
import json
from pathlib import Path
from typing import NamedTuple

from ecgclf._rates import check_rate
from ecgclf.pretrained._card import ModelCard

FOLDER = Path(__file__).with_name("data")


class PretrainedModel(NamedTuple):
    """What `list_pretrained` tells of a model.

    Parameters
    ----------
    name : str
        What to give to `load_pretrained`.
    classes : tuple of str
        The labels it answers.
    sampling_rate : float
        Of the recordings that it takes, in Hz.
    n_weights : int
        Weights of all its networks.
    n_bytes : int
        Size of its file.
    score : float
        Score of the Challenge 2017, mean F1 of N, A and O, on recordings that the network which answered had not seen.
    score_interval : tuple of float
        95 % interval of the score.
    """

    name: str
    classes: tuple
    sampling_rate: float
    n_weights: int
    n_bytes: int
    score: float
    score_interval: tuple


def list_pretrained():
    """List the trained models that come with the package, the one with the best score first.

    Returns
    -------
    list of PretrainedModel
        Name, classes, sampling rate, size and score of each.

    See Also
    --------
    model_card : All there is to know of one.
    load_pretrained : The classifier.

    Examples
    --------
    >>> from ecgclf.pretrained import list_pretrained
    >>> best = list_pretrained()[0]
    >>> best.classes, best.sampling_rate
    (('A', 'N', 'O', '~'), 300.0)
    """
    found = []
    for path in FOLDER.glob("*.json"):
        card = model_card(path.stem)
        score = card.out_of_fold.score
        n_bytes = path.with_suffix(".ecgclf").stat().st_size
        found.append(
            PretrainedModel(
                name=card.name,
                classes=card.classes,
                sampling_rate=card.sampling_rate,
                n_weights=card.n_weights,
                n_bytes=n_bytes,
                score=score.value,
                score_interval=(score.low, score.high),
            )
        )
    return sorted(found, key=lambda model: -model.score)


def model_card(name):
    """Read the card of a trained model: what it is for, what it was trained on, and how good it is.

    Parameters
    ----------
    name : str
        One of those that `list_pretrained` names.

    Returns
    -------
    ModelCard
        All of it; ``print`` shows it on a page.

    Raises
    ------
    ValueError
        If there is no model of this name.

    Examples
    --------
    >>> from ecgclf.pretrained import list_pretrained, model_card
    >>> card = model_card(list_pretrained()[0].name)
    >>> sum(card.out_of_fold.n_recordings.values())
    6827
    """
    return ModelCard.from_dict(json.loads(_file(name, ".json").read_text(encoding="utf-8")))


def load_pretrained(name, *, sampling_rate=None):
    """Load a trained model: a fitted estimator, raw recordings in, probabilities out.

    Parameters
    ----------
    name : str
        One of those that `list_pretrained` names.
    sampling_rate : float, default=None
        Sampling rate of your recordings, in Hz; they are resampled to the model's own. None says that they have the
        model's own rate, which `list_pretrained` tells.

    Returns
    -------
    pipeline : sklearn.pipeline.Pipeline
        It takes recordings of any length, in mV, as all estimators here do. Its first step is "resample", a Resampler
        that holds the sampling rate, its last "classify", a TunedDecisionClassifierCV whose `estimators_` are the
        networks.

    Raises
    ------
    ValueError
        If there is no model of this name, or `sampling_rate` is none that recordings have.

    See Also
    --------
    model_card : How good it is, on what.

    Examples
    --------
    >>> from ecgclf.datasets import load_cinc2017_sample
    >>> from ecgclf.pretrained import load_pretrained
    >>> sample = load_cinc2017_sample()
    >>> model = load_pretrained("tiny-cinc2017", sampling_rate=sample.sampling_rate)
    >>> model.predict_proba(sample.data[:3]).shape
    (3, 4)
    """
    from ecgclf.persistence import load

    pipeline = load(_file(name, ".ecgclf"))
    if sampling_rate is not None:
        check_rate(sampling_rate)
        pipeline.set_params(resample__sampling_rate=float(sampling_rate))
    return pipeline


def _file(name, suffix):
    known = sorted(path.stem for path in FOLDER.glob("*.json"))
    if name not in known:
        close = difflib.get_close_matches(str(name), known, n=1)
        hint = f" Do you mean {close[0]!r}?" if close else ""
        raise ValueError(f"there is no trained model {name!r}; there are {', '.join(known)}.{hint}")
    return FOLDER / f"{name}{suffix}"
