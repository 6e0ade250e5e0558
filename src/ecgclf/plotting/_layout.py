"""Where on the paper the leads of a recording lie."""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np

MM_PER_SECOND, MM_PER_MILLIVOLT = 25.0, 10
STANDARD = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
# As on the paper of a cardiograph: three bands of four leads, and one that shows the rhythm.
_BANDS = (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"), ("II",))
PULSE_MM = 10.0  # before the signal, for the calibration pulse
_ROW_MM, _NARROWEST_MM = 275.0, 50.0  # what is longer is wrapped
_SQUARE_MM, _SQUARE = 5.0, 0.5  # a coarse square, in mm and mV
_LOWEST, _TALLEST = 1, 3.0  # coarse squares below the baseline at least; mV to each side of it at most
_MARGIN = 0.1  # mV from a trace to the edge of its strip, at least
_LONGEST_MM = 10_000.0


@dataclass(frozen=True)
class Strip:
    """A stretch of one lead on the paper; heights are in mV, `left` is in seconds within the row."""

    lead: int
    band: int
    start: int
    values: np.ndarray
    left: float
    baseline: float
    top: float
    floor: float

    @property
    def stop(self):
        return self.start + len(self.values)

    @property
    def trace(self):
        """Heights as drawn: within the strip."""
        return np.clip(self.values + self.baseline, self.floor + _MARGIN, self.top - _MARGIN)


@dataclass(frozen=True)
class Row:
    """A row of the paper, from its first sample to its last; `tracks` are the floors of rooms under it, by name."""

    start: int
    stop: int
    strips: list
    tracks: dict
    bottom: float

    @property
    def top(self):
        return self.strips[0].top

    @property
    def floor(self):
        return self.strips[-1].floor


@dataclass(frozen=True)
class Layout:
    """Rows of strips; heights are in mV from the baseline of the last strip."""

    rate: float
    speed: float
    width: float
    rows: list
    marked: int

    @property
    def is_page(self):
        # Only there are R peaks marked elsewhere than on the first lead.
        return self.marked > 0

    @property
    def pulse(self):
        return PULSE_MM / self.speed

    @property
    def size_mm(self):
        height = self.rows[0].top - self.rows[-1].bottom
        return self.width * self.speed + PULSE_MM, height * MM_PER_MILLIVOLT

    @property
    def strips(self):
        return [strip for row in self.rows for strip in row.strips]

    def place(self, row, start, stop):
        """Tell where in a row some samples lie, in seconds; None where they do not."""
        start, stop = np.clip([start, stop], row.start, row.stop) - row.start
        return None if start == stop else (start / self.rate, stop / self.rate)


def choose_bands(names, stacked):
    """Give the leads of each band, and the band that R peaks are marked on."""
    found = {name.casefold(): lead for lead, name in enumerate(names)}
    if stacked or len(names) != len(STANDARD) or found.keys() != {name.casefold() for name in STANDARD}:
        return [[lead] for lead in range(len(names))], 0
    return [[found[name.casefold()] for name in band] for band in _BANDS], len(_BANDS) - 1


def lay_out(shown, rate, first, *, bands, marked, speed, under_leads=0.0, tracks=None):
    """Cut `shown`, of which `first` is the first sample, into rows, with room in mV under leads and rows."""
    n_timepoints = shown.shape[1]
    length, square = n_timepoints / rate, _SQUARE_MM / speed
    n_rows = ceil(length * speed / _ROW_MM - 1e-9)
    width = max(_NARROWEST_MM / speed, square * ceil(length / n_rows / square - 1e-9))
    row_length = ceil(width * rate - 1e-9)
    end = min(row_length, n_timepoints)

    level, rows = 0.0, []
    for begin in range(0, n_timepoints, row_length):
        row, strips = shown[:, begin : begin + row_length], []
        for number, band in enumerate(bands):
            edges = np.linspace(0, end, len(band) + 1).round().astype(int)
            parts = [row[lead, a:b] for lead, a, b in zip(band, edges[:-1], edges[1:], strict=True)]
            down, up = np.max([_reach(part) for part in parts], axis=0)
            strips += [
                Strip(lead, number, first + begin + a, part, a / rate, level - up, level, level - up - down)
                for lead, a, part in zip(band, edges[:-1].tolist(), parts, strict=True)
                if len(part)
            ]
            level -= up + down + under_leads
        floors = {}
        for name, room in (tracks or {}).items():
            level -= room
            floors[name] = level
        rows.append(Row(first + begin, first + begin + row.shape[1], strips, floors, level))
    layout = Layout(rate, speed, width, _from_last_baseline(rows), marked)
    if layout.size_mm[1] > _LONGEST_MM:
        raise ValueError(
            f"{length:g} s at {speed:g} mm/s take a paper {layout.size_mm[1] / 1000:.0f} m high. Choose a part by "
            "start and duration, or a lower speed."
        )
    return layout


def from_median(leads):
    measured = [lead[~np.isnan(lead)] for lead in leads]
    return leads - np.array([[np.median(lead) if lead.size else 0.0] for lead in measured])


def _reach(part):
    measured = part[~np.isnan(part)]
    reach = np.clip([-measured.min(initial=0.0), measured.max(initial=0.0)], 0, _TALLEST - _MARGIN)
    # In coarse squares: room for a mark at the tip, and for the calibration pulse.
    squares = np.ceil((reach + 0.25) / _SQUARE)
    return np.maximum([_LOWEST, 3], squares) * _SQUARE


def _from_last_baseline(rows):
    origin = rows[-1].strips[-1].baseline

    def move(strip):
        heights = {name: getattr(strip, name) - origin for name in ("baseline", "top", "floor")}
        return replace(strip, **heights)

    return [
        replace(
            row,
            strips=[move(strip) for strip in row.strips],
            tracks={name: floor - origin for name, floor in row.tracks.items()},
            bottom=row.bottom - origin,
        )
        for row in rows
    ]
