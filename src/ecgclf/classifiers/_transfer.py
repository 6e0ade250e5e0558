"""Trained weights to begin with."""

from pathlib import Path

from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from ecgclf import persistence, pretrained
from ecgclf._inside import inside, is_pipeline, steps_of
from ecgclf._recordings import called

# What a new network has from its own recordings, and what a network of one's own is found to do.
_OWN = ("scale.", "own_scale.", "network.scale.", "masks_padding")
_HEAD = ("head.", "network.head.")


def take_over(module, classifier):
    """Give a new network the weights of a trained one.

    Parameters
    ----------
    module : torch.nn.Module
        The new network.
    classifier : BaseECGClassifier
        Whose it is: its `init_from` says where the weights are; classes and leads are known.

    Raises
    ------
    ValueError
        If there is no such model or file, or no network in it fits; the message says in what they differ.
    sklearn.exceptions.NotFittedError
        If it is not trained.
    """
    found = list(_classifiers_in(_resolve(classifier.init_from)))
    if not found:
        raise ValueError(
            f"init_from is {called(classifier.init_from)}, in which there is no classifier of ecgclf.classifiers."
        )
    trained = [(each, names) for each, names in found if hasattr(each, "net_")]
    if not trained:
        raise NotFittedError(
            f"init_from is {called(classifier.init_from)}, which is not fitted. In the grid of a search, which clones "
            "what is in it, give sklearn.frozen.FrozenEstimator(classifier), a file, or a name."
        )
    misfits = []
    for source, names in trained:
        classes = source.classes_ if names is None else names[source.classes_]
        taken, misfit = _match(module, source, classes, classifier)
        if misfit is None:
            module.load_state_dict(taken)
            return
        misfits.append(misfit)
    raise ValueError(
        f"init_from has {len(misfits)} network(s), and none fits the {type(classifier).__name__} that is to begin "
        f"with it: {misfits[0]}."
    )


def _resolve(source):
    if hasattr(source, "get_params"):
        return source
    names = [model.name for model in pretrained.list_pretrained()]
    if source in names:
        return pretrained.load_pretrained(source)
    if not Path(source).exists():
        raise ValueError(f"init_from={str(source)!r} is no file, and no trained model; these are {', '.join(names)}.")
    return persistence.load(source)


def _classifiers_in(estimator, names=None):
    """Yield the classifiers of this package in an estimator, and what their classes stand for if that is told."""
    if isinstance(estimator, FrozenEstimator) or getattr(estimator, "cv", None) == "prefit":
        # What was fitted before was given the labels themselves.
        names = None
    elif hasattr(estimator, "le_") or hasattr(estimator, "_label_encoder") or isinstance(estimator, BaggingClassifier):
        # Members of a vote, a stack or a bag are given numbers for labels.
        names = estimator.classes_
    if hasattr(estimator, "_rebuild_module"):
        yield estimator, names
        return
    held = steps_of(estimator)[-1:] if is_pipeline(estimator) else inside(estimator)
    for each in held:
        yield from _classifiers_in(each, names)


def _match(module, source, classes, classifier):
    """Give the state of the new network with all it takes over, or in what they differ."""
    theirs = source.net_.module_
    if _kind(theirs) is not _kind(module):
        return None, f"it is a {_kind(theirs).__name__}, here it is a {_kind(module).__name__}"
    same_classes = source.multilabel_ == classifier.multilabel_ and classes.tolist() == classifier.classes_.tolist()
    taken, given = module.state_dict(), theirs.state_dict()
    more = [name for name in given if name not in taken and not name.startswith(_OWN)]
    if more:
        return None, f"it has {more[0]}, which is not here; {_parameters(source, classifier)}"
    for name, ours in taken.items():
        if name.startswith(_OWN) or (name.startswith(_HEAD) and not same_classes):
            continue
        weights = given.get(name)
        if weights is None or weights.shape != ours.shape:
            weights = None if weights is None else _of_leads(weights, ours, source.n_leads_, classifier.n_leads_)
        if weights is None:
            there = "missing" if name not in given else f"of shape {tuple(given[name].shape)}"
            return (
                None,
                f"{name} is {there}, here it is of shape {tuple(ours.shape)}; {_parameters(source, classifier)}",
            )
        taken[name] = weights
    return taken, None


def _of_leads(theirs, ours, n_before, n_leads):
    """Give a first convolution for other leads: each has a share of the sum over those before."""
    wanted = (theirs.shape[0], n_leads, *theirs.shape[2:])
    if n_before == n_leads or theirs.ndim < 2 or theirs.shape[1] != n_before or tuple(ours.shape) != wanted:
        return None
    return (theirs.sum(dim=1, keepdim=True) / n_leads).expand(wanted).clone()


def _kind(module):
    return type(getattr(module, "network", module))


def _parameters(source, classifier):
    if type(source) is not type(classifier):
        return f"it was trained as a {type(source).__name__}"
    there, here = source._network_parameters(), classifier._network_parameters()
    different = [f"{name}={there[name]!r}" for name in here if there[name] != here[name]]
    return f"set {', '.join(different)} as there" if different else "their parameters are the same"
