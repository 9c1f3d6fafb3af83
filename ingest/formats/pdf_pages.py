"""Pages of placed lines to the lines of a document: reading order, tables over several pages, margins.

A page of a PDF file and a picture come here alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.formats.pdf_boxes import Box, Item, in_reading_order
from ingest.formats.pdf_cells import PageTable
from ingest.formats.pdf_tables import joined, table_lines
from ingest.formats.raw import Line

_MARGIN_SHARE = 0.12  # so many of the lines must begin or end at a margin for it to be one
_INDENT_EMS = 1.2
_RAGGED_EMS = 2.2  # what may be left free at the end of a full line: punctuation and numbers are not parted
_OWN_MARGINS = 8  # a scanned page with so many lines has margins of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """The lines in reading order, and how many tables and table rows are among them."""

    lines: tuple[Line, ...]
    tables: int
    table_rows: int


def laid_out(pages: Sequence[Sequence[Box]]) -> LaidOut:
    """The text lines of every page, top to bottom, with what their place tells about paragraphs."""
    tables = joined([in_reading_order(boxes, _tables_of(boxes)) for boxes in pages])
    rows = {id(part): lines for parts in tables for part, lines in zip(parts, table_lines(parts), strict=True)}
    items = [
        item
        for boxes in pages
        for item in in_reading_order(boxes, [table for table in _tables_of(boxes) if id(table) in rows])
    ]
    return LaidOut(
        lines=tuple(_lines(items, rows)),
        tables=len(tables),
        table_rows=sum(line.kind == "table_row" for lines in rows.values() for line in lines),
    )


def _tables_of(boxes: Sequence[Box]) -> list[PageTable]:
    """The tables that the lines stand in, as the page has them."""
    return list({id(box.table): box.table for box in boxes if box.table is not None}.values())


def _lines(items: Sequence[Item], rows: Mapping[int, Sequence[Line]]) -> list[Line]:
    """The boxes as lines that know whether they are indented and reach the right edge; the tables' rows."""
    alike: dict[tuple[int, int], list[Box]] = {}
    scanned = Counter(item.page for item in items if isinstance(item, Box) and item.place is not None)
    for item in items:
        if isinstance(item, Box):
            alike.setdefault(_sheet(item, scanned), []).append(item)
    margins = {sheet: _margins(boxes) for sheet, boxes in alike.items()}
    lines: list[Line] = []
    for item in items:
        if isinstance(item, Box):
            lines.append(_line(item, *margins[_sheet(item, scanned)]))
        else:
            lines += rows[id(item)]
    return lines


def _sheet(box: Box, scanned: Mapping[int, int]) -> tuple[int, int]:
    """What pages with the same margins have in common: their width; a scanned page lies a little differently."""
    if box.place is None:
        return round(box.width), 0
    return (0, box.page) if scanned[box.page] >= _OWN_MARGINS else (round(box.width / 20), -1)


def _line(box: Box, left: float, right: float) -> Line:
    located = box.em > 0
    return Line(
        text=box.text,
        page=box.page,
        indented=box.left > left + _INDENT_EMS * box.em if located else None,
        full=box.right > right - _RAGGED_EMS * box.em if located else None,
        boxes=((0, box.place),) if box.place is not None else (),
    )


def _margins(boxes: Sequence[Box]) -> tuple[float, float]:
    """The leftmost and rightmost edges that a fair share of the lines have in common, to 4 points."""
    lefts = Counter(round(b.left / 4) for b in boxes)
    rights = Counter(round(b.right / 4) for b in boxes)
    return min(_common(lefts)) * 4.0, max(_common(rights)) * 4.0


def _common(edges: Counter[int]) -> list[int]:
    """The edges that enough lines share, else the one that most share."""
    enough = max(2.0, edges.total() * _MARGIN_SHARE)
    return [at for at, times in edges.items() if times >= enough] or [edges.most_common(1)[0][0]]
