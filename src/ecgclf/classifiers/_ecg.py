"""Any network as a classifier of recordings."""

import numpy as np

from ecgclf._docstrings import CLASSIFIER_ATTRIBUTES, classifier_parameters, document
from ecgclf._parameters import assign
from ecgclf.classifiers._base import BaseECGClassifier
from ecgclf.classifiers._own_network import build, check, name_of


@document(
    parameters=classifier_parameters(epochs=20, learning_rate=0.001),
    attributes=CLASSIFIER_ATTRIBUTES,
)
class ECGClassifier(BaseECGClassifier):
    """A network of your own as a classifier of recordings.

    The network is plain torch; recordings of any length, windows, patients, augmentation, class weights, several
    labels, early stopping, checkpoints and probabilities are as in the other classifiers, which are this one with a
    network chosen.

    Parameters
    ----------
    module : callable
        A class of :class:`torch.nn.Module`, or a function that makes one, called by the names `n_leads`, `n_outputs`
        and those in `module_params`. What it gives has ``forward(x, lengths)``, from recordings, float32 of shape
        (n, n_leads, n_timepoints), and their timepoints, int64 of shape (n,), to logits of shape (n, n_outputs). Leads
        come standardised, recording by recording, and are zero behind the end of a recording; a network that is to do
        this itself has an :class:`ecgclf.nn.InputScale` called ``scale``.

    module_params : dict or None, default=None
        Further arguments of `module`. `set_params` and searches reach each as ``module__name``.

    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    ResNetClassifier : A network that is there already, and five more beside it.
    ecgclf.nn : Their networks, and layers to build others from.

    Notes
    -----
    Before the training the network is tried on noise of the shape of the recordings: what it gives, whether it learns,
    and whether it leaves out the padding, which decides what it may be given. Where it does not, it is trained on
    windows of one length only, and predicts batches of one length, so that no answer depends on its company. While
    training, batch norms of torch's own count the zeros behind a recording's end; those of :mod:`ecgclf.nn` do not.

    What the network draws while it is trained comes from `random_state`, whether by layers or by functions.

    Examples
    --------
    A network of two convolutions, of which one may see beats and the next their rhythm, and the mean over each
    recording, nothing behind its end. It learns atrial fibrillation against normal rhythm from 72 of the real
    recordings inside the package at a sixth of their rate, in seconds:

    >>> import numpy as np
    >>> import torch
    >>> from sklearn.model_selection import train_test_split
    >>> from torch import nn
    >>> from ecgclf.augmentation import RandomChanges
    >>> from ecgclf.classifiers import ECGClassifier
    >>> from ecgclf.datasets import load_cinc2017_sample
    >>> from ecgclf.preprocessing import Resampler
    >>> class Small(nn.Module):
    ...     def __init__(self, n_leads, n_outputs, width=32):
    ...         super().__init__()
    ...         self.beats = nn.Conv1d(n_leads, width, 9, stride=4, padding=4)
    ...         self.rhythm = nn.Conv1d(width, width, 25, padding=12)
    ...         self.head = nn.Linear(width, n_outputs)
    ...
    ...     def forward(self, x, lengths):
    ...         x, lengths = torch.relu(self.beats(x)), (lengths + 3) // 4
    ...         inside = torch.arange(x.shape[2], device=x.device) < lengths[:, None]
    ...         x = torch.relu(self.rhythm(x * inside[:, None])) * inside[:, None]
    ...         return self.head(x.sum(2) / lengths[:, None])
    >>> X, y = load_cinc2017_sample(return_X_y=True)
    >>> two = np.isin(y, ["A", "N"])
    >>> X, y = Resampler(50, sampling_rate=300).fit_transform(X[two]), y[two]
    >>> X_train, X_test, y_train, y_test = train_test_split(
    ...     X, y, test_size=0.4, stratify=y, random_state=0
    ... )
    >>> classifier = ECGClassifier(
    ...     Small,
    ...     augmentation=RandomChanges(crop=400), max_epochs=30, batch_size=8,
    ...     learning_rate=0.01, random_state=0,
    ... ).fit(X_train, y_train)

    Of 48 others it tells more right than the answer "N" to all of them does:

    >>> float(np.mean(y_test == "N").round(2))
    0.58
    >>> classifier.score(X_test, y_test) > 0.58
    True

    Its width as a parameter of the classifier:

    >>> classifier.set_params(module__width=16).get_params()["module__width"]
    16
    """

    _parameter_constraints: dict = {
        **BaseECGClassifier._parameter_constraints,
        "module": [callable],
        "module_params": [dict, None],
    }

    def __init__(
        self,
        module,
        *,
        module_params=None,
        max_epochs="auto",
        batch_size=16,
        learning_rate=1e-3,
        weight_decay=0.01,
        schedule="one_cycle",
        class_weight=None,
        early_stopping=False,
        validation_fraction=None,
        n_iter_no_change=10,
        window_length=None,
        window_stride=None,
        augmentation=None,
        callbacks=None,
        net_params=None,
        device="auto",
        precision="float32",
        random_state=None,
        init_from=None,
        warm_start=False,
        checkpoint_dir=None,
        verbose=0,
    ):
        assign(self, locals())

    def get_params(self, deep=True):
        """Get the parameters of this classifier.

        Parameters
        ----------
        deep : bool, default=True
            Whether each of `module_params` is there too, as ``module__name``.

        Returns
        -------
        params : dict
            Names and values.
        """
        params = super().get_params(deep)
        # Whatever it was set to, `fit` is who refuses it.
        if deep and isinstance(self.module_params, dict):
            params |= {f"module__{name}": value for name, value in self.module_params.items()}
        return params

    def set_params(self, **params):
        """Set parameters of this classifier; ``module__name`` sets one of `module_params`.

        Parameters
        ----------
        **params
            Names and values.

        Returns
        -------
        self : object
            This classifier.
        """
        of_module = {name: value for name, value in params.items() if name.startswith("module__")}
        super().set_params(**{name: value for name, value in params.items() if name not in of_module})
        if of_module:
            changed = {name.removeprefix("module__"): value for name, value in of_module.items()}
            self.module_params = {**(self.module_params or {}), **changed}
        return self

    def _make_module(self, n_leads, n_outputs):
        return build(self.module, self.module_params, n_leads, n_outputs)

    def _try_module(self, module, training, validation):
        lengths = [training.lengths] if validation is None else [training.lengths, validation.lengths]
        check(module, self.n_leads_, len(self.classes_), np.concatenate(lengths), name_of(self.module))
