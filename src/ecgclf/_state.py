"""When a fit may change an estimator."""

import functools


def all_or_nothing(fit):
    """Let a fit that fails leave the estimator as it was: not fitted, or fitted as before.

    Parameters
    ----------
    fit : callable
        A method that sets fitted attributes.

    Returns
    -------
    callable
        The same method; whatever it set is taken back if it raises.
    """

    @functools.wraps(fit)
    def wrapped(self, *args, **kwargs):
        before = dict(vars(self))
        try:
            return fit(self, *args, **kwargs)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    return wrapped
