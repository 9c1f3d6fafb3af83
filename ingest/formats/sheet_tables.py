"""A table of a sheet as lines: its title and unit, the names of its columns, one line a row; rows are not kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.formats.raw import Line
from ingest.formats.sheet_rows import Row
from ingest.formats.tables import column_names, header_depth, is_figure, key_value_rows, one_line, row_text
from ingest.outline import heading_mark

_LOOK_ROWS = 60  # so many rows are looked at before the first line is given
_TITLE_LEVEL = 2  # of a heading; the sheet's name has 1
_MAX_TITLE_CHARS = 60
_MIN_SPREAD = 3  # columns that a cell covers to be a line of its own
_NOTE = re.compile(r"[^：:｜]{1,16}[：:].*|[（(].*[)）]|.{0,12}\d{4}年\d{1,2}月(?:\d{1,2}日)?|注[：:\d].*|说明.*", re.S)
_SENTENCE = re.compile(r"[。；：！？:;]")


class TableWriter:
    """Takes a table's rows one by one and gives its lines; `before` is the table above it on the sheet."""

    def __init__(self, page: int, before: TableWriter | None = None) -> None:
        self._page = page
        self._before = before if before is not None and before._names else None
        self._waiting: list[Row] = []
        self._settled = False
        self._names: dict[int, str] = {}
        self._figures: set[int] = set()  # columns with figures
        self._width = 0
        self.title: str | None = None
        self.goes_on = False  # with the table above, under its header
        self.rows = 0

    def add(self, row: Row) -> Iterator[Line]:
        """The lines that are ready when the table goes on with this row."""
        row = Row(row.number, [one_line(cell) for cell in row.cells], row.copies)
        if self._settled:
            yield from self._body(row)
            return
        self._waiting.append(row)
        if len(self._waiting) >= _LOOK_ROWS:
            yield from self._settle(whole=False)

    def end(self) -> Iterator[Line]:
        """The lines that are left when the table has no more rows."""
        if not self._settled:
            yield from self._settle(whole=True)
        self._before = None

    def _settle(self, *, whole: bool) -> Iterator[Line]:
        rows, self._waiting, self._settled = self._waiting, [], True
        columns = sorted({at for row in rows for at, cell in enumerate(row.cells) if cell})
        self._width = len(columns)
        top = _preamble(rows, len(columns))
        yield from self._head(rows[:top])
        body = rows[top:]
        grid = [[row.cells[at] if at < len(row.cells) else "" for at in columns] for row in body]
        below = self._before is not None and not top and set(columns) == set(self._before._names)
        pairs = key_value_rows(grid) if whole and not top and not below and len(columns) == 2 else None
        if pairs is not None:
            for text in pairs:
                yield self._row_line(text)
            return
        depth = self._depth(body, grid, columns, top)
        if depth or self._before is None:
            names = column_names(_spread(grid[:depth]), len(columns))
            self._names = dict(zip(columns, names, strict=True))
        else:
            self._names, self.goes_on = self._before._names, True
        for row in body[depth:]:
            yield from self._body(row)
        if depth and depth == len(body):  # nothing but a header
            yield self._row_line(row_text([""] * len(columns), grid[-1]))

    def _depth(self, body: Sequence[Row], grid: list[list[str]], columns: Sequence[int], top: int) -> int:
        """How many rows are headers; none when the rows go on with the table above."""
        if not grid or len(columns) < 2:
            return 0
        before = self._before
        if before is None or top or not set(columns) <= {at for at, name in before._names.items() if name}:
            return header_depth(_spread(grid))
        if set(body[0].own.values()) <= set(before._names.values()):
            return 1  # the same header again
        cells = [body[0].own.get(at, "") for at in before._figures]
        named = bool(cells) and all(cell and not is_figure(cell) for cell in cells)
        return header_depth(_spread(grid)) if named else 0

    def _head(self, rows: Sequence[Row]) -> Iterator[Line]:
        """The rows above the header: titles as headings, units and notes as they are."""
        for row in rows:
            text = "  ".join(row.own.values())
            if _is_title(text):
                self.title = self.title or text
                yield Line(text=text, page=self._page, kind="heading", level=_TITLE_LEVEL)
            else:  # a heading without a level: no section of its own, and no running head when every sheet has it
                yield Line(text=text, page=self._page, kind="heading")

    def _body(self, row: Row) -> Iterator[Line]:
        own = row.own
        if self._width == 1 or _stands_alone(row, own, self._width):
            for text in own.values() if self._width == 1 else ["  ".join(own.values())]:
                yield Line(text=text, page=self._page)
            return
        if len(self._figures) < len(own):
            self._figures |= {at for at, cell in own.items() if is_figure(cell)}
        text = row_text([self._names.get(at, "") for at in own], list(own.values()))
        if text:
            yield self._row_line(text)

    def _row_line(self, text: str) -> Line:
        self.rows += 1
        return Line(text=text, page=self._page, kind="table_row")


def _preamble(rows: Sequence[Row], width: int) -> int:
    """How many rows stand above the header: a single text, or a few of the kind "单位：元"."""
    if width < 2:
        return 0
    count = 0
    for row in rows[:-1]:
        own = row.own
        single = len(own) == 1
        few = len(own) * 2 <= width and all(_NOTE.fullmatch(cell) for cell in own.values())
        if not (single or few):
            break
        count += 1
    return count if any(len(row.own) > 1 for row in rows[count:]) else 0


def _is_title(text: str) -> bool:
    return len(text) <= _MAX_TITLE_CHARS and not (_SENTENCE.search(text) or heading_mark(text) or _NOTE.fullmatch(text))


def _stands_alone(row: Row, own: dict[int, str], width: int) -> bool:
    """Whether the row is a line across the table: a group's heading, a note, who made the table."""
    if width < _MIN_SPREAD or not own:
        return False
    if len(own) == 1:
        ((at, text),) = own.items()
        spread = sum(cell == text for cell in row.cells[at:]) >= _MIN_SPREAD
        return spread or heading_mark(text) is not None or _NOTE.fullmatch(text) is not None
    return len(own) * 2 <= width and all(re.fullmatch(r"[^：:\d]{2,8}[：:].*", cell) for cell in own.values())


def _spread(grid: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows with a header's blanks filled as if its cells were merged: a name over several columns, from the
    left; a name beside them, from above."""
    rows = [list(row) for row in grid]
    for upper, lower in zip(rows[:2], rows[1:3], strict=False):
        gaps = [i for i, cell in enumerate(upper) if not cell and lower[i]]
        beside = [i for i, cell in enumerate(lower) if not cell and upper[i]]
        if not gaps or not beside or any(is_figure(cell) for cell in (*upper, *lower) if cell):
            break
        for i in gaps:
            if i:
                upper[i] = upper[i - 1]
        for i in beside:
            lower[i] = upper[i]
    return rows
