"""The command line: ``ecgclf``, or ``python -m ecgclf``."""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np

from ecgclf import __version__

__all__ = ["main"]

_RHYTHMS = {"N": "normal rhythm", "A": "atrial fibrillation", "O": "other rhythm", "~": "noisy"}
_TEST_FRACTION = 0.3
# What shells give for a program ended by Ctrl-C: 128 + SIGINT.
_INTERRUPTED = 130


def main(argv=None):
    """Run the command line.

    Parameters
    ----------
    argv : list of str, default=None
        The arguments, without the name of the program. None takes those of this process.

    Returns
    -------
    int
        The exit code: 0, or 1 after an error, or 130 after Ctrl-C.

    Raises
    ------
    SystemExit
        After ``--help`` and ``--version`` (code 0) and wrong usage (code 2), as argparse has it.

    Examples
    --------
    >>> from ecgclf.cli import main
    >>> try:
    ...     main(["--version"])
    ... except SystemExit as end:
    ...     print("exit code", end.code)
    ecgclf ...
    exit code 0
    """
    arguments = _parser().parse_args(argv)
    try:
        _demo(arguments.out, arguments.seed)
    except KeyboardInterrupt:
        print("\necgclf: interrupted", file=sys.stderr)
        return _INTERRUPTED
    except (ValueError, OSError) as error:
        print(f"ecgclf: error: {error}", file=sys.stderr)
        return 1
    except Exception as error:
        # Nothing the user can mend by other arguments: the type helps to report it.
        print(f"ecgclf: error: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser():
    parser = argparse.ArgumentParser(
        prog="ecgclf", description="Deep learning classifiers of ECG recordings. Not a medical device."
    )
    parser.add_argument("--version", action="version", version=f"ecgclf {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser(
        "demo",
        help="train on real recordings and show what comes of it",
        description="Train a classifier of heart rhythms on part of the real recordings that come with ecgclf, "
        "print how well it does on the rest (F1 per rhythm, challenge score) beside always answering the most "
        "frequent rhythm, and draw a recording with its prediction. Needs no network and less than three minutes "
        "on two cores.",
    )
    demo.add_argument(
        "--out",
        type=Path,
        default=Path("ecgclf_demo"),
        metavar="DIR",
        help="folder for the picture, made if it is missing (default: %(default)s)",
    )
    demo.add_argument(
        "--seed",
        type=_seed,
        default=0,
        metavar="N",
        help="seed of the split and of the training (default: %(default)s)",
    )
    return parser


def _seed(text):
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {2**32 - 1}")
    return int(text)


def _demo_classifier(seed):
    from ecgclf.classifiers import BiLSTMClassifier

    # So few recordings make few batches: smaller ones and more epochs give the network steps enough.
    return BiLSTMClassifier(batch_size=8, max_epochs=25, random_state=seed, verbose=1)


def _demo(out, seed):
    from sklearn.dummy import DummyClassifier
    from sklearn.model_selection import train_test_split

    from ecgclf.datasets import load_cinc2017_sample

    # First, so that a folder that cannot be made is known before the training.
    out.mkdir(parents=True, exist_ok=True)
    sample = load_cinc2017_sample()
    labels = np.asarray(sample.target)
    train, test = train_test_split(
        np.arange(len(labels)), test_size=_TEST_FRACTION, stratify=labels, random_state=seed
    )
    classifier = _demo_classifier(seed)
    name = type(classifier).__name__
    print(f"Training {name} on {len(train)} real recordings (PhysioNet/CinC Challenge 2017) ...", flush=True)
    _fit(classifier, _take(sample.data, train), labels[train])

    test_data = _take(sample.data, test)
    predicted = classifier.predict(test_data)
    baseline = DummyClassifier().fit(np.zeros((len(train), 1)), labels[train])
    majority = baseline.predict(np.zeros((len(test), 1)))
    print(f"\nOn the {len(test)} recordings kept out of the training:\n")
    print(_table(labels[test], {name: predicted, "most frequent": majority}))

    # The first recording of the rhythm the challenge was about: not a chosen one.
    shown = int(np.argmax(labels[test] == "A"))
    title = (
        f"{sample.record_names[test[shown]]}: predicted {_in_words(predicted[shown])}, "
        f"labelled {_in_words(labels[test][shown])}"
    )
    picture = out / "recording.png"
    _draw(test_data[shown], sample.sampling_rate, title, picture)
    print(f"\nA recording with its prediction: {picture.resolve()}")


def _fit(classifier, X, y):
    with warnings.catch_warnings():
        # A classifier keeps what it has learnt when interrupted, and says so; the demo ends there.
        warnings.filterwarnings("ignore", "Training was interrupted", UserWarning)
        classifier.fit(X, y)
    if getattr(getattr(classifier, "net_", None), "interrupted_", False):
        raise KeyboardInterrupt


def _take(recordings, indices):
    return [recordings[i] for i in indices]


def _in_words(label):
    return _RHYTHMS.get(str(label), str(label))


def _table(y_true, predictions):
    from ecgclf.metrics import cinc2017_score, rhythm_f1_scores

    f1 = [rhythm_f1_scores(y_true, y_pred) for y_pred in predictions.values()]
    rows = [(f"F1 of {_in_words(label)} ({label})", [scores.get(label, 0.0) for scores in f1]) for label in _RHYTHMS]
    scores = [cinc2017_score(y_true, y_pred) for y_pred in predictions.values()]
    rows.append(("challenge score (mean of N, A, O)", scores))
    widths = [len(name) + 3 for name in predictions]
    head = " " * 36 + "".join(f"{name:>{w}}" for name, w in zip(predictions, widths, strict=True))
    body = [
        f"{text:<36}" + "".join(f"{x:>{w}.2f}" for x, w in zip(values, widths, strict=True)) for text, values in rows
    ]
    return "\n".join([head, *body])


def _draw(recording, sampling_rate, title, path):
    import matplotlib

    from ecgclf.plotting import RecordingDisplay

    # A picture for a file needs no screen.
    matplotlib.use("Agg")
    display = RecordingDisplay.from_recording(recording, sampling_rate=sampling_rate, title=title)
    display.figure_.savefig(path, bbox_inches="tight")
