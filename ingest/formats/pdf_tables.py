"""The ruled tables of a PDF file: which parts are one table over several pages, and the rows as lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ingest.document import Box as Place
from ingest.formats.pdf_boxes import Box, Item
from ingest.formats.pdf_cells import PageTable
from ingest.formats.raw import Line
from ingest.formats.tables import SEPARATOR, header_rows, one_line, row_lines
from ingest.furniture import furniture_reason

_SAME_EDGE = 2.0  # points
_SAME_EDGE_SCANNED = 6.0
_SAME_HEIGHT = 4.0
_PAGE_NUMBER = re.compile(r"\d{1,4}(?:\s*/\s*\d{1,4})?")
_CONTINUED = re.compile(r"[（(]?\s*(?:续(?:上)?表|接上[页表]|转下页)[^。]{0,20}|.{0,40}[（(]续[^（）()]{0,4}[)）]")
_TITLE = re.compile(r"附?[表件]\s*[\d一二三四五六七八九十]")


def joined(pages: Sequence[Sequence[Item]]) -> list[list[PageTable]]:
    """The tables, each as its parts on successive pages. What is no table of two rows and columns is left out."""
    running = _running(pages)
    groups: list[list[PageTable]] = []
    rest: list[Box] = []  # since the last table
    for items in pages:
        for item in items:
            if isinstance(item, Box):
                rest.append(item)
            elif groups and _goes_on(groups[-1][-1], item, [b for b in rest if _key(b) not in running]):
                groups[-1].append(item)
                rest = []
            else:
                groups.append([item])
                rest = []
    return [group for group in groups if _is_table(group)]


def _running(pages: Sequence[Sequence[Item]]) -> set[tuple[str, int]]:
    """What stands at the same height of two pages: running heads and feet."""
    keys = Counter(key for items in pages for key in {_key(item) for item in items if isinstance(item, Box)})
    return {key for key, times in keys.items() if times > 1 and not _TITLE.match(key[0])}


def _key(box: Box) -> tuple[str, int]:
    """The line without the page's number, and its height."""
    return re.sub(rf"(?<!\d){box.page}(?!\d)", "#", box.text), round(box.top / _SAME_HEIGHT)


def _goes_on(table: PageTable, following: PageTable, between: Sequence[Box]) -> bool:
    """Whether the second is the first on the next page: the same columns, nothing of the text between."""
    a, b = table.grid.xs, following.grid.xs
    scanned = bool(table.places or following.places)  # two scans of one table lie a little apart
    shift, near = (b[0] - a[0], _SAME_EDGE_SCANNED) if scanned else (0.0, _SAME_EDGE)
    same = len(a) == len(b) and all(abs(x + shift - y) <= near for x, y in zip(a, b, strict=True))
    return same and following.page == table.page + 1 and all(_is_edge_text(box.text) for box in between)


def _is_edge_text(text: str) -> bool:
    """Whether the line is a page number or says that the table goes on."""
    return bool(_PAGE_NUMBER.fullmatch(text) or _CONTINUED.fullmatch(text) or furniture_reason(text) == "page-number")


def _is_table(parts: Sequence[PageTable]) -> bool:
    """Whether there are two rows and two columns with text."""
    filled = [[bool(text) for text in row] for part in parts for row in part.rows]
    return sum(map(any, filled)) > 1 and sum(map(any, zip(*filled, strict=True))) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    page: int
    texts: tuple[str, ...]
    cells: tuple[tuple[int, int], ...]  # (page, number) of the cell that each text is of
    place: Place | None = None  # of the row on its page, when that was read by OCR

    def line(self, line: Line) -> Line:
        """The line as that of this row."""
        boxes = ((0, self.place),) if self.place is not None else ()
        return replace(line, page=self.page, boxes=boxes)


def table_lines(parts: Sequence[PageTable]) -> list[list[Line]]:
    """The lines of a table for each page that it stands on, every row with the names of its columns."""
    rows = _rows(parts[0])
    heads = header_rows([row.texts for row in rows])
    for part in parts[1:]:
        more = _without_repeated(_rows(part), rows[:heads])
        rows += _carried_on(more, rows[-1])
    numbered = row_lines([row.texts for row in rows], range(len(rows)))  # by row instead of page
    lines = _whole([rows[line.page].line(line) for line in numbered], rows, heads)
    set_off = [line if line.kind == "table_row" else replace(line, indented=True) for line in lines]
    return [[line for line in set_off if line.page == part.page] for part in parts]


def _rows(part: PageTable) -> list[_Row]:
    """The rows that have text."""
    places = part.places or (None,) * len(part.rows)
    return [
        _Row(page=part.page, texts=texts, cells=tuple((part.page, cell) for cell in cells), place=place)
        for texts, cells, place in zip(part.rows, part.grid.cells, places, strict=True)
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
    plain = [row.line(Line(text=_row_as_it_is(row), kind="table_row")) for row in rows]
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
