"""Attention-based time-incremental convolutional network."""

from numbers import Integral, Real

from sklearn.utils._param_validation import StrOptions

from ecgclf._docstrings import CLASSIFIER_ATTRIBUTES, classifier_parameters, document
from ecgclf._parameters import Number, assign
from ecgclf.classifiers._attention import AttentionMixin
from ecgclf.classifiers._base import BaseECGClassifier
from ecgclf.classifiers._docstring_example import classifier_example
from ecgclf.nn import ATICNN


@document(
    parameters=classifier_parameters(epochs=30, learning_rate=0.002),
    attributes=CLASSIFIER_ATTRIBUTES,
    example=classifier_example(
        "ATICNNClassifier", "n_filters=(16, 32), depths=(1, 1), kernel_size=5, stem_kernel_size=9, n_units=32"
    ),
)
class ATICNNClassifier(AttentionMixin, BaseECGClassifier):
    """Stages of convolutional blocks, LSTM over what they give, additive attention over time.

    Each stage of blocks makes one timepoint of several, so that all of them together describe the recording in steps
    of a heartbeat or less; an LSTM joins the steps in the order of time, however many there are, and attention weighs
    what it gives [1]_. `attention` tells how.

    Parameters
    ----------
    residual : bool, default=False
        Whether blocks are pre-activation residual blocks of two convolutions [2]_, the first of each stage slowing the
        signal down, or plain ones of one convolution, and a maximum at the end of each stage.

    n_filters : tuple of int, default=(24, 32, 64, 96)
        Channels of each stage; as many stages as there are entries.

    depths : tuple of int, default=(2, 2, 2, 2)
        Blocks of each stage.

    kernel_size : int, default=7
        Extent of the blocks' convolutions, in timepoints of their input.

    pool_size : int, default=2
        Timepoints of which each stage makes one.

    stem_kernel_size : int, default=15
        Extent of a first convolution, in timepoints. It has as many channels as the first stage.

    stem_stride : int, default=4
        Its stride. A step of the LSTM is of ``stem_stride * pool_size ** len(n_filters)`` timepoints.

    n_units : int, default=64
        LSTM units, per direction.

    n_layers : int, default=1
        LSTM layers.

    bidirectional : bool, default=True
        Whether the LSTM also reads from the end.

    pooling : {"attention", "attention_max"}, default="attention_max"
        How the LSTM's outputs are pooled over time: by their mean, weighted by the attention, or by this and their
        maximum, so that what lasts and what happens once are both seen.

    n_attention_units : int, default=64
        Hidden units of the attention.

    block_dropout : float, default=0.1
        Dropout inside residual blocks, while training; plain ones have none.

    dropout : float, default=0.3
        Dropout before and between the LSTM layers and before the last layer, while training.

    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    CRANNClassifier : Fewer convolutions before the LSTM, or convolutions on segments.

    Notes
    -----
    With ``stem_stride=2`` this is the network of the trained model ``ensemble-cinc2017``, from whose weights a fit
    to recordings at 100 Hz can begin (`init_from`). What was published [1]_ are the 13 convolutions of VGG-16 with a
    maximum over three timepoints after each stage, two LSTM layers and attention, for twelve leads at 500 Hz. With the
    first convolution as the stem::

        ATICNNClassifier(
            residual=False, n_filters=(64, 128, 256, 512, 512), depths=(1, 2, 3, 3, 3),
            kernel_size=3, pool_size=3, stem_kernel_size=3, stem_stride=1,
            n_units=32, n_layers=2, bidirectional=False,
            pooling="attention", n_attention_units=32,
        )

    Not certain of it are the channels of the last stages, and the units of LSTM and attention.

    References
    ----------
    .. [1] Yao Q, Wang R, Fan X, Liu J, Li Y (2020). Multi-class arrhythmia detection from 12-lead varied-length ECG
       using attention-based time-incremental convolutional neural network. Information Fusion 53, 174-182.
       :doi:`10.1016/j.inffus.2019.06.024`

    .. [2] He K, Zhang X, Ren S, Sun J (2016). Identity mappings in deep residual networks. ECCV 2016, 630-645.
       :doi:`10.1007/978-3-319-46493-0_38`

    Examples
    --------
    {example}
    """

    _network_class = ATICNN
    _epochs = 30
    _parameter_constraints: dict = {
        **BaseECGClassifier._parameter_constraints,
        "residual": ["boolean"],
        "n_filters": ["array-like"],
        "depths": ["array-like"],
        "kernel_size": [Number(Integral, 1, None, closed="left")],
        "pool_size": [Number(Integral, 1, None, closed="left")],
        "stem_kernel_size": [Number(Integral, 1, None, closed="left")],
        "stem_stride": [Number(Integral, 1, None, closed="left")],
        "n_units": [Number(Integral, 1, None, closed="left")],
        "n_layers": [Number(Integral, 1, None, closed="left")],
        "bidirectional": ["boolean"],
        "pooling": [StrOptions({"attention", "attention_max"})],
        "n_attention_units": [Number(Integral, 1, None, closed="left")],
        "block_dropout": [Number(Real, 0, 1, closed="left")],
        "dropout": [Number(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        *,
        residual=False,
        n_filters=(24, 32, 64, 96),
        depths=(2, 2, 2, 2),
        kernel_size=7,
        pool_size=2,
        stem_kernel_size=15,
        stem_stride=4,
        n_units=64,
        n_layers=1,
        bidirectional=True,
        pooling="attention_max",
        n_attention_units=64,
        block_dropout=0.1,
        dropout=0.3,
        max_epochs="auto",
        batch_size=16,
        learning_rate=2e-3,
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
