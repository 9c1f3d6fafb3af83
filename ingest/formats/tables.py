"""Tables as lines of text: every row says what its columns are, so that one row alone can be understood."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.formats.raw import Line

SEPARATOR = "｜"
_MAX_HEADER_CHARS = 30
_MAX_HEADER_ROWS = 3
_ROW_NAME = re.compile(
    r"(?:序号|项目|名称|类[别型]|单位|姓名|事项|指标|村名?|年[度份]|时间|内容|科目|作物|品种|问题|任务|阶段)$"
)
_COLUMN_NAME = re.compile(
    r"(?:标准|金额|内容|说明|名称|对象|数量?|备注|时间|日期|要求|分值|单位|人数|户数|面积|比例|情况|措施|电话|职务|部门|条件|依据|方式)$"
)
_YEAR_NAME = re.compile(r"(?:19|20)\d{2}年(?:度|[上下]半年|\d{1,2}月|第?[一二三四]季度)?")
_UNEVEN = re.compile(rf"[\s{SEPARATOR}]")
_FIGURE = re.compile(r"[-+¥￥$(]?\d[\d,]*(?:\.\d+)?%?\)?|-")


def row_lines(rows: Sequence[Sequence[str]], pages: Sequence[int] = ()) -> list[Line]:
    """One line a data row: "列名：值｜列名：值"; a table of two columns without a header gives "键：值".

    `pages` are the rows' pages, page 1 for all when not given.
    """
    numbers = [page for page, row in zip(pages or [1] * len(rows), rows, strict=True) if any(map(one_line, row))]
    grid = _drop_empty([[one_line(cell) for cell in row] for row in rows])
    titles = [Line(text=row[0], page=page) for row, page in zip(grid[: _titles(grid)], numbers, strict=False)]
    grid = grid[len(titles) :]
    if not grid:
        return titles
    texts = _pairs(grid) if _is_key_value(grid) else _headed_rows(grid)
    located = zip(texts, numbers[-len(texts) :], strict=True)
    return titles + [Line(text=text, page=page, kind="table_row") for text, page in located if text]


def header_rows(rows: Sequence[Sequence[str]]) -> int:
    """How many of the rows, none of them empty, are titles and column names."""
    grid = _drop_empty([[one_line(cell) for cell in row] for row in rows])
    titles = _titles(grid)
    body = grid[titles:]
    return titles + (header_depth(body) if body and not _is_key_value(body) else 0)


def _titles(grid: list[list[str]]) -> int:
    """How many rows at the top are one title cell across the whole width; the last row is none."""
    return next((i for i, row in enumerate(grid[:-1]) if len(set(row)) > 1), max(0, len(grid) - 1))


def one_line(cell: str) -> str:
    """A cell's text on one line; a break between Chinese characters needs no space."""
    if not _UNEVEN.search(cell):
        return cell
    cell = re.sub(r"(?<=[^\x00-\xff])\s*\n\s*(?=[^\x00-\xff])", "", cell.strip())
    return re.sub(r"\s+", " ", cell).replace(SEPARATOR, "|").strip()


def is_figure(cell: str) -> bool:
    """Whether the cell is a number: "1,200.50", "15%", "-"."""
    return _FIGURE.fullmatch(cell) is not None


def _drop_empty(grid: list[list[str]]) -> list[list[str]]:
    grid = [row for row in grid if any(row)]
    width = max((len(row) for row in grid), default=0)
    grid = [row + [""] * (width - len(row)) for row in grid]
    keep = [i for i in range(width) if any(row[i] for row in grid)]
    return [[row[i] for i in keep] for row in grid]


def _is_key_value(grid: list[list[str]]) -> bool:
    """Two columns whose left one reads like labels, the right one not a column of figures under a name."""
    if len(grid[0]) != 2 or not all(_is_label(row[0]) for row in grid):
        return False
    figures = [any(c.isdigit() for c in row[1]) for row in grid]
    over_figures = len(grid) > 2 and not figures[0] and all(figures[1:])
    named = _ROW_NAME.search(grid[0][0]) and _COLUMN_NAME.search(grid[0][1])
    return not (over_figures or named)


def key_value_rows(grid: list[list[str]]) -> list[str] | None:
    """The rows of a table of two columns, its left one labels, as "键：值"; None for another kind of table."""
    return _pairs(grid) if grid and _is_key_value(grid) else None


def _pairs(grid: list[list[str]]) -> list[str]:
    return [_cell(key, value) if value else key for key, value in grid]


def _headed_rows(grid: list[list[str]]) -> list[str]:
    depth = header_depth(grid)
    names = column_names(grid[:depth], len(grid[0]))
    return [row_text(names, row) for row in grid[depth:]] or [row_text([""] * len(grid[0]), grid[0])]


def header_depth(grid: Sequence[Sequence[str]]) -> int:
    """How many rows at the top are headers, 3 at most: the first, and those that split merged cells of the one above."""
    if not grid or not _is_header(grid[0]):
        return 0
    depth = 1
    while depth < min(_MAX_HEADER_ROWS, len(grid) - 1) and _splits(grid[depth - 1], grid[depth]):
        depth += 1
    return depth


def _splits(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether the lower row names the parts of a merged cell of the upper one, beside a cell merged downwards."""
    merged = any(a and a == b for a, b in zip(upper, upper[1:], strict=False))
    return merged and _is_header(lower) and any(a == b for a, b in zip(upper, lower, strict=True))


def _is_header(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell]
    labels = [cell for cell in filled if _is_label(cell)]
    years = [cell for cell in filled if _YEAR_NAME.fullmatch(cell)]
    return len(filled) * 3 >= len(row) * 2 and bool(labels) and len({*labels, *years}) == len(set(filled))


def _is_label(cell: str) -> bool:
    """Short, and mostly without digits: what names a column or a row."""
    digits = sum(c.isdigit() for c in cell)
    return bool(cell) and len(cell) <= _MAX_HEADER_CHARS and digits * 2 < len(cell) and cell[-1] not in "。；"


def column_names(headers: Sequence[Sequence[str]], width: int) -> list[str]:
    """The name of each column: the header's cells from top to bottom, "脱贫户（户数）"."""
    names = []
    for column in range(width):
        parts = list(dict.fromkeys(row[column] for row in headers if row[column]))
        names.append("".join(f"（{p}）" if i else p for i, p in enumerate(parts)))
    return names


def row_text(names: Sequence[str], row: Sequence[str]) -> str:
    """A data row as "列名：值｜列名：值"; a cell merged across the whole table, as it is."""
    if len(row) > 1 and row[0] and len(set(row)) == 1 and len(set(names)) > 1:
        return row[0]
    cells: list[str] = []
    for name, value in zip(names, row, strict=True):
        cell = _cell(name, value)
        if value and (not cells or cells[-1] != cell):  # a cell merged across columns is said once
            cells.append(cell)
    return SEPARATOR.join(cells)


def _cell(name: str, value: str) -> str:
    name = name.rstrip("：: ")
    return f"{name}：{value}" if name and name != value else value
