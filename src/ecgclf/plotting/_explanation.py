"""What an explanation says, on the recording it explains."""

from textwrap import wrap

import numpy as np

from ecgclf._docstrings import document
from ecgclf._numbers import is_whole
from ecgclf._recordings import called
from ecgclf.plotting._checks import check_along_time, check_recording, choose
from ecgclf.plotting._paper import MARGINS, PAPER_PARAMETERS, draw_recording, new_axes, prepare
from ecgclf.plotting._scale import LIMIT_PARAMETER, Scale
from ecgclf.plotting._tracks import ATTENTION, ATTENTION_PARAMETER, ATTENTION_ROOM, draw_along_time
from ecgclf.plotting._weights_on_paper import NAME, UNDER_LEAD, UNDER_ROW, draw_weights

_LINE = 4.2  # mm, a line of the title
_CHARACTER = 1.9  # mm, a wide one of the title
_COLORBAR = 28  # mm, with its ticks
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
_PARAMETERS = """\
explanation : Explanation
    What to draw: one explanation of one recording.
label : label or list of labels, default=None
    The label whose weights are drawn, or several, each on its own paper. By default, the first label of the
    explanation."""
_PARAMETERS = "\n".join([_PARAMETERS, PAPER_PARAMETERS, ATTENTION_PARAMETER, LIMIT_PARAMETER])


@document(parameters=_PARAMETERS)
class ExplanationDisplay:
    """The weights of an explanation, on the recording drawn on ECG paper.

    A weight is what the presence of a segment adds to the probability of the label, in the explainer's model. The
    paper behind each segment takes the colour of its weight: orange where the segment speaks for the label, blue and
    hatched where it speaks against it. The scale is symmetric about 0 and the same for all labels drawn; its strongest
    colours are changes of at least 0.1, so that what changes little is pale. So that nothing is lost in grey, the
    strip beneath shows the same weights as bars, upwards for and downwards against, which reach its edges where the
    scale ends. The title gives the label, its probability, and how far to trust the picture: what the surrogate
    predicts for the recording and its weighted R².

    Features of single leads are drawn with all leads one under the other, whatever `stacked` says: of twelve leads in
    rows of four, three quarters of them would not be seen.

    It is recommended to use :meth:`from_explanation` to create one.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (n_labels_drawn,)
        The papers. Their units are seconds within a row, and millivolts from the baseline of the last trace.
    ax_ : matplotlib Axes
        The first of them.
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
    ...     intervals=np.array([
    ...         [0, -1, 0, 150], [1, -1, 150, 300], [2, -1, 300, 450], [3, -1, 450, 600]
    ...     ]),
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
        stacked=False,
        r_peaks=None,
        title=None,
        start=0.0,
        duration=None,
        speed=25.0,
        attention=None,
        limit=None,
    ):
        self.explanation = explanation
        self.label = label
        self.lead_names = lead_names
        self.stacked = stacked
        self.r_peaks = r_peaks
        self.title = title
        self.start = start
        self.duration = duration
        self.speed = speed
        self.attention = attention
        self.limit = limit

    @classmethod
    @document(parameters=_PARAMETERS)
    def from_explanation(
        cls,
        explanation,
        label=None,
        *,
        lead_names=None,
        stacked=False,
        r_peaks=None,
        title=None,
        start=0.0,
        duration=None,
        speed=25.0,
        attention=None,
        limit=None,
        n_columns=1,
        colorbar=True,
        ax=None,
    ):
        """Draw an explanation.

        Parameters
        ----------
        {parameters}
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
            stacked=stacked,
            r_peaks=r_peaks,
            title=title,
            start=start,
            duration=duration,
            speed=speed,
            attention=attention,
            limit=limit,
        )
        return display.plot(ax=ax, n_columns=n_columns, colorbar=colorbar)

    def plot(self, ax=None, *, n_columns=1, colorbar=True):
        """Draw the explanation.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw, one for each label. By default, a new figure, true to scale: `speed` mm to the second and
            10 mm to the millivolt.
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
        attention = check_along_time(self.attention, leads.shape[1], "attention")
        chosen = choose(self.label, explanation.labels)
        scale = Scale(self.limit, weights[chosen])
        n_columns = _check_columns(n_columns, len(chosen))
        of_single_leads = bool((intervals[:, 1] >= 0).any())
        tracks = {NAME: UNDER_ROW} if (intervals[:, 1] < 0).any() else {}
        tracks |= {} if attention is None else {ATTENTION: ATTENTION_ROOM}
        layout, names, peaks = prepare(
            self,
            leads,
            explanation.sampling_rate,
            under_leads=UNDER_LEAD * of_single_leads,
            tracks=tracks,
            stacked=of_single_leads,
        )

        to_scale = ax is None
        paper = layout.size_mm[0] if to_scale else np.inf
        titles = [_title(explanation, k, self.title, paper) for k in chosen]
        if to_scale:
            margins = MARGINS | {"top": 4 + _LINE * max(title.count("\n") + 1 for title in titles)}
            margins["right"] += _COLORBAR if colorbar else 0
            ax = new_axes(layout, n_axes=len(chosen), n_columns=n_columns, margins=margins)
        self.axes_ = _check_axes(ax, len(chosen))
        self.ax_ = self.axes_[0]
        self.figure_ = self.ax_.figure

        self.lines_, self.shades_, self.bars_, self.attention_lines_ = [], [], [], []
        for axes, k, title in zip(self.axes_, chosen, titles, strict=True):
            self.lines_ += draw_recording(axes, layout, names, peaks, to_scale=to_scale, halo=True)
            shades, bars = draw_weights(axes, layout, intervals, weights[k], scale)
            self.shades_.append(shades)
            self.bars_.append(bars)
            if attention is not None:
                self.attention_lines_ += draw_along_time(axes, layout, ATTENTION, ATTENTION_ROOM, attention)
            axes.set_title(title, loc="left", fontsize=9)
        self.colorbar_ = scale.draw_colorbar(self.axes_, self.shades_, to_scale) if colorbar else None
        return self


def _check_explanation(explanation):
    missing = [name for name in _NEEDED if not hasattr(explanation, name)]
    if missing:
        raise ValueError(
            f"explanation is {called(explanation)} without {', '.join(missing)}; expected an explanation "
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


def _check_columns(n_columns, n_labels):
    if not is_whole(n_columns, 1):
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
