"""A legend above a paper: how many columns it has, and where the title goes."""

from math import ceil

import numpy as np

_POINT = 25.4 / 72  # mm
_SIZE, _TITLE_SIZE = 8, 10  # points
# What matplotlib puts before the text of an entry and between columns, and how high a row is, in mm.
_HANDLE, _APART, _ROW = 2.8 * _SIZE * _POINT, 2.0 * _SIZE * _POINT, 1.6 * _SIZE * _POINT


def place_legend(labels, title, width):
    """Lay out a legend that stands beside the title, or under it where there is no room.

    Parameters
    ----------
    labels : list
        What its entries are called.
    title : str or None
        What stands to the left of it.
    width : float
        Of the paper, in mm.

    Returns
    -------
    n_columns : int
        Of the legend.
    lift : float
        By how many mm it lifts the title.
    """
    beside = 0.0 if title is None else _text_width(title, _TITLE_SIZE) + _APART
    widths = np.array([_text_width(label, _SIZE) for label in labels]) + _HANDLE
    if _width(widths, len(widths)) + beside <= width:
        return len(widths), 0.0
    n_columns = max((n for n in range(1, len(widths) + 1) if _width(widths, n) <= width), default=1)
    return n_columns, ceil(len(widths) / n_columns) * _ROW


def draw_legend(ax, lines, title, n_columns, lift):
    """Draw legend and title as `place_legend` has laid them out.

    Parameters
    ----------
    ax : matplotlib Axes
        The paper.
    lines : list of matplotlib Line2D
        The entries.
    title : str or None
        The title.
    n_columns : int
        Of the legend.
    lift : float
        By how many mm it lifts the title.
    """
    ax.legend(
        handles=lines,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        ncols=n_columns,
        frameon=False,
        fontsize=_SIZE,
    )
    if title is not None:
        from matplotlib import rcParams

        ax.set_title(title, loc="left", fontsize=_TITLE_SIZE, pad=rcParams["axes.titlepad"] + lift / _POINT)


def _width(widths, n_columns):
    # Columns are filled one after the other.
    return sum(column.max() for column in np.array_split(widths, n_columns)) + _APART * (n_columns - 1)


def _text_width(text, size):
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    return text_to_path.get_text_width_height_descent(str(text), FontProperties(size=size), False)[0] * _POINT
