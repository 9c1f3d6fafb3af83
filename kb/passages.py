"""Chunks with what belongs to them: the score they were found with, the vectors they were given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.document import Chunk, Document
from kb.embed import Embedder, Progress
from kb.generations import Vectors
from kb.reindex import passage_text
from kb.retrieve import Hit
from kb.serving import Serving

NO_VECTORS: Vectors = np.zeros((0, 0), np.float32)  # of a document that is there and stays as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk found for a question; `score` compares only within one search."""

    chunk: Chunk
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """The vectors of a document's chunks, shape (n, dim), and the embedder that made them."""

    embedder: str
    vectors: Vectors


def passages_of(serving: Serving, hits: Sequence[Hit]) -> list[Passage]:
    """The chunks of hits, those left out that are gone by now."""
    chunks = serving.catalog.chunks_by_id([h.chunk_id for h in hits])
    return [Passage(chunk=chunks[h.chunk_id], score=h.score) for h in hits if h.chunk_id in chunks]


def embedded(
    embedder: Embedder, documents: Sequence[tuple[Document, Sequence[Chunk]]], on_done: Progress | None
) -> dict[str, Embedded]:
    """Document id -> the vectors of its chunks, all made in one go; `on_done` is told how many are finished."""
    by_id = {document.id: (document, chunks) for document, chunks in documents}
    texts = [passage_text(d.metadata.title, c) for d, chunks in by_id.values() for c in chunks]
    rows = embedder.passages(texts, on_done) if texts else NO_VECTORS
    vectors, at = {}, 0
    for id, (_, chunks) in by_id.items():
        vectors[id] = Embedded(embedder=embedder.name, vectors=rows[at : at + len(chunks)])
        at += len(chunks)
    return vectors
