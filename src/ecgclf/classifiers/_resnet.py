"""Residual network classifier."""

from numbers import Integral, Real

from sklearn.utils._param_validation import StrOptions

from ecgclf._docstrings import CLASSIFIER_ATTRIBUTES, classifier_parameters, document
from ecgclf._parameters import Number, assign
from ecgclf.classifiers._base import BaseECGClassifier
from ecgclf.classifiers._docstring_example import classifier_example
from ecgclf.nn import ResNet


@document(
    parameters=classifier_parameters(epochs=20, learning_rate=0.003),
    attributes=CLASSIFIER_ATTRIBUTES,
    example=classifier_example("ResNetClassifier", "n_blocks=4, stem_stride=2"),
)
class ResNetClassifier(BaseECGClassifier):
    """Residual network of pre-activation blocks with subsampling.

    A convolution, a stack of residual blocks that slow the signal down and widen it, pooling over time. The shortcuts
    have no parameters: a maximum over time where a block subsamples, zeros for new channels. The design is that of
    [1]_ and [2]_; the defaults make a small network of it that trains on a CPU.

    Parameters
    ----------
    n_blocks : int, default=8
        Number of residual blocks, each of two convolutions.

    kernel_size : int, default=8
        Extent of every convolution, in timepoints of its input.

    n_filters : int, default=16
        Channels of the first convolution and the first blocks.

    widen_every : int, default=2
        Number of blocks after which the channels grow.

    filter_growth : {"linear", "double"}, default="linear"
        Whether they grow by `n_filters` or to twice as many.

    subsample_every : int, default=1
        The last of every so many blocks halves the sampling rate.

    stem_stride : int, default=4
        Stride of the first convolution.

    pooling : {"mean", "max", "mean_max"}, default="mean_max"
        How features are pooled over time. The mean sees what lasts, the maximum what happens once.

    dropout : float, default=0.4
        Dropout inside the blocks and before the last layer, while training.

    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    LSTMClassifier : Recurrent network over a strided convolutional stem.
    CRNNClassifier : Residual blocks, recurrent layer over them.

    Notes
    -----
    The published network of 34 layers (33 convolutions and a linear layer: 16 blocks, kernel 16, 64 filters that grow
    by 64 every 4 blocks, subsampling in every other block) is::

        ResNetClassifier(
            n_blocks=16, kernel_size=16, n_filters=64, widen_every=4, filter_growth="linear",
            subsample_every=2, stem_stride=1, pooling="mean",
        )

    That is the recipe of [3]_, which [2]_ took over; [1]_ starts from 32 filters and doubles them
    (``n_filters=32, filter_growth="double"``). It has millions of weights: give it a GPU.

    References
    ----------
    .. [1] Hannun AY, Rajpurkar P, Haghpanahi M, et al. (2019). Cardiologist-level arrhythmia detection and
       classification in ambulatory electrocardiograms using a deep neural network. Nature Medicine 25, 65-69.
       :doi:`10.1038/s41591-018-0268-3`
    .. [2] Andreotti F, Carr O, Pimentel MAF, Mahdi A, De Vos M (2017). Comparing feature-based classifiers and
       convolutional neural networks to detect arrhythmia from short segments of ECG. Computing in Cardiology 44.
       :doi:`10.22489/CinC.2017.360-239`
    .. [3] Rajpurkar P, Hannun AY, Haghpanahi M, Bourn C, Ng AY (2017). Cardiologist-level arrhythmia detection with
       convolutional neural networks. arXiv:1707.01836.

    Examples
    --------
    {example}
    """

    _network_class = ResNet
    _parameter_constraints: dict = {
        **BaseECGClassifier._parameter_constraints,
        "n_blocks": [Number(Integral, 1, None, closed="left")],
        "kernel_size": [Number(Integral, 1, None, closed="left")],
        "n_filters": [Number(Integral, 1, None, closed="left")],
        "widen_every": [Number(Integral, 1, None, closed="left")],
        "filter_growth": [StrOptions({"linear", "double"})],
        "subsample_every": [Number(Integral, 1, None, closed="left")],
        "stem_stride": [Number(Integral, 1, None, closed="left")],
        "pooling": [StrOptions({"mean", "max", "mean_max"})],
        "dropout": [Number(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        *,
        n_blocks=8,
        kernel_size=8,
        n_filters=16,
        widen_every=2,
        filter_growth="linear",
        subsample_every=1,
        stem_stride=4,
        pooling="mean_max",
        dropout=0.4,
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
