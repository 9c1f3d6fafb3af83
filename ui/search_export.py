"""A list of hits as a workbook or a Word file, every passage with its source. Nothing in them is ever a formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.search import HitGroup, SearchHit, SearchPage
from ui.draft_footnotes import allowed
from ui.render import day_label, name_of, pages_label, source_label, source_line
from ui.topic_render import KIND_LABELS

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph

HEADERS = ("序号", "原文", "出处", "文件", "文号", "发文机关", "日期", "地区", "年份", "种类", "位置", "页", "来源文件")
_WIDTHS = (6, 70, 40, 36, 20, 22, 16, 12, 8, 10, 30, 10, 30)
_CELL_CHARS = 32_000  # Excel takes 32,767
SHEET = "查找结果"
NO_HITS = "没有查到符合条件的段落。"
MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def xlsx_bytes(page: SearchPage) -> bytes:
    """The hits as a workbook, one a row, in the order of the page."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet: Any = book.active
    sheet.title = SHEET
    sheet.append(HEADERS)
    for number, hit in enumerate(page.hits, 1):
        for column, value in enumerate(_row(number, hit), 1):
            cell = sheet.cell(row=number + 1, column=column)
            cell.value = value
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            if isinstance(value, str):
                cell.data_type = "s"  # openpyxl takes a text that begins with = for a formula
                cell.quotePrefix = True  # and a spreadsheet would, once the cell is edited
    for column, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.cell(row=1, column=column).font = Font(bold=True)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    return _saved(book.save)


def docx_bytes(page: SearchPage) -> bytes:
    """The hits as a Word file: a heading for each document, below it the passages with what was found marked."""
    from ui.draft_page import new_document, styled

    document = new_document()
    document.core_properties.title = allowed(f"查找结果：{page.query}")[:250]
    document.core_properties.author = document.core_properties.comments = ""
    styled(document, "title", SHEET)
    styled(document, "body", allowed(f"查找内容：{page.query}。共 {page.total} 段，列出 {len(page.hits)} 段。"))
    for note in page.notes:
        styled(document, "body", allowed(f"注意：{note}"))
    if not page.hits:
        styled(document, "body", NO_HITS)
    number = 0
    for group in page.groups:
        styled(document, "heading 1", allowed(_heading(group)))
        for hit in group.hits:
            number += 1
            _passage(styled(document, "body"), number, hit)
            styled(document, "body", allowed(f"——{cite_of(hit)}"))
    return _saved(document.save)


WRITERS: dict[str, Callable[[SearchPage], bytes]] = {"xlsx": xlsx_bytes, "docx": docx_bytes}


def write(path: Path, page: SearchPage) -> None:
    """Writes the file its suffix names, whole or not at all. Raises OSError."""
    made = WRITERS[path.suffix.lower().lstrip(".")](page)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(made)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def cite_of(hit: SearchHit) -> str:
    """《标题》（文号）“二、就业帮扶”，第 2 页"""
    metadata = hit.document.metadata
    return source_line(metadata.title, metadata.document_number, hit.path, hit.pages)


def copied(hit: SearchHit) -> str:
    """The passage with its source, ready to paste."""
    return f"“{hit.quote.strip()}”——{cite_of(hit)}"


def _row(number: int, hit: SearchHit) -> Sequence[str | int | None]:
    metadata = hit.document.metadata
    texts = (
        hit.quote.strip(),
        cite_of(hit),
        metadata.title,
        metadata.document_number,
        metadata.issuer,
        day_label(metadata.issued_on or metadata.published_on),
        metadata.place,
    )
    rest = (
        KIND_LABELS.get(metadata.kind or "", metadata.kind),
        " > ".join(hit.path),
        pages_label(hit.pages),
        name_of(hit.document.source),
    )
    return number, *map(_cell, texts), metadata.year, *map(_cell, rest)


def _cell(text: str | None) -> str | None:
    if not text:
        return None
    text = allowed(text)
    return text if len(text) <= _CELL_CHARS else text[:_CELL_CHARS] + "……（过长，余下的请看原文）"


def _heading(group: HitGroup) -> str:
    metadata = group.document.metadata
    facts = [metadata.issuer or "", day_label(metadata.issued_on or metadata.published_on)]
    return source_label(metadata.title, metadata.document_number) + "".join(f"　{f}" for f in facts if f)


def _passage(paragraph: Paragraph, number: int, hit: SearchHit) -> None:
    from docx.enum.text import WD_COLOR_INDEX

    paragraph.add_run(f"{number}. ")
    done = 0
    for start, end in (*hit.matched, (len(hit.quote), len(hit.quote))):
        paragraph.add_run(allowed(hit.quote[done:start]))
        if end > start:
            paragraph.add_run(allowed(hit.quote[start:end])).font.highlight_color = WD_COLOR_INDEX.YELLOW
        done = end


def _saved(save: Callable[[BytesIO], None]) -> bytes:
    made = BytesIO()
    save(made)
    return made.getvalue()
