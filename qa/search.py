"""Searching passages: hits with their documents, and counts by place, year, kind, topic and issuer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.topics import topics_of
from kb.filters import Filter, issuers_of, years_of
from kb.knowledge_base import KnowledgeBase, Passage
from kb.records import Record

NOTHING_TO_FIND = "查询里没有字词，请输入要查的内容，例如：公益性岗位补助标准。"


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
    topics: tuple[str, ...]  # what the passage is about, the strongest first


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """The best hits, how many passages match in all, and how these spread.

    A passage matches when it passes the filter and holds a word of the query; hits found by meaning alone count too.
    """

    query: str
    total: int
    hits: tuple[SearchHit, ...]
    facets: dict[str, dict[str, int]]  # name -> value -> matching passages, most first
    notes: tuple[str, ...] = ()  # sentences for the reader: what was asked for and is not there


def search_page(
    base: KnowledgeBase,
    documents: Sequence[Record],
    query: str,
    *,
    filter: Filter,
    notes: tuple[str, ...],
    limit: int,
) -> SearchPage:
    """Passages for `query` that pass the filter."""
    if not any(c.isalnum() for c in query):
        return SearchPage(query=query, total=0, hits=(), facets=_facets({}, ()), notes=(NOTHING_TO_FIND,))
    records = {r.id: r for r in documents}
    passages = [p for p in base.search(query, limit, filter) if p.chunk.document_id in records]
    counts = Counter({d: n for d, n in base.matches(query, filter).items() if d in records})
    counts |= Counter(p.chunk.document_id for p in passages)
    return SearchPage(
        query=query,
        total=counts.total(),
        hits=tuple(_hit(base, records[p.chunk.document_id], p) for p in passages),
        facets=_facets(counts, [records[d] for d in counts]),
        notes=notes,
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
        topics=topics_of(chunk.text, chunk.path),
    )


_FACETS: dict[str, Callable[[Record], Iterable[str]]] = {
    "place": lambda r: (r.metadata.place,) if r.metadata.place else (),
    "year": lambda r: map(str, years_of(r.metadata)),
    "kind": lambda r: (r.metadata.kind,) if r.metadata.kind else (),
    "topic": lambda r: r.metadata.topics,
    "issuer": lambda r: issuers_of(r.metadata),
}


def _facets(counts: Mapping[str, int], records: Iterable[Record]) -> dict[str, dict[str, int]]:
    """How many of the matching passages are of each place, year and so on."""
    found: dict[str, Counter[str]] = {name: Counter() for name in _FACETS}
    for record in records:
        for name, values in _FACETS.items():
            for value in values(record):
                found[name][value] += counts[record.id]
    return {name: dict(counter.most_common()) for name, counter in found.items()}
