"""The ruled tables of PDF pages: which characters stand in which cell, and which tables go on over a page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.formats.pdf_grid import Grid
from ingest.formats.raw import Line
from ingest.formats.tables import SEPARATOR, header_rows, one_line, row_lines
from ingest.furniture import furniture_reason

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

_MAX_CELL_CHARS = 800  # a cell with more holds a page's text, not a table's
_MAX_CELL_SHARE = 0.5  # of the page; a larger cell is a frame round it
_SAME_EDGE = 2.0
_LEANING = 0.1  # radians; a character that leans more is a stamp or a watermark
_CUT_SHARE = 0.3  # of a character's width on either side of an upright line: the line goes through it
_MARKS = "\x02\ufffe"  # PDFium's marks for a hyphen at a line end
_CONTINUED = re.compile(r"[（(]?\s*(?:续(?:上)?表|接上[页表]|转下页)[^。]{0,20}|.{0,40}[（(]续[^（）()]{0,4}[)）]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTable:
    """A table, or the part of one that stands on a page. `rows` have a merged cell's text in each of its boxes."""

    page: int
    grid: Grid
    rows: tuple[tuple[str, ...], ...]
    characters: frozenset[int]  # positions in the page's text

    @property
    def top(self) -> float:
        return self.grid.ys[0]

    @property
    def left(self) -> float:
        return self.grid.xs[0]

    @property
    def right(self) -> float:
        return self.grid.xs[-1]

    @property
    def stands_alone(self) -> bool:
        """Whether it is a table without its neighbours on other pages: two rows, two columns with text."""
        filled = [[bool(text) for text in row] for row in self.rows]
        return sum(map(any, filled)) > 1 and sum(map(any, zip(*filled, strict=True))) > 1


@dataclass(frozen=True, slots=True)
class _Glyph:
    at: int  # position in the page's text
    left: float
    right: float
    top: float
    bottom: float


def page_tables(
    grids: Sequence[Grid], text_page: PdfTextPage, text: str, page: int, page_area: float
) -> list[PageTable]:
    """The tables that the grids hold; a grid that the text does not fit is left out."""
    in_cells: list[dict[int, list[_Glyph]]] = [{} for _ in grids]
    spoilt: set[int] = set()
    for glyph in _glyphs(text_page, text, max(g.ys[0] for g in grids), min(g.ys[-1] for g in grids)):
        for i, grid in enumerate(grids):
            cell = grid.cell_at((glyph.left + glyph.right) / 2, (glyph.top + glyph.bottom) / 2)
            if cell is None:
                continue
            in_cells[i].setdefault(cell, []).append(glyph)
            if _is_cut(glyph, grid, cell):
                spoilt.add(i)
    return [
        _table(grid, cells, text, page)
        for i, (grid, cells) in enumerate(zip(grids, in_cells, strict=True))
        if i not in spoilt and cells and not _is_frame(grid, cells, page_area)
    ]


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


def _is_cut(glyph: _Glyph, grid: Grid, cell: int) -> bool:
    """Whether an upright line of the grid goes through the character."""
    y, margin = (glyph.top + glyph.bottom) / 2, (glyph.right - glyph.left) * _CUT_SHARE
    ends = grid.cell_at(glyph.left + margin, y), grid.cell_at(glyph.right - margin, y)
    return any(end != cell for end in ends)


def _is_frame(grid: Grid, cells: Mapping[int, Sequence[_Glyph]], page_area: float) -> bool:
    if any(len(glyphs) > _MAX_CELL_CHARS for glyphs in cells.values()):
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


def goes_on(table: PageTable, following: PageTable, between: Sequence[str]) -> bool:
    """Whether the second is the first's next page: the same columns, nothing between but heads, feet, "续表"."""
    a, b = table.grid.xs, following.grid.xs
    same = len(a) == len(b) and all(abs(x - y) <= _SAME_EDGE for x, y in zip(a, b, strict=True))
    return same and all(furniture_reason(text) == "page-number" or _CONTINUED.fullmatch(text) for text in between)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    page: int
    texts: tuple[str, ...]
    cells: tuple[tuple[int, int], ...]  # (page, number) of the cell that each text is of


def table_lines(parts: Sequence[PageTable]) -> list[list[Line]]:
    """The lines of a table for each page that it stands on, every row with the names of its columns."""
    rows = _rows(parts[0])
    heads = header_rows([row.texts for row in rows])
    for part in parts[1:]:
        more = _without_repeated(_rows(part), rows[:heads])
        rows += _carried_on(more, rows[-1])
    lines = _whole(row_lines([row.texts for row in rows], [row.page for row in rows]), rows, heads)
    set_off = [line if line.kind == "table_row" else replace(line, indented=True) for line in lines]
    return [[line for line in set_off if line.page == part.page] for part in parts]


def _rows(part: PageTable) -> list[_Row]:
    """The rows that have text."""
    return [
        _Row(page=part.page, texts=texts, cells=tuple((part.page, cell) for cell in cells))
        for texts, cells in zip(part.rows, part.grid.cells, strict=True)
        if any(texts)
    ]


def _without_repeated(rows: list[_Row], header: Sequence[_Row]) -> list[_Row]:
    """The rows less the header that the page says again."""
    again = [_plain(row.texts) for row in rows[: len(header)]] == [_plain(row.texts) for row in header]
    return rows[len(header) :] if again else rows


def _carried_on(rows: list[_Row], last: _Row) -> list[_Row]:
    """The rows, a first cell that is empty and merged downwards filled with the text it has on the page before."""
    deep = sum(row.cells[0] == rows[0].cells[0] for row in rows)
    if deep < 2 or rows[0].texts[0]:
        return rows
    return [replace(row, texts=(last.texts[0], *row.texts[1:])) if i < deep else row for i, row in enumerate(rows)]


def _whole(lines: list[Line], rows: Sequence[_Row], heads: int) -> list[Line]:
    """The lines when they say all that the cells do; else with the header said alone, else row for row."""
    texts = dict(pair for row in rows for pair in zip(row.cells, row.texts, strict=True))
    if _says_all(lines, texts.values()):
        return lines
    plain = [Line(text=_row_as_it_is(row), page=row.page, kind="table_row") for row in rows]
    headed = [*plain[:heads], *(line for line in lines if line.kind == "table_row")]
    return headed if _says_all(headed, texts.values()) else plain


def _says_all(lines: Sequence[Line], texts: Iterable[str]) -> bool:
    said = Counter(_plain(line.text for line in lines))
    return not Counter(_plain(texts)) - said


def _plain(texts: Iterable[str]) -> str:
    return re.sub(rf"\s|{SEPARATOR}|\|", "", "".join(texts))


def _row_as_it_is(row: _Row) -> str:
    """The row's texts, that of a cell merged across columns once."""
    cells = dict(zip(row.cells, row.texts, strict=True))
    return SEPARATOR.join(one_line(text) for text in cells.values() if text)
