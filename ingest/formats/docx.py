"""Word files (.docx): body in order, tables, headings, automatic numbers, text boxes, footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from ingest.document import UnreadableFile
from ingest.formats.docx_numbering import Numbering
from ingest.formats.raw import Line, RawDocument
from ingest.formats.tables import row_lines

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_NOTES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_SKIPPED = {_FALLBACK, f"{_W}del", f"{_W}txbxContent", f"{_W}instrText", f"{_W}pPr", f"{_W}moveFrom"}
_BREAKS = {f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}tab": "  ", f"{_W}noBreakHyphen": "-"}

_EMU_PER_CM = 360_000
_PICTURE_CM2 = 40

_Element = Any  # an lxml element


def read(path: Path) -> RawDocument:
    """The paragraphs and table rows of the body, then the footnotes; heads and feet of pages left out."""
    return read_package(str(path), path)


def read_package(package: str | BytesIO, path: Path) -> RawDocument:
    """The same of a package on disk or in memory; `path` names it in messages."""
    from docx.oxml.exceptions import XmlchemyError
    from lxml.etree import XMLSyntaxError

    document = _open(package, path)
    try:
        content = _content(document)
    except (XmlchemyError, XMLSyntaxError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        raise _damaged(path) from None
    if content.warnings and not any(line.text.strip() for line in content.lines):
        raise UnreadableFile(f"{path}：{content.warnings[0]}，没有其他文字；请把图片另存为 JPG 或转成 PDF 后导入")
    return content


def _content(document: Document) -> RawDocument:
    body = _Body(document)
    lines = [*body.lines(document.element.body), *_footnotes(document)]
    title = (document.core_properties.title or "").strip() or None
    pictures = _pictures(document.element.body)
    return RawDocument(
        lines=tuple(lines),
        property_title=title,
        tables=body.tables,
        table_rows=body.rows,
        warnings=(f"含 {pictures} 张图片，图片里的文字未识别",) if pictures else (),
    )


def _pictures(body: _Element) -> int:
    """How many pictures are large enough to hold text: not logos, seals, signatures."""
    drawn = [d for d in body.iter(f"{_W}drawing") if not any(a.tag == _FALLBACK for a in d.iterancestors())]
    extents = [d.find(".//{*}extent") for d in drawn if d.find(".//{*}blip") is not None]
    areas = (int(e.get("cx", "0")) * int(e.get("cy", "0")) / _EMU_PER_CM**2 for e in extents if e is not None)
    return sum(area >= _PICTURE_CM2 for area in areas)


def _open(package: str | BytesIO, path: Path) -> Document:
    import docx
    from docx.opc.exceptions import OpcError
    from lxml.etree import XMLSyntaxError

    try:
        return docx.Document(package)
    except (OpcError, BadZipFile, XMLSyntaxError, KeyError, ValueError, EOFError):
        raise _damaged(path) from None


def _damaged(path: Path) -> UnreadableFile:
    return UnreadableFile(f"{path}：Word 文件已损坏，无法打开，请用 Word 或 WPS 另存后重新导入")


class _Body:
    """The walk through the body; keeps the running numbers and counts tables."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._numbering = Numbering(document)
        self._levels = _heading_levels(document)
        self.tables = 0
        self.rows = 0

    def lines(self, container: _Element) -> Iterator[Line]:
        for child in container:
            if child.tag == f"{_W}p":
                yield from self._paragraph(child)
            elif child.tag == f"{_W}tbl":
                yield from self._table(child)
            elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml", f"{_W}smartTag"):
                yield from self.lines(child)

    def _paragraph(self, paragraph: _Element) -> Iterator[Line]:
        texts = _text(paragraph).split("\n")
        if any(text.strip() for text in texts):
            texts[0] = self._numbering.mark(paragraph) + texts[0]
        level = self._level(paragraph)
        for text in texts:
            yield Line(text=text, kind="heading" if level else "paragraph", level=level)
        for box in paragraph.iter(f"{_W}txbxContent"):
            if not any(ancestor.tag == _FALLBACK for ancestor in box.iterancestors()):
                yield from self.lines(box)

    def _level(self, paragraph: _Element) -> int | None:
        """The heading level that the paragraph or its style gives, None for running text."""
        own = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
        if own is not None:
            return _outline_level(own)
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        return self._levels.get(style.get(f"{_W}val")) if style is not None else None

    def _table(self, element: _Element) -> Iterator[Line]:
        from docx.table import Table

        table = Table(element, self._document._body)
        rows = row_lines([[_cell_text(cell._tc) for cell in row.cells] for row in table.rows])
        self.tables += 1
        self.rows += sum(line.kind == "table_row" for line in rows)
        yield from rows


def _text(element: _Element) -> str:
    """The text of a paragraph with tracked insertions, without deletions and text boxes."""
    parts: list[str] = []
    for child in element:
        if child.tag in _SKIPPED:
            continue
        if child.tag == f"{_W}t":
            parts.append(child.text or "")
        elif child.tag in _BREAKS:
            parts.append("" if child.get(f"{_W}type") in ("page", "column") else _BREAKS[child.tag])
        elif child.tag == f"{_W}sym":
            continue
        else:
            parts.append(_text(child))
    return "".join(parts)


def _cell_text(cell: _Element) -> str:
    return "\n".join(text for p in cell.iter(f"{_W}p") if (text := _text(p).strip()))


def _outline_level(element: _Element) -> int | None:
    level = int(element.get(f"{_W}val", "9"))
    return level + 1 if level < 9 else None


def _heading_levels(document: Document) -> dict[str, int]:
    """Style id -> heading level, for the styles called Heading N or 标题 N, or with an outline level."""
    levels: dict[str, int] = {}
    for style in document.styles.element.findall(f"{_W}style"):
        name = style.find(f"{_W}name")
        named = re.fullmatch(r"(?:heading|标题)\s*(\d)", name.get(f"{_W}val", ""), re.I) if name is not None else None
        outline = style.find(f"{_W}pPr/{_W}outlineLvl")
        level = int(named[1]) if named else _outline_level(outline) if outline is not None else None
        if level:
            levels[style.get(f"{_W}styleId")] = level
    return levels


def _footnotes(document: Document) -> Iterator[Line]:
    from lxml import etree

    for relation in document.part.rels.values():
        if relation.reltype != _NOTES or relation.is_external:
            continue
        notes = etree.fromstring(relation.target_part.blob)
        real = [note for note in notes if note.get(f"{_W}type") is None]
        for number, note in enumerate(real, start=1):
            text = "".join(_text(p) for p in note.iter(f"{_W}p")).strip()
            if text:
                yield Line(text=f"[注{number}] {text}")
