"""Hold the models of the installed package against their cards, on the recordings inside it.

Run where ecgclf is installed, away from a checkout: python check_wheel.py
"""

from ecgclf.datasets import load_cinc2017_sample
from ecgclf.metrics import rhythm_report
from ecgclf.pretrained import list_pretrained, load_pretrained, model_card


def main():
    """Raise unless every score lies in the interval that its card states."""
    sample = load_cinc2017_sample()
    models = list_pretrained()
    if not models:
        raise SystemExit("no model is in the package")
    for model in models:
        estimator, stated = load_pretrained(model.name), model_card(model.name).bundled
        found = rhythm_report(sample.target, estimator.predict_proba(sample.data), estimator.classes_, n_resamples=1)
        figures = {"score": (found.score, stated.score)}
        figures |= {f"F1 of {label}": (found.f1[label], stated.f1[label]) for label in stated.classes}
        for what, (here, there) in figures.items():
            print(f"{model.name}: {what} {here.value:.3f}, its card says {there}")
            if not there.low <= here.value <= there.high:
                raise SystemExit(f"{model.name} is not what its card says")


if __name__ == "__main__":
    main()
