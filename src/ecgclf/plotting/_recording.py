"""A recording on ECG paper."""

from ecgclf._docstrings import document
from ecgclf.plotting._checks import check_along_time, check_recording
from ecgclf.plotting._paper import PAPER_PARAMETERS, draw_recording, new_axes, prepare
from ecgclf.plotting._tracks import ATTENTION, ATTENTION_PARAMETER, ATTENTION_ROOM, draw_along_time

#: What is drawn, for the docstrings of displays of recordings.
RECORDING_PARAMETERS = """\
recording : array-like of shape (n_timepoints,) or (n_leads, n_timepoints)
    The recording, in mV. Samples that are NaN are left blank.
sampling_rate : float
    Its sampling rate, in Hz."""
_PARAMETERS = "\n".join([RECORDING_PARAMETERS, PAPER_PARAMETERS, ATTENTION_PARAMETER])


@document(parameters=_PARAMETERS)
class RecordingDisplay:
    """A recording drawn on ECG paper.

    On a figure of its own the paper is true to scale, 25 mm to the second by default and 10 mm to the millivolt, with
    lines every 1 mm and 5 mm; on axes given by the caller it keeps these proportions. Twelve leads of the standard
    names are laid out as three rows of four and a rhythm strip, other leads one under the other, and what is longer
    than a row (11 s by default) is wrapped into rows of equal length. Each trace is moved so that its median lies on a
    line: ECG paper shows differences, and the pulse before each trace is 1 mV high. A trace ends at the edges of its
    strip, at most 3.5 mV from its line; where it goes beyond, a triangle at the edge says so. Traces whose beats are
    taller than 10 mV are drawn with a warning: their unit may not be mV.

    It is recommended to use :meth:`from_recording` to create one.

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
        The traces, row after row and within a row lead after lead; of twelve standard leads band after band, and the
        rhythm strip last.
    attention_lines_ : list of matplotlib Line2D
        The attention, row after row; empty if there is none.

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
        sampling_rate,
        lead_names=None,
        stacked=False,
        r_peaks=None,
        title=None,
        start=0.0,
        duration=None,
        speed=25.0,
        attention=None,
    ):
        self.recording = recording
        self.sampling_rate = sampling_rate
        self.lead_names = lead_names
        self.stacked = stacked
        self.r_peaks = r_peaks
        self.title = title
        self.start = start
        self.duration = duration
        self.speed = speed
        self.attention = attention

    @classmethod
    @document(parameters=_PARAMETERS)
    def from_recording(
        cls,
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
        attention=None,
        ax=None,
    ):
        """Draw a recording.

        Parameters
        ----------
        {parameters}
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
            stacked=stacked,
            r_peaks=r_peaks,
            title=title,
            start=start,
            duration=duration,
            speed=speed,
            attention=attention,
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
        leads = check_recording(self.recording)
        attention = check_along_time(self.attention, leads.shape[1], "attention")
        tracks = {} if attention is None else {ATTENTION: ATTENTION_ROOM}
        layout, names, peaks = prepare(self, leads, self.sampling_rate, tracks=tracks)

        self.ax_ = new_axes(layout)[0] if ax is None else ax
        self.figure_ = self.ax_.figure
        self.lines_ = draw_recording(self.ax_, layout, names, peaks, to_scale=ax is None)
        self.attention_lines_ = []
        if attention is not None:
            self.attention_lines_ = draw_along_time(self.ax_, layout, ATTENTION, ATTENTION_ROOM, attention)
        if self.title is not None:
            self.ax_.set_title(self.title, loc="left", fontsize=10)
        return self
