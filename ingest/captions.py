"""What stands above a table and holds for all its rows: its name and its unit ("单位：万元")."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from ingest.sentences import CELL_MARK

_MAX_LINES = 3  # so many lines above a table may belong to it
_MAX_CHARS = 60
_UNIT = re.compile(r"(?:^|[\s（(])(?:金额|计量|计价|数量|货币)?单位\s*[：:]\s*(?P<unit>[^\s：:，。；（）()]{1,16})")
_TABLE_NAME = re.compile(r"(?:[表单账册]|台账|情况|单位[：:]\s*\S+)[）)]?\s*$|^附?表\s?\d")
_SENTENCE = re.compile(r"[。；，：！？…:;!?]")


def unit_of(line: str) -> str | None:
    """The unit that a line above a table gives, as "单位：元"; not the name of an office ("填报单位：…")."""
    match = _UNIT.search(line) if len(line) <= _MAX_CHARS else None
    return f"单位：{match['unit']}" if match and not re.search(r"[局委办府村镇乡院校所站]$", match["unit"]) else None


class Captions:
    """The captions of the tables in a text, found by a row's position. A table is a run of lines with cells."""

    def __init__(self, text: str) -> None:
        tables = list(_tables(text))
        self._starts = [start for start, _, _ in tables]
        self._ends = [end for _, end, _ in tables]
        self._captions = [captions for _, _, captions in tables]

    def above(self, position: int) -> tuple[str, ...]:
        """The names, then the unit, of the table whose row is at `position` when its head is not; else nothing."""
        at = bisect_right(self._starts, position) - 1
        return self._captions[at] if at >= 0 and position < self._ends[at] else ()


def _tables(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """(start, end, captions) of every table. A single line between rows ("合计", "一、松溪镇") ends none."""
    above: list[str] = []
    start, offset = -1, 0
    captions: tuple[str, ...] = ()
    for line in text.split("\n"):
        if CELL_MARK in line:
            if start < 0:
                goes_on = captions and len(above) == 1 and not _TABLE_NAME.search(above[0])
                start, captions = offset, captions if goes_on else _captions(above[-_MAX_LINES:])
            above = []
        else:
            if start >= 0:
                yield start, offset, captions
                start = -1
            above.append(line)
        offset += len(line) + 1
    if start >= 0:
        yield start, offset, captions


def _captions(above: list[str]) -> tuple[str, ...]:
    """Of the lines above a table, from the nearest up to the first that is a sentence."""
    names: list[str] = []
    unit = None
    for line in reversed(above):
        line = line.strip()
        found = unit_of(line)
        if found and unit is None:
            unit = found
            line = re.sub(r"[\s（(]*(?:金额|计量|计价|数量|货币)?单位\s*[：:].*", "", line)
        if len(line) > _MAX_CHARS or _SENTENCE.search(line):
            if found:
                continue
            break
        if line:
            names.insert(0, line)
    return (*names, *([unit] if unit else []))
