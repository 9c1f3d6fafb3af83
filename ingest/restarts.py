"""Reports written one after the other without titles: told apart by numberings that start again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.outline import HeadingMark, heading_mark
from ingest.title import reads_as_title

_MIN_RESTARTS = 3  # one restart may be a list within a section, two a careless numbering
_PARAGRAPH_CHARS = 40
_OPENING = re.compile(
    r"为(?:了|进一步|深入|切实|认真|全面|贯彻|扎实|加快|推进)|按照|根据|依照|近年来|今年|去年|自.{2,30}以来|[一两二三四五]年(?:多)?来|(?:20|二[0O〇○])\S{2}年|[上下]半年"
)
_ANNOUNCES = re.compile(r"(?:如下|以下).{0,12}[:：。]$|[:：]$")
_GOES_ON = re.compile(r"下一步|今后|目前|同时|此外|另外|为此|针对|存在|通过|以上|虽然|总之|综上|其中|对此|接下来")
_RUN_IN = re.compile(r"一是")


def untitled_starts(texts: Sequence[str]) -> list[int]:
    """The lines at which the reports begin, the first 0; empty for what may be one document.

    A numbering 一、二、… must start again at least three times outside of any other numbering, in a text without
    chapters; then a paragraph that opens a report before 一是, 二是 begins one too.
    """
    marks = [heading_mark(text) for text in texts]
    if any(m is not None and m.kind in ("annex", "part", "chapter", "clause", "article") for m in marks):
        return []
    tops = [(i, m.number) for i, m in enumerate(marks) if m is not None and m.kind == "first" and m.number]
    firsts = _outer_firsts(tops)
    if (
        len(firsts) <= _MIN_RESTARTS
        or _has_bare_headings(texts, marks)
        or any(_under_heading(texts, marks, i) for i in firsts[1:])
    ):
        return []
    starts = {_opening_before(texts, marks, i) for i in firsts}
    starts |= {i - 1 for i in range(1, len(texts)) if _opens_run_in(texts, marks, i, tops)}
    starts |= {i for i, text in enumerate(texts) if i and _is_lone_title(text, marks[i])}
    return sorted({0, *starts} - _too_close(starts, texts))


def _outer_firsts(tops: Sequence[tuple[int, int]]) -> list[int]:
    """The lines of the 一、 that begin a numbering of their own; empty when one lies within another."""
    firsts: list[int] = []
    outer = last = 0
    for i, number in tops:
        if number == 1:
            firsts.append(i)
            outer, last = last, 1
        elif number <= last or (number > last + 1 and number == outer + 1):
            return []
        else:
            last = number
    return firsts


def _has_bare_headings(texts: Sequence[str], marks: Sequence[HeadingMark | None]) -> bool:
    """Whether short lines without a mark stand between the paragraphs: one document with headings of its own."""
    bare = [
        i
        for i, text in enumerate(texts)
        if i > 2 and marks[i] is None and len(text) <= 24 and re.search(r"[\u4e00-\u9fff]$", text.strip())
        if not _is_lone_title(text, None) and not _is_item(text)
    ]
    return len(bare) > 1


def _under_heading(texts: Sequence[str], marks: Sequence[HeadingMark | None], i: int) -> bool:
    """Whether a heading without text stands above: then the numbering is that of a section. A report's title is none."""
    above = texts[i - 1].strip()
    return len(above) < _PARAGRAPH_CHARS and above[-1:] not in "。！？；" and not _is_lone_title(above, marks[i - 1])


def _opening_before(texts: Sequence[str], marks: Sequence[HeadingMark | None], i: int) -> int:
    """Where the report begins whose first heading is at i: there, at the paragraph before that opens it, or at its title."""
    at = i
    if i and _is_opening(texts[i - 1], marks[i - 1]):
        at = i - 1
    if at and _is_lone_title(texts[at - 1], marks[at - 1]):
        at -= 1
    return at


def _is_opening(text: str, mark: HeadingMark | None) -> bool:
    text = text.strip()
    if mark is not None or len(text) < _PARAGRAPH_CHARS or _GOES_ON.match(text) or _is_item(text):
        return False
    return _OPENING.match(text) is not None or _ANNOUNCES.search(text) is not None


def _is_item(text: str) -> bool:
    return re.match(r"[一二三四五六七八九十]{1,3}是|第[一二三四五六七八九十]、", text) is not None


def _opens_run_in(
    texts: Sequence[str], marks: Sequence[HeadingMark | None], i: int, tops: Sequence[tuple[int, int]]
) -> bool:
    """Whether texts[i] is 一是 below a paragraph that opens a report: no heading above it, no numbering goes on below."""
    if not _RUN_IN.match(texts[i]) or i < 2 or not _is_opening(texts[i - 1], marks[i - 1]):
        return False
    above = texts[i - 2].strip()
    if len(above) < _PARAGRAPH_CHARS and above[-1:] not in "。！？；":
        return False
    following = next((number for at, number in tops if at > i), 1)
    return following == 1


def _is_lone_title(text: str, mark: HeadingMark | None) -> bool:
    return mark is None and len(text) <= 40 and reads_as_title(text)


def _too_close(starts: set[int], texts: Sequence[str]) -> set[int]:
    """The starts that another one follows at once, a title apart."""
    return {s for s in starts if s - 1 in starts and not _is_lone_title(texts[s], None)}
