"""The lines of a PDF page with their place, and the order in which they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ingest.document import Box as Place
from ingest.formats.pdf_cells import PageTable, page_tables, undoubled
from ingest.formats.pdf_rulings import find_grids

if TYPE_CHECKING:
    from pypdfium2 import PdfPage, PdfTextPage

_BLOCK_GAP_EMS = 6  # a larger step down the page begins another block


@dataclass(frozen=True, slots=True)
class Box:
    """A line with its place on the page, in points from the lower left corner; `em` is a character's width."""

    text: str
    page: int
    width: float  # of the page
    left: float
    right: float
    top: float
    em: float
    table: PageTable | None = None  # that it stands in
    bottom: float | None = None  # for a line read by OCR, as is `place`
    place: Place | None = None  # on the page as it is shown


Item: TypeAlias = Box | PageTable


def page_boxes(page: PdfPage, number: int) -> list[Box]:
    """The lines of the page as the file has them, those in tables too."""
    text_page = page.get_textpage()
    try:
        text = text_page.get_text_range()
        located = len(text) == text_page.count_chars()
        tables = _tables(page, text_page, text, number) if located else []
        inside = {at: table for table in tables for at in table.characters}
        return [
            _box(text_page, text, span, located, inside.get(span[0]), number, page.get_width())
            for span in _spans(text, inside)
        ]
    finally:
        text_page.close()


def _tables(page: PdfPage, text_page: PdfTextPage, text: str, number: int) -> list[PageTable]:
    grids = find_grids(page)
    return page_tables(grids, text_page, text, number, page.get_width() * page.get_height()) if grids else []


def _spans(text: str, inside: Mapping[int, PageTable]) -> Iterator[tuple[int, int]]:
    """(start, end) of the lines without blanks at their ends, cut where one goes into a table or out of it."""
    for match in re.finditer(r"[^\r\n]+", text):
        stripped = match[0].strip("\x02\ufffe ")
        if not stripped:
            continue
        start = match.start() + match[0].index(stripped[0])
        end = match.start() + match[0].rindex(stripped[-1]) + 1
        if inside:
            yield from _cut(text, start, end, inside)
        else:
            yield start, end


def _cut(text: str, start: int, end: int, inside: Mapping[int, PageTable]) -> Iterator[tuple[int, int]]:
    inked = [at for at in range(start, end) if not text[at].isspace() and text[at] not in "\x02\ufffe"]
    for before, at in zip(inked, inked[1:], strict=False):
        if inside.get(before) is not inside.get(at):
            yield start, before + 1
            start = at
    yield start, end


def _box(
    text_page: PdfTextPage,
    text: str,
    span: tuple[int, int],
    located: bool,
    table: PageTable | None,
    number: int,
    width: float,
) -> Box:
    start, end = span
    line = undoubled(text[start:end].replace("\ufffe", ""))
    if not located:
        return Box(line, number, width, 0.0, 0.0, 0.0, 0.0)
    left, bottom, first_right, top = text_page.get_charbox(start, loose=True)
    right = text_page.get_charbox(end - 1, loose=True)[2]
    em = max(first_right - left, (top - bottom) * 0.7)
    return Box(line, number, width, left, right, top, em, table)


def in_reading_order(boxes: Sequence[Box], tables: Sequence[PageTable]) -> list[Item]:
    """The lines that stand in none of the tables, with the tables in their place."""
    items: list[Item] = list(_ordered([box for box in boxes if not any(box.table is table for table in tables)]))
    for table in tables:
        items.insert(_place(items, table), table)
    return items


def _ordered(boxes: Sequence[Box]) -> list[Box]:
    """Blocks that the file holds out of order put from top to bottom; columns side by side stay as they are."""
    runs: list[list[Box]] = []
    for box in boxes:
        drop = runs[-1][-1].top - box.top if runs else 0.0
        if runs and -box.em / 2 <= drop < _BLOCK_GAP_EMS * box.em:
            runs[-1].append(box)
        else:
            runs.append([box])
    ordered = sorted(runs, key=lambda run: -run[0].top)
    stacked = all(a[-1].top > b[0].top for a, b in zip(ordered, ordered[1:], strict=False))
    return [box for run in (ordered if stacked else runs) for box in run]


def _place(items: Sequence[Item], table: PageTable) -> int:
    """Where the table goes: with the fewest lines below it before, and above it after, of those in its width."""
    side = [_side(item, table) for item in items]
    wrong = [side[:i].count(-1) + side[i:].count(1) for i in range(len(items) + 1)]
    return wrong.index(min(wrong))


def _side(item: Item, table: PageTable) -> int:
    """1 above the table, -1 below, 0 beside it."""
    if item.right <= table.left or item.left >= table.right:
        return 0
    return 1 if item.top > table.top else -1
