"""Convolutional recurrent classifiers, without and with attention."""

from numbers import Integral, Real

from sklearn.utils._param_validation import StrOptions

from ecgclf._docstrings import CLASSIFIER_ATTRIBUTES, classifier_parameters, document
from ecgclf._parameters import Number, assign
from ecgclf.classifiers._base import BaseECGClassifier
from ecgclf.classifiers._docstring_example import classifier_example
from ecgclf.nn import CRNN

NETWORK_PARAMETERS = """\
segment_length : int or None, default=None
    None puts the convolutions over the whole recording, all but the first in pairs as pre-activation residual blocks
    [1]_. A number cuts the recording into segments of so many timepoints, side by side, the last maybe shorter, and
    describes each by plain convolutions that do not leave it.

n_filters : tuple of int, default=(24, 24, 32, 48, 64, 96)
    Channels of each convolution or residual block; as many as there are entries.

kernel_sizes : tuple of int, default=(15, 7, 7, 7, 7, 7)
    Extent of each, in timepoints of its input.

strides : tuple of int, default=(2, 2, 2, 2, 2, 2)
    Stride of each. On segments convolutions are "valid": the segment has to be long enough for all of them.

segment_pooling : {"max", "mean"}, default="max"
    How the last convolution is pooled over its segment. Without meaning if `segment_length` is None.

batch_norm : bool, default=True
    Whether each convolution on a segment, and the pooling of the segment, is followed by batch normalisation. Without
    meaning if `segment_length` is None: residual blocks have it.

n_units : int, default=64
    LSTM units, per direction.

n_layers : int, default=1
    LSTM layers.

bidirectional : bool, default=True
    Whether the LSTM also reads from the end."""


class BaseCRNNClassifier(BaseECGClassifier):
    """Convolutions and an LSTM, whatever pools them."""

    _network_class = CRNN
    _epochs = 30
    _parameter_constraints: dict = {
        **BaseECGClassifier._parameter_constraints,
        "segment_length": [Number(Integral, 1, None, closed="left"), None],
        "n_filters": ["array-like"],
        "kernel_sizes": ["array-like"],
        "strides": ["array-like"],
        "segment_pooling": [StrOptions({"max", "mean"})],
        "batch_norm": ["boolean"],
        "n_units": [Number(Integral, 1, None, closed="left")],
        "n_layers": [Number(Integral, 1, None, closed="left")],
        "bidirectional": ["boolean"],
        "dropout": [Number(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        *,
        segment_length=None,
        n_filters=(24, 24, 32, 48, 64, 96),
        kernel_sizes=(15, 7, 7, 7, 7, 7),
        strides=(2, 2, 2, 2, 2, 2),
        segment_pooling="max",
        batch_norm=True,
        n_units=64,
        n_layers=1,
        bidirectional=True,
        pooling="mean_max",
        dropout=0.3,
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
    network=NETWORK_PARAMETERS,
    parameters=classifier_parameters(epochs=30, learning_rate=0.003),
    attributes=CLASSIFIER_ATTRIBUTES,
    example=classifier_example("CRNNClassifier", "n_filters=(16, 32), kernel_sizes=(9, 5), strides=(4, 2)"),
)
class CRNNClassifier(BaseCRNNClassifier):
    """Convolutions, LSTM over what they give, pooling over time.

    Residual blocks, or convolutions on short segments, describe the recording step by step, an LSTM reads the
    descriptions in the order of time, and its outputs are pooled.

    Parameters
    ----------
    {network}

    pooling : {"mean", "max", "mean_max"}, default="mean_max"
        How the LSTM's outputs are pooled over time.

    dropout : float, default=0.3
        Dropout inside residual blocks, before and between the LSTM layers and before the last layer, while training.

    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    CRANNClassifier : The same with attention in place of the pooling.

    References
    ----------
    .. [1] He K, Zhang X, Ren S, Sun J (2016). Identity mappings in deep residual networks. ECCV 2016, 630-645.
       :doi:`10.1007/978-3-319-46493-0_38`

    Examples
    --------
    {example}
    """

    # Without meaning, but asked for.
    _fixed = {"n_attention_units": 1}
    _parameter_constraints: dict = {
        **BaseCRNNClassifier._parameter_constraints,
        "pooling": [StrOptions({"mean", "max", "mean_max"})],
    }
