"""
A map of recordings, and features for another classifier
========================================================

What a network has learnt of a recording stands in the numbers that its last layer decides by. ``transform`` gives
them. Here they become a map on which each recording is a point, and the points that lie where they should not are
looked at on ECG paper. Then the same numbers are the features of a linear classifier, alone and beside figures of the
times between beats that a cardiologist would name, and cross-validation tells what that is worth.
"""

# %%
# 56 numbers for each recording
# -----------------------------
# The trained model is a Pipeline: to 100 Hz behind a filter, then a network with a temperature for its probabilities.
# The network inside is a classifier like any other, and ``transform`` gives its features. It was not trained on these
# 200 recordings, but it was trained for their four labels.
import numpy as np

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.pretrained import load_pretrained

sample = load_cinc2017_sample()
X, y = sample.data, sample.target
model = load_pretrained("tiny-cinc2017", sampling_rate=sample.sampling_rate)
prepare, network = model[:-1], model[-1].estimators_[0]
features = network.transform(prepare.transform(X))
print(features.shape, network.get_feature_names_out()[:2])

# %%
# The map
# -------
# Principal components are the directions in which the features differ most. How much of the differences two of them
# show is the first thing to ask of such a map. For what does not fit on paper, ask the neighbours in all 56 numbers:
# here the recordings are ringed of which none of the ten nearest has their label.
import matplotlib.pyplot as plt
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

scaled = StandardScaler().fit_transform(features)
pca = PCA(2, random_state=0)
places = pca.fit_transform(scaled)
shown = pca.explained_variance_ratio_

nearest = NearestNeighbors(n_neighbors=10).fit(scaled).kneighbors(return_distance=False)
share = np.mean(y[nearest] == y[:, np.newaxis], axis=1)
strangers = np.flatnonzero(share == 0)

figure, ax = plt.subplots(figsize=(6.4, 5), layout="constrained")
styles = {
    "N": ("normal", "o", "#0072b2"),
    "A": ("atrial fibrillation", "^", "#d55e00"),
    "O": ("other rhythm", "s", "#009e73"),
    "~": ("noisy", "x", "#7a7a7a"),
}
for label, (words, marker, color) in styles.items():
    of_label = places[y == label]
    ax.scatter(*of_label.T, s=26, marker=marker, color=color, label=f"{label} {words}")
rings = {"s": 130, "facecolors": "none", "edgecolors": "black"}
ax.scatter(*places[strangers].T, label="among strangers", **rings)
ax.set_xlabel(f"first component ({shown[0]:.0%} of the variance)")
ax.set_ylabel(f"second component ({shown[1]:.0%})")
_ = ax.legend(frameon=False)

# %%
# In numbers: what share of its ten neighbours has the label of a recording? By chance it would be the share of that
# label, which the second column has.
for label in styles:
    is_label = y == label
    print(f"{label}  {share[is_label].mean():.2f}  by chance {is_label.mean():.2f}")

# %%
# What lies where it should not
# -----------------------------
# The ringed ones, with the labels of their neighbours and what the model answers.
answers = model.predict(X)
for i in strangers:
    labels, counts = np.unique(y[nearest[i]], return_counts=True)
    around = ", ".join(f"{n} {each}" for each, n in zip(labels, counts, strict=True))
    print(
        f"{sample.record_names[i]}: label {y[i]}, among {around}; answer {answers[i]}"
    )

# %%
# On paper those whose ten neighbours all have one and the same other label, seven seconds of each.
from ecgclf.plotting import RecordingDisplay

alone = [i for i in strangers if len(set(y[nearest[i]])) == 1]
figure, axes = plt.subplots(len(alone), figsize=(6.4, 6), layout="constrained")
for ax, i in zip(axes, alone, strict=True):
    title = f"{sample.record_names[i]}: label {y[i]}, among {y[nearest[i, 0]]}"
    RecordingDisplay.from_recording(
        X[i],
        sampling_rate=sample.sampling_rate,
        start=1,
        duration=7,
        title=title,
        ax=ax,
    )

# %%
# Features for another classifier
# -------------------------------
# In a Pipeline the network is a step before the classifier. :class:`~sklearn.frozen.FrozenEstimator` keeps it as it
# is: without that, every fold would train the network anew on its 160 recordings. ``make_union`` sets the figures of
# :class:`~ecgclf.preprocessing.RRFeatures` beside the features of the network. The score is the challenge's, the mean
# F1 of N, A and O; nothing was tuned for it.
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline, make_union

from ecgclf.metrics import rhythm_report
from ecgclf.preprocessing import RRFeatures

learnt = make_pipeline(prepare, FrozenEstimator(network))
named = RRFeatures(sample.sampling_rate)
candidates = {
    "times between beats": named,
    "network": learnt,
    "both": make_union(learnt, named),
}
folds = StratifiedKFold(5, shuffle=True, random_state=0)
reports, predicted = {}, {"the model itself": answers}
for name, step in candidates.items():
    linear = make_pipeline(step, StandardScaler(), LogisticRegression(max_iter=1000))
    told = cross_val_predict(linear, X, y, cv=folds, method="predict_proba")
    predicted[name] = np.unique(y)[told.argmax(axis=1)]
    reports[name] = rhythm_report(y, told, np.unique(y))
    print(f"{name:<22}{reports[name].score}")

told = model.predict_proba(X)
reports["the model itself"] = rhythm_report(y, told, model.classes_, y_pred=answers)
print(f"{'the model itself':<22}{reports['the model itself'].score}")

# %%
# The intervals overlap, but all are of the same recordings, and what is asked is the difference. In the share of
# recordings answered rightly it has an interval of its own: pairs of answers are drawn with replacement.
rng = np.random.default_rng(0)
resampled = rng.integers(len(y), size=(2000, len(y)))
right = {name: labels == y for name, labels in predicted.items()}
for one, other in (
    ("both", "network"),
    ("network", "the model itself"),
    ("network", "times between beats"),
):
    gain = right[one].astype(float) - right[other]
    low, high = np.percentile(gain[resampled].mean(axis=1), [2.5, 97.5])
    print(f"{one} - {other}: {gain.mean():+.3f} ({low:+.3f} to {high:+.3f})")

# %%
# The F1 of each label, with its interval.
figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for k, (name, report) in enumerate(reports.items()):
    for place, label in enumerate(styles):
        f1, x = report.f1[label], place + 0.16 * (k - 1.5)
        ax.vlines(x, f1.low, f1.high, color=f"C{k}")
        ax.plot(x, f1.value, "o", color=f"C{k}", label=name if place == 0 else None)
ax.set_xticks(range(len(styles)), styles)
ax.set(xlabel="label", ylabel="F1, 95 % interval", ylim=(0, 1))
_ = ax.legend(frameon=False, loc="lower left")

# %%
# What we saw
# -----------
# Normal rhythm and fibrillation lie at two ends of the map, other rhythms, which are many things, between them and to
# one side, and noise is scattered: only half of the neighbours of an "O" are "O". Two components show half of the
# differences, so that neighbours on paper need not be neighbours in all 56 numbers.
#
# A map of features shows how the network sees recordings, and where that differs from a label either may be wrong. Of
# the three on paper the first is fast, and its P waves are hard to see; the second has one large excursion, and is
# regular beside it; in the third it is not the rhythm that looks unusual but the trace after each beat. The
# labels of this set were revised more than once, and a map finds the recordings that another pair of eyes should see
# first. It proves no label wrong: here the network answers all that are ringed against their label, since its last
# layer decides by the same features.
#
# A linear classifier on the features, trained on 160 recordings, is as good as the model itself, which has its own
# last layer, and better than one on times between beats, which know nothing of shapes. Both kinds of features together
# are not better than the learnt ones: what the times say of rhythm the network knows already. 200 recordings leave
# room for a difference of three or four hundredths either way.
#
# What it does not show: what the features are worth for labels that the network was not trained for. These four it
# was; that is why a line is enough to tell them apart.
#
# .. seealso::
#
#    In the guide:
#
#    - :doc:`/guide/transfer`
#    - :doc:`/guide/preprocessing`
#    - :doc:`/guide/metrics`
