"""
How far to trust an explanation
===============================

An explanation always comes, also where there is nothing to explain. Three questions can be asked of it: does the
linear model behind it follow the classifier (its R²), would another seed say the same (stability), and does the
classifier heed what is said to matter (faithfulness)? Here they are asked of two answers of a good model, and then of
networks that know nothing: one trained on shuffled labels, and one that was not trained at all. Two of the three
questions are answered no worse there.
"""

# %%
# Two answers, both right and both sure
# -------------------------------------
# One recording of atrial fibrillation, one of normal rhythm; the model is sure of both. Of the second explanation the
# explainer itself warns.
import textwrap
import warnings

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.explanation import ExplanationWarning, LimeTimeSeriesExplainer
from ecgclf.pretrained import load_pretrained

sample = load_cinc2017_sample()
rate = sample.sampling_rate
model = load_pretrained("tiny-cinc2017", sampling_rate=rate)
explainer = LimeTimeSeriesExplainer(
    n_segments=20,
    n_perturbations=500,
    sampling_rate=rate,
    random_state=0,
)

recordings, explanations = [], []
for name in ("A03827", "A06775"):
    recordings.append(sample.data[sample.record_names.index(name)])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        explanations.append(explainer.explain(model, recordings[-1]))
    print(explanations[-1])
    for each in told:
        print(textwrap.indent(textwrap.fill(str(each.message), 76), "    "))

# %%
# Does the surrogate follow the classifier?
# -----------------------------------------
# R² tells over all perturbations, in which half of the segments are missing on average; the gap tells at the recording
# itself. An R² of 0.5 means that the weights describe half of what the model does.
for explanation in explanations:
    print(
        f"{explanation.labels[0]}: the model says {explanation.probabilities[0]:.2f}, "
        f"the surrogate {explanation.local_prediction[0]:.2f},"
        f" R² {explanation.r2[0]:.2f}"
    )

# %%
# Would another seed say the same?
# --------------------------------
# Each point is the weight of a segment with another draw of perturbations. The weights for "A" keep their order. Those
# for "N" are small and alike, and most of the five largest change from seed to seed.
import matplotlib.pyplot as plt

figure, axes = plt.subplots(2, 1, figsize=(6.4, 6.2), layout="constrained")
for ax, recording in zip(axes, recordings, strict=True):
    stability = explainer.stability(model, recording, n_repeats=4)
    stability.plot(n_features=8, limit=0.2, ax=ax)

# %%
# Does the classifier heed it?
# ----------------------------
# Segments are taken out one by one, first those of the largest weight, and put back in that order [1]_. A faithful
# explanation makes the probability fall earlier, and rise earlier, than random orders do. For "A" it does both, but
# for one random order. For "N" the curves show why no explanation can be had from segments: whichever is missing
# first, the probability breaks down, and what matters is that *none* is missing. No sum of weights can say so.

# sphinx_gallery_thumbnail_number = 2
figure, axes = plt.subplots(2, 2, figsize=(8, 6), layout="constrained", sharey=True)
for row, explanation in zip(axes, explanations, strict=True):
    explainer.faithfulness(model, explanation).plot(ax=row)

# %%
# Models that know nothing
# ------------------------
# The most telling test of a method of explanation is a model that has nothing to say [2]_. These networks are like the
# shipped one, which learned from 6,827 recordings. One learns from 150 recordings of this package with their labels,
# one from the same with labels shuffled; the third keeps its random weights, for its learning rate is nearly zero.
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

train, test = train_test_split(
    np.arange(len(sample.data)),
    test_size=50,
    stratify=sample.target,
    random_state=0,
)
X, y = sample.data[train], sample.target[train]
shuffled = np.random.default_rng(0).permutation(y)
prepare, network = model[:-1], clone(model[-1].estimators_[0])
network.set_params(augmentation=None, max_epochs=12, batch_size=8)
untrained = clone(network).set_params(max_epochs=1, learning_rate=1e-12)
models = {
    "shipped": model,
    "150 recordings": make_pipeline(prepare, clone(network)).fit(X, y),
    "shuffled labels": make_pipeline(prepare, clone(network)).fit(X, shuffled),
    "random weights": make_pipeline(prepare, untrained).fit(X, y),
}
for name, each in models.items():
    score = each.score(sample.data[test], sample.target[test])
    print(f"{name:<16} right on test recordings: {score:.2f}")

# %%
# The first six seconds of eight test recordings are explained for each model, and the three questions asked. For
# faithfulness the areas under the curves of deletion are compared with those of random orders, in probability; and the
# order of the weights is compared with that of the shipped model's.
import pandas as pd
from scipy.stats import spearmanr

explainer.set_params(n_perturbations=200)
rows, weights = [], {}
with warnings.catch_warnings():
    # The explanations that do not follow their model are what this is about; their R²
    # is in the table.
    warnings.simplefilter("ignore", ExplanationWarning)
    for name, each in models.items():
        for i in test[:8]:
            recording = sample.data[i][: int(6 * rate)]
            explanation = explainer.explain(each, recording)
            stability = explainer.stability(each, recording, n_repeats=2)
            curves = explainer.faithfulness(each, explanation, n_random=5)
            weights[name, i] = explanation.weights[0]
            alike = spearmanr(weights[name, i], weights["shipped", i]).statistic
            rows.append(
                {
                    "model": name,
                    "R²": explanation.r2[0],
                    "stability": stability.spearman,
                    "faithfulness": curves.random_auc.mean() - curves.deletion_auc,
                    "largest weight": np.abs(explanation.weights[0]).max(),
                    "as the shipped": alike,
                }
            )
pd.DataFrame(rows).groupby("model", sort=False).mean().round(2).rename_axis(None)

# %%
# What we saw
# -----------
# R² and stability are higher for networks that know nothing than for the shipped model: a function that hardly changes
# is easily followed by a linear model. Only in units of probability do they show their poverty: their largest weights
# are a few hundredths at most, and what is said to matter changes little when it is taken out. That the order
# of their weights has little in common with the shipped model's is good news of the method: it tells of the model,
# and not of the recording alone.
#
# So do not trust an explanation
#
# - whose R² is low or whose gap is large: it is no description of the model;
# - whose weights are small beside the probability, however stable they are;
# - whose curves both run among the random ones;
# - of a model that is not right on recordings that it has not seen: none of these figures says whether it is.
#
# Eight short recordings are enough to see this, and too few to tell the lower three rows of the table apart. The first
# of them is a network with the right labels and too few recordings: its explanations are as poor.
#
# .. [1] Petsiuk V, Das A, Saenko K (2018). RISE: randomized input sampling for explanation of black-box models. BMVC.
#    :doi:`10.48550/arXiv.1806.07421`
# .. [2] Adebayo J, Gilmer J, Muelly M, Goodfellow I, Hardt M, Kim B (2018). Sanity checks for saliency maps. NeurIPS.
#    :doi:`10.48550/arXiv.1810.03292`
#
# .. seealso::
#
#    In the guide:
#
#    - :doc:`/guide/explanation`
