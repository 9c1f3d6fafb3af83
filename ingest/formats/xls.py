"""Old Excel workbooks (.xls): the sheets' rows by xlrd, which knows the number formats of the cells."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from ingest.document import UnreadableFile
from ingest.formats.raw import RawDocument
from ingest.formats.sheet_numbers import number_format, plain
from ingest.formats.sheet_rows import Merge, Row, Sheet
from ingest.formats.sheets import document_of

if TYPE_CHECKING:
    from xlrd.book import Book

_TEXT, _NUMBER, _DATE, _BOOLEAN, _ERROR = 1, 2, 3, 4, 5  # of xlrd.biffh.XL_CELL_*
_DAMAGE = (  # what xlrd comes to in a damaged file; it has no error of its own for most
    *(struct.error, AssertionError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError),
    *(NotImplementedError, EOFError, OSError, RecursionError, MemoryError, BadZipFile),
)


def read(path: Path) -> RawDocument:
    """The rows of every sheet, hidden ones too. Raises UnreadableFile."""
    import xlrd

    try:
        with Path(os.devnull).open("w") as silence:
            book = _open(path, silence)
            try:
                return document_of(path, _sheets(book), pages=book.nsheets)
            finally:
                book.release_resources()
    except (xlrd.XLRDError, *_DAMAGE):
        raise _damaged(path) from None


def _open(path: Path, log: Any) -> Book:
    import xlrd
    from xlrd.compdoc import CompDocError

    try:
        return xlrd.open_workbook(str(path), formatting_info=True, on_demand=True, logfile=log)
    except (xlrd.XLRDError, CompDocError) as error:
        if "encrypted" in str(error):
            raise UnreadableFile(f"{path}：文件已加密，请去掉密码后重新导入") from None
        raise _damaged(path) from None


def _damaged(path: Path) -> UnreadableFile:
    return UnreadableFile(f"{path}：Excel 文件已损坏，无法打开，请用 Excel 或 WPS 另存为 xlsx 后重新导入")


def _sheets(book: Book) -> Iterator[Sheet]:
    """The sheets, each loaded when it is its turn and given back behind it."""
    for index in range(book.nsheets):
        sheet = book.sheet_by_index(index)
        merges = [Merge(top + 1, left, bottom, right - 1) for top, bottom, left, right in sheet.merged_cells]
        yield Sheet(name=sheet.name, rows=_rows(book, sheet), merges=merges, hidden=sheet.visibility != 0)
        book.unload_sheet(index)


def _rows(book: Book, sheet: Any) -> Iterator[Row]:
    for number in range(sheet.nrows):
        cells = [_shown(book, cell) for cell in sheet.row(number)]
        if any(cells):
            yield Row(number + 1, cells)


def _shown(book: Book, cell: Any) -> str:
    if cell.ctype == _TEXT:
        return str(cell.value)
    if cell.ctype in (_NUMBER, _DATE):
        if not isfinite(cell.value):
            return ""
        code = _format(book, cell.xf_index)
        return number_format(code, bool(book.datemode))(cell.value) if code else plain(cell.value)
    if cell.ctype == _BOOLEAN:
        return "是" if cell.value else "否"
    if cell.ctype == _ERROR:
        from xlrd.biffh import error_text_from_code

        return str(error_text_from_code.get(cell.value, ""))
    return ""


def _format(book: Book, style: int | None) -> str | None:
    if style is None or not 0 <= style < len(book.xf_list):
        return None
    known = book.format_map.get(book.xf_list[style].format_key)
    return known.format_str if known is not None else None
