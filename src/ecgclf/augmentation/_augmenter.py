"""Replace recordings by synthetic ones while a Pipeline is fitted."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import OneToOneFeatureMixin, TransformerMixin, _fit_context
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ecgclf._docstrings import (
    FEATURE_NAMES,
    GENERATOR_ATTRIBUTES,
    GENERATOR_NOTES,
    GENERATOR_PARAMETERS,
    RECORDINGS,
    document,
)
from ecgclf._parameters import Number, assign
from ecgclf._recordings import check_recordings, has_columns, restack
from ecgclf._state import all_or_nothing
from ecgclf._whole import at_least, nearest
from ecgclf.augmentation._base import BaseWaveNetGenerator


@document(parameters=GENERATOR_PARAMETERS, attributes=GENERATOR_ATTRIBUTES, notes=GENERATOR_NOTES)
class WaveNetAugmenter(OneToOneFeatureMixin, TransformerMixin, BaseWaveNetGenerator):
    """Replace a part of the training recordings by synthetic ones from a WaveNet; predict on recordings as they are.

    `fit_transform`, which a Pipeline calls while it is fitted, trains a generator and replaces a fraction of the
    recordings by synthetic ones of the same class. `transform`, which a Pipeline calls while it predicts, gives its
    recordings back unchanged. So ``fit_transform(X, y)`` is not ``fit(X, y).transform(X)``.

    The generator is a WaveNet [1]_: it draws every sample from a distribution that depends on the samples before it
    and on the rhythm class. One network learns all classes, so that a rare class borrows what they have in common.

    Parameters
    ----------
    proportion : float, default=0.5
        Fraction of the recordings of each class that `fit_transform` replaces.

    prime_length : int, default=300
        Number of samples that a synthetic recording takes over from the start of the one it replaces, and continues;
        0 starts from nothing. Recordings that are not longer than that have nothing to continue and stay as they are.

    {parameters}

    Attributes
    ----------
    replaced_ : ndarray of shape (n_recordings,) and dtype bool
        Which recordings the last `fit_transform` replaced. Only after `fit_transform`.

    {attributes}

    See Also
    --------
    WaveNetOverSampler : Adds recordings instead, in the Pipeline of imbalanced-learn.

    Notes
    -----
    {notes}

    References
    ----------
    .. [1] van den Oord A, Dieleman S, Zen H, et al. (2016). WaveNet: a generative model for raw audio.
       arXiv:1609.03499. :doi:`10.48550/arXiv.1609.03499`

    Examples
    --------
    Half of the recordings are replaced while fitting, none while predicting. The network is far too small and its
    training far too short to be of use.

    >>> from ecgclf.augmentation import WaveNetAugmenter
    >>> from ecgclf.datasets import make_recordings
    >>> X, y = make_recordings(8, duration=(2.0, 3.0), random_state=0, return_X_y=True)
    >>> augmenter = WaveNetAugmenter(
    ...     n_blocks=1, n_layers=3, n_filters=4, n_skip_filters=4,
    ...     max_epochs=1, random_state=0,
    ... )
    >>> augmented = augmenter.fit_transform(X, y)
    >>> int(augmenter.replaced_.sum()), len(augmented)
    (4, 8)
    >>> all((a == x).all() for a, x in zip(augmenter.transform(X), X))
    True

    More recordings of a class, of two seconds each:

    >>> augmenter.sample(2, "A", n_timepoints=600)[0].shape
    (600,)
    """

    _parameter_constraints: dict = {
        "proportion": [Number(Real, 0, 1, closed="both")],
        "prime_length": [Number(Integral, 0, None, closed="left")],
        **BaseWaveNetGenerator._parameter_constraints,
    }

    def __init__(
        self,
        *,
        proportion=0.5,
        prime_length=300,
        n_bins=256,
        n_blocks=2,
        n_layers=9,
        n_filters=32,
        n_skip_filters=64,
        kernel_size=2,
        class_conditional=True,
        temperature=1.0,
        max_epochs=10,
        batch_size=2,
        crop_length=1024,
        learning_rate=1e-2,
        weight_decay=0.01,
        device="auto",
        precision="float32",
        random_state=None,
        verbose=0,
    ):
        assign(self, locals())

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    @document(X=RECORDINGS)
    def fit_transform(self, X, y):
        """Train the generator, and replace a fraction of the recordings by synthetic ones of the same class.

        Ctrl-C while generating keeps what is finished: the other recordings stay real.

        Parameters
        ----------
        {X}

        y : array-like of shape (n_recordings,)
            The label of each recording, of any dtype.

        Returns
        -------
        X_new : ndarray, list or object array
            As many recordings, of the kind, order and lengths of `X`; `y` stays valid for them. `X` is not modified.

        Raises
        ------
        ValueError
            If a recording is not usable; the message names it.
        MemoryError
            If the recordings would not fit the machine's memory.
        """
        recordings, targets, rng = self._fit_generator(X, y)
        lengths = recordings.lengths
        chosen = [
            np.sort(rng.permutation(np.flatnonzero(targets == k))[: nearest(self.proportion, np.sum(targets == k))])
            for k in range(len(self.classes_))
        ]
        chosen = np.concatenate(chosen)
        chosen = chosen[lengths[chosen] > self.prime_length]
        items, self.replaced_ = list(recordings.items), np.zeros(len(targets), dtype=bool)
        primes = [items[i][:, : self.prime_length] for i in chosen]
        for i, item in zip(chosen, self._generate(targets[chosen], lengths[chosen], rng, primes), strict=True):
            if item is not None:
                items[i], self.replaced_[i] = item, True
        return restack(items, recordings)

    @document(X=RECORDINGS)
    def transform(self, X):
        """Give the recordings back unchanged.

        Parameters
        ----------
        {X}

        Returns
        -------
        ndarray, list or object array
            The same recordings, of the kind in which they came.
        """
        check_is_fitted(self)
        recordings = check_recordings(self, X, reset=False)
        return restack(recordings.items, recordings)

    @available_if(has_columns)
    @document(names=FEATURE_NAMES)
    def get_feature_names_out(self, input_features=None):
        """Give the names of the columns, which are those that come in; only of a table.

        {names}
        """
        return super().get_feature_names_out(input_features)

    def _n_synthetic(self, y):
        return at_least(self.proportion, len(y))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
