"""What synthetic recordings are worth, in a picture."""

import numpy as np

# Told apart also in grey and by eyes that confuse red and green.
_STYLES = {
    "real": {"color": "#1a1a1a", "linestyle": "-", "marker": "s", "label": "real, trained on"},
    "synthetic": {"color": "#d55e00", "linestyle": "-", "marker": "o", "label": "synthetic"},
    "held_out": {"color": "#0072b2", "linestyle": "--", "marker": "^", "label": "real, held out"},
}
_CURVES = (
    ("rr_interval", "RR intervals", "s", "Density"),
    ("amplitude", "Amplitudes", "mV from the median", "Density"),
    ("power_spectrum", "Power spectrum", "Hz", "Share of the power"),
)
_SCORES = (
    ("trained_on_it_tested_on_held_out", "trained\non it,\ntested on\nheld out"),
    ("trained_on_real_tested_on_it", "trained\non real,\ntested\non it"),
    ("auroc", "telling it\nfrom real\n(0.5:\ncannot)"),
)


class FidelityDisplay:
    """A report on synthetic recordings, drawn: each figure beside that of real recordings held out.

    Distributions of RR intervals, amplitudes and power; how irregular the rhythm of each label is; how useful the
    recordings are to a classifier, and whether one can tell them; and how near they come to training recordings.

    It is recommended to use :meth:`from_report` to create one.

    Parameters
    ----------
    report : FidelityReport
        What :func:`ecgclf.fidelity.fidelity_report` returned.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes of shape (2, 3)
        The panels.
    figure_ : matplotlib Figure or SubFigure
        What holds them.

    See Also
    --------
    ecgclf.fidelity.fidelity_report : Makes the report.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from ecgclf.fidelity import fidelity_report
    >>> from ecgclf.datasets import make_recordings
    >>> from ecgclf.plotting import FidelityDisplay
    >>> X, y = make_recordings(48, duration=(9, 10), random_state=0, return_X_y=True)
    >>> sets = [(X[i : i + 16], y[i : i + 16]) for i in (0, 16, 32)]
    >>> report = fidelity_report(*sets, sampling_rate=300.0, random_state=0)
    >>> FidelityDisplay.from_report(report).axes_.shape
    (2, 3)
    """

    def __init__(self, report):
        self.report = report

    @classmethod
    def from_report(cls, report, figure=None):
        """Draw a report.

        Parameters
        ----------
        report : FidelityReport
            What :func:`ecgclf.fidelity.fidelity_report` returned.
        figure : matplotlib Figure or SubFigure, default=None
            Where to draw; without a layout engine it is given the constrained one. By default, a new figure.

        Returns
        -------
        FidelityDisplay
            The display, drawn.
        """
        return cls(report).plot(figure=figure)

    def plot(self, figure=None):
        """Draw the report.

        Parameters
        ----------
        figure : matplotlib Figure or SubFigure, default=None
            Where to draw; without a layout engine it is given the constrained one. By default, a new figure.

        Returns
        -------
        FidelityDisplay
            The display itself.
        """
        import matplotlib.pyplot as plt

        if figure is None:
            figure = plt.figure(figsize=(12, 7))
        # Matplotlib's fixed margins would cut the texts at the edges.
        if figure.figure.get_layout_engine() is None:
            figure.figure.set_layout_engine("constrained")
        self.figure_ = figure
        self.axes_ = figure.subplots(2, 3)
        for ax, panel in zip(self.axes_[0], _CURVES, strict=True):
            _draw_curves(ax, self.report.curves, *panel)
        _draw_rhythm(self.axes_[1, 0], self.report)
        _draw_scores(self.axes_[1, 1], self.report)
        _draw_distances(self.axes_[1, 2], self.report.memorisation)
        for ax in self.axes_.flat:
            ax.spines[["top", "right"]].set_visible(False)
            ax.title.set_fontsize(10)
        handles = [plt.Line2D([], [], **style) for style in _STYLES.values()]
        figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
        return self


def _draw_curves(ax, curves, quantity, title, unit, density):
    ax.set(title=title, xlabel=unit, ylabel=density)
    curve = curves.get(quantity, {})
    for name, style in _STYLES.items():
        if name in curve:
            line = {key: style[key] for key in ("color", "linestyle")}
            ax.plot(curve["x"], curve[name], linewidth=1.4, **line)
    if not curve:
        _say_there_is_none(ax)
    elif quantity == "power_spectrum":
        ax.set_xlim(0, min(50, curve["x"][-1]))
    if quantity == "amplitude" and curve:
        # The tails, where the beats are, would not be seen beside the baseline.
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)


def _draw_rhythm(ax, report):
    rows = [row for row in report.rows if row.measure == "rr_variation" and row.label is not None]
    ax.set(
        title="Irregularity of\neach label's rhythm", ylabel="coefficient of variation\nof RR, median", xlabel="label"
    )
    for name, style in _STYLES.items():
        offset = {"real": -0.15, "synthetic": 0.0, "held_out": 0.15}[name]
        values = [getattr(row, name) for row in rows]
        ax.plot(
            np.arange(len(rows)) + offset, values, style["marker"], color=style["color"], markersize=6, clip_on=False
        )
    ax.set_xticks(range(len(rows)), [str(row.label) for row in rows])
    ax.set_xlim(-0.5, len(rows) - 0.5)
    ax.set_ylim(bottom=0)


def _draw_scores(ax, report):
    ax.set(title="Use to a classifier;\ndiscriminator", ylim=(0, 1.08), ylabel="balanced accuracy; AUROC")
    rows = {row.measure: row for row in report.rows}
    names = [("real", "synthetic"), ("synthetic", "held_out"), ("synthetic", "held_out")]
    for i, ((measure, _), shown) in enumerate(zip(_SCORES, names, strict=True)):
        for j, name in enumerate(shown):
            value = getattr(rows[measure], name)
            if not np.isnan(value):
                place = i + 0.38 * (j - 0.5)
                ax.bar(place, value, width=0.34, color=_STYLES[name]["color"])
                ax.annotate(
                    f"{value:.2f}", (place, value), (0, 2), textcoords="offset points", ha="center", fontsize=8
                )
    ax.axhline(0.5, color="#888888", linewidth=0.8, linestyle=":", zorder=0)
    ax.set_xticks(range(len(_SCORES)), [text for _, text in _SCORES], fontsize=8)


def _draw_distances(ax, memorisation):
    ax.set(
        xlabel="distance to the nearest\nof training (0: copy)",
        ylabel="share of recordings\nat most as far",
        ylim=(0, 1.02),
        title=("COPIES training recordings" if memorisation.memorised else "No sign of copying")
        + f",\np = {memorisation.p_value:.2g}",
    )
    for name, distances in (
        ("synthetic", memorisation.synthetic_distances),
        ("held_out", memorisation.held_out_distances),
    ):
        distances = np.sort(distances[~np.isnan(distances)])
        shares = np.arange(len(distances) + 1) / len(distances)
        line = {key: _STYLES[name][key] for key in ("color", "linestyle")}
        ax.step(np.r_[0, distances], shares, where="post", linewidth=1.4, **line)
    ax.set_xlim(left=-0.01)


def _say_there_is_none(ax):
    ax.text(0.5, 0.5, "none found", transform=ax.transAxes, ha="center", color="#888888")
