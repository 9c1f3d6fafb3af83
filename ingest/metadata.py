"""What a document says of itself. Rules read the page the way a clerk does; what is not stated is None."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

from ingest import validity
from ingest.dates import find_date
from ingest.document import Metadata
from ingest.fields import meaning_of, parse_field
from ingest.formats.raw import Line, RawDocument
from ingest.masthead import Masthead, find_masthead
from ingest.offices import is_issuer
from ingest.place import LEVELS, find_places

_HEAD_CHARS = 2000
_YEAR = re.compile(r"(?<!\d)(20\d{2}|19[89]\d)(?=\s*年|年度|[—–－-]20\d{2}\s*年)")

# kind -> the words in a title that tell it, the first that matches wins
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("interpretation", r"解读|问答|一图读懂|图解|答记者问"),
        ("rectification_report", r"整改.*(?:报告|情况|方案|总结|台账|进展|清单)"),
        (
            "rule",
            r"(?:办法|条例|规定|细则|规则|章程|准则|法|规程|规范|解释|公约)(?:[（(].{1,12}[)）])?(?:》?的(?:通知|公告|决定|令))?$",
        ),
        (
            "work_report",
            r"政府工作报告|工作报告|工作汇报|(?:工作|落实|开展|进展|执行|完成)情况(?:的)?(?:报告|汇报|通报)?$",
        ),
        ("summary", r"总结|成效|回顾|工作情况"),
        ("plan", r"计划|方案|规划|要点|打算|预案|安排"),
        (
            "notice",
            r"通知|公告|通告|(?:意见|决定|决议|批复|通报|措施|公示|指南|布告|政策|函|令)[》〉]?(?:[（(].{1,12}[)）])?$",
        ),
        ("work_report", r"报告|汇报"),
    )
)


def describe(lines: Sequence[Line], raw: RawDocument, stem: str) -> Metadata:
    """The document's metadata; `stem` is the file's name, the title of last resort."""
    fields = _fields(lines, raw)
    body = [line.text for line in lines if line.kind != "field"]
    head = find_masthead(body, shown=fields.get("title") or raw.title, property_title=raw.property_title, stem=stem)
    issuer = _issuer(fields.get("issuer")) or head.issuer
    issued = _date(fields.get("issued_on")) or head.issued_on
    published = _date(fields.get("published_on"))
    text = "\n".join(body)
    span = validity.find_validity(text, issued_on=issued, published_on=published)
    effective = _date(fields.get("effective_on")) or span.effective_on
    return Metadata(
        title=head.title,
        document_number=_number(fields.get("document_number")) or head.document_number,
        issuer=issuer,
        issued_on=issued,
        published_on=published,
        effective_on=effective,
        expires_on=_date(fields.get("expires_on")) or span.expires_on(effective),
        index_number=fields.get("index_number"),
        place=_place(head, issuer, text[: 2 * _HEAD_CHARS]),
        year=_year(head, issued, text[:_HEAD_CHARS]),
        kind=kind_of(head.title),
    )


def _fields(lines: Sequence[Line], raw: RawDocument) -> dict[str, str]:
    """Meaning -> value: what the text states, then what the file carries beside it."""
    stated = [parse_field(line.text) for line in lines if line.kind == "field"]
    found: dict[str, str] = {}
    for label, value in (*(f for f in stated if f), *raw.fields):
        meaning = meaning_of(label)
        if meaning and value:
            found.setdefault(meaning, value)
    return found


def _date(value: str | None) -> date | None:
    return find_date(value) if value else None


def _number(value: str | None) -> str | None:
    if not value or not re.search(r"\d", value):
        return None
    value = re.split(r"[：:]\s*", value)[-1]  # two fields of a table that came as one line
    words = [w for w in value.split() if "号" in w and re.search(r"\d", w)] if len(value.split()) > 1 else [value]
    return words[-1] if words and len(words[-1]) <= 40 else None


def _issuer(value: str | None) -> str | None:
    return value if value and is_issuer(value) else None


def kind_of(title: str) -> str:
    """The kind of document that the title announces."""
    title = re.sub(r"\s|[（(](?:试行|暂行|修订|修正|全文|20\d\d年.{0,6})[）)]", "", title)
    return next((kind for kind, pattern in _KINDS if pattern.search(title)), "other")


def _place(head: Masthead, issuer: str | None, text: str) -> str | None:
    """The most specific place in the title, else in the issuer's name, else one that the text keeps naming."""
    for stated in (head.title if head.title_found else "", issuer or ""):
        places = find_places(stated)
        if places:
            order = list(dict.fromkeys(LEVELS.values()))
            return max(places, key=lambda p: order.index(p.level)).name
    return _dominant_place(text)


def _dominant_place(text: str) -> str | None:
    """The town or county that the text keeps naming, at the level at which it speaks of itself ("我镇")."""
    level = _own_level(text)
    counts = Counter(p.name for p in find_places(text) if p.level == level)
    (name, times), (_, second) = (counts.most_common(2) + [("", 0), ("", 0)])[:2]
    return name if times >= 2 and times >= 2 * second else None


def _own_level(text: str) -> str | None:
    towns = len(re.findall("[我全本][镇乡]|镇党委|乡党委|镇政府|乡政府", text))
    counties = len(re.findall("[我全本]县|县委|县政府", text))
    if towns == counties:
        return None
    return "town" if towns > counties else "county"


def _year(head: Masthead, issued: date | None, text: str) -> int | None:
    """The year in the title; else, for what is not a rule, the one the text speaks of most; else that of issue."""
    in_title = _YEAR.search(head.title)
    if in_title:
        return int(in_title[1])
    counts = Counter(int(y) for y in _YEAR.findall(text))
    dominant = counts.most_common(1)
    if dominant and dominant[0][1] >= 2 and dominant[0][1] * 2 > counts.total() and kind_of(head.title) != "rule":
        return dominant[0][0]
    if issued:
        return issued.year
    return dominant[0][0] if dominant and dominant[0][1] >= 2 else None
