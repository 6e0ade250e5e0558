"""
Several labels for each recording
=================================

A recording of twelve leads can show fibrillation, or early beats, and beside either a raised ST segment, or nothing
that has a name. Each label is a question of its own. This lesson trains one network on three of them, reports how
good the answers are, label by label, sets a threshold for each inside the training recordings, and asks what speaks
for one of the labels. The recordings are made up, so that the answer to the last question is known.
"""

# %%
# Labels that do not exclude one another
# --------------------------------------
# :func:`~ecgclf.datasets.make_recordings` makes the rhythms. Independent of them, the trace after the QRS complex of
# one recording in seven is raised in V2 and V3, by 0.05 to 0.4 mV. ``y`` is a table with a column for each label; an
# array of 0 and 1, or a data frame whose columns have names.
import numpy as np
import pandas as pd

from ecgclf.datasets import make_recordings

leads = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
made = make_recordings(
    300,
    n_leads=12,
    sampling_rate=100,
    duration=6,
    classes=["N", "A", "O"],
    weights=[0.6, 0.15, 0.25],
    noise=0.15,
    random_state=0,
)
X = np.stack(made.data)
rng = np.random.default_rng(0)
raised = rng.random(len(X)) < 0.15
for i in np.flatnonzero(raised):
    since_r_peak = (np.arange(X.shape[2]) - made.r_peaks[i][:, np.newaxis]) / 100
    bumps = np.exp(-(((since_r_peak - 0.13) / 0.06) ** 2)).sum(axis=0)
    X[i, leads.index("V2") : leads.index("V4")] += rng.uniform(0.05, 0.4) * bumps

labels = {"AF": made.target == "A", "early": made.target == "O", "raised": raised}
y = pd.DataFrame(labels, dtype=int)
print(y.value_counts().to_string())

# %%
# A recording with two of them.
from ecgclf.plotting import RecordingDisplay

which = np.flatnonzero((y.early == 1) & (y.raised == 1))[0]
display = RecordingDisplay.from_recording(
    X[which],
    sampling_rate=100,
    lead_names=leads,
    title="Early beats, and raised in V2 and V3",
)

# %%
# Train, with a threshold for each label
# --------------------------------------
# A half may be a bad threshold for a label that is rare, if what counts is F1.
# :class:`~ecgclf.decision.TunedDecisionClassifierCV` trains the network on two thirds of the training recordings,
# three times, and finds with its answers to the others a threshold for each label. What answers then is one network,
# trained on all 180. The other 120 recordings are for the test.
from ecgclf.classifiers import CRNNClassifier
from ecgclf.decision import TunedDecisionClassifierCV

X_train, X_test, y_train, y_test = X[:180], X[180:], y[:180], y[180:]
network = CRNNClassifier(
    n_filters=(16, 24, 32),
    kernel_sizes=(15, 7, 7),
    strides=(2, 2, 2),
    n_units=24,
    max_epochs=15,
    batch_size=8,
    learning_rate=0.005,
    random_state=0,
)
classifier = TunedDecisionClassifierCV(network, scoring="f1_macro", cv=3)
classifier.fit(X_train, y_train)
thresholds = 0.5 / classifier.class_weights_
for label, threshold in zip(classifier.classes_, thresholds, strict=True):
    print(f"{label:<8}{threshold:.2f}")

# %%
# How good is it?
# ---------------
# :func:`~ecgclf.metrics.label_report` has the figures that ask for probabilities only: macro AUROC, and F-max, the
# best F1 by recording that one threshold reaches, which is found on the test recordings themselves. Its F1 scores are
# those of a threshold of a half, unless it is told what was answered.
from ecgclf.metrics import label_report

probabilities = classifier.predict_proba(X_test)
answers = classifier.predict(X_test)
given = (y_test, probabilities, classifier.classes_)
at_a_half = label_report(*given, n_resamples=200)
tuned = label_report(*given, y_pred=answers, n_resamples=200)
print(at_a_half)
print(f"\nwith thresholds of their own, macro F1: {tuned.macro_f1}")

# %%
# For each label the F1 against the threshold, on the test recordings, with the threshold that was found without them.
import matplotlib.pyplot as plt
from sklearn.metrics import precision_recall_curve

figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for k, label in enumerate(classifier.classes_):
    precision, recall, at = precision_recall_curve(y_test[label], probabilities[:, k])
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    ax.plot(at, f1[:-1], color=f"C{k}", label=label, drawstyle="steps-pre")
    ax.plot(thresholds[k], tuned.f1[label].value, "o", color=f"C{k}")
ax.axvline(0.5, color="#9a9a9a", linestyle=":")
ax.set(
    xlabel="threshold", ylabel="F1 on the test recordings", xlim=(0, 1), ylim=(0, 1.04)
)
_ = ax.legend(frameon=False)

# %%
# What speaks for one label?
# --------------------------
# A label is explained by its name; what is explained is its own probability, whatever the other labels say. The
# features are the waves, each over all beats of a recording. The explanations of six recordings that are raised, and
# were found to be, are averaged.
import warnings

from ecgclf.explanation import (
    ExplanationWarning,
    LimeTimeSeriesExplainer,
    average_explanations,
)

explainer = LimeTimeSeriesExplainer(
    "waves", merge_beats=True, n_perturbations=60, sampling_rate=100, random_state=0
)
found = np.flatnonzero((answers[:, 2] == 1) & (y_test.raised == 1))
with warnings.catch_warnings():
    # Of linear models that do not follow the network well; they are counted instead.
    warnings.simplefilter("ignore", ExplanationWarning)
    told = [
        explainer.explain(classifier, X_test[i], labels="raised") for i in found[:6]
    ]
n_doubtful = sum(each.adjusted_r2[0] < 0.5 for each in told)
print(f"{n_doubtful} of {len(told)} explanations have an adjusted R² below 0.5")
display = average_explanations(told).plot("raised")

# %%
# And which leads? Put to zero, a lead is as one that has come off. The mean probability of "raised":
print(f"{'all leads on':<16}{probabilities[found, 2].mean():.2f}")
for off in (["V2"], ["V3"], ["V2", "V3"], ["V5", "V6"]):
    X_off = X_test[found]
    X_off[:, [leads.index(lead) for lead in off]] = 0
    told = classifier.predict_proba(X_off)[:, 2]
    print(f"{' and '.join(off) + ' off':<16}{told.mean():.2f}")

# %%
# What we saw
# -----------
# One network answers three questions at once, and each has its own figures. Early beats are no question for it. Of the
# 18 recordings that are raised some are by hardly more than the noise, and the intervals, a quarter wide, say
# how little 18 recordings tell. Probabilities rank the recordings nearly without fault, as the AUROC has it; the F1
# scores, which need an answer of yes or no, are lower.
#
# Thresholds of their own were worth nothing here that could be measured: the macro F1 is the same within its interval.
# The curves are flat between the thresholds that were found and a half. Where labels are rarer and
# probabilities less extreme it is another matter, and the figures above are how to find out: on recordings that had no
# say in the thresholds. F-max has had one, so do not compare it with an F1.
#
# The explanation names the T wave, in whose neighbourhood the trace was raised; the weights of the others are within
# their scatter. That it was raised in V2 and V3, the network knows, too: without either the probability falls, without
# both next to none is left, and V5 and V6 are not missed. How far it falls without one is chance, though. It never saw
# a flat lead while it was trained, and in another training of it the probability without both was still above a half;
# :ref:`another lesson <sphx_glr_auto_examples_plot_twelve_leads.py>` trains with leads that are off.
#
# The recordings are made up and easy; on recordings from a hospital the labels are those of people, and the figures
# lower.
#
# .. seealso::
#
#    In the guide:
#
#    - :doc:`/guide/several_labels`
#    - :doc:`/guide/labels_of_files`, for where such labels come from
#    - :doc:`/guide/decision`
#
#    In the gallery:
#
#    - :ref:`sphx_glr_auto_examples_plot_twelve_leads.py`
