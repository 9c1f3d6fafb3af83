"""The tables on a PDF page: which characters stand in which cell of a grid."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.document import Box as Place
from ingest.formats.pdf_grid import Grid

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

_MAX_CELL_CHARS = 800  # a cell with more holds a page's text, not a table's
_MAX_CELL_SHARE = 0.5  # of the page; a larger cell is a frame round it
_LEANING = 0.1  # radians; a character that leans more is a stamp or a watermark
_CUT_SHARE = 0.3  # of a character's width on either side of an upright line: the line goes through it
_NEXT_SHARE = 0.12  # of a character's height; ink nearer than this is one word
_MARKS = "\x02\ufffe"  # PDFium's marks for a hyphen at a line end


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTable:
    """A table, or the part of one that stands on a page. `rows` have a merged cell's text in each of its boxes.

    `places` says where each row's words stand, for a page read by OCR.
    """

    page: int
    grid: Grid
    rows: tuple[tuple[str, ...], ...]
    characters: frozenset[int]  # positions in the page's text; none on a page read by OCR
    places: tuple[Place | None, ...] = ()

    @property
    def top(self) -> float:
        return self.grid.ys[0]

    @property
    def left(self) -> float:
        return self.grid.xs[0]

    @property
    def right(self) -> float:
        return self.grid.xs[-1]


@dataclass(frozen=True, slots=True)
class _Glyph:
    at: int  # position in the page's text
    left: float
    right: float
    top: float
    bottom: float

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def page_tables(
    grids: Sequence[Grid], text_page: PdfTextPage, text: str, page: int, page_area: float
) -> list[PageTable]:
    """The tables that the grids hold; a grid that the text does not fit is left out."""
    glyphs = _glyphs(text_page, text, max(g.ys[0] for g in grids), min(g.ys[-1] for g in grids))
    tables = []
    for grid in grids:
        located = [(glyph, grid.cell_at(*glyph.middle)) for glyph in glyphs]
        cells: dict[int, list[_Glyph]] = {}
        for glyph, cell in located:
            if cell is not None:
                cells.setdefault(cell, []).append(glyph)
        lengths = {cell: len(own) for cell, own in cells.items()}
        if cells and not (_is_cut_through(located, grid) or is_frame(grid, lengths, page_area)):
            tables.append(_table(grid, cells, text, page))
    return tables


def _glyphs(text_page: PdfTextPage, text: str, top: float, bottom: float) -> list[_Glyph]:
    """The upright characters between two heights; by their ink, or their room where they have none."""
    import pypdfium2.raw as pdfium

    glyphs = []
    for at, character in enumerate(text):
        if character.isspace() or character in _MARKS:
            continue
        left, low, right, high = text_page.get_charbox(at)
        if right <= left or high <= low:
            left, low, right, high = text_page.get_charbox(at, loose=True)
        if not bottom < (low + high) / 2 < top:
            continue
        angle = pdfium.FPDFText_GetCharAngle(text_page.raw, at)
        if min(angle, 6.2832 - angle) <= _LEANING:
            glyphs.append(_Glyph(at, left, right, high, low))
    return glyphs


def _is_cut_through(located: Sequence[tuple[_Glyph, int | None]], grid: Grid) -> bool:
    """Whether an upright line of the grid goes through a character, or between two of a word."""
    if any(cell is not None and _is_cut(glyph, grid, cell) for glyph, cell in located):
        return True
    return any(
        a_cell != b_cell and _is_next(a, b) for (a, a_cell), (b, b_cell) in zip(located, located[1:], strict=False)
    )


def _is_cut(glyph: _Glyph, grid: Grid, cell: int) -> bool:
    y, margin = glyph.middle[1], (glyph.right - glyph.left) * _CUT_SHARE
    ends = grid.cell_at(glyph.left + margin, y), grid.cell_at(glyph.right - margin, y)
    return any(end != cell for end in ends)


def _is_next(a: _Glyph, b: _Glyph) -> bool:
    height = max(a.top - a.bottom, b.top - b.bottom)
    return b.at == a.at + 1 and b.bottom < a.top and a.bottom < b.top and b.left - a.right < height * _NEXT_SHARE


def is_frame(grid: Grid, lengths: Mapping[int, int], page_area: float) -> bool:
    """Whether the grid is a frame round the page's text: by the characters in its cells, and their size."""
    if any(length > _MAX_CELL_CHARS for length in lengths.values()):
        return True
    areas: Counter[int] = Counter()
    for row, (high, low) in zip(grid.cells, zip(grid.ys, grid.ys[1:], strict=False), strict=True):
        for cell, left, right in zip(row, grid.xs, grid.xs[1:], strict=False):
            areas[cell] += round((high - low) * (right - left))
    return max(areas.values()) > page_area * _MAX_CELL_SHARE


def _table(grid: Grid, cells: Mapping[int, Sequence[_Glyph]], text: str, page: int) -> PageTable:
    texts = {cell: _cell_text(glyphs, text) for cell, glyphs in cells.items()}
    return PageTable(
        page=page,
        grid=grid,
        rows=tuple(tuple(texts.get(cell, "") for cell in row) for row in grid.cells),
        characters=frozenset(glyph.at for glyphs in cells.values() for glyph in glyphs),
    )


def _cell_text(glyphs: Sequence[_Glyph], text: str) -> str:
    """The cell's lines from top to bottom, as the file has the characters of each."""
    pieces: list[list[_Glyph]] = []
    for glyph in glyphs:
        gap = text[pieces[-1][-1].at + 1 : glyph.at] if pieces else "\n"
        if gap.strip(f" \t\u3000\xa0{_MARKS}"):  # a line end, or a character of another cell
            pieces.append([glyph])
        else:
            pieces[-1].append(glyph)
    lines = _lines_down(pieces)
    return "\n".join(" ".join(_piece_text(piece, text) for piece in line) for line in lines)


def _piece_text(piece: Sequence[_Glyph], text: str) -> str:
    return undoubled(re.sub(f"[{_MARKS}]", "", text[piece[0].at : piece[-1].at + 1]))


def _lines_down(pieces: Sequence[list[_Glyph]]) -> list[list[list[_Glyph]]]:
    """The pieces as lines, top down, those of a line from left to right."""
    lines: list[list[list[_Glyph]]] = []
    for piece in sorted(pieces, key=lambda p: -_middle(p)):
        if lines and _middle(piece) > min(glyph.bottom for glyph in lines[-1][0]):
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return [sorted(line, key=lambda p: p[0].left) for line in lines]


def _middle(piece: Sequence[_Glyph]) -> float:
    return (max(glyph.top for glyph in piece) + min(glyph.bottom for glyph in piece)) / 2


def undoubled(line: str) -> str:
    """The line with every character once, when bold was made by printing each twice."""
    pairs = len(line) % 2 == 0 and len(line) >= 6 and line[::2] == line[1::2]
    return line[::2] if pairs and len(set(line)) > 2 else line
