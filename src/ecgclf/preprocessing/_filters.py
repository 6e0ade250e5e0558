"""Transformers that keep every sample in its place."""

from numbers import Integral, Real

from sklearn.utils._param_validation import StrOptions

from ecgclf import signal
from ecgclf._parameters import Number
from ecgclf.preprocessing._base import BaseRecordingTransformer, SameColumns
from ecgclf.signal._filters import check_band, check_wavelet, design_notch

_POSITIVE = Number(Real, 0, None, closed="neither")
_COUNT = Number(Integral, 1, None, closed="left")


class BandpassFilter(SameColumns, BaseRecordingTransformer):
    """Keep one band of frequencies of each recording.

    A Butterworth filter, run forwards and backwards so that no wave is shifted. Recordings come back in the
    kind in which they were given: table, array or ragged.

    Parameters
    ----------
    low : float, default=0.5
        Lower end of the band, in Hz. It takes out the wandering baseline.
    high : float, default=40.0
        Upper end of the band, in Hz, below half the sampling rate.
    order : int, default=2
        Order of the Butterworth prototype.
    sampling_rate : float, default=None
        Sampling rate of the recordings, in Hz. It has to be told: `fit` refuses None.

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
    NotchFilter : Take out one frequency.
    WaveletDenoiser : Take out noise and baseline by wavelet coefficients.
    ecgclf.signal.bandpass : The function beneath.

    Examples
    --------
    Two recordings of different lengths:

    >>> import numpy as np
    >>> from ecgclf.preprocessing import BandpassFilter
    >>> X = [np.ones(900), np.ones(1200)]
    >>> filtered = BandpassFilter(sampling_rate=300.0).fit_transform(X)

    A constant has no frequency within the band:

    >>> [recording.shape for recording in filtered]
    [(900,), (1200,)]
    >>> bool(abs(filtered[0]).max() < 1e-9)
    True
    """

    _parameter_constraints = {
        "low": [_POSITIVE],
        "high": [_POSITIVE],
        "order": [_COUNT],
        "sampling_rate": [_POSITIVE, None],
    }

    def __init__(self, low=0.5, high=40.0, *, order=2, sampling_rate=None):
        self.low = low
        self.high = high
        self.order = order
        self.sampling_rate = sampling_rate

    def _check_parameters(self):
        check_band(self.sampling_rate, self.low, self.high)

    def _transform_recording(self, recording):
        return signal.bandpass(recording, self.sampling_rate, self.low, self.high, order=self.order)


class NotchFilter(SameColumns, BaseRecordingTransformer):
    """Take mains hum, or any one frequency, out of each recording.

    The filter runs forwards and backwards so that no wave is shifted. Recordings come back in the kind in
    which they were given: table, array or ragged.

    Parameters
    ----------
    frequency : float, default=50.0
        The frequency to take out, in Hz, below half the sampling rate. 50 Hz is the mains frequency in most
        of the world, 60 Hz in most of the Americas.
    quality : float, default=30.0
        `frequency` divided by the width of the notch: larger is narrower.
    sampling_rate : float, default=None
        Sampling rate of the recordings, in Hz. It has to be told: `fit` refuses None.

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
    BandpassFilter : Keep one band of frequencies.
    ecgclf.signal.notch : The function beneath.

    Examples
    --------
    >>> import numpy as np
    >>> from ecgclf.preprocessing import NotchFilter
    >>> hum = np.sin(2 * np.pi * 60 * np.arange(3000) / 300)
    >>> filtered = NotchFilter(60, sampling_rate=300.0).fit_transform([hum])
    >>> bool(abs(filtered[0][300:-300]).max() < 0.01)
    True
    """

    _parameter_constraints = {
        "frequency": [_POSITIVE],
        "quality": [_POSITIVE],
        "sampling_rate": [_POSITIVE, None],
    }

    def __init__(self, frequency=50.0, *, quality=30.0, sampling_rate=None):
        self.frequency = frequency
        self.quality = quality
        self.sampling_rate = sampling_rate

    def _check_parameters(self):
        design_notch(self.sampling_rate, self.frequency, self.quality)

    def _transform_recording(self, recording):
        return signal.notch(recording, self.sampling_rate, self.frequency, self.quality)


class WaveletDenoiser(SameColumns, BaseRecordingTransformer):
    """Take noise and baseline out of each recording by its wavelet coefficients.

    Wavelet db6 at level 6 with the baseline removed is what Yildiz et al. feed to their networks. Recordings
    come back in the kind in which they were given: table, array or ragged.

    Parameters
    ----------
    wavelet : str, default="db6"
        Name of a discrete wavelet of PyWavelets.
    level : int, default=6
        Number of times the signal is halved. The baseline taken out is what is slower than about the sampling
        rate divided by ``2 ** (level + 1)``.

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
    BandpassFilter : Keep one band of frequencies.
    ecgclf.signal.wavelet_denoise : The function beneath, with the method and what happens to short signals.

    Examples
    --------
    >>> import numpy as np
    >>> from ecgclf.preprocessing import WaveletDenoiser
    >>> rng = np.random.default_rng(0)
    >>> noise = rng.normal(size=(1, 3000))
    >>> denoised = WaveletDenoiser().fit_transform(noise)
    >>> bool(denoised.std() < 0.2 * noise.std())
    True
    """

    _parameter_constraints = {"wavelet": [str], "level": [_COUNT]}

    def __init__(self, wavelet="db6", level=6):
        self.wavelet = wavelet
        self.level = level

    def _check_parameters(self):
        check_wavelet(self.wavelet)

    def _transform_recording(self, recording):
        return signal.wavelet_denoise(recording, wavelet=self.wavelet, level=self.level)


class RecordingNormalizer(SameColumns, BaseRecordingTransformer):
    """Bring each lead of each recording to zero centre and unit spread.

    Nothing is learnt from other recordings. Recordings come back in the kind in which they were given: table,
    array or ragged.

    Parameters
    ----------
    method : {"zscore", "robust"}, default="zscore"
        Centre and spread: mean and standard deviation, or median and interquartile range.
    clip : float, default=None
        Limit of the magnitude afterwards; None for no limit.

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
    ecgclf.signal.normalize : The function beneath.

    Examples
    --------
    >>> import numpy as np
    >>> from ecgclf.preprocessing import RecordingNormalizer
    >>> X = [np.array([0.0, 1.0, 2.0, 3.0, 100.0])]
    >>> RecordingNormalizer("robust", clip=2.0).fit_transform(X)
    [array([-1. , -0.5,  0. ,  0.5,  2. ])]
    """

    _parameter_constraints = {
        "method": [StrOptions({"zscore", "robust"})],
        "clip": [_POSITIVE, None],
    }

    def __init__(self, method="zscore", *, clip=None):
        self.method = method
        self.clip = clip

    def _transform_recording(self, recording):
        return signal.normalize(recording, self.method, self.clip)
