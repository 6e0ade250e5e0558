"""What lies inside estimators that hold others: Pipelines, votes, searches, calibrated and tuned classifiers."""

# The first that is there; what was fitted before what was given.
_HOLDS = ("estimators_", "calibrated_classifiers_", "best_estimator_", "estimator_", "estimator", "transformer_list")


def is_pipeline(estimator):
    """Tell whether an estimator is a Pipeline; a FrozenEstimator hands on the steps of the one it holds.

    Parameters
    ----------
    estimator : estimator
        Any.

    Returns
    -------
    bool
        Whether its steps are its own.
    """
    return "steps" in getattr(estimator, "__dict__", {})


def inside(estimator):
    """Give the estimators that an estimator asks; of a Pipeline, whose steps follow one another, none.

    Parameters
    ----------
    estimator : estimator
        Any.

    Returns
    -------
    list of estimator
        Empty for one that answers by itself.
    """
    for name in _HOLDS:
        if hasattr(estimator, name):
            held = getattr(estimator, name)
            if name == "transformer_list":
                held = [each for _, each in held]
            held = list(held) if isinstance(held, list | tuple) else [held]
            return [each for each in held if each is not None and not isinstance(each, str)]
    return []


def steps_of(pipeline):
    """Give the steps of a Pipeline that do something.

    Parameters
    ----------
    pipeline : Pipeline
        The Pipeline.

    Returns
    -------
    list of estimator
        In the order in which they are applied.
    """
    return [step for _, step in pipeline.steps if step is not None and not isinstance(step, str)]


def chains(estimator):
    """Tell what recordings go through, whatever it lies in.

    Parameters
    ----------
    estimator : estimator
        Any.

    Returns
    -------
    list of list of estimator
        One for each that answers in the end, which is its last.
    """
    if is_pipeline(estimator):
        found = [[]]
        for step in steps_of(estimator):
            found = [[*before, *after] for before in found for after in chains(step)]
        return found
    held = inside(estimator)
    return [chain for each in held for chain in chains(each)] if held else [[estimator]]
