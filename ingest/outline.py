"""The heading grammar of official documents, and the sections that it cuts a text into.

Marks, outermost first: 附件 > 第X编, 第X部分 > 第X章 > 第X节 > 第X条 and 一、 > （一） > 1. > （1）, 1） > ①, a lead
such as "环境整治方面。" in front of its paragraph, or a short line standing alone between paragraphs.
款, and the 项 and 目 of an article, belong to it. Items within a paragraph: see ingest.run_in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ingest.document import Section
from ingest.fields import parse_field
from ingest.numerals import NUMERAL, to_int
from ingest.sentences import CELL_MARK

MarkKind = Literal["annex", "part", "chapter", "clause", "article", "first", "second", "third", "fourth", "fifth"]

LEVELS: dict[MarkKind, int] = {
    "annex": 1,
    "part": 2,
    "chapter": 3,
    "clause": 4,
    "article": 5,
    "first": 5,
    "second": 6,
    "third": 7,
    "fourth": 8,
    "fifth": 9,
}
LEAD_LEVEL = 9
FORMAT_LEVELS = {1: 2, 2: 3, 3: 4}  # a heading without a mark, by the level that Word, HTML or Markdown gives it

_N = rf"[{NUMERAL}]{{1,5}}|\d{{1,3}}"
_MARKS: tuple[tuple[MarkKind, re.Pattern[str]], ...] = (
    ("annex", re.compile(r"附\s?(?:件|表|录)\s?(?:\d{1,2}|[一二三四五六七八九十]{1,2})?(?=\s*$|\s*[:：.]?\s*$|[:：]\s?\S{0,40}$|\s\S{2,40}$)|附(?=\s?[:：]\s?\S{0,40}$)")),
    ("part", re.compile(rf"第\s?(?:{_N})\s?编(?=\s|$|[^\s，。、；]{{1,20}}$)")),
    ("part", re.compile(rf"第\s?(?:{_N})\s?部分(?=\s|$|[:：]|(?:19|20)\d{{2}}年)")),
    ("chapter", re.compile(rf"第\s?(?:{_N})\s?章(?=\s|$|[^\s，。、；]{{1,30}}$)")),
    ("clause", re.compile(rf"第\s?(?:{_N})\s?节(?=\s|$|[^\s，。、；]{{1,30}}$)")),
    ("article", re.compile(rf"第\s?(?:{_N})\s?条(?:之[{NUMERAL}])?(?![规第至、和或与及的款中所项（(]|\s*第[{NUMERAL}\d]+[款项])")),
    ("first", re.compile(rf"(?P<n>[{NUMERAL}]{{1,4}})[、．](?!\s*[）)])")),
    ("second", re.compile(rf"[（(]\s?[{NUMERAL}]{{1,4}}\s?[）)]")),
    ("third", re.compile(r"(?P<d>\d{1,2})(?:[.．](?!\d|\s+\d{1,4}(?:\.\d+)?\s*(?:[%‰万亿元亩]|公里|平方))|[.．](?=(?:19|20)\d{2}年)|、(?!\d|\s*%))")),
    ("fourth", re.compile(r"[（(]\s?\d{1,2}\s?[）)]|\d{1,2}[）)](?!\d)")),
    ("fifth", re.compile(r"[\u2460-\u2473]")),
)  # fmt: skip

_HEADING_CHARS = 40  # a longer one is cut at its lead-in
_ITEM_CHARS = 60  # a longer line is an item with its text behind the lead-in
_ENUMERATED = re.compile(
    rf"(?:其?[{NUMERAL}]{{1,3}}(?:是|要)|第[{NUMERAL}]{{1,2}}(?![{NUMERAL}章节条编])|首先|其次|再次|最后|另外|同时)"
)
_LEAD = re.compile(r"(?P<lead>[^\s，,。：:；;、？！?!“”《》（）()\d][^，,。：:；;？！?!]{1,24})[。：:](?=[^\s])")
_SENTENCE_WORD = re.compile(r"[是了已将被]|(?:如下|指出|强调|要求|表示|认为|提出|说|为|称)$")  # no heading has these
_LEAD_LINE_CHARS = 40
_ALONE = re.compile(r"[^。；：，,;:｜|？！…]{4,28}(?<![、）)])|[^。；：｜|！…]{6,28}(?<![、，）)])")
_ALONE_NEIGHBOUR_CHARS = 60


@dataclass(frozen=True, slots=True)
class HeadingMark:
    """The mark a line begins with: its kind, its number and where the words behind it begin."""

    kind: MarkKind
    number: int | None
    body: int


@dataclass(frozen=True, slots=True)
class _Heading:
    start: int
    level: int
    text: str


def heading_mark(line: str) -> HeadingMark | None:
    """The heading mark at the start of the line; None for dates, decimals, and numbers of another kind."""
    if CELL_MARK in line:
        return None  # a table row
    for kind, pattern in _MARKS:
        match = pattern.match(line)
        if match is None:
            continue
        number = re.search(rf"[{NUMERAL}]+|\d+", match[0])
        value = to_int(number[0]) if number else None
        if kind == "first" and _counts_on(line[match.end() :], value):
            return None  # "二、三产业": a list of numbers, not the second heading
        body = match.end() + len(line[match.end() :]) - len(line[match.end() :].lstrip())
        return HeadingMark(kind, value, body)
    return None


def _counts_on(rest: str, value: int | None) -> bool:
    number = re.match(r"[一二三四五六七八九十](?![〇○零O0一二三四五六七八九十]{3}年)", rest)
    return number is not None and value is not None and to_int(number[0]) == value + 1


def find_sections(text: str, format_levels: Mapping[int, int] | None = None) -> tuple[Section, ...]:
    """Sections that tile `text`, in order. `format_levels` maps the offset of a line to the heading level
    that the file's format gives it; the marks in the text come first."""
    headings = _without_contents(_headings(text, format_levels or {}), text)
    sections: list[Section] = []
    stack: list[_Heading] = []
    if not headings or text[: headings[0].start].strip():
        end = headings[0].start if headings else len(text)
        sections = [Section(level=0, heading="", path=(), start=0, end=end)] if text else []
    elif headings:
        headings[0] = _Heading(0, headings[0].level, headings[0].text)
    ends = [h.start for h in headings[1:]] + [len(text)]
    for heading, end in zip(headings, ends, strict=False):
        while stack and stack[-1].level >= heading.level:
            stack.pop()
        stack.append(heading)
        path = tuple(h.text for h in stack)
        sections.append(Section(level=heading.level, heading=heading.text, path=path, start=heading.start, end=end))
    return tuple(sections)


def _lines(text: str) -> list[tuple[int, str]]:
    lines, at = [], 0
    for line in text.split("\n"):
        lines.append((at, line))
        at += len(line) + 1
    return lines


def _headings(text: str, format_levels: Mapping[int, int]) -> list[_Heading]:
    found: list[_Heading] = []
    in_article = False
    lines = [(at, line) for at, line in _lines(text) if line.strip()]
    for i, (at, line) in enumerate(lines):
        mark = heading_mark(line)
        if mark is not None:
            if mark.kind != "article" and in_article and LEVELS[mark.kind] > LEVELS["article"]:
                continue  # the items of an article belong to it
            in_article = mark.kind == "article" or (in_article and mark.kind == "first")
            found.append(_Heading(at, LEVELS[mark.kind], _heading_text(line, mark)))
        elif at in format_levels and i > 0:
            found.append(_Heading(at, FORMAT_LEVELS.get(format_levels[at], LEVELS["first"]), line.strip()))
            in_article = False
        elif not in_article:
            lead = _lead(line) or _alone(lines, i)
            if lead:
                found.append(_Heading(at, LEAD_LEVEL, lead))
    return found


def _heading_text(line: str, mark: HeadingMark) -> str:
    line = line.strip()
    if mark.kind == "article":
        return _article_heading(line, mark)
    if len(line) <= _HEADING_CHARS and "。" not in line[:-1]:
        return line.rstrip("。：:；;")
    lead = re.split(r"[。：:；;！？]", line[mark.body :], maxsplit=1)[0]
    if len(lead) > _HEADING_CHARS:
        lead = re.split(r"[，,]", lead, maxsplit=1)[0][:_HEADING_CHARS]
    return (line[: mark.body] + lead).strip()


def _article_heading(line: str, mark: HeadingMark) -> str:
    """ "第三条", with its title when it has one: 【…】, （…） right behind the number, or a short line."""
    number, rest = line[: mark.body].strip(), line[mark.body :].strip()
    title = re.match(r"【[^】]{1,30}】|[（(][^（）()，。]{2,20}[）)](?=[^，。])", rest)
    if title:
        return f"{number} {title[0]}"
    if rest and len(rest) <= 20 and not re.search(r"[，。；：,;:]", rest):
        return f"{number} {rest}"
    return number


def _lead(line: str) -> str | None:
    """The words before the first 。 or ： when they read like the heading of the rest of the line."""
    line = line.strip()
    if len(line) < _LEAD_LINE_CHARS or "｜" in line or parse_field(line) or _ENUMERATED.match(line):
        return None
    match = _LEAD.match(line.lstrip("—"))
    return match["lead"] if match and not _SENTENCE_WORD.search(match["lead"]) else None


def _alone(lines: list[tuple[int, str]], i: int) -> str | None:
    """A short line without an end mark between a paragraph's end and a long paragraph."""
    line = lines[i][1].strip()
    if not 0 < i < len(lines) - 1 or not _ALONE.fullmatch(line) or parse_field(line):
        return None
    before, after = lines[i - 1][1].strip(), lines[i + 1][1].strip()
    if before[-1:] not in "。！？”" or len(after) < _ALONE_NEIGHBOUR_CHARS or heading_mark(after):
        return None
    return None if re.search(r"\d{4}年\d{1,2}月\d{1,2}日", line) else line


def _without_contents(headings: list[_Heading], text: str) -> list[_Heading]:
    """The headings less those of a table of contents: bare lines, one after the other, that come again."""
    later = Counter(_key(h.text) for h in headings)
    kept: list[_Heading] = []
    for heading, following in pairwise([*headings, _Heading(len(text), 0, "")]):
        key = _key(heading.text)
        later[key] -= 1
        bare = _key(text[heading.start : following.start]) == key
        if not (bare and later[key] > 0):
            kept.append(heading)
    return kept


def _key(text: str) -> str:
    return re.sub(r"[\s.…·。：:\d]+", "", text)
