"""What an explanation says, on the recording it explains."""

from numbers import Integral, Real
from textwrap import wrap

import numpy as np

from ..signal import find_r_peaks
from ..signal._checks import check_sampling_rate
from ._explanation_drawing import Scale, draw_attention, draw_colorbar, draw_weights, rooms
from ._paper import MARGINS, check_names, check_part, check_peaks, check_recording, draw_recording, lay_out, new_axes

_LINE = 4.2  # mm, a line of the title
_CHARACTER = 1.9  # mm, a wide one of the title
_COLORBAR = 24  # mm, with its ticks
_NEEDED = (
    "recording",
    "sampling_rate",
    "intervals",
    "feature_names",
    "labels",
    "weights",
    "local_prediction",
    "probabilities",
    "r2",
)


class ExplanationDisplay:
    """The weights of an explanation, on the recording drawn on ECG paper.

    The paper behind each segment takes the colour of its weight: orange where the segment speaks for the label,
    blue and hatched where it speaks against it. The scale is symmetric about 0 and the same for all labels drawn. So
    that nothing is lost in grey, the strip beneath shows the same weights as bars, upwards for and downwards
    against, which reach its edges where the scale ends. The title gives the label, its probability, and how far to
    trust the picture: what the surrogate predicts for the recording and its weighted R².

    It is recommended to use :meth:`from_explanation` to create one.

    Parameters
    ----------
    explanation : Explanation
        What to draw: one explanation of one recording.
    label : label or list of labels, default=None
        The label whose weights are drawn, or several, each on its own paper. By default, the first label of the
        explanation.
    lead_names : sequence of str of length n_leads, default=None
        Names of the leads. By default, several leads are numbered from 1.
    r_peaks : "auto" or array-like of int of shape (n_beats,), default=None
        Sample of each R peak, marked on the first lead; "auto" takes those that
        :func:`~ecgclf.signal.find_r_peaks` finds. By default, none is marked.
    attention : array-like of shape (n_timepoints,), default=None
        Where a network looked, non-negative, such as ``classifier.attention([recording])[0]``; drawn in a strip of
        its own from 0 to its maximum.
    title : str, default=None
        Written before the label, such as the name of the recording.
    start : float, default=0.0
        Where the drawn part begins, in seconds.
    duration : float, default=None
        Length of the drawn part, in seconds; None for all that follows.
    limit : float, default=None
        Weight of the strongest colour, for a scale that several pictures share. By default, the largest absolute
        weight of the labels drawn.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n_labels_drawn,)
        The papers. Their units are seconds within a row, and millivolts from the baseline of the last trace.
    figure_ : matplotlib Figure
        The figure that holds them.
    lines_ : list of matplotlib Line2D
        The traces: paper after paper, row after row and within a row lead after lead.
    shades_ : list of matplotlib PolyCollection
        The shades behind the traces, one collection a paper. Each interval is one polygon, or one in each row that it
        crosses, in the order of the rows and within a row of ``explanation.intervals``; the array are their weights.
    bars_ : list of matplotlib PolyCollection
        The bars in the strips, in the same order.
    attention_lines_ : list of matplotlib Line2D
        The attention, paper after paper and row after row; empty if there is none.
    colorbar_ : matplotlib Colorbar or None
        The colour bar of all papers; None if none was asked for.

    See Also
    --------
    RecordingDisplay : A recording on ECG paper.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> from ecgclf.plotting import ExplanationDisplay

    Anything with the attributes of an explanation can be drawn. Here are two seconds in four segments, of which the
    second speaks for "A" and the last against it:

    >>> time = np.arange(600) / 300
    >>> explanation = SimpleNamespace(
    ...     recording=np.exp(-((((time % 0.8) - 0.4) / 0.02) ** 2))[np.newaxis],
    ...     sampling_rate=300.0,
    ...     intervals=np.array([[0, -1, 0, 150], [1, -1, 150, 300], [2, -1, 300, 450], [3, -1, 450, 600]]),
    ...     feature_names=("0.0-0.5 s", "0.5-1.0 s", "1.0-1.5 s", "1.5-2.0 s"),
    ...     labels=np.array(["A"]),
    ...     weights=np.array([[0.0, 0.3, 0.1, -0.2]]),
    ...     intercept=np.array([0.6]),
    ...     local_prediction=np.array([0.8]),
    ...     probabilities=np.array([0.9]),
    ...     r2=np.array([0.7]),
    ... )
    >>> display = ExplanationDisplay.from_explanation(explanation)
    >>> print(display.axes_[0].get_title(loc="left"))
    A: probability 0.90
    surrogate 0.80, R² 0.70
    >>> print(display.colorbar_.vmin, display.colorbar_.vmax)
    -0.3 0.3
    """

    def __init__(
        self,
        explanation,
        label=None,
        *,
        lead_names=None,
        r_peaks=None,
        attention=None,
        title=None,
        start=0.0,
        duration=None,
        limit=None,
    ):
        self.explanation = explanation
        self.label = label
        self.lead_names = lead_names
        self.r_peaks = r_peaks
        self.attention = attention
        self.title = title
        self.start = start
        self.duration = duration
        self.limit = limit

    @classmethod
    def from_explanation(
        cls,
        explanation,
        label=None,
        *,
        lead_names=None,
        r_peaks=None,
        attention=None,
        title=None,
        start=0.0,
        duration=None,
        limit=None,
        n_columns=1,
        colorbar=True,
        ax=None,
    ):
        """Draw an explanation.

        Parameters
        ----------
        explanation : Explanation
            What to draw: one explanation of one recording.
        label : label or list of labels, default=None
            The label whose weights are drawn, or several, each on its own paper. By default, the first label of
            the explanation.
        lead_names : sequence of str of length n_leads, default=None
            Names of the leads. By default, several leads are numbered from 1.
        r_peaks : "auto" or array-like of int of shape (n_beats,), default=None
            Sample of each R peak, marked on the first lead; "auto" takes those that
            :func:`~ecgclf.signal.find_r_peaks` finds. By default, none is marked.
        attention : array-like of shape (n_timepoints,), default=None
            Where a network looked, non-negative, such as ``classifier.attention([recording])[0]``; drawn in a strip
            of its own from 0 to its maximum.
        title : str, default=None
            Written before the label, such as the name of the recording.
        start : float, default=0.0
            Where the drawn part begins, in seconds.
        duration : float, default=None
            Length of the drawn part, in seconds; None for all that follows.
        limit : float, default=None
            Weight of the strongest colour, for a scale that several pictures share. By default, the largest absolute
            weight of the labels drawn.
        n_columns : int, default=1
            Papers side by side on a new figure, where there are several labels. One column keeps equal times under
            each other.
        colorbar : bool, default=True
            Whether to draw a colour bar.
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw, one for each label. By default, a new figure of the right size.

        Returns
        -------
        ExplanationDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If a label was not explained, or another argument does not fit the explanation.
        """
        display = cls(
            explanation,
            label,
            lead_names=lead_names,
            r_peaks=r_peaks,
            attention=attention,
            title=title,
            start=start,
            duration=duration,
            limit=limit,
        )
        return display.plot(ax=ax, n_columns=n_columns, colorbar=colorbar)

    def plot(self, ax=None, *, n_columns=1, colorbar=True):
        """Draw the explanation.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw, one for each label. By default, a new figure, true to scale: 25 mm to the second and 10 mm
            to the millivolt.
        n_columns : int, default=1
            Papers side by side on a new figure, where there are several labels. One column keeps equal times under
            each other.
        colorbar : bool, default=True
            Whether to draw a colour bar.

        Returns
        -------
        ExplanationDisplay
            The display itself.

        Raises
        ------
        ValueError
            If a label was not explained, or another parameter does not fit the explanation.
        """
        explanation = self.explanation
        leads, intervals, weights = _check_explanation(explanation)
        rate = check_sampling_rate(explanation.sampling_rate)
        names = check_names(self.lead_names, len(leads))
        first, last = check_part(self.start, self.duration, leads.shape[1], rate)
        peaks = self.r_peaks
        if isinstance(peaks, str):
            if peaks != "auto":
                raise ValueError(f'r_peaks={peaks!r} must be "auto", sample numbers or None.')
            peaks = find_r_peaks(leads, rate)
        peaks = check_peaks(peaks, leads.shape[1])
        attention = _check_attention(self.attention, leads.shape[1])
        chosen = _choose(self.label, explanation)
        scale = Scale(_check_limit(self.limit, weights[chosen]))
        n_columns = _check_columns(n_columns, len(chosen))

        under_leads, under_rows = rooms(intervals, attention)
        layout = lay_out(leads, rate, first, last, under_leads=under_leads, under_rows=under_rows)
        to_scale = ax is None
        paper = layout.size_mm[0] if to_scale else np.inf
        titles = [_title(explanation, k, self.title, paper) for k in chosen]
        if to_scale:
            margins = MARGINS | {"top": 4 + _LINE * max(title.count("\n") + 1 for title in titles)}
            margins["right"] += _COLORBAR if colorbar else 0
            ax = new_axes(layout, n_axes=len(chosen), n_columns=n_columns, margins=margins)
        self.axes_ = _check_axes(ax, len(chosen))
        self.figure_ = self.axes_[0].figure

        self.lines_, self.shades_, self.bars_, self.attention_lines_ = [], [], [], []
        for axes, k, title in zip(self.axes_, chosen, titles, strict=True):
            self.lines_ += draw_recording(axes, layout, names, peaks, to_scale=to_scale, halo=True)
            shades, bars = draw_weights(axes, layout, intervals, weights[k], scale)
            self.shades_.append(shades)
            self.bars_.append(bars)
            if attention is not None:
                self.attention_lines_ += draw_attention(axes, layout, attention)
            axes.set_title(title, loc="left", fontsize=9)
        self.colorbar_ = draw_colorbar(self.axes_, self.shades_, scale, to_scale) if colorbar else None
        return self


def _check_explanation(explanation):
    missing = [name for name in _NEEDED if not hasattr(explanation, name)]
    if missing:
        raise ValueError(
            f"explanation is a {type(explanation).__name__} without {', '.join(missing)}; expected an explanation "
            "of one recording, as LimeTimeSeriesExplainer.explain gives it."
        )
    leads = check_recording(explanation.recording)
    intervals, weights = np.asarray(explanation.intervals), np.asarray(explanation.weights, dtype=float)
    shape = (len(explanation.labels), len(explanation.feature_names))
    if weights.shape != shape or not np.isfinite(weights).all():
        raise ValueError(
            f"weights have shape {weights.shape}, expected finite numbers of shape {shape}: one for each of the "
            "labels and features."
        )
    highest = np.array([shape[1], len(leads), leads.shape[1] + 1, leads.shape[1] + 1])
    if intervals.ndim != 2 or intervals.shape[1] != 4 or ((intervals < [0, -1, 0, 0]) | (intervals >= highest)).any():
        raise ValueError(
            f"intervals of shape {intervals.shape} do not fit {shape[1]} features on {len(leads)} lead(s) of "
            f"{leads.shape[1]} samples; expected rows of feature, lead (-1 for all), start and stop."
        )
    return leads, intervals, weights


def _check_attention(attention, n_timepoints):
    if attention is None:
        return None
    values = np.asarray(attention)
    if values.dtype.kind not in "biuf" or values.shape != (n_timepoints,):
        raise ValueError(
            f"attention has shape {values.shape}, expected numbers of shape ({n_timepoints},), one for each sample "
            "of the recording. Of what CRANNClassifier.attention gives, take the item of this recording."
        )
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError("attention must be finite and not negative.")
    return values.astype(float)


def _choose(label, explanation):
    """Give the rows of the labels to draw."""
    known = np.asarray(explanation.labels).tolist()
    if label is None:
        return [0]
    wanted = label if isinstance(label, list | tuple | np.ndarray) else [label]
    for one in wanted:
        if one not in known:
            raise ValueError(f"label {one!r} was not explained. The explanation has {known}.")
    if len(wanted) == 0:
        raise ValueError(f"label names no label. The explanation has {known}.")
    return [known.index(one) for one in wanted]


def _check_limit(limit, weights):
    if limit is None:
        # A scale needs a width also where no segment has a weight.
        return float(np.abs(weights).max(initial=0.0)) or 1.0
    if not isinstance(limit, Real) or not np.isfinite(limit) or limit <= 0:
        raise ValueError(f"limit={limit!r} must be a positive weight.")
    return float(limit)


def _check_columns(n_columns, n_labels):
    if not isinstance(n_columns, Integral) or n_columns < 1:
        raise ValueError(f"n_columns={n_columns!r} must be a positive whole number.")
    return min(int(n_columns), n_labels)


def _check_axes(ax, n_labels):
    axes = np.array(ax, dtype=object).reshape(-1)
    if len(axes) != n_labels:
        raise ValueError(f"ax holds {len(axes)} axes for {n_labels} label(s). Give one for each label.")
    return axes


def _title(explanation, k, title, width):
    """Say what is drawn and how far to trust it, in lines that a paper of this width, in mm, has room for."""
    first = f"{explanation.labels[k]}: probability {explanation.probabilities[k]:.2f}"
    r2 = explanation.r2[k]
    second = f"surrogate {explanation.local_prediction[k]:.2f}, R² {f'{r2:.2f}' if np.isfinite(r2) else 'undefined'}"
    if not np.any(explanation.weights[k]):
        second += ", no segment has a weight"
    lines = [f"{title}, {first}" if title else first, second]
    if np.isfinite(width):
        lines = [part for line in lines for part in wrap(line, max(20, int(width / _CHARACTER)))]
    return "\n".join(lines)
