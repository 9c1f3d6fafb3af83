"""This project: passages of the knowledge base, as the answer is read from. Ingest includes reading the files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from eval.bench_embedder import TimedEmbedder
from eval.peers.peer import Peer, SourceDocument


def open_peer(embedder: TimedEmbedder, folder: Path) -> Peer:
    """An empty knowledge base in `folder`."""
    return _Ours(embedder, folder)


class _Ours:
    def __init__(self, embedder: TimedEmbedder, folder: Path) -> None:
        from ingest.chunk import RECIPE
        from kb.knowledge_base import KnowledgeBase

        self._folder = folder
        self._base = KnowledgeBase(folder / "home", embedder, RECIPE, to_write=True)
        self._doc_ids: dict[str, str] = {}

    def ingest(self, documents: Sequence[SourceDocument]) -> None:
        from ingest.chunk import split
        from ingest.load import load
        from kb.catalog import FileRecord

        for given in documents:
            path = self._folder / f"{given.doc_id}.txt"
            path.write_text(given.text, encoding="utf-8")
            read = load(path)
            for document in read:
                self._doc_ids.setdefault(document.id, given.doc_id)
            record = FileRecord(
                path=str(path),
                source=path.name,
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                original=None,
                documents=tuple(d.id for d in read),
                coverage=read[0].coverage,
            )
            self._base.put_file(record, [(d, split(d)) for d in read])
        self._base.refresh()

    def search(self, question: str, k: int) -> list[tuple[str, str]]:
        found = self._base.search(question, k)
        return [(self._doc_ids[p.chunk.document_id], p.chunk.text) for p in found]
