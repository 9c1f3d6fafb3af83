"""The text of a document as HTML, one quote marked in it, table rows put back into tables."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from qa.text_layout import Cell, Table, Window, blocks_of, keys_of

if TYPE_CHECKING:
    from ingest.document import Document

HEADING_CHARS = 60  # a longer "heading" is a paragraph
INDENT = '<i class="zd-indent"></i>'


def text_html(document: Document, window: Window, start: int, end: int) -> str:
    """The text of the window. Outside tables `<mark>` holds exactly what it covers of `text[start:end]`: indents,
    page marks and headings are drawn by empty or inline elements that add no character. In a table the values are
    marked, and `data-name` is the column's name that the line says before each."""
    blocks = blocks_of(document.text, window)
    body = "".join(
        _table_html(document, block, start, end) if isinstance(block, Table) else _text(document, block, start, end)
        for block in blocks
    )
    return f'<div class="zd-text" tabindex="0" role="group" aria-label="文件文字">{body}</div>'


def _text(document: Document, part: Window, start: int, end: int) -> str:
    first, last = max(part.start, min(start, part.end)), max(part.start, min(end, part.end))
    marked = f"<mark>{_run(document, first, last)}</mark>" if last > first else ""
    if not marked:
        return _run(document, part.start, part.end)
    return f"{_run(document, part.start, first)}{marked}{_run(document, last, part.end)}"


def _table_html(document: Document, table: Table, start: int, end: int) -> str:
    names = [name for name, _ in table.columns]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    head = f"<thead><tr>{head}</tr></thead>" if any(names) else ""
    body = "".join(_rows(document, table, start, end))
    return f'<div class="zd-grid"><table>{head}<tbody>{body}</tbody></table></div>'


def _rows(document: Document, table: Table, start: int, end: int) -> Iterator[str]:
    turns = {p.start: p.number for p in document.pages if p.number > 1}
    for at, cells in table.rows:
        if at in turns:
            yield f'<tr class="is-turn"><td colspan="{len(table.columns)}">{_page_mark(turns[at])}</td></tr>'
        own = dict(zip(keys_of(cells), cells, strict=True))
        shown = "".join(_cell(document.text, own.get(key), start, end) for key in table.columns)
        quoted = start < end and at < end and start < cells[-1].end
        yield f'<tr class="is-quoted">{shown}</tr>' if quoted else f"<tr>{shown}</tr>"


def _cell(text: str, cell: Cell | None, start: int, end: int) -> str:
    if cell is None:
        return "<td></td>"
    first, last = max(cell.start, min(start, cell.end)), max(cell.start, min(end, cell.end))
    shown = escape(text[cell.start : first])
    shown += f"<mark>{escape(text[first:last])}</mark>" if last > first else ""
    shown += escape(text[max(first, last) : cell.end])
    figure = ' class="is-figure"' if _is_figure(text[cell.start : cell.end]) else ""
    return f'<td data-name="{escape(cell.name)}"{figure}>{shown}</td>'


def _is_figure(value: str) -> bool:
    return bool(value) and all(c.isdigit() or c in "-+.,% " for c in value)


def _page_mark(number: int) -> str:
    return f'<i class="zd-page" data-page="{number}"></i>'


def _run(document: Document, start: int, end: int) -> str:
    """Escaped text[start:end], with a drawn sign where a page, a heading or a paragraph begins."""
    starts = {s.start: s.heading for s in document.sections if s.heading}
    pages = {p.start: p.number for p in document.pages if p.number > 1}
    pieces: list[str] = []
    position = start
    for line in document.text[start:end].splitlines(keepends=True):
        pieces += (_page_mark(pages[at]) for at in sorted(p for p in pages if position <= p < position + len(line)))
        begins = position == 0 or document.text[position - 1] == "\n"
        heading = starts.get(position, "") if begins else ""
        pieces.append(_line(line, heading, begins))
        position += len(line)
    return "".join(pieces)


def _line(line: str, heading: str, begins: bool) -> str:
    """A line with its heading in bold; a line that is more than a heading is indented like a paragraph."""
    at = line.find(heading) if heading else -1
    if at < 0 or line[:at].strip() or len(heading) > HEADING_CHARS:
        return (INDENT if begins and line.strip() else "") + escape(line)
    rest = line[at + len(heading) :]
    return f"{INDENT if rest.strip() else ''}{escape(line[:at])}<b>{escape(heading)}</b>{escape(rest)}"
