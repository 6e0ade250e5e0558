"""Learning curves."""

from numbers import Real

from sklearn.utils.validation import check_is_fitted


class HistoryDisplay:
    """The learning curves of a classifier: losses, and scores where there are any, by epoch.

    It is recommended to use :meth:`from_estimator` to create one.

    Parameters
    ----------
    history : list of dict
        One dict an epoch, as skorch's ``History``: "epoch" and columns named ``"train_..."`` and ``"valid_..."``.
        Columns that end in "loss" are drawn on the left axis, other numbers, such as ``"valid_acc"``, on the right.
    best_epoch : int, default=None
        Number of the epoch, from 1, with the least validation loss, whose weights early stopping keeps; a line marks
        it.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the losses.
    score_ax_ : matplotlib Axes or None
        The axes of the scores, with the same epochs; None if there are no scores.
    figure_ : matplotlib Figure
        The figure that holds them.
    lines_ : list of matplotlib Line2D
        The curves, losses first.
    best_epoch_line_ : matplotlib Line2D or None
        The line that marks the best epoch.

    See Also
    --------
    RecordingDisplay : A recording on ECG paper.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from ecgclf.plotting import HistoryDisplay
    >>> history = [
    ...     {"epoch": 1, "train_loss": 1.2, "valid_loss": 1.3, "valid_acc": 0.5},
    ...     {"epoch": 2, "train_loss": 0.9, "valid_loss": 1.1, "valid_acc": 0.6},
    ... ]
    >>> display = HistoryDisplay(history).plot()
    >>> [line.get_label() for line in display.lines_]
    ['train_loss', 'valid_loss', 'valid_acc']
    """

    def __init__(self, history, *, best_epoch=None):
        self.history = history
        self.best_epoch = best_epoch

    @classmethod
    def from_estimator(cls, estimator, ax=None):
        """Draw the learning curves of a fitted classifier, or of a WaveNet of all classes.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier with ``net_.history``, or an augmenter whose ``histories_`` are of one network, or a
            Pipeline that ends in one. Its ``best_epoch_``, if it has one, is marked.
        ax : matplotlib Axes, default=None
            Where to draw. By default, a new figure.

        Returns
        -------
        HistoryDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the estimator is not fitted or keeps no history.
        """
        while hasattr(estimator, "steps"):
            estimator = estimator.steps[-1][1]
        check_is_fitted(estimator)
        histories = getattr(estimator, "histories_", [])
        history = histories[0] if len(histories) == 1 else getattr(getattr(estimator, "net_", None), "history", None)
        if history is None:
            raise ValueError(
                f"{type(estimator).__name__} keeps no learning curves: it has no net_.history. Give a "
                "classifier of ecgclf.classifiers, or a Pipeline that ends in one."
                if not histories
                else f"{type(estimator).__name__} keeps the learning curves of {len(histories)} networks. Give one of "
                "its histories_: HistoryDisplay(estimator.histories_[0]).plot()."
            )
        return cls(history, best_epoch=getattr(estimator, "best_epoch_", None)).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the learning curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. By default, a new figure.

        Returns
        -------
        HistoryDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the history has no column to draw, or not the best epoch.
        """
        import matplotlib.pyplot as plt
        from matplotlib.ticker import MaxNLocator

        losses, scores = _curves(self.history)
        if not losses and not scores:
            raise ValueError(
                f"the history of {len(self.history)} epoch(s) has no column to draw; expected numbers named "
                '"train_...", "valid_...". Fit for at least one whole epoch.'
            )
        epochs = [row.get("epoch", number) for number, row in enumerate(self.history, start=1)]
        if self.best_epoch is not None and self.best_epoch not in epochs:
            raise ValueError(
                f"best_epoch={self.best_epoch!r} is no epoch of the history, which has 1 to {epochs[-1]}."
            )
        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.score_ax_ = ax.twinx() if scores else None
        self.lines_ = []
        styles = {"train": "-", "valid": "--"}
        for axes, curves in ((ax, losses), (self.score_ax_, scores)):
            for name, (epochs, values) in curves.items():
                # One epoch is a point, which a line alone would not show.
                self.lines_ += axes.plot(
                    epochs,
                    values,
                    styles[name[:5]],
                    marker="o",
                    markersize=3,
                    color=f"C{len(self.lines_)}",
                    label=name,
                )
        self.best_epoch_line_ = None
        if self.best_epoch is not None:
            self.best_epoch_line_ = ax.axvline(
                self.best_epoch, color="#666666", linestyle=":", linewidth=1.2, label="best epoch", zorder=0
            )
        handles = self.lines_ + ([] if self.best_epoch is None else [self.best_epoch_line_])
        ax.set(xlabel="Epoch", ylabel="Loss")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if scores:
            self.score_ax_.set_ylabel("Score")
        # Above the axes, where no curve of either pair of axes runs beneath it.
        ax.legend(
            handles=handles,
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            ncols=len(handles),
            frameon=False,
        )
        return self


def _curves(history):
    """Sort the columns of a history into losses and scores, each a pair of epochs and values."""
    losses, scores = {}, {}
    for number, row in enumerate(history, start=1):
        for name, value in row.items():
            is_number = isinstance(value, Real) and not isinstance(value, bool)
            is_curve = name.startswith(("train_", "valid_")) and is_number
            if not is_curve or name.endswith("_batch_count"):
                continue
            curves = losses if name.endswith("loss") else scores
            epochs, values = curves.setdefault(name, ([], []))
            epochs.append(row.get("epoch", number))
            values.append(value)
    return losses, scores
