"""What the classifiers share: from recordings to a trained net, and back to probabilities."""

import copy
import os
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import check_is_fitted

from ecgclf import _training
from ecgclf._docstrings import RECORDINGS, document
from ecgclf._labels import encode, loss_weights, names_of, refuse_odd
from ecgclf._mixins import RecordingClassifierMixin
from ecgclf._parameters import Number
from ecgclf._recordings import check_recordings, forget_table
from ecgclf._splits import check_groups, set_aside
from ecgclf._state import all_or_nothing
from ecgclf.classifiers._checkpoint import checkpoint_of
from ecgclf.classifiers._doubt import warn_of_doubtful
from ecgclf.classifiers._transfer import take_over
from ecgclf.classifiers._validation import check_validation
from ecgclf.classifiers._windows import Windows, prediction_windows, training_windows

# Measured on 20 to 200 beats and recordings: fewer leave much unlearnt, more add certainty and hardly any accuracy.
LEAST_STEPS = 300

_USUAL_SHARE = 0.1  # set aside for early_stopping that says nothing of it
_NONE_TO_SPARE = "Give more, or X_val and y_val, or set early_stopping=False and validation_fraction=None."


class BaseECGClassifier(ClassNamePrefixFeaturesOutMixin, TransformerMixin, RecordingClassifierMixin, BaseEstimator):
    """Base of the classifiers: a subclass adds hyperparameters, and the network that takes them."""

    _parameter_constraints: dict = {
        "max_epochs": [Number(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "batch_size": [Number(Integral, 1, None, closed="left")],
        "learning_rate": [Number(Real, 0, None, closed="neither")],
        "weight_decay": [Number(Real, 0, None, closed="left")],
        "schedule": [StrOptions({"one_cycle", "constant"})],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "early_stopping": ["boolean"],
        "validation_fraction": [
            Number(Real, 0, 1, closed="neither"),
            HasMethods(["split", "get_n_splits"]),
            callable,
            None,
        ],
        "n_iter_no_change": [Number(Integral, 1, None, closed="left")],
        "window_length": [Number(Integral, 1, None, closed="left"), None],
        "window_stride": [Number(Integral, 1, None, closed="left"), dict, None],
        "augmentation": [callable, None],
        "callbacks": [list, None],
        "net_params": [dict, None],
        "device": [str],
        "precision": [StrOptions({"float32", "bfloat16"})],
        "random_state": ["random_state"],
        "init_from": [str, os.PathLike, HasMethods(["get_params"]), None],
        "warm_start": ["boolean"],
        "checkpoint_dir": [str, os.PathLike, None],
        "verbose": ["verbose"],
    }

    # The network, which a subclass names, and what it is told beside the parameters of that class.
    _network_class: type
    _fixed: dict = {}

    # What "auto" is for many recordings.
    _epochs = 20

    def _make_module(self, n_leads, n_outputs):
        """Build the network."""
        return self._network_class(n_leads, n_outputs, **self._network_parameters(), **self._fixed)

    def _try_module(self, module, training, validation):
        """Try a network before it is trained; those here have nothing to show."""

    def _rebuild_module(self):
        """Build the network as `fit` did, untrained."""
        self._validate_params()
        return self._make_module(self.n_leads_, len(self.classes_))

    def __getstate__(self):
        # Arrays and plain values, which need neither skorch nor the device. A net stays as it is where these are not
        # all of it: with callbacks of yours, or if the parameters no longer describe it.
        state = dict(super().__getstate__())
        if "net_" in state and not self.callbacks:
            state["net_"] = _training.net_state(self.net_, self._rebuild_module) or self.net_
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if isinstance(state.get("net_"), dict):
            self.net_ = _training.restore_net(
                state["net_"], self._rebuild_module, self.device, self.classes_, self.multilabel_
            )

    @all_or_nothing
    @_fit_context(prefer_skip_nested_validation=True)
    @document(X=RECORDINGS)
    def fit(self, X, y, *, groups=None, X_val=None, y_val=None):
        """Train the network.

        Ctrl-C ends the training early and leaves an estimator that is usable as trained so far. With `checkpoint_dir`
        it is a KeyboardInterrupt, and the same call goes on from the last whole epoch.

        Parameters
        ----------
        {X}

        y : array-like of shape (n_recordings,) or (n_recordings, n_labels)
            The label of each recording, of any dtype; or, where a recording may have several labels or none, 0 and 1
            for each label.

        groups : array-like of shape (n_recordings,), default=None
            The patient of each recording, or what else must not be torn apart: recordings of one group are trained
            on, or are set aside for validation, all together.

        X_val : like `X`, default=None
            Recordings to watch the training by, instead of some that are set aside from `X`. In a Pipeline they go
            through the steps before if metadata routing is enabled and it is told so,
            ``Pipeline(..., transform_input=["X_val"])``.

        y_val : array-like of shape (n_validation_recordings,) or (n_validation_recordings, n_labels), default=None
            Their labels, out of those of `y`.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If a recording is not usable (the message names it), if there are fewer than two classes, or if a
            parameter does not fit the recordings.
        """
        going_on = self.warm_start and hasattr(self, "net_")
        refuse_odd(y)
        names = names_of(y)
        recordings, y = check_recordings(self, X, y, reset=not going_on, indicator=True)
        forget_table(self, recordings)
        targets = self._encode_labels(y, names, going_on)
        rng = check_random_state(self.random_state)
        seed = int(rng.randint(np.iinfo(np.int32).max))
        device = _training.resolve_device(self.device)
        training, validation = self._split(recordings, targets, groups, X_val, y_val, rng)
        training.rng = np.random.default_rng(seed)
        if self.augmentation is not None:
            training.augmentation = _training.Augmentation(self.augmentation)
        usual = self.window_length or int(np.median(recordings.lengths))
        self.window_length_ = max(1, min(usual, int(recordings.lengths.max())))
        if going_on:
            self._check_same_network()
            # The net of the last fit stays as it is until this one has succeeded.
            module, history = copy.deepcopy(self.net_.module_), copy.deepcopy(self.net_.history)
        else:
            with _training.drawing_from(seed):
                module, history = self._make_module(recordings.n_leads, len(self.classes_)), None
            # What is set aside tells nothing, not even its scale.
            learnt_from = np.unique(training.windows[:, 0])
            mean, std = _training.lead_statistics([recordings.items[i] for i in learnt_from])
            module.scale.mean.copy_(torch.from_numpy(mean))
            module.scale.std.copy_(torch.from_numpy(std))
            if self.init_from is not None:
                take_over(module, self)
        self._try_module(module, training, validation)
        self.net_ = self._make_net(module, training, device, checkpoint_of(self, module, training, validation))
        best_epoch = _training.train(self.net_, training, validation, history)
        if best_epoch is not None:
            self.best_epoch_ = best_epoch
        elif hasattr(self, "best_epoch_"):
            del self.best_epoch_
        self.n_epochs_ = len(self.net_.history)
        self._network = self._network_parameters()
        return self

    def _network_parameters(self):
        # All that is not a parameter of every classifier makes the network.
        own = self.get_params(deep=False).keys() - BaseECGClassifier._parameter_constraints.keys()
        values = {name: getattr(self, name) for name in sorted(own) if "__" not in name}
        return {name: _plain(value) for name, value in values.items()}

    def _check_same_network(self):
        changed = [
            f"{name}={new!r} (was {self._network[name]!r})"
            for name, new in self._network_parameters().items()
            if new != self._network[name]
        ]
        if changed:
            raise ValueError(
                f"warm_start goes on with the network of the last fit, but parameters of it were changed: "
                f"{', '.join(changed)}. Set them back, or set warm_start=False."
            )

    def _encode_labels(self, y, names, going_on):
        classes, targets = encode(y, names)
        several = targets.ndim == 2
        if going_on:
            if several != self.multilabel_ or not np.array_equal(classes, self.classes_):
                raise ValueError(
                    f"warm_start goes on with the classes of the last fit, {self.classes_.tolist()}, but y has "
                    f"{classes.tolist()}. Give recordings of the same classes, or set warm_start=False."
                )
        elif len(classes) < 2:
            (only,) = classes.tolist()
            raise ValueError(
                f"{type(self).__name__} needs recordings of at least two classes; y has 1 class: {only!r}."
            )
        self.classes_, self.multilabel_ = classes, several
        return targets

    def _split(self, recordings, targets, groups, X_val, y_val, rng):
        """Give windows to train on and to validate by (or None), the split made by recordings."""
        groups = check_groups(groups, len(recordings))
        windows = self._training_windows(recordings, targets)
        if X_val is not None or y_val is not None:
            others, of_others = check_validation(self, X_val, y_val, self.validation_fraction)
            watched = self._training_windows(others, of_others)
            validation = _training.WindowDataset(others.items, watched, of_others)
        elif self.early_stopping or self.validation_fraction is not None:
            share = _USUAL_SHARE if self.validation_fraction is None else self.validation_fraction
            kept, held_out = set_aside(targets, share, groups, rng, "validation_fraction", _NONE_TO_SPARE)
            validation = _training.WindowDataset(recordings.items, windows[held_out[windows[:, 0]]], targets)
            windows = windows[kept[windows[:, 0]]]
        else:
            validation = None
        return _training.WindowDataset(recordings.items, windows, targets), validation

    def _training_windows(self, recordings, targets):
        return training_windows(recordings.lengths, targets, self.classes_, self.window_length, self.window_stride)

    def _make_net(self, module, training, device, checkpoint):
        of_windows = training.targets[training.windows[:, 0]]
        return _training.build_net(
            module,
            multilabel=self.multilabel_,
            class_weights=loss_weights(self.class_weight, self.classes_, of_windows),
            callbacks=self.callbacks,
            schedule=self.schedule,
            early_stopping=self.early_stopping,
            n_iter_no_change=self.n_iter_no_change,
            verbose=self.verbose,
            net_params=self.net_params,
            checkpoint=checkpoint,
            learning_rate=float(self.learning_rate),
            weight_decay=float(self.weight_decay),
            max_epochs=int(self._count_epochs(len(training))),
            batch_size=int(self.batch_size),
            device=device,
            precision=self.precision,
            classes=self.classes_,
        )

    def _count_epochs(self, n_windows):
        if self.max_epochs != "auto":
            return self.max_epochs
        return max(self._epochs, -(-LEAST_STEPS // -(-n_windows // self.batch_size)))

    @document(X=RECORDINGS)
    def predict_proba(self, X):
        """Predict the probability of each class for each recording.

        A recording's probabilities depend on nothing but the recording: neither on its neighbours in `X` nor on the
        batch size. With `window_length` set they are the mean over its windows.

        Parameters
        ----------
        {X}

        Returns
        -------
        probabilities : ndarray of shape (n_recordings, n_classes)
            Columns in the order of `classes_`. They sum to one, unless there are several labels to a recording: then
            each is the probability of its own label.

        Warns
        -----
        SignalQualityWarning
            If a recording is flat, has less than a tenth of the samples of those that were trained on, or less than a
            twentieth of their standard deviation, as if it were in volts.
        """
        check_is_fitted(self)
        recordings = check_recordings(self, X, reset=False)
        warn_of_doubtful(recordings, self.window_length_, self.net_.module_.scale.std.cpu().numpy())
        return self._mean_over_windows(_training.window_probabilities, recordings)

    @document(X=RECORDINGS)
    def transform(self, X):
        """Give what the last layer of the network decides by: its features of each recording.

        They are learnt for the labels of `fit`, and know those of the recordings trained on: whatever learns from them
        is to be scored on others.

        Parameters
        ----------
        {X}

        Returns
        -------
        features : ndarray of shape (n_recordings, n_features)
            With `window_length` set they are the mean over the windows of a recording.

        Raises
        ------
        ValueError
            If the network of an ECGClassifier has no last layer called ``head``.
        """
        check_is_fitted(self)
        recordings = check_recordings(self, X, reset=False)
        return self._mean_over_windows(_training.window_embeddings, recordings)

    def _mean_over_windows(self, answer, recordings):
        windows = prediction_windows(recordings.lengths, self.window_length, self.window_stride)
        answers = answer(self.net_, recordings.items, windows)
        if self.window_length is None:
            return answers
        total = np.zeros((len(recordings), answers.shape[1]))
        np.add.at(total, windows[:, 0], answers)
        return total / np.bincount(windows[:, 0])[:, np.newaxis]

    @property
    def _n_features_out(self):
        flat = np.zeros((self.n_leads_, self.window_length_))
        whole = np.array([[0, 0, self.window_length_]])
        return _training.window_embeddings(self.net_, [flat], whole).shape[1]

    @document(X=RECORDINGS)
    def predict(self, X):
        """Predict the most probable label of each recording, or whether each label is probable.

        Parameters
        ----------
        {X}

        Returns
        -------
        labels : ndarray of shape (n_recordings,) or (n_recordings, n_labels)
            Labels out of `classes_`. Of several labels 1 for each whose probability is above a half, else 0.
        """
        probabilities = self.predict_proba(X)
        if self.multilabel_:
            return (probabilities > 0.5).astype(np.int64)
        return self.classes_[probabilities.argmax(axis=1)]

    @document(X=RECORDINGS)
    def predict_windows(self, X):
        """Predict the probability of each class along the time of each recording.

        Windows of `window_length_` timepoints start every `window_stride` timepoints (side by side if that is None or
        a dict); a last one, aligned with the end, covers what is left. A recording shorter than a window is one
        window.

        Parameters
        ----------
        {X}

        Returns
        -------
        windows : list of namedtuple
            One for each recording: ``probabilities``, an array of shape (n_windows_i, n_classes) in the order of time,
            ``starts`` and ``stops``, the first sample of each window and the one after its last, and ``labels``, the
            `classes_`. :class:`ecgclf.plotting.WindowsDisplay` draws it.
        """
        check_is_fitted(self)
        recordings = check_recordings(self, X, reset=False)
        warn_of_doubtful(recordings, self.window_length_, self.net_.module_.scale.std.cpu().numpy())
        windows = prediction_windows(recordings.lengths, self.window_length_, self.window_stride)
        probabilities = _training.window_probabilities(self.net_, recordings.items, windows)
        ends = np.cumsum(np.bincount(windows[:, 0]))[:-1]
        of_recordings = zip(np.split(probabilities, ends), np.split(windows, ends), strict=True)
        return [Windows(told, places[:, 1], places[:, 2], self.classes_) for told, places in of_recordings]

    def __sklearn_clone__(self):
        try:
            cloned = super().__sklearn_clone__()
        except TypeError:
            # What a logger holds cannot be copied; this error says what to do.
            _training.own_callbacks(self.callbacks or [])
            raise
        # scikit-learn makes a classifier of it that is not trained.
        cloned.init_from = self.init_from
        return cloned

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.classifier_tags.multi_label = True
        return tags


def _plain(value):
    """Give a parameter as Python's own numbers and tuples: torch takes no others, and these can be compared."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    # What is called stays the same thing only if it is not copied.
    return value if callable(value) else copy.deepcopy(value)
