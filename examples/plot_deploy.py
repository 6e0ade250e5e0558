"""
From a trained model to a deployed one
======================================

A model is trained, and from now on a program answers with it: on a server, on another machine, perhaps where PyTorch
is not wanted. This example writes the model into two files, starts a new process with each, and measures what a user
would notice: whether the answers are the same, how large the files are, and how long the first answer and each further
one takes.
"""

# %%
# The model
# ---------
# Any fitted classifier will do, or a Pipeline that ends in one: what comes before the network is part of both files.
# Here it is a trained one from inside the package, told that recordings will come at 300 Hz.
from ecgclf.datasets import load_cinc2017_sample
from ecgclf.pretrained import load_pretrained

sample = load_cinc2017_sample()
recordings = sample.data[:100]
model = load_pretrained("tiny-cinc2017", sampling_rate=300)
expected = model.predict_proba(recordings)
print([name for name, _ in model.steps], "answers", *model.classes_)

# %%
# Two files
# ---------
# :func:`ecgclf.persistence.save` keeps the estimator as it is, to be loaded by ecgclf. :func:`ecgclf.onnx.to_onnx`
# (``pip install "ecgclf[onnx]"``) writes what it computes as a graph that onnxruntime computes without PyTorch; before
# there is a file, the graph has to give the probabilities of the estimator to 1e-4. Neither file is a pickle, and
# opening one runs no code from it.
import tempfile
from pathlib import Path

from ecgclf.onnx import to_onnx
from ecgclf.persistence import save

folder = Path(tempfile.mkdtemp())
save(model, folder / "model.ecgclf")
to_onnx(model, folder / "model.onnx")
for path in sorted(folder.iterdir()):
    print(f"{path.name:<14}{path.stat().st_size / 1000:>5.0f} kB")

# %%
# A program that answers
# ----------------------
# The program opens the file that it is given, answers one recording after the other, as they would come in, and notes
# when it had each answer. With the ONNX file it imports nothing else of ecgclf. The moment at which it was started is
# given along, so that imports count.
program = folder / "answer.py"
_ = program.write_text(
    """
import sys
import time

import numpy as np

started, path = float(sys.argv[1]), sys.argv[2]
if path.endswith(".onnx"):
    from ecgclf.onnx import load_onnx as load
else:
    from ecgclf.persistence import load

model = load(path)
probabilities, seconds = [], []
with np.load("recordings.npz") as recordings:
    for recording in recordings.values():
        probabilities.append(model.predict_proba([recording])[0])
        seconds.append(time.time() - started)
np.savez(path + ".npz", probabilities=probabilities, seconds=seconds)
heavy = [name for name in ("torch", "sklearn", "scipy") if name in sys.modules]
print(f"{path:<14}answered with these in the process:", *heavy or ["none"])
"""
)

# %%
# Each file gets a process of its own.
import subprocess
import sys
import time

import numpy as np

np.savez(folder / "recordings.npz", *recordings)
answers = {}
for name in ("model.ecgclf", "model.onnx"):
    command = [sys.executable, program.name, str(time.time()), name]
    done = subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True
    )
    print(done.stdout, end="")
    answers[name] = dict(np.load(folder / f"{name}.npz"))

# %%
# Are the answers the same?
# -------------------------
# They are held against those of the model that was written. Keep such recordings with their answers beside a deployed
# model, and compare again after each update of a library.
labels = model.classes_[expected.argmax(axis=1)]
for name, found in answers.items():
    same = model.classes_[found["probabilities"].argmax(axis=1)] == labels
    difference = abs(found["probabilities"] - expected).max()
    print(
        f"{name:<14}{same.sum()} of {len(same)} labels the same, "
        f"probabilities differ by {difference:.0e} at most"
    )

# %%
# How long does one wait?
# -----------------------
# A line begins at the first answer, which is late by what has to be imported and opened, and rises by what each
# further recording of half a minute takes.
import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
for name, style in (("model.ecgclf", "-"), ("model.onnx", "--")):
    seconds = answers[name]["seconds"]
    further = np.median(np.diff(seconds))
    print(
        f"{name:<14}first answer after {seconds[0]:.2f} s, "
        f"each further one {1000 * further:.1f} ms"
    )
    ax.plot(np.arange(1, len(seconds) + 1), seconds, style, label=name)
ax.set(
    xlabel="Recordings answered, one at a time",
    ylabel="Time since the start (s)",
    ylim=(0, None),
)
_ = ax.legend()

# %%
# The folder of this example is not needed any more.
import shutil

shutil.rmtree(folder)

# %%
# What we saw
# -----------
# Both files give the labels of the model, and probabilities that differ by less than anyone would print: those of the
# estimator's own file because recordings alone are added up in another order than recordings in a batch, those of the
# graph because another library adds. Both files have some tens of kilobytes, for the network is small.
#
# The difference is in the waiting. Nearly all of the first answer of ``model.ecgclf`` is the import of PyTorch and
# scikit-learn; ``model.onnx`` had answered all hundred recordings before. So for a command that answers one recording
# and ends, take ONNX; a server that stays pays for its imports once, and for hundreds of recordings given to
# ``predict_proba`` at once PyTorch is not slower (:doc:`/guide/deploy` has the figures). Seconds are those of the
# machine that made this page, which had other things to do.
#
# It does not show what no file can know: that the recordings come at the rate, from the lead and in the unit that the
# model was trained on, and that they are ECGs. A deployed program has to look at that before it answers, with
# :func:`~ecgclf.signal.signal_quality` among other things. And a model that is deployed is not thereby validated.
#
# .. seealso::
#
#    In the guide:
#
#    - :doc:`/guide/deploy`
#    - :doc:`/browser/index`
