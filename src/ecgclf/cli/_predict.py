"""ecgclf predict."""

import json
import sys
import warnings

from ecgclf._whole import nearest
from ecgclf.cli._files import UsageError, check_writable, find, read, tell_if_long, whole
from ecgclf.cli._models import open_model

# Records answered together: enough for batches of similar length, few enough to see that it goes on and, in samples,
# to hold them.
_CHUNK, _CHUNK_SECONDS = 64, 3600
_WINDOW = 30  # s, as the cards measure records from elsewhere


def run(paths, model_name, lead, missing, sampling_rate, windows, csv_path, as_json):
    """Answer records; give the exit code."""
    if csv_path is not None:
        check_writable(csv_path, (".csv",))
    model = open_model(model_name, sampling_rate)
    headers, errors = find(paths)
    if not headers and not errors:
        raise UsageError("no record was named.")
    table = _Table(model.classes_.tolist(), windows)
    rows = []
    for signals in _chunks(headers, model, lead, missing, errors):
        found = answer(model, signals, windows)
        rows += found
        _warn(found)
        if not as_json:
            table.print(found)
    for name, reason in errors.items():
        reason = " ".join(reason.split())
        print(f"ecgclf: {reason if name in reason else f'{name}: {reason}'}", file=sys.stderr)
    if as_json:
        failed = [{"record": name, "error": reason} for name, reason in errors.items()]
        print(json.dumps({"model": model.name, "answers": rows, "errors": failed}, indent=1))
    # Nothing answered is no reason to lose what another day has answered.
    if csv_path is not None and rows:
        _write_csv(rows, csv_path)
    return 1 if errors else 0


def _warn(rows):
    """Name the answers that rest on what is hardly an ECG."""
    for row in rows:
        if row.get("problems"):
            place = f" from {row['start']:g} to {row['end']:g} s" if "start" in row else ""
            words = f"poor signal behind the label {row['label']}: {_in_words(row)}."
            print(f"ecgclf: {row['record']}{place}: {words}", file=sys.stderr)


def _in_words(row):
    return "; ".join(row.get("problems", ()))


def _chunks(headers, model, lead, missing, errors):
    """Read records, and give them in chunks; what cannot be read is told in `errors`."""
    if len(headers) > _CHUNK and sys.stderr.isatty():
        from tqdm import tqdm

        headers = tqdm(headers, unit="record", desc="predict")
    signals, n_samples = [], 0
    for header in headers:
        try:
            signal, _ = read(header, model, lead, missing)
        except (ValueError, OSError) as error:
            errors[str(header.with_suffix(""))] = str(error)
            continue
        signals.append((header, signal))
        n_samples += signal.size
        if len(signals) == _CHUNK or n_samples >= _CHUNK_SECONDS * model.sampling_rate:
            yield signals
            signals, n_samples = [], 0
    yield signals


def answer(model, signals, windows):
    """Ask a model about recordings.

    Parameters
    ----------
    model : Model
        The model.
    signals : list of (pathlib.Path, ndarray)
        Headers and recordings.
    windows : bool
        Whether to ask about every 30 s.

    Returns
    -------
    list of dict
        record, seconds (or start and end), label, probabilities; quality and problems of the signal, where the rate
        is high enough to see beats.
    """
    from ecgclf.signal import SignalQualityWarning, signal_quality
    from ecgclf.signal._beats import LOWEST_RATE

    pieces, rows = [], []
    for header, signal in signals:
        seconds = signal.shape[-1] / model.sampling_rate
        name = str(header.with_suffix(""))
        if not windows:
            tell_if_long(name, seconds, "--windows answers along its time")
            pieces.append(signal)
            rows.append({"record": name, "seconds": round(seconds, 3)})
            continue
        from ecgclf.signal import window_starts

        length = nearest(_WINDOW, model.sampling_rate)
        for start in window_starts(signal.shape[-1], length, length).tolist():
            piece = signal[..., start : start + length]
            pieces.append(piece)
            end = start + piece.shape[-1]
            rate = model.sampling_rate
            rows.append({"record": name, "start": round(start / rate, 3), "end": round(end / rate, 3)})
    if not pieces:
        return []
    sees_beats = model.sampling_rate >= LOWEST_RATE
    with warnings.catch_warnings():
        # Each record's own line tells more, and names it.
        warnings.simplefilter("ignore" if sees_beats else "default", SignalQualityWarning)
        probabilities = model.predict_proba(pieces)
    labels = model.decide(pieces, probabilities)
    for row, piece, label, chances in zip(rows, pieces, labels.tolist(), probabilities.tolist(), strict=True):
        row["label"] = label
        row["probabilities"] = dict(
            zip(map(str, model.classes_.tolist()), (round(p, 6) for p in chances), strict=True)
        )
        if sees_beats:
            quality = signal_quality(piece, model.sampling_rate)
            row["quality"], row["problems"] = round(quality.index, 6), list(quality.problems)
    return rows


class _Table:
    """Columns for a screen, printed as answers come."""

    def __init__(self, classes, windows):
        self.classes = [str(label) for label in classes]
        self.windows = windows
        self.width = None
        self.label_width = max(5, *(len(label) for label in self.classes))

    def print(self, rows):
        if not rows:
            return
        if self.width is None:
            self.width = max(len("record"), *(len(row["record"]) for row in rows))
            self.widths = [max(7, len(label) + 2) for label in self.classes]
            time = f"{'start':>9}{'end':>9}" if self.windows else ""
            print(
                f"{'record':<{self.width}}{time}  {'label':<{self.label_width}}"
                + "".join(f"{label:>{width}}" for label, width in zip(self.classes, self.widths, strict=True))
                + "  quality"
            )
        for row in rows:
            time = f"{row['start']:>9.1f}{row['end']:>9.1f}" if self.windows else ""
            told = zip(row["probabilities"].values(), self.widths, strict=True)
            chances = "".join(f"{p:>{width}.3f}" for p, width in told)
            quality = f"{row['quality']:>9.2f}" if "quality" in row else ""
            print(
                f"{row['record']:<{self.width}}{time}  {row['label']!s:<{self.label_width}}{chances}{quality}",
                flush=True,
            )


def _write_csv(rows, path):
    import csv

    flat = []
    for row in map(dict, rows):
        words = {"problems": _in_words(row)} if "problems" in row else {}
        told = row.pop("probabilities")
        # A label may be called as a column is.
        told = {f"probability of {label}" if label in row | words else label: p for label, p in told.items()}
        flat.append({**row, **told, **words})
    # Names of files need not be text.
    with whole(path) as draft, open(draft, "w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.DictWriter(file, list(flat[0]))
        writer.writeheader()
        writer.writerows(flat)
