"""All that a set of answers tells of a classifier of rhythms, each figure with its interval."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from ecgclf._splits import check_groups
from ecgclf.metrics._answers import check_class_answers, columns_of, warn_of_absent
from ecgclf.metrics._calibration import calibration_interval
from ecgclf.metrics._estimate import Estimate, Figures, json_key
from ecgclf.metrics._intervals import auroc_estimate, count_estimate, f1_estimate, mean_estimate
from ecgclf.metrics._weighted import draw, f1_of_draws

_CHALLENGE = ("N", "A", "O")


@dataclass(frozen=True, repr=False)
class RhythmReport(Figures):
    """What the answers to a set of recordings tell of a classifier.

    Attributes
    ----------
    classes : list
        The labels.
    n_recordings : dict
        Recordings of each label.
    score : Estimate
        Mean F1 of N, A and O, as in the Challenge 2017; of all classes where the labels are others.
    f1, auroc : dict of Estimate
        F1 and area under the ROC curve, one label against all others. A label that no recording has has no AUROC.
    ece : Estimate
        Expected calibration error.
    confusion : list of list of Estimate
        A row for each true label, a column for each predicted one: numbers of recordings.
    """

    classes: list
    n_recordings: dict
    score: Estimate
    f1: dict
    auroc: dict
    ece: Estimate
    confusion: list

    @classmethod
    def from_dict(cls, figures):
        """Make a report of what `to_dict` gave.

        Parameters
        ----------
        figures : dict
            The figures.

        Returns
        -------
        RhythmReport
            The report.
        """
        classes = list(figures["classes"])
        # JSON has strings for keys.
        label_of = {json_key(label): label for label in classes}
        n_recordings, f1, auroc = (
            {label_of.get(key, key): each for key, each in figures[name].items()}
            for name in ("n_recordings", "f1", "auroc")
        )
        return cls(
            classes=classes,
            n_recordings=n_recordings,
            score=Estimate(*figures["score"]),
            f1={label: Estimate(*each) for label, each in f1.items()},
            auroc={label: Estimate(*each) for label, each in auroc.items()},
            ece=Estimate(*figures["ece"]),
            confusion=[[Estimate(*each) for each in row] for row in figures["confusion"]],
        )

    def __repr__(self):
        return f"RhythmReport(n_recordings={sum(self.n_recordings.values())}, score={self.score})"

    def __str__(self):
        """Tables for a screen of 80 columns."""
        named = ", ".join(f"{label} {count}" for label, count in self.n_recordings.items())
        lines = [f"recordings: {sum(self.n_recordings.values())} ({named})", ""]
        lines.append(f"{'':<8}{'F1':<24}AUROC")
        for label in self.classes:
            auroc = self.auroc.get(label, "")
            lines.append(f"{label!s:<8}{self.f1[label]!s:<24}{auroc!s:<24}".rstrip())
        in_mean = _in_mean(self.classes)
        lines += ["", f"score (mean F1 of {', '.join(map(str, in_mean))}): {self.score}"]
        lines += [f"expected calibration error: {self.ece}", ""]
        lines.append("confusion: true labels in rows, predicted ones in columns")
        lines.append(f"{'':<6}" + "".join(f"{label!s:>18}" for label in self.classes))
        for label, row in zip(self.classes, self.confusion, strict=True):
            cells = (f"{each.value:.0f} ({each.low:.0f}-{each.high:.0f})" for each in row)
            lines.append(f"{label!s:<6}" + "".join(f"{cell:>18}" for cell in cells))
        return "\n".join(lines)


def rhythm_report(y_true, probabilities, classes, *, y_pred=None, groups=None, n_resamples=1000, random_state=0):
    """Tell all that answers to recordings say of a classifier, each figure with a 95 % interval.

    Parameters
    ----------
    y_true : array-like of shape (n_recordings,)
        True labels, all out of `classes`.
    probabilities : array-like of shape (n_recordings, n_classes)
        Predicted probabilities.
    classes : array-like of shape (n_classes,)
        The labels that the columns stand for.
    y_pred : array-like of shape (n_recordings,), default=None
        Predicted labels, where they are not those of the greatest probability.
    groups : array-like of shape (n_recordings,), default=None
        The patient of each recording, say. Recordings of one are no news of others: intervals are as wide as the
        number of patients asks for, and draws take patients whole.
    n_resamples : int, default=1000
        How often recordings are drawn with replacement, as many as there are, for the figures that need it.
    random_state : int, RandomState instance or None, default=0
        Draws them.

    Returns
    -------
    RhythmReport
        The figures.

    Raises
    ------
    ValueError
        If there is no recording, lengths differ, a label is not among `classes`, or a group is missing.

    Notes
    -----
    Intervals tell what another draw of recordings from the same source would change, and nothing of recordings from
    elsewhere, nor of another training. None is without width, not even that of answers which are all right.

    - Counts in the confusion matrix: Wilson's interval of a share of all recordings [1]_.
    - F1: Wilson's interval of the share J of right answers among the recordings that have the label or were answered
      so, since F1 = 2 J / (1 + J).
    - Area under the ROC curve: method 5 of Newcombe [2]_, with the variance of DeLong et al. [3]_ where that is
      greater.
    - Score: as far to either side as the intervals of its F1 and their correlations over the draws have it [4]_.
    - Calibration error: a sum of absolute differences, which chance makes larger: in few recordings it is too large,
      and in resampled ones larger again, so that percentiles may lie wholly above it. Its interval is the basic
      bootstrap's, which reflects the percentiles about the error [5]_, as is usual for it [6]_. Reflected they may lie
      wholly below: the interval always includes the error that was found. It includes 0 unless that error exceeds
      97.5 % of the errors of a calibrated classifier as sure of its answers as this one, drawn as in [7]_. In
      simulations with 50 to 7,000 recordings 86 to 100 % of such intervals held the error of two million, of
      percentiles 0 to 95 %.

    With `groups`, recordings count as fewer, by the ratio of the variances with groups and without [8]_ [9]_: as few
    as if all of a group were alike, where groups are too few to tell or all recordings are answered alike, so that
    one mistake may leave an interval narrower than none. The error of a calibrated classifier is drawn as if it were
    right or wrong by the patient. Without draws (``n_resamples=0``) the calibration error has no interval, and the F1
    in the score are taken to go together.

    A label that is neither present nor predicted counts as 0 in the score, with a warning.

    References
    ----------
    .. [1] Wilson EB (1927). Probable inference, the law of succession, and statistical inference. Journal of the
       American Statistical Association 22, 209-212. :doi:`10.1080/01621459.1927.10502953`
    .. [2] Newcombe RG (2006). Confidence intervals for an effect size measure based on the Mann-Whitney statistic.
       Part 2: asymptotic methods and evaluation. Statistics in Medicine 25, 559-573. :doi:`10.1002/sim.2324`
    .. [3] DeLong ER, DeLong DM, Clarke-Pearson DL (1988). Comparing the areas under two or more correlated receiver
       operating characteristic curves: a nonparametric approach. Biometrics 44, 837-845. :doi:`10.2307/2531595`
    .. [4] Zou GY, Donner A (2008). Construction of confidence limits about effect measures: a general approach.
       Statistics in Medicine 27, 1693-1702. :doi:`10.1002/sim.3095`
    .. [5] Davison AC, Hinkley DV (1997). Bootstrap methods and their application, section 5.2.
       :doi:`10.1017/CBO9780511802843`
    .. [6] Kumar A, Liang P, Ma T (2019). Verified uncertainty calibration. arXiv:1909.10155.
    .. [7] Bröcker J, Smith LA (2007). Increasing the reliability of reliability diagrams. Weather and Forecasting 22,
       651-661. :doi:`10.1175/WAF993.1`
    .. [8] Korn EL, Graubard BI (1998). Confidence intervals for proportions with small expected number of positive
       counts estimated from survey data. Survey Methodology 24, 193-201.
    .. [9] Obuchowski NA (1997). Nonparametric analysis of clustered ROC curve data. Biometrics 53, 567-578.
       :doi:`10.2307/2533958`

    Examples
    --------
    >>> from ecgclf.metrics import rhythm_report
    >>> probabilities = [
    ...     [0.1, 0.8, 0.1], [0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.1, 0.6, 0.3]
    ... ]
    >>> report = rhythm_report(["N", "A", "N", "O"], probabilities, ["A", "N", "O"])
    >>> round(report.f1["N"].value, 3), report.auroc["A"].value
    (0.8, 1.0)
    """
    truth, probabilities, classes = check_class_answers(y_true, probabilities, classes)
    n, n_classes = probabilities.shape
    answer = probabilities.argmax(axis=1) if y_pred is None else columns_of(y_pred, classes, "y_pred", n)
    groups = check_groups(groups, n)
    rng = check_random_state(random_state)
    weights = draw(n, n_resamples, rng, groups)
    cell = truth * n_classes + answer
    confusion = np.array([np.bincount(cell, w, minlength=n_classes**2) for w in weights])
    confusion = confusion.reshape(-1, n_classes, n_classes)
    drawn = f1_of_draws(np.diagonal(confusion, axis1=1, axis2=2), confusion.sum(axis=1) + confusion.sum(axis=2))[1:]
    right = probabilities.argmax(axis=1) == truth
    ece = calibration_interval(probabilities.max(axis=1), right, weights, rng, groups)
    labels, counts = classes.tolist(), np.bincount(truth, minlength=n_classes)
    in_mean = [labels.index(label) for label in _in_mean(labels)]
    warn_of_absent([labels[k] for k in in_mean if not confusion[0, k].any() and not confusion[0, :, k].any()])
    f1 = [f1_estimate(truth == k, answer == k, groups) for k in range(n_classes)]
    return RhythmReport(
        classes=labels,
        n_recordings=dict(zip(labels, counts.tolist(), strict=True)),
        score=mean_estimate([f1[k] for k in in_mean], drawn[:, in_mean]),
        f1=dict(zip(labels, f1, strict=True)),
        auroc={
            label: auroc_estimate(truth == k, probabilities[:, k], groups)
            for k, label in enumerate(labels)
            if 0 < counts[k] < n
        },
        ece=Estimate(*ece),
        confusion=[
            [count_estimate(cell == i * n_classes + j, groups) for j in range(n_classes)] for i in range(n_classes)
        ],
    )


def _in_mean(labels):
    return [label for label in _CHALLENGE if label in labels] if set(_CHALLENGE) <= set(labels) else labels
