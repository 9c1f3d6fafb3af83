"""Ruling lines to grids of cells. A grid counts only when every edge in it is either drawn or not, none half."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_SAME_LINE = 3.0  # lines nearer than this are one: double borders, the borders of neighbouring cells
_GAP = 3.5  # a line goes on after a gap of so much: dashes, corners left out
_TOUCH = 3.0  # a line that ends so near another meets it
_OVERRUN = 4.0  # so far a line may run over the grid's edge
_DRAWN, _ABSENT = 0.8, 0.2  # share of an edge that must be covered for it to be there, or not to be
_MAX_LINES = 400  # in one direction; more are a drawing


@dataclass(frozen=True, slots=True)
class Ruling:
    """A level line at y = `at` from x = `start` to `end`, or an upright one at x = `at`."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table: `xs` rise, `ys` fall; cells[row][column] is the cell's number, one for a merged cell."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    cells: tuple[tuple[int, ...], ...]

    def cell_at(self, x: float, y: float) -> int | None:
        """The number of the cell that the point lies in."""
        column = bisect_right(self.xs, x) - 1
        row = bisect_right([-at for at in self.ys], -y) - 1
        inside = 0 <= column < len(self.xs) - 1 and 0 <= row < len(self.ys) - 1
        return self.cells[row][column] if inside else None

    @property
    def area(self) -> float:
        return (self.xs[-1] - self.xs[0]) * (self.ys[0] - self.ys[-1])


def grids_of(level: Sequence[Ruling], upright: Sequence[Ruling]) -> list[Grid]:
    """The grids, top down, of two columns at least and one row; of overlapping ones the smaller."""
    level, upright = _merged(level), _merged(upright)
    if max(len(level), len(upright)) > _MAX_LINES:
        return []
    found = [_grid(rows, columns) for rows, columns in _meshes(level, upright)]
    kept: list[Grid] = []
    for grid in sorted((g for g in found if g is not None), key=lambda g: g.area):
        if not any(_overlap(grid, other) for other in kept):
            kept.append(grid)
    return sorted(kept, key=lambda g: -g.ys[0])


def _merged(rulings: Iterable[Ruling]) -> list[Ruling]:
    """The lines put in place: those side by side at one height, those end to end one line."""
    rows: list[list[Ruling]] = []
    for ruling in sorted(rulings, key=lambda r: r.at):
        if rows and ruling.at - rows[-1][0].at <= _SAME_LINE:
            rows[-1].append(ruling)
        else:
            rows.append([ruling])
    return [line for row in rows for line in _end_to_end(row)]


def _end_to_end(row: Sequence[Ruling]) -> list[Ruling]:
    length = sum(r.end - r.start for r in row) or 1.0
    at = sum(r.at * (r.end - r.start) for r in row) / length
    spans: list[list[float]] = []
    for ruling in sorted(row, key=lambda r: r.start):
        if spans and ruling.start - spans[-1][1] <= _GAP:
            spans[-1][1] = max(spans[-1][1], ruling.end)
        else:
            spans.append([ruling.start, ruling.end])
    return [Ruling(at, start, end) for start, end in spans]


def _meshes(level: Sequence[Ruling], upright: Sequence[Ruling]) -> list[tuple[list[Ruling], list[Ruling]]]:
    """The lines that meet one another, directly or through others: (level, upright) of each mesh."""
    meshes: list[tuple[list[Ruling], list[Ruling]]] = []
    for row in level:
        crossing = [column for column in upright if _meet(row, column)]
        touched = [m for m in meshes if any(column in m[1] for column in crossing)]
        rows = [row, *(r for m in touched for r in m[0])]
        columns = list(dict.fromkeys([*crossing, *(c for m in touched for c in m[1])]))
        meshes = [m for m in meshes if m not in touched] + [(rows, columns)]
    return meshes


def _meet(row: Ruling, column: Ruling) -> bool:
    return (
        row.start - _TOUCH <= column.at <= row.end + _TOUCH and column.start - _TOUCH <= row.at <= column.end + _TOUCH
    )


def _grid(rows: Sequence[Ruling], columns: Sequence[Ruling]) -> Grid | None:
    """The grid of a mesh, None when it has no two columns or an edge is unsure."""
    xs, ys = sorted({c.at for c in columns}), sorted({r.at for r in rows}, reverse=True)
    if len(xs) < 3 or len(ys) < 2 or not (_within(rows, xs[0], xs[-1]) and _within(columns, ys[-1], ys[0])):
        return None
    height, width = len(ys) - 1, len(xs) - 1
    beside = [[_edge(columns, x, ys[r + 1], ys[r]) for x in xs] for r in range(height)]
    above = [[_edge(rows, y, xs[c], xs[c + 1]) for c in range(width)] for y in ys]
    unsure = any(edge is None for edges in (*beside, *above) for edge in edges)
    framed = all(e[0] and e[-1] for e in beside) and all(above[0]) and all(above[-1])
    if unsure or not framed:
        return None
    cells = _cells(beside, above)
    return Grid(tuple(xs), tuple(ys), cells) if cells is not None and _is_table(cells) else None


def _within(lines: Sequence[Ruling], start: float, end: float) -> bool:
    """Whether no line runs out of the grid."""
    return all(start - _OVERRUN <= line.start and line.end <= end + _OVERRUN for line in lines)


def _edge(lines: Sequence[Ruling], at: float, start: float, end: float) -> bool | None:
    """Whether the lines at this place cover the edge; None when they cover a part of it."""
    margin = min(1.5, (end - start) / 4)  # lines run a little over the corner, or end short of it
    start, end = start + margin, end - margin
    covered = sum(max(0.0, min(line.end, end) - max(line.start, start)) for line in lines if line.at == at)
    share = covered / (end - start)
    return True if share >= _DRAWN else False if share <= _ABSENT else None


def _cells(
    beside: Sequence[Sequence[bool | None]], above: Sequence[Sequence[bool | None]]
) -> tuple[tuple[int, ...], ...] | None:
    """The boxes of the grid numbered by cell; None when a cell is no rectangle."""
    height, width = len(beside), len(above[0])
    number = [[-1] * width for _ in range(height)]
    count = 0
    for row in range(height):
        for column in range(width):
            if number[row][column] >= 0:
                continue
            right, below = column + 1, row + 1
            while right < width and not beside[row][right]:
                right += 1
            while below < height and not above[below][column]:
                below += 1
            if not _is_whole(beside, above, (row, below), (column, right)):
                return None
            for r in range(row, below):
                if any(n >= 0 for n in number[r][column:right]):
                    return None
                number[r][column:right] = [count] * (right - column)
            count += 1
    return tuple(tuple(row) for row in number)


def _is_whole(
    beside: Sequence[Sequence[bool | None]],
    above: Sequence[Sequence[bool | None]],
    rows: tuple[int, int],
    columns: tuple[int, int],
) -> bool:
    """Whether the boxes make one cell: nothing drawn inside, all round drawn."""
    (top, bottom), (left, right) = rows, columns
    inner = [beside[r][c] for r in range(top, bottom) for c in range(left + 1, right)]
    inner += [above[r][c] for r in range(top + 1, bottom) for c in range(left, right)]
    rim = [beside[r][c] for r in range(top, bottom) for c in (left, right)]
    rim += [above[r][c] for r in (top, bottom) for c in range(left, right)]
    return not any(inner) and all(rim)


def _is_table(cells: Sequence[Sequence[int]]) -> bool:
    """Whether the rows are parted into columns: two at least in most of them."""
    return sum(len(set(row)) > 1 for row in cells) * 2 >= len(cells)


def _overlap(a: Grid, b: Grid) -> bool:
    return a.xs[0] < b.xs[-1] and b.xs[0] < a.xs[-1] and a.ys[-1] < b.ys[0] and b.ys[-1] < a.ys[0]
