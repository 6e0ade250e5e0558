"""A recording on ECG paper."""

from math import ceil
from numbers import Real

import numpy as np

from ..signal._checks import check_sampling_rate

_MM = 1 / 25.4  # inches
_MM_PER_SECOND, _MM_PER_MILLIVOLT = 25, 10
_SMALL, _LARGE = (0.04, 0.1), (0.2, 0.5)  # squares of 1 mm and 5 mm, in s and mV
_ROW = 11.0  # s; longer recordings are wrapped
_NARROWEST = 2.0  # s
_TALLEST = 3.0  # mV to each side of a baseline; artefacts beyond overlap the next strip
_MOST_LEADS = 64
_LEFT, _RIGHT, _BOTTOM, _TOP = 18, 6, 13, 10  # margins, in mm
_PULSE = 0.4  # s before the signal, for the calibration pulse
_PAPER, _FINE, _COARSE, _INK, _MARK = "#fffafa", "#f9dcdc", "#eea9a9", "#1a1a1a", "#1f5fbf"


class RecordingDisplay:
    """A recording drawn on ECG paper.

    On a figure of its own the paper is true to scale, 25 mm to the second and 10 mm to the millivolt, with lines
    every 1 mm and 5 mm; on axes given by the caller it keeps these proportions. Leads are stacked, and what is
    longer than 11 s is wrapped into rows of equal length. Each trace is moved so that its median lies on a
    line: ECG paper shows differences, and the pulse before each trace is 1 mV high.

    It is recommended to use :meth:`from_recording` to create one.

    Parameters
    ----------
    recording : array-like of shape (n_timepoints,) or (n_leads, n_timepoints)
        The recording, in mV. Samples that are NaN are left blank.
    sampling_rate : float, default=300.0
        Its sampling rate, in Hz.
    lead_names : sequence of str of length n_leads, default=None
        Names of the leads. By default, several leads are numbered from 1.
    r_peaks : array-like of int of shape (n_beats,), default=None
        Sample of each R peak, marked on the first lead.
    title : str, default=None
        Title of the picture.
    start : float, default=0.0
        Where the drawn part begins, in seconds.
    duration : float, default=None
        Length of the drawn part, in seconds; None for all that follows.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The paper. Its units are seconds within a row, and millivolts from the baseline of the last strip.
    figure_ : matplotlib Figure
        The figure that holds it.
    lines_ : list of matplotlib Line2D
        The traces, row after row and within a row lead after lead.

    See Also
    --------
    HistoryDisplay : Learning curves of a classifier.
    ecgclf.signal.find_r_peaks : Finds what to give as `r_peaks`.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import numpy as np
    >>> from ecgclf.plotting import RecordingDisplay
    >>> time = np.arange(6000) / 300
    >>> recording = np.exp(-((((time % 0.8) - 0.4) / 0.02) ** 2))
    >>> display = RecordingDisplay.from_recording(recording, sampling_rate=300.0)

    20 s are drawn in two rows:

    >>> len(display.lines_)
    2
    """

    def __init__(
        self,
        recording,
        *,
        sampling_rate=300.0,
        lead_names=None,
        r_peaks=None,
        title=None,
        start=0.0,
        duration=None,
    ):
        self.recording = recording
        self.sampling_rate = sampling_rate
        self.lead_names = lead_names
        self.r_peaks = r_peaks
        self.title = title
        self.start = start
        self.duration = duration

    @classmethod
    def from_recording(
        cls,
        recording,
        *,
        sampling_rate=300.0,
        lead_names=None,
        r_peaks=None,
        title=None,
        start=0.0,
        duration=None,
        ax=None,
    ):
        """Draw a recording.

        Parameters
        ----------
        recording : array-like of shape (n_timepoints,) or (n_leads, n_timepoints)
            The recording, in mV. Samples that are NaN are left blank.
        sampling_rate : float, default=300.0
            Its sampling rate, in Hz.
        lead_names : sequence of str of length n_leads, default=None
            Names of the leads. By default, several leads are numbered from 1.
        r_peaks : array-like of int of shape (n_beats,), default=None
            Sample of each R peak, marked on the first lead.
        title : str, default=None
            Title of the picture.
        start : float, default=0.0
            Where the drawn part begins, in seconds.
        duration : float, default=None
            Length of the drawn part, in seconds; None for all that follows.
        ax : matplotlib Axes, default=None
            Where to draw. By default, a new figure of the right size.

        Returns
        -------
        RecordingDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the recording is not of one of these shapes, or another argument does not fit it.
        """
        display = cls(
            recording,
            sampling_rate=sampling_rate,
            lead_names=lead_names,
            r_peaks=r_peaks,
            title=title,
            start=start,
            duration=duration,
        )
        return display.plot(ax=ax)

    def plot(self, ax=None):
        """Draw the recording.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. By default, a new figure of the right size.

        Returns
        -------
        RecordingDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the recording is not of one of the shapes named, or another parameter does not fit it.
        """
        rate = check_sampling_rate(self.sampling_rate)
        leads = _check_recording(self.recording)
        names = _check_names(self.lead_names, len(leads))
        first, last = _check_part(self.start, self.duration, leads.shape[1], rate)
        peaks = _check_peaks(self.r_peaks, leads.shape[1])
        shown = leads[:, first:last] - _medians(leads[:, first:last])

        length = shown.shape[1] / rate
        n_rows = ceil(length / _ROW)
        width = max(_NARROWEST, _LARGE[0] * ceil(length / n_rows / _LARGE[0] - 1e-9))
        row_length = ceil(width * rate - 1e-9)
        rows = [shown[:, i : i + row_length] for i in range(0, shown.shape[1], row_length)]
        baselines, bottom, top = _stack_strips(rows)

        self.ax_ = _new_axes(width, top - bottom) if ax is None else ax
        self.figure_ = self.ax_.figure
        self.ax_.set_aspect(_MM_PER_MILLIVOLT / _MM_PER_SECOND)
        _draw_paper(self.ax_, width, bottom, top)

        self.lines_, labels = [], []
        for i, (row, of_row) in enumerate(zip(rows, baselines, strict=True)):
            time = np.arange(row.shape[1]) / rate
            for lead, baseline in zip(row, of_row, strict=True):
                self.lines_ += self.ax_.plot(time, lead + baseline, color=_INK, linewidth=0.8, solid_joinstyle="round")
                _draw_pulse(self.ax_, baseline)
            begin = first + i * row_length
            in_row = peaks[(peaks >= begin) & (peaks < begin + row.shape[1])] - begin
            _draw_marks(self.ax_, time[in_row], row[0, in_row], of_row[0])
            labels += _strip_labels(names, begin / rate, with_time=n_rows > 1)
        self.ax_.set_yticks(np.concatenate(baselines), labels)
        scale = "" if ax is not None else f"{_MM_PER_SECOND} mm/s, {_MM_PER_MILLIVOLT} mm/mV; "
        self.ax_.set_xlabel(
            f"{'Time (s)' if n_rows == 1 else 'Time within the row (s)'}      {scale}the pulse is 1 mV",
            fontsize=8,
        )
        begin = first / rate if n_rows == 1 else 0.0
        seconds = np.arange(ceil(begin), begin + width + 1e-9)
        self.ax_.set_xticks(seconds - begin, [f"{second:g}" for second in seconds])
        if self.title is not None:
            self.ax_.set_title(self.title, loc="left", fontsize=10)
        return self


def _check_recording(recording):
    leads = np.asarray(recording)
    if leads.dtype.kind not in "biuf" or leads.ndim not in (1, 2) or leads.size == 0:
        raise ValueError(
            f"recording has shape {leads.shape} and dtype {leads.dtype}; expected numbers in mV of shape "
            "(n_timepoints,) or (n_leads, n_timepoints), with at least one sample. Draw one recording at a time."
        )
    leads = np.atleast_2d(leads).astype(np.float64)
    if len(leads) > _MOST_LEADS:
        raise ValueError(
            f"recording has {len(leads)} leads of {leads.shape[1]} samples. If its first axis is time, give "
            "its transpose, recording.T."
        )
    if np.isinf(leads).any():
        raise ValueError("recording contains infinity. Set what is missing to NaN to leave it blank.")
    return leads


def _check_names(names, n_leads):
    if names is None:
        return [""] if n_leads == 1 else [str(i + 1) for i in range(n_leads)]
    if isinstance(names, str) or len(names) != n_leads:
        raise ValueError(
            f"lead_names={names!r} does not fit a recording of {n_leads} lead(s). Give a list of one name "
            "for each lead."
        )
    return [str(name) for name in names]


def _check_part(start, duration, n_timepoints, rate):
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


def _check_peaks(r_peaks, n_timepoints):
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


def _stack_strips(rows):
    """Give the baseline of each strip, downwards and on coarse lines, and the ends of the paper."""
    heights = [[_reach(lead) for lead in row] for row in rows]
    baselines, level = [], 0.0
    for row in heights:
        of_row = []
        for down, up in row:
            level -= up
            of_row.append(level)
            level -= down
        baselines.append(of_row)
    origin = baselines[-1][-1]
    return [np.array(of_row) - origin for of_row in baselines], level - origin, -origin


def _reach(lead):
    measured = lead[~np.isnan(lead)]
    if measured.size == 0:
        return _LARGE[1], 3 * _LARGE[1]
    reach = np.clip([-measured.min(), measured.max()], 0, _TALLEST - 0.1)
    # In coarse squares: room for a mark at the tip, and for the calibration pulse.
    squares = np.ceil((reach + 0.25) / _LARGE[1])
    return np.maximum([1, 3], squares) * _LARGE[1]


def _new_axes(width, height):
    import matplotlib.pyplot as plt

    paper = ((width + _PULSE) * _MM_PER_SECOND, height * _MM_PER_MILLIVOLT)
    size = (paper[0] + _LEFT + _RIGHT, paper[1] + _BOTTOM + _TOP)
    figure = plt.figure(figsize=(size[0] * _MM, size[1] * _MM))
    return figure.add_axes((_LEFT / size[0], _BOTTOM / size[1], paper[0] / size[0], paper[1] / size[1]))


def _draw_paper(ax, width, bottom, top):
    ax.set_facecolor(_PAPER)
    for (seconds, millivolts), colour, thickness in (
        (_SMALL, _FINE, 0.4),
        (_LARGE, _COARSE, 0.6),
    ):
        columns = np.arange(round(-_PULSE / seconds), round(width / seconds) + 1) * seconds
        lines = np.arange(round(bottom / millivolts), round(top / millivolts) + 1) * millivolts
        ax.vlines(columns, bottom, top, colors=colour, linewidth=thickness, zorder=0)
        ax.hlines(lines, -_PULSE, width, colors=colour, linewidth=thickness, zorder=0)
    ax.set_xlim(-_PULSE, width)
    ax.set_ylim(bottom, top)
    ax.tick_params(length=0, labelsize=8)
    for spine in ax.spines.values():
        spine.set_color(_COARSE)


def _draw_pulse(ax, baseline):
    time = [-0.36, -0.32, -0.32, -0.12, -0.12, -0.08]
    height = np.array([0, 0, 1, 1, 0, 0]) + baseline
    ax.plot(time, height, color=_INK, linewidth=0.8)


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
