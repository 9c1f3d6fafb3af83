"""Legacy Word files (.doc, .wps): body in order, tables, headings, automatic numbers, text boxes, notes."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

from ingest.formats import doc_properties as props
from ingest.formats.doc_boxes import TextBox, text_boxes
from ingest.formats.doc_file import ENDNOTE_TEXTS, NOTE_TEXTS, SECTIONS, DocFile, damaged, open_doc
from ingest.formats.doc_lists import DocLists
from ingest.formats.doc_properties import DocProperties, ParagraphProperties, number
from ingest.formats.doc_styles import Style, outline_level, read_styles
from ingest.formats.doc_tables import RowsOfCells
from ingest.formats.doc_text import PiecedText, pieced_text
from ingest.formats.doc_visible import CELL_END, plain, visible
from ingest.formats.raw import Line, RawDocument

_BODY, _NOTES, _ENDNOTES, _BOXES = 0, 1, 5, 6  # places in DocFile.counts
_PARAGRAPH_END = re.compile(f"[\r{CELL_END}]")


def read(path: Path) -> RawDocument:
    """The paragraphs and table rows, each text box after its paragraph, then the notes; heads and feet left out."""
    file = open_doc(path)
    pieced = pieced_text(file)
    if not pieced.text:
        raise damaged(path)
    body = _Body(file, pieced)
    lines = [*body.lines(), *body.notes(_NOTES, NOTE_TEXTS, "注")]
    lines += body.notes(_ENDNOTES, ENDNOTE_TEXTS, "尾注")
    return RawDocument(
        lines=tuple(lines),
        property_title=file.title,
        tables=body.tables,
        table_rows=body.rows,
        warnings=tuple(body.warnings()),
    )


class _Body:
    """The walk through the text; keeps the running numbers and counts tables."""

    def __init__(self, file: DocFile, pieced: PiecedText) -> None:
        self._file = file
        self._pieced = pieced
        self._properties = DocProperties(file)
        self._styles = read_styles(file)
        self._lists = DocLists(file)
        self._boxes = text_boxes(file)
        self._text = visible(pieced, self._properties, _section_ends(file, pieced.text))
        self.tables = 0
        self.rows = 0

    def lines(self) -> Iterator[Line]:
        """A line for every paragraph and table row of the body and its text boxes."""
        start, end = self._file.span(_BODY)
        for box in self._boxes:
            stop = self._outside_tables(box.anchor, start, end)
            yield from self._lines(start, stop)
            yield from self._box(box)
            start = max(start, stop)
        yield from self._lines(start, end)

    def _box(self, box: TextBox) -> Iterator[Line]:
        start, end = self._file.span(_BOXES)
        lines = self._lines(start + box.start, min(start + box.end, end))
        yield from (line for line in lines if line.text.strip())

    def _outside_tables(self, anchor: int, start: int, end: int) -> int:
        """Where the paragraph ends that holds the anchor, or the table that holds the paragraph."""
        if anchor < start:
            return start
        ends = (mark for mark in _PARAGRAPH_END.finditer(self._text, anchor, min(end, len(self._text))))
        outside = (mark.end() for mark in ends if _depth(self._own(mark.start())) == 0)
        return next(outside, end)

    def _lines(self, start: int, end: int) -> Iterator[Line]:
        table = RowsOfCells()
        for text, position in self._paragraphs(start, end):
            own = self._own(position)
            depth = _depth(own)
            if depth == 0:
                yield from self._ended(table)
                yield from self._paragraph(text, own)
            elif self._text[position] == CELL_END and depth == 1:
                table.end_row(own.own) if number(own.own.get(props.ROW_END)) else table.end_cell(text)
            elif not number(own.own.get(props.INNER_ROW_END)):
                table.add(text)
        yield from self._ended(table)

    def notes(self, part: int, pair: int, name: str) -> Iterator[Line]:
        """The notes of a part of the text, numbered in order."""
        start, end = self._file.span(part)
        data = self._file.part(pair)
        begins = struct.unpack_from(f"<{len(data) // 4}i", data)
        spans = [(start + a, start + b) for a, b in zip(begins, begins[1:], strict=False)]
        texts = [plain(self._text[a:b]).replace("\r", "\n").strip() for a, b in spans if start <= a < b <= end]
        for at, text in enumerate(filter(None, texts), start=1):
            yield Line(text=f"[{name}{at}] {text}".replace("\n", ""))

    def warnings(self) -> Iterator[str]:
        body = self._file.counts[_BODY]
        lost = max(0, body - len(self._text)) + self._pieced.missing
        if lost:
            yield f"文件不完整，约有 {min(lost, body)} 个字没有读到，请用 Word 或 WPS 打开核对"
        if not self._properties.known:
            yield "文件里没有段落格式的信息，标题和表格未能识别"
        if self._lists.unknown:
            yield f"有 {self._lists.unknown} 段的自动编号未能还原，请对照原文件"

    def _paragraphs(self, start: int, end: int) -> Iterator[tuple[str, int]]:
        """(text, position of its end mark) of each paragraph."""
        at = start
        for mark in _PARAGRAPH_END.finditer(self._text, start, min(end, len(self._text))):
            yield plain(self._text[at : mark.start()]), mark.start()
            at = mark.end()
        rest = plain(self._text[at:end])
        if rest:
            yield rest, min(end, len(self._text)) - 1

    def _own(self, position: int) -> ParagraphProperties:
        piece = self._pieced.piece_at(position)
        offset = self._pieced.offset_of(position)
        if piece is None or offset is None:
            return ParagraphProperties(own={})
        return self._properties.paragraph(offset, piece.changes)

    def _paragraph(self, text: str, own: ParagraphProperties) -> Iterator[Line]:
        style = self._styles.get(own.style, Style())
        level = outline_level(own.own[props.OUTLINE_LEVEL]) if props.OUTLINE_LEVEL in own.own else style.level
        mark = self._mark(own, style) if text.strip() else ""
        for piece in f"{mark}{text}".split("\n"):
            yield Line(text=piece, kind="heading" if level else "paragraph", level=level)

    def _mark(self, own: ParagraphProperties, style: Style) -> str:
        use = number(own.own.get(props.LIST_USE), style.list_use)
        return self._lists.mark(use, number(own.own.get(props.LIST_LEVEL), style.list_level))

    def _ended(self, table: RowsOfCells) -> Iterator[Line]:
        rows = table.taken()
        if rows:
            self.tables += 1
            self.rows += sum(line.kind == "table_row" for line in rows)
            yield from rows


def _depth(own: ParagraphProperties) -> int:
    """How many tables the paragraph stands in."""
    if not number(own.own.get(props.IN_TABLE)):
        return 0
    return max(1, number(own.own.get(props.DEPTH)))


def _section_ends(file: DocFile, text: str) -> frozenset[int]:
    """The positions of the marks that end a section and with it a paragraph."""
    data = file.part(SECTIONS)
    count = max(0, (len(data) - 4) // 16)
    ends = struct.unpack_from(f"<{count + 1}i", data)[1:] if count else ()
    return frozenset(end - 1 for end in ends if 0 < end <= len(text) and text[end - 1] == "\x0c")
