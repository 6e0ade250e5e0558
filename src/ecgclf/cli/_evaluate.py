"""ecgclf evaluate."""

import json

from ecgclf.cli._files import UsageError
from ecgclf.cli._labelled import read_labelled
from ecgclf.cli._models import open_model


def run(data, labels, model_name, lead, missing, sampling_rate, as_json):
    """Measure a model; give the exit code."""
    model = open_model(model_name, sampling_rate)
    if model.multilabel_:
        raise UsageError(
            f"{model.name} answers several labels for a record, and a file of labels has one. Measure it in Python, "
            "with ecgclf.metrics.label_report."
        )
    found = read_labelled(data, labels, lead or model.lead_names, missing, model.sampling_rate)
    n_leads = 1 if found.data[0].ndim == 1 else len(found.data[0])
    if model.n_leads is not None and n_leads != model.n_leads:
        raise UsageError(
            f"the records have {n_leads} leads, and {model.name} takes {model.n_leads}: choose with --lead."
        )
    known = [str(label) for label in model.classes_.tolist()]
    unknown = sorted(set(found.target.tolist()) - set(known))
    if unknown:
        raise UsageError(f"the labels {', '.join(unknown)} are none that {model.name} answers: {', '.join(known)}.")
    from ecgclf.metrics import rhythm_report

    probabilities = model.predict_proba(found.data)
    report = rhythm_report(
        found.target, probabilities, known, y_pred=[str(each) for each in model.decide(found.data, probabilities)]
    )
    if as_json:
        print(json.dumps({"model": model.name, **report.to_dict()}, indent=1))
    else:
        print(f"model: {model.name}\n{report}")
    return 0
