"""The surrogate of LIME: a weighted linear model, fitted by lime."""

import numpy as np
from lime.lime_base import LimeBase
from sklearn.metrics import pairwise_distances

METHODS = {"auto", "forward_selection", "highest_weights", "lasso_path", "none"}
DISTANCES = {"cosine", "euclidean", "hamming"}
_KERNEL_WIDTH = 0.25


def fit_surrogates(masks, probabilities, columns, n_features, feature_selection, distance, kernel_width, rng):
    """Let lime fit a surrogate for each label.

    Parameters
    ----------
    masks : ndarray of bool of shape (n_perturbations, n_all)
        Which features are present; in the first row all.
    probabilities : ndarray of shape (n_perturbations, n_classes)
        Answers of the classifier.
    columns : ndarray of int of shape (n_labels,)
        Columns to explain.
    n_features : int or None
        Number of features to select; None is all.
    feature_selection, distance : str
        Out of `METHODS` and `DISTANCES`.
    kernel_width : float or None
        None is lime's default for the distance.
    rng : RandomState
        Handed to lime.

    Returns
    -------
    dict of str to ndarray
        weights, selected, intercept, local_prediction and r2, as in `Explanation`.
    """
    data = masks.astype(np.float64)
    n_all = data.shape[1]
    distances = pairwise_distances(data, data[:1], metric=distance).ravel()
    if kernel_width is None:
        kernel_width = 0.75 * np.sqrt(n_all) if distance == "euclidean" else _KERNEL_WIDTH

    def kernel(distances):
        return np.sqrt(np.exp(-((distances / kernel_width) ** 2)))

    # lime's ridge penalty is 1: less than that in all and the weights are 0 whatever the classifier says.
    away = distances[distances > 1e-12]
    if kernel(away).sum() < 1:
        raise ValueError(
            f"kernel_width={kernel_width!r} leaves {kernel(away).sum():.2g} of {len(away)} perturbations, by weight: "
            f"their median distance is {np.median(away):.3g}. Give a kernel_width near that, or None."
        )
    base = LimeBase(kernel, random_state=rng)
    everything = n_features is None or n_features >= n_all
    n_labels = len(columns)
    weights, selected = np.zeros((n_labels, n_all)), np.zeros((n_labels, n_all), dtype=bool)
    intercept, local_prediction, r2 = np.empty((3, n_labels))
    for row, column in enumerate(columns):
        is_constant = np.ptp(probabilities[:, column]) < 1e-9
        with np.errstate(**{"divide": "ignore", "invalid": "ignore"} if is_constant else {}):
            intercept[row], pairs, r2[row], at_recording = base.explain_instance_with_data(
                data,
                probabilities,
                distances,
                column,
                n_all if everything else int(n_features),
                "none" if everything else feature_selection,
            )
        local_prediction[row] = at_recording[0]
        for feature, weight in pairs:
            weights[row, feature], selected[row, feature] = weight, True
        if is_constant:
            # A constant is predicted exactly; the ratio of two rounding errors would say anything.
            r2[row] = 1.0
    return {
        "weights": weights,
        "selected": selected,
        "intercept": intercept,
        "local_prediction": local_prediction,
        "r2": r2,
    }
