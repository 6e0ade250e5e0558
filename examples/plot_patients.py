"""
Recordings of one patient belong together
=========================================

Recordings of one patient resemble one another. If some of them are trained on and others are tested, a network can
answer by recognising the patient, and its score is higher than it will be for new patients. This example measures by
how much, and keeps patients together wherever recordings are split: in cross-validation, and where ``fit`` sets some
aside to watch the training.
"""

# %%
# Patients with several recordings
# --------------------------------
# The data inside the package do not tell patients. So each recording of 30 s stands for a patient here, and is cut
# into three of 10 s. N is normal rhythm, O any other but atrial fibrillation. They are brought to 100 Hz, to train in
# seconds.
import numpy as np

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.preprocessing import Resampler

sample = load_cinc2017_sample()
long_enough = [len(recording) >= 9000 for recording in sample.data]
chosen = np.isin(sample.target, ["N", "O"]) & long_enough
whole = [recording[:9000] for recording in sample.data[chosen]]

X = np.array(Resampler(100, sampling_rate=sample.sampling_rate).fit_transform(whole))
X = X.reshape(-1, 1000)
y = np.repeat(sample.target[chosen], 3)
patients = np.repeat(np.arange(len(whole)), 3)
print(
    f"{len(X)} recordings of {len(whole)} patients, {np.mean(y == 'N'):.3f} of them N"
)

# %%
# Torn apart, and together
# ------------------------
# The same network is tested twice by cross-validation: with recordings dealt out at random, and with all recordings
# of a patient in one fold. ``GroupKFold`` does the latter, too, without an eye on the labels.
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_predict,
)

from ecgclf.classifiers import LSTMClassifier

classifier = LSTMClassifier(
    stem_stride=16,
    n_filters=16,
    n_units=32,
    max_epochs=15,
    random_state=0,
)
by_recording = StratifiedKFold(3, shuffle=True, random_state=0)
by_patient = StratifiedGroupKFold(3, shuffle=True, random_state=0)
right_torn = cross_val_predict(classifier, X, y, cv=by_recording) == y
right_together = (
    cross_val_predict(classifier, X, y, cv=by_patient, groups=patients) == y
)
print(f"accuracy, split by recordings: {right_torn.mean():.3f}")
print(f"accuracy, split by patients:   {right_together.mean():.3f}")

# %%
# The difference is the optimism of the first number. Its interval is over patients, since three recordings of one are
# not three independent ones.
optimism = (right_torn.astype(float) - right_together).reshape(-1, 3).mean(axis=1)
margin = 1.96 * optimism.std(ddof=1) / np.sqrt(len(optimism))
print(f"optimism: {optimism.mean():.3f} +- {margin:.3f}")

# %%
# The recordings that watch the training
# --------------------------------------
# ``validation_fraction`` splits, too. Told the groups, ``fit`` sets whole patients aside. A third of the patients is
# kept for a test.
from sklearn.base import clone
from sklearn.model_selection import GroupShuffleSplit

split = GroupShuffleSplit(1, test_size=1 / 3, random_state=0)
train, test = next(split.split(X, y, patients))

watched = clone(classifier).set_params(validation_fraction=0.2)
torn = clone(watched).fit(X[train], y[train])
together = clone(watched).fit(X[train], y[train], groups=patients[train])

# %%
# The lines are what each fit is told of itself, the dots what it does on the patients of the test.
import matplotlib.pyplot as plt

figure, ax = plt.subplots(layout="constrained")
for name, fitted in {"without groups": torn, "groups=patients": together}.items():
    history = fitted.net_.history
    epochs, accuracies = history[:, "epoch"], history[:, "valid_acc"]
    (line,) = ax.plot(epochs, accuracies, label=f"{name}, set aside")
    accuracy = fitted.score(X[test], y[test])
    ax.plot(
        fitted.n_epochs_, accuracy, "o", color=line.get_color(), label=f"{name}, test"
    )
ax.set(xlabel="Epoch", ylabel="Accuracy", ylim=(0, 1))
_ = ax.legend(loc="lower left")

# %%
# Both at once
# ------------
# scikit-learn hands the groups to the splitter and to ``fit`` if the classifier asks for them. With
# ``early_stopping`` the fits then stop by patients that they do not train on, and are tested on others.
import sklearn
from sklearn.model_selection import cross_val_score

with sklearn.config_context(enable_metadata_routing=True):
    stopped = clone(watched).set_params(early_stopping=True, n_iter_no_change=5)
    stopped.set_fit_request(groups=True)
    scores = cross_val_score(stopped, X, y, cv=by_patient, params={"groups": patients})
print("accuracy:", scores.round(3))

# %%
# What we saw
# -----------
# Split by recordings, the network seems to tell the rhythms apart; split by patients, it is not much better than to
# answer N always. Nothing about the network has changed, only the question: the first split asks how it does on
# patients that it knows. How large the difference is, three splits of 110 patients tell only roughly: with each
# ``random_state`` 0, 1 or 2, on two kinds of processors, which round differently, it was between 0.05 and 0.12, with
# margins of 0.06.
#
# Inside ``fit`` it is the same. Without groups, the recordings set aside promise an accuracy that the patients of the
# test do not keep, and early stopping would go by it; with groups, promise and test agree within what 37 patients
# allow to say.
#
# Three stretches of one recording may resemble one another more than recordings of different days do. How large the
# optimism is for real patients, only data that tell the patients can show.
#
# .. seealso::
#
#    In the guide:
#
#    - :doc:`/guide/splits`
