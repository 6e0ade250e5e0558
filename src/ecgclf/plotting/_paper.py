"""ECG paper: how recordings are drawn on it."""

from math import ceil

import numpy as np

from ecgclf._numbers import is_finite
from ecgclf.plotting._checks import check_names, check_part, check_peaks, warn_of_units
from ecgclf.plotting._layout import MM_PER_MILLIVOLT, MM_PER_SECOND, choose_bands, from_median, lay_out
from ecgclf.signal._checks import check_sampling_rate

MM = 1 / 25.4  # inches
MARGINS = {"left": 18, "right": 6, "bottom": 13, "top": 10}  # in mm
PAPER, INK = "#fffafa", "#1a1a1a"
EDGE = "#eea9a9"
_SQUARES = ((1.0, 0.1), (5.0, 0.5))  # mm and mV
# Transparent, so that on shaded paper they are darker than the shade; on plain paper #f9dcdc and, over that, #eea9a9.
_FINE, _COARSE, _MARK = "#e1646433", "#dd5c5c66", "#1f5fbf"
_TICK_MM = 20.0  # between ticks at least
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
_APART_MM = 5.0  # triangles at the edge that are nearer are one
_NARROW_MM = 75.0  # a paper that has not room for all that is told of its axes in one line
_PAD = 0.06  # mV from the edge of a strip to a mark

#: The parameters of all displays on paper, for their docstrings.
PAPER_PARAMETERS = """\
lead_names : sequence of str of length n_leads or "standard", default=None
    Names of the leads; "standard" says that they are I, II, III, aVR, aVL, aVF, V1 to V6, in this order. Twelve
    leads of these names, in whatever order, are laid out as cardiographs print them: three rows of four leads, each
    for a quarter of the time (2.5 s of 10 s), and lead II whole beneath, for the rhythm. By default, several leads
    are numbered from 1 and drawn one under the other.
stacked : bool, default=False
    Whether to draw such twelve leads one under the other too, each whole.
r_peaks : "auto" or array-like of int of shape (n_beats,), default=None
    Sample of each R peak, marked on the first lead, or on the rhythm strip; "auto" takes those that
    :func:`~ecgclf.signal.find_r_peaks` finds. By default, none is marked.
title : str, default=None
    Title of the picture.
start : float, default=0.0
    Where the drawn part begins, in seconds.
duration : float, default=None
    Length of the drawn part, in seconds; None for all that follows.
speed : float, default=25.0
    Speed of the paper, in mm/s. At 1 mm/s, half an hour takes seven rows."""


def prepare(display, leads, sampling_rate, *, under_leads=0.0, tracks=None, stacked=False):
    """Lay out the leads of a display with the parameters above; give the layout, names and R peaks."""
    rate = check_sampling_rate(sampling_rate)
    names = check_names(display.lead_names, len(leads))
    first, last = check_part(display.start, display.duration, leads.shape[1], rate)
    speed = display.speed
    if not is_finite(speed) or speed <= 0:
        raise ValueError(f"speed={speed!r} must be a positive number of mm/s, such as 25.")
    peaks = check_peaks(display.r_peaks, leads, rate)
    shown = from_median(leads[:, first:last])
    bands, marked = choose_bands(names, stacked or display.stacked)
    layout = lay_out(
        shown, rate, first, bands=bands, marked=marked, speed=speed, under_leads=under_leads, tracks=tracks
    )
    # Of all: a part may lie between two beats.
    warn_of_units(from_median(leads), names, rate)
    return layout, names, peaks


def new_axes(layout, *, n_axes=1, n_columns=1, margins=MARGINS):
    """Make a figure with axes for papers of one layout, row by row and all true to scale; `margins` are in mm."""
    import matplotlib.pyplot as plt

    paper = layout.size_mm
    # Between columns there is no colour bar, which a wider margin on the right is for.
    cell = (paper[0] + margins["left"] + MARGINS["right"], paper[1] + margins["bottom"] + margins["top"])
    n_rows = ceil(n_axes / n_columns)
    size = (n_columns * cell[0] + margins["right"] - MARGINS["right"], n_rows * cell[1])
    figure = plt.figure(figsize=(size[0] * MM, size[1] * MM))
    axes = []
    for i in range(n_axes):
        row, column = divmod(i, n_columns)
        left = column * cell[0] + margins["left"]
        bottom = (n_rows - 1 - row) * cell[1] + margins["bottom"]
        axes.append(figure.add_axes((left / size[0], bottom / size[1], paper[0] / size[0], paper[1] / size[1])))
    return axes


def draw_recording(ax, layout, names, peaks, *, to_scale, halo=False):
    """Draw paper, traces, pulses, marks, names and ticks, and return the traces."""
    ax.set_aspect(MM_PER_MILLIVOLT / layout.speed)
    _draw_paper(ax, layout)
    lines = []
    for row in layout.rows:
        for strip in row.strips:
            lines += _draw_trace(ax, layout, strip, halo)
            if strip.left == 0:
                _draw_pulse(ax, layout, strip.baseline)
            _draw_beyond(ax, layout, strip)
            if strip.band == layout.marked:
                _draw_marks(ax, layout, strip, peaks)
    _draw_names(ax, layout, names)
    scale = f"{layout.speed:g} mm/s, {MM_PER_MILLIVOLT} mm/mV; " if to_scale else ""
    one_row = len(layout.rows) == 1
    # On narrow paper the two would be cut at its edges.
    gap = "      " if layout.size_mm[0] >= _NARROW_MM else "\n"
    ax.set_xlabel(f"{'Time (s)' if one_row else 'Time within the row (s)'}{gap}{scale}the pulse is 1 mV", fontsize=8)
    begin = layout.rows[0].start / layout.rate if one_row else 0.0
    step = next((step for step in _TICKS if step * layout.speed >= _TICK_MM), _TICKS[-1])
    seconds = np.arange(ceil(begin / step - 1e-9), (begin + layout.width) / step + 1e-9) * step
    ax.set_xticks(seconds - begin, [f"{second:g}" for second in seconds])
    return lines


def _draw_paper(ax, layout):
    left, right, bottom, top = -layout.pulse, layout.width, layout.rows[-1].bottom, layout.rows[0].top
    ax.set_facecolor(PAPER)
    for (mm, millivolts), colour, thickness in zip(_SQUARES, (_FINE, _COARSE), (0.4, 0.6), strict=True):
        seconds = mm / layout.speed
        columns = np.arange(round(left / seconds), round(right / seconds) + 1) * seconds
        lines = np.arange(round(bottom / millivolts), round(top / millivolts) + 1) * millivolts
        ax.vlines(columns, bottom, top, colors=colour, linewidth=thickness, zorder=0)
        ax.hlines(lines, left, right, colors=colour, linewidth=thickness, zorder=0)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    ax.tick_params(length=0, labelsize=8)
    for spine in ax.spines.values():
        spine.set_color(EDGE)


def _draw_trace(ax, layout, strip, halo):
    from matplotlib.patheffects import Normal, Stroke

    effects = [Stroke(linewidth=2.4, foreground=PAPER, alpha=0.8), Normal()] if halo else None
    time = strip.left + np.arange(len(strip.values)) / layout.rate
    # At the speed of a survey, the lines of beats would run together.
    width = 0.8 if layout.speed > MM_PER_SECOND / 5 else 0.4
    return ax.plot(time, strip.trace, color=INK, linewidth=width, solid_joinstyle="round", path_effects=effects)


def _draw_pulse(ax, layout, baseline):
    time = np.array([-9, -8, -8, -3, -3, -2]) / layout.speed
    height = np.array([0, 0, 1, 1, 0, 0]) + baseline
    ax.plot(time, height, color=INK, linewidth=0.8)


def _draw_beyond(ax, layout, strip):
    """Draw a triangle at the edge of the strip where the trace goes beyond."""
    from matplotlib.markers import CARETDOWN, CARETUP

    heights = strip.values + strip.baseline
    for marker, edge, beyond in (
        (CARETUP, strip.top, heights > strip.trace),
        (CARETDOWN, strip.floor, heights < strip.trace),
    ):
        samples = np.flatnonzero(beyond)
        if len(samples):
            cuts = np.flatnonzero(np.diff(samples) > _APART_MM / layout.speed * layout.rate) + 1
            middles = np.array([(run[0] + run[-1]) / 2 for run in np.split(samples, cuts)])
            time = strip.left + middles / layout.rate
            ax.plot(time, np.full(len(time), edge), marker=marker, color=INK, markersize=6, linestyle="none")


def _draw_marks(ax, layout, strip, peaks):
    samples = peaks[(peaks >= strip.start) & (peaks < strip.stop)] - strip.start
    tips = np.nan_to_num(strip.trace[samples], nan=strip.baseline)
    upright = tips >= strip.baseline
    for marker, gap, chosen in (("v", 0.15, upright), ("^", -0.15, ~upright)):
        heights = np.clip(tips[chosen] + gap, strip.floor + _PAD, strip.top - _PAD)
        time = strip.left + samples[chosen] / layout.rate
        ax.plot(time, heights, marker, color=_MARK, markersize=4, linestyle="none")


def _draw_names(ax, layout, names):
    """Name leads beside the paper, or on it where several share a band."""
    ticks, labels = [], []
    for row in layout.rows:
        for strip in row.strips:
            if layout.is_page:
                _name_on_paper(ax, layout, strip, names[strip.lead])
            if strip.left == 0:
                ticks.append(strip.baseline)
                labels.append("" if layout.is_page else names[strip.lead])
                if strip is row.strips[0] and len(layout.rows) > 1:
                    labels[-1] = f"{labels[-1]}\n{round(row.start / layout.rate, 1):g} s".strip()
    ax.set_yticks(ticks, labels)


def _name_on_paper(ax, layout, strip, name):
    left = strip.left
    if left > 0:
        ax.vlines(left, strip.baseline - 0.25, strip.baseline + 0.25, colors=INK, linewidth=0.6, zorder=2)
    halo = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 0.5}
    ax.text(left + 1 / layout.speed, strip.top - 0.1, name, size=8, weight="bold", va="top", color=INK, bbox=halo)
