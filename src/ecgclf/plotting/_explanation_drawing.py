"""Shades, bars and strips of an explanation."""

from itertools import pairwise

import numpy as np

from ._paper import EDGE, INK, MM, PAPER, PULSE

_AGAINST, _FOR, _HATCH = "#6c9bd2", "#f5a65b", "#2f5a8a"
_HATCH_LEVELS, _HATCH_ALPHA = 16, 0.7  # the opacity of a collection is one for all its hatches
# Rooms for strips, in mV: coarse squares, so that every baseline lies on a line.
_UNDER_LEAD, _UNDER_ROW, _ATTENTION = 0.5, 1.0, 1.0
_PAD = 0.06  # mV between a strip's edge and the longest bar
_BELOW_GRID, _ON_GRID, _BARS = -1, 0.5, 1  # zorder; the grid has 0, traces have 2
_BAR_WIDTH, _BAR_GAP, _TALLEST_BAR = 4, 5, 60  # mm


class Scale:
    """Colours and heights of weights, symmetric about 0."""

    def __init__(self, limit):
        from matplotlib.colors import LinearSegmentedColormap, Normalize

        self.limit = limit
        self.norm = Normalize(-limit, limit)
        self.cmap = LinearSegmentedColormap.from_list("against_for", [_AGAINST, PAPER, _FOR])

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


def rooms(intervals, attention):
    """Tell how many mV the strips need under each lead and under each row."""
    of_leads = intervals[:, 1] >= 0
    under_row = _UNDER_ROW * np.any(~of_leads) + _ATTENTION * (attention is not None)
    return _UNDER_LEAD * np.any(of_leads), under_row


def draw_weights(ax, layout, intervals, weights, scale):
    """Shade the intervals and draw their weights as bars, and return both."""
    strips = _draw_weight_strips(ax, layout, set(intervals[:, 1].tolist()))
    shades, bars, values = [], [], []
    for row in range(len(layout.rows)):
        begin, n_timepoints = layout.begin(row), layout.rows[row].shape[1]
        for feature, lead, start, stop in intervals:
            left, right = np.clip([start - begin, stop - begin], 0, n_timepoints) / layout.rate
            if left == right:
                continue
            # A lead of -1 stands for all, from the first to the last.
            top, bottom = layout.tops[row, max(lead, 0)], layout.floors[row, lead]
            zero, reach = strips[row, lead]
            height = zero + reach * np.clip(weights[feature] / scale.limit, -1, 1)
            shades.append(_box(left, right, bottom, top))
            bars.append(_box(left, right, zero, height))
            values.append(weights[feature])
    values = np.array(values)
    drawn = (
        scale.polygons(shades, values, linewidths=0, antialiaseds=False, zorder=_BELOW_GRID),
        scale.polygons(bars, values, linewidths=0.4, edgecolors=INK, zorder=_BARS),
    )
    for polygons in (*drawn, *scale.hatches(shades, values, zorder=_BELOW_GRID)):
        ax.add_collection(polygons, autolim=False)
    return drawn


def draw_attention(ax, layout, attention):
    """Draw the attention at the bottom of each row, and return its lines."""
    lines, highest = [], attention.max() or 1.0
    for row, bottom in enumerate(layout.bottoms):
        begin, n_timepoints = layout.begin(row), layout.rows[row].shape[1]
        _draw_strip(ax, layout.width, bottom, _ATTENTION, "attention")
        time = np.arange(n_timepoints) / layout.rate
        height = bottom + _PAD + attention[begin : begin + n_timepoints] / highest * (_ATTENTION - 2 * _PAD)
        lines += ax.plot(time, height, color=INK, linewidth=0.6, zorder=_BARS)
        ax.fill_between(time, bottom + _PAD, height, color="#9a9a9a", linewidth=0, zorder=_BARS)
    return lines


def draw_colorbar(axes, shades, scale, to_scale):
    """Draw the colour bar of all papers: in the margin of a figure to scale, else where the axes give room."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    figure = axes[0].figure
    beyond = "both" if any((np.abs(drawn.get_array()) > scale.limit).any() for drawn in shades) else "neither"
    if to_scale:
        width, height = figure.get_size_inches() / MM
        right = max(ax.get_position().x1 for ax in axes)
        paper = axes[0].get_position()
        tall = min(paper.height, _TALLEST_BAR / height)
        place = figure.add_axes((right + _BAR_GAP / width, paper.y1 - tall, _BAR_WIDTH / width, tall))
        colorbar = figure.colorbar(shades[0], cax=place, extend=beyond)
    else:
        colorbar = figure.colorbar(shades[0], ax=list(axes), extend=beyond, aspect=15, shrink=0.8)
    colorbar.set_label("weight: + for, − against", fontsize=7)
    colorbar.locator = MaxNLocator(nbins=8, steps=[1, 2, 2.5, 5, 10])
    colorbar.formatter = FuncFormatter(_signed)
    colorbar.ax.tick_params(labelsize=7)
    edges = -np.linspace(0, scale.limit, _HATCH_LEVELS + 1)
    steps = [_box(0, 1, low, high) for high, low in pairwise(edges)]
    for hatches in scale.hatches(steps, (edges[1:] + edges[:-1]) / 2):
        colorbar.ax.add_collection(hatches, autolim=False)
    return colorbar


def _draw_weight_strips(ax, layout, leads):
    """Draw the strips that bars stand in; give the zero line of each and the reach of its bars, by row and lead."""
    found = {}
    for row in range(len(layout.rows)):
        for lead in leads:
            room = _UNDER_ROW if lead < 0 else _UNDER_LEAD
            top = layout.floors[row, lead] - (layout.under_leads if lead < 0 else 0)
            zero, reach = top - room / 2, room / 2 - _PAD
            found[row, lead] = zero, reach
            _draw_strip(ax, layout.width, top - room, room, "weight")
            ax.hlines(zero, 0, layout.width, colors=INK, linewidth=0.4, zorder=_ON_GRID)
            for sign, height in (("+", zero + room / 4), ("−", zero - room / 4)):
                ax.text(-PULSE / 2, height, sign, size=6, ha="center", va="center", color=INK)
    return found


def _draw_strip(ax, width, bottom, room, name):
    """Cover the squares, which mean nothing here."""
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((-PULSE, bottom), width + PULSE, room, color="white", linewidth=0, zorder=_ON_GRID))
    ax.hlines([bottom, bottom + room], -PULSE, width, colors=EDGE, linewidth=0.6, zorder=_ON_GRID)
    ax.text(-0.008, bottom + room / 2, name, size=6, ha="right", va="center", transform=ax.get_yaxis_transform())


def _signed(number, _position=None):
    return "0" if number == 0 else f"{number:+g}".replace("-", "−")


def _box(left, right, bottom, top):
    return [(left, bottom), (left, top), (right, top), (right, bottom)]
