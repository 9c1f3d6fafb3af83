"""Small drawings as inline SVG: bars, a curve, a histogram. Colours come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

WIDTH = 640
_LABEL, _BESIDE, _BAR, _GAP = 130, 210, 16, 8
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 20, 32, 44  # around the field of a chart with axes
_FIELD_WIDTH, _FIELD_HEIGHT = WIDTH - _LEFT - _RIGHT, 220


def bars(title: str, rows: Sequence[tuple[str, float | None, str]]) -> str:
    """A horizontal bar for each (label, share 0..1 or None for nothing, what stands beside it)."""
    field = WIDTH - _LABEL - _BESIDE
    parts: list[str] = []
    for i, (label, share, beside) in enumerate(rows):
        y = i * (_BAR + _GAP)
        middle = y + _BAR / 2
        parts.append(_text(_LABEL - 10, middle, label, "end"))
        parts.append(f'<rect class="field" x="{_LABEL}" y="{y}" width="{field}" height="{_BAR}"/>')
        if share is not None:
            parts.append(f'<rect class="bar" x="{_LABEL}" y="{y}" width="{field * share:.1f}" height="{_BAR}"/>')
        parts.append(_text(_LABEL + field + 8, middle, beside, "start"))
    return _svg(title, len(rows) * (_BAR + _GAP), parts)


def curve(title: str, points: Sequence[tuple[float, float]], *, x_label: str, y_label: str) -> str:
    """A stepless line through points with both coordinates 0..1; the last one is marked."""
    parts = _axes(
        x_label, y_label, [(i / 5, f"{20 * i}%") for i in range(6)], [(i / 5, f"{20 * i}%") for i in range(6)]
    )
    if points:
        line = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
        x, y = points[-1]
        parts.append(f'<polyline class="line" points="{line}"/>')
        parts.append(f'<circle class="dot" cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="4.5"/>')
        anchor, shift = ("end", -9) if x > 0.6 else ("start", 9)
        parts.append(_text(_x(x) + shift, _y(y) + (18 if y > 0.5 else -16), f"现在：{x:.0%}，{y:.0%}", anchor))
    return _svg(title, _TOP + _FIELD_HEIGHT + _BOTTOM, parts)


def histogram(title: str, values: Sequence[float], *, up_to: float, x_label: str, y_label: str, bins: int = 24) -> str:
    """How many values fall in each of equal bins from 0 to a round number not below `up_to`; the last bin takes all
    that lie beyond."""
    top = _round_up(up_to)
    counts = [0] * bins
    for value in values:
        counts[min(int(value / top * bins), bins - 1)] += 1
    most = _round_up(max(counts, default=1), whole=True)
    x_ticks = [(i / 4, f"{top * i / 4:g}") for i in range(5)]
    if max(values, default=0.0) > top:
        x_ticks[-1] = (1.0, f"≥{top:g}")
    parts = _axes(x_label, y_label, x_ticks, [(i / 2, f"{most * i / 2:g}") for i in range(3)])
    for i, count in enumerate(counts):
        if count:
            y, wide = _y(count / most), _FIELD_WIDTH / bins - 1.5
            height = _y(0) - y
            parts.append(
                f'<rect class="bar" x="{_x(i / bins):.1f}" y="{y:.1f}" width="{wide:.1f}" height="{height:.1f}"/>'
            )
    return _svg(title, _TOP + _FIELD_HEIGHT + _BOTTOM, parts)


def _axes(
    x_label: str, y_label: str, x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]]
) -> list[str]:
    """A field with lines across, ticks at shares of its sides, and what the axes are."""
    right, bottom = _x(1), _y(0)
    parts = [f'<rect class="field" x="{_LEFT}" y="{_TOP}" width="{_FIELD_WIDTH}" height="{_FIELD_HEIGHT}"/>']
    for share, label in y_ticks:
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{_y(share):.1f}" y2="{_y(share):.1f}"/>')
        parts.append(_text(_LEFT - 8, _y(share), label, "end"))
    parts += [_text(_x(share), bottom + 14, label, "middle") for share, label in x_ticks]
    parts.append(_text(_x(0.5), bottom + 35, x_label, "middle"))
    parts.append(_text(_LEFT, _TOP - 18, y_label, "start"))
    return parts


def _x(share: float) -> float:
    return _LEFT + share * _FIELD_WIDTH


def _y(share: float) -> float:
    return _TOP + (1 - share) * _FIELD_HEIGHT


def _round_up(value: float, *, whole: bool = False) -> float:
    """1, 2 or 5 times a power of ten, not below the value; at least 2 and even when `whole`."""
    if whole and value <= 2:
        return 2
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1, 2, 4, 6, 8, 10) if whole else (1, 2, 5, 10)
    return next(m * power for m in steps if m * power >= value)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" dominant-baseline="central">{escape(text)}</text>'


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    name = escape(title)
    return (
        f'<svg role="img" aria-label="{name}" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}">'
        f"<title>{name}</title>{''.join(parts)}</svg>"
    )
