"""The head and the foot of an official document: title, 文号, issuing office, date of signature."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingest.dates import DATE, find_date, only_date, to_date
from ingest.document_number import own_number
from ingest.offices import is_issuer, office_before_about
from ingest.title import first_title, shortened, shown_title, title_in_properties

_HEAD_LINES = 25
_TOP_LINES = 4  # a date in these is that of a page, not of a signature

_ENACTED = re.compile(r"(?P<act>通过|批准|公布|发布|颁布|印发)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Masthead:
    """What the lines at the top and bottom say. `title_found` is False when the title is only the file's name."""

    title: str
    title_found: bool
    document_number: str | None
    issuer: str | None
    issued_on: date | None


def find_masthead(
    lines: Sequence[str], *, shown: str | None = None, property_title: str | None = None, stem: str
) -> Masthead:
    """The masthead of a document given its lines without information fields.

    `shown` is a title that the page states beside the text, `property_title` one from the file's properties,
    `stem` the file's name, the title of last resort.
    """
    found = shown_title(shown) or first_title(lines) or title_in_properties(property_title, lines)
    title = found or shortened(stem)
    signer, signed_on = _signature(lines)
    number = own_number(lines)
    issuer = _red_head(lines) or office_before_about(title) or signer or _lawmaker(lines) or _issuer_in_number(number)
    return Masthead(
        title=title,
        title_found=found is not None,
        document_number=number,
        issuer=issuer,
        issued_on=signed_on or _enacted_on(lines),
    )


def _red_head(lines: Sequence[str]) -> str | None:
    for line in lines[:5]:
        match = re.fullmatch(r"(.{4,40}?)\s*文\s?件", line.strip())
        if match and is_issuer(match[1]):
            return match[1]
    return None


def _issuer_in_number(number: str | None) -> str | None:
    """ "某部令2026年第10号": the office in front of 令 or 公告."""
    match = re.match(r"(.{2,24}?)(?:令|公告)", number or "")
    return match[1] if match and is_issuer(match[1]) else None


def _lawmaker(lines: Sequence[str]) -> str | None:
    """The people's congress that passed a law, its term left out."""
    for line in lines[:_HEAD_LINES]:
        match = re.search(
            r"(?:^|[日（( ])(?:第[^届]{1,5}届)?(?P<place>[\u4e00-\u9fff]{2,16}?)(?:第?[一二三四五六七八九十]{1,3}届)?(?P<body>人民代表大会(?:常务委员会|常委会)?)"
            r"第[^次]{1,7}次会议[^。]{0,6}通过",
            line,
        )
        if match:
            return match["place"] + match["body"].replace("常委会", "常务委员会")
    return None


def _signature(lines: Sequence[str]) -> tuple[str | None, date | None]:
    """The office and the date below the text: a line that is a date, the offices above it or on the same line.

    The first such pair counts, because annexes may carry their own; a date near the top without an office does not.
    """
    for i, line in enumerate(lines):
        text = line.strip()
        if len(text) > 100:
            continue
        day = only_date(text)
        if day is not None and i > 0:
            offices = _offices_above(lines, i)
            if offices:
                return offices, day
        match = DATE.search(text)
        if match and match.end() >= len(text) - 3 and i > 1:
            office = text[: match.start()].strip()
            signed = to_date(match)
            if signed and is_issuer(office):
                return office, signed
    return None, _lone_date(lines)


def _lone_date(lines: Sequence[str]) -> date | None:
    """The first date on a line of its own below the head, whoever signed."""
    days = (only_date(line) for line in lines[_TOP_LINES:] if len(line) <= 40)
    return next((day for day in days if day), None)


def _offices_above(lines: Sequence[str], i: int) -> str | None:
    offices: list[str] = []
    for line in reversed(lines[max(0, i - 4) : i]):
        text = line.strip()
        if len(text) > 60 or not is_issuer(text):
            break
        offices.insert(0, text)
    return " ".join(offices) or None


def _enacted_on(lines: Sequence[str]) -> date | None:
    """The day on which a law or rule was issued, else passed: "（2019年8月23日…通过 2019年9月27日…批准）"."""
    days: dict[str, date] = {}
    for line in re.sub(r"(?<=[^）)。])\n(?=第)", "", "\n".join(lines[:_HEAD_LINES])).split("\n"):
        if len(line) > 300 or not _ENACTED.search(line):
            continue
        for clause in re.split(r"(?<=通过|批准|公布|发布|颁布|印发)", line):
            act, day = _ENACTED.search(clause), find_date(clause)
            if act and day:
                days.setdefault(act["act"], day)
    return next((days[act] for act in ("公布", "发布", "颁布", "印发", "批准", "通过") if act in days), None)
