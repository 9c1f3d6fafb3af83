"""The picture of a page as lines with their place and tables, the same as a page with a text layer gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from ingest import ocr
from ingest.formats.pdf_boxes import Box
from ingest.formats.pdf_columns import in_columns
from ingest.formats.pdf_grid import Grid
from ingest.formats.pdf_scan_cells import Piece, tables_of
from ingest.formats.pdf_scan_tables import Rect, RuledPage, cut_at_cells, ruled, stacked_characters, unread_cells
from ingest.ocr_image import (
    Upright,
    cropped,
    fall,
    is_blank,
    is_sideways,
    levelled,
    moved,
    rule_fall,
    sized,
    turned,
    untouched,
)
from ingest.ocr_seal import without_seals
from ingest.ocr_text import doubtful_figures, settled

if TYPE_CHECKING:
    from ingest.ocr import Picture, Quads

_SURE = 0.8  # a line read with less confidence is named in the warnings
_NOTHING = 0.45  # what is read with less is no text
_UPSIDE_DOWN = 0.8  # a page read with less confidence is tried the other way up
_SAMPLE = 8  # lines read to find which way is up
_QUOTED, _QUOTE_CHARS = 3, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What OCR made of a page. `confidence` is the mean over its characters (0..1)."""

    boxes: tuple[Box, ...] = ()
    characters: int = 0
    confidence: float = 0.0
    warnings: tuple[str, ...] = ()


def read_scan(picture: Picture, number: int, width_pt: float) -> Scan:
    """The lines of page `number`, `width_pt` points wide. Raises ocr.OcrUnavailable."""
    ocr.check()
    if min(picture.shape[:2]) < 8 or is_blank(picture):
        return Scan()
    page = untouched(without_seals(sized(picture)))
    scale = width_pt / page.picture.shape[1]
    quads = ocr.find_text(page.picture)
    if not len(quads):
        return Scan(warnings=(f"第{number}页有图像，但没有认出文字，请核对扫描件",))
    page, quads = _level(page, quads)
    ruled_page = ruled(page.picture, scale)
    pieces = _read(ruled_page, _pieces(ruled_page, quads))
    if _mean(pieces)[1] < _UPSIDE_DOWN and _reads_better_turned(page, quads):
        page, quads = _turned(page, quads, 2)
        ruled_page = ruled(page.picture, scale)
        pieces = _read(ruled_page, _pieces(ruled_page, quads))
    return _scan(page, ruled_page, pieces, number)


def _level(page: Upright, quads: Quads) -> tuple[Upright, Quads]:
    """The page with its lines level; whether it stands on its head is seen when it is read."""
    if is_sideways(quads):
        page, quads = _turned(page, quads, 1)
    degrees = fall(quads)
    level = levelled(page, degrees)
    rest = rule_fall(level.picture)
    if rest:
        level = levelled(page, degrees + rest if level is not page else rest)
    return (level, moved(quads, page, level)) if level is not page else (page, quads)


def _turned(page: Upright, quads: Quads, quarters: int) -> tuple[Upright, Quads]:
    after = turned(page, quarters)
    return after, moved(quads, page, after)


def _reads_better_turned(page: Upright, quads: Quads) -> bool:
    import numpy as np

    longest = sorted(quads, key=lambda q: -float(np.linalg.norm(q[1] - q[0])))[:_SAMPLE]
    crops = [cropped(page.picture, quad) for quad in longest]
    flipped = [np.ascontiguousarray(crop[::-1, ::-1]) for crop in crops]
    one, other = (sum(r.confidence for r in ocr.read_lines(some)) for some in (crops, flipped))
    return other > one * 1.1


def _pieces(page: RuledPage, quads: Quads) -> list[Piece]:
    """What is to be read: the lines outside tables whole, those in tables cell by cell."""
    pieces: list[Piece] = []
    for quad in quads:
        rect = Rect(*(float(n) for n in (*quad.min(axis=0), *quad.max(axis=0))))
        at = next((i for i, grid in enumerate(page.grids) if _is_inside(page, grid, rect)), None)
        if at is None:
            pieces.append(Piece(rect, quad))
        else:
            pieces += (Piece(part, cell=(at, cell)) for cell, part in cut_at_cells(page, page.grids[at], rect))
    for at, grid in enumerate(page.grids):
        taken = {piece.cell[1]: piece for piece in pieces if piece.cell and piece.cell[0] == at}
        pieces += (Piece(rect, cell=(at, cell)) for cell, rect in unread_cells(page, grid, taken))
    return pieces


def _is_inside(page: RuledPage, grid: Grid, rect: Rect) -> bool:
    x, y = (rect.left + rect.right) / 2 * page.scale, page.up((rect.top + rect.bottom) / 2)
    return grid.cell_at(x, y) is not None


def _read(page: RuledPage, pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with what they say; those that say nothing are left out."""
    crops = [_crops(page, piece) for piece in pieces]
    readings = iter(ocr.read_lines([crop for parts in crops for crop in parts]))
    read = []
    for piece, parts in zip(pieces, crops, strict=True):
        said = [next(readings) for _ in parts]
        text = settled("".join(reading.text for reading in said))
        if text:
            read.append(replace(piece, text=text, confidence=sum(r.confidence for r in said) / len(said)))
    return read


def _crops(page: RuledPage, piece: Piece) -> list[Picture]:
    """The picture of the piece; of words one below the other, that of each character."""
    if piece.quad is not None and piece.rect.height < 2 * piece.rect.width:
        return [cropped(page.picture, piece.quad)]
    rect = piece.rect
    crop = page.picture[max(0, int(rect.top)) : int(rect.bottom) + 1, max(0, int(rect.left)) : int(rect.right) + 1]
    return stacked_characters(crop) if rect.height > 1.8 * rect.width and piece.cell else [crop]


def _mean(pieces: Iterable[Piece]) -> tuple[int, float]:
    """How many characters were read, and with what confidence."""
    weights = [(len(piece.text), piece.confidence) for piece in pieces]
    characters = sum(count for count, _ in weights)
    return characters, sum(count * share for count, share in weights) / characters if characters else 0.0


def _scan(page: Upright, ruled_page: RuledPage, pieces: Sequence[Piece], number: int) -> Scan:
    kept = [piece for piece in pieces if piece.confidence >= _NOTHING]
    tables = tables_of(page, ruled_page, kept, number)
    free = [piece for piece in kept if piece.cell is None or piece.cell[0] not in tables]
    em = _em(kept, ruled_page.scale)
    boxes = in_columns([_box(page, ruled_page, piece, number, em) for piece in free])
    for at, table in tables.items():
        own = [piece for piece in kept if piece.cell and piece.cell[0] == at]
        boxes += (replace(_box(page, ruled_page, piece, number, em), table=table) for piece in own)
    characters, confidence = _mean(kept)
    return Scan(
        boxes=tuple(boxes),
        characters=characters,
        confidence=confidence,
        warnings=tuple(_warnings(pieces, kept, number)),
    )


def _em(pieces: Sequence[Piece], scale: float) -> float:
    """The width of a Chinese character on the page, in points."""
    widths = [piece.rect.width / ems for piece in pieces if (ems := _ems(piece.text)) >= 4]
    return median(widths or [piece.rect.height * 0.7 for piece in pieces] or [1.0]) * scale


def _ems(text: str) -> float:
    return sum(0.5 if character.isascii() else 1.0 for character in text)


def _box(page: Upright, ruled_page: RuledPage, piece: Piece, number: int, em: float) -> Box:
    rect, scale = piece.rect, ruled_page.scale
    own = rect.width * scale / ems if (ems := _ems(piece.text)) >= 4 else em
    return Box(
        text=piece.text,
        page=number,
        width=page.picture.shape[1] * scale,
        left=rect.left * scale,
        right=rect.right * scale,
        top=ruled_page.up(rect.top),
        em=own,
        bottom=ruled_page.up(rect.bottom),
        place=page.place(rect.left, rect.top, rect.right, rect.bottom),
    )


def _warnings(pieces: Sequence[Piece], kept: Sequence[Piece], number: int) -> Iterable[str]:
    """What is uncertain on the page."""
    unsure = [piece.text for piece in kept if piece.confidence < _SURE]
    if unsure:
        quotes = "；".join(f"“{text[:_QUOTE_CHARS]}”" for text in unsure[:_QUOTED])
        yield f"第{number}页有{len(unsure)}行识别把握不大：{quotes}{'等' if len(unsure) > _QUOTED else ''}，请对照原件"
    lost = len(pieces) - len(kept)
    if lost:
        yield f"第{number}页有{lost}处字迹无法辨认，未收入"
    for word in dict.fromkeys(word for piece in kept for word in doubtful_figures(piece.text)):
        yield f"第{number}页的“{word}”数字与字母难以分清，请对照原件"
