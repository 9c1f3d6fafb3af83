"""What of a legacy Word file's text a reader sees: without field codes, deletions and placeholders of pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ingest.formats.doc_properties import DocProperties
from ingest.formats.doc_text import FILLER, PiecedText

CELL_END = "\x07"
_FIELD = re.compile("[\x13\x14\x15]")
_GONE = "\x00\x01\x02\x03\x04\x05\x08\x13\x14\x15\x1f\x0e"  # placeholders, field marks, optional hyphens, column breaks
_CHARACTERS = str.maketrans({**dict.fromkeys(_GONE, ""), "\x0b": "\n", "\x0c": "\n", "\x1e": "-", "\t": "  "})


def visible(pieced: PiecedText, properties: DocProperties, breaks: frozenset[int]) -> str:
    """The text with filler for what is not seen; positions stay. `breaks` are those where a section ends."""
    text = _without(pieced.text, _deleted(pieced, properties))
    text = _without(text, _field_codes(text))
    return "".join("\r" if at in breaks else c for at, c in enumerate(text)) if breaks else text


def plain(text: str) -> str:
    """Part of the visible text as plain text: line breaks and hyphens as such, placeholders gone."""
    return text.translate(_CHARACTERS)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The spans, which do not overlap and are in order, filled; the ends of cells stay."""
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], re.sub(f"[^{CELL_END}]", FILLER, text[start:end])]
        at = end
    return "".join((*parts, text[at:]))


def _deleted(pieced: PiecedText, properties: DocProperties) -> Iterator[tuple[int, int]]:
    for piece in pieced.pieces:
        at = piece.start
        while at < piece.end:
            offset = piece.offset + (at - piece.start) * piece.width
            deleted, until = properties.deleted_until(offset)
            if until is None or until <= offset:
                break
            end = min(piece.end, at + max(1, (until - offset) // piece.width))
            if deleted:
                yield at, end
            at = end


def _field_codes(text: str) -> list[tuple[int, int]]:
    """From every field's begin to its result; a field that never ends hides nothing."""
    open_: list[list[int]] = []
    found: list[tuple[int, int]] = []
    for mark in _FIELD.finditer(text):
        at = mark.start()
        if mark[0] == "\x13":
            open_.append([at])
        elif mark[0] == "\x14" and open_ and len(open_[-1]) == 1:
            open_[-1].append(at)
        elif mark[0] == "\x15" and open_:
            begin, *result = open_.pop()
            found.append((begin, result[0] if result else at))
    return _outermost(found)


def _outermost(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, without those that lie in another."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept
