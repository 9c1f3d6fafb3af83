"""What every reader hands over: lines with their page and kind, before any cleaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ingest.document import Box

Kind = Literal["paragraph", "heading", "table_row", "field"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line, paragraph or table row as the file has it.

    `level` is a heading's, 1 the outermost, when the format knows it. `indented` and `full` say, when the
    format knows its layout (PDF), whether the line begins right of the margin and reaches the right edge.
    `turns` are (offset in text, number of the page that begins there), for a paragraph that crosses pages.
    `boxes` are (offset in text, where the piece that begins there stands on its page), for scans and pictures.
    """

    text: str
    page: int = 1
    kind: Kind = "paragraph"
    level: int | None = None
    indented: bool | None = None
    full: bool | None = None
    turns: tuple[tuple[int, int], ...] = ()
    boxes: tuple[tuple[int, Box], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDocument:
    """A file as its reader sees it.

    `title` is the one that the page shows (HTML), `property_title` the one in the file's properties (PDF, Word),
    which is often left over from another file. `fields` are statements about the
    document that the page carries but does not show (HTML meta tags). `pages` is 0 when the format has none.
    `hard_wrapped` says that a line end is not a paragraph end. `ocr_confidence` is the mean over the characters
    read by OCR (0..1). `warnings` are lines in Chinese on what was lost or is uncertain, with the page.
    """

    lines: tuple[Line, ...]
    title: str | None = None
    property_title: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    pages: int = 0
    pages_empty: int = 0
    pages_ocr: int = 0
    ocr_confidence: float | None = None
    hard_wrapped: bool = False
    tables: int = 0
    table_rows: int = 0
    warnings: tuple[str, ...] = ()
