"""PDF files with a text layer. PDFium reads the text, pypdf the encryption and the title."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.document import UnreadableFile
from ingest.formats.pdf_boxes import Box, Item, in_reading_order, page_boxes
from ingest.formats.pdf_cells import PageTable
from ingest.formats.pdf_tables import joined, table_lines
from ingest.formats.raw import Line, RawDocument

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_PDFIUM = threading.Lock()  # PDFium is not thread-safe, not even for two files
_MARGIN_SHARE = 0.12  # so many of the lines must begin or end at a margin for it to be one
_INDENT_EMS = 1.2
_RAGGED_EMS = 2.2  # what may be left free at the end of a full line: punctuation and numbers are not parted


def read(path: Path) -> RawDocument:
    """The text lines of every page, top to bottom, with what their place tells about paragraphs."""
    title = _title(path)
    with _PDFIUM:
        pages = _pages(path)
    if not any(pages):
        raise UnreadableFile(f"{path}：没有文字层，应为扫描件，目前还不能识别图片文字，请换用可复制文字的版本")
    tables = joined([in_reading_order(boxes, _tables_of(boxes)) for boxes in pages])
    rows = {id(part): lines for parts in tables for part, lines in zip(parts, table_lines(parts), strict=True)}
    items = [
        item
        for boxes in pages
        for item in in_reading_order(boxes, [table for table in _tables_of(boxes) if id(table) in rows])
    ]
    return RawDocument(
        lines=tuple(_lines(items, rows)),
        property_title=title,
        pages=len(pages),
        pages_empty=sum(not boxes for boxes in pages),
        hard_wrapped=True,
        tables=len(tables),
        table_rows=sum(line.kind == "table_row" for lines in rows.values() for line in lines),
    )


def _tables_of(boxes: Sequence[Box]) -> list[PageTable]:
    """The tables that the lines stand in, as the page has them."""
    return list({id(box.table): box.table for box in boxes if box.table is not None}.values())


def _title(path: Path) -> str | None:
    """The title in the file's properties. Raises UnreadableFile when the file is encrypted or damaged."""
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # PDFium decides what is damaged, not its notes
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
            raise UnreadableFile(f"{path}：文件已加密，请去掉密码后重新导入")
        title = reader.metadata.title if reader.metadata else None
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # what PDFium cannot open either is reported by _pages
    return title.strip() or None if isinstance(title, str) else None


def _pages(path: Path) -> list[list[Box]]:
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(path) as pdf:
            return [_page_boxes(pdf, i) for i in range(len(pdf))]
    except PdfiumError as error:
        if "assword" in str(error):
            raise UnreadableFile(f"{path}：文件已加密，请去掉密码后重新导入") from None
        raise UnreadableFile(f"{path}：PDF 已损坏，无法打开，请重新下载或另存后再导入") from None


def _page_boxes(pdf: PdfDocument, index: int) -> list[Box]:
    page = pdf[index]
    try:
        return page_boxes(page, index + 1)
    finally:
        page.close()


def _lines(items: Sequence[Item], rows: Mapping[int, Sequence[Line]]) -> list[Line]:
    """The boxes as lines that know whether they are indented and reach the right edge; the tables' rows."""
    by_width: dict[int, list[Box]] = {}
    for item in items:
        if isinstance(item, Box):
            by_width.setdefault(round(item.width), []).append(item)
    margins = {width: _margins(boxes) for width, boxes in by_width.items()}
    lines: list[Line] = []
    for item in items:
        if isinstance(item, Box):
            lines.append(_line(item, *margins[round(item.width)]))
        else:
            lines += rows[id(item)]
    return lines


def _line(box: Box, left: float, right: float) -> Line:
    located = box.em > 0
    return Line(
        text=box.text,
        page=box.page,
        indented=box.left > left + _INDENT_EMS * box.em if located else None,
        full=box.right > right - _RAGGED_EMS * box.em if located else None,
    )


def _margins(boxes: Sequence[Box]) -> tuple[float, float]:
    """The leftmost and rightmost edges that a fair share of the lines have in common, to 4 points."""
    lefts = Counter(round(b.left / 4) for b in boxes)
    rights = Counter(round(b.right / 4) for b in boxes)
    return min(_common(lefts)) * 4.0, max(_common(rights)) * 4.0


def _common(edges: Counter[int]) -> list[int]:
    """The edges that enough lines share, else the one that most share."""
    enough = max(2.0, edges.total() * _MARGIN_SHARE)
    return [at for at, times in edges.items() if times >= enough] or [edges.most_common(1)[0][0]]
