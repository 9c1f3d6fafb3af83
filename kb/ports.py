"""What the base asks of its indexes. Chroma and tantivy stand behind these; another engine may, whole or in part.

An index is derived: it takes chunks, forgets documents, and ranks. Filters are worked out above (`kb.filters`) and
arrive as the ids of the documents that may be found, so that every engine filters alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from kb.lexical import Entry

Vector = NDArray[np.float32]
Row = tuple[str, str, Vector]  # chunk id, document id, unit vector
Scored = tuple[str, float]  # chunk id, score
Within = frozenset[str] | None  # ids of the documents that may be found; None: all


class VectorSearch(Protocol):
    """Finds the chunks whose vectors are nearest to a query's."""

    def search(self, vector: Vector, limit: int, within: Within = None) -> list[Scored]:
        """At most `limit` chunks with their cosine (-1..1), best first; `vector` is a unit row."""
        ...


class VectorIndex(VectorSearch, Protocol):
    """A vector search that can be written to. Raises StorageFull or IndexOutOfReach when it cannot take a change."""

    def add(self, rows: Iterable[Row]) -> None:
        """Takes chunks; one that is there already is written over."""
        ...

    def remove(self, document_ids: Sequence[str]) -> None:
        """Forgets all chunks of the documents; ids it does not know are passed over."""
        ...

    def clear(self) -> None:
        """Forgets everything."""
        ...

    def count(self) -> int:
        """How many chunks it holds."""
        ...


class WordIndex(Protocol):
    """Finds the chunks that hold a query's words."""

    def change(self, *, removed: Sequence[str], added: Iterable[Entry]) -> None:
        """Forgets documents by id, then takes chunks: all of it or nothing."""
        ...

    def clear(self) -> None:
        """Forgets everything."""
        ...

    def search(self, words: Sequence[str], limit: int, within: Within = None) -> list[Scored]:
        """At most `limit` chunks with their BM25 score (0 and up), best first, for any of `words`."""
        ...

    def matches(self, words: Sequence[str], within: Within = None) -> dict[str, int]:
        """How many chunks of each document hold any of `words`; documents with none are left out."""
        ...

    def rarity(self, word: str) -> float:
        """Inverse document frequency: 0 for a word of all chunks, growing as it gets rarer."""
        ...

    def vocabulary(self) -> dict[str, int]:
        """Every word it holds, of texts, headings and titles, with how many chunks have it."""
        ...

    def count(self) -> int:
        """How many chunks it holds."""
        ...
