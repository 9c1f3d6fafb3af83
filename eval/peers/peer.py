"""What every compared system must do, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from eval.bench_embedder import TimedEmbedder


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


OpenPeer = Callable[[TimedEmbedder, Path], Peer]
"""Opens a system that embeds with the given embedder and keeps its files, if any, in the given empty folder."""
