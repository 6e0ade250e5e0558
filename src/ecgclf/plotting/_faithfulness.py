"""Whether a classifier heeds what an explanation says, in a picture."""

import numpy as np

_STYLES = {"deletion": ("taken out", "#d55e00"), "insertion": ("put back", "#0072b2")}


class FaithfulnessDisplay:
    """The probability of a label as features are taken out, and put back, beside random orders.

    Deletion falls early, and insertion rises early, if the explanation is faithful; the grey curves are random orders.

    It is recommended to use :meth:`from_faithfulness` to create one.

    Parameters
    ----------
    faithfulness : Faithfulness
        What ``LimeTimeSeriesExplainer.faithfulness`` returned.
    title : str, default=None
        Title of the picture.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (2,)
        The axes of deletion and of insertion.
    ax_ : matplotlib Axes
        The first of them.
    figure_ : matplotlib Figure
        The figure that holds them.
    lines_ : list of matplotlib Line2D
        The curves of deletion and of insertion.

    See Also
    --------
    WeightsDisplay : How far the weights vary.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import numpy as np
    >>> from ecgclf.explanation import LimeTimeSeriesExplainer
    >>> from ecgclf.plotting import FaithfulnessDisplay
    >>> def classifier(X):
    ...     p = 1 / (1 + np.exp(-X[:, 1200:1500].max(axis=1)))
    ...     return np.column_stack([1 - p, p])
    >>> recording = np.sin(np.arange(3000) / 20)
    >>> explainer = LimeTimeSeriesExplainer(
    ...     n_segments=10, sampling_rate=300, random_state=0
    ... )
    >>> explanation = explainer.explain(classifier, recording, labels=1)
    >>> faithfulness = explainer.faithfulness(classifier, explanation)
    >>> len(FaithfulnessDisplay.from_faithfulness(faithfulness).lines_)
    2
    """

    def __init__(self, faithfulness, *, title=None):
        self.faithfulness = faithfulness
        self.title = title

    @classmethod
    def from_faithfulness(cls, faithfulness, *, title=None, ax=None):
        """Draw the curves.

        Parameters
        ----------
        faithfulness : Faithfulness
            What ``LimeTimeSeriesExplainer.faithfulness`` returned.
        title : str, default=None
            Title of the picture.
        ax : sequence of two matplotlib Axes, default=None
            Where to draw deletion and insertion. By default, a new figure.

        Returns
        -------
        FaithfulnessDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there are not two axes.
        """
        return cls(faithfulness, title=title).plot(ax=ax)

    def plot(self, ax=None):
        """Draw the curves.

        Parameters
        ----------
        ax : sequence of two matplotlib Axes, default=None
            Where to draw deletion and insertion. By default, a new figure.

        Returns
        -------
        FaithfulnessDisplay
            The display itself.

        Raises
        ------
        ValueError
            If there are not two axes.
        """
        import matplotlib.pyplot as plt

        told = self.faithfulness
        if ax is None:
            _, ax = plt.subplots(1, 2, figsize=(8.4, 3.6), sharey=True, layout="constrained")
        self.axes_ = np.array(ax, dtype=object).reshape(-1)
        if len(self.axes_) != 2:
            raise ValueError(f"ax holds {len(self.axes_)} axes. Give two: for deletion and for insertion.")
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        self.lines_ = []
        # Read backwards, a random order of taking out is one of putting back.
        for axes, name, others in zip(self.axes_, _STYLES, (told.random, told.random[:, ::-1]), strict=True):
            words, colour = _STYLES[name]
            lines = axes.plot(told.fractions, others.T, color="#9a9a9a", linewidth=0.7)
            lines[0].set_label(f"random orders, area {told.random_auc.mean():.2f}")
            area = getattr(told, f"{name}_auc")
            self.lines_ += axes.plot(
                told.fractions, getattr(told, name), color=colour, linewidth=1.8, label=f"{name}, area {area:.2f}"
            )
            axes.set(xlabel=f"share of the features {words}", xlim=(0, 1), ylim=(0, 1.02))
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False, fontsize=8)
            axes.spines[["top", "right"]].set_visible(False)
        self.ax_.set_ylabel(f"probability of {told.label}")
        if self.title is not None:
            self.ax_.set_title(self.title, loc="left", fontsize=9, pad=24)
        return self
