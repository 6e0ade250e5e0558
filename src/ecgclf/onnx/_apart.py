"""What an estimator is made of: steps, networks, the means of what they answer and the temperatures of these."""

from typing import NamedTuple

from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ecgclf._inside import steps_of


class Network(NamedTuple):
    """A classifier, the rate of the recordings, and by what factor it is lowered in the graph, by which filter."""

    classifier: object
    sampling_rate: float | None
    down: int = 1
    taps: list | None = None


class Mean(NamedTuple):
    """The mean of what networks answer, or means of them, each with its logits divided by the temperature."""

    members: list
    temperature: float


def take_apart(estimator):
    """Take a fitted estimator apart.

    Parameters
    ----------
    estimator : estimator
        What `to_onnx` takes.

    Returns
    -------
    steps : list of estimator
        What all of it does to recordings before the graph.
    tree : Network or Mean
        What answers.
    networks : list of Network
        Those of the tree, from left to right.
    last : estimator
        What has the labels and, if it is tuned, decides.

    Raises
    ------
    ValueError
        If something in it cannot be exported.
    """
    tree = _grow(estimator, [])
    chains = list(_leaves(tree))
    classifiers = [chain[-1] for chain in chains]
    for classifier in classifiers:
        if not hasattr(classifier, "_rebuild_module") or not hasattr(classifier, "predict_windows"):
            can = "its .best_estimator_" if hasattr(classifier, "best_estimator_") else "a classifier of ecgclf"
            raise ValueError(f"{type(classifier).__name__} cannot be exported; {can} can.")
        check_is_fitted(classifier)
    if len({(classifier.window_length, str(classifier.window_stride)) for classifier in classifiers}) > 1:
        raise ValueError("the classifiers of the ensemble have windows of their own, and cannot share a file.")
    if classifiers[0].window_length is not None and any(each != 1 for each in _temperatures(tree)):
        raise ValueError(
            "the temperature is applied to means over windows, which are not part of the graph. Export a classifier "
            "with window_length=None, or one with calibration=None."
        )
    # What all do goes before the graph.
    n_shared = len(chains[0]) - 1
    for chain in chains:
        alike = [repr(one) == repr(other) for one, other in zip(chain[:-1], chains[0], strict=False)]
        n_shared = min(n_shared, [*alike, False].index(False))
    tree = _replace(tree, lambda chain: _network(chain, n_shared))
    return chains[0][:n_shared], tree, list(_leaves(tree)), flat_steps(estimator)[-1]


def flat_steps(estimator):
    """Give what recordings go through, one after the other, in whatever Pipelines it lies."""
    if isinstance(estimator, FrozenEstimator):
        return flat_steps(estimator.estimator)
    if not isinstance(estimator, Pipeline):
        return [estimator]
    return [part for step in steps_of(estimator) for part in flat_steps(step)]


def _grow(estimator, before):
    """Give the tree, whose leaves are lists of steps that end in what should be a classifier."""
    *steps, last = flat_steps(estimator)
    before = [*before, *steps]
    if isinstance(last, VotingClassifier):
        check_is_fitted(last)
        if last.voting != "soft" or last.weights is not None:
            raise ValueError(
                f"a VotingClassifier with voting={last.voting!r} and weights={last.weights} cannot be exported; one "
                'with voting="soft" and weights=None can.'
            )
        return Mean([_grow(member, before) for member in last.estimators_], 1.0)
    if not hasattr(last, "temperature_") or not hasattr(last, "estimators_"):
        return [*before, last]
    for member in last.estimators_:
        if member.classes_.tolist() != last.classes_.tolist():
            raise ValueError(
                "a classifier of the ensemble has not seen all classes, and cannot be exported with the others."
            )
    return Mean([_grow(member, before) for member in last.estimators_], last.temperature_)


def _leaves(tree):
    if not isinstance(tree, Mean):
        yield tree
        return
    for member in tree.members:
        yield from _leaves(member)


def _temperatures(tree):
    if isinstance(tree, Mean):
        yield tree.temperature
        for member in tree.members:
            yield from _temperatures(member)


def _replace(tree, new):
    if not isinstance(tree, Mean):
        return new(tree)
    return tree._replace(members=[_replace(member, new) for member in tree.members])


def _network(chain, n_shared):
    """Take apart what only some of the networks do."""
    from ecgclf.onnx._steps import describe

    classifier, own = chain[-1], chain[n_shared:-1]
    told, _ = sampling_rates(chain[:-1])
    if not own:
        return Network(classifier, told)
    step = describe(own[0])
    if len(own) > 1 or step["step"] != "resample" or step["up"] != 1 or classifier.window_length is not None:
        raise ValueError(
            f"the classifiers of the ensemble have other preprocessing steps, {own}, and cannot share a file. What "
            "they may have of their own is a Resampler that lowers the rate by a whole factor."
        )
    return Network(classifier, told, step["down"], step["taps"])


def sampling_rates(transformers):
    """Tell which sampling rate steps take recordings at, and which they give them at.

    Parameters
    ----------
    transformers : list of estimator
        Steps in the order in which they are applied.

    Returns
    -------
    first, last : float or None
        In Hz; None where no step speaks of one.

    Raises
    ------
    ValueError
        If a step is made for another rate than the recordings have when they come to it.
    """
    first = last = before = None
    for step in transformers:
        rate = getattr(step, "sampling_rate", None)
        if rate is None:
            continue
        if last is not None and rate != last:
            raise ValueError(
                f"{step!r} is made for {rate:g} Hz, but what comes to it, after {before!r}, has {last:g} Hz. Give the "
                "steps of a Pipeline the rates that the recordings have there."
            )
        first = rate if first is None else first
        last, before = getattr(step, "new_sampling_rate", rate), step
    return first, last
