"""The commands, their arguments and their help. What they do lies in the files beside, loaded when it is asked for."""

import functools
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from ecgclf import __version__
from ecgclf._rates import SAMPLING_RATES
from ecgclf.cli._choices import Dataset, Missing, Network, Segmentation
from ecgclf.cli._files import UsageError

# What shells give for a program ended by Ctrl-C: 128 + SIGINT.
_INTERRUPTED = 130

app = typer.Typer(
    help="Deep learning classifiers of ECG recordings. Not a medical device.",
    no_args_is_help=True,
    # Plain text, one column of it: rich would take a third of a second to load, for every command.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def kindly(command):
    """Turn errors into one line on stderr and an exit code."""

    @functools.wraps(command)
    def wrapped(*args, **kwargs):
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _show_warning
                code = command(*args, **kwargs)
        except KeyboardInterrupt:
            print("\necgclf: interrupted", file=sys.stderr)
            code = _INTERRUPTED
        except BrokenPipeError:
            # Whoever read the output has seen enough. What is still to be flushed at the end has nowhere to go.
            sys.stdout = None
            code = 0
        except (ValueError, OSError, ImportError) as error:
            text = " ".join(str(error).split())
            print(f"ecgclf: error: {text}", file=sys.stderr)
            code = 2 if isinstance(error, UsageError) else 1
        except Exception as error:
            # Nothing the user can mend by other arguments: the type helps to report it.
            print(f"ecgclf: error: {type(error).__name__}: {' '.join(str(error).split())}", file=sys.stderr)
            code = 1
        raise typer.Exit(code or 0)

    return wrapped


def _show_warning(message, category, filename, lineno, file=None, line=None):
    print(f"ecgclf: warning: {' '.join(str(message).split())}", file=sys.stderr)


def _version(wanted: bool):
    if wanted:
        print(f"ecgclf {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
):
    pass


_Records = Annotated[
    list[Path],
    typer.Argument(
        help="WFDB records, with or without suffix, or folders of them.",
        metavar="RECORD|FOLDER...",
        show_default=False,
    ),
]
_Record = Annotated[
    Path, typer.Argument(help="A WFDB record, with or without suffix.", metavar="RECORD", show_default=False)
]
_Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="A trained model by its name (see: ecgclf models), or a file of `ecgclf train` or "
        "`ecgclf.persistence` or `ecgclf.onnx`. By default the best of the trained models.",
        metavar="NAME|FILE",
    ),
]
_Lead = Annotated[
    str | None, typer.Option(help="The lead to take of records that have several, such as II.", metavar="NAME")
]
_Missing = Annotated[
    Missing,
    typer.Option(
        "--missing",
        help="What to do about a record with missing samples: refuse it, draw straight lines, or set them to 0.",
    ),
]
_Rate = Annotated[
    float | None,
    typer.Option(
        "--sampling-rate",
        help="What a model from a FILE takes, in Hz, where the file does not say it. Records say their own.",
        metavar="HZ",
        min=SAMPLING_RATES[0],
        max=SAMPLING_RATES[1],
    ),
]
_Data = Annotated[
    Path,
    typer.Option(
        "--data",
        help="A folder of WFDB records, or one with PhysioNet's training2017.zip. Its samples are then kept, 330 MB, "
        "not in DIR but in your cache folder ($ECGCLF_DATA, else the platform's).",
        metavar="DIR",
    ),
]
_Labels = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        help="A CSV file of lines RECORD,LABEL; of more columns if its first line names two of them record and label. "
        "By default REFERENCE.csv or REFERENCE-v3.csv in DIR.",
        metavar="CSV",
    ),
]
_Seed = Annotated[int, typer.Option("--seed", help="Seeds all that is drawn.", min=0, max=2**32 - 1, metavar="N")]


@app.command(
    epilog=(
        "\b\n"
        "Examples:\n"
        "  ecgclf predict A00001\n"
        "  ecgclf predict recordings/ --csv answers.csv\n"
        "  ecgclf predict holter/100 --lead MLII --windows\n"
        "  ecgclf predict A00001 --model tiny-cinc2017 --json\n"
        "  ecgclf predict A00001 --model mine.onnx\n"
    )
)
@kindly
def predict(
    records: _Records,
    model: _Model = None,
    lead: _Lead = None,
    missing: _Missing = Missing.refuse,
    sampling_rate: _Rate = None,
    windows: Annotated[bool, typer.Option("--windows", help="Answer every 30 s of a record by itself.")] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write the answers to this .csv file.", metavar="OUT")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answers as JSON.")] = False,
):
    """Tell the rhythm of recordings.

    Beside the probability of each label stands the quality of the signal: how much the beats resemble one another,
    from 0 to 1. Answers that rest on what is hardly an ECG (a flat line, noise, no beats) are named on stderr.

    Records that cannot be read are named, the others are answered; the exit code is then 1.
    """
    from ecgclf.cli._predict import run

    return run(records, model, lead, missing.value, sampling_rate, windows, csv, as_json)


@app.command(
    epilog=(
        "\b\n"
        "Examples:\n"
        "  ecgclf explain A00004 --out A00004.png\n"
        "  ecgclf explain A00004 --out A00004.pdf --segmentation beats --label A\n"
        "  ecgclf explain holter/100 --lead MLII --start 630 --end 660 --out 100.png\n"
    )
)
@kindly
def explain(
    record: _Record,
    out: Annotated[Path, typer.Option("--out", help="The picture: .png, .pdf, .svg.", metavar="FILE")],
    model: _Model = None,
    lead: _Lead = None,
    missing: _Missing = Missing.refuse,
    sampling_rate: _Rate = None,
    start: Annotated[
        float | None, typer.Option(help="Where in the record to begin, in seconds.", metavar="S", min=0)
    ] = None,
    end: Annotated[
        float | None, typer.Option(help="Where in the record to end, in seconds.", metavar="S", min=0)
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="The label to explain. By default the one predicted.", metavar="LABEL")
    ] = None,
    segmentation: Annotated[
        Segmentation, typer.Option(help="What is taken out of the recording to see what it was worth.")
    ] = Segmentation.uniform,
    seed: _Seed = 0,
):
    """Draw what in a recording speaks for its rhythm."""
    from ecgclf.cli._explain import run

    return run(record, out, model, lead, missing.value, sampling_rate, start, end, label, segmentation.value, seed)


@app.command(epilog=("\b\nExamples:\n  ecgclf models\n  ecgclf models tiny-cinc2017\n"))
@kindly
def models(
    name: Annotated[
        str | None, typer.Argument(help="The model whose card is wanted.", metavar="[NAME]", show_default=False)
    ] = None,
):
    """List the trained models, or print the card of one."""
    from ecgclf.cli._models import run

    return run(name)


@app.command(
    epilog=(
        "\b\n"
        "Examples:\n"
        "  ecgclf train --data recordings/ --model bilstm --out mine.ecgclf\n"
        "  ecgclf evaluate --data others/ --model mine.ecgclf\n"
    )
)
@kindly
def train(
    data: _Data,
    model: Annotated[Network, typer.Option("--model", help="The network.")],
    out: Annotated[Path, typer.Option("--out", help="The file to write, .ecgclf.", metavar="FILE")],
    labels: _Labels = None,
    lead: _Lead = None,
    missing: _Missing = Missing.refuse,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the recordings. By default the network's own.", min=1, metavar="N")
    ] = None,
    seed: _Seed = 0,
):
    """Train a model on recordings of your own.

    After each epoch the state is kept beside the file to write: the same command goes on after Ctrl-C or a crash.
    """
    from ecgclf.cli._train import run

    return run(data, labels, model.value, out, lead, missing.value, epochs, seed)


@app.command(
    epilog=(
        "\b\n"
        "Examples:\n"
        "  ecgclf evaluate --data recordings/ --labels labels.csv\n"
        "  ecgclf evaluate --data recordings/ --model mine.ecgclf --json\n"
    )
)
@kindly
def evaluate(
    data: _Data,
    labels: _Labels = None,
    model: _Model = None,
    lead: _Lead = None,
    missing: _Missing = Missing.refuse,
    sampling_rate: _Rate = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
):
    """Measure a model on labelled recordings that it has not seen."""
    from ecgclf.cli._evaluate import run

    return run(data, labels, model, lead, missing.value, sampling_rate, as_json)


@app.command(epilog=("\b\nExample:\n  ecgclf fetch cinc2017 --out data\n  ecgclf evaluate --data data/cinc2017\n"))
@kindly
def fetch(
    dataset: Annotated[Dataset, typer.Argument(help="What to fetch.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Where to. By default your cache folder ($ECGCLF_DATA, else the platform's).", metavar="DIR"
        ),
    ] = None,
):
    """Download a data set from PhysioNet.

    What is already in DIR is not downloaded again. The samples, ready to be read in a moment, are kept in your cache
    folder, 330 MB, not in DIR: $ECGCLF_DATA, else $XDG_CACHE_HOME/ecgclf or ~/.cache/ecgclf on Linux,
    ~/Library/Caches/ecgclf on macOS, a folder in %LOCALAPPDATA% on Windows. They may be deleted at any time.
    """
    from ecgclf.cli._fetch import run

    return run(dataset.value, out)


@app.command(epilog=("\b\nExample:\n  ecgclf demo\n"))
@kindly
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the pictures.", metavar="DIR")] = Path("ecgclf_demo"),
    train: Annotated[
        bool, typer.Option("--train", help="Train a classifier on part of the recordings instead: minutes.")
    ] = False,
    seed: _Seed = 0,
):
    """Show what a trained model says of the real recordings that come with ecgclf.

    None of them was it trained on. Prints how well it does, and draws a recording with its prediction and an
    explanation. Needs no network.
    """
    from ecgclf.cli._demo import run

    return run(out, train, seed)
