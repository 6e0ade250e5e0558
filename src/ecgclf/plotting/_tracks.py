"""Tracks under the rows of a paper: what goes along the time of a recording."""

import numpy as np

from ecgclf.plotting._paper import EDGE, INK

ON_GRID, TRACKS = 0.5, 1  # zorder; the grid has 0, traces have 2
PAD = 0.06  # mV from the edge of a track to what is drawn in it
ATTENTION, ATTENTION_ROOM = "attention", 1.0  # mV

#: The parameter of displays with attention, for their docstrings.
ATTENTION_PARAMETER = """\
attention : array-like of shape (n_timepoints,), default=None
    Where a network looked, or any other weights along the time of the recording, non-negative, such as
    ``classifier.attention([recording])[0]``; drawn under each row from 0 to their maximum."""


def open_track(ax, layout, name, bottom, room):
    """Cover the squares of a track, where they mean nothing, and name it."""
    from matplotlib.patches import Rectangle

    size = (layout.width + layout.pulse, room)
    ax.add_patch(Rectangle((-layout.pulse, bottom), *size, color="white", linewidth=0, zorder=ON_GRID))
    ax.hlines([bottom, bottom + room], -layout.pulse, layout.width, colors=EDGE, linewidth=0.6, zorder=ON_GRID)
    ax.text(-0.008, bottom + room / 2, name, size=6, ha="right", va="center", transform=ax.get_yaxis_transform())


def draw_along_time(ax, layout, name, room, values):
    """Draw weights along time in the track of their name, from 0 to their maximum, and return the lines."""
    lines, highest = [], values.max() or 1.0
    for row in layout.rows:
        bottom = row.tracks[name]
        open_track(ax, layout, name, bottom, room)
        time = np.arange(row.stop - row.start) / layout.rate
        height = bottom + PAD + values[row.start : row.stop] / highest * (room - 2 * PAD)
        lines += ax.plot(time, height, color=INK, linewidth=0.6, zorder=TRACKS)
        ax.fill_between(time, bottom + PAD, height, color="#9a9a9a", linewidth=0, zorder=TRACKS)
    return lines
