"""The reply by parts: what rules it, what was done, what came of it, what is still open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain

from kb.filters import Filter
from kb.records import Record
from qa.answer import Citation, Outcome, Validity
from qa.compose import cite
from qa.draft import Options, Part, PartKind, Sentence, Source, sentence_of
from qa.draft_answers import find, is_question
from qa.draft_gaps import gap, kind_of_figure, scope_words, short
from qa.draft_items import Item
from qa.draft_units import Unit, is_open, is_plan, is_problem_told, is_reply, is_result, unit_at
from qa.evidence import paragraph_of
from qa.findings import Finding, Findings
from qa.question import MAX_CHARS, Question, QuestionError
from qa.scope import home_of, place_fit
from qa.validity import Standing

_RULES = frozenset(("rule", "notice", "interpretation", "plan"))
_REPORTS = frozenset(("work_report", "summary", "rectification_report", "ledger", "other"))
_LEAST = 0.6  # certainty of a sentence that may be quoted
_SHARE = 0.85  # ... and of that of the surest one
_COVERAGE = 0.6
_PLACE_FIT = 0.75
_MOST = {PartKind.BASIS: 2, PartKind.WORK: 6, PartKind.RESULTS: 5, PartKind.OPEN: 3}
_SAME_CHARS = 12  # words this long in both the problem and a sentence: the sentence tells the problem again
_OUT_OF_FORCE = (Validity.EXPIRED, Validity.REPEALED, Validity.SUPERSEDED, Validity.NOT_YET)
_NATIONAL = re.compile(
    r"^(?:中共中央|中央|国务院|全国|国家|中华人民共和国|最高人民)|^[一-鿿]{2,12}部(?:办公厅)?(?:$|[ 、，等])"
)
_RULES_SOMETHING = re.compile(
    r"应当|应该|必须|不得|可以|按照?|标准|给予|补助|补贴|实行|建立|严格|负责|要(?!素|点|闻)|每[年月人户亩]"
)

_VAGUE = re.compile(
    r"(?:个别|少数|部分|有的|一些|某些?)(?:地方|[县乡镇村]|单位|干部|项目(?=[^，,]*未))?|存在|方面|(?:的)?问题$|[你我贵该](?=[县镇乡村市区])|^关于"
)
_LACKING = re.compile(
    r"(?:还|仍然?|尚)?不(?:够|太|甚)?(?:到位|及时|规范|精准|准确|扎实|合理|明显|完善|健全|充分|严格|严|实|细|深入|高|强|足|平衡|清楚|清|全面|全|畅)|"
    r"不够[一-鿿]{2}|较?为?(?:滞后|缓慢|薄弱|突出)|(?:较|比较|过|偏)(?:大|高|低|差|慢|弱|少|多)|有待(?:进一步)?[一-鿿]{2}|有(?:盲点|差距|短板|漏洞|隐患)|缺失|缺位|欠缺|流于形式"
)


class Desk:
    """Replies to items by parts, from the rules and reports of a source."""

    def __init__(self, source: Source, options: Options) -> None:
        self._source, self._options = source, options
        self._day = _day_of(options)
        records = source.documents()
        self._national = frozenset(r.id for r in records if _is_national(r) and r.metadata.kind in _RULES)

    def parts(self, item: Item) -> tuple[list[Part], list[Citation]]:
        """The four parts with their citations, numbered from 1."""
        try:
            asked = self._source.question(item.text[:MAX_CHARS], place=self._options.place, year=self._options.year)
        except QuestionError as error:
            return [Part(kind=PartKind.ANSWER, gaps=(gap(f"“{short(item.title)}”没有查：{error}"),))], []
        topic = topic_of(item)
        place = self._options.place or (asked.places[-1] if asked.places else None)
        year = self._options.year or (asked.years[0] if len(asked.years) == 1 else None)
        about = f"{scope_words(place, year)}“{short(item.title)}”"
        citations: list[Citation] = []
        basis = self._basis(topic, place, about, citations)
        rest = self._reported(item, topic, place, year, about, citations)
        return [basis, *rest], citations

    # --- what rules it ---

    def _basis(self, topic: str, place: str | None, about: str, citations: list[Citation]) -> Part:
        options = replace(self._options, as_of=self._day)
        local = find(topic, self._source, options, place=place, year=None, within=Filter(kinds=_RULES))
        groups = [local]
        if self._national and place is not None:
            plain = _without_places(topic, local.question)
            groups.append(
                find(plain, self._source, options, place=None, year=None, within=Filter(documents=self._national))
            )
        gone: list[str] = []
        for found in groups:
            rules = [f for f in _sure(found) if f.reading.evidence.document.metadata.kind in _RULES]
            units = [u for f in rules if (u := self._rule_unit(f, found.standing, gone)) is not None]
            homes = {home for u, _ in units if (home := u.document.metadata.place)}
            if place is None and len(homes) > 1:
                places = "、".join(sorted(homes)[:5])
                return Part(
                    kind=PartKind.BASIS, gaps=(gap(f"{about}适用哪个地方的规定（资料涉及{places}，请指明地方）"),)
                )
            if units:
                chosen = list(_distinct(units))[: _MOST[PartKind.BASIS]]
                return Part(
                    kind=PartKind.BASIS, sentences=tuple(_entered(chosen, found.standing, citations, label=True))
                )
        why = f"；资料里只有不在有效期内的《{gone[0]}》" if gone else ""
        return Part(kind=PartKind.BASIS, gaps=(gap(f"{about}的政策依据（适用的现行文件名称、文号、条款）{why}"),))

    def _rule_unit(self, f: Finding, standing: Standing, gone: list[str]) -> tuple[Unit, Finding] | None:
        evidence = f.reading.evidence
        metadata = evidence.document.metadata
        if metadata.issued_on is not None and metadata.issued_on > standing.day:
            return None
        if standing.status(metadata) in _OUT_OF_FORCE:
            gone.append(metadata.title)
            return None
        unit = unit_at(evidence.document, evidence.start, evidence.end)
        return (unit, f) if unit is not None and _RULES_SOMETHING.search(unit.text) else None

    # --- what was done ---

    def _reported(
        self, item: Item, topic: str, place: str | None, year: int | None, about: str, citations: list[Citation]
    ) -> list[Part]:
        found = find(topic, self._source, self._options, place=place, year=year, within=Filter(kinds=_REPORTS))
        answered = self._answered(item, found.question)
        units = list(_distinct(chain(answered, self._units(item, found))))
        homes = {home for u, _ in units if (home := home_of(u.document))}
        if place is None and len(homes) > 1:
            where = gap(f"{about}说的是哪个地方（资料涉及{'、'.join(sorted(homes)[:5])}，请指明地方后重新起草）")
            return [Part(kind=PartKind.WORK, gaps=(where,))]
        kinds = [_part_of(u) for u, _ in units]
        wanted = kind_of_figure(found.question.wants) or "户数、人数、金额、比例等数字"
        missing = {
            PartKind.WORK: f"{about}采取的措施（做了什么、谁负责、什么时间）",
            PartKind.RESULTS: f"{about}的完成情况（{wanted}）",
            PartKind.OPEN: f"{about}还有哪些没有完成，资料里没有写明",
        }
        parts = []
        for kind, what in missing.items():
            chosen = [u for u, k in zip(units, kinds, strict=True) if k is kind][: _MOST[kind]]
            ordered = sorted(
                chosen, key=lambda pair: (-pair[1].certainty if False else 0, pair[0].document.id, pair[0].start)
            )
            sentences = tuple(_entered(ordered, found.standing, citations))
            parts.append(Part(kind=kind, sentences=sentences, gaps=() if sentences else (gap(what),)))
        return parts

    def _answered(self, item: Item, asked: Question) -> Iterator[tuple[Unit, Finding]]:
        """What answers the item, where it is a question that has one answer."""
        if not is_question(asked) and not item.text.endswith(("?", "？")):
            return
        found = find(
            item.text,
            self._source,
            self._options,
            place=self._options.place,
            year=self._options.year,
            within=Filter(kinds=_REPORTS),
        )
        if found.answer.outcome is not Outcome.ANSWERED:
            return
        cited = {(c.document_id, c.start) for c in found.answer.citations}
        for f in found.found:
            evidence = f.reading.evidence
            unit = unit_at(evidence.document, evidence.start, evidence.end)
            if (evidence.document.id, evidence.start) in cited and unit is not None and not is_plan(unit):
                yield unit, f

    def _units(self, item: Item, found: Findings) -> Iterator[tuple[Unit, Finding]]:
        """What the reports say, surest first; of a 整改情况 that replies to it, all."""
        sure = [f for f in _sure(found) if self._may_be_told(item, f, found.question)]
        replies = [f for f in sure if is_reply(f.reading.evidence.document, f.reading.evidence.start)]
        paragraphs = {_paragraph(f) for f in replies}
        beside = [f for f in found.found if _paragraph(f) in paragraphs and self._may_be_told(item, f, found.question)]
        for f in chain(beside, sure):
            evidence = f.reading.evidence
            yield from ((u, f) for u in _units_of(evidence.document, evidence.start, evidence.end) if not is_plan(u))

    def _may_be_told(self, item: Item, f: Finding, asked: Question) -> bool:
        evidence = f.reading.evidence
        return (
            f.reading.scope >= _PLACE_FIT - 0.05
            and place_fit(evidence, asked) >= _PLACE_FIT
            and not is_problem_told(evidence.document, evidence.start)
            and not _tells_again(evidence.text, item.text)
        )


def topic_of(item: Item) -> str:
    """What the item is about: its first sentence without the words that only say that something is amiss."""
    text = item.title
    bare = re.sub(r"\s+", " ", _LACKING.sub("", _VAGUE.sub("", text))).strip(" ，,；;、的")
    bare = re.sub(r"[，,]\s*[，,]", "，", bare)
    return bare if len(re.findall(r"[一-鿿]", bare)) >= 2 else text


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


def _sure(found: Findings) -> list[Finding]:
    """The sentences that surely speak of it, surest first."""
    best = max((f.certainty for f in found.found), default=0.0)
    least = max(_LEAST, _SHARE * best)
    sure = [f for f in found.found if f.certainty >= least and f.reading.coverage >= _COVERAGE]
    return sorted(sure, key=lambda f: -f.certainty)


def _paragraph(f: Finding) -> tuple[str, int]:
    evidence = f.reading.evidence
    return evidence.document.id, paragraph_of(evidence.document.text, evidence.start)[0]


def _units_of(document, start: int, end: int) -> Iterator[Unit]:  # type: ignore[no-untyped-def]
    """The items within the sentence, where it holds several; else the one that holds it."""
    from ingest.run_in import run_in_items

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
    return PartKind.RESULTS if is_result(unit) else PartKind.WORK


def _tells_again(text: str, problem: str) -> bool:
    ours, theirs = re.sub(r"\W", "", text), re.sub(r"\W", "", problem)
    return len(ours) >= _SAME_CHARS and (ours in theirs or theirs in ours)


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
