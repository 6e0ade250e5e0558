"""Figures that set one described set of recordings beside another."""

from collections import namedtuple

import numpy as np
from scipy.stats import wasserstein_distance
from sklearn.linear_model import RidgeClassifierCV
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ecgclf.fidelity._description import FASTEST, SLOWEST

SETS = ("real", "synthetic", "held_out")
QUANTITIES = {"rr_interval": "s", "heart_rate": "1/min", "amplitude": "mV", "power_spectrum": "Hz"}
_FOLDS, _REPEATS = 5, 4

Row = namedtuple("Row", ("group", "measure", "label", "unit", "real", "synthetic", "held_out"))


def usefulness(sets, labels, rng):
    """Balanced accuracies of a quick classifier of the labels, trained on one set and tested on another."""
    rows = dict(zip(("real", "synthetic"), _matched(sets["real"], sets["synthetic"], labels, rng), strict=True))

    def accuracy(train, test):
        if len(labels) < 2:
            return np.nan
        train, chosen, test = sets[train], rows[train], sets[test]
        judged = np.isin(test.labels, labels)
        classifier = _classifier().fit(train.features[chosen], train.labels[chosen])
        return float(balanced_accuracy_score(test.labels[judged], classifier.predict(test.features[judged])))

    reference = accuracy("real", "held_out")
    trained = ("trained_on_it_tested_on_held_out", reference, accuracy("synthetic", "held_out"), np.nan)
    tested = ("trained_on_real_tested_on_it", np.nan, accuracy("real", "synthetic"), reference)
    return [Row("usefulness", measure, None, "balanced accuracy", *values) for measure, *values in (trained, tested)]


def _matched(one, other, labels, rng):
    """Rows of as many recordings of each label from the one set as from the other."""
    of_one, of_other = [], []
    for label in labels:
        rows, other_rows = np.flatnonzero(one.labels == label), np.flatnonzero(other.labels == label)
        n = min(len(rows), len(other_rows))
        of_one += rng.permutation(rows)[:n].tolist()
        of_other += rng.permutation(other_rows)[:n].tolist()
    return of_one, of_other


def discrimination(sets, labels, rng):
    """Area under the ROC curve with which a set is told from the real one."""
    values = [auroc(sets["real"], sets[name], labels, rng) for name in SETS[1:]]
    return [Row("discriminator", "auroc", None, "", np.nan, *values)]


def auroc(one, other, labels, rng):
    """Cross-validated area under the ROC curve, on as many recordings of each label from the one as from the other."""
    # Otherwise the shares of the labels would tell the sets apart.
    of_one, of_other = _matched(one, other, labels, rng)
    if len(of_one) < _FOLDS:
        return np.nan
    x = np.concatenate([one.features[of_one], other.features[of_other]])
    y = np.repeat([0, 1], [len(of_one), len(of_other)])
    folds = RepeatedStratifiedKFold(n_splits=_FOLDS, n_repeats=_REPEATS, random_state=rng.randint(2**31 - 1))
    return float(cross_val_score(_classifier(), x, y, cv=folds, scoring="roc_auc").mean())


def _classifier():
    return make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(-1, 5, 13), class_weight="balanced"))


def distances(sets, labels):
    """Wasserstein distances to the real set: of all labels in the shares they have there, and of each label."""
    rows = []
    real = sets["real"]
    shares = {label: float(np.mean(real.labels == label)) for label in labels}
    for label in (None, *labels):
        of_labels = shares if label is None else {label: 1.0}
        for quantity, unit in QUANTITIES.items():
            reference = distribution(real, quantity, of_labels)
            spread = _spread(*reference)
            values = [_distance(reference, distribution(sets[name], quantity, of_labels)) for name in SETS[1:]]
            rows.append(Row("distance", quantity, label, unit, np.nan, *values))
            # A spread of 0 has no multiples.
            relative = [value / spread if spread > 0 else np.nan for value in values]
            rows.append(Row("distance", quantity, label, "SD of real", np.nan, *relative))
    return rows


def distribution(described, quantity, shares):
    """Give values and weights: each label weighs as in `shares`, each of its recordings alike, each value alike."""
    if quantity == "rr_interval":
        values = described.rr
    elif quantity == "heart_rate":
        values = [np.array([rate]) if np.isfinite(rate) else np.empty(0) for rate in described.heart_rate]
    elif quantity == "amplitude":
        values = list(described.amplitudes)
    else:
        values = [np.empty(0) if np.isnan(one[0]) else described.frequencies for one in described.spectra]
    present = np.array([len(of_one) > 0 for of_one in values])
    weights = []
    for label, share in shares.items():
        rows = np.flatnonzero(present & (described.labels == label))
        weights += [(row, share / len(rows)) for row in rows]
    if not weights:
        return np.empty(0), np.empty(0)
    if quantity == "power_spectrum":
        return described.frequencies, sum(weight * described.spectra[row] for row, weight in weights)
    return (
        np.concatenate([values[row] for row, _ in weights]),
        np.concatenate([np.full(len(values[row]), weight / len(values[row])) for row, weight in weights]),
    )


def _distance(one, other):
    if not len(one[0]) or not len(other[0]):
        return np.nan
    return float(wasserstein_distance(one[0], other[0], one[1], other[1]))


def _spread(values, weights):
    if not len(values):
        return np.nan
    mean = np.average(values, weights=weights)
    variance = np.average((values - mean) ** 2, weights=weights)
    # What is left of equal values is rounding.
    return float(np.sqrt(variance)) if variance > (1e-9 * mean) ** 2 else 0.0


def plausibility(sets, labels):
    """Rhythm of each label, and of all recordings as they are."""
    rows = []
    for label in (None, *labels):
        values = {name: _rhythm(sets[name], label) for name in SETS}
        for i, measure in enumerate(("share_30_to_200_per_min", "rr_variation", "beat_similarity", "without_beats")):
            rows.append(Row("plausibility", measure, label, "", *(values[name][i] for name in SETS)))
    return rows


def _rhythm(described, label):
    rows = np.ones(len(described), bool) if label is None else described.labels == label
    if not rows.any():
        return (np.nan,) * 4
    rates = described.heart_rate[rows]
    with np.errstate(invalid="ignore"):
        plausible = np.mean((rates >= SLOWEST) & (rates <= FASTEST))
    medians = [_median(values[rows]) for values in (described.rr_cv, described.beat_similarity)]
    return (float(plausible), *medians, float(np.mean(np.isnan(rates))))


def _median(values):
    values = values[~np.isnan(values)]
    return float(np.median(values)) if len(values) else np.nan


def curves(sets, labels):
    """Densities for a plot: a dict of quantity to a dict of "x" and the sets."""
    shares = {label: float(np.mean(sets["real"].labels == label)) for label in labels}
    found = {}
    for quantity in ("rr_interval", "amplitude", "power_spectrum"):
        of_sets = {name: distribution(described, quantity, shares) for name, described in sets.items()}
        if quantity == "power_spectrum":
            found[quantity] = {"x": sets["real"].frequencies}
            found[quantity] |= {name: weights for name, (_, weights) in of_sets.items() if len(weights)}
            continue
        pooled = np.concatenate([values for values, _ in of_sets.values()])
        if not len(pooled):
            continue
        low, high = np.quantile(pooled, [0.002, 0.998])
        if high - low < 1e-6:
            low, high = low - 0.5, high + 0.5
        edges = np.linspace(low, high, 61)
        found[quantity] = {"x": (edges[1:] + edges[:-1]) / 2}
        for name, (values, weights) in of_sets.items():
            if len(values):
                counts = np.histogram(values, edges, weights=weights)[0]
                found[quantity][name] = counts / weights.sum() / (edges[1] - edges[0])
    return found
