"""The reply by parts: what rules it, what was done, what came of it, what is still open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain

from ingest.document import Document
from ingest.run_in import run_in_items
from kb.filters import Filter
from kb.records import Record
from qa.answer import Citation, Outcome, Validity
from qa.compose import cite
from qa.draft import Options, Part, PartKind, Sentence, Source, sentence_of
from qa.draft_answers import find, is_question
from qa.draft_gaps import about, gap, kind_of_figure, short
from qa.draft_items import Item
from qa.draft_topic import runs_of, topic_of
from qa.draft_units import Unit, is_open, is_plan, is_problem_told, is_reply, is_result, labelled_part, unit_at
from qa.evidence import paragraph_of
from qa.findings import Finding, Findings
from qa.parts import parts_of
from qa.question import MAX_CHARS, Question, QuestionError
from qa.reader import spoken_of
from qa.scope import home_of, place_fit
from qa.validity import Standing

_RULES = frozenset(("rule", "notice", "interpretation", "plan"))
_REPORTS = frozenset(("work_report", "summary", "rectification_report", "ledger", "other"))
_LEAST = 0.6  # certainty of a sentence that may be quoted
_SHARE = 0.85  # ... and of that of the surest one
_COVERAGE = 0.6
_SHARE_ENTITLED, _COVERAGE_ENTITLED = 0.75, 0.5  # where the rule's title is of the topic
_PLACE_FIT = 0.75
_MOST = {PartKind.BASIS: 2, PartKind.WORK: 6, PartKind.RESULTS: 5, PartKind.OPEN: 3}
_SAID = 0.85  # a word or its synonym stands there
_SAME_CHARS = 12  # words this long in both the problem and a sentence: the sentence tells the problem again
_OUT_OF_FORCE = (Validity.EXPIRED, Validity.REPEALED, Validity.SUPERSEDED, Validity.NOT_YET)
_NATIONAL = re.compile(
    r"^(?:中共中央|中央|国务院|全国|国家|中华人民共和国|最高人民)|^[一-鿿]{2,12}部(?:办公厅)?(?:$|[ 、，等])"
)
_RULES_SOMETHING = re.compile(
    r"应当|应该|必须|不得|可以|按照?|标准|给予|补助|补贴|实行|建立|严格|负责|要(?!素|点|闻)|每[年月人户亩]"
)

_PURPOSE = re.compile(r"研究同意|印发给|[^。；;]$|制定本[一-鿿]{2,4}|现(?:就|将)[^。]{0,40}(?:如下|通知)")


class Desk:
    """Replies to items by parts, from the rules and reports of a source."""

    def __init__(self, source: Source, options: Options) -> None:
        self._source, self._options = source, options
        self._day = _day_of(options)
        self._asked: dict[tuple[str, str | None, int | None, Filter, date | None], Findings] = {}  # of this item
        records = source.documents()
        self._national = frozenset(r.id for r in records if _is_national(r) and r.metadata.kind in _RULES)

    def _found(
        self, text: str, place: str | None, year: int | None, within: Filter, day: date | None = None
    ) -> Findings:
        """What the documents hold on the text; asked once where topic and item are the same words."""
        key = (text, place, year, within, day)
        if key not in self._asked:
            options = replace(self._options, as_of=day or self._options.as_of)
            self._asked[key] = find(text, self._source, options, place=place, year=year, within=within)
        return self._asked[key]

    def parts(self, item: Item) -> tuple[list[Part], list[Citation]]:
        """The four parts with their citations, numbered from 1."""
        self._asked.clear()
        try:
            asked = self._source.question(item.text[:MAX_CHARS], place=self._options.place, year=self._options.year)
            years = self._source.question(item.title, year=self._options.year).years
        except QuestionError as error:
            return [Part(kind=PartKind.ANSWER, gaps=(gap(f"“{short(item.title)}”没有查：{error}"),))], []
        topic = topic_of(item)
        year = years[0] if len(years) == 1 else None  # a year further down tells when the problem was found
        places = self._places(asked)
        said = about(item.title, self._options.place, year)
        citations: list[Citation] = []
        basis = self._basis(item, topic, places[-1], said, citations)
        rest = [self._reported(item, _of_place(topic, asked, place), place, year, said, citations) for place in places]
        return [basis, *(_merged(rest, places) if len(places) > 1 else rest[0])], citations

    def _places(self, asked: Question) -> list[str | None]:
        """The place replied for; several where the item asks of several."""
        if self._options.place:
            return [self._options.place]
        parts = parts_of(asked)
        if len(parts) > 1 and len({p.places for p in parts}) > 1:
            return [p.places[-1] for p in parts]
        return [asked.places[-1] if asked.places else None]

    # --- what rules it ---

    def _basis(self, item: Item, topic: str, place: str | None, said: str, citations: list[Citation]) -> Part:
        of_rules = Filter(kinds=_RULES)
        local = self._found(topic, place, None, of_rules, self._day)
        groups = [(local, _ruling(local, topic))]
        if is_question(local.question) or item.text.endswith(("?", "？")):
            whole = self._found(item.text, place, None, of_rules, self._day)
            groups.insert(0, (whole, _answering(whole)))
        if self._national and place is not None:
            plain, national = _without_places(topic, local.question), Filter(documents=self._national)
            wide = self._found(plain, None, None, national, self._day)
            groups.append((wide, _ruling(wide, plain, in_title=True)))
        gone: list[str] = []
        for found, sure in groups:
            rules = [f for f in sure if f.reading.evidence.document.metadata.kind in _RULES]
            units = [u for f in rules if (u := self._rule_unit(f, found.standing, gone)) is not None]
            homes = {u.document.metadata.place or f"《{u.document.metadata.title}》" for u, _ in units}
            if place is None and len(homes) > 1:
                places = "、".join(sorted(homes)[:5])
                return Part(
                    kind=PartKind.BASIS, gaps=(gap(f"{said}适用哪个地方的规定（资料涉及{places}，请指明地方）"),)
                )
            if units:
                chosen = list(_distinct(units))[: _MOST[PartKind.BASIS]]
                return Part(
                    kind=PartKind.BASIS, sentences=tuple(_entered(chosen, found.standing, citations, label=True))
                )
        why = f"；资料里只有不在有效期内的《{gone[0]}》" if gone else ""
        return Part(kind=PartKind.BASIS, gaps=(gap(f"{said}的政策依据（适用的现行文件名称、文号、条款）{why}"),))

    def _rule_unit(self, f: Finding, standing: Standing, gone: list[str]) -> tuple[Unit, Finding] | None:
        evidence = f.reading.evidence
        metadata = evidence.document.metadata
        if metadata.issued_on is not None and metadata.issued_on > standing.day:
            return None
        if standing.status(metadata) in _OUT_OF_FORCE:
            gone.append(metadata.title)
            return None
        unit = unit_at(evidence.document, evidence.start, evidence.end)
        if unit is None or _PURPOSE.search(unit.text) or not _RULES_SOMETHING.search(unit.text):
            return None
        return unit, f

    # --- what was done ---

    def _reported(
        self, item: Item, topic: str, place: str | None, year: int | None, said: str, citations: list[Citation]
    ) -> list[Part]:
        found = self._found(topic, place, year, Filter(kinds=_REPORTS))
        answered = self._answered(item, found.question, place, year)
        units = list(_distinct(chain(answered, self._units(item, found))))
        homes = self._homes(found)
        if place is None and units and len(homes) > 1:
            where = gap(f"{said}说的是哪个地方（资料涉及{'、'.join(homes[:5])}，请指明地方后重新起草）")
            return [Part(kind=PartKind.WORK, gaps=(where,))]
        kinds = [_part_of(u) for u, _ in units]
        wanted = kind_of_figure(found.question.wants) or "户数、人数、金额、比例等数字"
        missing = {
            PartKind.WORK: f"{said}采取的措施（做了什么、谁负责、什么时间）",
            PartKind.RESULTS: f"{said}的完成情况（{wanted}）",
            PartKind.OPEN: f"{said}还有哪些没有完成，资料里没有写明",
        }
        parts = []
        for kind, what in missing.items():
            chosen = [u for u, k in zip(units, kinds, strict=True) if k is kind][: _MOST[kind]]
            ordered = sorted(chosen, key=lambda pair: (pair[0].document.id, pair[0].start))
            sentences = tuple(_entered(ordered, found.standing, citations))
            parts.append(Part(kind=kind, sentences=sentences, gaps=() if sentences else (gap(what),)))
        return parts

    def _homes(self, found: Findings) -> list[str]:
        """The places of the reports that speak of it; a report of no known place by its title."""
        told = [f for f in found.found if f.certainty >= _LEAST and f.reading.coverage >= _COVERAGE]
        documents = {f.reading.evidence.document.id: f.reading.evidence.document for f in told}
        return sorted({home_of(d) or f"《{d.metadata.title}》" for d in documents.values()})

    def _answered(
        self, item: Item, asked: Question, place: str | None, year: int | None
    ) -> Iterator[tuple[Unit, Finding]]:
        """What answers the item, where it is a question that has one answer."""
        if not is_question(asked) and not item.text.endswith(("?", "？")):
            return
        whole = self._source.question(item.text[:MAX_CHARS])
        found = self._found(_of_place(item.text, whole, place), place, year, Filter(kinds=_REPORTS))
        patterns = [w.pattern for w in found.question.wants if w.pattern is not None]
        for f in _answering(found):
            evidence = f.reading.evidence
            if f.certainty < _LEAST or not self._may_be_told(item, f, found.question):
                continue
            for unit in _units_of(evidence.document, evidence.start, evidence.end):
                if not is_plan(unit) and all(p.search(unit.text) for p in patterns):
                    yield unit, f

    def _units(self, item: Item, found: Findings) -> Iterator[tuple[Unit, Finding]]:
        """What the reports say, surest first; of a 整改情况 that replies to this very problem, all."""
        runs = runs_of(found.question.text)
        sure = [
            f
            for f in _sure(found)
            if _speaks_of(found.question, runs, f) and self._may_be_told(item, f, found.question)
        ]
        replies = {_paragraph(f) for f in sure if _replies_to(runs, f)}
        beside = [f for f in found.found if _paragraph(f) in replies and self._may_be_told(item, f, found.question)]
        for f in chain(beside, sure):
            evidence = f.reading.evidence
            units = list(_units_of(evidence.document, evidence.start, evidence.end))
            for unit in units:
                on_topic = len(units) == 1 or _paragraph(f) in replies or any(run in unit.text for run in runs)
                if on_topic and not is_plan(unit):
                    yield unit, f

    def _may_be_told(self, item: Item, f: Finding, asked: Question) -> bool:
        evidence = f.reading.evidence
        return (
            f.reading.scope >= _PLACE_FIT - 0.05
            and place_fit(evidence, asked) >= _PLACE_FIT
            and not is_problem_told(evidence.document, evidence.start)
            and not _tells_again(evidence.text, item.text)
        )


def _of_place(topic: str, asked: Question, place: str | None) -> str:
    """The topic without the other places that the item names."""
    for other in asked.places:
        if place is not None and other != place and other not in place:
            topic = topic.replace(other, "")
    return topic


def _merged(replies: Sequence[Sequence[Part]], places: Sequence[str | None]) -> list[Part]:
    """The parts for several places as one of each kind, the place named before its sentences and gaps."""
    merged = []
    for kind in (PartKind.WORK, PartKind.RESULTS, PartKind.OPEN):
        of_kind = [(place, p) for place, parts in zip(places, replies, strict=True) for p in parts if p.kind is kind]
        sentences = [
            replace(s, label=f"{place}：") if n == 0 else s for place, p in of_kind for n, s in enumerate(p.sentences)
        ]
        gaps = [g.replace("【待补充：", f"【待补充：{place}——", 1) for place, p in of_kind for g in p.gaps]
        merged.append(Part(kind=kind, sentences=tuple(sentences), gaps=tuple(gaps)))
    return merged


def _day_of(options: Options) -> date | None:
    """The day on which rules must be in force: as told, else the end of the year replied for."""
    if options.as_of is not None or options.year is None:
        return options.as_of
    return min(date.today(), date(options.year, 12, 31)) if options.year > 1900 else None


def _is_national(record: Record) -> bool:
    metadata = record.metadata
    names = [*metadata.issuers, metadata.issuer or "", metadata.title]
    return metadata.place is None and any(_NATIONAL.search(name) for name in names)


def _without_places(topic: str, question: Question) -> str:
    for place in question.places:
        topic = topic.replace(place, "")
    return topic or question.text


def _sure(
    found: Findings,
    among: Sequence[Finding] | None = None,
    *,
    share: float = _SHARE,
    coverage: float = _COVERAGE,
) -> list[Finding]:
    """The sentences that surely speak of it, surest first."""
    best = max((f.certainty for f in found.found), default=0.0)
    least = max(_LEAST, share * best)
    sure = [
        f for f in (found.found if among is None else among) if f.certainty >= least and f.reading.coverage >= coverage
    ]
    return sorted(sure, key=lambda f: -f.certainty)


def _answering(found: Findings) -> list[Finding]:
    """The sentences that the one answer cites."""
    if found.answer.outcome is not Outcome.ANSWERED:
        return []
    spans = [(c.document_id, c.start, c.end) for c in found.answer.citations if not c.nearest]
    evidence = ((f, f.reading.evidence) for f in found.found)
    return [f for f, e in evidence if any(i == e.document.id and a < e.end and e.start < b for i, a, b in spans)]


def _ruling(found: Findings, topic: str, *, in_title: bool = False) -> list[Finding]:
    """The sentences of rules on the topic: its own words stand there, or in the title, where less will do around them.

    `in_title` asks for them in the title: of rules that hold everywhere, common words alone say little.
    """
    runs = runs_of(topic)
    entitled = [f for f in found.found if any(r in f.reading.evidence.document.metadata.title for r in runs)]
    of_title = _sure(found, entitled, share=_SHARE_ENTITLED, coverage=_COVERAGE_ENTITLED)
    if in_title:
        return of_title
    others = [f for f in _sure(found) if any(r in _around(f) for r in runs)]
    return sorted({id(f): f for f in (*others, *of_title)}.values(), key=lambda f: -f.certainty)


def _around(f: Finding) -> str:
    evidence = f.reading.evidence
    return f"{evidence.headings} {evidence.lead} {evidence.text}"


def _speaks_of(asked: Question, runs: set[str], f: Finding) -> bool:
    """Whether the topic's own words stand around the sentence, or a noun of it (or its synonym) in the sentence."""
    evidence = f.reading.evidence
    around = f"{evidence.headings} {evidence.text}"
    return any(run in around for run in runs) or any(spoken_of(n, evidence.text) >= _SAID for n in asked.nouns)


def _replies_to(runs: set[str], f: Finding) -> bool:
    """Whether it stands in a 整改情况 below a heading that names the problem."""
    document, start = f.reading.evidence.document, f.reading.evidence.start
    return is_reply(document, start) and any(run in heading for heading in document.path_at(start)[-2:] for run in runs)


def _paragraph(f: Finding) -> tuple[str, int]:
    evidence = f.reading.evidence
    return evidence.document.id, paragraph_of(evidence.document.text, evidence.start)[0]


def _units_of(document: Document, start: int, end: int) -> Iterator[Unit]:
    """The items within the sentence, where it holds several; else the one that holds it."""
    text = document.text
    within = [s for s in run_in_items(text, *paragraph_of(text, start)) if start <= s[0] < end]
    for a, b in within or [(start, end)]:
        if (unit := unit_at(document, a, b)) is not None:
            yield unit


def _distinct(units: Iterable[tuple[Unit, Finding]]) -> Iterator[tuple[Unit, Finding]]:
    """Each once: none that overlaps an earlier one, or says the same in another document."""
    kept: list[Unit] = []
    said: set[str] = set()
    for unit, f in units:
        words = re.sub(r"\W", "", unit.text)
        over = any(k.document.id == unit.document.id and k.start < unit.end and unit.start < k.end for k in kept)
        if not over and words not in said:
            kept.append(unit)
            said.add(words)
            yield unit, f


def _part_of(unit: Unit) -> PartKind:
    if is_open(unit):
        return PartKind.OPEN
    if (labelled := labelled_part(unit)) is not None:
        return PartKind.RESULTS if labelled == "results" else PartKind.WORK
    return PartKind.RESULTS if is_result(unit) else PartKind.WORK


def _tells_again(text: str, problem: str) -> bool:
    ours, theirs = re.sub(r"\W", "", text), re.sub(r"\W", "", problem)
    return min(len(ours), len(theirs)) >= _SAME_CHARS and (ours in theirs or theirs in ours)


def _entered(
    units: Sequence[tuple[Unit, Finding]], standing: Standing, citations: list[Citation], *, label: bool = False
) -> Iterator[Sentence]:
    """The units as sentences, their citations added to `citations`."""
    for unit, f in units:
        citation = cite(f.reading, len(citations) + 1, (unit.start, unit.end), standing=standing)
        citations.append(citation)
        yield sentence_of(citation, rule_label(citation) if label else "")


def rule_label(citation: Citation) -> str:
    """The set phrase that names the rule and the article: 《…》（文号）第三条规定："""
    title = (
        citation.title
        if citation.title.startswith("《")
        else f"《{citation.title.replace('《', '〈').replace('》', '〉')}》"
    )
    number = f"（{citation.document_number}）" if citation.document_number else ""
    article = re.match(r"第\S{1,8}?条", citation.path[-1]) if citation.path else None
    return f"{title}{number}{article[0] if article else ''}："
