"""One picture a model: its course, its confusion, its calibration."""

import csv

import matplotlib.pyplot as plt
import numpy as np

from ecgclf.decision._temperature import apply_temperature


def draw(card, answers, model, folder):
    """Write figures.png.

    Parameters
    ----------
    card : ModelCard
        The model's card.
    answers : tuple
        As `read_answers` gives them.
    model : TunedDecisionClassifierCV
        The model.
    folder : pathlib.Path
        Has the logs of the folds, and gets the picture.
    """
    figure, (course, confusion, calibration) = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
    for path in sorted(folder.glob("*.log")):
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        course.plot([int(row["epoch"]) for row in rows], [float(row["train_loss"]) for row in rows], label=path.stem)
    course.set(xlabel="epoch", ylabel="training loss", title="course of the training")
    course.legend(fontsize="small")

    counts = np.array([[each.value for each in row] for row in card.out_of_fold.confusion])
    shares = counts / counts.sum(axis=1, keepdims=True)
    confusion.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (i, j), share in np.ndenumerate(shares):
        colour = "white" if share > 0.5 else "black"
        confusion.text(j, i, f"{counts[i, j]:.0f}\n{share:.2f}", ha="center", va="center", color=colour)
    ticks = range(len(card.classes))
    confusion.set(xlabel="predicted", ylabel="true", title="out of fold", xticks=ticks, yticks=ticks)
    confusion.set_xticklabels(card.classes)
    confusion.set_yticklabels(card.classes)

    _, labels, probabilities, _ = answers
    calibration.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    for title, some in (
        ("as trained", probabilities),
        (f"temperature {card.temperature:.2f}", apply_temperature(probabilities, card.temperature)),
    ):
        sure, right = some.max(axis=1), model.classes_[some.argmax(axis=1)] == labels
        bins = np.minimum((sure * 15).astype(int), 14)
        there = [k for k in range(15) if (bins == k).sum() >= 10]
        calibration.plot(
            [sure[bins == k].mean() for k in there], [right[bins == k].mean() for k in there], "o-", label=title
        )
    calibration.set(xlabel="probability of the answer", ylabel="share of right answers", title="calibration")
    calibration.legend()
    figure.suptitle(f"{card.name}: score {card.out_of_fold.score}")
    figure.savefig(folder / "figures.png", dpi=100)
    plt.close(figure)
