"""The text of a legacy Word file, put together from its pieces (MS-DOC 2.4.1, 2.9.38 "Clx")."""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from dataclasses import dataclass

from ingest.formats.doc_file import PIECES, DocFile

FILLER = "\x00"  # stands where a character takes two positions, so that positions stay true
_COMPRESSED = 0x40000000
_MAX_CHARACTERS = 5_000_000
_WIDE = re.compile("[\U00010000-\U0010ffff]")
_GB_PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_HIGH_RUN = re.compile(rb"[\x80-\xff][\x40-\xff]?")
_GB_SHARE = 0.9  # of the high bytes must make up characters of GB2312


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Text from character position `start` on, stored at byte `offset` of the main stream, `width` bytes each.

    `changes` are properties laid over all of its paragraphs and characters (files saved "fast").
    """

    start: int
    end: int
    offset: int
    width: int
    changes: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class PiecedText:
    """`text[p]` is the character at position p; `missing` characters lie behind the end of the file."""

    text: str
    missing: int
    pieces: tuple[Piece, ...]

    def piece_at(self, position: int) -> Piece | None:
        index = bisect_right(self.pieces, position, key=lambda piece: piece.start) - 1
        return self.pieces[index] if index >= 0 and position < self.pieces[index].end else None

    def offset_of(self, position: int) -> int | None:
        """The byte of the main stream where the character stands."""
        piece = self.piece_at(position)
        return piece.offset + (position - piece.start) * piece.width if piece else None


def pieced_text(file: DocFile) -> PiecedText:
    """The whole text; empty when the piece table cannot be read."""
    pieces = _pieces(file.part(PIECES))
    parts, kept, at, missing = [], [], 0, 0
    for piece in pieces:
        if piece.start != at or piece.end > _MAX_CHARACTERS:
            break
        parts.append(_decoded(file, piece))
        there = max(0, min(len(file.main) - piece.offset, (piece.end - piece.start) * piece.width))
        missing += piece.end - piece.start - there // piece.width
        kept.append(piece)
        at = piece.end
    return PiecedText(text="".join(parts), pieces=tuple(kept), missing=missing)


def _pieces(clx: bytes) -> list[Piece]:
    """The pieces in the order of the text."""
    changes: list[bytes] = []
    at = 0
    while at + 3 <= len(clx) and clx[at] == 1:
        size = struct.unpack_from("<H", clx, at + 1)[0]
        changes.append(clx[at + 3 : at + 3 + size])
        at += 3 + size
    if at + 5 > len(clx) or clx[at] != 2:
        return []
    table = clx[at + 5 : at + 5 + struct.unpack_from("<I", clx, at + 1)[0]]
    count = (len(table) - 4) // 12
    if count < 1:
        return []
    positions = struct.unpack_from(f"<{count + 1}i", table)
    return [
        _piece(table[4 * (count + 1) + 8 * i :][:8], positions[i], positions[i + 1], changes)
        for i in range(count)
        if 0 <= positions[i] < positions[i + 1]
    ]


def _piece(descriptor: bytes, start: int, end: int, changes: list[bytes]) -> Piece:
    _, place, modifier = struct.unpack("<HIH", descriptor)
    compressed = bool(place & _COMPRESSED)
    offset = place & (_COMPRESSED - 1)
    index = modifier >> 1
    change = changes[index] if modifier & 1 and index < len(changes) else b""
    width = 1 if compressed else 2
    return Piece(start=start, end=end, offset=offset // 2 if compressed else offset, width=width, changes=change)


def _decoded(file: DocFile, piece: Piece) -> str:
    """Exactly one character a position; what lies behind the end of the file is filler."""
    size = piece.end - piece.start
    data = file.main[piece.offset : piece.offset + size * piece.width]
    if piece.width == 2:
        text = _WIDE.sub(rf"\g<0>{FILLER}", data[: len(data) // 2 * 2].decode("utf-16-le", errors="replace"))
    elif file.east_asian and is_gb(data):
        text = re.sub(r"[^\x00-\x7f]", rf"\g<0>{FILLER}", data.decode("gbk", errors="replace"))
    else:
        text = data.decode("cp1252", errors="replace")
    return text[:size].ljust(size, FILLER)


def is_gb(data: bytes) -> bool:
    """Whether nearly all bytes above ASCII pair up to characters of GB2312, which single-byte text never does."""
    high = sum(byte > 0x7F for byte in data)
    paired = 2 * sum(bool(_GB_PAIR.fullmatch(run)) for run in _HIGH_RUN.findall(data))
    return high >= 4 and paired >= _GB_SHARE * high
