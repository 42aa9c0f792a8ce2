"""Waveforms on millimetre paper, as SVG; runs in workers.

Time runs at 25 mm/s and voltages stand at 10 mm/mV where that fits on the paper; where it does
not, the next standard speed or gain is taken and said. A stretch of many samples is drawn from its
least to its greatest value, so that no spike is lost.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medshare.imaging.rendering.labels import Labels
from medshare.imaging.rendering.signals import MILLIVOLT, Channel, MultiplexGroup

Curve = NDArray[Any]
SPEED_MM_S = 25.0
GAIN_MM_MV = 10.0
PAPER_MM_MAX = 1500.0
COLUMNS_MAX = 200_000  # over all channels
COLUMNS_PER_MM, VALUES_A_COLUMN = 10, 2
STRIP_MM_MIN, STRIP_MM_MAX = 12.0, 80.0
DOTS = 20  # units of the drawing to a millimetre
_SLOWER = tuple(step * 10.0**power for power in range(1, -8, -1) for step in (2.5, 1.0, 0.5))
_MARGIN_LEFT, _MARGIN_RIGHT, _LINE, _GAP = 14.0, 5.0, 6.0, 4.0
_SHEET_MM_MIN = 120.0
_PULSE_S = 0.2
_MINUTE = 60
_SOME_MM = 30.0  # for what has no gain of its own: its range takes up to so much


@dataclass(frozen=True, slots=True)
class Strip:
    """A channel ready to be drawn.

    Parameters
    ----------
    curve
        One or two values a column in its unit, NaN where there is none.
    gain
        Millimetres for one unit.
    """

    channel: Channel
    curve: Curve
    low: float
    high: float
    gain: float

    @property
    def height_mm(self) -> float:
        """How much paper it takes."""
        return max((self.high - self.low) * self.gain + _GAP, STRIP_MM_MIN)

    @property
    def is_usual(self) -> bool:
        """Whether it stands at 10 mm/mV."""
        return self.channel.scale.unit == MILLIVOLT and self.gain == GAIN_MM_MV


def chart_of(
    groups: Sequence[MultiplexGroup], lines: Sequence[str], say: Labels, *, is_heart: bool
) -> str:
    """Draw groups below each other.

    Parameters
    ----------
    lines
        Text above the first group.
    is_heart
        Voltages are those of an ECG, at 10 mm/mV, rather than as large as fits.
    """
    pen = _Pen(say)
    for line in lines:
        pen.write(line)
    for group in groups:
        pen.draw(group, is_heart=is_heart)
    return pen.sheet()


def speed_of(seconds: float, channels: int) -> float:
    """Return the paper's speed in mm/s: 25, or the next below at which all of it fits."""
    fits = min(PAPER_MM_MAX, COLUMNS_MAX / (COLUMNS_PER_MM * channels)) / seconds
    slower = (each for each in (SPEED_MM_S, *_SLOWER) if each <= min(fits, SPEED_MM_S))
    return next(slower, fits)


def duration(seconds: float) -> str:
    """Write a duration: 2.5 s, from a minute on 24:00:00."""
    if seconds < _MINUTE:
        return f"{seconds:.3g} s"
    minutes, whole_seconds = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{whole_seconds:02}"


def condensed(values: Curve, columns: int) -> Curve:
    """Return a curve with at most two values a column: the least and the greatest, as they come."""
    stretch = math.ceil(values.size / columns)
    if stretch <= VALUES_A_COLUMN:
        return values
    short = -values.size % stretch
    table = np.concatenate([values, np.full(short, np.nan)]).reshape(-1, stretch)
    known = ~np.isnan(table)
    low = np.where(known, table, np.inf).argmin(axis=1)
    high = np.where(known, table, -np.inf).argmax(axis=1)
    rows = np.arange(len(table))
    both = np.stack([np.minimum(low, high), np.maximum(low, high)], axis=1)
    return np.asarray(table[rows[:, None], both]).reshape(-1)


def strip_of(channel: Channel, columns: int, *, is_heart: bool) -> Strip:
    """Prepare a channel."""
    curve = condensed(channel.quantities(), columns)
    known = curve[np.isfinite(curve)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    is_ecg = is_heart and channel.scale.unit == MILLIVOLT
    gain = _gain_up_to(GAIN_MM_MV if is_ecg else math.inf, high - low, is_ecg=is_ecg)
    return Strip(channel, curve, low, high, gain)


def _gain_up_to(wanted: float, extent: float, *, is_ecg: bool) -> float:
    """Return the wanted gain, or the greatest of 1, 2 and 5 times a power of ten that fits."""
    if extent * wanted <= STRIP_MM_MAX:
        return wanted if math.isfinite(wanted) else GAIN_MM_MV
    fits = (STRIP_MM_MAX if is_ecg else _SOME_MM) / extent if extent > 0 else GAIN_MM_MV
    power = 10.0 ** math.floor(math.log10(fits))
    return max(step * power for step in (1, 2, 5) if step * power <= fits)


class _Pen:
    """Writes downwards, and knows how wide the sheet has become."""

    def __init__(self, say: Labels) -> None:
        self._say = say
        self._words: list[str] = []
        self._curves: list[str] = []
        self._y = 2.0
        self._width = _SHEET_MM_MIN

    def write(self, words: str) -> None:
        """Begin a line with some words."""
        self._y += _LINE
        self._put(4.0, self._y, words)

    def draw(self, group: MultiplexGroup, *, is_heart: bool) -> None:
        """Draw a group's channels below each other."""
        speed = speed_of(group.seconds, len(group.channels))
        paper_mm = group.seconds * speed
        columns = max(math.ceil(paper_mm * COLUMNS_PER_MM), 1)
        strips = [strip_of(each, columns, is_heart=is_heart) for each in group.channels]
        self._width = max(self._width, _MARGIN_LEFT + paper_mm + _MARGIN_RIGHT)
        self.write(" · ".join(self._described(group, speed, strips)))
        self._y += _GAP
        for strip in strips:
            self._draw_strip(strip, paper_mm, speed)

    def _described(
        self, group: MultiplexGroup, speed: float, strips: Sequence[Strip]
    ) -> Iterator[str]:
        if group.label:
            yield group.label
        yield f"{speed:g} mm/s"
        if any(each.is_usual for each in strips):
            yield f"{GAIN_MM_MV:g} mm/mV"
        yield f"{group.sampling_hz:g} Hz"
        if group.declared_samples > group.channels[0].samples.size:
            shown, every = duration(group.seconds), duration(group.declared_seconds)
            yield self._say("part-of-time", shown=shown, all=every)
        if group.declared_channels > len(strips):
            yield self._say("part-of-channels", shown=len(strips), all=group.declared_channels)

    def _draw_strip(self, strip: Strip, paper_mm: float, speed: float) -> None:
        top = self._y
        self._y += strip.height_mm + _GAP
        middle = (top + self._y) / 2
        label, unit = strip.channel.label, strip.channel.scale.unit
        if not strip.is_usual:
            said = f"{strip.gain:g} mm/{unit}" if unit else self._say("uncalibrated")
            label += f" ({said})"
        self._put(_MARGIN_LEFT, top + 3, label)
        if unit == MILLIVOLT and strip.gain <= GAIN_MM_MV:
            self._curves.append(_pulse(middle, strip.gain, speed))
        zero = middle + (strip.high + strip.low) / 2 * strip.gain
        heights = (zero - strip.curve * strip.gain) * DOTS
        step = paper_mm * DOTS / strip.curve.size
        self._curves.append(f'<path d="{_path(_MARGIN_LEFT * DOTS, step, heights)}"/>')

    def _put(self, x: float, y: float, words: str) -> None:
        self._words.append(f'<text x="{_dots(x)}" y="{_dots(y)}">{_plain(words)}</text>')

    def sheet(self) -> str:
        """Return the drawing."""
        width, height = self._width, self._y + _GAP
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" '
            f'width="{width:.1f}mm" height="{height:.1f}mm" '
            f'viewBox="0 0 {_dots(width)} {_dots(height)}">\n{_PAPER}\n'
            f'<g font-family="sans-serif" font-size="{_dots(3.4)}" fill="#1c2430">\n'
            + "\n".join(self._words)
            + f'\n</g>\n<g fill="none" stroke="#101820" stroke-width="{_dots(0.25)}" '
            'stroke-linejoin="round">\n' + "\n".join(self._curves) + "\n</g>\n</svg>\n"
        )


_PAPER = (
    "<defs>"
    '<pattern id="mm" width="20" height="20" patternUnits="userSpaceOnUse">'
    '<path d="M20 0H0V20" fill="none" stroke="#f7cfcf" stroke-width="2"/></pattern>'
    '<pattern id="cm" width="100" height="100" patternUnits="userSpaceOnUse">'
    '<rect width="100" height="100" fill="url(#mm)"/>'
    '<path d="M100 0H0V100" fill="none" stroke="#e89c9c" stroke-width="3"/></pattern></defs>'
    '<rect width="100%" height="100%" fill="#fffafa"/><rect width="100%" height="100%" '
    'fill="url(#cm)"/>'
)


def _pulse(middle: float, gain: float, speed: float) -> str:
    """Draw one millivolt for a fifth of a second, as recorders do."""
    height, width = gain, max(_PULSE_S * speed, 1.0)
    left, base = _dots(3), _dots(middle + height / 2)
    tall, wide = _dots(height), _dots(width)
    return f'<path d="M{left} {base}h20v{-tall}h{wide}v{tall}h20"/>'


def _path(left: float, step: float, heights: Curve) -> str:
    """Write a curve relative from point to point, with a gap where there is no value."""
    x = np.rint(left + step * np.arange(heights.size)).astype(np.int64)
    known = np.isfinite(heights)
    y = np.rint(np.where(known, heights, 0)).astype(np.int64)
    written: list[str] = []
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(np.int8), [0]])))
    for start, end in edges.reshape(-1, 2).tolist():
        written.append(f"M{x[start]} {y[start]}l0 0")
        across, down = np.diff(x[start:end]).tolist(), np.diff(y[start:end]).tolist()
        written += [f" {dx} {dy}" for dx, dy in zip(across, down, strict=True)]
    return "".join(written)


def _dots(millimetres: float) -> int:
    return round(millimetres * DOTS)


def _plain(words: str) -> str:
    return escape("".join(each if each.isprintable() else " " for each in words))
