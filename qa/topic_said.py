"""The sentences of reports that speak of a topic, word for word, with their figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from ingest.document import Document
from ingest.sentences import sentence_spans
from ingest.topics import taxonomy, topics_of
from kb.filters import Filter
from kb.knowledge_base import KnowledgeBase, Passage
from kb.lexical import tokens
from kb.records import Record
from qa.draft_units import Unit, unit_at
from qa.figures import Figure, figures_of
from qa.gazetteer import Gazetteer
from qa.phrasing import PhraseKind, is_heading, kind_of
from qa.question import place_stem

POOL = 400  # passages looked through
_RELEVANT = 0.25  # of the best score: what a passage needs where the topic is none of the taxonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence of a report, word for word: `quote` is the document's text[start:end]."""

    document: Record
    start: int
    end: int
    quote: str
    path: tuple[str, ...]
    pages: tuple[int, ...]
    kind: PhraseKind | None  # what it does in its report
    figures: tuple[Figure, ...]  # spans within the quote


def passages_on(base: KnowledgeBase, topic: str, filter: Filter) -> list[Passage]:
    """Passages that may speak of the topic."""
    if topic in taxonomy():
        found = base.search(" ".join((topic, *taxonomy()[topic]["strong"][:24])), POOL, filter)
        return [p for p in found if topic in topics_of(p.chunk.text, p.chunk.path)]
    found = base.search(topic, POOL, filter)
    least = _RELEVANT * max((p.score for p in found), default=0.0)
    return [p for p in found if p.score >= least]


def units_on(base: KnowledgeBase, topic: str, passages: Sequence[Passage]) -> Iterator[Unit]:
    """The sentences and items on the topic, each once, a document's together in its order."""
    chunks = sorted((p.chunk for p in passages), key=lambda c: (c.document_id, c.start))
    for document_id, of in groupby(chunks, key=lambda c: c.document_id):
        document, done = base.document(document_id), -1
        for chunk in of:
            for start, end in sentence_spans(document.text, chunk.start, chunk.end):
                if start < done or not _speaks_of(topic, document, start, end):
                    continue
                unit = unit_at(document, start, end)
                if unit is not None and unit.start >= done and not is_heading(unit):
                    done = max(unit.end, end)
                    yield unit


def _speaks_of(topic: str, document: Document, start: int, end: int) -> bool:
    text, path = document.text[start:end], document.path_at(start)
    if topic in taxonomy():
        said, headed = topics_of(text), topics_of("", path[-1:])
        if said and len(headed) > 1:  # "住房和饮水": the heading does not tell of which a sentence speaks
            return topic in said
        return topic in topics_of(text, path)
    words = {w for w in tokens(topic) if len(w) > 1} or set(tokens(topic))
    held = sum(w in text or any(w in heading for heading in path) for w in words)
    return held * 2 > len(words)


def is_of(place: str | None, unit: Unit, record: Record, gazetteer: Gazetteer) -> bool:
    """Whether the unit speaks of the place: its report is of it or of one within, or the words name it."""
    if place is None or record.metadata.place == place or gazetteer.holds(place, record):
        return True
    stem = place_stem(place)
    return stem in (record.metadata.title + (record.metadata.issuer or "")) or stem in unit.text


def said_of(unit: Unit, record: Record) -> Said:
    figures = figures_of(unit.document.text, unit.start, unit.end)
    return Said(
        document=record,
        start=unit.start,
        end=unit.end,
        quote=unit.text,
        path=unit.document.path_at(unit.start),
        pages=unit.document.pages_of(unit.start, unit.end),
        kind=kind_of(unit),
        figures=tuple(replace(f, start=f.start - unit.start, end=f.end - unit.start) for f in figures),
    )
