"""
Half an hour as a timeline of rhythm
====================================

The trained models answer recordings of half a minute. A recording of half an hour may be normal for most of it and
fibrillate in between: the question is then *when*. ``predict_windows`` answers along the time, and
:class:`~ecgclf.plotting.WindowsDisplay` draws it. Here a recording whose truth is known is put together from sixty
short ones, episodes with a start and an end are read off, and we look at what happens at the seams.
"""

# %%
# Half an hour with a known truth
# -------------------------------
# There is no long recording in the package, so this one is stitched: sixty pieces of 30 s, of sixty recordings, 44 of
# them labelled normal and 16 atrial fibrillation, drawn at random. It is harder than a real one in that the recording
# changes every 30 s, and easier in that every piece was chosen to be labelled "N" or "A".
import numpy as np

from ecgclf.datasets import load_cinc2017_sample

sample = load_cinc2017_sample()
rate = sample.sampling_rate
piece = int(30 * rate)

plan = (
    "N" * 14
    + "A" * 8
    + "N" * 12
    + "A" * 3
    + "N" * 8
    + "A"
    + "N" * 8
    + "A" * 4
    + "N" * 2
)
rng = np.random.default_rng(0)
long_enough = np.array([len(x) >= piece for x in sample.data])
truth = np.array(list(plan))
chosen = np.empty(len(plan), dtype=int)
for label in "NA":
    candidates = np.flatnonzero(long_enough & (sample.target == label))
    chosen[truth == label] = rng.permutation(candidates)[: np.sum(truth == label)]
recording = np.concatenate([sample.data[i][:piece] for i in chosen])
print(
    f"{len(recording) / rate / 60:.0f} minutes,"
    f" {np.mean(truth == 'A'):.0%} of them fibrillation"
)

# %%
# Windows of 30 s, every 5 s
# --------------------------
# The model is a Pipeline: to 300 Hz, a filter, to 100 Hz, and a last step that holds the networks. These have
# ``predict_windows``; how far a window lies from the next is their ``window_stride``, in samples of what they get. A
# window is as long as the recordings that were trained on, 30 s in the middle. On paper of 0.08 mm/s the trace is a
# band whose jumps in height are the seams; small triangles mark where it goes beyond its strip. Beneath stand the
# probabilities.
from ecgclf.plotting import WindowsDisplay
from ecgclf.pretrained import load_pretrained

model = load_pretrained("tiny-cinc2017", sampling_rate=rate)
prepared = model[:-1].transform([recording])
low = model["decimate"].new_sampling_rate
network = model[-1].estimators_[0].set_params(window_stride=int(5 * low))
(windows,) = network.predict_windows(prepared)
print(windows)

display = WindowsDisplay.from_windows(
    windows, prepared[0], sampling_rate=low, speed=0.08
)

# %%
# Episodes
# --------
# Each window speaks for the 5 s around its middle, and says "A" where that is the most probable label. Two rules make
# episodes of it: what is less than 30 s apart is one episode, and what is shorter than 30 s is none.
middles = (windows.starts + windows.stops) / 2 / low
edges = np.r_[0, (middles[1:] + middles[:-1]) / 2, len(recording) / rate]
answers = windows.labels[windows.probabilities.argmax(axis=1)]
turns = np.flatnonzero(np.diff(np.r_[False, answers == "A", False]))
episodes = []
for start, end in zip(edges[turns[::2]], edges[turns[1::2]], strict=True):
    if episodes and start - episodes[-1][1] < 30:
        episodes[-1][1] = end
    else:
        episodes.append([start, end])
episodes = [(start, end) for start, end in episodes if end - start >= 30]

changes = 30 * (np.flatnonzero(truth[1:] != truth[:-1]) + 1)
true_episodes = list(zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True))
print("truth, s:", true_episodes)
print("found, s:", [(round(start), round(end)) for start, end in episodes])

# %%
# The same in a picture, and in seconds of the half hour.
import matplotlib.pyplot as plt

# sphinx_gallery_thumbnail_number = 2
figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
a = windows.probabilities[:, windows.labels == "A"].ravel()
ax.stairs(a, edges / 60, color="#0072b2")
for found, height, color in (
    (true_episodes, 1.14, "#1a1a1a"),
    (episodes, 1.04, "#0072b2"),
):
    bars = [(start / 60, (end - start) / 60) for start, end in found]
    ax.broken_barh(bars, (height, 0.08), color=color)
ax.set_yticks([0, 0.5, 1, 1.08, 1.18], ["0", "0.5", "1", "found", "truth"])
ax.set(xlabel="time (min)", ylabel="probability of A", xlim=(0, 30), ylim=(0, 1.25))

seconds = np.arange(len(recording) // int(rate)) + 0.5
is_true = truth[(seconds // 30).astype(int)] == "A"
is_found = np.any(
    [(start < seconds) & (seconds < end) for start, end in episodes], axis=0
)
print(
    f"of {is_true.sum()} s of fibrillation {np.mean(is_found[is_true]):.0%} are found"
)
print(
    f"of {(~is_true).sum()} s of normal rhythm"
    f" {np.mean(is_found[~is_true]):.0%} are called fibrillation"
)

# %%
# At the seams
# ------------
# Around each of the eight changes of rhythm, counted so that fibrillation is on the right. A window that holds 10 s of
# the one rhythm and 20 s of the other is a recording of a kind that the labels have no name for.
figure, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
offsets = np.arange(-25, 21, 5)
curves = []
for i, change in enumerate(changes):
    into_a = 1 if i % 2 == 0 else -1
    curves.append(np.interp(change + into_a * offsets, middles, a))
ax.plot(offsets, np.transpose(curves), color="#9a9a9a", linewidth=0.8)
ax.plot(
    offsets,
    np.mean(curves, axis=0),
    "o-",
    color="#0072b2",
    label="mean of the eight",
)
ax.axvline(0, color="#1a1a1a", linewidth=0.8)
ax.legend(frameon=False)
labels = ax.set(
    xlabel="middle of the window, s from the change into A",
    ylabel="probability of A",
    ylim=(0, 1),
)

# %%
# Most windows hold a seam, for pieces and windows are both of 30 s. Is it the seam that disturbs, another recording
# and a jump of the baseline, or the change of rhythm? Windows that lie in one piece are compared with those that hold
# two of the same rhythm, and with those whose middle is at most 10 s from a change.
near = np.abs(middles[:, np.newaxis] - changes).min(axis=1) <= 10
in_one = windows.starts % int(30 * low) == 0
right = answers == truth[(middles // 30).astype(int)]
kinds = {
    "one piece": in_one,
    "two, same rhythm": ~in_one & ~near,
    "at a change": ~in_one & near,
}
for name, which in kinds.items():
    print(
        f"{name:<17}{which.sum():>4} windows, {right[which].mean():.0%} right, "
        f'{np.mean(answers[which] == "O"):.0%} answered "O"'
    )

# %%
# What we saw
# -----------
# The timeline finds nine tenths of the time in fibrillation, and hardly ever finds it where it is not. Its episodes
# are not to be taken to the second: their starts and ends lie within some twelve seconds of the truth. Where a
# recording inside one is answered "O", the episode is torn; the first has a gap of half a minute. Even the one of 30 s
# is found. Windows that hold a change are answered less often by what is in their middle: most of the others are "A"
# before or after the fibrillation is in the middle.
#
# Seams within a rhythm do no harm that these windows could show, so stitching did not make it easier or harder there.
# But no answer here stands for a patient: sixty recordings of half a minute say how well episodes of *them* are found,
# and a long recording of one person, from another device, is another matter (``ecgclf models tiny-cinc2017`` has
# figures from elsewhere). On the command line ``ecgclf predict --windows`` answers every 30 s of a record.
#
# .. seealso::
#
#    In the guide:
#
#    - :doc:`/guide/long`
#    - :doc:`/guide/pretrained`
