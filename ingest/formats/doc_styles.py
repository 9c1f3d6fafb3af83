"""The paragraph styles of a legacy Word file: which are headings, which number their paragraphs (MS-DOC 2.9.271)."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from ingest.formats.doc_file import STYLES, DocFile
from ingest.formats.doc_properties import LIST_LEVEL, LIST_USE, OUTLINE_LEVEL, Properties, number, properties

_PARAGRAPH_STYLE = 1
_NO_STYLE = 0xFFF
_MAX_DEPTH = 12
_HEADING = re.compile(r"(?:heading|标题)\s*(\d)", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """`level` is a heading's; `list_use` and `list_level` say where its paragraphs are numbered, 0 for nowhere."""

    level: int | None = None
    list_use: int = 0
    list_level: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    identifier: int
    base: int
    name: str
    own: Properties


def read_styles(file: DocFile) -> dict[int, Style]:
    """Number of the style -> what it says, for the paragraph styles."""
    entries = _entries(file.part(STYLES))
    return {index: _style(index, entries) for index in entries}


def outline_level(value: bytes | None) -> int | None:
    """The heading level, 1 the outermost, that an outline property gives; None for running text."""
    level = number(value, 9)
    return level + 1 if level < 9 else None


def _entries(sheet: bytes) -> dict[int, _Entry]:
    if len(sheet) < 6:
        return {}
    head, count, base_bytes = struct.unpack_from("<HHH", sheet)
    at, found = 2 + head, {}
    for index in range(count):
        if at + 2 > len(sheet):
            break
        size = struct.unpack_from("<H", sheet, at)[0]
        entry = _entry(sheet[at + 2 : at + 2 + size], base_bytes)
        if entry:
            found[index] = entry
        at += 2 + size
    return found


def _entry(data: bytes, base_bytes: int) -> _Entry | None:
    if len(data) < max(8, base_bytes + 2):
        return None
    identifier, kind = struct.unpack_from("<HH", data)
    if kind & 0xF != _PARAGRAPH_STYLE:
        return None
    name_chars = struct.unpack_from("<H", data, base_bytes)[0]
    at = base_bytes + 2 + 2 * name_chars
    name = data[base_bytes + 2 : at].decode("utf-16-le", errors="replace")
    at += 2
    at += at % 2
    size = struct.unpack_from("<H", data, at)[0] if at + 2 <= len(data) else 0
    own = properties(data[at + 4 : at + 2 + size])
    return _Entry(identifier=identifier & 0xFFF, base=kind >> 4, name=name.split(",")[0], own=own)


def _style(index: int, entries: dict[int, _Entry]) -> Style:
    """What the style says itself, else the ones it is based on."""
    line = _line(index, entries)
    use, place = _first(line, LIST_USE), _first(line, LIST_LEVEL)
    return Style(level=_level(line), list_use=number(use), list_level=number(place))


def _line(index: int, entries: dict[int, _Entry]) -> list[_Entry]:
    line: list[_Entry] = []
    while index in entries and index != _NO_STYLE and len(line) < _MAX_DEPTH:
        line.append(entries[index])
        index = entries[index].base
    return line


def _first(line: list[_Entry], number_: int) -> bytes | None:
    return next((entry.own[number_] for entry in line if number_ in entry.own), None)


def _level(line: list[_Entry]) -> int | None:
    for entry in line:
        named = _HEADING.fullmatch(entry.name.strip())
        if OUTLINE_LEVEL in entry.own:
            return outline_level(entry.own[OUTLINE_LEVEL])
        if 1 <= entry.identifier <= 9:
            return entry.identifier
        if named:
            return int(named[1])
    return None
