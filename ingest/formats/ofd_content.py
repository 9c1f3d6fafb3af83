"""What is drawn on an OFD page: characters, ruling lines, pictures, in points from the lower left corner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from ingest.formats.ofd_package import OfdPage, Rect, child, numbers, rect
from ingest.formats.packed import Element, local
from ingest.formats.pdf_grid import Ruling
from ingest.formats.pdf_rulings import DrawnPath, rulings_of

POINTS = 72 / 25.4
_MAX_DEEP = 12  # of blocks and drawings within one another
_MAX_CHARACTERS = 200_000  # of a page
_MAX_SEGMENTS = 20_000  # a page with more is a drawing or a map
_LEANING = 0.1  # sine; a character that leans more is a stamp or a watermark
_PATH_STEP = re.compile(r"([A-Za-z])([^A-Za-z]*)")

_Matrix: TypeAlias = tuple[float, float, float, float, float, float]
_SAME: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character on its base line; `em` is its height, `run` the number of the piece of text that it is of."""

    text: str
    left: float
    right: float
    base: float
    em: float
    run: int

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, self.base + self.em * 0.35


@dataclass(frozen=True, slots=True)
class PictureOnPage:
    """A picture by its resource id, with the share of the page that it covers (0..1)."""

    resource: str
    share: float


@dataclass(slots=True)
class PageContent:
    """All that a page draws. `leaning` counts the characters of stamps and watermarks, which are left out."""

    glyphs: list[Glyph] = field(default_factory=list)
    level: list[Ruling] = field(default_factory=list)
    upright: list[Ruling] = field(default_factory=list)
    pictures: list[PictureOnPage] = field(default_factory=list)
    leaning: int = 0
    too_much: bool = False


def content_of(page: OfdPage) -> PageContent:
    """What the page and its templates draw."""
    walk = _Walk(page)
    for root in page.contents:
        content = child(root, "Content")
        if content is not None:
            walk.objects(content, (_placed(page.area),), 0)
    return walk.found


def _placed(area: Rect) -> _Matrix:
    """From mm below the upper left corner to points above the lower left one."""
    left, top, _, height = area
    return POINTS, 0.0, 0.0, -POINTS, -left * POINTS, (top + height) * POINTS


class _Walk:
    def __init__(self, page: OfdPage) -> None:
        self._page = page
        self._area = page.area[2] * page.area[3]
        self._runs = 0
        self._segments = 0
        self.found = PageContent()

    def objects(self, parent: Element, outer: tuple[_Matrix, ...], deep: int) -> None:
        """Goes through layers, blocks and objects; `outer` leads to the page, the innermost first."""
        if deep > _MAX_DEEP:
            return
        for element in parent:
            kind = local(element)
            if element.get("Visible", "true").lower() in ("false", "0"):
                continue
            if kind in ("Layer", "PageBlock", "Content"):
                self.objects(element, outer, deep + 1)
            elif kind == "TextObject":
                self._text(element, _inward(element, outer))
            elif kind == "PathObject":
                self._path(element, _inward(element, outer))
            elif kind == "ImageObject":
                self._picture(element)
            elif kind == "CompositeObject":
                drawing = self._page.resources.drawings.get(element.get("ResourceID", ""))
                if drawing is not None:
                    self.objects(drawing, _inward(element, outer), deep + 1)

    def _text(self, element: Element, matrices: tuple[_Matrix, ...]) -> None:
        size = (numbers(element.get("Size")) or [3.7])[0]
        stretch = (numbers(element.get("HScale")) or [1.0])[0] or 1.0
        x = y = 0.0
        for code in element:
            if local(code) != "TextCode":
                continue
            x, y = (numbers(code.get("X")) or [x])[0], (numbers(code.get("Y")) or [y])[0]
            self._runs += 1
            for character, at_x, at_y, width in _characters(code, x, y, size, stretch):
                x, y = at_x + width, at_y
                self._character(character, (at_x, at_y), (width, size), matrices)

    def _character(
        self, text: str, at: tuple[float, float], size: tuple[float, float], matrices: tuple[_Matrix, ...]
    ) -> None:
        if len(self.found.glyphs) >= _MAX_CHARACTERS:
            self.found.too_much = True
            return
        left, base = moved(at, matrices)
        right, end = moved((at[0] + size[0], at[1]), matrices)
        top_x, top = moved((at[0], at[1] - size[1]), matrices)
        em = top - base
        if abs(end - base) > _LEANING * abs(right - left) or abs(top_x - left) > abs(em) or em <= 0 or right <= left:
            self.found.leaning += not text.isspace()
            return
        self.found.glyphs.append(Glyph(text, left, right, base, em, self._runs))

    def _path(self, element: Element, matrices: tuple[_Matrix, ...]) -> None:
        stroked = element.get("Stroke", "true").lower() not in ("false", "0") and _is_inked(element, "StrokeColor")
        filled = element.get("Fill", "false").lower() in ("true", "1") and _is_inked(element, "FillColor")
        data = child(element, "AbbreviatedData")
        if data is None or not (stroked or filled):
            return
        outlines = tuple(tuple(moved(point, matrices) for point in line) for line in _outlines(data.text or ""))
        self._segments += sum(map(len, outlines))
        if self._segments > _MAX_SEGMENTS:
            self.found.level.clear()
            self.found.upright.clear()
            return
        for is_level, ruling in rulings_of(DrawnPath(outlines, filled, stroked)):
            (self.found.level if is_level else self.found.upright).append(ruling)

    def _picture(self, element: Element) -> None:
        boundary = rect(element.get("Boundary"))
        share = boundary[2] * boundary[3] / self._area if boundary else 0.0
        self.found.pictures.append(PictureOnPage(element.get("ResourceID", ""), share))


def _inward(element: Element, outer: tuple[_Matrix, ...]) -> tuple[_Matrix, ...]:
    """The way from an object's own space to the page: its CTM, its Boundary, then what it stands in."""
    boundary = rect(element.get("Boundary")) or (0.0, 0.0, 0.0, 0.0)
    given = numbers(element.get("CTM"))
    matrices = ((1.0, 0.0, 0.0, 1.0, boundary[0], boundary[1]), *outer)
    if len(given) != 6:
        return matrices
    a, b, c, d, e, f = given
    return (a, b, c, d, e, f), *matrices


def moved(point: tuple[float, float], matrices: tuple[_Matrix, ...]) -> tuple[float, float]:
    """The point after each of the matrices."""
    x, y = point
    for a, b, c, d, e, f in matrices:
        x, y = a * x + c * y + e, b * x + d * y + f
    return x, y


def _characters(
    code: Element, x: float, y: float, size: float, stretch: float
) -> Iterator[tuple[str, float, float, float]]:
    """(character, x, y, width) of a TextCode: each stands so far from the one before as the deltas say."""
    text = "".join(code.itertext()).replace("\r", "").replace("\n", "")
    steps_x, steps_y = deltas(code.get("DeltaX"), len(text)), deltas(code.get("DeltaY"), len(text))
    for at, character in enumerate(text):
        width = size * stretch * (0.5 if ord(character) < 0x2E80 and not _is_wide(character) else 1.0)
        yield character, x, y, width
        if at < len(steps_x):
            x += steps_x[at]
        elif not steps_y:
            x += width
        y += steps_y[at] if at < len(steps_y) else 0.0


def _is_wide(character: str) -> bool:
    return 0x2010 <= ord(character) < 0x2E80 or character in "×÷·°±"


def deltas(text: str | None, most: int) -> list[float]:
    """The steps between characters, "g 5 4.2" written out as five times 4.2; not more than `most`."""
    parts = (text or "").replace(",", " ").split()
    found: list[float] = []
    at = 0
    while at < len(parts) and len(found) < most:
        repeated = parts[at].lower() == "g" and len(numbers(" ".join(parts[at + 1 : at + 3]))) == 2
        if repeated:
            times, step = numbers(" ".join(parts[at + 1 : at + 3]))
            found += [step] * min(max(int(times), 0), most)
            at += 3
        else:
            found += numbers(parts[at])
            at += 1
    return found[:most]


def _is_inked(element: Element, name: str) -> bool:
    """Whether the colour shows on white paper."""
    colour = child(element, name)
    values = numbers(colour.get("Value")) if colour is not None else []
    transparent = colour is not None and colour.get("Alpha") == "0"
    return not transparent and not (len(values) == 3 and min(values) >= 250)


def _outlines(data: str) -> Iterator[tuple[tuple[float, float], ...]]:
    """The runs of straight pieces of a path; a curve ends one."""
    points: list[tuple[float, float]] = []
    for letter, rest in _PATH_STEP.findall(data):
        values = numbers(rest)
        if letter == "L" and len(values) >= 2:
            points.append((values[0], values[1]))
            continue
        if letter == "C" and points:
            points.append(points[0])
        if len(points) > 1:
            yield tuple(points)
        points = [(values[-2], values[-1])] if letter in "SMQBA" and len(values) >= 2 else []
    if len(points) > 1:
        yield tuple(points)
