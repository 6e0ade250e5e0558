"""Signal quality as a table of features."""

from numbers import Real

import numpy as np

from ecgclf import signal
from ecgclf._parameters import Number
from ecgclf.preprocessing._base import FiguresOfBeats


class SignalQuality(FiguresOfBeats):
    """Describe how far each recording is an ECG in which beats can be seen.

    Whatever kind the recordings come in, the result is a table with one row for each. Its columns:

    ===========  =============================================================================
    ``index``    how much the beats resemble one another, from 0 (noise, or no beats) to 1
    ``n_beats``  number of R peaks
    ``flat``     share of the time, over all leads, in which a lead stands still for 2 s or longer
    ``clipped``  share of the time, over all leads, in which a lead rests at its extrema
    ===========  =============================================================================

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
    ecgclf.signal.signal_quality : The same of one recording, with what is wrong with it in words.
    RRFeatures : The rhythm.

    Examples
    --------
    An ECG and noise:

    >>> import numpy as np
    >>> from ecgclf.preprocessing import SignalQuality
    >>> time = np.arange(3000) / 300
    >>> beats = np.arange(0.5, 10, 0.8)
    >>> ecg = sum(np.exp(-(((time - beat) / 0.02) ** 2)) for beat in beats)
    >>> noise = np.random.default_rng(0).normal(size=3000)
    >>> quality = SignalQuality(sampling_rate=300).fit([ecg, noise])
    >>> index = quality.transform([ecg, noise])[:, 0]
    >>> print(index[0] > 0.99, index[1] > 0.66)
    True False
    """

    _names = ("index", "n_beats", "flat", "clipped")
    _parameter_constraints = {"sampling_rate": [Number(Real, 0, None, closed="neither"), None]}

    def __init__(self, sampling_rate=None):
        self.sampling_rate = sampling_rate

    def _transform_recording(self, recording):
        found = signal.signal_quality(recording, self.sampling_rate)
        return np.array([getattr(found, name) for name in self._names], dtype=np.float64)
