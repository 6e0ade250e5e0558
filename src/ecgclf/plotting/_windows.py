"""What a classifier says along the time of a recording."""

from itertools import pairwise

import numpy as np

from ecgclf._docstrings import document
from ecgclf._recordings import called
from ecgclf.plotting._checks import check_recording
from ecgclf.plotting._legend import draw_legend, place_legend
from ecgclf.plotting._paper import INK, MARGINS, PAPER_PARAMETERS, draw_recording, new_axes, prepare
from ecgclf.plotting._recording import RECORDING_PARAMETERS
from ecgclf.plotting._tracks import PAD, TRACKS, open_track

_NAME, _ROOM = "probability", 1.5  # mV
# Told apart also in grey and by eyes that confuse red and green.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#1a1a1a", "#e69f00", "#56b4e9")
_DASHES = ("-", "--", "-.", ":")
_WINDOWS = """\
windows : namedtuple
    What ``classifier.predict_windows([recording])`` gives for the recording: ``probabilities``, ``starts``, ``stops``
    and ``labels``."""
_PARAMETERS = "\n".join([_WINDOWS, RECORDING_PARAMETERS, PAPER_PARAMETERS])


@document(parameters=_PARAMETERS)
class WindowsDisplay:
    """The probabilities of windows along the time of a recording, under its trace on ECG paper.

    Each window is drawn where it is nearer than the others, with one line for each label, from 0 to 1. At 25 mm/s a
    row takes 11 s; for long recordings choose a lower `speed`, such as 1 mm/s.

    It is recommended to use :meth:`from_windows` to create one.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    ax_ : matplotlib Axes
        The paper. Its units are seconds within a row, and millivolts from the baseline of the last strip.
    figure_ : matplotlib Figure
        The figure that holds it.
    lines_ : list of matplotlib Line2D
        The traces, as those of :class:`RecordingDisplay`.
    probability_lines_ : list of matplotlib Line2D
        The probabilities, row after row and within a row label after label.

    See Also
    --------
    RecordingDisplay : A recording on ECG paper.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import numpy as np
    >>> from ecgclf.classifiers import LSTMClassifier
    >>> from ecgclf.datasets import make_recordings
    >>> from ecgclf.plotting import WindowsDisplay
    >>> X, y = make_recordings(12, duration=6.0, random_state=0, return_X_y=True)
    >>> classifier = LSTMClassifier(
    ...     n_filters=4, n_units=4, max_epochs=1, window_length=600, random_state=0
    ... ).fit(X, y)
    >>> (windows,) = classifier.predict_windows(X[:1])
    >>> windows.starts
    array([   0,  600, 1200])
    >>> display = WindowsDisplay.from_windows(windows, X[0], sampling_rate=300.0)
    >>> len(display.probability_lines_) == len(classifier.classes_)
    True
    """

    def __init__(
        self,
        windows,
        recording,
        *,
        sampling_rate,
        lead_names=None,
        stacked=False,
        r_peaks=None,
        title=None,
        start=0.0,
        duration=None,
        speed=25.0,
    ):
        self.windows = windows
        self.recording = recording
        self.sampling_rate = sampling_rate
        self.lead_names = lead_names
        self.stacked = stacked
        self.r_peaks = r_peaks
        self.title = title
        self.start = start
        self.duration = duration
        self.speed = speed

    @classmethod
    @document(parameters=_PARAMETERS)
    def from_windows(
        cls,
        windows,
        recording,
        *,
        sampling_rate,
        lead_names=None,
        stacked=False,
        r_peaks=None,
        title=None,
        start=0.0,
        duration=None,
        speed=25.0,
        ax=None,
    ):
        """Draw the windows of a recording.

        Parameters
        ----------
        {parameters}
        ax : matplotlib Axes, default=None
            Where to draw. By default, a new figure of the right size.

        Returns
        -------
        WindowsDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the windows do not fit the recording, or another argument does not.
        """
        display = cls(
            windows,
            recording,
            sampling_rate=sampling_rate,
            lead_names=lead_names,
            stacked=stacked,
            r_peaks=r_peaks,
            title=title,
            start=start,
            duration=duration,
            speed=speed,
        )
        return display.plot(ax=ax)

    def plot(self, ax=None):
        """Draw the windows.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. By default, a new figure of the right size.

        Returns
        -------
        WindowsDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the windows do not fit the recording, or another parameter does not.
        """
        leads = check_recording(self.recording)
        probabilities, edges = _check_windows(self.windows, leads.shape[1])
        layout, names, peaks = prepare(self, leads, self.sampling_rate, tracks={_NAME: _ROOM})

        labels = np.asarray(self.windows.labels).tolist()
        n_columns, lift = place_legend(labels, self.title, layout.size_mm[0])
        self.ax_ = new_axes(layout, margins={**MARGINS, "top": MARGINS["top"] + lift})[0] if ax is None else ax
        self.figure_ = self.ax_.figure
        self.lines_ = draw_recording(self.ax_, layout, names, peaks, to_scale=ax is None)
        self.probability_lines_ = []
        for row in layout.rows:
            self.probability_lines_ += _draw_row(self.ax_, layout, row, probabilities, edges, labels)
        draw_legend(self.ax_, self.probability_lines_[: len(labels)], self.title, n_columns, lift)
        return self


def _check_windows(windows, n_timepoints):
    """Give the probabilities, and where each window begins to be the nearest, with the end of the last."""
    missing = [name for name in ("probabilities", "starts", "stops", "labels") if not hasattr(windows, name)]
    if missing:
        raise ValueError(
            f"windows is {called(windows)} without {', '.join(missing)}; expected what "
            "classifier.predict_windows([recording]) gives for this recording, its item."
        )
    probabilities, starts, stops = (
        np.asarray(getattr(windows, name)) for name in ("probabilities", "starts", "stops")
    )
    shape = (len(starts), len(windows.labels))
    if not len(starts) or probabilities.shape != shape or not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError(
            f"probabilities of shape {probabilities.shape} do not fit {shape[0]} windows and {shape[1]} labels; "
            f"expected numbers from 0 to 1 of shape {shape}."
        )
    fits = stops.shape == starts.shape and (starts >= 0).all() and (starts < stops).all()
    # They end with the recording; those of another sampling rate would be drawn at other times than they are of.
    if not fits or stops.max() != n_timepoints or (np.diff(starts) <= 0).any():
        raise ValueError(
            f"windows from {starts.min()} to {stops.max()} do not lie one after the other in a recording of "
            f"{n_timepoints} samples, to its end. Give the recording that the windows are of, cut where they end, at "
            "the same sampling rate: of a classifier behind a Resampler, what that gives."
        )
    centres = (starts + stops) / 2
    between = np.round((centres[1:] + centres[:-1]) / 2).astype(int)
    return probabilities, np.concatenate([starts[:1], between, stops[-1:]])


def _draw_row(ax, layout, row, probabilities, edges, labels):
    bottom = row.tracks[_NAME]
    open_track(ax, layout, _NAME, bottom, _ROOM)
    reach = _ROOM - 2 * PAD
    for number in (0, 1):
        ax.text(
            -layout.pulse / 4, bottom + PAD + number * reach, f"{number}", size=6, ha="center", va="center", color=INK
        )
    places = [layout.place(row, start, stop) for start, stop in pairwise(edges)]
    seen = [i for i, place in enumerate(places) if place is not None]
    time = np.array([places[i] for i in seen]).ravel()
    lines = []
    for column, label in enumerate(labels):
        heights = bottom + PAD + reach * np.repeat(probabilities[seen, column], 2)
        colour, dashes = _COLOURS[column % len(_COLOURS)], _DASHES[column % len(_DASHES)]
        lines += ax.plot(time, heights, dashes, color=colour, linewidth=1.4, label=str(label), zorder=TRACKS)
    return lines
