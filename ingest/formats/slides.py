"""Slides (.pptx): every slide a page; its title a heading, then its text, tables and notes in reading order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.document import UnreadableFile
from ingest.formats.packed import local, open_packed
from ingest.formats.raw import Line, RawDocument
from ingest.formats.tables import row_lines

if TYPE_CHECKING:
    from pptx.presentation import Presentation
    from pptx.slide import Slide

_WHAT = "幻灯片文件"
_ROW_SHARE = 0.02  # of the slide's height: shapes whose tops differ by less stand side by side
_MAX_GROUPS_DEEP = 12
_DIAGRAM = "/diagramData"

_Shape = Any  # one of python-pptx's many shapes


def read(path: Path) -> RawDocument:
    """The text of every slide, hidden ones too. Raises UnreadableFile."""
    with open_packed(path, _WHAT):
        pass  # only for its checks
    presentation = _open(path)
    from lxml.etree import XMLSyntaxError

    try:
        return _document(presentation, path)
    except (KeyError, ValueError, AttributeError, XMLSyntaxError, TypeError, IndexError):
        raise _damaged(path) from None


def _open(path: Path) -> Presentation:
    import zlib
    from zipfile import BadZipFile

    import pptx
    from lxml.etree import XMLSyntaxError
    from pptx.exc import PythonPptxError

    try:
        return pptx.Presentation(str(path))
    except (
        *(PythonPptxError, BadZipFile, XMLSyntaxError, zlib.error, KeyError, ValueError, EOFError, OSError),
        *(AttributeError, TypeError, NotImplementedError, IndexError, RuntimeError, AssertionError),
    ):
        raise _damaged(path) from None


def _damaged(path: Path) -> UnreadableFile:
    return UnreadableFile(f"{path}：{_WHAT}已损坏，无法打开，请用 PowerPoint 或 WPS 另存后重新导入")


def _document(presentation: Presentation, path: Path) -> RawDocument:
    height = presentation.slide_height or 1
    lines: list[Line] = []
    warnings: list[str] = []
    empty = tables = 0
    slides = list(presentation.slides)
    for number, slide in enumerate(slides, start=1):
        reader = _SlideReader(slide, number, height)
        found = reader.lines()
        lines += found
        empty += not found
        tables += reader.tables
        warnings += [f"第{number}页：{warning}" for warning in reader.warnings()]
    if not lines:
        pictures = "，只有图片" if warnings else ""
        raise UnreadableFile(f"{path}：幻灯片里没有文字{pictures}，请换用含文字的版本")
    return RawDocument(
        lines=tuple(lines),
        property_title=(presentation.core_properties.title or "").strip() or None,
        pages=len(slides),
        pages_empty=empty,
        tables=tables,
        table_rows=sum(line.kind == "table_row" for line in lines),
        warnings=tuple(warnings),
    )


class _SlideReader:
    """The walk over a slide's shapes; counts what has no text."""

    def __init__(self, slide: Slide, number: int, height: int) -> None:
        self._slide = slide
        self._number = number
        self._row = max(1, round(height * _ROW_SHARE))
        self._pictures = 0
        self._charts = 0
        self.tables = 0

    def lines(self) -> list[Line]:
        """The title, the other shapes from the top down, the diagrams, the notes."""
        title = self._slide.shapes.title
        found = list(self._title(title)) if title is not None else []
        others = [shape for shape in self._slide.shapes if title is None or shape.shape_id != title.shape_id]
        found += self._shapes(others, depth=0)
        found += [self._line(text) for text in self._diagrams()]
        return [*found, *self._notes()]

    def warnings(self) -> list[str]:
        """What of the slide was not read, and whether it is hidden."""
        counted = ((self._pictures, "张图片，未识别"), (self._charts, "个图表，未读取"))
        hidden = ["隐藏的页，内容已读入"] if self._slide._element.get("show") == "0" else []
        return [*(f"含 {count} {what}" for count, what in counted if count), *hidden]

    def _line(self, text: str) -> Line:
        return Line(text=text, page=self._number)

    def _title(self, shape: _Shape) -> Iterator[Line]:
        text = " ".join(shape.text_frame.text.split())
        if text:
            yield Line(text=text, page=self._number, kind="heading", level=1)

    def _shapes(self, shapes: Iterable[_Shape], depth: int) -> Iterator[Line]:
        for shape in sorted(shapes, key=self._place):
            yield from self._shape(shape, depth)

    def _place(self, shape: _Shape) -> tuple[int, int]:
        return round((shape.top or 0) / self._row), shape.left or 0

    def _shape(self, shape: _Shape, depth: int) -> Iterator[Line]:
        kind = local(shape._element)
        if kind == "grpSp":
            if depth < _MAX_GROUPS_DEEP:
                yield from self._shapes(shape.shapes, depth + 1)
        elif getattr(shape, "has_table", False):
            yield from self._table(shape.table)
        elif shape.has_text_frame:
            if not _is_furniture(shape):
                yield from (self._line(text) for p in shape.text_frame.paragraphs if (text := _text(p)))
        elif getattr(shape, "has_chart", False):
            self._charts += 1
        elif kind == "pic":
            self._pictures += 1

    def _table(self, table: Any) -> Iterator[Line]:
        lines = row_lines(_grid(table), [self._number] * len(table.rows))
        self.tables += 1
        yield from lines

    def _diagrams(self) -> Iterator[str]:
        """The texts of SmartArt, which stand in a part of their own."""
        from lxml import etree

        from ingest.formats.packed import xml_parser

        for relation in self._slide.part.rels.values():
            if relation.reltype.endswith(_DIAGRAM) and not relation.is_external:
                root = etree.fromstring(relation.target_part.blob, xml_parser())
                for paragraph in root.iter("{*}p"):
                    text = "".join(t.text or "" for t in paragraph.iter("{*}t")).strip()
                    if text:
                        yield text

    def _notes(self) -> Iterator[Line]:
        frame = self._slide.notes_slide.notes_text_frame if self._slide.has_notes_slide else None
        texts = [text for p in frame.paragraphs if (text := _text(p))] if frame is not None else []
        for i, text in enumerate(texts):
            yield self._line(text if i else f"【备注】{text}")


def _text(paragraph: Any) -> str:
    return str(paragraph.text).replace("\v", " ").strip()


def _is_furniture(shape: _Shape) -> bool:
    """Whether the shape holds the slide's number, its date or its foot."""
    if not shape.is_placeholder:
        return False
    from pptx.enum.shapes import PP_PLACEHOLDER

    return shape.placeholder_format.type in (
        PP_PLACEHOLDER.SLIDE_NUMBER,
        PP_PLACEHOLDER.DATE,
        PP_PLACEHOLDER.FOOTER,
    )


def _grid(table: Any) -> list[list[str]]:
    """The cells' text, that of a merged cell in every place that it covers."""
    rows, columns = len(table.rows), len(table.columns)
    grid = [[""] * columns for _ in range(rows)]
    for y in range(rows):
        for x in range(columns):
            cell = table.cell(y, x)
            if cell.is_spanned:
                continue
            height, width = (cell.span_height, cell.span_width) if cell.is_merge_origin else (1, 1)
            for row in grid[y : y + height]:
                row[x : x + width] = [cell.text] * len(row[x : x + width])
    return grid
