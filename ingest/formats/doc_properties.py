"""Properties of paragraphs and characters in a legacy Word file (MS-DOC 2.6 "sprm", 2.9.175 "PapxFkp")."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ingest.formats.doc_file import CHARACTER_PAGES, PARAGRAPH_PAGES, DocFile

# The properties that are used, by their numbers.
OUTLINE_LEVEL, LIST_LEVEL, LIST_USE, STYLE = 0x2640, 0x260A, 0x460B, 0x4600
IN_TABLE, ROW_END, DEPTH, INNER_ROW_END = 0x2416, 0x2417, 0x6649, 0x244C
ROW_CELLS, VERTICAL_MERGE, HORIZONTAL_MERGE = 0xD608, 0xD62B, 0x5624
DELETED = 0x0800
_HUGE, _HUGE_OLD, _TABLE_PROPERTIES = 0x6646, 0x6645, 0x646B  # the properties stand in the data stream
_CHANGED_TABS = 0xC615
_PAGE_BYTES = 512
_SIZES = (1, 1, 2, 4, 2, 2, 0, 3)  # bytes of the value, by the three top bits of the number; 0: told by its length

Properties = dict[int, bytes]


def properties(data: bytes) -> Properties:
    """Number -> value of every property; of one that is given twice, the last (of cell merges, all together).

    Stops where the data breaks off.
    """
    found: Properties = {}
    for name, value in _properties(data):
        found[name] = found.get(name, b"") + value if name in (VERTICAL_MERGE, HORIZONTAL_MERGE) else value
    return found


def _properties(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 3 <= len(data):
        number = struct.unpack_from("<H", data, at)[0]
        at += 2
        size = _SIZES[number >> 13]
        if size == 0:
            at, size = _variable(number, data, at)
        if at + size > len(data):
            return
        yield number, data[at : at + size]
        at += size


def _variable(number: int, data: bytes, at: int) -> tuple[int, int]:
    """Where the value begins and its size."""
    if number == ROW_CELLS and at + 2 <= len(data):
        return at + 2, max(0, struct.unpack_from("<H", data, at)[0] - 1)
    if number == _CHANGED_TABS and data[at] == 255:
        deleted = data[at + 1] if at + 1 < len(data) else 0
        added_at = at + 2 + 4 * deleted
        added = data[added_at] if added_at < len(data) else 0
        return at + 1, 2 + 4 * deleted + 3 * added
    return at + 1, data[at]


def number(value: bytes | None, missing: int = 0) -> int:
    return int.from_bytes(value, "little") if value else missing


@dataclass(frozen=True, slots=True, kw_only=True)
class ParagraphProperties:
    """The number of a paragraph's style and the properties that it has beside it."""

    style: int = 0
    own: Properties


class _Pages:
    """Runs of bytes of the main stream with what is kept for each, on pages of 512 bytes."""

    def __init__(self, file: DocFile, pair: int) -> None:
        self._file = file
        table = file.part(pair)
        count = max(0, (len(table) - 4) // 8)
        self._begins = struct.unpack_from(f"<{count + 1}I", table) if count else (0,)
        self._numbers = struct.unpack_from(f"<{count}I", table, 4 * (count + 1)) if count else ()
        self._kept: dict[int, tuple[tuple[int, ...], bytes]] = {}

    @property
    def empty(self) -> bool:
        return not self._numbers

    def run_at(self, offset: int) -> tuple[int, bytes, int] | None:
        """(end of the run, its page, its number on the page) for the run that holds the byte."""
        index = bisect_right(self._begins, offset) - 1
        if not 0 <= index < len(self._numbers):
            return None
        begins, page = self._page(self._numbers[index] & 0x3FFFFF)
        run = bisect_right(begins, offset) - 1
        return (begins[run + 1], page, run) if 0 <= run < len(begins) - 1 else None

    def _page(self, number: int) -> tuple[tuple[int, ...], bytes]:
        if number not in self._kept:
            page = self._file.main[number * _PAGE_BYTES : (number + 1) * _PAGE_BYTES]
            count = page[-1] if len(page) == _PAGE_BYTES else 0
            fits = 4 * (count + 1) < _PAGE_BYTES
            self._kept[number] = (struct.unpack_from(f"<{count + 1}I", page) if count and fits else (), page)
        return self._kept[number]


class DocProperties:
    """What is set for the paragraph or character at a byte of the main stream."""

    def __init__(self, file: DocFile) -> None:
        self._file = file

    @cached_property
    def _paragraphs(self) -> _Pages:
        return _Pages(self._file, PARAGRAPH_PAGES)

    @cached_property
    def _characters(self) -> _Pages:
        return _Pages(self._file, CHARACTER_PAGES)

    @property
    def known(self) -> bool:
        """Whether the file says anything of its paragraphs; without it there are no tables and headings."""
        return not self._paragraphs.empty

    def paragraph(self, offset: int, changes: bytes = b"") -> ParagraphProperties:
        found = self._paragraphs.run_at(offset)
        style, data = _paragraph_entry(found[1], found[2]) if found else (0, b"")
        own = self._with_far_ones(properties(data)) | properties(changes)
        return ParagraphProperties(style=number(own.get(STYLE), style), own=own)

    def deleted_until(self, offset: int) -> tuple[bool, int | None]:
        """Whether the character is struck out by a tracked change, and the byte up to which that holds."""
        found = self._characters.run_at(offset)
        if found is None:
            return False, None
        return number(properties(_character_entry(found[1], found[2])).get(DELETED)) == 1, found[0]

    def _with_far_ones(self, own: Properties) -> Properties:
        """Long properties of table rows stand in the data stream."""
        for pointer in (_HUGE, _HUGE_OLD, _TABLE_PROPERTIES):
            at = number(own.get(pointer), -1)
            if at >= 0 and at + 2 <= len(self._file.data):
                size = struct.unpack_from("<H", self._file.data, at)[0]
                own = own | properties(self._file.data[at + 2 : at + 2 + size])
        return own


def _entry_at(page: bytes, run: int, entry_bytes: int) -> int:
    """Where on the page the run's properties stand, 0 for nowhere."""
    at = 4 * (page[-1] + 1) + run * entry_bytes
    return 2 * page[at] if at < _PAGE_BYTES else 0


def _paragraph_entry(page: bytes, run: int) -> tuple[int, bytes]:
    at = _entry_at(page, run, 13)
    if not 0 < at < _PAGE_BYTES - 3:
        return 0, b""
    size, begin = (2 * page[at] - 1, at + 1) if page[at] else (2 * page[at + 1], at + 2)
    entry = page[begin : begin + size]
    return number(entry[:2]), entry[2:]


def _character_entry(page: bytes, run: int) -> bytes:
    at = _entry_at(page, run, 1)
    return page[at + 1 : at + 1 + page[at]] if at else b""
