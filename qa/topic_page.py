"""A topic over the years: what each report said of it, the figures side by side, and how it was put."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kb.filters import Filter
from kb.knowledge_base import KnowledgeBase
from kb.records import Record
from qa.figures import Figure, counted
from qa.gazetteer import Gazetteer
from qa.phrasing import PhraseKind, is_repeat
from qa.search import day_of
from qa.topic_said import Said, is_of, passages_on, said_of, units_on

REPORT_KINDS = frozenset({"work_report", "summary", "rectification_report", "plan"})
SAID_SHOWN = 12  # sentences of one report
PHRASES_SHOWN = 10  # of one kind
INDICATORS_SHOWN = 8
NO_REPORTS = "没有工作报告说到“{}”，下面是其他文件里的内容。"
NOTHING_SAID = "没有文件说到“{}”，请换个说法，或放宽地区、年份。"
NO_TOPIC = "请选一个主题，或写出要比较的事项，例如：公益性岗位。"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPart:
    """What one report said of the topic, in its order, and how many sentences are not shown."""

    document: Record
    said: tuple[Said, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class YearColumn:
    """The reports of one year, the oldest first; those that tell no year stand under None."""

    year: int | None
    reports: tuple[ReportPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A value of an indicator and the sentence that gives it."""

    year: int
    day: date | None
    value: float
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A thing counted in reports of two years or more, oldest first."""

    label: str
    unit: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage:
    """A topic over the years."""

    topic: str
    place: str | None
    columns: tuple[YearColumn, ...]  # newest year first
    indicators: tuple[Indicator, ...]
    phrases: dict[PhraseKind, tuple[Said, ...]]  # the newest first
    notes: tuple[str, ...] = ()


def topic_page(
    base: KnowledgeBase,
    records: Mapping[str, Record],
    gazetteer: Gazetteer,
    topic: str,
    *,
    place: str | None,
    filter: Filter,
    notes: tuple[str, ...],
) -> TopicPage:
    """What the reports that pass the filter said of a topic of the taxonomy, or of any words."""
    topic = topic.strip()
    if not any(c.isalnum() for c in topic):
        return TopicPage(topic=topic, place=place, columns=(), indicators=(), phrases={}, notes=(NO_TOPIC,))
    passages = [p for p in passages_on(base, topic, filter) if p.chunk.document_id in records]
    chosen = [p for p in passages if records[p.chunk.document_id].metadata.kind in REPORT_KINDS]
    units = list(units_on(base, topic, chosen))
    if not units and passages:
        units = list(units_on(base, topic, passages))
        notes += (NO_REPORTS.format(topic),) if units else ()
    units = [u for u in units if is_of(place, u, records[u.document.id], gazetteer)]
    if not units:
        return TopicPage(
            topic=topic, place=place, columns=(), indicators=(), phrases={}, notes=(*notes, NOTHING_SAID.format(topic))
        )
    said = [said_of(u, records[u.document.id]) for u in units]
    return TopicPage(
        topic=topic,
        place=place,
        columns=_columns(said),
        indicators=_indicators(said),
        phrases=_phrases(said),
        notes=notes,
    )


def year_of(record: Record) -> int | None:
    """The year a report speaks of, else that of its date."""
    day = day_of(record)
    return record.metadata.year or (day.year if day else None)


def _age(said: Said) -> tuple[int, str, int]:
    """The newest first, a document's own in its order."""
    day = day_of(said.document)
    return -day.toordinal() if day else 0, said.document.id, said.start


def _columns(said: Iterable[Said]) -> tuple[YearColumn, ...]:
    by_year: dict[int | None, dict[str, list[Said]]] = defaultdict(lambda: defaultdict(list))
    for one in said:
        by_year[year_of(one.document)][one.document.id].append(one)
    columns = []
    for year, documents in sorted(by_year.items(), key=lambda item: -(item[0] or 0)):
        parts = [_part(ones) for ones in documents.values()]
        parts.sort(key=lambda p: (day_of(p.document) or date.max, p.document.source))
        columns.append(YearColumn(year=year, reports=tuple(parts)))
    return tuple(columns)


def _part(said: Sequence[Said]) -> ReportPart:
    """Sentences with figures first where there are too many, shown in the order of the report."""
    kept = sorted(said, key=lambda s: (not s.figures, s.start))[:SAID_SHOWN]
    return ReportPart(
        document=said[0].document,
        said=tuple(sorted(kept, key=lambda s: s.start)),
        more=len(said) - len(kept),
    )


def _phrases(said: Sequence[Said]) -> dict[PhraseKind, tuple[Said, ...]]:
    """The newest wordings of each kind; what differs only in its figures comes once."""
    found: dict[PhraseKind, list[Said]] = {kind: [] for kind in PhraseKind}
    seen: set[str] = set()
    for one in sorted(said, key=_age):
        if one.kind is not None and len(found[one.kind]) < PHRASES_SHOWN and not is_repeat(one.quote, seen):
            found[one.kind].append(one)
    return {kind: tuple(ones) for kind, ones in found.items()}


def _indicators(said: Sequence[Said]) -> tuple[Indicator, ...]:
    """What is counted in two years or more, in most years first; plans count nothing yet."""
    found = []
    told = [s for s in said if s.kind is not PhraseKind.NEXT]
    for group in counted(s.figures for s in told):
        points = sorted(_points(group.figures, told), key=lambda p: (p.year, p.day or date.max))
        if len({p.year for p in points}) > 1:
            found.append(Indicator(label=group.label, unit=group.unit, points=tuple(points)))
    found.sort(key=lambda i: (-len({p.year for p in i.points}), -len(i.points)))
    return tuple(found[:INDICATORS_SHOWN])


def _points(figures: Iterable[tuple[int, Figure]], said: Sequence[Said]) -> Iterator[Point]:
    """The first value that each report gives: what comes later in it counts a part."""
    done: set[str] = set()
    for number, figure in figures:
        one = said[number]
        year = year_of(one.document)
        if year is not None and one.document.id not in done:
            done.add(one.document.id)
            yield Point(year=year, day=day_of(one.document), value=figure.value, said=one)
