"""Which state of an unfinished fit is this one's."""

from ecgclf import _training
from ecgclf._recordings import called


def checkpoint_of(classifier, module, training, validation):
    """Give the folder in which the state of a fit is kept, and the name under which it is found again.

    Parameters
    ----------
    classifier : BaseECGClassifier
        The classifier that is fitted.
    module : torch.nn.Module
        Its network before the fit.
    training, validation : WindowDataset
        What is learnt from, and watched (or None).

    Returns
    -------
    (path-like, str) or None
        None if no folder was named.

    Raises
    ------
    ValueError
        If the fit could not be told from another, or not be gone on with.
    """
    if classifier.checkpoint_dir is None:
        return None
    if classifier.callbacks:
        raise ValueError(
            f"checkpoint_dir={str(classifier.checkpoint_dir)!r} keeps the state of a fit, but what its callbacks "
            f"remember is not in it. Set callbacks=None, or checkpoint_dir=None."
        )
    if classifier.random_state is None:
        raise ValueError(
            f"checkpoint_dir={str(classifier.checkpoint_dir)!r} finds a fit again by what it draws. Give an int as "
            "random_state."
        )
    if classifier.augmentation is not None and not hasattr(classifier.augmentation, "get_params"):
        raise ValueError(
            f"checkpoint_dir={str(classifier.checkpoint_dir)!r} finds a fit again by its parameters, but augmentation "
            f"is {called(classifier.augmentation)}, which does not say what it does. Give RandomChanges, or "
            "set checkpoint_dir=None."
        )
    parameters = {
        name: value
        for name, value in classifier.get_params().items()
        # What is set aside shows in the recordings themselves, what is begun with in the network.
        if name.partition("__")[0]
        not in ("checkpoint_dir", "init_from", "random_state", "validation_fraction", "verbose", "warm_start")
    }
    # By its own name a label may be weighted, or begin its windows.
    parameters["classes"] = classifier.classes_
    try:
        name = _training.identity(type(classifier).__name__, parameters, module, training, validation)
    except TypeError as error:
        raise ValueError(
            f"checkpoint_dir={str(classifier.checkpoint_dir)!r} finds a fit again by its parameters, and one of them "
            f"holds {error}, which does not say what it is. Give numbers, text, arrays, classes or functions, or set "
            "checkpoint_dir=None."
        ) from None
    return classifier.checkpoint_dir, name
