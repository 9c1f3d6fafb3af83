"""Searching passages: hits with their documents, and counts by place, year and kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kb.knowledge_base import KnowledgeBase, Passage
from kb.records import Record
from qa.gazetteer import Gazetteer

_DEPTH = 300  # passages ranked before filters; the facets count over these


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """A passage found. `score` compares only within one search."""

    document: Record
    path: tuple[str, ...]
    pages: tuple[int, ...]
    start: int
    end: int
    quote: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """The best hits, how many there were in all, and facets over all of them."""

    query: str
    total: int
    hits: tuple[SearchHit, ...]
    facets: dict[str, dict[str, int]]


def search_page(
    base: KnowledgeBase,
    documents: Sequence[Record],
    gazetteer: Gazetteer,
    query: str,
    *,
    place: str | None,
    year: int | None,
    kind: str | None,
    topic: str | None,
    limit: int,
) -> SearchPage:
    """Passages for `query` that pass the filters. Topics are not labelled yet: any `topic` finds nothing."""
    records = {r.id: r for r in documents}
    kept = [
        p
        for p in base.search(query, _DEPTH)
        if (record := records.get(p.chunk.document_id))
        and topic is None
        and (place is None or gazetteer.covers(record, place))
        and (year is None or record.metadata.year == year)
        and (kind is None or record.metadata.kind == kind)
    ]
    return SearchPage(
        query=query,
        total=len(kept),
        hits=tuple(_hit(base, records[p.chunk.document_id], p) for p in kept[:limit]),
        facets=_facets([records[p.chunk.document_id] for p in kept]),
    )


def _hit(base: KnowledgeBase, record: Record, passage: Passage) -> SearchHit:
    chunk = passage.chunk
    return SearchHit(
        document=record,
        path=chunk.path,
        pages=base.document(chunk.document_id).pages_of(chunk.start, chunk.end),
        start=chunk.start,
        end=chunk.end,
        quote=chunk.text,
        score=round(passage.score, 4),
    )


def _facets(records: list[Record]) -> dict[str, dict[str, int]]:
    places = Counter(r.metadata.place for r in records if r.metadata.place)
    years = Counter(str(r.metadata.year) for r in records if r.metadata.year)
    kinds = Counter(r.metadata.kind for r in records if r.metadata.kind)
    return {
        "place": dict(places.most_common()),
        "year": dict(years.most_common()),
        "kind": dict(kinds.most_common()),
        "topic": {},
    }
