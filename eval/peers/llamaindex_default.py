"""LlamaIndex's starter: VectorStoreIndex.from_documents with its default splitter and its in-memory store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.bench_embedder import TimedEmbedder
from eval.peers.peer import Peer, SourceDocument


def open_peer(embedder: TimedEmbedder, folder: Path) -> Peer:
    """The starter's index; `folder` is not used."""
    del folder
    return _LlamaIndex(embedder)


class _LlamaIndex:
    def __init__(self, embedder: TimedEmbedder) -> None:
        self._adapter = _adapter(embedder)
        self._index: Any = None

    def ingest(self, documents: Sequence[SourceDocument]) -> None:
        from llama_index.core import Document, VectorStoreIndex

        # No metadata: LlamaIndex would write it into the text that is embedded.
        given = [Document(text=d.text, id_=d.doc_id) for d in documents]
        self._index = VectorStoreIndex.from_documents(given, embed_model=self._adapter)

    def search(self, question: str, k: int) -> list[tuple[str, str]]:
        found = self._index.as_retriever(similarity_top_k=k).retrieve(question)
        return [(f.node.ref_doc_id, f.node.get_content()) for f in found]


def _adapter(embedder: TimedEmbedder) -> Any:
    from llama_index.core.base.embeddings.base import BaseEmbedding

    class Adapter(BaseEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            rows: list[list[float]] = embedder.passages(texts).tolist()
            return rows

        def _get_query_embedding(self, query: str) -> list[float]:
            row: list[float] = embedder.query(query).tolist()
            return row

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    return Adapter(model_name=embedder.name)
