"""
Where the network looked, and why that is no explanation
========================================================

:class:`~ecgclf.classifiers.CRANNClassifier` weighs every moment of a recording by an attention that it has learned,
and ``attention`` tells these weights. It is tempting to read them as the reason for the answer. Here that reading is
put to the test: first where the truth of "where" is known, because we planted it, and then on real recordings, where
two trainings of one network and an explanation of its answers can be held against one another.
"""

# %%
# A planted event
# ---------------
# Synthetic recordings of normal rhythm, ten seconds each. Half of them hold one second of an 8 Hz oscillation, at a
# random place. The classifier is told which recordings, and not where.
import numpy as np

from ecgclf.classifiers import CRANNClassifier
from ecgclf.datasets import make_recordings

rate = 100.0
made = make_recordings(
    200,
    sampling_rate=rate,
    duration=10,
    classes=("N",),
    random_state=0,
)
X = np.stack(made.data)
y = np.where(np.arange(200) % 2, "event", "none")
starts = np.random.default_rng(0).integers(50, 850, 200)
time = np.arange(100) / rate
for i in np.flatnonzero(y == "event"):
    X[i, starts[i] : starts[i] + 100] += (
        0.3 * np.hanning(100) * np.sin(2 * np.pi * 8 * time)
    )

network = CRANNClassifier(
    n_filters=(8, 16, 16, 24),
    kernel_sizes=(15, 7, 7, 7),
    strides=(2, 2, 2, 2),
    n_units=16,
    n_attention_units=16,
    max_epochs=25,
    random_state=0,
)
network.fit(X[:120], y[:120])
print(f"accuracy on 80 test recordings: {network.score(X[120:], y[120:]):.2f}")

# %%
# One test recording with an event and one without. The displays draw the attention under the trace, from 0 to its
# maximum. In the first it stands at the event. The second shows that attention always adds up to 1: where there is
# nothing to see it still looks somewhere.
import matplotlib.pyplot as plt

from ecgclf.plotting import RecordingDisplay

figure, axes = plt.subplots(2, 1, figsize=(7, 3.7), layout="constrained")
for ax, i in zip(axes, (121, 120), strict=True):
    title = f"event from {starts[i] / rate:.1f} s on" if y[i] == "event" else "no event"
    RecordingDisplay.from_recording(
        X[i],
        sampling_rate=rate,
        attention=network.attention(X[[i]])[0],
        title=title,
        ax=ax,
    )

# %%
# Against the truth
# -----------------
# How often does the half-second of the highest attention touch the event? An explanation is asked the same:
# :class:`~ecgclf.explanation.LimeTimeSeriesExplainer` takes away half-seconds and sees what the classifier answers.
# Beside the network above stand one whose LSTM reads forwards only, as accurate, and one that was not trained.
import warnings

import pandas as pd
from sklearn.base import clone

from ecgclf.explanation import ExplanationWarning, LimeTimeSeriesExplainer

forwards = clone(network).set_params(bidirectional=False, pooling="attention")
untrained = clone(network).set_params(max_epochs=1, learning_rate=1e-12)
networks = {
    "as above": network,
    "forwards only": forwards.fit(X[:120], y[:120]),
    "untrained": untrained.fit(X[:120], y[:120]),
}
explainer = LimeTimeSeriesExplainer(
    n_segments=20,
    n_perturbations=200,
    sampling_rate=rate,
    random_state=0,
)
events = range(121, 161, 2)
rows = {}
for name, each in networks.items():
    with warnings.catch_warnings():
        # Some are at the edge of what the explainer warns of. The truth judges them.
        warnings.simplefilter("ignore", ExplanationWarning)
        weights = np.array(
            [explainer.explain(each, X[i], labels="event").weights[0] for i in events]
        )
    attention = (
        np.array(each.attention(X[events])).reshape(len(events), 20, 50).sum(axis=2)
    )
    # The half-seconds that the event touches.
    first, last = starts[events] // 50, (starts[events] + 99) // 50
    highest, largest = attention.argmax(axis=1), weights.argmax(axis=1)
    rows[name] = {
        "accuracy": each.score(X[120:], y[120:]),
        "highest attention at the event": np.mean(
            (first <= highest) & (highest <= last)
        ),
        "largest weight at the event": np.mean((first <= largest) & (largest <= last)),
        "mean of the largest weights": weights.max(axis=1).mean(),
    }
pd.DataFrame(rows).round(2)

# %%
# Real recordings
# ---------------
# Nobody knows where in a real recording the reason lies. But two trainings of one network, alike but for their random
# numbers, can be compared: if attention were the reason, and the reason lay in the recording, they should look at the
# same places. Normal rhythm and atrial fibrillation, fifteen seconds at 100 Hz.
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.preprocessing import BandpassFilter, Resampler

sample = load_cinc2017_sample()
prepare = make_pipeline(
    BandpassFilter(0.5, 40.0, sampling_rate=sample.sampling_rate),
    Resampler(rate, sampling_rate=sample.sampling_rate),
)
is_wanted = np.isin(sample.target, ["A", "N"])
recordings = [x[:1500] for x in prepare.fit_transform(sample.data[is_wanted])]
X_train, X_test, y_train, y_test = train_test_split(
    recordings,
    sample.target[is_wanted],
    test_size=30,
    stratify=sample.target[is_wanted],
    random_state=0,
)
twins = [
    clone(network).set_params(random_state=seed, batch_size=8).fit(X_train, y_train)
    for seed in (0, 1)
]
for each in twins:
    print(f"accuracy on 30 test recordings: {each.score(X_test, y_test):.2f}")

# %%
# The first test recording of fibrillation that the first of the two answers rightly: what speaks for the answer as
# shades and bars, the attention at the bottom.
found = (y_test == "A") & (twins[0].predict(X_test) == "A")
shown = X_test[np.flatnonzero(found)[0]]
with warnings.catch_warnings():
    # The title of the picture says how well the explanation follows the network.
    warnings.simplefilter("ignore", ExplanationWarning)
    explanation = explainer.explain(twins[0], shown)
display = explanation.plot(speed=8, attention=twins[0].attention([shown])[0])

# %%
# Attention and weights of twenty segments, each pair compared by their rank correlation: 1 if they name the same
# places, 0 if they have nothing to do with one another. The lines are the middle half of the 30 test recordings.
from scipy.stats import spearmanr

pairs = {
    "attention, twins": [],
    "weights, twins": [],
    "attention and weights": [],
}
with warnings.catch_warnings():
    # What is asked is whether two trainings agree, in explanations that are good and
    # in those that are not.
    warnings.simplefilter("ignore", ExplanationWarning)
    for x, label in zip(X_test, y_test, strict=True):
        weights = [
            explainer.explain(each, x, labels=label).weights[0] for each in twins
        ]
        looked = [
            [part.sum() for part in np.array_split(each.attention([x])[0], 20)]
            for each in twins
        ]
        pairs["attention, twins"].append(spearmanr(*looked).statistic)
        pairs["weights, twins"].append(spearmanr(*weights).statistic)
        pairs["attention and weights"].append(
            spearmanr(looked[0], weights[0]).statistic
        )

figure, ax = plt.subplots(figsize=(6.4, 2.6), layout="constrained")
ax.axvline(0, color="#1a1a1a", linewidth=0.6)
ax.set_yticks(range(len(pairs)), pairs)
ax.set(
    xlabel="rank correlation over twenty segments",
    xlim=(-1, 1),
    ylim=(2.5, -0.5),
)
for i, (name, each) in enumerate(pairs.items()):
    low, middle, high = np.percentile(each, [25, 50, 75])
    ax.plot(each, np.full(len(each), i), "o", color="#9a9a9a", alpha=0.5)
    ax.plot([low, high], [i, i], color="#0072b2", linewidth=2.5)
    ax.plot(middle, i, "o", color="#0072b2", markersize=9)
    print(f"{name}: median {middle:.2f}")

# %%
# What we saw
# -----------
# Attention that is trained on whole recordings finds a short event without being told where it is: a good reason to
# look at it. It is no reason for the answer, though. A network whose LSTM reads forwards only is as accurate and looks
# past the event now and then, since a state of the LSTM holds what came before; taking segments away points to the
# event all the same, and how large its weights are tells the trained networks from the untrained one. Attention has no
# sign, so it cannot tell what speaks for a label from what speaks against it; it adds up to 1 where there is nothing
# to see; and with the default pooling the maximum over time goes past it.
#
# On real recordings one picture may suggest that attention and explanation agree. Over thirty they hardly do: here
# they name the same places, there opposite ones. Twins that differ in nothing but random numbers agree in part on
# where to look, and on some recordings not at all. So it is with their explanations, and that is a word of caution for
# both: the networks of this page learned from 90 recordings and are right on about three of four. Others have argued
# that attention is not explanation [1]_, and that it depends on what one calls so [2]_.
#
# .. [1] Jain S, Wallace BC (2019). Attention is not explanation. NAACL-HLT 2019. :doi:`10.18653/v1/N19-1357`
# .. [2] Wiegreffe S et al. (2019). Attention is not not explanation. EMNLP-IJCNLP 2019.
#    :doi:`10.18653/v1/D19-1002`
#
# .. seealso::
#
#    In the guide:
#
#    - :doc:`/guide/explanation`
#    - :doc:`/guide/classifiers`
