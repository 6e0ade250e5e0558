"""Weights of features without a recording: of many recordings, or of many seeds."""

import numpy as np

from ecgclf._docstrings import document
from ecgclf._numbers import is_whole
from ecgclf._recordings import visible
from ecgclf.plotting._checks import choose
from ecgclf.plotting._scale import LIMIT_PARAMETER, MEANING, Scale, box, signed

_HEIGHT, _OTHER = 0.2, 1.3  # inches, of a feature and of all else
_OPTIONS = f"""\
n_features : int, default=20
    Number of features drawn at most: those of the largest absolute mean weights, in their order.
title : str, default=None
    Written before the label.
{LIMIT_PARAMETER}"""


class WeightsDisplay:
    """Mean weights of features as bars, with how far they vary.

    Bars have the colours of :class:`ExplanationDisplay`: orange and to the right for what speaks for the label, blue
    and hatched and to the left for what speaks against it. The scale is symmetric about 0 and reaches 0.1 at least; on
    axes that share it, as far as any of them needs. Give all of these one `limit` for one scale of colours.

    It is recommended to use :meth:`from_average` or :meth:`from_stability` to create one.

    Parameters
    ----------
    feature_names : sequence of str of length n_features
        Name of each feature.
    weights : ndarray of shape (n_features,)
        Mean weight of each feature; NaN is not drawn.
    std : ndarray of shape (n_features,), default=None
        Standard deviation of each, drawn as a line to both sides.
    repeats : ndarray of shape (n_repeats, n_features), default=None
        Single weights, drawn as points.
    title : str, default=None
        Title of the picture.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes; the first feature is on top.
    figure_ : matplotlib Figure
        The figure that holds them.
    bars_ : matplotlib PolyCollection
        The bars, from top to bottom; their array are the weights.
    spread_ : matplotlib artist or None
        The lines of the standard deviations, or the points.

    See Also
    --------
    ExplanationDisplay : The weights of one explanation, on its recording.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from ecgclf.plotting import WeightsDisplay
    >>> display = WeightsDisplay(
    ...     ["P", "QRS", "T"], [0.02, 0.3, -0.1], std=[0.01, 0.1, 0.05]
    ... ).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['P', 'QRS', 'T']
    """

    def __init__(self, feature_names, weights, *, std=None, repeats=None, title=None):
        self.feature_names = feature_names
        self.weights = weights
        self.std = std
        self.repeats = repeats
        self.title = title

    @classmethod
    @document(options=_OPTIONS)
    def from_average(cls, average, label=None, *, n_features=20, title=None, limit=None, ax=None):
        """Draw the mean weights of explanations of many recordings, and their standard deviations.

        Parameters
        ----------
        average : AverageExplanation
            What :func:`ecgclf.explanation.average_explanations` returned.
        label : object, default=None
            The label; None is the first.
        {options}
        ax : matplotlib Axes, default=None
            Where to draw. By default, a new figure.

        Returns
        -------
        WeightsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the label was not explained, or another argument is of no use.
        """
        (row,) = choose([label] if label is not None else None, average.labels)
        words = f"{average.labels[row]}: mean of {average.counts[row].max()} recordings, R² {average.r2[row]:.2f}"
        display = cls(average.feature_names, average.weights[row], std=average.std[row], title=_title(title, words))
        return display.plot(ax=ax, n_features=n_features, limit=limit)

    @classmethod
    @document(options=_OPTIONS)
    def from_stability(cls, stability, *, n_features=20, title=None, limit=None, ax=None):
        """Draw the weights of explanations of one recording with several seeds, and their means.

        Parameters
        ----------
        stability : Stability
            What ``LimeTimeSeriesExplainer.stability`` returned.
        {options}
        ax : matplotlib Axes, default=None
            Where to draw. By default, a new figure.

        Returns
        -------
        WeightsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If an argument is of no use.
        """
        words = (
            f"{stability.label}: {len(stability.weights)} seeds, rank correlation {stability.spearman:.2f}, "
            f"overlap of the top {stability.top} {stability.jaccard:.2f}"
        )
        weights = stability.weights
        display = cls(stability.feature_names, weights.mean(axis=0), repeats=weights, title=_title(title, words))
        return display.plot(ax=ax, n_features=n_features, limit=limit)

    @document(limit=LIMIT_PARAMETER)
    def plot(self, ax=None, *, n_features=20, limit=None):
        """Draw the weights.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. By default, a new figure.
        n_features : int, default=20
            Number of features drawn at most: those of the largest absolute mean weights, in their order.
        {limit}

        Returns
        -------
        WeightsDisplay
            The display itself.

        Raises
        ------
        ValueError
            If a parameter is of no use, or the axes share their features with others that have other ones.
        """
        import matplotlib.pyplot as plt
        from matplotlib.ticker import FuncFormatter

        weights = self._checked("weights", ())
        shown = _strongest(weights, n_features)
        spread = np.empty((0, len(weights))) if self.repeats is None else self._checked("repeats", (-1,))
        if self.std is not None:
            spread = weights + np.multiply([[-1], [1]], self._checked("std", ()))
        weights, spread, places = weights[shown], spread[:, shown], np.arange(len(shown))
        drawn = np.concatenate([weights, spread.ravel()])
        scale = Scale(limit, drawn[~np.isnan(drawn)])
        names = [self.feature_names[i] for i in shown]
        if ax is None:
            _, ax = plt.subplots(figsize=(6.4, _OTHER + _HEIGHT * len(shown)), layout="constrained")
        reach = max(1.05 * scale.limit, *np.abs(ax.get_xlim() if _drawn_beside(ax, "x") else (0, 0)))
        if _drawn_beside(ax, "y"):
            _check_same_features(ax, names)
        self.ax_, self.figure_ = ax, ax.figure

        corners = [box(*sorted((0.0, weight)), place - 0.35, place + 0.35) for place, weight in enumerate(weights)]
        self.bars_ = scale.polygons(corners, weights, linewidths=0.6, edgecolors="#1a1a1a")
        known = ~np.isnan(weights)
        hatches = scale.hatches([corners[i] for i in np.flatnonzero(known)], weights[known])
        for polygons in (self.bars_, *hatches):
            ax.add_collection(polygons, autolim=False)
        self.spread_ = None
        if self.std is not None:
            self.spread_ = ax.hlines(places, *spread, colors="#1a1a1a", linewidth=1.2)
        elif len(spread):
            (self.spread_,) = ax.plot(
                spread.ravel(), np.tile(places, len(spread)), "o", color="#1a1a1a", markersize=2.5, alpha=0.7
            )
        ax.axvline(0, color="#1a1a1a", linewidth=0.6)
        ax.set(xlim=(-reach, reach), ylim=(len(shown) - 0.4, -0.6))
        if ax.xaxis.get_tick_params().get("labelbottom", True):
            # The inner ones of axes that share a scale leave it to the last.
            ax.set_xlabel(MEANING)
        ax.set_yticks(places, names, fontsize=8)
        ax.xaxis.set_major_formatter(FuncFormatter(signed))
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
        if self.title is not None:
            ax.set_title(self.title, loc="left", fontsize=9)
        return self

    def _checked(self, name, rows):
        """Give weights, or what goes with them, if there is one for each feature."""
        given = visible(getattr(self, name), name)
        shape = (*rows, len(self.feature_names))
        if given.dtype.kind not in "biuf" or given.ndim != len(shape) or given.shape[-1] != shape[-1]:
            raise ValueError(
                f"{name} has shape {given.shape} and dtype {given.dtype}; expected one number for each of the "
                f"{shape[-1]} feature_names{' in each row' if rows else ''}."
            )
        return given.astype(float)


def _drawn_beside(ax, which):
    """Tell whether one of the other axes that share "x" or "y" holds something already."""
    group = {"x": ax.get_shared_x_axes, "y": ax.get_shared_y_axes}[which]()
    return any(other.has_data() for other in group.get_siblings(ax) if other is not ax)


def _check_same_features(ax, names):
    from matplotlib.ticker import FixedLocator

    if isinstance(ax.yaxis.get_major_locator(), FixedLocator):
        others = ax.yaxis.get_major_formatter().format_ticks(ax.yaxis.get_majorticklocs())
        if others != names:
            raise ValueError(
                f"the axes share y with others, of the features {others}; these are {names}. Draw the same ones, or "
                "on axes that do not share y."
            )


def _title(title, words):
    return f"{title}, {words}" if title else words


def _strongest(weights, n_features):
    if not is_whole(n_features, 1):
        raise ValueError(f"n_features={n_features!r} must be a positive whole number.")
    order = np.argsort(-np.nan_to_num(np.abs(weights), nan=-1.0), kind="stable")
    return np.sort(order[:n_features])
