"""Colours of weights that are changes of probability."""

from itertools import pairwise

import numpy as np

from ecgclf._numbers import is_finite
from ecgclf.plotting._paper import MM, PAPER

#: Weights of the strongest colour are at least so large: what changes a probability by a hundredth is not loud.
FLOOR = 0.1
MEANING = "change of the probability: + for, − against"
_AGAINST, _FOR, _HATCH = "#6c9bd2", "#f5a65b", "#2f5a8a"
_HATCH_LEVELS, _HATCH_ALPHA = 16, 0.7  # the opacity of a collection is one for all its hatches
_BAR_WIDTH, _BAR_GAP, _TALLEST_BAR = 4, 5, 60  # mm

#: The parameter of all displays of weights, for their docstrings.
LIMIT_PARAMETER = """\
limit : float, default=None
    Change of probability of the strongest colour, for a scale that several pictures share. By default, the largest
    absolute weight drawn, but at least 0.1."""


class Scale:
    """Colours and heights of weights, symmetric about 0."""

    def __init__(self, limit, weights):
        from matplotlib.colors import LinearSegmentedColormap, Normalize

        if limit is None:
            limit = np.abs(weights).max(initial=FLOOR)
        elif not is_finite(limit) or limit <= 0:
            raise ValueError(f"limit={limit!r} must be a positive change of probability.")
        self.limit = float(limit)
        self.norm = Normalize(-self.limit, self.limit)
        self.cmap = LinearSegmentedColormap.from_list("against_for", [_AGAINST, PAPER, _FOR])

    def share(self, weights):
        """Tell how far weights reach from 0 towards the end of the scale, from -1 to 1."""
        return np.clip(weights / self.limit, -1, 1)

    def polygons(self, corners, weights, **options):
        from matplotlib.collections import PolyCollection

        drawn = PolyCollection(corners, norm=self.norm, cmap=self.cmap, **options)
        drawn.set_array(weights)
        return drawn

    def hatches(self, corners, weights, **options):
        """Hatch those of the polygons whose weights are negative, the stronger the more, and next to 0 not at all."""
        from matplotlib import rc_context
        from matplotlib.collections import PolyCollection

        strongest = _HATCH_LEVELS - 1
        levels = np.clip(-weights / self.limit * _HATCH_LEVELS, 0, strongest).astype(int)
        # Collections take the width of their hatches from here only.
        with rc_context({"hatch.linewidth": 0.5}):
            return [
                PolyCollection(
                    [polygon for polygon, own in zip(corners, levels, strict=True) if own == level],
                    facecolors="none",
                    edgecolors=_HATCH,
                    hatch="////",
                    linewidths=0,
                    alpha=_HATCH_ALPHA * level / strongest,
                    **options,
                )
                for level in sorted(set(levels.tolist()) - {0})
            ]

    def draw_colorbar(self, axes, shades, to_scale):
        """Draw the colour bar of all papers: in the margin of a figure to scale, else where the axes give room."""
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        figure = axes[0].figure
        beyond = "both" if any((np.abs(drawn.get_array()) > self.limit).any() for drawn in shades) else "neither"
        if to_scale:
            width, height = figure.get_size_inches() / MM
            right = max(ax.get_position().x1 for ax in axes)
            paper = axes[0].get_position()
            tall = min(paper.height, _TALLEST_BAR / height)
            place = figure.add_axes((right + _BAR_GAP / width, paper.y1 - tall, _BAR_WIDTH / width, tall))
            colorbar = figure.colorbar(shades[0], cax=place, extend=beyond)
        else:
            colorbar = figure.colorbar(shades[0], ax=list(axes), extend=beyond, aspect=15, shrink=0.8)
        colorbar.set_label(MEANING.replace(": ", ":\n"), fontsize=7)
        colorbar.locator = MaxNLocator(nbins=8, steps=[1, 2, 2.5, 5, 10])
        colorbar.formatter = FuncFormatter(signed)
        colorbar.ax.tick_params(labelsize=7)
        edges = -np.linspace(0, self.limit, _HATCH_LEVELS + 1)
        steps = [box(0, 1, low, high) for high, low in pairwise(edges)]
        for hatches in self.hatches(steps, (edges[1:] + edges[:-1]) / 2):
            colorbar.ax.add_collection(hatches, autolim=False)
        return colorbar


def signed(number, _position=None):
    return "0" if number == 0 else f"{number:+g}".replace("-", "−")


def box(left, right, bottom, top):
    return [(left, bottom), (left, top), (right, top), (right, bottom)]
