"""How things were put before: openings, measures, results, problems and next steps, word for word, to copy from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from qa.draft_units import Unit, is_open, is_plan, is_problem_told, is_result, labelled_part, section_at

_MEASURE = re.compile(
    r"加强|推进|落实|开展|建立|健全|完善|强化|组织|实施|坚持|制定|出台|压实|聚焦|紧盯|围绕|通过|采取|引导|整合|严格|成立|推行|优化|发动|动员|走访|排查|督促|搭建|拓宽"
)
_UNLIKE = re.compile(r"[\d\W_]+")


class PhraseKind(StrEnum):
    """What a passage of a report does in it."""

    OPENING = "opening"
    MEASURE = "measure"
    RESULT = "result"
    PROBLEM = "problem"
    NEXT = "next"


def kind_of(unit: Unit) -> PhraseKind | None:
    """What the unit does: plans and problems tell themselves, an opening begins its section; None for the rest."""
    if is_plan(unit):
        return PhraseKind.NEXT
    if is_open(unit) or is_problem_told(unit.document, unit.start):
        return PhraseKind.PROBLEM
    if labelled_part(unit) == "results":
        return PhraseKind.RESULT
    if labelled_part(unit) == "work":
        return PhraseKind.MEASURE
    if opens_section(unit) and not is_result(unit):
        return PhraseKind.OPENING
    if is_result(unit):
        return PhraseKind.RESULT
    return PhraseKind.MEASURE if _MEASURE.search(unit.text) else None


def opens_section(unit: Unit) -> bool:
    """Whether nothing but its heading stands before the unit in its section, or it stands before all headings."""
    section = section_at(unit.document, unit.start)
    if section is None or not section.heading:
        return section is not None
    before = unit.document.text[section.start : unit.start].strip()
    return before == section.heading.strip() or not before


def is_repeat(text: str, seen: set[str]) -> bool:
    """Whether the text differs only in figures and marks from one in `seen`, which takes it otherwise."""
    plain = _UNLIKE.sub("", text)
    if plain in seen:
        return True
    seen.add(plain)
    return False


def is_heading(unit: Unit) -> bool:
    """Whether the unit is no more than a heading."""
    headings: Sequence[str] = unit.document.path_at(unit.start)
    plain = unit.text.strip("。 \u3000")
    return any(plain == heading.strip("。 \u3000") or heading.endswith(plain) for heading in headings)
