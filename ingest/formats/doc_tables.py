"""The tables of a legacy Word file: cells as they end, rows with their edges and merges (MS-DOC 2.9.321)."""

from __future__ import annotations

import struct

from ingest.formats.doc_properties import HORIZONTAL_MERGE, ROW_CELLS, VERTICAL_MERGE, Properties
from ingest.formats.grid import GridCell, GridRow, grid
from ingest.formats.raw import Line
from ingest.formats.tables import row_lines

_CELL_BYTES = 20
_MERGED_LEFT, _MERGED_ABOVE, _MERGE_BEGINS = 0x02, 0x20, 0x40  # bits of a cell's description
_DEFAULT_WIDTH = 1000
_MAX_CELLS = 63


class RowsOfCells:
    """A table while its text is read."""

    def __init__(self) -> None:
        self._paragraphs: list[str] = []
        self._cells: list[str] = []
        self._rows: list[GridRow] = []

    def add(self, text: str) -> None:
        """A paragraph of the cell that is being read."""
        if text.strip():
            self._paragraphs.append(text.strip())

    def end_cell(self, text: str) -> None:
        self.add(text)
        self._cells.append("\n".join(self._paragraphs))
        self._paragraphs = []

    def end_row(self, own: Properties) -> None:
        self._rows.append(_row(self._cells, own))
        self._cells = []

    def taken(self) -> list[Line]:
        """The rows so far as lines, one a row; the next table begins."""
        if self._paragraphs:
            self.end_cell("")
        if self._cells:
            self.end_row({})
        rows, self._rows = self._rows, []
        return row_lines(grid(rows)) if rows else []


def _row(texts: list[str], own: Properties) -> GridRow:
    """The cells with what the row's properties say of them; cells they do not describe are of equal width."""
    edges, flags = _described(own.get(ROW_CELLS, b""))
    for index, merge in zip(*[iter(own.get(VERTICAL_MERGE, b""))] * 2, strict=False):
        if index < len(flags):
            flags[index] = flags[index] & ~(_MERGED_ABOVE | _MERGE_BEGINS) | (merge & 3) << 5
    for first, limit in zip(*[iter(own.get(HORIZONTAL_MERGE, b""))] * 2, strict=False):
        for index in range(first + 1, min(limit, len(flags))):
            flags[index] |= _MERGED_LEFT
    cells = []
    for index, text in enumerate(texts):
        if index >= len(flags):
            edges.append((edges[-1] if edges else 0) + _DEFAULT_WIDTH)
        flag = flags[index] if index < len(flags) else 0
        below = bool(flag & _MERGED_ABOVE) and not flag & _MERGE_BEGINS
        right = edges[index + 1] if index + 1 < len(edges) else edges[-1] + _DEFAULT_WIDTH
        cells.append(GridCell(right=right, text=text, continues=bool(flag & _MERGED_LEFT), below=below))
    return GridRow(left=edges[0] if edges else 0, cells=tuple(cells))


def _described(definition: bytes) -> tuple[list[int], list[int]]:
    """The edges from the left, one more than cells, and each cell's bits."""
    count = min(definition[0], _MAX_CELLS) if definition else 0
    if len(definition) < 1 + 2 * (count + 1):
        return [0], []
    edges = list(struct.unpack_from(f"<{count + 1}h", definition, 1))
    begin = 1 + 2 * (count + 1)
    cells = [definition[begin + i * _CELL_BYTES :][:2] for i in range(count)]
    return edges, [int.from_bytes(cell, "little") for cell in cells]
