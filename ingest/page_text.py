"""The characters of a PDF page with their place, in a form in which a quote can be found again."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.characters import mend_characters
from ingest.document import Box
from ingest.formats.pdf_cells import PageTable, page_tables
from ingest.formats.pdf_rulings import find_grids

if TYPE_CHECKING:
    from pypdfium2 import PdfPage, PdfTextPage

Placer = Callable[[float, float, float, float], Box]  # left, bottom, right, top in points -> shares of the page

_MARKS = "\x02\ufffe"  # PDFium's marks for a hyphen at a line end
_SAME_PLACE = 0.3  # of a character's size; the same character so near is bold made by printing it twice
_SCALE = 1_000_000  # the page in whole numbers, so that PDFium's rounding does not show
_WORD_GAP = 3.0  # heights between the parts of one line; a wider gap parts two boxes


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row of a ruled table: its cells' words, and where the row and the words outside its band stand."""

    cells: tuple[str, ...]  # plain, a merged cell once
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """`text` is plain (see `plain`); `places[i]` is where `text[i]` stands."""

    text: str
    places: tuple[Box, ...]
    rows: tuple[TableRow, ...] = ()

    def lines(self, positions: Iterable[int]) -> list[Box]:
        """A box round each stretch of a line that the characters at these positions make up."""
        boxes: list[Box] = []
        for place in (self.places[at] for at in positions):
            if boxes and _goes_on(boxes[-1], place):
                boxes[-1] = around((boxes[-1], place))
            elif not boxes or not _is_inside(place, boxes[-1]):
                boxes.append(place)
        return boxes

    def inside(self, boxes: Sequence[Box]) -> str:
        """The characters whose middle lies in one of the boxes."""
        return "".join(c for c, place in zip(self.text, self.places, strict=True) if _is_in_any(place, boxes))


def plain(text: str) -> str:
    """The text as it is compared: no blanks or invisible characters, one width, real characters for radicals."""
    return "".join(map(_plain, text))


@lru_cache(maxsize=20_000)
def _plain(character: str) -> str:
    return "".join(unicodedata.normalize("NFKC", mend_characters(character)).split()).lower()


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box that holds them all; there is one at least."""
    boxes = tuple(boxes)
    return Box(
        x0=min(b.x0 for b in boxes),
        y0=min(b.y0 for b in boxes),
        x1=max(b.x1 for b in boxes),
        y1=max(b.y1 for b in boxes),
    )


def read_page(page: PdfPage, number: int) -> PageText:
    """What the text layer of the page holds, as the page is shown: turned and cropped."""
    place = _placer(page)
    text_page = page.get_textpage()
    try:
        text, places = _characters(text_page, place)
        return PageText(text=text, places=tuple(places), rows=tuple(_rows(page, text_page, number, place)))
    finally:
        text_page.close()


def _placer(page: PdfPage) -> Placer:
    """From points to shares of the shown page, by PDFium's own reckoning of /Rotate and /CropBox."""
    (ox, oy), (ax, ay), (bx, by) = (_shown(page, *point) for point in ((0, 0), (1000, 0), (0, 1000)))

    def place(left: float, bottom: float, right: float, top: float) -> Box:
        xs = [ox + (ax - ox) * x / 1000 + (bx - ox) * y / 1000 for x, y in ((left, bottom), (right, top))]
        ys = [oy + (ay - oy) * x / 1000 + (by - oy) * y / 1000 for x, y in ((left, bottom), (right, top))]
        return Box(x0=_share(min(xs)), y0=_share(min(ys)), x1=_share(max(xs)), y1=_share(max(ys)))

    return place


def _shown(page: PdfPage, x: float, y: float) -> tuple[float, float]:
    from ctypes import c_int

    import pypdfium2.raw as pdfium

    shown_x, shown_y = c_int(), c_int()
    pdfium.FPDF_PageToDevice(page.raw, 0, 0, _SCALE, _SCALE, 0, x, y, shown_x, shown_y)
    return shown_x.value / _SCALE, shown_y.value / _SCALE


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 5)


def _characters(text_page: PdfTextPage, place: Placer) -> tuple[str, list[Box]]:
    import pypdfium2.raw as pdfium

    text, places = [], []
    seen: dict[str, list[Box]] = {}
    for at in range(text_page.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text_page.raw, at)
        character = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""
        said = "" if character in _MARKS else plain(character)
        if not said:
            continue
        box = place(*text_page.get_charbox(at, loose=True))
        if any(_is_same_place(box, other) for other in seen.setdefault(said, [])):
            continue
        seen[said].append(box)
        text.append(said)
        places += [box] * len(said)
    return "".join(text), places


def _is_same_place(a: Box, b: Box) -> bool:
    width, height = max(a.x1 - a.x0, 1e-4), max(a.y1 - a.y0, 1e-4)
    return abs(a.x0 - b.x0) < width * _SAME_PLACE and abs(a.y0 - b.y0) < height * _SAME_PLACE


def _goes_on(line: Box, place: Box) -> bool:
    """Whether the character goes on with the line, to its right and not far."""
    height = max(line.y1 - line.y0, place.y1 - place.y0)
    level = abs((line.y0 + line.y1) - (place.y0 + place.y1)) / 2 < height * 0.5
    return level and -height * 0.5 < place.x0 - line.x1 < height * _WORD_GAP


def _is_inside(place: Box, box: Box) -> bool:
    x, y = (place.x0 + place.x1) / 2, (place.y0 + place.y1) / 2
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1


def _is_in_any(place: Box, boxes: Sequence[Box]) -> bool:
    return any(_is_inside(place, box) for box in boxes)


def _rows(page: PdfPage, text_page: PdfTextPage, number: int, place: Placer) -> list[TableRow]:
    """The rows of the ruled tables, top down; none where PDFium's text and characters do not run in step."""
    text = text_page.get_text_range()
    grids = find_grids(page) if len(text) == text_page.count_chars() else []
    if not grids:
        return []
    tables = page_tables(grids, text_page, text, number, page.get_width() * page.get_height())
    return [row for table in tables for row in _table_rows(table, text_page, place)]


def _table_rows(table: PageTable, text_page: PdfTextPage, place: Placer) -> list[TableRow]:
    """The table's rows; the words of a cell merged downwards may stand outside a row's band and get a box."""
    grid = table.grid
    inked: dict[int, list[tuple[float, float, float, float]]] = {}
    for at in sorted(table.characters):
        left, bottom, right, top = text_page.get_charbox(at, loose=True)
        cell = grid.cell_at((left + right) / 2, (bottom + top) / 2)
        if cell is not None:
            inked.setdefault(cell, []).append((left, bottom, right, top))
    rows = []
    for texts, cells, high, low in zip(table.rows, grid.cells, grid.ys, grid.ys[1:], strict=False):
        own = dict(zip(cells, texts, strict=True))
        boxes = [place(grid.xs[0], low, grid.xs[-1], high)]
        for cell in own:
            outside = [ink for ink in inked.get(cell, ()) if not low <= (ink[1] + ink[3]) / 2 <= high]
            if outside:
                boxes.append(around(place(*ink) for ink in inked[cell]))
        rows.append(TableRow(cells=tuple(p for text in own.values() if (p := plain(text))), boxes=tuple(boxes)))
    return rows
