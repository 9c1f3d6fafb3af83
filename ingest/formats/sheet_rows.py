"""The rows of a sheet on their way to lines: what a row is, and merged cells filled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Merge(NamedTuple):
    """A merged cell: rows counted from 1, columns from 0, the last ones included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class Row:
    """A row's cells as shown. `copies` are the columns whose text is that of a merged cell to their left."""

    number: int
    cells: list[str]
    copies: frozenset[int] = frozenset()

    @property
    def own(self) -> dict[int, str]:
        """Column -> text of the cells that have any, copies left out."""
        return {at: cell for at, cell in enumerate(self.cells) if cell and at not in self.copies}


@dataclass(slots=True)
class Sheet:
    """A sheet to be read once. `rows` leave blank ones out; `warnings` are complete when all rows are read."""

    name: str
    rows: Iterator[Row]
    merges: Sequence[Merge] = ()
    hidden: bool = False
    warnings: list[str] = field(default_factory=list)


def filled(rows: Iterable[Row], merges: Sequence[Merge]) -> Iterator[Row]:
    """The rows with the text of merged cells in every place that they cover. Blank rows stay left out."""
    waiting = sorted(merges, reverse=True)
    active: list[tuple[Merge, str]] = []
    for row in rows:
        active = [(merge, text) for merge, text in active if merge.bottom >= row.number]
        while waiting and waiting[-1].top <= row.number:
            merge = waiting.pop()
            if merge.top == row.number and merge.left < len(row.cells) and row.cells[merge.left]:
                active.append((merge, row.cells[merge.left]))
        yield _with(row, active) if active else row


def _with(row: Row, active: Sequence[tuple[Merge, str]]) -> Row:
    cells, copies = list(row.cells), set(row.copies)
    for merge, text in active:
        right = min(merge.right, max(len(cells) - 1, merge.left + _MAX_COPIES))
        cells += [""] * (right + 1 - len(cells))
        for column in range(merge.left, right + 1):
            cells[column] = text
            if column > merge.left:
                copies.add(column)
    return Row(row.number, cells, frozenset(copies))


_MAX_COPIES = 200  # a cell merged over whole rows of an empty sheet is not written out 16,384 times


def blocks(rows: Iterable[Row], merges: Sequence[Merge]) -> Iterator[tuple[bool, Row]]:
    """(does a table begin here, row): tables are parted by blank rows that no merged cell goes across."""
    spans = sorted((merge.top, merge.bottom) for merge in merges if merge.bottom > merge.top)
    at, reach, before = 0, 0, -1
    for row in rows:
        while at < len(spans) and spans[at][0] <= before:
            reach = max(reach, spans[at][1])
            at += 1
        yield row.number > before + 1 and reach < row.number, row
        before = row.number
