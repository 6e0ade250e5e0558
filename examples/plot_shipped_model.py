"""
A trained model in ten lines
============================

Trained models come inside the package. This example lets one of them answer 200 real recordings that it has not
seen, holds the answers against its card, and draws one recording with its answer. It also shows a reason why one model
has two scores on two sets of recordings: the mix of labels.
"""

# %%
# Recordings in, labels out
# -------------------------
# The 200 recordings come with the package. Recordings of your own, in WFDB files, are read by
# :func:`~ecgclf.datasets.read_recordings`, which gives the same kind of object. The model is told the sampling rate
# and resamples to its own.
from ecgclf.datasets import load_cinc2017_sample
from ecgclf.pretrained import load_pretrained

sample = load_cinc2017_sample()  # or read_recordings("my_folder")
model = load_pretrained("tiny-cinc2017", sampling_rate=sample.sampling_rate)
labels = model.predict(sample.data)
probabilities = model.predict_proba(sample.data)

print(f"{'':<8}label", *(f"{label:>6}" for label in model.classes_))
for i in range(3):
    shown = (f"{probability:6.3f}" for probability in probabilities[i])
    print(f"{sample.record_names[i]:<8}{labels[i]:>5}", *shown)

# %%
# N is normal rhythm, A atrial fibrillation, O any other rhythm, and ~ too noisy to tell.
#
# How good is it?
# ---------------
# :func:`~ecgclf.metrics.rhythm_report` computes the usual figures, each with the interval that 200 recordings allow.
from ecgclf.metrics import rhythm_report

report = rhythm_report(sample.target, probabilities, model.classes_, y_pred=labels)
print(report)

# %%
# The card of the model says what is to be expected. It holds the figures on these 200 recordings, and figures on
# 6,827 recordings of the same source, each answered by a network that had not seen it.
from ecgclf.pretrained import model_card

card = model_card("tiny-cinc2017")
print("computed here:            ", report.score)
print("card, same 200 recordings:", card.bundled.score)
print("card, 6,827 recordings:   ", card.out_of_fold.score)

# %%
# Why the two scores differ
# -------------------------
# F1 depends on how frequent the labels are, and the 200 recordings were drawn with more of the rare ones: a quarter
# of them are A, of the 6,827 a twelfth. Recall, the share of the recordings of a label that get it, does not depend
# on that.
here, elsewhere = card.bundled, card.out_of_fold
print("recall  of 200  of 6,827")
for k, label in enumerate(here.classes):
    recall = here.confusion[k][k].value / here.n_recordings[label]
    recall_elsewhere = elsewhere.confusion[k][k].value / elsewhere.n_recordings[label]
    print(f"{label:<6}{recall:>8.2f}{recall_elsewhere:>10.2f}")

# %%
# By weights, the same answers are scored as if the labels were as frequent as among the 6,827.
from sklearn.metrics import f1_score

weight = {k: elsewhere.n_recordings[k] / here.n_recordings[k] for k in here.classes}
score = f1_score(
    sample.target,
    labels,
    labels=["N", "A", "O"],
    average="macro",
    sample_weight=[weight[label] for label in sample.target],
)
print(f"score with the weights: {score:.3f}")

# %%
# One recording and its answer
# ----------------------------
# Fourteen seconds of a recording in two rows, on paper that is true to scale: 25 mm to the second, 10 mm to the
# millivolt. The blue marks are R peaks. Their distances vary from beat to beat.
from ecgclf.plotting import RecordingDisplay

i = sample.record_names.index("A06576")
answer = f"answer {labels[i]}, probability {probabilities[i].max():.2f}"
display = RecordingDisplay.from_recording(
    sample.data[i],
    sampling_rate=sample.sampling_rate,
    r_peaks="auto",
    duration=14,
    title=f"A06576, labelled {sample.target[i]}; {answer}",
)

# %%
# What we saw
# -----------
# The model scores here what its card says that it scores here, and less than on the 6,827 recordings. Part of the
# difference is the mix of labels: with the weights the score moves towards that of the card. What remains is within
# the interval, which on 200 recordings reaches about six hundredths to either side. Recall is nearly the same for A,
# N and O; that of noise, of which there are 25 recordings, is the least certain.
#
# It does not show how good the model is on recordings of another device. For that the card has figures of its own:
# ``print(card)``, or ``ecgclf models tiny-cinc2017`` on the command line.
#
# .. seealso::
#
#    In the guide:
#
#    - :doc:`/guide/pretrained`
#    - :doc:`/guide/metrics`
