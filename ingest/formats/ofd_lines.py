"""The characters of an OFD page as lines with their place, and the ruled tables that they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.formats.ofd_content import Glyph, PageContent
from ingest.formats.pdf_boxes import Box
from ingest.formats.pdf_cells import PageTable, is_frame
from ingest.formats.pdf_grid import Grid, grids_of

_SAME_BASE_EMS = 0.35  # so far apart, two base lines are one
_CUT_EMS = 2.0  # a wider gap parts two lines side by side
_SPACE_EMS = 0.6  # a wider gap is a space
_OVERLAP_EMS = 0.6
_CUT_SHARE = 0.3  # of a character's width on either side of an upright line: the line goes through it
_TWICE_POINTS = 1.5  # the same character printed again so near makes it bold


def page_lines(content: PageContent, number: int, width: float, height: float) -> list[Box]:
    """The lines of the page in the order of the file, those in tables too."""
    glyphs = _once(content.glyphs)
    grids = grids_of(content.level, content.upright) if len(content.level) > 1 and len(content.upright) > 2 else []
    boxes: list[Box] = []
    rest = glyphs
    for grid in grids:
        table, inside = _table(grid, rest, number, width * height)
        if table is not None:
            kept = {id(glyph) for glyph in inside}
            rest = [glyph for glyph in rest if id(glyph) not in kept]
            boxes += [_box(line, number, width, table) for line in lines_of(inside)]
    return [*boxes, *(_box(line, number, width, None) for line in lines_of(rest))]


def _once(glyphs: Iterable[Glyph]) -> list[Glyph]:
    """The characters less those printed again at the same place by another piece of text."""
    seen: dict[tuple[str, int, int], int] = {}
    kept: list[Glyph] = []
    for glyph in glyphs:
        x, y = round(glyph.left / _TWICE_POINTS), round(glyph.base / _TWICE_POINTS)
        near = [(glyph.text, x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        if all(seen.get(key, glyph.run) == glyph.run for key in near):
            kept.append(glyph)
            seen[glyph.text, x, y] = glyph.run
    return kept


def lines_of(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """The characters as lines, each from left to right, in the order in which the file begins them."""
    order = {id(glyph): at for at, glyph in enumerate(glyphs)}
    lines: list[list[Glyph]] = []
    for row in _rows(glyphs):
        line: list[Glyph] = []
        for glyph in sorted(row, key=lambda g: (g.left, order[id(g)])):
            if line and not _follows(line[-1], glyph):
                lines.append(line)
                line = []
            line.append(glyph)
        lines.append(line)
    inked = [line for line in lines if any(not glyph.text.isspace() for glyph in line)]
    return sorted(inked, key=lambda line: min(order[id(glyph)] for glyph in line))


def _rows(glyphs: Sequence[Glyph]) -> list[list[Glyph]]:
    """The characters by base line, from the top down."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda g: -g.base):
        near = rows and abs(rows[-1][0].base - glyph.base) <= _SAME_BASE_EMS * min(rows[-1][0].em, glyph.em)
        if near:
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    return rows


def _follows(before: Glyph, glyph: Glyph) -> bool:
    if before.run == glyph.run:
        return True
    gap, em = glyph.left - before.right, max(before.em, glyph.em)
    return -_OVERLAP_EMS * em <= gap <= _CUT_EMS * em


def text_of_line(line: Sequence[Glyph]) -> str:
    """The line's text, wide gaps as spaces."""
    text = line[0].text
    for before, glyph in zip(line, line[1:], strict=False):
        gap = glyph.left - before.right
        if gap > _SPACE_EMS * glyph.em and not (before.text.isspace() or glyph.text.isspace()):
            text += "  " if gap > _CUT_EMS * glyph.em else " "
        text += glyph.text
    return text.strip()


def _box(line: Sequence[Glyph], number: int, width: float, table: PageTable | None) -> Box:
    inked = [glyph for glyph in line if not glyph.text.isspace()]
    em = max(glyph.em for glyph in inked)
    return Box(
        text=text_of_line(line),
        page=number,
        width=width,
        left=inked[0].left,
        right=inked[-1].right,
        top=max(glyph.base for glyph in inked) + em * 0.85,
        em=em,
        table=table,
    )


def _table(
    grid: Grid, glyphs: Sequence[Glyph], number: int, page_area: float
) -> tuple[PageTable | None, Sequence[Glyph]]:
    """The table in the grid and its characters; None when the text does not fit the grid."""
    cells: dict[int, list[Glyph]] = {}
    for glyph in glyphs:
        cell = grid.cell_at(*glyph.middle)
        if cell is None:
            continue
        if not glyph.text.isspace() and _is_cut(glyph, grid, cell):
            return None, ()
        cells.setdefault(cell, []).append(glyph)
    if not cells or is_frame(grid, {cell: len(own) for cell, own in cells.items()}, page_area):
        return None, ()
    texts = {cell: _cell_text(own) for cell, own in cells.items()}
    rows = tuple(tuple(texts.get(cell, "") for cell in row) for row in grid.cells)
    table = PageTable(page=number, grid=grid, rows=rows, characters=frozenset())
    return table, [glyph for own in cells.values() for glyph in own]


def _is_cut(glyph: Glyph, grid: Grid, cell: int) -> bool:
    y, margin = glyph.middle[1], (glyph.right - glyph.left) * _CUT_SHARE
    ends = grid.cell_at(glyph.left + margin, y), grid.cell_at(glyph.right - margin, y)
    return any(end != cell for end in ends)


def _cell_text(glyphs: Sequence[Glyph]) -> str:
    """The cell's lines from top to bottom."""
    return "\n".join(
        " ".join(text_of_line(line) for line in sorted(lines_of(row), key=lambda line: line[0].left))
        for row in _rows(glyphs)
    )
