"""One generation of a base as it is searched: its chunks, its indexes, and the embedder that made its vectors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from kb.catalog_reading import CatalogReading
from kb.embed import Embedder
from kb.indexes import Glimpse, Indexes
from kb.rerank import Reranked, Wording
from kb.retrieve import Dense, Hybrid, Lexical, Retriever

_WAIT_S = 30.0
_CANDIDATES = 200  # of each search, before the best of both are looked at again; see docs/bench.md

TextsOf = Callable[[CatalogReading, Sequence[str]], dict[str, str]]


class Serving:
    """What searches use. Those that have begun may end with it when another generation has taken its place."""

    def __init__(
        self, generation: int, embedder: Embedder, catalog: CatalogReading, indexes: Indexes | Glimpse, texts: TextsOf
    ) -> None:
        self.generation, self.embedder, self.catalog, self.indexes = generation, embedder, catalog, indexes
        dense, lexical = Dense(embedder, indexes.vectors), Lexical(indexes.words)
        hybrid = Hybrid(dense, lexical, depth=_CANDIDATES)
        self.retriever: Retriever = Reranked(hybrid, Wording(), lambda ids: texts(catalog, ids))
        self.stages: dict[str, Retriever] = {
            "dense": dense,
            "lexical": lexical,
            "hybrid": hybrid,
            "reranked": self.retriever,
        }
        self._users, self._retired = 0, False
        self._free = threading.Condition()

    def enter(self) -> bool:
        """Begins a search; False when another generation serves by now."""
        with self._free:
            if self._retired:
                return False
            self._users += 1
            return True

    def leave(self) -> None:
        """Ends a search."""
        with self._free:
            self._users -= 1
            self._free.notify_all()

    def retire(self) -> None:
        """Lets no search begin any more, and waits for those that have begun."""
        with self._free:
            self._retired = True
            self._free.wait_for(lambda: self._users == 0, _WAIT_S)
