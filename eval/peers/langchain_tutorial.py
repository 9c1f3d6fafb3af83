"""LangChain's RAG tutorial: RecursiveCharacterTextSplitter 1000/200, a persistent Chroma, similarity_search."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings

from eval.bench_embedder import TimedEmbedder
from eval.peers.peer import Peer, SourceDocument


def open_peer(embedder: TimedEmbedder, folder: Path) -> Peer:
    """The tutorial's store, kept in `folder`."""
    return _LangChain(embedder, folder)


class _Adapter(Embeddings):
    def __init__(self, embedder: TimedEmbedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self._embedder.passages(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        row: list[float] = self._embedder.query(text).tolist()
        return row


class _LangChain:
    def __init__(self, embedder: TimedEmbedder, folder: Path) -> None:
        from langchain_chroma import Chroma

        self._store: Any = Chroma(
            collection_name="example_collection",
            embedding_function=_Adapter(embedder),
            persist_directory=str(folder),
        )

    def ingest(self, documents: Sequence[SourceDocument]) -> None:
        from langchain_core.documents import Document
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
        splits = splitter.split_documents(
            [Document(page_content=d.text, metadata={"source": d.doc_id}) for d in documents]
        )
        self._store.add_documents(documents=splits)

    def search(self, question: str, k: int) -> list[tuple[str, str]]:
        return [(d.metadata["source"], d.page_content) for d in self._store.similarity_search(question, k=k)]
