"""LSTM and bidirectional LSTM classifiers."""

from numbers import Integral, Real

from sklearn.utils._param_validation import StrOptions

from ecgclf._docstrings import CLASSIFIER_ATTRIBUTES, classifier_parameters, document
from ecgclf._parameters import Number, assign
from ecgclf.classifiers._base import BaseECGClassifier
from ecgclf.classifiers._docstring_example import classifier_example
from ecgclf.nn import RecurrentNet

# At 300 Hz an hour; the search for the factors of a number beyond measure would not end.
_LONGEST_STRIDE = 2**20

_NETWORK_PARAMETERS = """\
stem_stride : int, default=64
    Samples per step of the LSTM: a stem of convolutions whose strides multiply to this slows the signal down first.
    1 leaves the stem out, the LSTM then reads the raw samples (and takes as many times longer).

n_filters : int, default=32
    Channels of the stem's convolutions.

kernel_size : int, default=15
    Extent of the stem's convolutions, in timepoints of their input.

n_units : int, default=64
    LSTM units, per direction.

n_layers : int, default=1
    LSTM layers.

pooling : {"mean", "max", "mean_max"}, default="mean_max"
    How the LSTM's outputs are pooled over the recording's own time, its padding left out.

dropout : float, default=0.2
    Dropout before and between the LSTM layers and before the last layer, while training."""


class _BaseRecurrentClassifier(BaseECGClassifier):
    """A network that reads forwards only, or both ways."""

    _network_class = RecurrentNet
    _parameter_constraints: dict = {
        **BaseECGClassifier._parameter_constraints,
        "stem_stride": [Number(Integral, 1, _LONGEST_STRIDE, closed="both")],
        "n_filters": [Number(Integral, 1, None, closed="left")],
        "kernel_size": [Number(Integral, 1, None, closed="left")],
        "n_units": [Number(Integral, 1, None, closed="left")],
        "n_layers": [Number(Integral, 1, None, closed="left")],
        "pooling": [StrOptions({"mean", "max", "mean_max"})],
        "dropout": [Number(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        *,
        stem_stride=64,
        n_filters=32,
        kernel_size=15,
        n_units=64,
        n_layers=1,
        pooling="mean_max",
        dropout=0.2,
        max_epochs="auto",
        batch_size=16,
        learning_rate=3e-3,
        weight_decay=0.01,
        schedule="one_cycle",
        class_weight=None,
        early_stopping=False,
        validation_fraction=None,
        n_iter_no_change=10,
        window_length=None,
        window_stride=None,
        augmentation=None,
        callbacks=None,
        net_params=None,
        device="auto",
        precision="float32",
        random_state=None,
        init_from=None,
        warm_start=False,
        checkpoint_dir=None,
        verbose=0,
    ):
        assign(self, locals())


@document(
    parameters=classifier_parameters(epochs=20, learning_rate=0.003),
    network=_NETWORK_PARAMETERS,
    attributes=CLASSIFIER_ATTRIBUTES,
    example=classifier_example("LSTMClassifier", "stem_stride=8"),
)
class LSTMClassifier(_BaseRecurrentClassifier):
    """LSTM over a strided convolutional stem, pooled over time.

    The stem slows the signal down and describes it, the LSTM [1]_ reads the descriptions in the order of time over
    each recording's own length, as packed sequences would, and its outputs are pooled over that length.

    Parameters
    ----------
    {network}

    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    BiLSTMClassifier : The same, read in both directions of time.

    References
    ----------
    .. [1] Hochreiter S, Schmidhuber J (1997). Long short-term memory. Neural Computation 9(8), 1735-1780.
       :doi:`10.1162/neco.1997.9.8.1735`

    Examples
    --------
    {example}
    """

    _fixed = {"bidirectional": False}


@document(
    parameters=classifier_parameters(epochs=20, learning_rate=0.003),
    network=_NETWORK_PARAMETERS,
    attributes=CLASSIFIER_ATTRIBUTES,
    example=classifier_example("BiLSTMClassifier", "stem_stride=8"),
)
class BiLSTMClassifier(_BaseRecurrentClassifier):
    """Bidirectional LSTM over a strided convolutional stem, pooled over time.

    As :class:`LSTMClassifier`, with a second LSTM [1]_ that reads each recording from its own end: every step knows
    what came before and what comes after.

    Parameters
    ----------
    {network}

    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    LSTMClassifier : The same, read forwards only.

    References
    ----------
    .. [1] Hochreiter S, Schmidhuber J (1997). Long short-term memory. Neural Computation 9(8), 1735-1780.
       :doi:`10.1162/neco.1997.9.8.1735`

    Examples
    --------
    {example}
    """

    _fixed = {"bidirectional": True}
