"""A figure with its interval, and what all reports of such figures can do."""

import json
from dataclasses import asdict
from typing import NamedTuple


class Estimate(NamedTuple):
    """A figure and its 95 % interval.

    Parameters
    ----------
    value : float
        The figure, of all recordings.
    low, high : float
        The ends of the interval, as `rhythm_report` makes them.
    """

    value: float
    low: float
    high: float

    def __str__(self):
        """Such as ``0.843 (0.833-0.853)``."""
        return f"{self.value:.3f} ({self.low:.3f}-{self.high:.3f})"


def json_key(label):
    """Give what JSON makes of a label that is the key of a dict."""
    return label if isinstance(label, str) else json.dumps(label)


class Figures:
    """What a report can do, a dataclass of figures."""

    def to_dict(self):
        """Give all figures as plain JSON values.

        Returns
        -------
        dict
            With the names of the attributes; an `Estimate` is ``[value, low, high]``.
        """
        return asdict(self)
