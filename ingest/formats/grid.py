"""Table rows whose cells know only where their edges stand (.doc, .rtf) as a grid with merged cells filled."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

_SAME_EDGE = 120  # twentieths of a point: edges no further apart (2.1 mm) are one
_MAX_COLUMNS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """A cell of a row: its right edge in twentieths of a point, and how it is merged.

    `continues` says that it belongs to the cell on its left, `below` to the one above it.
    """

    right: int
    text: str = ""
    continues: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    left: int = 0
    cells: tuple[GridCell, ...] = field(default=())


def grid(rows: Sequence[GridRow]) -> list[list[str]]:
    """The cells' text, with merged cells repeated in every place they cover."""
    edges = _edges(rows)
    filled: list[list[str]] = []
    for row in rows:
        above = filled[-1] if filled else []
        filled.append(_filled(_joined(row.cells), row.left, edges, above))
    return filled


def _edges(rows: Sequence[GridRow]) -> list[int]:
    """The edges between the columns of the whole table, from the left; one for edges that nearly meet."""
    every = sorted({edge for row in rows for edge in (row.left, *(cell.right for cell in row.cells))})
    edges: list[int] = []
    for edge in every:
        if not edges or edge - edges[-1] > _SAME_EDGE:
            edges.append(edge)
    return edges[: _MAX_COLUMNS + 1]


def _joined(cells: Sequence[GridCell]) -> list[GridCell]:
    """The cells of a row, those merged from left to right as one."""
    joined: list[GridCell] = []
    for cell in cells:
        if cell.continues and joined:
            first = joined[-1]
            joined[-1] = GridCell(right=cell.right, text=first.text or cell.text, below=first.below)
        else:
            joined.append(cell)
    return joined


def _filled(cells: Sequence[GridCell], left: int, edges: list[int], above: list[str]) -> list[str]:
    at = _column(edges, left)
    row = [""] * at
    for cell in cells:
        end = max(_column(edges, cell.right), at + 1)
        if end > _MAX_COLUMNS:
            break
        row += [above[c] if cell.below and c < len(above) else cell.text for c in range(at, end)]
        at = end
    return row


def _column(edges: list[int], edge: int) -> int:
    """The number of the column that begins at this edge."""
    return bisect_left(edges, edge - _SAME_EDGE)
