"""Warnings that point at the line of a user."""

import sys
import warnings

# What may stand between such a line and ours: we ourselves, and what calls an estimator on a user's behalf.
_BETWEEN = {"ecgclf", "imblearn", "joblib", "sklearn", "skorch", "torch"}


def warn(message, category=UserWarning):
    """Warn, and point at the line outside this package, and outside those that call it, which led here.

    From Python 3.12 on `warnings.warn` can skip files by itself.

    Parameters
    ----------
    message : str
        What is to be said.
    category : type, default=UserWarning
        The kind of the warning.
    """
    frame, level = sys._getframe(1), 2
    # A worker of joblib has no line of a user; the outermost is as good as any.
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _BETWEEN:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
