"""Whatever changes recordings while they are trained on, with its answers looked at."""

from ecgclf._recordings import as_recording


class Augmentation:
    """A function from recordings to changed ones, held to give recordings.

    Parameters
    ----------
    change : callable
        ``changed = change(recording, rng)``. If it has a method `prepared`, as RandomChanges has, that gives a
        function of the recordings of a batch.
    """

    def __init__(self, change):
        if isinstance(change, type):
            raise ValueError(
                f"augmentation is the class {change.__name__}. Give {change.__name__}(...), one that is made."
            )
        self.change = change
        self.of_batch = change.prepared() if hasattr(change, "prepared") else self._one_by_one
        self.name = getattr(change, "__name__", type(change).__name__)

    def __call__(self, recordings, rng):
        """Change a list of recordings (n_leads, n_timepoints_i) as `rng` draws it; the arrays stay as they are."""
        given = [x.view() for x in recordings]
        for x in given:
            # Nobody's function may write into the recordings of the fit.
            x.flags.writeable = False
        return [self._checked(x, changed) for x, changed in zip(given, self.of_batch(given, rng), strict=True)]

    def _one_by_one(self, recordings, rng):
        return [self.change(x, rng) for x in recordings]

    def _checked(self, x, changed):
        changed = as_recording(changed, f"what augmentation={self.name} made of a recording of shape {x.shape}")
        if changed.ndim != 2 or len(changed) != len(x):
            raise ValueError(
                f"augmentation={self.name} made of a recording of shape {x.shape} an array of shape {changed.shape}; "
                f"expected ({len(x)}, n_timepoints)."
            )
        return changed
