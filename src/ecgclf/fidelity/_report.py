"""What synthetic recordings are worth: a report."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from ecgclf._labels import refuse_odd
from ecgclf._recordings import called, check_recordings
from ecgclf.fidelity import _comparison as comparison
from ecgclf.fidelity._description import describe
from ecgclf.fidelity._memorisation import Memorisation, compare_distances
from ecgclf.signal._beats import check_beat_rate

_FEWEST = 10


@dataclass(frozen=True, repr=False)
class FidelityReport:
    """How synthetic recordings compare with real ones, each figure beside that of real recordings held out.

    Made by :func:`fidelity_report`, where the figures are explained.

    Attributes
    ----------
    labels : tuple
        The labels that all three sets have.
    rows : tuple of namedtuple
        The figures: group, measure, label (None for all), unit, real, synthetic, held_out.
    memorisation : Memorisation
        Distances to the nearest training recordings, and the verdict.
    curves : dict of {str: dict of {str: ndarray}}
        Densities of the RR intervals, in seconds, and amplitudes, in mV, and the mean spectrum of the power, each a
        dict of "x", "real", "synthetic" and "held_out", for the plot.

    See Also
    --------
    fidelity_report : Makes a report.
    ecgclf.plotting.FidelityDisplay : Draws it.
    """

    labels: tuple
    rows: tuple
    memorisation: Memorisation
    curves: dict

    def __repr__(self):
        auroc, use = self.get("auroc"), self.get("trained_on_it_tested_on_held_out")
        return (
            f"<FidelityReport on labels {', '.join(map(repr, self.labels))}: told from real with AUROC "
            f"{auroc.synthetic:.2f} (held out {auroc.held_out:.2f}), balanced accuracy after training on it "
            f"{use.synthetic:.2f} (on real {use.real:.2f}), {self.memorisation._verdict}>"
        )

    def get(self, measure, label=None, unit=None):
        """Look up one row.

        Parameters
        ----------
        measure : str
            Its measure, such as "auroc".
        label : object, default=None
            Its label; None for all.
        unit : str, default=None
            Its unit, where a measure is there in several; None for the first.

        Returns
        -------
        namedtuple
            The row: its ``synthetic`` and ``held_out``, and where it has one its ``real``, are floats.

        Raises
        ------
        KeyError
            If there is no such row.
        """
        for row in self.rows:
            if row.measure == measure and row.label == label and unit in (None, row.unit):
                return row
        known = sorted({row.measure for row in self.rows})
        raise KeyError(f"no row {measure!r} with label {label!r} and unit {unit!r}; measures are {known}.")

    def to_frame(self):
        """Give the figures as a table.

        Returns
        -------
        pandas.DataFrame
            The rows, with columns group, measure, label, unit, real, synthetic and held_out. The label of a row over
            all recordings is "(all)".

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd

        rows = [row._replace(label="(all)") if row.label is None else row for row in self.rows]
        return pd.DataFrame(rows, columns=comparison.Row._fields)

    def plot(self, figure=None):
        """Draw the report.

        Parameters
        ----------
        figure : matplotlib Figure or SubFigure, default=None
            Where to draw. By default, a new figure.

        Returns
        -------
        ecgclf.plotting.FidelityDisplay
            The display, drawn.
        """
        from ecgclf.plotting import FidelityDisplay

        return FidelityDisplay.from_report(self, figure=figure)


def fidelity_report(real, synthetic, held_out, *, sampling_rate, random_state=None):
    """Compare synthetic recordings with real ones, and ask whether they are copies.

    Every figure of the synthetic recordings stands beside the same figure of real recordings that the generator never
    saw: what is as far from the training recordings as those are is as good as real, by that measure.

    Parameters
    ----------
    real : tuple of (X, y)
        The recordings the generator was trained on, in mV, and their labels. `X` is a collection of any kind that the
        estimators take: table, 3-D array, or list of arrays.
    synthetic : tuple of (X, y)
        The synthetic recordings, and the labels they were made for.
    held_out : tuple of (X, y)
        Real recordings the generator has not seen, best of other patients.
    sampling_rate : float
        Sampling rate of all recordings, in Hz; at least 50.
    random_state : int, RandomState instance or None, default=None
        Seeds the random kernels, the folds, and what is drawn where equal numbers are compared.

    Returns
    -------
    FidelityReport
        With ``to_frame()``, ``plot()`` and ``memorisation.memorised``.

    Raises
    ------
    ValueError
        If a set is no pair, has fewer than 10 recordings, other leads than the others, NaN, or no label that both of
        the others have; or if fewer than 5 synthetic or held-out recordings are 5 s or longer.

    Warns
    -----
    UserWarning
        If more than 5 % of the held-out recordings are nearly the same as a training recording.

    See Also
    --------
    FidelityReport : What is returned.
    Memorisation : The part of it that tells about copies.

    Notes
    -----
    **Usefulness.** A ridge classifier of the labels looks at rhythm, amplitude, spectrum and the responses of random
    convolution kernels [1]_. Its balanced accuracy on held-out recordings after training on synthetic ones [2]_ stands
    beside that after training on real ones; its accuracy on synthetic recordings after training on real ones beside
    that on held-out ones. Real and synthetic training sets have equally many recordings of each label.

    **Discriminator.** The same kind of classifier has to tell the set from the real one. Its area under the ROC curve,
    the mean of 4 times 5 folds, is 0.5 where it cannot, 1 where it always can. It is given as many recordings of each
    label from either set.

    **Distances.** Wasserstein distances of order 1 to the real set: of all RR intervals, in seconds; of the heart
    rates of the recordings, per minute; of the samples, in mV from the median of their lead; and of the power from
    0.5 Hz to half the sampling rate, in Hz. Each in its unit, and in standard deviations of the real set. Recordings
    weigh alike within a label, whatever their length, and labels as in `real`. A small set is farther from anything,
    so hold out as many recordings as are synthetic.

    **Plausibility.** For each label, and for each set as it is: the share of recordings with a median heart rate from
    30 to 200 per minute; the median coefficient of variation of their RR intervals; the median similarity of a
    recording's beats to one another, which tells beats from peaks found in noise; and the share without two beats.
    The latter have no heart rate from 30 to 200, and are left out of distances and medians.

    **Memorisation.** See :class:`Memorisation`. A synthetic recording is near if it is nearer to a training recording
    than about 95 % of the held-out ones with its label; whether too many are near is tested exactly, at a level of
    1 %. Up to 8 windows of 5 s are looked at, fewer if a tenth of the recordings is too short for them, so that of
    recordings of 30 s any copied stretch of 9 s is seen. A generator that copies now and then is told by its
    suspicious recordings rather than by the test. The primed part of a recording generated from a prime is a copy by
    construction: cut it off before.

    Labels that not all three sets have are left out, except from plausibility, which has a line for each label, and
    from the memorisation test, which compares labels that are synthetic and that at least 5 held-out recordings have.
    With a single label in common there is nothing to classify, and usefulness is NaN.

    References
    ----------
    .. [1] Dempster, A., Petitjean, F., Webb, G.I. (2020). ROCKET: exceptionally fast and accurate time series
       classification using random convolutional kernels. Data Mining and Knowledge Discovery 34, 1454-1495.
       :doi:`10.1007/s10618-020-00701-z`
    .. [2] Esteban, C., Hyland, S.L., Rätsch, G. (2017). Real-valued (medical) time series generation with recurrent
       conditional GANs. :doi:`10.48550/arXiv.1706.02633`

    Examples
    --------
    A "generator" that hands out its training recordings, a little later and louder:

    >>> from ecgclf.fidelity import fidelity_report
    >>> from ecgclf.datasets import make_recordings
    >>> X, y = make_recordings(
    ...     40, duration=(9, 12), classes=("N", "A"), random_state=0, return_X_y=True
    ... )
    >>> copies = [1.2 * x[50:] for x in X[:20]]
    >>> sets = (X[:20], y[:20]), (copies, y[:20]), (X[20:], y[20:])
    >>> report = fidelity_report(*sets, sampling_rate=300.0, random_state=0)
    >>> report.memorisation.memorised
    True
    >>> (7, 7) in report.memorisation.suspicious
    True
    """
    rate = check_beat_rate(sampling_rate)
    given = dict(zip(comparison.SETS, (real, synthetic, held_out), strict=True))
    recordings, targets = {}, {}
    for name, pair in given.items():
        recordings[name], targets[name] = _check_set(name, pair)
        if recordings[name].n_leads != recordings["real"].n_leads:
            raise ValueError(
                f"{name} has recordings of {recordings[name].n_leads} lead(s), real of {recordings['real'].n_leads}. "
                "Give all three sets with the same leads, in the same order."
            )
    labels = _common_labels(targets)
    rng = check_random_state(random_state)
    seed = rng.randint(2**31 - 1)
    sets = {name: describe(recordings[name].items, targets[name], rate, seed) for name in given}
    every_label = np.unique(np.concatenate(list(targets.values()))).tolist()
    memorisation = compare_distances(
        *(recordings[name].items for name in given), targets["synthetic"], targets["held_out"], rate
    )
    rows = [
        *comparison.usefulness(sets, labels, rng),
        *comparison.discrimination(sets, labels, rng),
        *comparison.distances(sets, labels),
        *comparison.plausibility(sets, every_label),
        *_rows(memorisation),
    ]
    return FidelityReport(tuple(labels), tuple(rows), memorisation, comparison.curves(sets, labels))


class _Set(BaseEstimator):
    """Asks for recordings at the gate."""


def _check_set(name, pair):
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        came = f"{called(pair)} of length {len(pair)}" if hasattr(pair, "__len__") else called(pair)
        raise ValueError(f"{name} is {came}; expected a pair of recordings and their labels: {name}=(X, y).")
    try:
        refuse_odd(pair[1])
        recordings, y = check_recordings(_Set(), *pair)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    if len(recordings) < _FEWEST:
        raise ValueError(
            f"{name} has {len(recordings)} recording(s); a comparison needs at least {_FEWEST} of each set, and says "
            "little with fewer than 50. Generate, or hold out, more."
        )
    return recordings, np.asarray(y)


def _common_labels(targets):
    in_all = set.intersection(*(set(np.unique(y).tolist()) for y in targets.values()))
    if not in_all:
        found = "; ".join(f"{name} {np.unique(y).tolist()}" for name, y in targets.items())
        raise ValueError(f"no label is in all three sets: {found}. Compare sets of the same classes.")
    return sorted(in_all)


def _rows(memorisation):
    near, held = memorisation.synthetic_distances, memorisation.held_out_distances
    values = [
        ("nearest_distance", float(np.nanmedian(near)), float(np.nanmedian(held))),
        (
            "share_near",
            memorisation.n_near / memorisation.n_compared,
            memorisation.n_expected / memorisation.n_compared,
        ),
        ("p_value", memorisation.p_value, np.nan),
        ("suspicious", float(len(memorisation.suspicious)), np.nan),
    ]
    return [
        comparison.Row("memorisation", measure, None, "count" if measure == "suspicious" else "", np.nan, *of_sets)
        for measure, *of_sets in values
    ]
