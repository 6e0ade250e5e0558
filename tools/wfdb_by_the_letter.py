"""WFDB records written and read by the letter of header(5) and signal(5): slow, strict, and without wfdb.

https://physionet.org/physiotools/wag/header-5.htm, https://physionet.org/physiotools/wag/signal-5.htm
"""

import re
import struct
from fractions import Fraction
from itertools import groupby

# The bits of a sample. The lowest number of that many bits means "missing", but in format 8, which stores differences.
BITS = {"16": 16, "61": 16, "160": 16, "80": 8, "24": 24, "32": 32, "212": 12, "310": 10, "311": 10, "8": 8}
FLAC = {"508": 8, "516": 16, "524": 24}
_MILLIVOLTS = {"v": 1000, "mv": 1, "uv": Fraction(1, 1000), "nv": Fraction(1, 10**6)}
_NUMBER = r"(?:\d+\.?\d*|\.\d+)"


class NotByTheLetterError(Exception):
    """What was written is no WFDB record."""


def encode(fmt, values):
    """Store samples; differences already, for format 8."""
    bits = BITS[fmt]
    if fmt == "8":
        return struct.pack(f"{len(values)}b", *values)
    if fmt in ("80", "160"):
        return struct.pack(f"<{len(values)}{'B' if bits == 8 else 'H'}", *(v + 2 ** (bits - 1) for v in values))
    if fmt in ("16", "24", "32"):
        return b"".join(v.to_bytes(bits // 8, "little", signed=True) for v in values)
    if fmt == "61":
        return b"".join(v.to_bytes(2, "big", signed=True) for v in values)
    content = b""
    n_block = 2 if fmt == "212" else 3
    for start in range(0, len(values), n_block):
        block = [v % 2**bits for v in values[start : start + n_block]]
        left = len(block)
        a, b, c = block + [0] * (3 - left)
        if fmt == "212":
            content += bytes([a & 255, (a >> 8) | (b >> 8) << 4, b & 255])[: left + 1]
        elif fmt == "310":
            words = [(a << 1) | (c & 31) << 11, (b << 1) | (c >> 5) << 11]
            content += struct.pack("<2H", *words)[: 2 * min(left, 2)]
        else:
            content += struct.pack("<I", a | b << 10 | c << 20)[: left + 1]
    return content


def decode(fmt, content, n):
    """Give the first `n` samples of a file."""
    bits = BITS[fmt]
    values = []
    if fmt in ("212", "310", "311"):
        n_bytes, n_block = (3, 2) if fmt == "212" else (4, 3)
        n_needed = n // n_block * n_bytes + [0, 2, 4 if fmt == "310" else 3][n % n_block]
        for start in range(0, n_needed, n_bytes):
            block = int.from_bytes(content[start : start + n_bytes], "little")
            if fmt == "212":
                values += [block & 4095, (block >> 16) | (block >> 12 & 15) << 8]
            elif fmt == "310":
                low, high = block & 65535, block >> 16
                values += [low >> 1 & 1023, high >> 1 & 1023, low >> 11 | (high >> 11) << 5]
            else:
                values += [block & 1023, block >> 10 & 1023, block >> 20 & 1023]
        values = [v - 2**bits if v >= 2 ** (bits - 1) else v for v in values[:n]]
    else:
        size = bits // 8
        n_needed = n * size
        for start in range(0, n_needed, size):
            item, order = content[start : start + size], "big" if fmt == "61" else "little"
            signed = fmt not in ("80", "160")
            values.append(int.from_bytes(item, order, signed=signed) - (0 if signed else 2 ** (bits - 1)))
    if len(content) < n_needed:
        raise NotByTheLetterError(f"{len(content)} bytes, {n_needed} needed")
    return values


def read(folder, name):
    """Give the sampling rate, and the names, units and voltages (None where missing) of the leads of a record."""
    text = (folder / f"{name}.hea").read_bytes().decode("latin-1")
    lines = [line.strip(" \t") for line in re.split("\r\n|\r|\n", text)]
    lines = [line for line in lines if line and not line.startswith("#")]
    head = re.fullmatch(
        rf"([-\w]+)(?:/(\d+))?[ \t]+(\d+)(?:[ \t]+({_NUMBER})(?:/\S+)?(?:[ \t]+(\d+)(?:[ \t].*)?)?)?",
        lines[0] if lines else "",
        re.ASCII,
    )
    if head is None:
        raise NotByTheLetterError("record line")
    _, n_segments, n_signals, rate, n_frames = head.groups()
    rate, n_frames = float(rate or 250), None if n_frames is None else int(n_frames)
    if n_segments is not None:
        return _read_segments(folder, lines[1:], int(n_segments), int(n_signals), rate, n_frames)
    if len(lines) - 1 != int(n_signals):
        raise NotByTheLetterError("number of signals")
    return rate, _read_signals(folder, [_signal_line(line) for line in lines[1:]], n_frames)


def _signal_line(line):
    match = re.fullmatch(
        r"(?P<file>\S+)[ \t]+(?P<fmt>\d+)(?:x(?P<n>\d+))?(?::(?P<skew>\d+))?(?:\+(?P<offset>\d+))?"
        rf"(?:[ \t]+(?P<gain>-?{_NUMBER}(?:e[-+]?\d+)?)(?:\((?P<baseline>-?\d+)\))?(?:/(?P<unit>\S+))?"
        r"(?P<rest>[ \t].*)?)?",
        line,
        re.ASCII,
    )
    if match is None:
        raise NotByTheLetterError(f"signal line {line!r}")
    signal, rest = match.groupdict(), match["rest"] or ""
    for field in ("resolution", "zero", "initial", "checksum", "block"):
        match = re.match(r"[ \t]+(-?\d+)(?=[ \t]|$)", rest, re.ASCII)
        signal[field] = match and match[1]
        rest = rest[match.end() :] if match else rest
    signal["name"] = rest.strip(" \t")
    if signal["block"] is None and signal["name"][:1].isdecimal():
        raise NotByTheLetterError(f"half a number in {line!r}")
    return signal


def _read_signals(folder, signals, n_frames):
    leads = []
    files = [file for file, _ in groupby(signal["file"] for signal in signals)]
    if len(set(files)) != len(files):
        raise NotByTheLetterError("mixed files")
    for file in files:
        of_file = [signal for signal in signals if signal["file"] == file]
        fmt, offset = of_file[0]["fmt"], int(of_file[0]["offset"] or 0)
        per_frame = [int(signal["n"] or 1) for signal in of_file]
        if fmt not in BITS or not (folder / file).is_file() or min(per_frame) < 1:
            raise NotByTheLetterError("file or format")
        content = (folder / file).read_bytes()[offset:]
        if n_frames is None:
            n_bits = {"212": 12, "310": Fraction(32, 3), "311": Fraction(32, 3)}.get(fmt, BITS[fmt])
            n_frames = int(len(content) * 8 / (n_bits * sum(per_frame)))
        if n_frames * sum(per_frame) > 10**6:
            raise NotByTheLetterError("too long")
        samples = iter(decode(fmt, content, n_frames * sum(per_frame)))
        frames = [[[next(samples) for _ in range(n)] for n in per_frame] for _ in range(n_frames)]
        for number, signal in enumerate(of_file):
            leads.append((signal, _volts(signal, fmt, [frame[number] for frame in frames])))
    if n_frames == 0:
        raise NotByTheLetterError("no frames")
    return [
        (signal["name"] or f"signal {i}", _unit(signal["unit"])[0], values) for i, (signal, values) in enumerate(leads)
    ]


def _unit(unit):
    factor = _MILLIVOLTS.get((unit or "mV").lower())
    return ("mV", factor) if factor else (unit, 1)


def _volts(signal, fmt, frames):
    gain = Fraction(signal["gain"] or 0) or 200
    baseline = int(signal["baseline"] or signal["zero"] or 0)
    value, code = int(signal["initial"] or 0), None if fmt == "8" else -(2 ** (BITS[fmt] - 1))
    if fmt == "8":
        frames = [[value := value + step for step in frame] for frame in frames]
    skew = int(signal["skew"] or 0)
    frames = frames[skew:] + [[code]] * min(skew, len(frames))
    factor = _unit(signal["unit"])[1]
    return [
        None if code in frame else (Fraction(sum(frame), len(frame)) - baseline) / gain * factor for frame in frames
    ]


def _read_segments(folder, lines, n_segments, n_signals, rate, n_frames):
    if len(lines) != n_segments or n_segments == 0:
        raise NotByTheLetterError("number of segments")
    values, units, n_done = {}, {}, 0
    for number, line in enumerate(lines):
        match = re.fullmatch(r"(~|[-\w]+)[ \t]+(\d+)(?:[ \t].*)?", line, re.ASCII)
        if match is None:
            raise NotByTheLetterError("segment line")
        name, length = match[1], int(match[2])
        if length > 10**6:
            raise NotByTheLetterError("too long")
        if number == 0 and length == 0 and name != "~":
            text = (folder / f"{name}.hea").read_text("latin-1").splitlines()
            found = {s["name"]: (_unit(s["unit"])[0], []) for s in map(_signal_line, filter(None, text[1:]))}
        elif name == "~":
            found = {}
        else:
            of_segment, leads = read(folder, name)
            if of_segment != rate or len(leads[0][2]) != length:
                raise NotByTheLetterError("segment and its header")
            found = {lead: (unit, samples) for lead, unit, samples in leads}
        if not values and found:
            values, units = (
                {lead: [None] * n_done for lead in found},
                {lead: unit for lead, (unit, _) in found.items()},
            )
        if not found.keys() <= values.keys() and values:
            raise NotByTheLetterError("leads of a segment")
        for lead in values:
            values[lead] += found[lead][1] if lead in found and found[lead][1] else [None] * length
        n_done += length
    if n_done != n_frames or len(values) != n_signals:
        raise NotByTheLetterError("length or leads")
    return rate, [(lead, units[lead], samples) for lead, samples in values.items()]
