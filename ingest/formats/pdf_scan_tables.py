"""The ruled tables in the picture of a page: its lines, the grids they make, and which words stand in which cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.formats.pdf_grid import Grid, Ruling, grids_of
from ingest.ocr_image import darkest, ink

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ingest.ocr import Picture

_MIN_LEVEL, _MIN_UPRIGHT = 18.0, 14.0  # points; shorter strokes are parts of characters
_MAX_THICKNESS = 4.0
_MARGIN = 1.2  # points from a cell's line to what is read in it
_MIN_INK_SIDE = 3.0  # points; smaller marks in a cell are specks


@dataclass(frozen=True, slots=True)
class Rect:
    """An upright rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class RuledPage:
    """The grids on a page, in points from the lower left corner, and the picture with their lines painted over."""

    grids: tuple[Grid, ...]
    picture: Picture
    scale: float  # points a pixel

    def up(self, y: float) -> float:
        """The height in points of a row of pixels."""
        return float((self.picture.shape[0] - y) * self.scale)

    def cell_rects(self, grid: Grid) -> dict[int, Rect]:
        """The inner rectangle of every cell."""
        bounds: dict[int, list[float]] = {}
        for row, high, low in zip(grid.cells, grid.ys, grid.ys[1:], strict=False):
            for cell, left, right in zip(row, grid.xs, grid.xs[1:], strict=False):
                at = bounds.setdefault(cell, [left, high, right, low])
                bounds[cell] = [min(at[0], left), max(at[1], high), max(at[2], right), min(at[3], low)]
        height, m = self.picture.shape[0], _MARGIN
        return {
            cell: Rect(
                (left + m) / self.scale,
                height - (high - m) / self.scale,
                (right - m) / self.scale,
                height - (low + m) / self.scale,
            )
            for cell, (left, high, right, low) in bounds.items()
        }


def ruled(picture: Picture, scale: float) -> RuledPage:
    """The grids of the page, `scale` points a pixel."""
    import cv2

    dark = ink(picture)
    level_mask = _opened(dark, max(8, round(_MIN_LEVEL / scale)), 1)
    upright_mask = _opened(dark, 1, max(8, round(_MIN_UPRIGHT / scale)))
    height = picture.shape[0]
    level = [
        Ruling((height - (r.top + r.bottom) / 2) * scale, r.left * scale, r.right * scale)
        for r in _bars(level_mask)
        if r.height * scale <= _MAX_THICKNESS
    ]
    upright = [
        Ruling((r.left + r.right) / 2 * scale, (height - r.bottom) * scale, (height - r.top) * scale)
        for r in _bars(upright_mask)
        if r.width * scale <= _MAX_THICKNESS
    ]
    grids = grids_of(level, upright) if len(level) >= 2 and len(upright) >= 3 else []
    if not grids:
        return RuledPage((), picture, scale)
    lines = cv2.dilate(level_mask | upright_mask, cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3)))
    return RuledPage(tuple(grids), _painted_over(picture, lines, grids, scale), scale)


def _opened(dark: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The straight strokes at least so wide and high; small breaks in them closed before."""
    import cv2
    import numpy as np

    gap = np.ones((1, 5) if width > height else (5, 1), np.uint8)
    closed = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, gap)
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((height, width), np.uint8)), np.uint8)


def _bars(mask: NDArray[np.uint8]) -> Iterator[Rect]:
    import cv2

    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    for i in range(1, count):
        x, y, width, height = (int(n) for n in stats[i, :4])
        yield Rect(x, y, x + width, y + height)


def _painted_over(picture: Picture, lines: NDArray[Any], grids: Sequence[Grid], scale: float) -> Picture:
    """The picture without the lines that lie within the grids."""
    import numpy as np

    clean, height = picture.copy(), picture.shape[0]
    for grid in grids:
        left, right = max(0, int(grid.xs[0] / scale) - 6), int(grid.xs[-1] / scale) + 6
        top, bottom = max(0, int(height - grid.ys[0] / scale) - 6), int(height - grid.ys[-1] / scale) + 6
        area = clean[top:bottom, left:right]
        area[lines[top:bottom, left:right] > 0] = np.median(area.reshape(-1, 3), axis=0)
    return clean


def cut_at_cells(page: RuledPage, grid: Grid, rect: Rect) -> list[tuple[int, Rect]]:
    """(cell, piece) of a line found in the grid; several where it runs over upright lines, none outside."""
    middle = page.up((rect.top + rect.bottom) / 2)
    cells = page.cell_rects(grid)
    met: dict[int, Rect] = {}
    for left, right in zip(grid.xs, grid.xs[1:], strict=False):
        cell = grid.cell_at((left + right) / 2, middle)
        if cell is None or cell in met:
            continue
        inner = cells[cell]
        piece = Rect(
            max(rect.left, inner.left),
            max(rect.top, inner.top) if rect.height < inner.height * 1.5 else inner.top,
            min(rect.right, inner.right),
            min(rect.bottom, inner.bottom),
        )
        if piece.width > rect.height * 0.3 and piece.height > 2:
            met[cell] = piece
    return list(met.items())


def unread_cells(page: RuledPage, grid: Grid, taken: Mapping[int, object]) -> Iterator[tuple[int, Rect]]:
    """(cell, bounds of its ink) of the cells in which no line was found though something is written there."""
    import numpy as np

    least = _MIN_INK_SIDE / page.scale
    for cell, rect in page.cell_rects(grid).items():
        if cell in taken:
            continue
        top, left = max(0, round(rect.top)), max(0, round(rect.left))
        area = page.picture[top : round(rect.bottom), left : round(rect.right)]
        if not area.size:
            continue
        grey = darkest(area)
        ys, xs = np.nonzero(grey < float(np.median(grey)) - 60)
        if ys.size < 12 or max(np.ptp(ys), np.ptp(xs)) < least:
            continue
        x0, x1, y0, y1 = xs.min() - 5, xs.max() + 6, ys.min() - 5, ys.max() + 6
        yield cell, Rect(left + max(0, x0), top + max(0, y0), left + x1, top + y1)


def stacked_characters(crop: Picture) -> list[Picture]:
    """The characters of words written downwards, one picture each; the whole where they cannot be parted."""
    import numpy as np

    grey = darkest(crop)
    inked = (grey < float(np.median(grey)) - 60).any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inked.astype(np.int8), [0]])))
    runs: list[list[int]] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if runs and end - runs[-1][0] <= crop.shape[1] * 0.9:  # strokes of one character apart: 二, 三, 合
            runs[-1][1] = end
        else:
            runs.append([start, end])
    if len(runs) < 2 or any(end - start > crop.shape[1] * 1.4 for start, end in runs):
        return [crop]
    return [crop[max(0, start - 4) : end + 4] for start, end in runs]
