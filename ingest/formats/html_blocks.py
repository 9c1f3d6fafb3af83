"""The elements of a web page as lines: one a block, one a table row; inline text joined."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4.element import NavigableString, Tag

from ingest.fields import meaning_of, parse_field
from ingest.formats.raw import Line
from ingest.formats.tables import row_lines

BLOCKS = frozenset(
    "address article blockquote body center dd details div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 h6 header "
    "hr li main ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_MAX_CELL_CHARS = 600  # a table with a longer cell is there for the layout


def has_blocks(tag: Tag) -> bool:
    return tag.find(list(BLOCKS)) is not None


class Walk:
    """The walk through a page's elements; counts tables."""

    def __init__(self) -> None:
        self.tables = 0
        self.rows = 0

    def lines(self, element: Tag, skipped: Tag | None = None) -> Iterator[Line]:
        """A line for every block, one for every table row."""
        buffer: list[str] = []
        for child in element.children:
            if isinstance(child, NavigableString):
                buffer.append(re.sub(r"\s*\n\s*", "\n", str(child)).replace("\n", "\r"))
            elif isinstance(child, Tag) and child is not skipped:
                if child.name == "br":
                    yield from _flushed(buffer)
                elif child.name in BLOCKS or has_blocks(child):
                    yield from _flushed(buffer)
                    yield from self._block(child, skipped)
                else:
                    yield from self._inline(child, buffer)
        yield from _flushed(buffer)

    def _inline(self, tag: Tag, buffer: list[str]) -> Iterator[Line]:
        if tag.find("br") is None:
            buffer.append(re.sub(r"\s*\n\s*", "\r", tag.get_text()))
            return
        for child in tag.children:
            if isinstance(child, Tag) and child.name == "br":
                yield from _flushed(buffer)
            elif isinstance(child, Tag):
                yield from self._inline(child, buffer)
            elif isinstance(child, NavigableString):
                buffer.append(re.sub(r"\s*\n\s*", "\r", str(child)))

    def _block(self, tag: Tag, skipped: Tag | None) -> Iterator[Line]:
        level = int(tag.name[1]) if re.fullmatch(r"h[1-6]", tag.name) else None
        if tag.name == "table":
            yield from self._table(tag, skipped)
        elif level:
            text = _joined([tag.get_text()])
            if text:
                yield Line(text=text, kind="heading", level=level)
        else:
            yield from self.lines(tag, skipped)

    def _table(self, table: Tag, skipped: Tag | None) -> Iterator[Line]:
        grid = _grid(table)
        cells = [cell for row in grid for cell in row]
        holds_article = skipped is not None and skipped in table.descendants
        is_layout = table.find("table") is not None or max(map(len, cells), default=0) > _MAX_CELL_CHARS
        if is_layout or holds_article or len(grid) < 2 or len(grid[0]) < 2:
            yield from self.lines(table, skipped)
        elif _is_information(grid):
            yield from (Line(text="  ".join(dict.fromkeys(c for c in row if c))) for row in grid)
        else:
            rows = row_lines(grid)
            self.tables += 1
            self.rows += sum(line.kind == "table_row" for line in rows)
            yield from rows


def _flushed(buffer: list[str]) -> Iterator[Line]:
    text = _joined(buffer)
    buffer.clear()
    if text:
        yield Line(text=text)


def _joined(parts: list[str]) -> str:
    """Inline text as one line; a line end of the source between Chinese characters is no space."""
    text = re.sub(r"\s*[\r\n]\s*", "\r", "".join(parts)).strip("\r\n\t ")
    text = re.sub(r"(?<=[^\x00-\xff])\r(?=[^\x00-\xff])", "", text)
    return text.replace("\r", " ").rstrip()


def _is_information(grid: list[list[str]]) -> bool:
    labels = sum(1 for row in grid for cell in row if (f := parse_field(cell)) and meaning_of(f[0]))
    return labels >= 2


def _grid(table: Tag) -> list[list[str]]:
    """The cells' text with merged cells repeated in every place they cover."""
    filled: dict[tuple[int, int], str] = {}
    width = 0
    for y, row in enumerate(table.find_all("tr")):
        x = 0
        for cell in row.find_all(["td", "th"], recursive=False):
            while (y, x) in filled:
                x += 1
            text = "\n".join(line.text for line in Walk().lines(cell))
            for dy in range(_span(cell, "rowspan")):
                for dx in range(_span(cell, "colspan")):
                    filled[y + dy, x + dx] = text
            x += _span(cell, "colspan")
        width = max(width, x)
    height = len(table.find_all("tr"))
    return [[filled.get((y, x), "") for x in range(width)] for y in range(height)]


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, "1")).strip()
    return min(int(value), 200) or 1 if value.isdigit() else 1
