"""What every compared system must do, and what it is given."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kb.embed import Embedder, Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDocument:
    """A document as all systems get it: an id and plain text, nothing else to search by."""

    doc_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldQuestion:
    """A question, the documents that answer it, and the wordings of the answer in them."""

    question: str
    doc_ids: frozenset[str]
    answers: tuple[str, ...]


class Peer(Protocol):
    """A system under comparison."""

    def ingest(self, documents: Sequence[SourceDocument]) -> None:
        """Takes in all documents. Called once."""
        ...

    def search(self, question: str, k: int) -> list[tuple[str, str]]:
        """At most `k` pairs of document id and the passage that would be shown, best first."""
        ...


class TimedEmbedder:
    """An embedder that counts what it is given and how long it takes; the same one for every system."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.name, self.dim = inner.name, inner.dim
        self.texts = 0  # passages embedded so far
        self.seconds = 0.0  # time spent on them

    def passages(self, texts: Sequence[str], on_done: Progress | None = None) -> NDArray[np.float32]:
        """See kb.embed.Embedder."""
        started = time.perf_counter()
        rows = self._inner.passages(texts, on_done)
        self.seconds += time.perf_counter() - started
        self.texts += len(texts)
        return rows

    def query(self, text: str) -> NDArray[np.float32]:
        """See kb.embed.Embedder."""
        return self._inner.query(text)


OpenPeer = Callable[[TimedEmbedder, Path], Peer]
"""Opens a system that embeds with the given embedder and keeps its files, if any, in the given empty folder."""
