"""Drawings of a topic page as inline SVG: reports on a line of time, and a thing counted over the years."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from html import escape

from qa.topic_page import Indicator, Point
from ui.topic_render import value_label

WIDTH, TIME_WIDTH = 360, 640
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 80, 14, 28
_CHART_HEIGHT, _TIME_HEIGHT = 180, 58
_SERIES = 6  # places drawn in colours of their own
_NAME_CHARS = 5
_TICKS = 3
_DOT = 4.5
_NAME_HEIGHT = 15
_ROUND = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)  # the top of a scale, times a power of ten
Attributes = Callable[[int], str]  # what a mark must carry to open the thing of that number


def timeline(reports: Sequence[tuple[date, str, int]], opens: Attributes) -> str:
    """A dot for each (day, title, sentences on the topic), larger the more it says. Numbers count from 0."""
    first, last = min(r[0].year for r in reports), max(r[0].year for r in reports)
    begin, end = date(first, 1, 1).toordinal(), date(last + 1, 1, 1).toordinal()

    def x(day: int) -> float:
        return 10 + (TIME_WIDTH - 20) * (day - begin) / (end - begin)

    middle = _TIME_HEIGHT / 2 - 6
    parts = [f'<line class="axis" x1="{x(begin):.1f}" y1="{middle}" x2="{x(end):.1f}" y2="{middle}"/>']
    step = 1 + (last - first) // 12
    for year in range(first, last + 1, step):
        at = x(date(year, 1, 1).toordinal())
        parts.append(f'<line class="axis" x1="{at:.1f}" y1="{middle - 5}" x2="{at:.1f}" y2="{middle + 5}"/>')
        parts.append(_text(x(date(year, 7, 1).toordinal()), _TIME_HEIGHT - 8, str(year), "middle"))
    for number, (day, title, sentences) in enumerate(reports):
        radius = _DOT + min(sentences, 12) / 3
        name = f"{day.year}年{day.month}月{day.day}日 {title}：{sentences} 句"
        parts.append(_dot(x(day.toordinal()), middle, radius, 0, name, opens(number)))
    return _svg("报告的时间线", TIME_WIDTH, _TIME_HEIGHT, parts)


def indicator_chart(indicator: Indicator, opens: Callable[[Point], str]) -> str:
    """The values of a thing by year, a line for each place through what its latest report of the year gives."""
    years = sorted({p.year for p in indicator.points})
    top = _round_up(max(p.value for p in indicator.points))
    span = max(1, years[-1] - years[0])

    def x(year: int) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * (year - years[0]) / span

    def y(value: float) -> float:
        return _TOP + (_CHART_HEIGHT - _TOP - _BOTTOM) * (1 - value / top)

    parts = []
    for tick in range(_TICKS):
        value = top * tick / (_TICKS - 1)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y(value):.1f}" x2="{WIDTH - _RIGHT}" y2="{y(value):.1f}"/>')
        parts.append(_text(_LEFT - 8, y(value) + 4, value_label(value), "end"))
    step = 1 + len(years) // 9
    parts += [_text(x(year), _CHART_HEIGHT - 8, str(year), "middle") for year in years[::step]]
    names: list[tuple[float, float, str, int]] = []  # y, x, text, series
    for number, (place, points) in enumerate(_by_place(indicator.points)):
        parts += _series(number, place, points, indicator.unit, x, y, opens)
        last = points[-1]
        shown = place[:_NAME_CHARS] or value_label(last.value, indicator.unit)
        names.append((y(last.value), x(last.year), shown, number))
    parts += [_text(at + 9, down, text, "start", f"name s{n}") for down, at, text, n in _apart(names)]
    return _svg(f"{indicator.label}（{indicator.unit}）", WIDTH, _CHART_HEIGHT, parts)


def _series(
    number: int,
    place: str,
    points: Sequence[Point],
    unit: str,
    x: Callable[[int], float],
    y: Callable[[float], float],
    opens: Callable[[Point], str],
) -> list[str]:
    latest = {p.year: p for p in points}
    line = " ".join(f"{x(p.year):.1f},{y(p.value):.1f}" for p in latest.values())
    parts = [f'<polyline class="line s{number}" points="{line}"/>'] if len(latest) > 1 else []
    for point in points:
        title = point.said.document.metadata.title
        name = f"{point.year}年 {place} {value_label(point.value, unit)}：{title}"
        parts.append(_dot(x(point.year), y(point.value), _DOT, number, name, opens(point)))
    return parts


def _apart(names: list[tuple[float, float, str, int]]) -> list[tuple[float, float, str, int]]:
    """Names from top to bottom, moved down where they would overlap, and back up from the edge."""
    placed: list[tuple[float, float, str, int]] = []
    floor = float(_TOP)
    for number, (y, x, text, series) in enumerate(sorted(names)):
        lowest = _CHART_HEIGHT - _BOTTOM + 4 - (len(names) - number - 1) * _NAME_HEIGHT
        y = max(floor, min(y + 4, lowest))
        placed.append((y, x, text, series))
        floor = y + _NAME_HEIGHT
    return placed


def _round_up(value: float) -> float:
    """A round number not below `value`."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(r * power for r in _ROUND if r * power >= value * 0.999)


def _by_place(points: Sequence[Point]) -> list[tuple[str, list[Point]]]:
    """Points by place, the places with most points first, at most as many as there are colours."""
    places: dict[str, list[Point]] = {}
    for point in points:
        places.setdefault(point.said.document.metadata.place or "", []).append(point)
    return sorted(places.items(), key=lambda item: -len(item[1]))[:_SERIES]


def _dot(x: float, y: float, radius: float, series: int, name: str, attributes: str) -> str:
    return (
        f'<g class="mark s{series}" role="button" tabindex="0" aria-label="{escape(name)}" {attributes}>'
        f'<circle class="touch" cx="{x:.1f}" cy="{y:.1f}" r="{radius + 7:.1f}"/>'
        f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"><title>{escape(name)}</title></circle></g>'
    )


def _text(x: float, y: float, text: str, anchor: str, kind: str = "label") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(title: str, width: int, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg class="zd-chart" viewBox="0 0 {width} {height}" role="group" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )
