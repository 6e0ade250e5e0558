"""
Train a classifier of your own
==============================

The way from labelled recordings to a trained network with a score that can be believed: some recordings are kept for
the test before anything else happens, some of the others are set aside by ``fit`` to watch the training, and the score
comes with the interval that the test recordings allow. The data are the 200 recordings inside the package. How far so
few of them carry is part of the answer.
"""

# %%
# Recordings for the test, first
# ------------------------------
# A quarter of the recordings is kept apart, of each label alike. Recordings keep their own length; nothing has to be
# cut or padded.
from sklearn.model_selection import train_test_split

from ecgclf.datasets import load_cinc2017_sample

sample = load_cinc2017_sample()
X_train, X_test, y_train, y_test = train_test_split(
    sample.data, sample.target, test_size=0.25, stratify=sample.target, random_state=0
)
seconds = [len(recording) / sample.sampling_rate for recording in X_train]
print(
    f"train on {len(X_train)} recordings of {min(seconds):.0f} to {max(seconds):.0f} s"
)
print(f"test on {len(X_test)}")

# %%
# Train, and watch
# ----------------
# ``validation_fraction=0.2`` sets a fifth of the training recordings aside. The network does not learn from them:
# their loss and accuracy after each epoch tell how it does on recordings that it has not seen.
from ecgclf.classifiers import ResNetClassifier

classifier = ResNetClassifier(
    batch_size=8,
    max_epochs=20,
    validation_fraction=0.2,
    random_state=0,
).fit(X_train, y_train)

# %%
# The dotted line marks the epoch with the least validation loss. ``early_stopping=True`` would have kept its weights;
# without it those of the last epoch are kept.
from ecgclf.plotting import HistoryDisplay

display = HistoryDisplay.from_estimator(classifier)

# %%
# The test
# --------
# Now, and only once, the test recordings. Each figure has a 95 % interval in brackets: what another 50 recordings
# from the same source might have given.
from ecgclf.metrics import rhythm_report

report = rhythm_report(y_test, classifier.predict_proba(X_test), classifier.classes_)
print(report)

# %%
# The confusion matrix as a picture. N is normal rhythm, A atrial fibrillation, O other rhythm, ~ too noisy.
from sklearn.metrics import ConfusionMatrixDisplay

predicted = classifier.predict(X_test)
confusion = ConfusionMatrixDisplay.from_predictions(y_test, predicted, cmap="Blues")

# %%
# Something to compare with
# -------------------------
# From below: always answering the most frequent label. From above: a model of the package, a smaller network that was
# trained on 6,827 other recordings of this source.
from sklearn.dummy import DummyClassifier

from ecgclf.pretrained import load_pretrained

models = {
    "always N": DummyClassifier().fit(X_train, y_train),
    "ours": classifier,
    "tiny-cinc2017": load_pretrained(
        "tiny-cinc2017", sampling_rate=sample.sampling_rate
    ),
}
for name, model in models.items():
    probabilities = model.predict_proba(X_test)
    print(f"{name:<14}", rhythm_report(y_test, probabilities, model.classes_).score)

# %%
# What we saw
# -----------
# The loss falls on the recordings that the network learns from. On those set aside it falls a little, and rises again:
# the network learns the recordings more than the rhythms. On the test it is better than the constant answer, with an
# interval that is three tenths wide, and far below a smaller network that was trained on over forty times as many
# recordings. It is not weights that are missing here.
#
# Thirty validation recordings tell little, too: their accuracy moves in steps of three hundredths, and the best epoch
# among them is in part the luckiest. And the interval says nothing of another split or another seed, which would both
# move the score.
#
# .. seealso::
#
#    In the guide:
#
#    - :doc:`/guide/classifiers`
#    - :doc:`/guide/splits`
#    - :doc:`/guide/metrics`
