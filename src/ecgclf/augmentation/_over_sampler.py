"""Add synthetic recordings to the rarer classes, by the protocol of imbalanced-learn."""

from numbers import Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import StrOptions

from ecgclf._docstrings import GENERATOR_ATTRIBUTES, GENERATOR_NOTES, GENERATOR_PARAMETERS, RECORDINGS, document
from ecgclf._parameters import Number, assign
from ecgclf._recordings import object_array, restack
from ecgclf._state import all_or_nothing
from ecgclf.augmentation._base import BaseWaveNetGenerator
from ecgclf.augmentation._strategy import STRATEGIES, n_to_generate


@document(parameters=GENERATOR_PARAMETERS, attributes=GENERATOR_ATTRIBUTES, notes=GENERATOR_NOTES)
class WaveNetOverSampler(BaseWaveNetGenerator):
    """Add synthetic recordings from a WaveNet to the rarer classes.

    `fit_resample` trains a generator and gives the recordings back with synthetic ones behind them. It follows the
    protocol of imbalanced-learn, which need not be installed: ``imblearn.pipeline.Pipeline`` calls it while it is
    fitted and passes it by while it predicts. scikit-learn's own Pipeline cannot change the number of recordings; it
    takes :class:`WaveNetAugmenter`.

    The generator is a WaveNet [1]_: it draws every sample from a distribution that depends on the samples before it
    and on the rhythm class. One network learns all classes, so that a rare class borrows what they have in common.

    Parameters
    ----------
    sampling_strategy : str, float, dict or callable, default="auto"
        How many recordings to add, as in imbalanced-learn. A str names the classes that are filled up to the size of
        the largest: "minority", "not minority", "not majority", "all"; "auto" is "not majority". A float, of two
        classes, is the ratio of the smaller to the larger after resampling. A dict gives the number of recordings of
        a label after resampling. A callable takes `y` and returns such a dict.

    {parameters}

    Attributes
    ----------
    sampling_strategy_ : dict of {label: int}
        How many recordings of each class are added.

    {attributes}

    See Also
    --------
    WaveNetAugmenter : Replaces recordings, in the Pipeline of scikit-learn.

    Notes
    -----
    {notes}

    References
    ----------
    .. [1] van den Oord A, Dieleman S, Zen H, et al. (2016). WaveNet: a generative model for raw audio.
       arXiv:1609.03499. :doi:`10.48550/arXiv.1609.03499`

    Examples
    --------
    The smaller class is filled up. The network is far too small and its training far too short to be of use.

    >>> import numpy as np
    >>> from ecgclf.augmentation import WaveNetOverSampler
    >>> from ecgclf.datasets import make_recordings
    >>> X, y = make_recordings(8, duration=(2.0, 3.0), random_state=0, return_X_y=True)
    >>> y = np.array(["N", "N", "N", "N", "N", "A", "A", "A"])
    >>> sampler = WaveNetOverSampler(
    ...     n_blocks=1, n_layers=3, n_filters=4, n_skip_filters=4,
    ...     max_epochs=1, random_state=0,
    ... )
    >>> X_resampled, y_resampled = sampler.fit_resample(X, y)
    >>> len(X_resampled), y_resampled[8:].tolist()
    (10, ['A', 'A'])
    """

    _parameter_constraints: dict = {
        "sampling_strategy": [
            StrOptions(set(STRATEGIES)),
            Number(Real, 0, 1, closed="right"),
            dict,
            callable,
        ],
        **BaseWaveNetGenerator._parameter_constraints,
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
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
    def fit_resample(self, X, y):
        """Train the generator, and add synthetic recordings.

        Ctrl-C while generating keeps what is finished: fewer recordings are added, with a warning.

        Parameters
        ----------
        {X}

        y : array-like of shape (n_recordings,)
            The label of each recording, of any dtype.

        Returns
        -------
        X_resampled : ndarray, list, object array, DataFrame or Series
            The recordings, of the kind of `X`, and behind them the synthetic ones, class by class.
        y_resampled : ndarray or Series of shape (n_resampled,)
            Their labels, of the kind of `y`.

        Raises
        ------
        ValueError
            If a recording is not usable (the message names it), or `sampling_strategy` does not suit `y`.
        MemoryError
            If the recordings would not fit the machine's memory.
        """
        recordings, targets, rng = self._fit_generator(X, y)
        indices = [self._class_index(label) for label in self.sampling_strategy_]
        new = np.repeat(np.array(indices, dtype=np.int64), list(self.sampling_strategy_.values()))
        lengths = [self.generator_.draw_lengths(k, 1, rng)[0] for k in new]
        items = self._generate(new, np.array(lengths, dtype=np.int64), rng)
        finished = [item is not None for item in items]
        n_finished = np.bincount(new[finished], minlength=len(self.classes_)).tolist()
        self.sampling_strategy_ = {
            label: n_finished[k] for label, k in zip(self.sampling_strategy_, indices, strict=True)
        }
        items = [*recordings.items, *(item for item in items if item is not None)]
        labels = self.classes_[np.concatenate([targets, new[finished]])]
        return _recordings_like(X, restack(items, recordings)), _labels_like(y, labels)

    def _n_synthetic(self, y):
        self.sampling_strategy_ = n_to_generate(self.sampling_strategy, y)
        return sum(self.sampling_strategy_.values())


def _recordings_like(X, recordings):
    """Give a DataFrame or Series of pandas for one; its rows are numbered anew, as in imbalanced-learn."""
    if not hasattr(X, "iloc"):
        return recordings
    if isinstance(recordings, np.ndarray) and recordings.dtype != object:
        return type(X)(recordings, columns=X.columns)
    items = object_array(recordings)
    return type(X)({X.columns[0]: items}) if len(X.shape) == 2 else type(X)(items, name=X.name)


def _labels_like(y, labels):
    if not hasattr(y, "iloc"):
        return labels
    if len(y.shape) == 2:
        return type(y)(labels[:, np.newaxis], columns=y.columns).astype(y.dtypes)
    return type(y)(labels, name=y.name, dtype=y.dtype)
