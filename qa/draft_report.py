"""The reply by parts: what rules it, what was done, what came of it, what is still open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from ingest.document import Document
from ingest.run_in import run_in_items
from kb.filters import Filter
from qa.answer import Citation
from qa.draft import Options, Part, PartKind, Sentence, Source
from qa.draft_answers import is_question
from qa.draft_basis import Basis
from qa.draft_findings import COVERAGE, LEAST, Chosen, Lookup, answering, distinct, entered, sure
from qa.draft_gaps import about, gap, kind_of_figure, short
from qa.draft_items import Item
from qa.draft_rows import stands_in_row
from qa.draft_topic import names_something, runs_of, speaks_of, topic_of
from qa.draft_units import Unit, is_open, is_plan, is_problem_told, is_reply, is_result, labelled_part, unit_at
from qa.evidence import paragraph_of
from qa.findings import Finding, Findings
from qa.parts import parts_of
from qa.question import MAX_CHARS, Question, QuestionError
from qa.scope import home_of, place_fit

REPORTS = frozenset(("work_report", "summary", "rectification_report", "ledger", "other"))
_PLACE_FIT = 0.75
_REST_FIT = 0.7
_MOST = {PartKind.WORK: 6, PartKind.RESULTS: 5, PartKind.OPEN: 3}
_MOST_ROWS = 2  # of a table in one part: it holds as many of a kind
_TITLE_CHARS = 5
_SAME_CHARS = 12  # words this long in both the problem and a sentence: the sentence tells the problem again


class Desk:
    """Replies to items by parts, from the rules and reports of a source."""

    def __init__(self, source: Source, options: Options) -> None:
        self._lookup, self._options = Lookup(source, options), options
        self._basis = Basis(self._lookup)

    def parts(self, item: Item) -> tuple[list[Part], list[Citation]]:
        """The four parts with their citations, numbered from 1."""
        self._lookup.forget()
        source, wanted = self._lookup.source, self._options
        try:
            asked = source.question(item.text[:MAX_CHARS], place=wanted.place, year=wanted.year)
            years = source.question(item.title, year=wanted.year).years
            if not names_something(source.question(item.text[:MAX_CHARS])):
                raise QuestionError("没有看懂要查什么事项")
        except QuestionError as error:
            return [
                Part(kind=PartKind.ANSWER, gaps=(gap(f"“{short(item.title) or item.text[:30]}”没有查：{error}"),))
            ], []
        topic = topic_of(item)
        year = years[0] if len(years) == 1 else None  # a year further down tells when the problem was found
        places = self._places(asked)
        said = about(item.title, wanted.place, year)
        citations: list[Citation] = []
        basis = self._basis.part(item, topic, places[-1], said, citations)
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

    def _reported(
        self, item: Item, topic: str, place: str | None, year: int | None, said: str, citations: list[Citation]
    ) -> list[Part]:
        found = self._lookup.found(topic, place, year, Filter(kinds=REPORTS))
        answered = self._answered(item, found.question, place, year)
        units = list(distinct(chain(answered, self._units(item, found))))
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
            chosen = _few_rows(u for u, k in zip(units, kinds, strict=True) if k is kind)[: _MOST[kind]]
            ordered = sorted(chosen, key=lambda pair: (pair[0].document.id, pair[0].start))
            sentences = tuple(entered(ordered, found.standing, citations))
            if place is None:
                sentences = tuple(_with_homes(sentences, [u.document for u, _ in ordered]))
            parts.append(Part(kind=kind, sentences=sentences, gaps=() if sentences else (gap(what),)))
        return parts

    def _homes(self, found: Findings) -> list[str]:
        """The places of the reports that speak of it; a report of no known place by its title."""
        told = [f for f in found.found if f.certainty >= LEAST and f.reading.coverage >= COVERAGE]
        documents = {f.reading.evidence.document.id: f.reading.evidence.document for f in told}
        return sorted({home_of(d) or f"《{d.metadata.title}》" for d in documents.values()})

    def _answered(self, item: Item, asked: Question, place: str | None, year: int | None) -> Iterator[Chosen]:
        """What answers the item, where it is a question that has one answer."""
        if not is_question(asked) and not item.text.endswith(("?", "？")):
            return
        whole = self._lookup.source.question(item.text[:MAX_CHARS])
        found = self._lookup.found(_of_place(item.text, whole, place), place, year, Filter(kinds=REPORTS))
        patterns = [w.pattern for w in found.question.wants if w.pattern is not None]
        for f in answering(found):
            evidence = f.reading.evidence
            if f.certainty < LEAST or not self._may_be_told(item, f, found.question):
                continue
            for unit in _units_of(evidence.document, evidence.start, evidence.end):
                if not is_plan(unit) and all(p.search(unit.text) for p in patterns):
                    yield unit, f

    def _units(self, item: Item, found: Findings) -> Iterator[Chosen]:
        """What the reports say, surest first; of a 整改情况 that replies to this very problem, all."""
        runs = runs_of(found.question.text)
        may = [f for f in found.found if self._may_be_told(item, f, found.question)]
        direct = [f for f in may if replies_to(item, f)]
        told = [*direct, *(f for f in sure(found, may) if f not in direct and speaks_of(found.question, runs, f))]
        replies = {_paragraph(f) for f in told if _replies_to(runs, f)}
        beside = [f for f in may if _paragraph(f) in replies]
        for f in chain(beside, told):
            evidence = f.reading.evidence
            units = list(_units_of(evidence.document, evidence.start, evidence.end))
            for unit in units:
                on_topic = len(units) == 1 or _paragraph(f) in replies or any(run in unit.text for run in runs)
                if on_topic and not is_plan(unit):
                    yield unit, f

    def _may_be_told(self, item: Item, f: Finding, asked: Question) -> bool:
        evidence = f.reading.evidence
        document, start, end = evidence.document, evidence.start, evidence.end
        of_row = stands_in_row(document, start, end)
        unit = unit_at(document, start, end) if of_row else None
        fits = place_fit(evidence, asked)
        return (
            f.reading.scope >= _REST_FIT * fits  # the year and the rest; a village of the town is weighed by `fits`
            and (fits > _PLACE_FIT if of_row else fits >= _PLACE_FIT)  # a row of a village is none of its town
            and not is_problem_told(document, start)
            and not _tells_again(unit.text if unit else evidence.text, item.text)
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


def _with_homes(sentences: Sequence[Sentence], documents: Sequence[Document]) -> Iterator[Sentence]:
    """The sentences with the place they are of before the first of each, where no place was asked about."""
    before = None
    for sentence, document in zip(sentences, documents, strict=True):
        home = home_of(document)
        yield (
            replace(sentence, label=f"{home}：") if home and home != before and home not in sentence.text else sentence
        )
        before = home


def _replies_to(runs: set[str], f: Finding) -> bool:
    """Whether it stands in a 整改情况 below a heading that names the problem."""
    document, start = f.reading.evidence.document, f.reading.evidence.start
    return is_reply(document, start) and any(run in heading for heading in document.path_at(start)[-2:] for run in runs)


def replies_to(item: Item, f: Finding) -> bool:
    """Whether it stands in a 整改情况 below a heading that is the item's own words: no more is asked of it."""
    document, start = f.reading.evidence.document, f.reading.evidence.start
    return is_reply(document, start) and any(is_same(h, item.title) for h in document.path_at(start)[-2:])


def _paragraph(f: Finding) -> tuple[str, int]:
    evidence = f.reading.evidence
    return evidence.document.id, paragraph_of(evidence.document.text, evidence.start)[0]


def _units_of(document: Document, start: int, end: int) -> Iterator[Unit]:
    """The items within the sentence, where it holds several; else the one that holds it."""
    text = document.text
    if stands_in_row(document, start, end):
        row = unit_at(document, start, end)
        yield from [row] if row else []
        return
    within = [s for s in run_in_items(text, *paragraph_of(text, start)) if start <= s[0] < end]
    for a, b in within or [(start, end)]:
        if (unit := unit_at(document, a, b)) is not None:
            yield unit


def _few_rows(units: Iterable[Chosen]) -> list[Chosen]:
    """Without the rows beyond the surest few."""
    kept, rows = [], 0
    for unit, f in units:
        rows += stands_in_row(unit.document, unit.start, unit.end)
        if not stands_in_row(unit.document, unit.start, unit.end) or rows <= _MOST_ROWS:
            kept.append((unit, f))
    return kept


def _part_of(unit: Unit) -> PartKind:
    if is_open(unit):
        return PartKind.OPEN
    if (labelled := labelled_part(unit)) is not None:
        return PartKind.RESULTS if labelled == "results" else PartKind.WORK
    return PartKind.RESULTS if is_result(unit) else PartKind.WORK


def is_same(heading: str, title: str) -> bool:
    """Whether the heading, less its number, is what the item is called, or a good part of that."""
    ours, theirs = (
        re.sub(r"^\W*(?:[一二三四五六七八九十]{1,3}|\d{1,3})[、.．)）]|\W", "", t) for t in (heading, title)
    )
    return min(len(ours), len(theirs)) >= _TITLE_CHARS and (ours in theirs or theirs in ours)


def _tells_again(text: str, problem: str) -> bool:
    ours, theirs = re.sub(r"\W", "", text), re.sub(r"\W", "", problem)
    return min(len(ours), len(theirs)) >= _SAME_CHARS and (ours in theirs or theirs in ours)
