"""The words of a scanned page's tables in their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.document import Box as Place
from ingest.formats.pdf_cells import PageTable, is_frame
from ingest.formats.pdf_grid import Grid
from ingest.formats.pdf_scan_tables import Rect, RuledPage
from ingest.ocr_image import Upright
from ingest.ocr_text import settled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of the page, or the part of one in a cell: its bounds, and its corners where it leans."""

    rect: Rect
    quad: NDArray[np.float32] | None = None
    cell: tuple[int, int] | None = None  # number of the grid, of the cell in it
    text: str = ""
    confidence: float = 0.0


def tables_of(page: Upright, ruled_page: RuledPage, pieces: Sequence[Piece], number: int) -> dict[int, PageTable]:
    """Number of the grid -> the table in it; a frame round a page of text is none."""
    area = page.picture.shape[0] * page.picture.shape[1] * ruled_page.scale**2
    tables = {}
    for at, grid in enumerate(ruled_page.grids):
        cells: dict[int, list[Piece]] = {}
        for piece in pieces:
            if piece.cell and piece.cell[0] == at:
                cells.setdefault(piece.cell[1], []).append(piece)
        lengths = {cell: sum(len(piece.text) for piece in own) for cell, own in cells.items()}
        if cells and not is_frame(grid, lengths, area):
            tables[at] = _table(page, grid, cells, number)
    return tables


def _table(page: Upright, grid: Grid, cells: dict[int, list[Piece]], number: int) -> PageTable:
    texts = {cell: "\n".join(_rows_of_text(pieces)) for cell, pieces in cells.items()}
    rows = [[piece for cell in set(row) for piece in cells.get(cell, ())] for row in grid.cells]
    return PageTable(
        page=number,
        grid=grid,
        rows=tuple(tuple(texts.get(cell, "") for cell in row) for row in grid.cells),
        characters=frozenset(),
        places=tuple(_around(page, row) for row in rows),
    )


def _rows_of_text(pieces: Sequence[Piece]) -> list[str]:
    """The lines of a cell from top to bottom."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: p.rect.top + p.rect.bottom):
        if rows and (piece.rect.top + piece.rect.bottom) / 2 < rows[-1][0].rect.bottom:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [_row_text(sorted(row, key=lambda p: p.rect.left)) for row in rows]


def _row_text(row: Sequence[Piece]) -> str:
    text = row[0].text
    for before, piece in zip(row, row[1:], strict=False):
        text += (" " if piece.rect.left - before.rect.right > piece.rect.height else "") + piece.text
    return settled(text)


def _around(page: Upright, pieces: Sequence[Piece]) -> Place | None:
    if not pieces:
        return None
    rects = [piece.rect for piece in pieces]
    return page.place(
        min(r.left for r in rects),
        min(r.top for r in rects),
        max(r.right for r in rects),
        max(r.bottom for r in rects),
    )
