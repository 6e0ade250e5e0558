"""Shades and bars of an explanation."""

import numpy as np

from ecgclf.plotting._paper import INK
from ecgclf.plotting._scale import box
from ecgclf.plotting._tracks import ON_GRID, PAD, TRACKS, open_track

# Rooms for bars, in mV: coarse squares, so that every baseline lies on a line.
UNDER_LEAD, UNDER_ROW = 0.5, 1.0
NAME = "weight"
_BELOW_GRID = -1  # zorder


def draw_weights(ax, layout, intervals, weights, scale):
    """Shade the intervals and draw their weights as bars, and return both."""
    shades, bars, values = [], [], []
    for row in layout.rows:
        # A lead of -1 stands for all, from the first to the last.
        places = {strip.lead: (strip.top, strip.floor, strip.floor - UNDER_LEAD, UNDER_LEAD) for strip in row.strips}
        if NAME in row.tracks:
            places[-1] = (row.top, row.floor, row.tracks[NAME], UNDER_ROW)
        zeros = {lead: _open_bars(ax, layout, *places[lead][2:]) for lead in sorted(set(intervals[:, 1].tolist()))}
        for feature, lead, start, stop in intervals.tolist():
            place = layout.place(row, start, stop)
            if place is None:
                continue
            top, floor, _, room = places[lead]
            height = zeros[lead] + (room / 2 - PAD) * scale.share(weights[feature])
            shades.append(box(*place, floor, top))
            bars.append(box(*place, zeros[lead], height))
            values.append(weights[feature])
    values = np.array(values)
    drawn = (
        scale.polygons(shades, values, linewidths=0, antialiaseds=False, zorder=_BELOW_GRID),
        scale.polygons(bars, values, linewidths=0.4, edgecolors=INK, zorder=TRACKS),
    )
    for polygons in (*drawn, *scale.hatches(shades, values, zorder=_BELOW_GRID)):
        ax.add_collection(polygons, autolim=False)
    return drawn


def _open_bars(ax, layout, bottom, room):
    """Open a track that bars stand in, and give its zero line."""
    open_track(ax, layout, NAME, bottom, room)
    zero = bottom + room / 2
    ax.hlines(zero, 0, layout.width, colors=INK, linewidth=0.4, zorder=ON_GRID)
    for sign, height in (("+", zero + room / 4), ("−", zero - room / 4)):
        ax.text(-layout.pulse / 2, height, sign, size=6, ha="center", va="center", color=INK)
    return zero
