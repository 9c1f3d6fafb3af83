"""The automatic numbers of a legacy Word file (MS-DOC 2.9.131 "LSTF", 2.9.129 "LFO", 2.9.150 "LVLF")."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from ingest.formats.doc_file import LIST_USES, LISTS, DocFile
from ingest.formats.list_marks import KINDS, ListCounter, ListLevel

_LIST_BYTES, _USE_BYTES, _LEVEL_BYTES = 28, 16, 28
_MAX_LISTS = 10_000

Levels = dict[int, ListLevel]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """A list as paragraphs refer to it; `own_count` when it counts apart from the list's other uses."""

    list_id: int
    levels: Levels
    own_count: bool


class DocLists:
    """Counts the numbered paragraphs in document order and says the mark of each."""

    def __init__(self, file: DocFile) -> None:
        self._uses = _uses(file, _lists(file))
        self._counter = ListCounter()
        self.unknown = 0  # paragraphs whose list the file does not describe

    def mark(self, use: int, level: int) -> str:
        """The number in front of the next paragraph of this list use and level, "" when it has none."""
        if not 0 < use < 0x7FF:
            return ""
        if use > len(self._uses):
            self.unknown += 1
            return ""
        found = self._uses[use - 1]
        return self._counter.mark(f"{use if found.own_count else -found.list_id}", found.levels, level)


def _lists(file: DocFile) -> dict[int, Levels]:
    """List id -> its levels; the levels of all lists follow the list table."""
    table = file.part(LISTS)
    count = min(number_of(table), _MAX_LISTS)
    found: dict[int, Levels] = {}
    at = file.part_end(LISTS)
    for index in range(count):
        head = table[2 + index * _LIST_BYTES :][:_LIST_BYTES]
        if len(head) < _LIST_BYTES:
            break
        levels: Levels = {}
        for level in range(1 if head[26] & 1 else 9):
            read = _level(file.table, at)
            if read is None:
                return found
            levels[level], at = read
        found[struct.unpack_from("<i", head)[0]] = levels
    return found


def number_of(table: bytes) -> int:
    return struct.unpack_from("<H", table)[0] if len(table) >= 2 else 0


def _level(table: bytes, at: int) -> tuple[ListLevel, int] | None:
    """The level that stands at this place of the table stream, and where it ends."""
    if at + _LEVEL_BYTES + 2 > len(table):
        return None
    start, kind = struct.unpack_from("<iB", table, at)
    characters, paragraph = table[at + 24], table[at + 25]
    at += _LEVEL_BYTES + characters + paragraph
    if at + 2 > len(table):
        return None
    size = 2 * struct.unpack_from("<H", table, at)[0]
    text = table[at + 2 : at + 2 + size].decode("utf-16-le", errors="replace")
    pattern = "".join(f"%{ord(c) + 1}" if ord(c) < 9 else c for c in text)
    return ListLevel(kind=KINDS.get(kind, "decimal"), pattern=pattern, start=start), at + 2 + size


def _uses(file: DocFile, lists: dict[int, Levels]) -> list[_Use]:
    table = file.part(LIST_USES)
    count = min(struct.unpack_from("<I", table)[0] if len(table) >= 4 else 0, _MAX_LISTS)
    heads = [table[4 + i * _USE_BYTES :][:_USE_BYTES] for i in range(count)]
    heads = [head for head in heads if len(head) == _USE_BYTES]
    at, found = 4 + len(heads) * _USE_BYTES, []
    for head in heads:
        list_id = struct.unpack_from("<i", head)[0]
        levels, at = _with_changes(dict(lists.get(list_id, {})), table, at, head[12])
        found.append(_Use(list_id=list_id, levels=levels, own_count=head[12] > 0))
    return found


def _with_changes(levels: Levels, table: bytes, at: int, changes: int) -> tuple[Levels, int]:
    """The levels as this use changes them, and where what is said of it ends."""
    at += 4
    for _ in range(changes):
        if at + 8 > len(table):
            break
        start, bits = struct.unpack_from("<iI", table, at)
        at += 8
        level = bits & 0xF
        if bits & 0x20:
            read = _level(table, at)
            if read is None:
                break
            levels[level], at = read
        elif bits & 0x10 and level in levels:
            levels[level] = replace(levels[level], start=start)
    return levels, at
