"""Transformers that change the time axis."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import StrOptions

from ecgclf import signal
from ecgclf._parameters import Number
from ecgclf._rates import check_rate
from ecgclf.preprocessing._base import BaseRecordingTransformer, NewColumns, stack
from ecgclf.signal._length import PAD_MODES, fix_length

_POSITIVE = Number(Real, 0, None, closed="neither")


class Resampler(NewColumns, BaseRecordingTransformer):
    """Bring recordings to another sampling rate.

    Recordings come back in the kind in which they were given: table, array or ragged.

    Parameters
    ----------
    new_sampling_rate : float, default=300.0
        The sampling rate wanted, in Hz.
    sampling_rate : float, default=None
        Sampling rate of the recordings given, in Hz. It has to be told: `fit` refuses None.

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
    FixedLength : Bring recordings to one length.
    ecgclf.signal.resample : The function beneath.

    Examples
    --------
    Ten seconds at 360 Hz become ten seconds at 300 Hz:

    >>> import numpy as np
    >>> from ecgclf.preprocessing import Resampler
    >>> Resampler(300, sampling_rate=360).fit_transform(np.zeros((1, 3600))).shape
    (1, 3000)
    """

    _parameter_constraints = {
        "new_sampling_rate": [_POSITIVE],
        "sampling_rate": [_POSITIVE, None],
    }

    def __init__(self, new_sampling_rate=300.0, *, sampling_rate=None):
        self.new_sampling_rate = new_sampling_rate
        self.sampling_rate = sampling_rate

    def _check_parameters(self):
        check_rate(self.new_sampling_rate, "new_sampling_rate")

    def _transform_recording(self, recording):
        return signal.resample(recording, self.sampling_rate, self.new_sampling_rate)

    @property
    def _n_features_out(self):
        return self._transform_recording(np.zeros(self.n_features_in_)).size


class FixedLength(NewColumns, BaseRecordingTransformer):
    """Crop or pad recordings to one length, for estimators that need a table.

    Whatever kind they come in, recordings of one lead come back as a table of shape ``(n_recordings,
    n_timepoints)``, and recordings of several leads, which no table can hold, as an array of shape
    ``(n_recordings, n_leads, n_timepoints)``.

    Parameters
    ----------
    n_timepoints : int, default=9000
        The length wanted, in samples. The default is 30 s at 300 Hz.
    position : {"start", "center", "end"}, default="start"
        Which part of a longer recording is kept, and where in the padding a shorter one stands.
    mode : {"zero", "edge", "repeat"}, default="zero"
        What a shorter recording is padded with: zeros, its first and last sample, or itself over again.

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
    Resampler : Bring recordings to another sampling rate.

    Notes
    -----
    The classifiers of this package take recordings of any length and do not need this.

    Examples
    --------
    >>> import numpy as np
    >>> from ecgclf.preprocessing import FixedLength
    >>> X = [np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0])]
    >>> FixedLength(3).fit_transform(X)
    array([[1., 2., 3.],
           [5., 6., 0.]])
    >>> FixedLength(3, position="end", mode="edge").fit_transform(X)
    array([[2., 3., 4.],
           [5., 5., 6.]])
    """

    _parameter_constraints = {
        "n_timepoints": [Number(Integral, 1, None, closed="left")],
        "position": [StrOptions({"start", "center", "end"})],
        "mode": [StrOptions(set(PAD_MODES))],
    }

    def __init__(self, n_timepoints=9000, *, position="start", mode="zero"):
        self.n_timepoints = n_timepoints
        self.position = position
        self.mode = mode

    def _transform_recordings(self, recordings):
        dtype = np.result_type(*{recording.dtype for recording in recordings.items})
        stacked = stack(map(self._transform_recording, recordings.items), len(recordings), dtype)
        return stacked[:, 0] if recordings.n_leads == 1 else stacked

    def _transform_recording(self, recording):
        return fix_length(recording, self.n_timepoints, self.position, self.mode)

    def _gives_columns(self):
        # Recordings of one lead become a table, in whatever form they came.
        if getattr(self, "n_leads_", 1) > 1:
            raise AttributeError("this FixedLength was fitted on recordings of several leads, which make no table.")
        return True

    @property
    def _n_features_out(self):
        return self.n_timepoints
