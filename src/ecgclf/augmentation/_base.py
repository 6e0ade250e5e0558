"""What both estimators share: parameters, training of the generator, `sample` and the likelihood."""

import math
from abc import abstractmethod
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from ecgclf import _training
from ecgclf._docstrings import RECORDINGS, document
from ecgclf._mixins import DocLinkMixin
from ecgclf._numbers import is_whole
from ecgclf._parameters import Number
from ecgclf._recordings import Recordings, check_recordings, restack
from ecgclf._state import all_or_nothing
from ecgclf.augmentation._generator import MAX_BLOCKS, MAX_LAYERS, Generator

_NETWORK = ("n_bins", "n_blocks", "n_layers", "n_filters", "n_skip_filters", "kernel_size")


class BaseWaveNetGenerator(DocLinkMixin, BaseEstimator):
    """Base of the estimators that hold a WaveNet: a subclass adds what it does with synthetic recordings."""

    _parameter_constraints: dict = {
        "n_bins": [Number(Integral, 2, 65536, closed="both")],
        "n_blocks": [Number(Integral, 1, MAX_BLOCKS, closed="both")],
        "n_layers": [Number(Integral, 1, MAX_LAYERS, closed="both")],
        "n_filters": [Number(Integral, 1, None, closed="left")],
        "n_skip_filters": [Number(Integral, 1, None, closed="left")],
        "kernel_size": [Number(Integral, 1, None, closed="left")],
        "class_conditional": ["boolean"],
        "temperature": [Number(Real, 0, None, closed="neither")],
        "max_epochs": [Number(Integral, 1, None, closed="left")],
        "batch_size": [Number(Integral, 1, None, closed="left")],
        "crop_length": [Number(Integral, 2, None, closed="left")],
        "learning_rate": [Number(Real, 0, None, closed="neither")],
        "weight_decay": [Number(Real, 0, None, closed="left")],
        "device": [str],
        "precision": [StrOptions({"float32", "bfloat16"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    @document(X=RECORDINGS)
    def fit(self, X, y):
        """Train the generator. Ctrl-C ends the training early; the generator is usable as trained so far.

        Parameters
        ----------
        {X}

        y : array-like of shape (n_recordings,)
            The label of each recording, of any dtype.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a recording is not usable (the message names it), or the parameters do not suit `y`.
        """
        self._fit_generator(X, y)
        return self

    def _fit_generator(self, X, y):
        """Train; returns the checked recordings, their class indices and the random state to go on with."""
        recordings, y = check_recordings(self, X, y)
        check_classification_targets(y)
        self.classes_, targets = np.unique(y, return_inverse=True)
        n_synthetic = self._n_synthetic(y)
        rng = check_random_state(self.random_state)
        seed = int(rng.randint(np.iinfo(np.int32).max))
        self.generator_ = Generator(
            recordings,
            targets,
            class_conditional=self.class_conditional,
            network={name: getattr(self, name) for name in _NETWORK},
            seed=seed,
            device=_training.resolve_device(self.device),
            precision=self.precision,
        )
        self.generator_.check_memory(n_synthetic, math.ceil(recordings.lengths.mean()))
        self.histories_ = self.generator_.train(
            recordings.items,
            targets,
            max_epochs=self.max_epochs,
            batch_size=self.batch_size,
            crop_length=self.crop_length,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            seed=seed,
            verbose=self.verbose,
        )
        self._form = {"kind": recordings.kind, "container": recordings.container, "flat": recordings.flat}
        return recordings, targets, rng

    @abstractmethod
    def _n_synthetic(self, y):
        """Tell how many synthetic recordings will be wanted; raise if `y` does not suit the parameters."""

    def sample(self, n_recordings, label, n_timepoints=None):
        """Generate recordings of a class, from nothing.

        Ctrl-C ends the generation: with a warning, the recordings finished till then are returned.

        Parameters
        ----------
        n_recordings : int
            How many.
        label : object
            One of `classes_`.
        n_timepoints : int, default=None
            Length of each. By default lengths are drawn from those of the real recordings of the class.

        Returns
        -------
        X : ndarray of shape (n_recordings, n_timepoints) or (n_recordings, n_leads, n_timepoints), or list or 1-D \
                object array of ndarray of shape (n_timepoints_i,) or (n_leads, n_timepoints_i)
            In mV, of the kind, data type and sampling rate of the recordings at fit. An int as `random_state` makes
            every call with the same arguments return the same.

        Raises
        ------
        ValueError
            If the label was not seen at fit, or a number is not positive.
        MemoryError
            If the recordings would not fit the machine's memory.
        """
        check_is_fitted(self)
        k = self._class_index(label)
        _check_positive("n_recordings", n_recordings)
        if n_timepoints is not None:
            _check_positive("n_timepoints", n_timepoints)
        rng = check_random_state(self.random_state)
        self.generator_.check_memory(n_recordings, n_timepoints or int(self.generator_.lengths[k].mean()))
        if n_timepoints is None:
            lengths = self.generator_.draw_lengths(k, n_recordings, rng)
        else:
            lengths = np.full(n_recordings, n_timepoints)
        items = self._generate(np.full(n_recordings, k), lengths, rng)
        finished = [item for item in items if item is not None]
        if not finished:
            raise KeyboardInterrupt("Generation was interrupted before a recording was finished.")
        return restack(finished, Recordings(finished, **self._form))

    @document(X=RECORDINGS)
    def negative_log_likelihood(self, X, y):
        """Tell how surprising the generator finds recordings: of held-out ones, the lower the better it fits.

        Parameters
        ----------
        {X}

        y : array-like of shape (n_recordings,)
            The label of each recording.

        Returns
        -------
        nll : ndarray of shape (n_recordings,)
            Negative log-likelihood of the mu-law bins of each recording, in bits per sample of a lead. A uniform guess
            has ``log2(n_bins)``.
        """
        check_is_fitted(self)
        recordings, y = check_recordings(self, X, y, reset=False)
        targets = np.array([self._class_index(label) for label in y.tolist()])
        return self.generator_.bits_per_sample(recordings.items, targets)

    def _class_index(self, label):
        if np.ndim(label) != 0:
            raise ValueError(f"label={label!r:.60} is no single label. Give one of {self.classes_.tolist()}.")
        (found,) = np.nonzero(self.classes_ == label)
        if len(found) != 1:
            raise ValueError(
                f"The label {label!r} was not seen at fit; the classes are {self.classes_.tolist()}. Give one of "
                "them, or fit on recordings of that class too."
            )
        return int(found[0])

    def _generate(self, targets, lengths, rng, primes=None):
        return self.generator_.sample(
            targets, lengths, primes=primes, temperature=self.temperature, rng=rng, verbose=self.verbose
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.three_d_array = True
        return tags


def _check_positive(name, value):
    if not is_whole(value, 1):
        raise ValueError(f"{name}={value!r}; expected an integer of at least 1.")
