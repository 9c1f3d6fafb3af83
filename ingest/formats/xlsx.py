"""Excel workbooks (.xlsx, .xlsm): the sheets' rows as a stream, in the words that the sheet shows.

Read from the XML itself: openpyxl's streaming mode gives no merged cells, and either the formulas or their values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from ingest.document import UnreadableFile
from ingest.formats.packed import Element, Packed, local, open_packed, resolved
from ingest.formats.raw import RawDocument
from ingest.formats.sheet_numbers import Shown, built_in, number_format, plain
from ingest.formats.sheet_rows import Merge, Row, Sheet
from ingest.formats.sheets import document_of

_WHAT = "Excel 文件"
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)"')
_MAX_COLUMNS = 16_384
_MAX_MERGES = 200_000
_MAX_SHARED_CHARS = 200_000_000
_CHUNK_BYTES = 1 << 20


def read(path: Path) -> RawDocument:
    """The rows of every sheet, hidden ones too. Raises UnreadableFile."""
    with open_packed(path, _WHAT) as package:
        book = _Book(package, path)
        return document_of(path, book.sheets(), pages=len(book.parts), warnings=book.warnings())


@dataclass(frozen=True, slots=True)
class _Part:
    """A sheet as the workbook lists it."""

    name: str
    member: str
    hidden: bool


class _Book:
    """What the sheets of a workbook share: texts, number formats, the calendar."""

    def __init__(self, package: Packed, path: Path) -> None:
        self._package = package
        self._path = path
        workbook = package.xml("xl/workbook.xml")
        if workbook is None:
            raise UnreadableFile(f"{path}：{_WHAT}里没有工作簿，请用 Excel 或 WPS 另存后重新导入")
        relations = _relations(package, "xl/workbook.xml")
        self._from_1904 = any(_is_true(e.get("date1904")) for e in workbook.iter("{*}workbookPr"))
        self.parts, self._charts = [], 0
        for element in workbook.iter("{*}sheet"):
            kind, member = relations.get(_relation_id(element), ("", ""))
            if kind.endswith("/worksheet") and member in package.names:
                name, hidden = element.get("name", ""), element.get("state", "visible") != "visible"
                self.parts.append(_Part(name, member, hidden))
            else:
                self._charts += 1
        if not self.parts:
            raise UnreadableFile(f"{path}：{_WHAT}里没有可读的工作表，请用 Excel 或 WPS 另存后重新导入")
        named = {kind.rpartition("/")[2]: member for kind, member in relations.values()}
        self._formats = _formats(package.xml(named.get("styles", "xl/styles.xml")), self._from_1904)
        self._texts = _shared_texts(package, named.get("sharedStrings", "xl/sharedStrings.xml"), path)

    def warnings(self) -> list[str]:
        """What the workbook holds beside its cells."""
        pictures = sum(bool(re.match(r"xl/media/[^/]+\.(?:png|jpe?g|gif|bmp|tiff?)$", n)) for n in self._package.names)
        charts = self._charts + sum(n.startswith("xl/charts/chart") for n in self._package.names)
        boxes = sum(self._box_texts(n) for n in self._package.names if re.match(r"xl/drawings/drawing\d+\.xml$", n))
        found = ((pictures, "张图片，未识别"), (charts, "个图表，未读取"), (boxes, "个文本框，未读取"))
        return [f"含 {count} {what}" for count, what in found if count]

    def _box_texts(self, member: str) -> int:
        drawing = self._package.xml(member)
        shapes = drawing.iter("{*}sp") if drawing is not None else ()
        return sum(any((t.text or "").strip() for t in shape.iter("{*}t")) for shape in shapes)

    def sheets(self) -> Iterator[Sheet]:
        """The sheets in the workbook's order, each to be read before the next is taken."""
        for part in self.parts:
            with self._package.opened(part.member) as stream:
                merges = _merges(stream)
            sheet = Sheet(name=part.name, rows=iter(()), merges=merges, hidden=part.hidden)
            sheet.rows = self._rows(part, sheet.warnings)
            yield sheet

    def _rows(self, part: _Part, warnings: list[str]) -> Iterator[Row]:
        from lxml import etree

        cells = _Cells(self._texts, self._formats)
        number = 0
        with self._package.opened(part.member) as stream:
            try:
                for _, element in etree.iterparse(
                    stream, tag="{*}row", resolve_entities=False, no_network=True, load_dtd=False
                ):
                    given = element.get("r", "")
                    number = int(given) if given.isdigit() and len(given) < 9 else number + 1
                    row = cells.row(element)
                    if any(row):
                        yield Row(number, row)
                    element.clear()
                    while element.getprevious() is not None:
                        del element.getparent()[0]
            except (etree.XMLSyntaxError, ValueError, OverflowError):
                raise self._package.damaged(f"工作表“{part.name}”") from None
        if cells.unsaved:
            warnings.append(f"{cells.unsaved} 个公式没有保存计算结果，请用 Excel 或 WPS 打开并保存后重新导入")
        if cells.errors:
            warnings.append(f"{cells.errors} 个单元格的公式出错（如 #REF!），照原样保留")


class _Cells:
    """Writes cells as shown, and counts formulas without a value and with an error."""

    def __init__(self, texts: list[str], formats: list[Shown]) -> None:
        self._texts = texts
        self._formats = formats
        self.unsaved = 0
        self.errors = 0

    def row(self, element: Element) -> list[str]:
        cells: list[str] = []
        for cell in element:
            if local(cell) != "c":
                continue
            place = cell.get("r")
            at = _column(place.rstrip("0123456789")) if place else len(cells)
            text = self._text(cell)
            if text:
                if at >= len(cells):
                    cells += [""] * (at + 1 - len(cells))
                cells[at] = text
            elif place is None:
                cells.append("")
        return cells

    def _text(self, cell: Element) -> str:
        kind, value, has_value, has_formula = cell.get("t", "n"), "", False, False
        for child in cell:
            name = local(child)
            if name == "v":
                value, has_value = child.text or "", True
            elif name == "f":
                has_formula = True
            elif name == "is":
                return _rich_text(child)
        if not value:
            self.unsaved += has_formula and not (has_value and kind == "str")
            return ""
        if kind == "s":
            return self._shared(value)
        if kind == "n":
            return self._number(value, cell.get("s", "0"))
        if kind == "b":
            return "是" if value == "1" else "否"
        self.errors += kind == "e"
        return _unescaped(value)

    def _shared(self, value: str) -> str:
        at = int(value)
        return self._texts[at] if 0 <= at < len(self._texts) else ""

    def _number(self, value: str, style: str) -> str:
        number = float(value)
        if number != number or abs(number) == float("inf"):
            return value
        at = int(style) if style.isdigit() else 0
        return self._formats[at](number) if at < len(self._formats) else plain(number)


@lru_cache(maxsize=1 << 15)
def _column(letters: str) -> int:
    at = 0
    for letter in letters:
        at = at * 26 + ord(letter) - 64
    if not 0 < at <= _MAX_COLUMNS:
        raise ValueError(f"no column of a sheet: {letters}")
    return at - 1


def _merges(stream: IO[bytes]) -> list[Merge]:
    """The merged cells, which the file lists behind the rows; the part is run through for them once."""
    found: list[Merge] = []
    tail = b""
    while chunk := stream.read(_CHUNK_BYTES):
        data = tail + chunk
        last = 0
        for match in _MERGE.finditer(data):
            left, top, right, bottom = (part.decode() for part in match.groups())
            found.append(Merge(int(top), _column(left), int(bottom), _column(right)))
            last = match.end()
        tail = data[max(last, len(data) - 200) :]
        if len(found) > _MAX_MERGES:
            break
    return found


def _relations(package: Packed, member: str) -> dict[str, tuple[str, str]]:
    """Id -> (type, member) of what a part refers to."""
    folder, _, name = member.rpartition("/")
    root = package.xml(f"{folder}/_rels/{name}.rels")
    elements = [] if root is None else [e for e in root if local(e) == "Relationship"]
    return {e.get("Id", ""): (e.get("Type", ""), resolved(e.get("Target", ""), folder)) for e in elements}


def _relation_id(element: Element) -> str:
    return next((value for key, value in element.attrib.items() if key.endswith("}id")), "")


def _formats(styles: Element | None, from_1904: bool) -> list[Shown]:
    """The format of every cell style."""
    if styles is None:
        return []
    codes = {e.get("numFmtId", ""): e.get("formatCode", "General") for e in styles.iter("{*}numFmt")}
    ids = [xf.get("numFmtId", "0") for xfs in styles.iter("{*}cellXfs") for xf in xfs if local(xf) == "xf"]
    return [number_format(codes[i] if i in codes else built_in(int(i) if i.isdigit() else 0), from_1904) for i in ids]


def _shared_texts(package: Packed, member: str, path: Path) -> list[str]:
    from lxml import etree

    if member not in package.names:
        return []
    texts: list[str] = []
    size = 0
    with package.opened(member) as stream:
        try:
            for _, element in etree.iterparse(
                stream, tag="{*}si", resolve_entities=False, no_network=True, load_dtd=False
            ):
                texts.append(_rich_text(element))
                size += len(texts[-1])
                if size > _MAX_SHARED_CHARS:
                    raise UnreadableFile(f"{path}：表格中的文字超过 {_MAX_SHARED_CHARS // 10**8} 亿字，请拆分后再导入")
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        except etree.XMLSyntaxError:
            raise package.damaged(member) from None
    return texts


def _rich_text(element: Element) -> str:
    """The text of all runs; the readings printed above characters are left out."""
    parts = (t.text or "" for t in element.iter("{*}t") if local(t.getparent()) != "rPh")
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


def _is_true(value: str | None) -> bool:
    return value in ("1", "true", "on")
