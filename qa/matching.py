"""Which passages a search finds: those that hold its phrases and none of the words kept out, best first, and how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.document import Chunk
from kb.filters import Filter
from kb.knowledge_base import KnowledgeBase, Passage
from kb.lexical import tokens
from kb.records import Record
from qa.query import Query

_DEPTH = 200  # passages ranked at least where some of them may fall away
_DEEPEST = 6400


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """The best passages, and how many of each document match in all."""

    passages: tuple[Passage, ...]
    counts: Mapping[str, int]  # document id -> matching passages


def matches(base: KnowledgeBase, records: Mapping[str, Record], query: Query, *, filter: Filter, limit: int) -> Matches:
    """Passages of the documents in `records` that pass the filter and the query."""
    found = _holding(base, query, filter, limit) if query.phrases else _worded(base, records, query, filter, limit)
    passages = tuple(p for p in found.passages if p.chunk.document_id in records)[:limit]
    counts = {d: n for d, n in found.counts.items() if d in records and n > 0}
    for document_id, shown in Counter(p.chunk.document_id for p in passages).items():
        counts[document_id] = max(shown, counts.get(document_id, 0))  # by meaning, without a word of the query
    return Matches(passages=passages, counts=counts)


def _worded(base: KnowledgeBase, records: Mapping[str, Record], query: Query, filter: Filter, limit: int) -> Matches:
    """Passages for words alone, less those that hold what is kept out."""
    counts = base.matches(query.words, filter)
    if not query.excluded:
        return Matches(passages=tuple(base.search(query.words, limit, filter)), counts=counts)
    words = set(tokens(query.words))
    for chunk in _without_repeats(base, query.excluded, filter):
        record = records.get(chunk.document_id)
        if record is not None and not words.isdisjoint(_words_of(chunk, record)):
            counts[chunk.document_id] = counts.get(chunk.document_id, 0) - 1
    depth = max(limit * 2, _DEPTH)
    while True:
        found = base.search(query.words, depth, filter)
        passing = [p for p in found if query.allows(p.chunk.text)]
        if len(passing) >= limit or len(found) < depth or depth >= _DEEPEST:
            return Matches(passages=tuple(passing), counts=counts)
        depth *= 4


def _holding(base: KnowledgeBase, query: Query, filter: Filter, limit: int) -> Matches:
    """Passages that hold every phrase: all of them are known, so those that rank too low come last."""
    held = {c.id: c for c in base.holding(query.phrases, filter) if query.allows(c.text)}
    if not held:
        return Matches(passages=(), counts={})
    inside = replace(filter, documents=frozenset(c.document_id for c in held.values()))
    depth = min(max(limit * 4, _DEPTH), _DEEPEST)
    ranked = [p for p in base.search(query.words, depth, inside) if p.chunk.id in held]
    seen = {p.chunk.id for p in ranked}
    rest = [Passage(chunk=c, score=0.0) for i, c in held.items() if i not in seen]
    return Matches(passages=(*ranked, *rest), counts=Counter(c.document_id for c in held.values()))


def _without_repeats(base: KnowledgeBase, words: Sequence[str], filter: Filter) -> list[Chunk]:
    """The passages that hold any of the words, each once."""
    return list({c.id: c for word in words for c in base.holding((word,), filter)}.values())


def _words_of(chunk: Chunk, record: Record) -> set[str]:
    """What the word index knows a passage by."""
    return {*tokens(chunk.text), *tokens(" ".join(chunk.path)), *tokens(record.metadata.title)}
