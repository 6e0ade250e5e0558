"""ECG paper: how recordings are laid out on it in rows and strips, and how it is drawn."""

from dataclasses import dataclass
from math import ceil
from numbers import Real

import numpy as np

from .._recordings import as_recording

MM_PER_SECOND, MM_PER_MILLIVOLT = 25, 10
MM = 1 / 25.4  # inches
MARGINS = {"left": 18, "right": 6, "bottom": 13, "top": 10}  # in mm
PAPER, INK = "#fffafa", "#1a1a1a"
_SMALL, _LARGE = (0.04, 0.1), (0.2, 0.5)  # squares of 1 mm and 5 mm, in s and mV
_ROW = 11.0  # s; longer recordings are wrapped
_NARROWEST = 2.0  # s
_TALLEST = 3.0  # mV to each side of a baseline; artefacts beyond overlap the next strip
_MOST_LEADS = 64
PULSE = 0.4  # s before the signal, for the calibration pulse
EDGE = "#eea9a9"
# Transparent, so that on shaded paper they are darker than the shade; on plain paper #f9dcdc and, over that, #eea9a9.
_FINE, _COARSE, _MARK = "#e1646433", "#dd5c5c66", "#1f5fbf"


@dataclass(frozen=True)
class Layout:
    """Where on the paper the rows of a recording lie; heights are in mV from the baseline of the last strip.

    `baselines`, `tops` and `floors` of the leads have the shape (n_rows, n_leads), `bottoms` of the rows (n_rows,).
    The room asked for under leads and rows lies beneath the floors.
    """

    rate: float
    first: int
    rows: list
    row_length: int
    width: float
    baselines: np.ndarray
    tops: np.ndarray
    floors: np.ndarray
    bottoms: np.ndarray
    under_leads: float

    @property
    def size_mm(self):
        height = self.tops[0, 0] - self.bottoms[-1]
        return (self.width + PULSE) * MM_PER_SECOND, height * MM_PER_MILLIVOLT

    def begin(self, row):
        """Tell which sample of the recording a row begins with."""
        return self.first + row * self.row_length


def lay_out(leads, rate, first, last, *, under_leads=0.0, under_rows=0.0):
    """Cut the samples `first` to `last` into rows and stack their leads, with room in mV under leads and rows."""
    shown = leads[:, first:last] - _medians(leads[:, first:last])
    length = shown.shape[1] / rate
    n_rows = ceil(length / _ROW)
    width = max(_NARROWEST, _LARGE[0] * ceil(length / n_rows / _LARGE[0] - 1e-9))
    row_length = ceil(width * rate - 1e-9)
    rows = [shown[:, i : i + row_length] for i in range(0, shown.shape[1], row_length)]

    level, strips, bottoms = 0.0, [], []
    for row in rows:
        for lead in row:
            down, up = _reach(lead)
            strips.append((level, level - up, level - up - down))
            level -= up + down + under_leads
        level -= under_rows
        bottoms.append(level)
    tops, baselines, floors = np.reshape(strips, (len(rows), len(leads), 3)).transpose(2, 0, 1)
    origin = baselines[-1, -1]
    return Layout(
        rate=rate,
        first=first,
        rows=rows,
        row_length=row_length,
        width=width,
        baselines=baselines - origin,
        tops=tops - origin,
        floors=floors - origin,
        bottoms=np.array(bottoms) - origin,
        under_leads=under_leads,
    )


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
    """Draw paper, traces, pulses, marks and ticks, and return the traces."""
    ax.set_aspect(MM_PER_MILLIVOLT / MM_PER_SECOND)
    _draw_paper(ax, layout.width, layout.bottoms[-1], layout.tops[0, 0])
    lines, labels = [], []
    n_rows = len(layout.rows)
    for i, (row, of_row) in enumerate(zip(layout.rows, layout.baselines, strict=True)):
        time = np.arange(row.shape[1]) / layout.rate
        for lead, baseline in zip(row, of_row, strict=True):
            lines += _draw_trace(ax, time, lead + baseline, halo)
            _draw_pulse(ax, baseline)
        begin = layout.begin(i)
        in_row = peaks[(peaks >= begin) & (peaks < begin + row.shape[1])] - begin
        _draw_marks(ax, time[in_row], row[0, in_row], of_row[0])
        labels += _strip_labels(names, begin / layout.rate, with_time=n_rows > 1)
    ax.set_yticks(layout.baselines.ravel(), labels)
    scale = f"{MM_PER_SECOND} mm/s, {MM_PER_MILLIVOLT} mm/mV; " if to_scale else ""
    ax.set_xlabel(
        f"{'Time (s)' if n_rows == 1 else 'Time within the row (s)'}      {scale}the pulse is 1 mV",
        fontsize=8,
    )
    begin = layout.first / layout.rate if n_rows == 1 else 0.0
    seconds = np.arange(ceil(begin), begin + layout.width + 1e-9)
    ax.set_xticks(seconds - begin, [f"{second:g}" for second in seconds])
    return lines


def check_recording(recording):
    # What is missing is left blank.
    leads = np.atleast_2d(as_recording(recording, "recording", gaps=True)).astype(np.float64)
    if len(leads) > _MOST_LEADS:
        raise ValueError(f"recording has {len(leads)} leads, and {_MOST_LEADS} fit on paper. Choose among them.")
    return leads


def check_names(names, n_leads):
    if names is None:
        return [""] if n_leads == 1 else [str(i + 1) for i in range(n_leads)]
    if isinstance(names, str) or len(names) != n_leads:
        raise ValueError(
            f"lead_names={names!r} does not fit a recording of {n_leads} lead(s). Give a list of one name "
            "for each lead."
        )
    return [str(name) for name in names]


def check_part(start, duration, n_timepoints, rate):
    length = n_timepoints / rate
    numbers = [value for value in (start, duration) if value is not None]
    if not all(isinstance(value, Real) and np.isfinite(value) for value in numbers):
        raise ValueError(f"start={start!r} and duration={duration!r} must be numbers of seconds.")
    first = round(start * rate)
    last = n_timepoints if duration is None else min(n_timepoints, first + round(duration * rate))
    if not 0 <= first < last:
        raise ValueError(
            f"start={start!r} and duration={duration!r} leave nothing to draw of a recording of "
            f"{length:g} s. Choose 0 <= start < {length:g} and a positive duration."
        )
    return first, last


def check_peaks(r_peaks, n_timepoints):
    peaks = np.asarray([] if r_peaks is None else r_peaks)
    if peaks.size == 0:
        return np.empty(0, dtype=int)
    if peaks.ndim != 1 or peaks.dtype.kind not in "iu":
        raise ValueError(
            f"r_peaks has shape {peaks.shape} and dtype {peaks.dtype}, expected sample numbers of shape "
            "(n_beats,). To get them from seconds, multiply by the sampling rate and round."
        )
    if peaks.min() < 0 or peaks.max() >= n_timepoints:
        raise ValueError(
            f"r_peaks reach from {peaks.min()} to {peaks.max()}, but the recording has samples 0 to "
            f"{n_timepoints - 1}. Give samples of this recording, at its sampling rate."
        )
    return peaks


def _medians(leads):
    measured = [lead[~np.isnan(lead)] for lead in leads]
    return np.array([[np.median(lead) if lead.size else 0.0] for lead in measured])


def _reach(lead):
    measured = lead[~np.isnan(lead)]
    if measured.size == 0:
        return _LARGE[1], 3 * _LARGE[1]
    reach = np.clip([-measured.min(), measured.max()], 0, _TALLEST - 0.1)
    # In coarse squares: room for a mark at the tip, and for the calibration pulse.
    squares = np.ceil((reach + 0.25) / _LARGE[1])
    return np.maximum([1, 3], squares) * _LARGE[1]


def _draw_paper(ax, width, bottom, top):
    ax.set_facecolor(PAPER)
    for (seconds, millivolts), colour, thickness in (
        (_SMALL, _FINE, 0.4),
        (_LARGE, _COARSE, 0.6),
    ):
        columns = np.arange(round(-PULSE / seconds), round(width / seconds) + 1) * seconds
        lines = np.arange(round(bottom / millivolts), round(top / millivolts) + 1) * millivolts
        ax.vlines(columns, bottom, top, colors=colour, linewidth=thickness, zorder=0)
        ax.hlines(lines, -PULSE, width, colors=colour, linewidth=thickness, zorder=0)
    ax.set_xlim(-PULSE, width)
    ax.set_ylim(bottom, top)
    ax.tick_params(length=0, labelsize=8)
    for spine in ax.spines.values():
        spine.set_color(EDGE)


def _draw_trace(ax, time, heights, halo):
    from matplotlib.patheffects import Normal, Stroke

    effects = [Stroke(linewidth=2.4, foreground=PAPER, alpha=0.8), Normal()] if halo else None
    return ax.plot(time, heights, color=INK, linewidth=0.8, solid_joinstyle="round", path_effects=effects)


def _draw_pulse(ax, baseline):
    time = [-0.36, -0.32, -0.32, -0.12, -0.12, -0.08]
    height = np.array([0, 0, 1, 1, 0, 0]) + baseline
    ax.plot(time, height, color=INK, linewidth=0.8)


def _draw_marks(ax, time, tips, baseline):
    for marker, gap, chosen in (("v", 0.15, tips >= 0), ("^", -0.15, tips < 0)):
        ax.plot(
            time[chosen],
            tips[chosen] + baseline + gap,
            marker,
            color=_MARK,
            markersize=4,
            linestyle="none",
        )


def _strip_labels(names, seconds, with_time):
    labels = list(names)
    if with_time:
        labels[0] = f"{labels[0]}\n{round(seconds, 1):g} s".strip()
    return labels
