"""Haystack's hybrid tutorial: DocumentSplitter by word 512/32, in-memory BM25 and embedding retrievers, DocumentJoiner.

The tutorial ends in a cross-encoder from a model hub. Offline there is none, so the joiner ranks, by its own
reciprocal rank fusion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.bench_embedder import TimedEmbedder
from eval.peers.peer import Peer, SourceDocument

_BATCH = 32  # the batch size of Haystack's own document embedders


def open_peer(embedder: TimedEmbedder, folder: Path) -> Peer:
    """The tutorial's pipelines over an in-memory store; `folder` is not used."""
    del folder
    return _Haystack(embedder)


class _Haystack:
    def __init__(self, embedder: TimedEmbedder) -> None:
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        self._embedder = embedder
        self._store: Any = InMemoryDocumentStore()
        self._pipeline = self._retrieval()

    def ingest(self, documents: Sequence[SourceDocument]) -> None:
        from haystack import Document
        from haystack.components.preprocessors import DocumentSplitter

        splitter = DocumentSplitter(split_by="word", split_length=512, split_overlap=32)
        given = [Document(content=d.text, meta={"doc_id": d.doc_id}) for d in documents]
        pieces = splitter.run(given)["documents"]
        for start in range(0, len(pieces), _BATCH):
            batch = pieces[start : start + _BATCH]
            rows = self._embedder.passages([p.content for p in batch])
            self._store.write_documents([replace(p, embedding=r.tolist()) for p, r in zip(batch, rows, strict=True)])

    def search(self, question: str, k: int) -> list[tuple[str, str]]:
        found = self._pipeline.run(
            {
                "embedding_retriever": {"query_embedding": self._embedder.query(question).tolist(), "top_k": k},
                "bm25_retriever": {"query": question, "top_k": k},
                "document_joiner": {"top_k": k},
            }
        )["document_joiner"]["documents"]
        return [(d.meta["doc_id"], d.content) for d in found]

    def _retrieval(self) -> Any:
        from haystack import Pipeline
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever

        pipeline = Pipeline()
        pipeline.add_component("embedding_retriever", InMemoryEmbeddingRetriever(self._store))
        pipeline.add_component("bm25_retriever", InMemoryBM25Retriever(self._store))
        pipeline.add_component("document_joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
        pipeline.connect("bm25_retriever", "document_joiner")
        pipeline.connect("embedding_retriever", "document_joiner")
        return pipeline
