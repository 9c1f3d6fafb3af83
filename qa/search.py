"""Searching passages: hits with their documents, and counts by place, year, kind, topic and issuer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from ingest.topics import topics_of
from kb.filters import Filter
from kb.knowledge_base import KnowledgeBase, Passage
from kb.records import Record
from qa.answer import Validity
from qa.facets import Facets
from qa.matching import Matches, matches
from qa.query import Query, matched_spans, read_query
from qa.similar import like, read_spot, span_of
from qa.validity import Standing

NOTHING_TO_FIND = "查询里没有字词，请输入要查的内容，例如：公益性岗位补助标准。"
ONLY_EXCLUDED = "查询里只有要排除的词，请再写上要查的内容，例如：就业 -培训。"
SORTED_POOL = 200  # the passages that fit best, which are put in order of their dates
_QUERY_CHARS = 60


class Sort(StrEnum):
    """The order of hits."""

    RELEVANCE = "relevance"
    NEWEST = "date"
    OLDEST = "date-asc"


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
    status: Validity  # of its document
    matched: tuple[tuple[int, int], ...] = ()  # where in the quote the query's words and phrases stand


@dataclass(frozen=True, slots=True, kw_only=True)
class HitGroup:
    """The hits of one document, in the order of the page."""

    document: Record
    hits: tuple[SearchHit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """The best hits, how many passages match in all, and how these spread.

    A passage matches when it passes the filter and holds a word of the query, or, where the query has phrases, all
    of these, and nothing that is kept out; hits found by meaning alone count too.
    """

    query: str
    total: int
    hits: tuple[SearchHit, ...]
    facets: dict[str, dict[str, int]]  # name -> value -> matching passages, most first
    notes: tuple[str, ...] = ()  # sentences for the reader: what was asked for and is not there

    @property
    def groups(self) -> tuple[HitGroup, ...]:
        """The hits by document, the document of the first hit first."""
        of: dict[str, list[SearchHit]] = {}
        for hit in self.hits:
            of.setdefault(hit.document.id, []).append(hit)
        return tuple(HitGroup(document=hits[0].document, hits=tuple(hits)) for hits in of.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of a search is shown, and how."""

    filter: Filter
    limit: int
    standing: Standing
    sort: Sort = Sort.RELEVANCE
    notes: tuple[str, ...] = field(default=())


def search_page(base: KnowledgeBase, facets: Facets, query: str, wanted: Wanted) -> SearchPage:
    """Passages for `query`, of the documents that `facets` knows."""
    asked = read_query(query)
    if asked.is_empty:
        note = ONLY_EXCLUDED if asked.excluded else NOTHING_TO_FIND
        return SearchPage(query=query, total=0, hits=(), facets=facets.count({}), notes=(note,))
    found = matches(base, facets.records, asked, filter=wanted.filter, limit=_pool(wanted))
    notes = wanted.notes
    if asked.phrases and not found.passages:
        notes += (f"没有哪一段逐字写有{_quoted(asked.phrases)}，去掉引号可按字词查找。",)
    return _page(base, facets, query, asked, found, wanted, notes)


def similar_page(base: KnowledgeBase, facets: Facets, spot: str, wanted: Wanted) -> SearchPage:
    """Passages like the one at `spot` ("DOC:START" or "DOC:START-END"). Raises QuestionError and UnknownDocument."""
    place = read_spot(spot)
    document = base.document(place.document_id)
    start, end = span_of(place, document)
    found = like(base, facets.records, document, (start, end), filter=wanted.filter, limit=_pool(wanted))
    said = " ".join(document.text[start:end].split())
    query = f"与“{said[:_QUERY_CHARS]}{'……' if len(said) > _QUERY_CHARS else ''}”相似"
    return _page(base, facets, query, read_query(""), found, wanted, wanted.notes)


def day_of(record: Record) -> date | None:
    """The day a document stands for where documents are put in order of time; the last of its year if only that is known."""
    metadata = record.metadata
    known = metadata.issued_on or metadata.published_on
    return known or (date(metadata.year, 12, 31) if metadata.year else None)


def _pool(wanted: Wanted) -> int:
    return wanted.limit if wanted.sort is Sort.RELEVANCE else max(wanted.limit, SORTED_POOL)


def _page(
    base: KnowledgeBase,
    facets: Facets,
    query: str,
    asked: Query,
    found: Matches,
    wanted: Wanted,
    notes: tuple[str, ...],
) -> SearchPage:
    passages = _in_order(facets, found.passages, wanted.sort)[: wanted.limit]
    return SearchPage(
        query=query,
        total=sum(found.counts.values()),
        hits=tuple(_hit(base, facets.records[p.chunk.document_id], p, asked, wanted.standing) for p in passages),
        facets=facets.count(found.counts),
        notes=notes,
    )


def _in_order(facets: Facets, passages: Sequence[Passage], sort: Sort) -> Sequence[Passage]:
    """Passages by the dates of their documents, those without one last; a document's own as they stand in it."""
    if sort is Sort.RELEVANCE:
        return passages

    def key(passage: Passage) -> tuple[bool, int, str, int]:
        day = day_of(facets.records[passage.chunk.document_id])
        number = day.toordinal() if day else 0
        chunk = passage.chunk
        return day is None, number if sort is Sort.OLDEST else -number, chunk.document_id, chunk.start

    return sorted(passages, key=key)


def _hit(base: KnowledgeBase, record: Record, passage: Passage, asked: Query, standing: Standing) -> SearchHit:
    chunk = passage.chunk
    return SearchHit(
        document=record,
        path=chunk.path,
        pages=base.pages_of(chunk),
        start=chunk.start,
        end=chunk.end,
        quote=chunk.text,
        score=round(passage.score, 4),
        topics=topics_of(chunk.text, chunk.path),
        status=standing.status(record.metadata),
        matched=matched_spans(asked, chunk.text),
    )


def _quoted(phrases: Iterable[str]) -> str:
    return "".join(f"“{p}”" for p in phrases)
