"""All that a set of answers tells of a classifier of several labels, each figure with its interval."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_array, check_random_state

from ecgclf._labels import check_columns, names_of
from ecgclf._splits import check_groups
from ecgclf.metrics._answers import check_answers, check_probabilities, warn_of_absent
from ecgclf.metrics._estimate import Estimate, Figures
from ecgclf.metrics._intervals import auroc_estimate, drawn_estimate, f1_estimate, mean_estimate
from ecgclf.metrics._label_scores import f_max_of, two_sided
from ecgclf.metrics._weighted import draw, f1_of_draws, weighted_auroc


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


def label_report(y_true, probabilities, classes, *, y_pred=None, groups=None, n_resamples=1000, random_state=0):
    """Tell what answers say of a classifier of several labels, each figure with a 95 % interval.

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
    groups : array-like of shape (n_recordings,), default=None
        The patient of each recording, say. Recordings of one are no news of others: intervals are as wide as the
        number of patients asks for, and draws take patients whole.
    n_resamples : int, default=1000
        How often recordings are drawn with replacement, as many as there are, for the figures that need it.
    random_state : int, RandomState instance or None, default=0
        Draws them.

    Returns
    -------
    LabelReport
        The figures.

    Raises
    ------
    ValueError
        If shapes differ, `y_true` is no indicator, or a group is missing.

    See Also
    --------
    rhythm_report : The same where each recording has one label.

    Notes
    -----
    Intervals of areas and F1, those with groups, and those of the two means over labels are made as `rhythm_report`
    makes them and its score's. A label that is absent from a draw, or in all of it, tells nothing of that draw's
    correlations. That of F-max is of the percentiles of resampled figures [1]_; where all draws are alike, as of
    answers that are all right, it reaches as far as a share of other recordings goes of which these may have none, by
    Wilson's interval. A label that is neither present nor predicted has an F1 of 0, with a warning.

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
    given = {"y_true": y_true, "probabilities": probabilities, "y_pred": y_pred}
    names = {name: names_of(columns) for name, columns in given.items() if columns is not None}
    y_true, probabilities = check_answers(y_true, probabilities)
    classes = np.asarray(classes)
    if classes.ndim != 1 or len(np.unique(classes)) != y_true.shape[1]:
        raise ValueError(f"y_true has {y_true.shape[1]} columns, and the classes are {classes.tolist()}.")
    for name, of_columns in names.items():
        check_columns(given[name], of_columns, classes, name, "classes names")
    classes = classes.tolist()
    if y_pred is None:
        check_probabilities(probabilities)
        y_pred = probabilities > 0.5
    else:
        y_pred = check_answers(y_pred, check_array(y_pred), "y_pred")[0] > 0.5
    if y_pred.shape != y_true.shape:
        raise ValueError(f"y_pred has shape {y_pred.shape}, and y_true {y_true.shape}.")
    groups = check_groups(groups, len(y_true))
    weights = draw(len(y_true), n_resamples, check_random_state(random_state), groups)
    hits, either = (np.array([weight @ each for weight in weights]) for each in (y_true * y_pred, y_true + y_pred))
    warn_of_absent([label for label, n in zip(classes, either[0], strict=True) if not n])
    told = np.flatnonzero(two_sided(y_true))
    if not len(told):
        raise ValueError("No label is there in some recordings and absent in others, so there is nothing to rank.")
    true = y_true == 1
    drawn = np.column_stack([weighted_auroc(true[:, k], probabilities[:, k], weights[1:]) for k in told])
    auroc = {classes[k]: auroc_estimate(true[:, k], probabilities[:, k], groups) for k in told}
    f1 = {label: f1_estimate(true[:, k], y_pred[:, k], groups) for k, label in enumerate(classes)}
    n_drawn = len(y_true) if groups is None else groups.max() + 1
    return LabelReport(
        classes=classes,
        n_recordings=len(y_true),
        n_with=dict(zip(classes, y_true.sum(axis=0).astype(int).tolist(), strict=True)),
        macro_auroc=mean_estimate(list(auroc.values()), drawn),
        f_max=drawn_estimate(f_max_of(y_true, probabilities, weights), n_drawn),
        macro_f1=mean_estimate(list(f1.values()), f1_of_draws(hits, either)[1:]),
        auroc=auroc,
        f1=f1,
    )
