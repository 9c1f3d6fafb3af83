"""The part of a reply that names what rules it: articles that were in force, of the place or of the whole country."""

from __future__ import annotations

import re
from datetime import date

from kb.filters import Filter
from kb.records import Record
from qa.answer import Citation, Validity
from qa.draft import Options, Part, PartKind
from qa.draft_answers import is_question
from qa.draft_findings import Chosen, Lookup, answering, distinct, entered, sure
from qa.draft_gaps import gap
from qa.draft_items import Item
from qa.draft_overtaken import is_overtaken
from qa.draft_rows import is_row
from qa.draft_topic import names_all, runs_of, subject_of
from qa.draft_units import unit_at
from qa.findings import Finding, Findings
from qa.question import Question
from qa.validity import Standing

RULES = frozenset(("rule", "notice", "interpretation", "plan"))
_MOST = 2
_SHARE_ENTITLED, _COVERAGE_ENTITLED = 0.75, 0.5  # where the rule's title is of the topic
OUT_OF_FORCE = (Validity.EXPIRED, Validity.REPEALED, Validity.SUPERSEDED, Validity.NOT_YET)
_NATIONAL = re.compile(
    r"^(?:中共中央|中央|国务院|全国|国家|中华人民共和国|最高人民)|^[一-鿿]{2,12}部(?:办公厅)?(?:$|[ 、，等])"
)
_RULES_SOMETHING = re.compile(
    r"应当|应该|必须|不得|可以|按照?|标准|给予|补助|补贴|原则上|不超过|不低于|优先|享受|纳入|达到|任务|目标|底前|(?<!截至)(?<!截止)到\d{4}年|确保|落实|实行|建立|严格|负责|要(?!素|点|闻)|每[年月人户亩]"
)
_RULES_IN_ROW = re.compile(
    r"标准|条件|要求|比例|应当|不得|元\s?[/／]|每[年月人户亩头只箱]"
)  # what was allotted rules nothing
_PURPOSE = re.compile(r"研究同意|印发给|制定本[一-鿿]{2,4}|现(?:就|将)[^。]{0,40}(?:如下|通知)")
_CUT_SHORT = re.compile(r"[^。；;]$")


class Basis:
    """Finds what rules an item."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup, self._day = lookup, day_of(lookup.options)
        records = lookup.source.documents()
        self._national = frozenset(r.id for r in records if _is_national(r) and r.metadata.kind in RULES)

    def part(self, item: Item, topic: str, place: str | None, said: str, citations: list[Citation]) -> Part:
        """The articles, or the gap; `said` is how a gap names the item."""
        gone: list[str] = []
        for found, ruling in self._groups(item, topic, place):
            rules = [f for f in ruling if f.reading.evidence.document.metadata.kind in RULES]
            documents = {(d := f.reading.evidence.document).id: d for f in found.found}.values()
            units = [
                u
                for f in rules
                if (u := _rule_unit(f, found.standing, gone)) is not None
                and not is_overtaken(u[0], documents, found.standing.day)
            ]
            homes = {u.document.metadata.place or f"《{u.document.metadata.title}》" for u, _ in units}
            if place is None and len(homes) > 1:
                places = "、".join(sorted(homes)[:5])
                return Part(
                    kind=PartKind.BASIS, gaps=(gap(f"{said}适用哪个地方的规定（资料涉及{places}，请指明地方）"),)
                )
            if units:
                chosen = list(distinct(units))[:_MOST]
                return Part(
                    kind=PartKind.BASIS, sentences=tuple(entered(chosen, found.standing, citations, label=True))
                )
        why = f"；资料里只有不在有效期内的《{gone[0]}》" if gone else ""
        return Part(kind=PartKind.BASIS, gaps=(gap(f"{said}的政策依据（适用的现行文件名称、文号、条款）{why}"),))

    def _groups(self, item: Item, topic: str, place: str | None) -> list[tuple[Findings, list[Finding]]]:
        """Where to look, the nearest first: the answer to a question, rules of the place, rules of the country.

        The place narrows the search; its name is not searched for, as rules say it of each place alike.
        """
        of_rules, groups = Filter(kinds=RULES), []
        asked = self._lookup.source.question(topic, place=place)
        topic = _without_places(topic, asked)
        if is_question(asked) or item.text.endswith(("?", "？")):
            whole = self._lookup.found(item.text, place, None, of_rules, self._day)
            groups.append((whole, answering(whole)))
            topic = subject_of(topic)
        local = self._lookup.found(topic, place, None, of_rules, self._day)
        groups.append((local, _ruling(local, topic)))
        if self._national and place is not None:
            national = Filter(documents=self._national)
            wide = self._lookup.found(topic, None, None, national, self._day)
            groups.append((wide, _ruling(wide, topic, in_title=True)))
        return groups


def day_of(options: Options) -> date | None:
    """The day on which rules must be in force: as told, else the end of the year replied for."""
    if options.as_of is not None or options.year is None:
        return options.as_of
    return min(date.today(), date(options.year, 12, 31)) if options.year > 1900 else None


def _rule_unit(f: Finding, standing: Standing, gone: list[str]) -> Chosen | None:
    """What to quote of the rule; the title of one that is out of force is added to `gone`."""
    evidence = f.reading.evidence
    metadata = evidence.document.metadata
    if metadata.issued_on is not None and metadata.issued_on > standing.day:
        return None
    if standing.status(metadata) in OUT_OF_FORCE:
        gone.append(metadata.title)
        return None
    unit = unit_at(evidence.document, evidence.start, evidence.end)
    if unit is None:
        return None
    if is_row(unit.text):
        return (unit, f) if _RULES_IN_ROW.search(unit.text) else None
    if _PURPOSE.search(unit.text) or _CUT_SHORT.search(unit.text) or not _RULES_SOMETHING.search(unit.text):
        return None
    return unit, f


def _is_national(record: Record) -> bool:
    metadata = record.metadata
    names = [*metadata.issuers, metadata.issuer or "", metadata.title]
    return metadata.place is None and any(_NATIONAL.search(name) for name in names)


def _without_places(topic: str, question: Question) -> str:
    for place in question.places:
        topic = topic.replace(place, "")
    return topic or question.text


def _ruling(found: Findings, topic: str, *, in_title: bool = False) -> list[Finding]:
    """The sentences of rules on the topic: its own words stand there, or in the title, where less will do around them.

    `in_title` asks for them in the title: of rules that hold everywhere, common words alone say little.
    """
    runs = runs_of(topic)
    entitled = [f for f in found.found if any(r in f.reading.evidence.document.metadata.title for r in runs)]
    of_title = sure(found, entitled, share=_SHARE_ENTITLED, coverage=_COVERAGE_ENTITLED)
    if in_title:
        return of_title
    others = [f for f in sure(found) if any(r in _around(f) for r in runs) or names_all(found.question, f)]
    return sorted({id(f): f for f in (*others, *of_title)}.values(), key=lambda f: -f.certainty)


def _around(f: Finding) -> str:
    evidence = f.reading.evidence
    return f"{evidence.headings} {evidence.lead} {evidence.text}"
