"""A loss that heeds what is not yet told right."""

import sys
from numbers import Real

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class FocalLoss(nn.Module):
    """Cross-entropy in which what is told right already counts for less.

    Each term, of a class or of one answer to a label, is multiplied by ``(1 - p) ** gamma``, p being the probability
    that the network gives to it [1]_. With ``gamma=0`` it is :class:`torch.nn.CrossEntropyLoss`, or where a recording
    may have several labels :class:`torch.nn.BCEWithLogitsLoss`.

    Parameters
    ----------
    gamma : float, default=2.0
        How much less: at 2 an answer of probability 0.9 counts a hundredth.
    weight : Tensor of shape (n_classes,) or None, default=None
        Weights of the classes; of several labels, of the recordings that have them.
    label_smoothing : float, default=0.0
        Share of each label that is spread evenly over all classes, or over yes and no.

    References
    ----------
    .. [1] Lin T-Y, Goyal P, Girshick R, He K, Dollár P (2017). Focal loss for dense object detection. ICCV 2017,
       2999-3007. :doi:`10.1109/ICCV.2017.324`

    Examples
    --------
    In a classifier, with a parameter of its own:

    >>> from ecgclf.classifiers import LSTMClassifier
    >>> from ecgclf.nn import FocalLoss
    >>> classifier = LSTMClassifier(
    ...     class_weight="balanced",
    ...     net_params={"criterion": FocalLoss, "criterion__gamma": 1.5},
    ... )
    """

    weight: Tensor | None

    def __init__(self, gamma: float = 2.0, weight: Tensor | None = None, label_smoothing: float = 0.0) -> None:
        super().__init__()
        if not _lies_in(gamma, 0, sys.float_info.max):
            raise ValueError(f"gamma={gamma!r}; expected a number of at least 0.")
        if not _lies_in(label_smoothing, 0, 1):
            raise ValueError(f"label_smoothing={label_smoothing!r}; expected a number from 0 to 1.")
        self.gamma = gamma
        self.label_smoothing = label_smoothing
        self.register_buffer("weight", weight)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Compute the mean loss of a batch.

        Parameters
        ----------
        logits : Tensor of shape (n, n_outputs)
            What a network gives.
        targets : Tensor of shape (n,) or (n, n_outputs)
            The class of each recording, int64; or 0 and 1 for each label, floating.

        Returns
        -------
        Tensor of shape ()
            The mean, over recordings weighted by their class, or over all labels.
        """
        if targets.ndim == 1:
            return self._of_classes(logits, targets)
        if targets.shape != logits.shape:
            raise ValueError(
                f"targets have shape {tuple(targets.shape)}, and logits {tuple(logits.shape)}; expected the same, or "
                "a class for each recording."
            )
        return self._of_labels(logits, targets)

    def _of_classes(self, logits: Tensor, targets: Tensor) -> Tensor:
        logs = torch.log_softmax(logits, dim=1)
        n_classes = logits.shape[1]
        weight = logits.new_ones(n_classes) if self.weight is None else self.weight
        wanted = F.one_hot(targets, n_classes) * (1 - self.label_smoothing) + self.label_smoothing / n_classes
        terms = wanted * weight * self._unlikely(logs) * logs
        return -terms.sum() / weight[targets].sum()

    def _of_labels(self, logits: Tensor, targets: Tensor) -> Tensor:
        wanted = targets + self.label_smoothing * (0.5 - targets)
        yes, no = F.logsigmoid(logits), F.logsigmoid(-logits)
        weight = 1.0 if self.weight is None else self.weight
        terms = wanted * weight * self._unlikely(yes) * yes + (1 - wanted) * self._unlikely(no) * no
        return -terms.mean()

    def _unlikely(self, logs: Tensor) -> Tensor:
        # A power of zero has no slope for exponents below one.
        return (-torch.expm1(logs)).clamp_min(torch.finfo(logs.dtype).tiny) ** self.gamma


def _lies_in(value: object, low: float, high: float) -> bool:
    return isinstance(value, Real) and low <= float(value) <= high
