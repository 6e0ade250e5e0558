"""
Twelve leads
============

Recordings of twelve leads go in as they are, as an array of shape (n_recordings, 12, n_timepoints). This example
trains on them, draws one as a cardiograph would print it, takes leads off, and asks the network which leads its answer
comes from. The recordings are synthetic, so that the right answer to the last question is known.
"""

# %%
# Recordings in which two leads matter
# ------------------------------------
# :func:`~ecgclf.datasets.make_recordings` makes recordings of any number of leads, each of which sees the waves from
# another direction. They are no real leads; here they get the standard names. In half of the recordings the trace
# after the QRS complex is raised by 0.1 to 0.3 mV, in V2 and V3 only.
import numpy as np

from ecgclf.datasets import make_recordings

leads = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
made = make_recordings(
    160,
    n_leads=12,
    sampling_rate=100,
    duration=10,
    classes=["N"],
    random_state=0,
)
X = np.stack(made.data)
y = np.resize(["normal", "raised"], len(X))

rng = np.random.default_rng(0)
for i in np.flatnonzero(y == "raised"):
    since_r_peak = (np.arange(X.shape[2]) - made.r_peaks[i][:, np.newaxis]) / 100
    bumps = np.exp(-(((since_r_peak - 0.13) / 0.06) ** 2)).sum(axis=0)
    X[i, leads.index("V2") : leads.index("V4")] += rng.uniform(0.1, 0.3) * bumps
print(X.shape)

# %%
# On paper
# --------
# Twelve leads of the standard names are drawn in three rows of four, with lead II beneath for the rhythm.
from ecgclf.plotting import RecordingDisplay

display = RecordingDisplay.from_recording(
    X[1],
    sampling_rate=100,
    lead_names=leads,
    duration=7,
    title=f"Recording 1, {y[1]}",
)

# %%
# Train and test
# --------------
# The number of leads need not be told; it is that of the recordings. A second network is trained while each lead is
# put to zero with a probability of 0.3, anew whenever a recording is trained on.
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from ecgclf.augmentation import RandomChanges
from ecgclf.classifiers import CRNNClassifier

X_train, X_test, y_train, y_test = train_test_split(
    X,
    y,
    test_size=60,
    stratify=y,
    random_state=0,
)
plain = CRNNClassifier(
    n_filters=(24, 32, 48),
    kernel_sizes=(15, 7, 7),
    strides=(2, 2, 2),
    n_units=24,
    max_epochs=12,
    batch_size=8,
    random_state=0,
)
dropped = clone(plain).set_params(augmentation=RandomChanges(lead_dropout=0.3))
networks = {"plain": plain, "lead dropout": dropped}
for name, network in networks.items():
    network.fit(X_train, y_train)
    print(f"{name}: accuracy {network.score(X_test, y_test):.3f}")

# %%
# Leads come off
# --------------
# A lead that has come off shows a flat line. What becomes of the answers to the 60 test recordings?
print(f"{'off':<26}{'plain':>6}{'lead dropout':>15}")
for off in (["V2"], ["V3"], ["V2", "V3"], ["V6"], leads[:6]):
    X_off = X_test.copy()
    X_off[:, [leads.index(lead) for lead in off]] = 0
    accuracies = [network.score(X_off, y_test) for network in networks.values()]
    print("{:<26}{:>6.3f}{:>15.3f}".format(", ".join(off), *accuracies))

# %%
# Which leads speak?
# ------------------
# LIME takes features out of a recording and fits a linear model to how the answer changes. What a feature is can be
# told by a function: here, a lead. The explanations of ten recordings that are raised are averaged.
import warnings

from ecgclf.explanation import (
    ExplanationWarning,
    LimeTimeSeriesExplainer,
    average_explanations,
)


def by_lead(recording, sampling_rate):
    return np.repeat(np.arange(12)[:, np.newaxis], recording.shape[1], axis=1)


explainer = LimeTimeSeriesExplainer(
    by_lead,
    n_perturbations=200,
    sampling_rate=100,
    random_state=0,
)
raised = X_test[y_test == "raised"][:10]
averages = {}
with warnings.catch_warnings():
    # Of linear models that do not follow the network well; they are counted instead.
    warnings.simplefilter("ignore", ExplanationWarning)
    for name, network in networks.items():
        told = [explainer.explain(network, each, labels="raised") for each in raised]
        averages[name] = average_explanations(told)
        n_off = sum(each.gap[0] > 0.2 for each in told)
        print(f"{name}: R² {averages[name].r2[0]:.2f}, {n_off} more than 0.2 off")

# %%
# The R² is a mean over the ten; off is how far the linear model is from the network at the recording itself. The bars
# are mean weights, the lines their standard deviations over recordings.
import matplotlib.pyplot as plt

from ecgclf.plotting import WeightsDisplay

figure, axes = plt.subplots(2, figsize=(6.4, 7), layout="constrained")
for ax, (name, average) in zip(axes, averages.items(), strict=True):
    weights, std = average.weights[0], average.std[0]
    WeightsDisplay(leads, weights, std=std, title=name).plot(ax=ax, limit=0.7)

# %%
# What we saw
# -----------
# Both networks answer all recordings right, and they go about it in different ways. The plain network leans on both
# leads that were raised: when one is off it is wrong in a tenth or two of the recordings, and its explanation names
# these two. The one trained with lead dropout answers without either of them. Taking one out then changes less, and
# both have smaller weights, that of V2 no larger than those of leads that have nothing to say. With both off nobody
# can know, and both networks answer no better than a coin.
#
# That is one training of each, and another does not always repeat it. With every seed of this page set to 1, the plain
# network was right in 1.00 and 0.97 of the recordings without V2 and without V3, and the other in as many: there was
# nothing to win. With 2 it was 0.88 and 0.90 for the plain one, and 1.00 of both with lead dropout. So lead dropout is
# something to try, and to measure with the leads off that may be off.
#
# So a small weight does not say that a network has no use for a lead: one or the other is what a linear model cannot
# say. Nor does its fit give that away, for the explanations that are far off are of the plain network. The recordings
# are made, and easy: real ones are not all answered right, and there is no truth to hold an explanation against.
#
# .. seealso::
#
#    In the guide:
#
#    - :doc:`/guide/recordings`
#    - :doc:`/guide/plotting`
#    - :doc:`/guide/explanation`
#
#    In the gallery:
#
#    - :ref:`sphx_glr_auto_examples_plot_several_labels.py`
