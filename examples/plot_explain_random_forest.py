"""
Any classifier can be explained on the trace: a random forest
=============================================================

A forest that is given eleven figures of the RR intervals never sees an ECG. Asked why, it can name figures; a reader
of ECGs wants to know *when*. :class:`~ecgclf.explanation.LimeTimeSeriesExplainer` takes any fitted estimator with
``predict_proba``, also a Pipeline, changes the recording in front of it and so explains the forest on the trace. Since
here it is known what the forest can see, its explanations can be held against the truth.
"""

# %%
# A forest on RR intervals
# ------------------------
# :class:`~ecgclf.preprocessing.RRFeatures` makes a table of recordings of any length, and everything behind it is
# scikit-learn's.
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.metrics import rhythm_report
from ecgclf.preprocessing import RRFeatures

sample = load_cinc2017_sample()
rate = sample.sampling_rate
X_train, X_test, y_train, y_test = train_test_split(
    sample.data,
    sample.target,
    test_size=50,
    stratify=sample.target,
    random_state=0,
)
forest = RandomForestClassifier(200, min_samples_leaf=3, random_state=0)
pipeline = make_pipeline(RRFeatures(rate), forest).fit(X_train, y_train)
report = rhythm_report(y_test, pipeline.predict_proba(X_test), pipeline.classes_)
print("score on 50 test recordings:", report.score)

# %%
# The forest's own answer to "why" is a ranking of figures over all recordings. It says nothing about one of them, and
# nothing about time.
names = pipeline[0].get_feature_names_out()
for i in np.argsort(-forest.feature_importances_)[:4]:
    print(f"{names[i]:<12}{forest.feature_importances_[i]:.2f}")

# %%
# A recording of which we know where
# ----------------------------------
# Fifteen seconds of a test recording of normal rhythm and fifteen of one of atrial fibrillation are put behind one
# another; the forest answers both recordings rightly when it gets them whole. What speaks for "A" must lie in the
# second half. The recording is cut into ten segments of 3 s, each of which is replaced by its mean.
from ecgclf.explanation import (
    ExplanationWarning,
    LimeTimeSeriesExplainer,
    average_explanations,
)

half = int(15 * rate)
answers = pipeline.predict(X_test)
is_right = answers == y_test
normal = [x[:half] for x in X_test[is_right & (y_test == "N")] if len(x) >= half]
fibrillating = [x[:half] for x in X_test[is_right & (y_test == "A")] if len(x) >= half]
recordings = [
    np.concatenate(pair) for pair in zip(normal[:6], fibrillating[:6], strict=True)
]

explainer = LimeTimeSeriesExplainer(
    n_segments=10,
    n_perturbations=500,
    sampling_rate=rate,
    random_state=0,
)
explanation = explainer.explain(pipeline, recordings[0], labels="A")
display = explanation.plot(speed=5, title="15 s normal, 15 s fibrillation")

# %%
# The same for the first six such pairs, with fewer perturbations: the mean weight of the segments of either half.
explainer.set_params(n_perturbations=200)
for recording in recordings:
    each = explainer.explain(pipeline, recording, labels="A")
    before, after = each.weights[0, :5].mean(), each.weights[0, 5:].mean()
    print(f"normal {before:+.3f}, fibrillation {after:+.3f}, R² {each.r2[0]:.2f}")

# %%
# Short segments: a question the forest misunderstands
# ----------------------------------------------------
# Finer segments would be nicer. But a flat second is to the forest an interval without a beat, the longest of the
# recording, and it changes its answer whatever the second was. From 2 s of flat line on ``RRFeatures`` counts a gap,
# in which nothing is known. R² tells when the question makes no more sense.
for n_segments in (6, 10, 15, 20, 30):
    explainer.set_params(n_segments=n_segments)
    with warnings.catch_warnings():
        # The explainer warns of short segments, as it should; R² is printed.
        warnings.simplefilter("ignore", ExplanationWarning)
        each = explainer.explain(pipeline, recordings[0], labels="A")
    duration = 30 / n_segments
    print(f"segments of {duration:.1f} s: adjusted R² {each.adjusted_r2[0]:.2f}")

# %%
# Which waves: nothing but R peaks
# --------------------------------
# The forest sees R peaks and nothing else, so that the P and T waves of a recording may carry no weight. Merged over
# the beats of a recording, and averaged over the test recordings that are answered rightly, they carry little: what is
# left is what the detector of R peaks makes of a trace without them.
explainer.set_params(segmentation="waves", merge_beats=True, n_perturbations=60)
explanations = []
with warnings.catch_warnings():
    # As above; the mean R² is in the titles.
    warnings.simplefilter("ignore", ExplanationWarning)
    for i in np.flatnonzero(is_right & np.isin(y_test, ["A", "N"])):
        explanations.append(explainer.explain(pipeline, X_test[i], labels=y_test[i]))
average = average_explanations(explanations)
figure, axes = plt.subplots(2, 1, figsize=(6.4, 4.2), layout="constrained")
for ax, label in zip(axes, ("A", "N"), strict=True):
    average.plot(label, limit=0.9, ax=ax)

# %%
# What we saw
# -----------
# A classifier of eleven figures can be explained in seconds of the trace. In each of the six recordings whose truth is
# known the fibrillating half speaks for "A" and the normal half against it, in one of them weakly; and where the
# forest can see nothing, in P and T waves, it is found to heed next to nothing. An explanation of a shipped network
# finds otherwise (:ref:`sphx_glr_auto_examples_plot_explain.py`): for it P waves speak for normal rhythm.
#
# The question has to suit the classifier. Segments shorter than 2 s are pauses to a forest of RR intervals, and an
# explanation by them is worth nothing, which its R² says. The six recordings are stitched, with a change of rhythm as
# sudden as no heart's; explanations of real recordings, in which every second fibrillates, have no such truth to be
# held against. And the forest itself is right often enough to be explained, not to be used: see its interval.
#
# .. seealso::
#
#    In the guide:
#
#    - :doc:`/guide/explanation`
#    - :doc:`/guide/preprocessing`
