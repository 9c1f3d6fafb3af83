"""The sheets of a workbook as a document: every sheet a page, every table with its title, unit and rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest.document import UnreadableFile
from ingest.formats.raw import Line, RawDocument
from ingest.formats.sheet_rows import Row, Sheet, blocks, filled
from ingest.formats.sheet_tables import TableWriter

MAX_ROWS = 300_000  # of one file
MAX_CELLS = 8_000_000
_DEFAULT_NAME = re.compile(r"(?:sheet|工作表|表)\s?\d*(?:\s?\(\d+\))?", re.I)


def document_of(
    path: Path, sheets: Iterable[Sheet], *, pages: int, warnings: Iterable[str] = (), paged: bool = True
) -> RawDocument:
    """The document that the sheets make. `paged` False leaves page numbers out (CSV). Raises UnreadableFile."""
    reader = _Reader(list(warnings))
    lines: list[Line] = []
    for number, sheet in enumerate(sheets, start=1):
        lines += reader.sheet(sheet, number)
    if not lines:
        raise UnreadableFile(f"{path}：表格里没有内容，请检查后重新导入")
    return RawDocument(
        lines=tuple(lines),
        title=reader.titles[0] if len(reader.titles) == 1 else None,
        pages=pages if paged else 0,
        pages_empty=reader.empty if paged else 0,
        tables=reader.tables,
        table_rows=reader.rows,
        warnings=tuple(reader.warnings),
    )


class _Reader:
    """Goes through the sheets; counts tables, rows and what was not read."""

    def __init__(self, warnings: list[str]) -> None:
        self.warnings = warnings
        self.titles: list[str] = []
        self.empty = 0
        self.tables = 0
        self.rows = 0
        self._rows_read = 0
        self._cells_read = 0

    def sheet(self, sheet: Sheet, number: int) -> list[Line]:
        """The sheet's lines, its name as a heading unless it is the default one."""
        where = f"第{number}张表“{sheet.name}”" if sheet.name else "表格"
        lines = list(self._tables(sheet, number, where))
        if not lines:
            self.empty += 1
        elif sheet.hidden:
            self.warnings.append(f"{where}是隐藏的，内容已读入")
        self.warnings += [f"{where}：{warning}" for warning in sheet.warnings]
        named = sheet.name.strip() and not _DEFAULT_NAME.fullmatch(sheet.name.strip())
        if lines and named and sheet.name.strip() != lines[0].text:
            lines.insert(0, Line(text=sheet.name.strip(), page=number, kind="heading", level=1))
        return lines

    def _tables(self, sheet: Sheet, number: int, where: str) -> Iterator[Line]:
        writer: TableWriter | None = None
        for begins, row in blocks(self._within_limits(sheet, where), sheet.merges):
            if begins or writer is None:
                if writer is not None:
                    yield from self._ended(writer)
                writer = TableWriter(number, writer)
            yield from writer.add(row)
        if writer is not None:
            yield from self._ended(writer)

    def _ended(self, writer: TableWriter) -> Iterator[Line]:
        yield from writer.end()
        self.tables += writer.rows > 0 and not writer.goes_on
        self.rows += writer.rows
        if writer.title:
            self.titles.append(writer.title)

    def _within_limits(self, sheet: Sheet, where: str) -> Iterator[Row]:
        for row in filled(sheet.rows, sheet.merges):
            self._rows_read += 1
            self._cells_read += len(row.cells)
            if self._rows_read > MAX_ROWS or self._cells_read > MAX_CELLS:
                self.warnings.append(
                    f"{where}：第 {row.number} 行起没有读入（一个文件最多 {MAX_ROWS} 行、{MAX_CELLS} 格），请拆分后分别导入"
                )
                return
            yield row
