"""ecgclf demo."""

import sys

from ecgclf.cli._explain import picture
from ecgclf.cli._files import draw
from ecgclf.cli._models import Model, open_model

RHYTHMS = {"N": "normal rhythm", "A": "atrial fibrillation", "O": "other rhythm", "~": "noisy"}
_TEST_FRACTION = 0.3
# Fewer than `ecgclf explain` takes: a demo is a matter of seconds.
_N_PERTURBATIONS = 300


def run(out, train, seed):
    """Show what a model says of the recordings inside the package; give the exit code."""
    import numpy as np

    from ecgclf.datasets import load_cinc2017_sample
    from ecgclf.plotting import RecordingDisplay

    # First, so that a folder that cannot be made is known before anything is computed.
    out.mkdir(parents=True, exist_ok=True)
    sample = load_cinc2017_sample()
    labels = np.asarray(sample.target)
    if train:
        model, test, known = _trained(sample, labels, seed)
    else:
        model, test, known = open_model(None, None), np.arange(len(labels)), labels
    data = [sample.data[i] for i in test]
    probabilities = model.predict_proba(data)
    predicted = model.decide(data, probabilities)
    names, counts = np.unique(known, return_counts=True)
    majority = np.full(len(test), names[counts.argmax()])
    where = "kept out of the training" if train else "inside the package, none of which it was trained on"
    print(f"On the {len(test)} recordings {where}:\n")
    print(table(labels[test], {model.name: predicted, "most frequent": majority}))

    # The first recording of the rhythm the challenge was about: not a chosen one.
    shown = int(np.argmax(labels[test] == "A"))
    name = sample.record_names[test[shown]]
    title = f"{name}: predicted {RHYTHMS[predicted[shown]]}, labelled {RHYTHMS[labels[test][shown]]}"
    recording, explanation = out / "recording.png", out / "explanation.png"
    draw(recording, RecordingDisplay.from_recording, data[shown], sampling_rate=sample.sampling_rate, title=title)
    picture(
        model, data[shown], predicted[shown], explanation, "beats", seed, title, sample.lead_names, _N_PERTURBATIONS
    )
    print(f"\nA recording with its prediction: {recording.resolve()}")
    print(f"What spoke for the prediction: {explanation.resolve()}")
    print("Not a medical device. How good the model is, on what: ecgclf models", file=sys.stderr)
    return 0


def _classifier(seed):
    from ecgclf.classifiers import BiLSTMClassifier

    # So few recordings make few batches: smaller ones and more epochs give the network steps enough.
    return BiLSTMClassifier(batch_size=8, max_epochs=25, random_state=seed, verbose=1)


def _trained(sample, labels, seed):
    import warnings

    import numpy as np
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(
        np.arange(len(labels)), test_size=_TEST_FRACTION, stratify=labels, random_state=seed
    )
    classifier = _classifier(seed)
    name = type(classifier).__name__
    print(f"Training {name} on {len(train)} real recordings (PhysioNet/CinC Challenge 2017) ...", file=sys.stderr)
    with warnings.catch_warnings():
        # A classifier keeps what it has learnt when interrupted, and says so; the demo ends there.
        warnings.filterwarnings("ignore", "Training was interrupted", UserWarning)
        classifier.fit([sample.data[i] for i in train], labels[train])
    if classifier.net_.interrupted_:
        raise KeyboardInterrupt
    weights = np.ones(len(classifier.classes_))
    model = Model(
        name, classifier.classes_, sample.sampling_rate, 1, classifier.predict_proba, weights, estimator=classifier
    )
    return model, test, labels[train]


def table(y_true, predictions):
    """Lay out F1 of each rhythm and the challenge's score.

    Parameters
    ----------
    y_true : ndarray of shape (n_recordings,)
        The labels.
    predictions : dict of {str: ndarray}
        What each model answered.

    Returns
    -------
    str
        The table.
    """
    from ecgclf.metrics import cinc2017_score, rhythm_f1_scores

    f1 = [rhythm_f1_scores(y_true, y_pred) for y_pred in predictions.values()]
    rows = [
        (f"F1 of {words} ({label})", [scores.get(label, 0.0) for scores in f1]) for label, words in RHYTHMS.items()
    ]
    scores = [cinc2017_score(y_true, y_pred) for y_pred in predictions.values()]
    rows.append(("challenge score (mean of N, A, O)", scores))
    widths = [len(name) + 3 for name in predictions]
    head = " " * 36 + "".join(f"{name:>{w}}" for name, w in zip(predictions, widths, strict=True))
    body = [
        f"{text:<36}" + "".join(f"{x:>{w}.2f}" for x, w in zip(values, widths, strict=True)) for text, values in rows
    ]
    return "\n".join([head, *body])
