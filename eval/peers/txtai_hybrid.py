"""txtai's RAG quick start with `hybrid=True`: text cut into sections, dense and BM25 scores summed half and half."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.bench_embedder import TimedEmbedder
from eval.peers.peer import Peer, SourceDocument

_QUERY = "\x00"  # txtai hands queries and passages to one function; its `instructions` mark the queries


def open_peer(embedder: TimedEmbedder, folder: Path) -> Peer:
    """The quick start's index, in memory; `folder` is not used."""
    del folder
    return _Txtai(embedder)


class _Txtai:
    def __init__(self, embedder: TimedEmbedder) -> None:
        from txtai import Embeddings

        def transform(texts: list[str]) -> NDArray[np.float32]:
            if texts[0].startswith(_QUERY):
                return np.stack([embedder.query(t.removeprefix(_QUERY)) for t in texts])
            return embedder.passages(texts)

        self._index: Any = Embeddings(
            method="external", transform=transform, instructions={"query": _QUERY}, content=True, hybrid=True
        )
        self._doc_ids: list[str] = []

    def ingest(self, documents: Sequence[SourceDocument]) -> None:
        from txtai.pipeline import Segmentation

        sections = Segmentation(sections=True)
        rows: list[str] = []
        for document in documents:
            pieces = sections(document.text)
            rows += pieces
            self._doc_ids += [document.doc_id] * len(pieces)
        self._index.index(list(enumerate(rows)))

    def search(self, question: str, k: int) -> list[tuple[str, str]]:
        return [(self._doc_ids[int(f["id"])], f["text"]) for f in self._index.search(question, k)]
