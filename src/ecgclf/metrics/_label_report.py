"""All that a set of answers tells of a classifier of several labels, each figure with its interval."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_array, check_random_state

from ecgclf._labels import check_columns, names_of
from ecgclf.metrics._answers import check_answers, check_probabilities, warn_of_absent
from ecgclf.metrics._estimate import Estimate, Figures, estimate
from ecgclf.metrics._label_scores import f_max_of
from ecgclf.metrics._weighted import draw, f1_of_draws, mean_of_labels, weighted_auroc


@dataclass(frozen=True, repr=False)
class LabelReport(Figures):
    """What the answers to a set of recordings tell of a classifier of several labels.

    Attributes
    ----------
    classes : list
        The labels.
    n_recordings : int
        Recordings.
    n_with : dict
        Recordings that have each label.
    macro_auroc, f_max : Estimate
        As the functions of these names tell.
    macro_f1 : Estimate
        Mean F1 of the labels, as they were predicted.
    auroc, f1 : dict of Estimate
        Of each label. One that all recordings have, or none, has no AUROC.
    """

    classes: list
    n_recordings: int
    n_with: dict
    macro_auroc: Estimate
    f_max: Estimate
    macro_f1: Estimate
    auroc: dict
    f1: dict

    def __repr__(self):
        return f"LabelReport(n_recordings={self.n_recordings}, macro_auroc={self.macro_auroc})"

    def __str__(self):
        """Tables for a screen of 80 columns."""
        width = max(len(str(label)) for label in self.classes) + 2
        lines = [f"recordings: {self.n_recordings}", "", f"{'':<{width}}{'with it':<10}{'F1':<24}AUROC"]
        for label in self.classes:
            auroc = self.auroc.get(label, "")
            lines.append(f"{label!s:<{width}}{self.n_with[label]:<10}{self.f1[label]!s:<24}{auroc!s}".rstrip())
        lines += ["", f"macro AUROC: {self.macro_auroc}", f"F-max: {self.f_max}", f"macro F1: {self.macro_f1}"]
        return "\n".join(lines)


def label_report(y_true, probabilities, classes, *, y_pred=None, n_resamples=1000, random_state=0):
    """Tell what answers say of a classifier of several labels, each figure with a 95 % bootstrap interval.

    Parameters
    ----------
    y_true : array-like of shape (n_recordings, n_labels)
        0 and 1 for each label.
    probabilities : array-like of shape (n_recordings, n_labels)
        Predicted probabilities.
    classes : array-like of shape (n_labels,)
        The labels that the columns stand for.
    y_pred : array-like of shape (n_recordings, n_labels), default=None
        Predicted labels, where they are not those of a probability above a half.
    n_resamples : int, default=1000
        How often recordings are drawn with replacement, as many as there are.
    random_state : int, RandomState instance or None, default=0
        Draws them.

    Returns
    -------
    LabelReport
        The figures.

    Raises
    ------
    ValueError
        If shapes differ, or `y_true` is no indicator.

    See Also
    --------
    rhythm_report : The same where each recording has one label.

    Notes
    -----
    Intervals are percentiles of the resampled figures [1]_. A label that is absent from a draw, or in all of it, is
    left out of that draw's macro AUROC, and of its macro F1 if it is not predicted either. A label that is neither
    present nor predicted in all recordings has an F1 of 0, with a warning.

    References
    ----------
    .. [1] Efron B, Tibshirani RJ (1993). An introduction to the bootstrap. :doi:`10.1201/9780429246593`

    Examples
    --------
    >>> from ecgclf.metrics import label_report
    >>> y_true = [[1, 0], [0, 1], [1, 1]]
    >>> probabilities = [[0.9, 0.2], [0.2, 0.6], [0.8, 0.1]]
    >>> report = label_report(y_true, probabilities, ["AF", "LBBB"])
    >>> report.auroc["AF"].value, report.n_with
    (1.0, {'AF': 2, 'LBBB': 2})
    """
    names = names_of(y_true)
    y_true, probabilities = check_answers(y_true, probabilities)
    classes = np.asarray(classes)
    if classes.ndim != 1 or len(np.unique(classes)) != y_true.shape[1]:
        raise ValueError(f"y_true has {y_true.shape[1]} columns, and the classes are {classes.tolist()}.")
    check_columns(y_true, names, classes, "y_true", "classes names")
    classes = classes.tolist()
    if y_pred is None:
        check_probabilities(probabilities)
        y_pred = probabilities > 0.5
    else:
        y_pred = check_answers(y_pred, check_array(y_pred), "y_pred")[0] > 0.5
    if y_pred.shape != y_true.shape:
        raise ValueError(f"y_pred has shape {y_pred.shape}, and y_true {y_true.shape}.")
    weights = draw(len(y_true), n_resamples, check_random_state(random_state))
    labels = range(y_true.shape[1])
    auroc = np.column_stack([weighted_auroc(y_true[:, k] == 1, probabilities[:, k], weights) for k in labels])
    hits, either = (np.array([weight @ each for weight in weights]) for each in (y_true * y_pred, y_true + y_pred))
    f1 = f1_of_draws(hits, either)
    warn_of_absent([label for label, n in zip(classes, either[0], strict=True) if not n])
    told = ~np.isnan(auroc[0])
    if not told.any():
        raise ValueError("No label is there in some recordings and absent in others, so there is nothing to rank.")
    return LabelReport(
        classes=classes,
        n_recordings=len(y_true),
        n_with=dict(zip(classes, y_true.sum(axis=0).astype(int).tolist(), strict=True)),
        macro_auroc=estimate(mean_of_labels(auroc)),
        f_max=estimate(f_max_of(y_true, probabilities, weights)),
        macro_f1=estimate(mean_of_labels(f1)),
        auroc={label: estimate(auroc[:, k]) for k, label in enumerate(classes) if told[k]},
        f1={label: estimate(f1[:, k]) for k, label in enumerate(classes)},
    )
