"""
Which beats spoke for the answer?
=================================

A classifier says "other rhythm" and is right. What did it see? :class:`~ecgclf.explanation.LimeTimeSeriesExplainer`
takes stretches of the recording away at random, asks the classifier again each time, and fits a linear model that
tells what the presence of each stretch adds to the probability of the answer. What it can tell depends on what a
stretch is: a twentieth of the time, a beat, or a wave of a beat. Here are all three, on one recording and a model from
inside the package, and then one kind of them over many recordings.
"""

# %%
# A recording and its answer
# --------------------------
# These are the first seven seconds of a recording that cardiologists labelled "O", another rhythm than normal or
# atrial fibrillation. Two beats come early, look different, and are followed by a pause. The model was not trained on
# the recordings inside the package.
from ecgclf.datasets import load_cinc2017_sample
from ecgclf.plotting import RecordingDisplay
from ecgclf.pretrained import load_pretrained

sample = load_cinc2017_sample()
rate = sample.sampling_rate
model = load_pretrained("tiny-cinc2017", sampling_rate=rate)

which = sample.record_names.index("A03578")
recording = sample.data[which][: int(7 * rate)]
probabilities = model.predict_proba([recording])[0]
print(dict(zip(model.classes_.tolist(), probabilities.round(2).tolist(), strict=True)))

display = RecordingDisplay.from_recording(
    recording,
    sampling_rate=rate,
    r_peaks="auto",
    speed=12.5,
    title=f"A03578, label {sample.target[which]}",
)

# %%
# The marks are the R peaks that :func:`~ecgclf.signal.find_r_peaks` finds. Two beats come early and look unlike the
# others, after two seconds and before the sixth. Whatever is cut by R peaks inherits their mistakes; here are none.
#
# Twenty stretches of equal length
# --------------------------------
# Uniform segments need no beats, so they work on any recording. What is taken away is replaced by its mean, a flat
# line. Orange speaks for "O", blue and hatched against it; the title tells how well the linear model follows the
# classifier.
from ecgclf.explanation import LimeTimeSeriesExplainer

explainer = LimeTimeSeriesExplainer("uniform", sampling_rate=rate, random_state=0)
explanation = explainer.explain(model, recording)
display = explanation.plot(speed=12.5, title="Uniform")

# %%
# Segments of 0.35 s know nothing of beats: one may hold the end of a beat and the start of the next.
#
# Beats
# -----
# With beats as features the picture becomes readable: the early beats speak for "O".
explainer.set_params(segmentation="beats")
of_beats = explainer.explain(model, recording)
# sphinx_gallery_thumbnail_number = 3
display = of_beats.plot(speed=12.5, title="Beats")

# %%
# The weights say the same in numbers. A beat is early here if less than half a second has passed since the one before.
import numpy as np

intervals = np.diff(of_beats.r_peaks) / rate
early = np.append(False, intervals < 0.5)
weights = of_beats.weights[0]
print(f"{early.sum()} early beats, mean weight {weights[early].mean():+.2f}")
print(f"{(~early).sum()} others, mean weight {weights[~early].mean():+.2f}")

# %%
# Waves
# -----
# A wave is the neighbourhood of a P wave, a QRS complex or a T wave, at fixed times around the R peak; what is left of
# the beat is "rest". Now there are four times as many features for the same number of perturbations, and the picture
# is another one: the QRS complex before the second early beat comes first, and then what follows the early one.
explainer.set_params(segmentation="waves")
of_waves = explainer.explain(model, recording)
display = of_waves.plot(speed=12.5, title="Waves")
for name, weight in of_waves.as_list()[:6]:
    print(f"{name:<14}{weight:+.2f}")

# %%
# Is it so? Ask the model
# -----------------------
# A weight is an average over perturbations in which other beats are missing too. What the model says when nothing but
# the early beats, or nothing but the others, are flattened can be asked directly.
for words, chosen in (("early", early), ("other", ~early)):
    changed = recording.copy()
    for beat, _, start, stop in of_beats.intervals:
        if chosen[beat]:
            changed[start:stop] = recording[start:stop].mean()
    probability = model.predict_proba([changed])[0, model.classes_ == "O"].item()
    print(f"O without the {words} beats: {probability:.2f}")

# %%
# Which wave matters, over many recordings
# ----------------------------------------
# "The sixth beat" of two recordings has nothing in common, but "all P waves" has. With ``merge_beats=True`` a wave is
# one feature over all beats of a recording, and :func:`~ecgclf.explanation.average_explanations` averages over
# recordings: here all of label "N" or "A" that the model answers rightly.
import warnings

from ecgclf.explanation import ExplanationWarning, average_explanations

explainer.set_params(merge_beats=True, n_perturbations=100)
answers = model.predict(sample.data)
is_right = (answers == sample.target) & np.isin(answers, ["A", "N"])
with warnings.catch_warnings():
    # An explanation that does not follow the model warns; they are counted below.
    warnings.simplefilter("ignore", ExplanationWarning)
    explanations = [
        explainer.explain(model, sample.data[i], labels=answers[i])
        for i in np.flatnonzero(is_right)
    ]
r2 = np.array([each.adjusted_r2[0] for each in explanations])
gap = np.array([each.gap[0] for each in explanations])
doubtful = (r2 < 0.5) | (gap > 0.2)
print(
    f"{doubtful.sum()} of {len(explanations)} explanations do not follow the model well"
)

# %%
# The lines are standard deviations over recordings.
import matplotlib.pyplot as plt

average = average_explanations(explanations)
figure, axes = plt.subplots(2, 1, figsize=(6.4, 4.2), layout="constrained")
for ax, label in zip(axes, ("A", "N"), strict=True):
    average.plot(label, limit=0.9, ax=ax)

# %%
# What we saw
# -----------
# In this recording the early beats speak for "O", and the model agrees when it is asked directly: without the others
# it still says "O", without the early ones it no longer does. Uniform segments show it where they happen to hold
# an early beat. Single waves tell another story, for a beat without its QRS complex is another change than no beat: an
# explanation is an answer about the features that it was given. Over many recordings the QRS complexes, which carry
# the rhythm, come first for either label, and P waves speak for "N" and a little against "A", as textbooks have it:
# fibrillating atria make none.
#
# What it does not show: that explanations are as good elsewhere. This recording was picked because the linear model
# follows the classifier on it. Where beats are taken away one by one it often does not, since a missing beat is itself
# a change of rhythm. Then the explainer warns, and surrogate and R² in the title tell by how much: look at them first.
#
# .. seealso::
#
#    In the guide:
#
#    - :doc:`/guide/explanation`
#    - :doc:`/guide/plotting`
