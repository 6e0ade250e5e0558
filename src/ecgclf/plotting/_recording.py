"""A recording on ECG paper."""

from ..signal._checks import check_sampling_rate
from ._paper import check_names, check_part, check_peaks, check_recording, draw_recording, lay_out, new_axes


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
        leads = check_recording(self.recording)
        names = check_names(self.lead_names, len(leads))
        first, last = check_part(self.start, self.duration, leads.shape[1], rate)
        peaks = check_peaks(self.r_peaks, leads.shape[1])
        layout = lay_out(leads, rate, first, last)

        self.ax_ = new_axes(layout)[0] if ax is None else ax
        self.figure_ = self.ax_.figure
        self.lines_ = draw_recording(self.ax_, layout, names, peaks, to_scale=ax is None)
        if self.title is not None:
            self.ax_.set_title(self.title, loc="left", fontsize=10)
        return self
