"""Parameter texts that several estimators share, written once."""

RECORDINGS = """\
X : array-like of shape (n_recordings, n_timepoints), ndarray of shape (n_recordings, n_leads, n_timepoints), \
or list or 1-D object array of ndarray of shape (n_timepoints_i,) or (n_leads, n_timepoints_i)
    The recordings, in mV: a table, a 3-D array, or a ragged collection of any lengths."""

FEATURE_NAMES = """\
Parameters
----------
input_features : array-like of str or None, default=None
    Names of the columns that come in; None takes those seen in `fit`.

Returns
-------
ndarray of str objects of shape (n_features,)
    The names, in order."""

CLASSIFIER_PARAMETERS = """\
max_epochs : int or "auto", default="auto"
    Number of passes over the training recordings. "auto" is {epochs}, or as many as make 300 batches where recordings
    are few: what a network learns depends on the steps it takes, and each batch is one.

batch_size : int, default=16
    Recordings (or windows) in a batch, at most. Batches hold recordings of similar length.

learning_rate : float, default={learning_rate}
    Learning rate of the AdamW optimiser; with ``schedule="one_cycle"`` the highest it reaches.

weight_decay : float, default=0.01
    Decoupled weight decay of AdamW.

schedule : {"one_cycle", "constant"}, default="one_cycle"
    Course of the learning rate over a fit: up over the first quarter and down to nothing over the rest, or constant.
    Choose "constant" when a skorch callback of yours sets it.

class_weight : "balanced", dict of {label: weight} or None, default=None
    Weights of the classes in the loss. "balanced" weighs by the inverse of their frequency among the windows
    trained on; labels missing from a dict weigh 1.

early_stopping : bool, default=False
    Whether to stop when the loss of the validation recordings no longer falls, and to keep the weights of the best
    epoch. They are those given to `fit` as `X_val`, or are set aside.

validation_fraction : float, cross-validation splitter, skorch.dataset.ValidSplit or None, default=None
    Share of the recordings of each class set aside for validation, whether `early_stopping` heeds them or not; with
    the `groups` of `fit` a share of the groups. Of a splitter, such as ``GroupShuffleSplit(1, test_size=0.2)``, the
    first split is taken; what that has on neither side has no part in the fit. None sets a tenth aside if
    `early_stopping` needs it, and nothing otherwise.

n_iter_no_change : int, default=10
    Epochs without a fall of the validation loss after which `early_stopping` stops.

window_length : int or None, default=None
    Timepoints of the windows into which recordings are cut, inside the classifier: rows stay recordings, so no
    split can put windows of one recording on both sides. None takes each recording whole.

window_stride : int, dict of {label: int} or None, default=None
    Timepoints from one window of a recording to its next, no more than it has; None is `window_length`, windows side
    by side. A dict, which needs a `window_length`, gives training windows a stride by class (a rare class gets more of
    them by a shorter stride; labels missing from it have `window_length`); to predict, where classes are unknown,
    windows then lie side by side.

augmentation : RandomChanges or callable or None, default=None
    Changes that keep the label, drawn anew whenever a recording (or window) is trained on; never when predicting:
    :class:`ecgclf.augmentation.RandomChanges`, or a function of yours ``changed = function(recording, rng)`` from an
    array of shape (n_leads, n_timepoints) and a :class:`numpy.random.Generator` to another with the same leads.

callbacks : list of skorch.callbacks.Callback, of functions that make one, or of (name, either), or None, default=None
    Callbacks for the fit. Each fit has copies, so that yours stay as they are; find them in ``net_.callbacks_``. For
    one that cannot be copied, as loggers with an open file, give a function without arguments that makes it.

net_params : dict or None, default=None
    Any further argument of :class:`skorch.NeuralNetClassifier`, in skorch's own spelling, such as
    ``dict(optimizer=torch.optim.SGD, optimizer__momentum=0.9)``. It wins over what the classifier would pass; an
    argument that would not be heeded is refused by name. As "criterion" goes a class of losses, such as
    :class:`ecgclf.nn.FocalLoss`, or a function of the logits and the targets of a batch; what a class takes goes as
    ``criterion__...``, with cross-entropy, the default, for instance ``criterion__label_smoothing=0.05``.

device : str, default="auto"
    "auto" takes a GPU if there is one; "cpu", "cuda", "cuda:1", "mps" name it.

precision : {"float32", "bfloat16"}, default="float32"
    "bfloat16" trains the network under autocast. It pays on hardware with bfloat16 arithmetic; on a CPU without, it
    is many times slower. Predictions are in float32 always.

random_state : int, RandomState instance or None, default=None
    Seeds initial weights, batches, dropout and the validation split. On a CPU the same int gives the same fit and the
    same probabilities to the bit, on any number of torch threads and so inside and outside of joblib's workers:
    batches of more than 65,536 samples are computed in two parts or more, of 8 recordings where there are as many and
    never of one, each on one thread and with batch statistics of its own. On a GPU batches are computed whole:
    on CUDA the same int gives the same fit, and another than on a CPU.

init_from : estimator, path-like, str or None, default=None
    Trained weights to begin with, instead of random ones: a fitted classifier, or a Pipeline, vote or tuned decision
    with one in it (the first whose network fits); a file of :func:`ecgclf.persistence.save`; or the name of a model
    that :func:`ecgclf.pretrained.list_pretrained` tells. The parameters of the network have to be those of that one,
    the recordings prepared as it was trained on them, sampling rate and filters. Classes may be others: the last layer
    then is new. Leads may be others: the first convolution then gives each an equal share of the sum of
    its weights for those it knew.

warm_start : bool, default=False
    Whether `fit` goes on from the weights of the last fit, with the same classes, instead of starting anew. The
    optimiser and the schedule start anew, with the parameters as they are now.

checkpoint_dir : path-like or None, default=None
    Folder in which each fit keeps its state after every epoch, a file of safetensors for each. A `fit` with the same
    parameters and recordings goes on from there, after a crash or Ctrl-C, to the same weights to the bit; one that
    was finished is read from the file. All fits of a search or a cross-validation may share the folder. Needs a
    `random_state` and no `callbacks`. The files are yours to delete.

verbose : int, default=0
    0 is silent, 1 shows a progress bar with loss and validation accuracy."""

CLASSIFIER_ATTRIBUTES = """\
classes_ : ndarray of shape (n_classes,)
    The labels, sorted; where a recording may have several, the names of the columns of `y`, or their numbers.

multilabel_ : bool
    Whether a recording may have several labels.

net_ : skorch.NeuralNetClassifier
    The fitted net: ``net_.history`` is what happened in each epoch, ``net_.module_`` the torch module.

n_epochs_ : int
    Number of epochs trained, over all warm starts.

best_epoch_ : int
    The epoch with the least validation loss, counted from 1. Only after a fit with validation recordings. With
    `early_stopping` its weights were kept, otherwise those of the last epoch.

n_features_in_ : int
    Number of timepoints. Only after a fit on a table.

feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of the timepoints. Only after a fit on a table whose columns are named by strings.

n_leads_ : int
    Number of leads.

window_length_ : int
    `window_length`, or the median length of the training recordings where it is None, but at most the length of the
    longest of them; `predict_windows` cuts so."""


GENERATOR_PARAMETERS = """\
n_bins : int, default=256
    Number of bins, by the mu law, into which amplitudes are quantised.

n_blocks : int, default=2
    Number of blocks of layers.

n_layers : int, default=9
    Number of layers in a block, dilated by 1, 2, 4 and so on. With 2 blocks and kernels of 2 a sample depends on the
    1,023 before it.

n_filters : int, default=32
    Channels of the residual path, of the filters and of the gates.

n_skip_filters : int, default=64
    Channels of the skip path.

kernel_size : int, default=2
    Taps of every convolution.

class_conditional : bool, default=True
    Whether one network learns all classes, told which; otherwise each class has a network of its own.

temperature : float, default=1.0
    Divides the logits when samples are drawn: below 1 the probable gets more probable, and noise less.

max_epochs : int, default=10
    Number of passes over the training recordings: an epoch draws random crops that together are as long as they. One
    busy processor core trains on some 25,000 samples a second: 200 recordings of 30 s at 300 Hz take 72 s an epoch. Of
    thousands of recordings one or two epochs go a long way.

batch_size : int, default=2
    Crops in a batch.

crop_length : int, default=1024
    Timepoints of a crop. Shorter recordings are taken whole.

learning_rate : float, default=0.01
    The highest learning rate of the AdamW optimiser: it rises to it over the first tenth of the training and falls to
    nothing over the rest.

weight_decay : float, default=0.01
    Decoupled weight decay of AdamW.

device : str, default="auto"
    "auto" takes a GPU if there is one; "cpu", "cuda", "cuda:1", "mps" name it.

precision : {"float32", "bfloat16"}, default="float32"
    "bfloat16" trains the network under autocast. It pays on hardware with bfloat16 arithmetic. Generation is in
    float32 always.

random_state : int, RandomState instance or None, default=None
    Seeds initial weights, crops and the samples drawn. The same int gives the same recordings.

verbose : int, default=0
    0 is silent, 1 shows a progress bar of the training and one of the generation."""

GENERATOR_NOTES = """\
Amplitudes are scaled, lead by lead, so that R peaks fit the bins and artefacts clip: the bins reach as far from the
median as 1 sample in 1,000 does, in a recording that 5 % of the recordings exceed in this. Each sample is the middle,
on the companded scale, of one of `n_bins` bins.

Recordings come out in the form in which they came. An estimator behind that needs a table gets one if
:class:`ecgclf.preprocessing.FixedLength` comes before the generator, which otherwise is trained to its end before that
estimator refuses.

Recordings may be shorter than what the network sees, and constant. A class may have a single recording; what is
generated for it leans on that recording and, with ``class_conditional=True``, on the other classes. Memory does not
depend on the length of the recordings while training, and generation is on one torch thread: it is a long loop of
small operations."""

GENERATOR_ATTRIBUTES = """\
classes_ : ndarray of shape (n_classes,)
    The labels, sorted.

generator_ : object
    The trained generator; its ``networks`` are the torch modules, one, or one for each class.

histories_ : list of list of dict
    One dict an epoch of each network: "epoch", "train_loss", the negative log-likelihood of the crops trained on in
    bits per sample, and "dur", in seconds. `ecgclf.plotting.HistoryDisplay` draws one.

n_features_in_ : int
    Number of timepoints. Only after a fit on a table.

feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of the timepoints. Only after a fit on a table whose columns are named by strings.

n_leads_ : int
    Number of leads."""


def document(**texts):
    """Fill shared texts into a docstring.

    Parameters
    ----------
    **texts : str
        Text for each ``{name}``; other braces stay as they are. The lines of a text take the indentation of the
        line that names it.

    Returns
    -------
    callable
        A decorator of classes and functions.
    """

    def fill(documented):
        lines = []
        for line in documented.__doc__.splitlines():
            name = line.strip()[1:-1] if line.strip().startswith("{") else None
            if name in texts:
                indent = line[: len(line) - len(line.lstrip())]
                lines += [indent + text if text else "" for text in texts[name].splitlines()]
            else:
                lines.append(line)
        documented.__doc__ = "\n".join(lines)
        return documented

    return fill


def classifier_parameters(**defaults):
    """Parameters of all classifiers, with a classifier's own defaults.

    Parameters
    ----------
    **defaults : object
        ``epochs``, the fewest of "auto", and ``learning_rate``.

    Returns
    -------
    str
        Lines for its Parameters section.
    """
    text = CLASSIFIER_PARAMETERS
    for name, default in defaults.items():
        text = text.replace(f"{{{name}}}", repr(default))
    return text
