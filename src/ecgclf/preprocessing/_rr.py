"""Heart-rate variability as a table of features."""

from numbers import Real

import numpy as np

from ecgclf import signal
from ecgclf._parameters import Number
from ecgclf.preprocessing._base import FiguresOfBeats
from ecgclf.signal._rr import RR_FIGURES


class RRFeatures(FiguresOfBeats):
    """Describe the rhythm of each recording by the times between its R peaks.

    Whatever kind the recordings come in, the result is a table with one row for each. Its columns:

    =====================  ==================================================================
    ``n_beats``            number of R peaks
    ``mean_rr``            mean of the RR intervals, in seconds
    ``median_rr``          median of the RR intervals, in seconds
    ``min_rr``             shortest RR interval, in seconds
    ``max_rr``             longest RR interval, in seconds
    ``sdnn``               standard deviation of the RR intervals, in seconds
    ``rmssd``              root mean square of successive differences, in seconds
    ``pnn50``              share of successive differences above 50 ms, from 0 to 1
    ``cv_rr``              ``sdnn / mean_rr``
    ``rmssd_ratio``        ``rmssd / mean_rr``
    ``median_heart_rate``  60 divided by the median RR interval, in beats per minute
    =====================  ==================================================================

    Parameters
    ----------
    sampling_rate : float, default=None
        Sampling rate of the recordings, in Hz; at least 50. It has to be told: `fit` refuses None.

    Attributes
    ----------
    n_leads_ : int
        Number of leads seen during fit.
    n_features_in_ : int
        Number of timepoints seen during fit, if it was given a table.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen during fit, if they were strings.

    See Also
    --------
    SignalQuality : Whether a recording shows a rhythm at all.
    ecgclf.signal.find_r_peaks : The detector. Several leads are looked at together.
    ecgclf.signal.find_gaps : What is no ECG, so that no interval spans it.
    ecgclf.signal.rr_statistics : From R peaks to these figures.

    Notes
    -----
    A feature that needs more beats than were found is 0: with fewer than two beats all but ``n_beats``, with
    two beats those of variability. No feature is ever missing, and ``n_beats`` tells these rows apart.

    From the last beat before a gap to the first after it there is no RR interval: leads that were off, and zeros that
    fill a gap, say nothing of the rhythm. A pause of the heart is an interval, however regular the line. The two are
    told apart as in :func:`~ecgclf.signal.find_gaps`: all leads are quite still for 2 s, or there is no beat for 10 s.

    The measures of variability are those of the task force [1]_, taken over all RR intervals, of ectopic
    beats too: irregularity is what tells atrial fibrillation.

    References
    ----------
    .. [1] Task Force of the European Society of Cardiology and the North American Society of Pacing and
       Electrophysiology (1996). Heart rate variability: standards of measurement, physiological
       interpretation and clinical use. Circulation 93, 1043-1065. :doi:`10.1161/01.CIR.93.5.1043`

    Examples
    --------
    A regular heart at 75 beats per minute:

    >>> import numpy as np
    >>> from ecgclf.preprocessing import RRFeatures
    >>> time = np.arange(3000) / 300
    >>> X = [sum(np.exp(-(((time - 0.4 - 0.8 * i) / 0.02) ** 2)) for i in range(12))]
    >>> rr = RRFeatures(300).fit(X)
    >>> values = dict(zip(rr.get_feature_names_out(), rr.transform(X)[0].round(3)))
    >>> print(values["n_beats"], values["median_heart_rate"], values["sdnn"])
    12.0 75.0 0.0
    """

    _names = RR_FIGURES
    _parameter_constraints = {"sampling_rate": [Number(Real, 0, None, closed="neither"), None]}

    def __init__(self, sampling_rate=None):
        self.sampling_rate = sampling_rate

    def _transform_recording(self, recording):
        r_peaks = signal.find_r_peaks(recording, self.sampling_rate)
        gaps = signal.find_gaps(recording, r_peaks, self.sampling_rate)
        figures = signal.rr_statistics(r_peaks, self.sampling_rate, gaps)
        return np.nan_to_num([figures[name] for name in self._names])
