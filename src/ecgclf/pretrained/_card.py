"""What a trained model's card says."""

import textwrap
from dataclasses import asdict, dataclass, fields

from ecgclf.metrics import Estimate, RhythmReport

NOT_A_DEVICE = (
    "Not a medical device. It has not been validated for clinical use; nothing it computes may serve to diagnose or "
    "treat anyone."
)


@dataclass(frozen=True, repr=False)
class ModelCard:
    """How good a trained model is, on what, and what it is for.

    Attributes
    ----------
    name : str
        What to give to `load_pretrained`.
    summary : str
        One sentence.
    classes : tuple of str
        The labels it answers.
    sampling_rate : float
        Of the recordings that it takes, in Hz.
    n_leads : int
        Leads of a recording.
    n_networks, n_weights : int
        Networks whose answers are averaged, and the weights of all of them.
    temperature : float
        By what the logarithms of its probabilities are divided, so that it is as sure as it is right.
    recipe : str
        The classifier as it was trained.
    data, labels, split : str
        What it was trained on.
    out_of_fold : RhythmReport
        Every training recording answered by a network that had not seen it.
    thirty_seconds : RhythmReport
        The same of recordings of exactly 30 s: noisy ones are mostly shorter, and a model may have learnt that.
    af_against_normal : Estimate
        F1 of A where only A and N are there and may be answered; out of fold.
    ece_uncalibrated : Estimate
        Expected calibration error without the temperature; out of fold.
    bundled : RhythmReport
        The model as it is shipped, on the recordings that come with the package; it has seen none of them.
    external : dict of dict
        Atrial fibrillation or not, per 30 s of records from elsewhere, by the name of the database: `n_records`,
        `n_patients`, `n_windows`, `n_af` and `n_af_patients` (windows in it, and whose), and `sensitivity`,
        `specificity`, `f1`, `auroc`, each an Estimate over patients.
    intended_use, limits, licence : str
        What it is for, what it cannot do, and what one may do with it.
    made_with : str
        Commands and versions.
    """

    name: str
    summary: str
    classes: tuple
    sampling_rate: float
    n_leads: int
    n_networks: int
    n_weights: int
    temperature: float
    recipe: str
    data: str
    labels: str
    split: str
    out_of_fold: RhythmReport
    thirty_seconds: RhythmReport
    af_against_normal: Estimate
    ece_uncalibrated: Estimate
    bundled: RhythmReport
    external: dict
    intended_use: str
    limits: str
    licence: str
    made_with: str

    def to_dict(self):
        """Give all of it as plain JSON values.

        Returns
        -------
        dict
            With the names of the attributes.
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, content):
        """Make a card of what `to_dict` gave.

        Parameters
        ----------
        content : dict
            The content.

        Returns
        -------
        ModelCard
            The card.
        """
        content = {field.name: content[field.name] for field in fields(cls)}
        content["classes"] = tuple(content["classes"])
        for name in ("out_of_fold", "thirty_seconds", "bundled"):
            content[name] = RhythmReport.from_dict(content[name])
        for name in ("af_against_normal", "ece_uncalibrated"):
            content[name] = Estimate(*content[name])
        content["external"] = {
            database: {key: Estimate(*each) if isinstance(each, list) else each for key, each in figures.items()}
            for database, figures in content["external"].items()
        }
        return cls(**content)

    def __repr__(self):
        return f"ModelCard({self.name!r}, score={self.out_of_fold.score})"

    def __str__(self):
        """All of it on a page of 80 columns."""
        networks = "one network" if self.n_networks == 1 else f"mean of {self.n_networks} networks"
        parts = [
            f"{self.name}\n{'=' * len(self.name)}",
            _wrapped(self.summary),
            _wrapped(NOT_A_DEVICE),
            _wrapped(
                f"Takes recordings of {self.n_leads} lead at {self.sampling_rate:g} Hz, in mV, of any length; answers "
                f"{', '.join(self.classes)}. It is the {networks}, {self.n_weights:,} weights in all."
            ),
            _titled("Intended use", self.intended_use),
            _titled("Limits", self.limits),
            _titled("Data", self.data),
            _titled("Labels", self.labels),
            _titled("Split", self.split),
            _tabled("Out of fold: each recording by a network that had not seen it", self.out_of_fold),
            _wrapped(
                f"F1 of A against N alone: {self.af_against_normal}. Calibration error before the temperature of "
                f"{self.temperature:.3f}: {self.ece_uncalibrated}."
            ),
            _tabled("The same, recordings of exactly 30 s", self.thirty_seconds),
            _tabled("As shipped, on the recordings inside the package", self.bundled),
            _external(self.external),
            _titled("Recipe", self.recipe),
            _titled("Made with", self.made_with),
            _titled("Licence", self.licence),
            "Intervals are 95 % intervals over recordings, elsewhere over patients.",
        ]
        return "\n\n".join(parts)


def _wrapped(text):
    return textwrap.fill(text, 80)


def _titled(title, text):
    return f"{title}\n{'-' * len(title)}\n{_wrapped(text)}"


def _tabled(title, report):
    return f"{title}\n{'-' * len(title)}\n{report}"


def _external(external):
    title = "Elsewhere: atrial fibrillation or not, per 30 s"
    lines = [title, "-" * len(title)]
    for database, figures in external.items():
        lines.append(
            f"{database}: {figures['n_windows']} windows of {figures['n_records']} records of {figures['n_patients']} "
            f"patients,\n    {figures['n_af']} in AF, of {figures['n_af_patients']} patients"
        )
        for key in ("sensitivity", "specificity", "f1", "auroc"):
            lines.append(f"    {key:<14}{figures[key]}")
    return "\n".join(lines)
