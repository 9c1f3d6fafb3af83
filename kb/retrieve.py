"""Finding the chunks for a question: by vector, by word, and by both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kb.embed import Embedder
from kb.lexical import tokens
from kb.ports import VectorSearch, Within, WordIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk found, and how well it fits. Scores compare only within one search."""

    chunk_id: str
    score: float


class Retriever(Protocol):
    """Finds chunks for a question."""

    def search(self, question: str, limit: int, within: Within = None) -> list[Hit]:
        """At most `limit` hits, best first, each chunk once; of the documents in `within` alone, when it is given."""
        ...


class Dense:
    """Nearest vectors. Scores are cosines, -1..1."""

    def __init__(self, embedder: Embedder, index: VectorSearch) -> None:
        self._embedder, self._index = embedder, index

    def search(self, question: str, limit: int, within: Within = None) -> list[Hit]:
        """See Retriever."""
        found = self._index.search(self._embedder.query(question), limit, within)
        return [Hit(chunk_id=i, score=s) for i, s in found]


class Lexical:
    """BM25 over words. Scores are 0 and up."""

    def __init__(self, index: WordIndex) -> None:
        self._index = index

    def search(self, question: str, limit: int, within: Within = None) -> list[Hit]:
        """See Retriever."""
        return [Hit(chunk_id=i, score=s) for i, s in self._index.search(tokens(question), limit, within)]


class Hybrid:
    """A convex sum of both scores, each scaled to 0..1 over the candidates (Bruch et al., TOIS 2023).

    Score-aware on purpose: on official Chinese text BM25 alone is better than reciprocal rank fusion, which throws
    away by how much a hit is better.
    """

    def __init__(self, dense: Retriever, lexical: Retriever, *, lexical_weight: float = 0.6, depth: int = 100) -> None:
        self._dense, self._lexical = dense, lexical
        self._weight, self._depth = lexical_weight, depth

    def search(self, question: str, limit: int, within: Within = None) -> list[Hit]:
        """See Retriever."""
        depth = max(limit, self._depth)
        dense = _scaled(self._dense.search(question, depth, within))
        lexical = _scaled(self._lexical.search(question, depth, within), floor=0.0)
        fused = {
            i: (1 - self._weight) * dense.get(i, 0.0) + self._weight * lexical.get(i, 0.0)
            for i in dense.keys() | lexical.keys()
        }
        best = sorted(fused.items(), key=lambda item: (-item[1], item[0]))
        return [Hit(chunk_id=i, score=s) for i, s in best[:limit]]


def _scaled(hits: list[Hit], floor: float | None = None) -> dict[str, float]:
    """Scores scaled so that the best is 1 and `floor` (by default the worst) is 0."""
    if not hits:
        return {}
    low = min(h.score for h in hits) if floor is None else floor
    span = max(h.score for h in hits) - low
    return {h.chunk_id: (h.score - low) / span if span > 0 else 1.0 for h in hits}
