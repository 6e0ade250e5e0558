"""Make a shipped model and its card of what train.py wrote.

Run from a checkout: python training/ship.py MODEL FOLDER [--external FOLDER ...]
where FOLDER holds training2017.zip and REFERENCE-v3.csv, and each external folder records with rhythm marks, named by
the database. It writes src/ecgclf/pretrained/data/MODEL.ecgclf and MODEL.json, and training/MODEL/figures.png.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from answers import read_answers
from external import check
from figures import draw
from recipes import ABOUT, ENSEMBLE, FOLDS, RECIPES, file_of, load, network_of
from sklearn.pipeline import Pipeline

from ecgclf._versions import versions
from ecgclf.datasets import load_cinc2017_sample
from ecgclf.decision import TunedDecisionClassifierCV
from ecgclf.decision._temperature import apply_temperature, fit_temperature
from ecgclf.metrics import rhythm_report
from ecgclf.persistence import load as load_file
from ecgclf.persistence import save
from ecgclf.preprocessing import Resampler
from ecgclf.pretrained import ModelCard

HERE = Path(__file__).parent
SHELF = HERE.parent / "src" / "ecgclf" / "pretrained" / "data"
DATABASES = {"mitdb": "MIT-BIH Arrhythmia", "cpsc2021": "CPSC 2021"}


def calibrated_by_others(probabilities, targets, folds):
    """Give each fold the temperature that the answers of the other folds ask for."""
    calibrated = np.empty_like(probabilities)
    for fold in np.unique(folds):
        own = folds == fold
        calibrated[own] = apply_temperature(probabilities[own], fit_temperature(probabilities[~own], targets[~own]))
    return calibrated


def make(name, folder):
    """Put the model together.

    Returns
    -------
    pipeline : Pipeline
        Fitted: the steps before the network, which learn nothing and are there once for all folds, and the networks.
    answers : tuple
        As `read_answers` gives them.
    """
    recipe = RECIPES[name]
    answers = read_answers(folder)
    _, labels, probabilities, _ = answers
    n_folds = FOLDS.get_n_splits()
    # What `fit` would do, with the networks that train.py has fitted.
    model = TunedDecisionClassifierCV(network_of(recipe), cv=FOLDS, ensemble=ENSEMBLE[name])
    fitted = [
        load_file(folder / f"{file_of(fold)}.ecgclf") for fold in (range(n_folds) if ENSEMBLE[name] else [n_folds])
    ]
    model.estimators_ = [network_of(each) for each in fitted]
    model.classes_, targets = np.unique(labels, return_inverse=True)
    model.multilabel_ = False
    model._tune(probabilities, targets)
    before = fitted[0].steps[:-1] if isinstance(fitted[0], Pipeline) else []
    return Pipeline([*before, ("classify", model)]), answers


def written(recipe):
    """Write a recipe on one line; scikit-learn would leave out what is beyond 700 characters."""
    return " ".join(recipe.__repr__(N_CHAR_MAX=10**6).split())


def make_card(name, pipeline, answers, data, external):
    """Measure all that stands on the card."""
    model = pipeline["classify"]
    names, labels, probabilities, folds = answers
    classes = model.classes_
    targets = np.searchsorted(classes, labels)
    calibrated = calibrated_by_others(probabilities, targets, folds)
    lengths = dict(zip(data[2].tolist(), map(len, data[0]), strict=True))
    is_30_s = np.array([lengths[record] == 9000 for record in names])
    two = np.isin(labels, ["A", "N"])
    columns = np.searchsorted(classes, ["A", "N"])
    pair = probabilities[two][:, columns]
    sample = load_cinc2017_sample()
    options = " ".join(["", "--external", *(path.name for path in external)]) if external else ""
    return ModelCard(
        name=name,
        classes=tuple(classes.tolist()),
        sampling_rate=sample.sampling_rate,
        n_leads=1,
        n_networks=len(model.estimators_),
        n_weights=sum(p.numel() for network in model.estimators_ for p in network.net_.module_.parameters()),
        temperature=model.temperature_,
        recipe=written(Pipeline([*pipeline.steps[:-1], ("classify", network_of(RECIPES[name]))])),
        out_of_fold=rhythm_report(labels, calibrated, classes),
        thirty_seconds=rhythm_report(labels[is_30_s], calibrated[is_30_s], classes),
        af_against_normal=rhythm_report(labels[two], pair / pair.sum(axis=1, keepdims=True), classes[columns]).f1["A"],
        ece_uncalibrated=rhythm_report(labels, probabilities, classes).ece,
        bundled=rhythm_report(sample.target, pipeline.predict_proba(sample.data), classes),
        external={
            DATABASES.get(path.name, path.name): check(pipeline, classes, sample.sampling_rate, path)
            for path in external
        },
        made_with=f"python training/train.py {name} FOLDER && python training/ship.py {name} FOLDER{options}; "
        + ", ".join(f"{package} {version}" for package, version in versions().items()),
        **ABOUT[name],
    )


def main():
    """Read the arguments, write model, card and picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=RECIPES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--external", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    folder = HERE / args.model
    data = load(args.folder)
    pipeline, answers = make(args.model, folder)
    if answers[0].tolist() != data[2].tolist():
        raise SystemExit(f"{folder} has answers to other recordings than those that train.py trains on.")
    rate = load_cinc2017_sample().sampling_rate
    # It changes nothing until its `sampling_rate` is set to another; all that it learns is the number of leads.
    resample = Resampler(rate, sampling_rate=rate).fit([np.zeros(1)])
    pipeline.steps.insert(0, ("resample", resample))
    card = make_card(args.model, pipeline, answers, data, args.external)
    save(pipeline, SHELF / f"{args.model}.ecgclf")
    text = json.dumps(card.to_dict(), indent=1, ensure_ascii=False)
    (SHELF / f"{args.model}.json").write_text(f"{text}\n", encoding="utf-8")
    draw(card, answers, pipeline["classify"], folder)
    print(card)


if __name__ == "__main__":
    main()
