"""Whether a classifier heeds what an explanation says to matter."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False, repr=False)
class Faithfulness:
    """How the probability of a label follows the features said to matter.

    Made by :meth:`LimeTimeSeriesExplainer.faithfulness`.

    Attributes
    ----------
    label : object
        The label.
    fractions : ndarray of shape (n_features + 1,)
        Share of the features taken out, or put back.
    deletion : ndarray of shape (n_features + 1,)
        Probability of the label as features are taken out, the one of the largest weight first.
    insertion : ndarray of shape (n_features + 1,)
        Probability of the label as features are put back, in the same order.
    random : ndarray of shape (n_random, n_features + 1)
        Probability of the label as features are taken out in random orders. Read backwards, it is that of putting them
        back in the reversed order, as random: one set serves both.
    deletion_auc : float
        Area under `deletion`; smaller is better.
    insertion_auc : float
        Area under `insertion`; larger is better.
    random_auc : ndarray of shape (n_random,)
        Area under each row of `random`.
    """

    label: object
    fractions: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    random: np.ndarray
    deletion_auc: float
    insertion_auc: float
    random_auc: np.ndarray

    def __repr__(self):
        return (
            f"<Faithfulness for {self.label!r}: area under deletion {self.deletion_auc:.2f}, under insertion "
            f"{self.insertion_auc:.2f}, in {len(self.random)} random orders {self.random_auc.mean():.2f} on average>"
        )

    def plot(self, **options):
        """Draw the curves.

        Parameters
        ----------
        **options
            Whatever else :meth:`ecgclf.plotting.FaithfulnessDisplay.from_faithfulness` takes, by name.

        Returns
        -------
        ecgclf.plotting.FaithfulnessDisplay
            The display, drawn.
        """
        from ecgclf.plotting import FaithfulnessDisplay

        return FaithfulnessDisplay.from_faithfulness(self, **options)


def deletion_orders(weights, n_random, rng):
    """Give the orders in which features are taken out.

    Parameters
    ----------
    weights : ndarray of shape (n_features,)
        Weights of an explanation.
    n_random : int
        Number of random orders.
    rng : RandomState
        Draws them.

    Returns
    -------
    ndarray of int of shape (2 + n_random, n_features)
        By falling weight; by rising weight, which backwards is insertion; and random ones.
    """
    falling = np.argsort(-weights, kind="stable")
    return np.array([falling, falling[::-1], *(rng.permutation(len(weights)) for _ in range(n_random))])


def deletion_masks(orders):
    """Give the masks met when features are taken out one by one.

    Parameters
    ----------
    orders : ndarray of int of shape (n_orders, n_features)
        Orders of the features.

    Returns
    -------
    ndarray of bool of shape (n_orders * (n_features + 1), n_features)
        Order by order, the first mask of each all True and the last all False.
    """
    n_features = orders.shape[1]
    ranks = np.argsort(orders, axis=1)
    steps = np.arange(n_features + 1)
    return (ranks[:, np.newaxis] >= steps[:, np.newaxis]).reshape(-1, n_features)


def measure(label, probabilities, n_random):
    """Turn the answers to `deletion_masks` into curves and areas.

    Parameters
    ----------
    label : object
        The label.
    probabilities : ndarray of shape ((2 + n_random) * (n_features + 1),)
        Probability of the label for each mask.
    n_random : int
        Number of random orders.

    Returns
    -------
    Faithfulness
        The curves, and the areas under them by the trapezoidal rule.
    """
    curves = probabilities.reshape(2 + n_random, -1)
    curves[1] = curves[1, ::-1]
    fractions = np.linspace(0, 1, curves.shape[1])
    areas = ((curves[:, 1:] + curves[:, :-1]) / 2).mean(axis=1)
    return Faithfulness(
        label=label,
        fractions=fractions,
        deletion=curves[0],
        insertion=curves[1],
        random=curves[2:],
        deletion_auc=float(areas[0]),
        insertion_auc=float(areas[1]),
        random_auc=areas[2:],
    )
