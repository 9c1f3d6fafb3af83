"""Where a span of a document stands on the pages of its original: boxes that a viewer draws over the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.document import Box, Document, Page, PlacedText
from ingest.formats.pdfium import PDFIUM, opened, opened_page
from ingest.formats.tables import SEPARATOR
from ingest.page_image import page_kind
from ingest.page_match import Wanted, aligned, band_of, occurrences, row_of
from ingest.page_text import PageText, plain, read_page

_LINE_CHARS = 4  # so many stand side by side in a box that is wider than high
_ROOM_EMS = 0.22  # on either side of what OCR found: its boxes hug the ink, and a cut falls a little off
_OPENING, _CLOSING = "（《“〔【", "，。、；：！？）》”〕】"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedPage:
    """A page that a span touches and the boxes round its lines there.

    `read` are the characters of the page inside the boxes, plain, by the page's own text layer, or by OCR where
    the page has none. `row` says that whole rows of a table are boxed, since a row's line names the columns too.
    """

    number: int
    boxes: tuple[Box, ...]
    read: str
    row: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A line of the document on one page, and what of it is quoted."""

    start: int
    end: int
    quoted: tuple[int, int]


def locate(path: Path, document: Document, start: int, end: int) -> tuple[MarkedPage, ...]:
    """The pages that the span touches with its boxes; () for an original without page pictures.

    A page on which nothing of the span is found comes without boxes. Raises UnreadableFile.
    """
    kind = page_kind(path)
    pages = [page for page in document.pages if page.start < end and start < page.end]
    if kind is None or not pages or start >= end:
        return ()
    placed = {p.page for p in document.boxes}
    scanned = [_scanned(document, page, start, end) for page in pages if kind == "picture" or page.number in placed]
    printed = [page for page in pages if kind == "pdf" and page.number not in placed]
    found = [*scanned, *_printed(path, document, printed, start, end)]
    return tuple(sorted(found, key=lambda marked: marked.number))


def _scanned(document: Document, page: Page, start: int, end: int) -> MarkedPage:
    """The pieces read by OCR that the span touches."""
    there = [p for p in document.boxes if p.page == page.number]
    pieces = [p for p in there if p.start < end and start < p.end]
    over = _is_upside_down(there)
    said = "".join(document.text[max(p.start, start) : min(p.end, end)] for p in pieces)
    return MarkedPage(
        number=page.number,
        boxes=tuple(_cut(document.text, piece, start, end, upside_down=over) for piece in pieces),
        read=plain(said),
        row=any(_is_row(document.text[p.start : p.end]) for p in pieces),
    )


def _is_upside_down(pieces: Sequence[PlacedText]) -> bool:
    """Whether the page is shown on its head, as it was scanned: most of what comes later stands higher."""
    falls = [(b.box.y0 > a.box.y0) - (b.box.y0 < a.box.y0) for a, b in zip(pieces, pieces[1:], strict=False)]
    return sum(falls) < 0


def _cut(text: str, piece: PlacedText, start: int, end: int, *, upside_down: bool) -> Box:
    """The part of the piece's box that the span takes up; a table row, and a line on a page that lies on its side,
    is boxed whole."""
    said, box = text[piece.start : piece.end], piece.box
    on_its_side = len(said) >= _LINE_CHARS and box.y1 - box.y0 > box.x1 - box.x0
    if _is_row(said) or on_its_side:
        return box
    widths = _widths(said)
    whole = sum(widths) or 1.0
    first = sum(widths[: max(0, start - piece.start)]) / whole
    last = sum(widths[: max(0, min(end, piece.end) - piece.start)]) / whole
    if upside_down:
        first, last = 1 - last, 1 - first
    width = box.x1 - box.x0
    room = width / whole * _ROOM_EMS
    return Box(
        x0=max(0.0, box.x0 + width * first - room), y0=box.y0, x1=min(1.0, box.x0 + width * last + room), y1=box.y1
    )


def _widths(line: str) -> list[float]:
    """Of each character, in ems: Latin letters and digits are half as wide. OCR's boxes end at the ink, so a mark
    at either end that fills half of its square counts as half."""
    widths = [0.5 if character.isascii() else 1.0 for character in line]
    if line and line[0] in _OPENING:
        widths[0] = 0.5
    if line and line[-1] in _CLOSING:
        widths[-1] = 0.5
    return widths


def _is_row(line: str) -> bool:
    return SEPARATOR in line


def _printed(path: Path, document: Document, pages: list[Page], start: int, end: int) -> Iterator[MarkedPage]:
    """The same on pages with a text layer."""
    if not pages:
        return
    with PDFIUM, opened(path) as pdf:
        for page in pages:
            if page.number <= len(pdf):
                with opened_page(pdf, page.number) as opened_one:
                    text = read_page(opened_one, page.number)
                yield _marked(document, page, text, start, end)


def _marked(document: Document, page: Page, text: PageText, start: int, end: int) -> MarkedPage:
    boxes: list[Box] = []
    row = False
    for part in _parts(document.text, page, start, end):
        found, is_row = _boxes(document.text, page, text, part)
        boxes += (box for box in found if box not in boxes)
        row = row or is_row
    return MarkedPage(number=page.number, boxes=tuple(boxes), read=text.inside(boxes), row=row)


def _parts(text: str, page: Page, start: int, end: int) -> Iterator[_Part]:
    """The lines of the page that the span touches."""
    at = max(page.start, text.rfind("\n", 0, max(start, page.start)) + 1)
    while at < min(end, page.end):
        stop = text.find("\n", at, page.end)
        stop = page.end if stop < 0 else stop
        if stop > max(at, start):
            yield _Part(start=at, end=stop, quoted=(max(at, start), min(stop, end)))
        at = stop + 1


def _boxes(whole: str, page: Page, text: PageText, part: _Part) -> tuple[list[Box], bool]:
    """The boxes round what is quoted of the line, and whether they are a table row's."""
    line = whole[part.start : part.end]
    before = plain(whole[page.start : part.start])
    said = plain(line)
    total = len(before) + len(plain(whole[part.start : page.end]))
    wanted = Wanted(text=said, share=len(before) / max(1, total), nth=len(occurrences(before, said)))
    if said not in text.text or _is_row(line):
        row = row_of(text.rows, line, wanted.nth)
        if row is not None:
            return list(row.boxes), True
        if _is_row(line) and said not in text.text and (band := band_of(text, line)):
            return band, True
    first = len(plain(whole[part.start : part.quoted[0]]))
    last = first + len(plain(whole[part.quoted[0] : part.quoted[1]]))
    positions = [at for at in aligned(text.text, wanted)[first:last] if at is not None]
    return text.lines(positions), False
