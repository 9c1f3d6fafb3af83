"""The lines of an answer as HTML: paragraphs, and rows of one table put back into a small table."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from qa.text_layout import Cell, Table, Window, blocks_of, keys_of

_MARKS = re.compile(r"(?:\[\d{1,3}\])+\s*$")
_FIGURE = re.compile(r"[-+.,%\d\s]+")
Render = Callable[[str], str]


def lines_html(text: str, render: Render) -> str:
    """A paragraph a line; rows that follow each other and name the same columns as a table. `render` escapes a line,
    or the marks that a row ends with, and makes buttons of its marks."""
    pieces = []
    for block in blocks_of(text, Window(start=0, end=len(text))):
        if isinstance(block, Table):
            pieces.append(_table_html(text, block, render))
        else:
            lines = text[block.start : block.end].split("\n")
            pieces += [f"<p>{render(line)}</p>" for line in lines if line.strip()]
    return "".join(pieces)


def _table_html(text: str, table: Table, render: Render) -> str:
    names = [name for name, _ in table.columns]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    head = f'<thead><tr>{head}<th scope="col" aria-label="出处"></th></tr></thead>' if any(names) else ""
    body = "".join(_row_html(text, table, cells, render) for _, cells in table.rows)
    return f'<div class="zd-rows" tabindex="0"><table>{head}<tbody>{body}</tbody></table></div>'


def _row_html(text: str, table: Table, cells: list[Cell], render: Render) -> str:
    end = cells[-1].end
    marks = _MARKS.search(text, cells[-1].start, end)
    end = marks.start() if marks else end
    own = dict(zip(keys_of(cells), cells, strict=True))
    shown = "".join(_cell_html(text, own.get(key), end) for key in table.columns)
    return f'<tr>{shown}<td class="is-mark">{render(marks[0]) if marks else ""}</td></tr>'


def _cell_html(text: str, cell: Cell | None, end: int) -> str:
    """A cell, the marks after `end` left out; an empty one is not shown where cells stand below each other."""
    if cell is None:
        return "<td></td>"
    value = text[cell.start : min(cell.end, end)].strip()
    figure = ' class="is-figure"' if _FIGURE.fullmatch(value) else ""
    return f'<td data-label="{escape(cell.name)}"{figure}>{escape(value)}</td>'
