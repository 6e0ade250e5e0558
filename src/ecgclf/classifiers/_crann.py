"""Convolutional-recurrent network with attention."""

from numbers import Integral

from sklearn.utils._param_validation import StrOptions

from ecgclf._docstrings import CLASSIFIER_ATTRIBUTES, classifier_parameters, document
from ecgclf._parameters import Number, assign
from ecgclf.classifiers._attention import AttentionMixin
from ecgclf.classifiers._crnn import NETWORK_PARAMETERS, BaseCRNNClassifier
from ecgclf.classifiers._docstring_example import classifier_example


@document(
    network=NETWORK_PARAMETERS,
    parameters=classifier_parameters(epochs=30, learning_rate=0.003),
    attributes=CLASSIFIER_ATTRIBUTES,
    example=classifier_example("CRANNClassifier", "n_filters=(16, 32), kernel_sizes=(9, 5), strides=(4, 2)"),
)
class CRANNClassifier(AttentionMixin, BaseCRNNClassifier):
    """Convolutions, LSTM over what they give, additive attention over time.

    As :class:`CRNNClassifier`, but the network learns where to look [2]_; `attention` tells where it did.

    Parameters
    ----------
    {network}

    pooling : {"attention", "attention_max"}, default="attention_max"
        How the LSTM's outputs are pooled over time: by their mean, weighted by the attention, or by this and their
        maximum, so that what lasts and what happens once are both seen.

    n_attention_units : int, default=64
        Hidden units of the attention.

    dropout : float, default=0.3
        Dropout inside residual blocks, before and between the LSTM layers and before the last layer, while training.

    {parameters}

    Attributes
    ----------
    {attributes}

    See Also
    --------
    CRNNClassifier : The same without attention.
    ATICNNClassifier : Deeper stages of convolutions before the LSTM.

    Notes
    -----
    A network of 3,282 weights for one lead and two classes (segments of 32 samples, 16 filters of 16 samples at every
    fourth, 16 filters of 2, their mean, 16 LSTM units, 16 attention units) is::

        CRANNClassifier(
            segment_length=32, n_filters=(16, 16), kernel_sizes=(16, 2), strides=(4, 1),
            segment_pooling="mean", batch_norm=False, n_units=16, bidirectional=False,
            pooling="attention", n_attention_units=16,
        )

    References
    ----------
    .. [1] He K, Zhang X, Ren S, Sun J (2016). Identity mappings in deep residual networks. ECCV 2016, 630-645.
       :doi:`10.1007/978-3-319-46493-0_38`

    .. [2] Yao Q, Wang R, Fan X, Liu J, Li Y (2020). Multi-class arrhythmia detection from 12-lead varied-length ECG
       using attention-based time-incremental convolutional neural network. Information Fusion 53, 174-182.
       :doi:`10.1016/j.inffus.2019.06.024`

    Examples
    --------
    {example}
    """

    _parameter_constraints: dict = {
        **BaseCRNNClassifier._parameter_constraints,
        "pooling": [StrOptions({"attention", "attention_max"})],
        "n_attention_units": [Number(Integral, 1, None, closed="left")],
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
        pooling="attention_max",
        n_attention_units=64,
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
