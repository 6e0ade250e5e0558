"""Changes of recordings at random, drawn anew whenever a classifier trains on one."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from ecgclf._mixins import DocLinkMixin
from ecgclf._parameters import Number, assign
from ecgclf._rates import check_told
from ecgclf._recordings import as_recording
from ecgclf._whole import at_least
from ecgclf.augmentation import _changes

# In the order in which they are applied, after the scaling of time, so that crops are equally long.
_ORDER = (
    "crop",
    "shift",
    "amplitude",
    "lead_dropout",
    "polarity",
    "baseline_wander",
    "electrode_motion",
    "powerline",
    "noise",
    "cutout",
)
_IN_TIME = ("shift", "baseline_wander", "electrode_motion", "powerline", "cutout")
# The mains of 60 Hz have to lie below half of it.
_LOWEST_RATE = 120.0


class RandomChanges(DocLinkMixin, BaseEstimator):
    """Random changes that keep the rhythm, for the `augmentation` of a classifier.

    A classifier draws them anew whenever it trains on a recording (or window), and never when it predicts. As a
    parameter of it they can be searched over: ``GridSearchCV(classifier, {"augmentation__noise": [0, 0.1]})``. Changes
    of which nothing is said are not made.

    Parameters
    ----------
    time_scaling : float, default=0.0
        Slower or faster, by a factor of up to 1 + this, the same for all recordings of a batch: those of one length
        stay so, and padding, which costs time, is spared. It is one of a few, six up to 0.1, evenly spread in their
        logarithm, the outermost somewhat short of the limits.

    crop : int, default=None
        A stretch of so many timepoints, anywhere; None leaves recordings whole.

    shift : float, default=0.0
        Earlier or later, by up to so many seconds; where nothing is known the value at the end stands.

    amplitude : float, default=0.0
        Each lead times a factor of up to 1 + this, either way; the classifiers here hardly see it (Notes).

    lead_dropout : float, default=0.0
        Probability of a lead to be zero; where that would be all of them, one is kept.

    polarity : float, default=0.0
        Probability to be turned upside down, as by exchanged electrodes.

    baseline_wander : float, default=0.0
        A sine with a period of 1.7 to 17 s, as breathing adds, of up to so many standard deviations of the lead.

    electrode_motion : float, default=0.0
        A jump that comes back exponentially within 0.1 to 1 s, of up to so many standard deviations of the lead.

    powerline : float, default=0.0
        The hum of the mains, of 50 or 60 Hz, of up to so many standard deviations of the lead.

    noise : float, default=0.0
        White noise, of up to so many standard deviations of the lead.

    cutout : float, default=0.0
        A stretch of up to so many seconds, anywhere, put to the mean of the lead.

    sampling_rate : float, default=None
        Of the recordings, in Hz. Changes that speak of time or frequency (`shift`, `baseline_wander`,
        `electrode_motion`, `powerline`, `cutout`) have to be told.

    See Also
    --------
    WaveNetAugmenter : Invents recordings instead of changing them.

    Notes
    -----
    They are the usual ones for ECGs [1]_, applied in the order in which they stand here. What is drawn is uniform;
    factors are so in their logarithm.

    The classifiers' networks standardise each lead of each recording by its own mean and standard deviation, drawn
    towards those of the training recordings as if these had been seen for 100 timepoints. That nearly undoes
    `amplitude`: of a factor of 1.3 there remained, in the recordings of
    :func:`~ecgclf.datasets.load_cinc2017_sample`, a median of 1.002, in their first 3,000 timepoints 1.006, in 300 of
    them 1.05 and in 100 of them 1.11. With several leads it is the same: each has its own factor, and its own
    standard deviation undoes it. It is of use for short windows, and where nothing standardises.

    References
    ----------
    .. [1] The effect of various strengths of noises and data augmentations on classification of short single-lead ECG
       signals using deep neural networks (2020). :doi:`10.48550/arXiv.2009.01192`

    Examples
    --------
    >>> import numpy as np
    >>> from ecgclf.augmentation import RandomChanges
    >>> from ecgclf.classifiers import BiLSTMClassifier
    >>> from ecgclf.datasets import make_recordings
    >>> X, y = make_recordings(12, duration=(2.0, 4.0), random_state=0, return_X_y=True)
    >>> changes = RandomChanges(
    ...     time_scaling=0.1, baseline_wander=0.3, noise=0.1, sampling_rate=300
    ... )
    >>> classifier = BiLSTMClassifier(
    ...     max_epochs=2, augmentation=changes, random_state=0
    ... ).fit(X, y)

    What they do to a recording:

    >>> changes(np.ones((1, 600)), np.random.default_rng(0)).shape
    (1, 650)
    """

    _parameter_constraints: dict = {
        "time_scaling": [Number(Real, 0, None, closed="left")],
        "crop": [Number(Integral, 1, None, closed="left"), None],
        "shift": [Number(Real, 0, None, closed="left")],
        "amplitude": [Number(Real, 0, None, closed="left")],
        "lead_dropout": [Number(Real, 0, 1, closed="both")],
        "polarity": [Number(Real, 0, 1, closed="both")],
        "baseline_wander": [Number(Real, 0, None, closed="left")],
        "electrode_motion": [Number(Real, 0, None, closed="left")],
        "powerline": [Number(Real, 0, None, closed="left")],
        "noise": [Number(Real, 0, None, closed="left")],
        "cutout": [Number(Real, 0, None, closed="left")],
        "sampling_rate": [Number(Real, 0, None, closed="neither"), None],
    }

    def __init__(
        self,
        *,
        time_scaling=0.0,
        crop=None,
        shift=0.0,
        amplitude=0.0,
        lead_dropout=0.0,
        polarity=0.0,
        baseline_wander=0.0,
        electrode_motion=0.0,
        powerline=0.0,
        noise=0.0,
        cutout=0.0,
        sampling_rate=None,
    ):
        assign(self, locals())

    def __call__(self, recording, rng):
        """Change a recording.

        Parameters
        ----------
        recording : ndarray of shape (n_leads, n_timepoints)
            The recording, in mV. It stays as it is.
        rng : numpy.random.Generator
            What is drawn comes from here.

        Returns
        -------
        ndarray of shape (n_leads, n_new_timepoints)
            A changed one; only `time_scaling` and `crop` change its length.
        """
        if not isinstance(rng, np.random.Generator):
            raise ValueError(f"rng={rng!r:.60}; expected a generator, such as numpy.random.default_rng(0).")
        leads = np.atleast_2d(as_recording(recording, "the recording"))
        (changed,) = self.prepared()([leads], rng)
        # Where nothing was drawn, or a stretch, it may be a view.
        return changed.copy() if np.shares_memory(changed, leads) else changed

    def prepared(self):
        """Look at the parameters once, for a training.

        Returns
        -------
        callable
            ``changed = function(recordings, rng)``, of the list of recordings in a batch.

        Raises
        ------
        ValueError
            If a parameter cannot be, or the sampling rate is wanted and not told.
        """
        self._validate_params()
        wanted = [name for name in _ORDER if getattr(self, name)]
        in_time = [name for name in wanted if name in _IN_TIME]
        rate = self.sampling_rate
        if in_time or rate is not None:
            check_told(self, f", for {', '.join(in_time)}")
        if "powerline" in wanted and rate <= _LOWEST_RATE:
            raise ValueError(
                f"powerline={self.powerline} adds up to 60 Hz, which recordings at sampling_rate={rate:g} Hz cannot "
                "have. Set powerline=0."
            )
        steps = [(getattr(_changes, name), getattr(self, name), (rate,) if name in in_time else ()) for name in wanted]
        extent, size = self.time_scaling, self.crop

        def change(recordings, rng):
            if extent:
                factor = _changes.one_of_few(extent, rng)
                if size:
                    # No more of a long recording need be scaled.
                    recordings = [_changes.crop(x, at_least(1 / factor, size) + 1, rng) for x in recordings]
                recordings = _changes.stretch(recordings, factor)
            for function, strength, time in steps:
                recordings = [function(x, strength, rng, *time) for x in recordings]
            return recordings

        return change
