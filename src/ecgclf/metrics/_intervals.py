"""The 95 % interval of each kind of figure, of recordings or of patients: the one place that decides it."""

import numpy as np
from scipy.special import stdtrit

from ecgclf.metrics._estimate import Estimate

# Of a normal distribution 95 % lie within so many standard deviations.
_Z = float(stdtrit(np.inf, 0.975))
# What rounding makes of no spread.
ALIKE = 1e-12
# Halvings until the end of an interval is known better than a float tells.
_HALVINGS = 60


def wilson(share, n):
    """Give the interval of a share [1]_.

    Parameters
    ----------
    share : float
        Found.
    n : float
        Of how many independent ones.

    Returns
    -------
    low, high : float
        Its ends, from 0 to 1; all of that where there is none.

    References
    ----------
    .. [1] Wilson EB (1927). Probable inference, the law of succession, and statistical inference. Journal of the
       American Statistical Association 22, 209-212. :doi:`10.1080/01621459.1927.10502953`
    """
    centre = n * share + _Z**2 / 2
    reach = _Z * np.sqrt(n * share * (1 - share) + _Z**2 / 4)
    return (centre - reach) / (n + _Z**2), (centre + reach) / (n + _Z**2)


def share_estimate(hits, among, groups=None):
    """Estimate which share of some recordings is such.

    Parameters
    ----------
    hits, among : ndarray of bool of shape (n_recordings,)
        Which recordings are such, and of which the share is.
    groups : ndarray of int of shape (n_recordings,), default=None
        The patient of each, from 0.

    Returns
    -------
    Estimate
        The share, 0 of none, and Wilson's interval. With groups it is that of fewer recordings, by the ratio of the
        variances with and without them, as for surveys [1]_.

    References
    ----------
    .. [1] Korn EL, Graubard BI (1998). Confidence intervals for proportions with small expected number of positive
       counts estimated from survey data. Survey Methodology 24, 193-201.
    """
    n = int(np.sum(among))
    share = np.sum(hits) / n if n else 0.0
    if groups is not None and n:
        off, groups = hits[among] - share, groups[among]
        n = _effective(groups, _variance(off, np.arange(n)), _variance(off, groups))
    return _estimate(share, *wilson(share, n))


def count_estimate(hits, groups=None):
    """Estimate a number of recordings, which is a share of all.

    Parameters
    ----------
    hits : ndarray of bool of shape (n_recordings,)
        Which are counted.
    groups : ndarray of int of shape (n_recordings,), default=None
        The patient of each, from 0.

    Returns
    -------
    Estimate
        The number, and what it may be in another draw of as many recordings, on average.
    """
    _, low, high = share_estimate(hits, np.ones(len(hits), dtype=bool), groups)
    return _estimate(np.sum(hits), low * len(hits), high * len(hits))


def f1_estimate(true, answered, groups=None):
    """Estimate the F1 of a label.

    Parameters
    ----------
    true, answered : ndarray of bool of shape (n_recordings,)
        Which recordings have the label, and which were answered so.
    groups : ndarray of int of shape (n_recordings,), default=None
        The patient of each, from 0.

    Returns
    -------
    Estimate
        F1, 0 if there are none. It is 2 J / (1 + J) of the share J of recordings that have the label and were answered
        so among those of which either is true: an interval of that share is one of F1.
    """
    hits, either = true & answered, np.sum(true) + np.sum(answered)
    _, low, high = share_estimate(hits, true | answered, groups)
    return _estimate(2 * np.sum(hits) / either if either else 0.0, 2 * low / (1 + low), 2 * high / (1 + high))


def auroc_estimate(positive, scores, groups=None):
    """Estimate an area under the ROC curve.

    Parameters
    ----------
    positive : ndarray of bool of shape (n_recordings,)
        Which recordings have the label: some, and not all.
    scores : ndarray of shape (n_recordings,)
        Greater where it is more likely.
    groups : ndarray of int of shape (n_recordings,), default=None
        The patient of each, from 0.

    Returns
    -------
    Estimate
        The area, and the areas from which it is not further than 1.96 standard deviations, method 5 of Newcombe [1]_.
        The variance that this method takes, of the area alone, is raised to that of DeLong et al. [2]_ where that is
        greater; with groups, recordings count as fewer, by the ratio of the variances of Obuchowski [3]_ and DeLong.

    References
    ----------
    .. [1] Newcombe RG (2006). Confidence intervals for an effect size measure based on the Mann-Whitney statistic.
       Part 2: asymptotic methods and evaluation. Statistics in Medicine 25, 559-573. :doi:`10.1002/sim.2324`
    .. [2] DeLong ER, DeLong DM, Clarke-Pearson DL (1988). Comparing the areas under two or more correlated receiver
       operating characteristic curves: a nonparametric approach. Biometrics 44, 837-845. :doi:`10.2307/2531595`
    .. [3] Obuchowski NA (1997). Nonparametric analysis of clustered ROC curve data. Biometrics 53, 567-578.
       :doi:`10.2307/2533958`
    """
    n_with, n_without = np.sum(positive), np.sum(~positive)
    area, off = _placements(positive, scores)
    alone = _variance_of_area(off, positive, np.arange(len(off)))
    modelled = _modelled(area, n_with, n_without)
    # Where all is told apart there is no variance to compare, and where a side has one recording, none is known.
    raised = max(1.0, alone / modelled) if modelled > 0 and alone > 0 else 1.0
    if groups is not None:
        together = _variance_of_area(off, positive, groups)
        n_with, n_without = (_effective(groups[each], alone, together) for each in (positive, ~positive))
    ends = (_furthest(area, end, lambda at: raised * _modelled(at, n_with, n_without)) for end in (0.0, 1.0))
    return _estimate(area, *ends)


def mean_estimate(estimates, draws):
    """Estimate the mean of figures of labels.

    Parameters
    ----------
    estimates : list of Estimate
        Of each label.
    draws : ndarray of shape (n_sets, n_labels)
        The figures in resampled sets of recordings; NaN where a label has none.

    Returns
    -------
    Estimate
        The mean, and ends as far from it as the variances recovered from the intervals of the figures have it, with
        the correlations of the draws [1]_. What is alike in all draws may go together with anything; what goes against
        one another is taken to go by itself.

    References
    ----------
    .. [1] Zou GY, Donner A (2008). Construction of confidence limits about effect measures: a general approach.
       Statistics in Medicine 27, 1693-1702. :doi:`10.1002/sim.3095`
    """
    values, lows, highs = np.array(estimates).T
    together = np.clip(_correlations(draws), 0, 1)
    reaches = [np.sqrt(each @ together @ each) / len(values) for each in (values - lows, highs - values)]
    return _estimate(values.mean(), values.mean() - reaches[0], values.mean() + reaches[1])


def drawn_estimate(figures, n_drawn):
    """Estimate a figure between 0 and 1 that no formula has an interval of.

    Parameters
    ----------
    figures : ndarray of shape (n_sets,)
        Of all recordings, and after it of resampled ones; NaN where they have none.
    n_drawn : int
        How many recordings, or groups of them, were drawn.

    Returns
    -------
    Estimate
        The figure, and the percentiles of the resampled ones [1]_. Where all are alike it reaches as far as the
        recordings of a kind that might be there and was never met, `unseen`.

    References
    ----------
    .. [1] Efron B, Tibshirani RJ (1993). An introduction to the bootstrap. :doi:`10.1201/9780429246593`
    """
    value, drawn = figures[0], figures[1:][~np.isnan(figures[1:])]
    if not len(drawn):
        return _estimate(value, value, value)
    low, high = np.percentile(drawn, [2.5, 97.5])
    reach = unseen(n_drawn) if np.ptp([value, *drawn]) < ALIKE else 0.0
    return _estimate(value, max(low - reach, 0.0), min(high + reach, 1.0))


def unseen(n):
    """Give the greatest share of a kind of recordings of which none is among `n`: Wilson's interval of 0."""
    return wilson(0.0, n)[1]


def _estimate(value, low, high):
    # Rounding must not put a figure outside of its interval.
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))


def _variance(off, groups):
    """Give the variance of a sum of deviations whose groups are independent; NaN of one group."""
    sums = np.bincount(groups, off)
    n_groups = len(np.unique(groups))
    return n_groups / (n_groups - 1) * (sums**2).sum() if n_groups > 1 else np.nan


def _effective(groups, alone, together):
    """Give of how many independent recordings a figure is as sure as it is of some in groups.

    Their number is divided by the ratio of the variances with groups and without, and the more so the fewer groups
    there are to tell that ratio. It is at least what it would be were all recordings of a group alike, and just that
    where variances tell nothing; it is never more than the recordings.
    """
    _, sizes = np.unique(groups, return_counts=True)
    n = sizes.sum()
    as_groups = n**2 / (sizes**2).sum()
    if not (alone > 0 and together >= 0):
        return as_groups
    known = (_Z / stdtrit(len(sizes) - 1, 0.975)) ** 2
    return np.clip(known * n * alone / together, as_groups, n) if together else n


def _placements(positive, scores):
    """Give the area, and how far off it each recording's share of pairs in the right order is; equal ones are half."""
    _, step = np.unique(scores, return_inverse=True)
    with_it, without = (np.bincount(step, each, minlength=step.max() + 1) for each in (positive, ~positive))
    n_with, n_without = with_it.sum(), without.sum()
    below, above = without.cumsum() - without / 2, n_with - with_it.cumsum() + with_it / 2
    area = (with_it * below).sum() / (n_with * n_without)
    return area, np.where(positive, below[step] / n_without, above[step] / n_with) - area


def _variance_of_area(off, positive, groups):
    """Give the variance of an area, DeLong's where each recording is a group; NaN where a side is of one group."""
    sides = [np.where(side, off, 0.0) / side.sum() for side in (positive, ~positive)]
    sums = [np.bincount(groups, each) for each in sides]
    held = [len(np.unique(groups[side])) for side in (positive, ~positive)]
    n_groups = len(np.unique(groups))
    if min(held) < 2:
        return np.nan
    of_sides = sum(n / (n - 1) * (each**2).sum() for n, each in zip(held, sums, strict=True))
    return of_sides + 2 * n_groups / (n_groups - 1) * (sums[0] * sums[1]).sum()


def _modelled(area, n_with, n_without):
    """Give the variance of an area in Newcombe's method 5."""
    mean = (n_with + n_without) / 2
    pairs = 2 * mean - 1 - 3 * (mean - 1) / ((2 - area) * (1 + area))
    return area * (1 - area) * pairs / (n_with * n_without)


def _furthest(value, end, variance):
    """Give the figure between `value` and `end` that is 1.96 of its own standard deviations off the value."""
    inside, outside = value, end
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if (middle - value) ** 2 <= _Z**2 * variance(middle):
            inside = middle
        else:
            outside = middle
    return outside


def _correlations(draws):
    """Give the correlations of columns; 1 where one is the same in all draws, which tells nothing of them."""
    told = ~np.isnan(draws)
    means = np.where(told, draws, 0.0).sum(axis=0) / np.maximum(told.sum(axis=0), 1)
    off = np.where(told, draws - means, 0.0)
    spread = np.sqrt((off**2).sum(axis=0))
    both = np.outer(spread, spread)
    return np.divide(off.T @ off, both, out=np.ones_like(both), where=both > ALIKE)
