"""Whether two documents are the same one: a copy of it, another version of it, or neither.

A wrong "same" hides a document from every answer, a missed one only shows it twice: what is doubtful is "neither".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from ingest.document import Metadata
from kb.copies import is_copy
from kb.identity import Member, identity_key, number_key, title_core
from kb.signature import likeness, plain

NUMBERED_LIKENESS = 0.3  # of two texts with the same 文号 and title
VERSION_LIKENESS = 0.5  # of two texts with the same title, place, year, issuer and date
RESTATED_LIKENESS = 0.7  # ... where the date is not stated or differs by days
REPLACED_LIKENESS = 0.5  # of what a file held before and what it holds now
COPY_LIKENESS = 0.7  # below it two texts are not compared word by word
_RESTATED_DAYS = 60  # a report of the same title issued later than that is another report
_LASTING = {"rule", "plan", "summary", "work_report", "rectification_report"}  # kinds that are revised, not repeated


class Kinship(StrEnum):
    """How a document is related to the one that stands for it."""

    COPY = "copy"
    VERSION = "version"


def kinship(a: Member, b: Member) -> Kinship | None:
    """How the two are related; None when they are two documents, or may be."""
    if conflict(a, b):
        return None
    alike = likeness(a.signature, b.signature)
    if alike >= COPY_LIKENESS and is_copy(a, b):
        return Kinship.COPY
    return Kinship.VERSION if _is_version(a, b, alike) else None


def conflict(a: Member, b: Member) -> bool:
    """Whether the two state something that one document cannot: two 文号, places, years, or parts of one file."""
    m, n = a.metadata, b.metadata
    return (
        bool(a.paths & b.paths)
        or _differ(number_key(m), number_key(n))
        or _differ(m.place, n.place)
        or _differ(m.year, n.year)
        or _differ(m.period, n.period)
        or _differ(_occasion(m), _occasion(n))
    )


def standing(members: Sequence[Member]) -> Member:
    """The one that stands for all: of the newest edition, the copy that says most of itself, then the first."""
    held = [m for m in members if m.held] or list(members)
    editions: dict[int, list[Member]] = {}
    for member in held:
        editions.setdefault(member.edition, []).append(member)
    dates = {e: max(m.dated for m in those) for e, those in editions.items()}
    dated = all(day > date.min for day in dates.values())
    newest = max(editions, key=lambda e: (dates[e] if dated else date.min, e))
    return min(editions[newest], key=lambda m: (-_facts(m.metadata), m.order, m.id))


def _is_version(a: Member, b: Member, alike: float) -> bool:
    m, n = a.metadata, b.metadata
    same_title = title_core(m.title) == title_core(n.title)
    if same_title and number_key(m) and number_key(m) == number_key(n):
        return alike >= NUMBERED_LIKENESS and not _differ(m.kind, n.kind)
    if a.paths & b.past_paths or a.past_paths & b.paths or a.past_paths & b.past_paths:
        return same_title and alike >= REPLACED_LIKENESS
    return (
        identity_key(m) is not None
        and identity_key(m) == identity_key(n)
        and m.kind == n.kind
        and _same_office(m, n)
        and _same_time(m, n)
        and alike >= (VERSION_LIKENESS if m.issued_on and m.issued_on == n.issued_on else RESTATED_LIKENESS)
    )


def _same_office(m: Metadata, n: Metadata) -> bool:
    """Whether no two offices are stated; an office and its own department's name count as one."""
    a, b = plain(m.issuer or ""), plain(n.issuer or "")
    return not a or not b or a in b or b in a


def _same_time(m: Metadata, n: Metadata) -> bool:
    """Whether the dates are those of one document: a notice has one, a report may be restated within weeks."""
    if m.kind not in _LASTING:
        return m.issued_on is not None and m.issued_on == n.issued_on
    if m.issued_on is None or n.issued_on is None:
        return True
    return abs((m.issued_on - n.issued_on).days) <= _RESTATED_DAYS


_OCCASION = re.compile(
    r"第?[一二三四五六七八九十\d]+(?:批|期|次|季度)|[上下]半年|(?:\d{1,2}|[一二三四五六七八九十]{1,2})(?:[-—至到~]\d{1,2})?月(?:份)?"
)


def _occasion(metadata: Metadata) -> frozenset[str] | None:
    """The batch, quarter or month that the title names."""
    return frozenset(_OCCASION.findall(metadata.title)) or None


def _facts(metadata: Metadata) -> int:
    return sum(v is not None for v in (metadata.document_number, metadata.issued_on, metadata.issuer))


def _differ(a: object, b: object) -> bool:
    """Whether both are stated and not the same."""
    return a is not None and b is not None and a != b
