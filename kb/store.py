"""The vector index. This is the only module that knows Chroma."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kb.errors import StorageFull

Vector = NDArray[np.float32]
_COLLECTION = "chunks"
_BATCH_ROWS = 4000  # Chroma takes at most 5,461 rows in one call


class VectorIndex(Protocol):
    """Finds the chunks whose vectors are nearest to a query's."""

    def search(self, vector: Vector, limit: int) -> list[tuple[str, float]]:
        """At most `limit` pairs of chunk id and cosine similarity (-1..1), best first; `vector` is a unit row."""
        ...


class ChunkStore:
    """Chunk vectors in an embedded Chroma collection. One process at a time may hold it."""

    def __init__(self, folder: Path) -> None:
        import chromadb
        from chromadb.config import Settings

        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(anonymized_telemetry=False)
        self._folder = folder
        self._client: Any = chromadb.PersistentClient(path=str(folder), settings=settings)
        self._collection: Any = self._client.get_or_create_collection(
            _COLLECTION,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
        )

    def add(self, rows: Iterable[tuple[str, str, Vector]]) -> None:
        """Takes rows of (chunk id, document id, unit vector); a chunk that is there already is written over."""
        for batch in _batches(rows):
            with _plain_errors(self._folder):
                self._collection.upsert(
                    ids=[r[0] for r in batch],
                    metadatas=[{"document": r[1]} for r in batch],
                    embeddings=[r[2] for r in batch],
                )

    def remove(self, document_id: str) -> None:
        """Forgets all chunks of a document."""
        with _plain_errors(self._folder):
            self._collection.delete(where={"document": document_id})

    def search(self, vector: Vector, limit: int) -> list[tuple[str, float]]:
        """See VectorIndex."""
        if self.count() == 0:
            return []
        found = self._collection.query(query_embeddings=[vector], n_results=limit, include=["distances"])
        return [(i, 1.0 - d) for i, d in zip(found["ids"][0], found["distances"][0], strict=True)]

    def count(self) -> int:
        """How many chunks the index holds."""
        return int(self._collection.count())

    def close(self) -> None:
        """Writes what is pending and lets go of the folder."""
        self._client.close()


class ExactScan:
    """The same search by comparing with every vector: for a process that may only look on while another writes."""

    def __init__(self, ids: Sequence[str], vectors: Vector) -> None:
        self._ids, self._vectors = ids, vectors

    def search(self, vector: Vector, limit: int) -> list[tuple[str, float]]:
        """See VectorIndex."""
        if not self._ids:
            return []
        scores = self._vectors @ vector
        best = np.argsort(-scores, kind="stable")[:limit]
        return [(self._ids[i], float(scores[i])) for i in best]


def _batches(rows: Iterable[tuple[str, str, Vector]]) -> Iterator[list[tuple[str, str, Vector]]]:
    source = iter(rows)
    while batch := list(islice(source, _BATCH_ROWS)):
        yield batch


@contextmanager
def _plain_errors(folder: Path) -> Iterator[None]:
    """Chroma's errors when the disk gives out, as ours."""
    from chromadb.errors import InternalError

    try:
        yield
    except (InternalError, OSError) as error:
        raise StorageFull(
            f"{folder}：向量索引写入失败（{error}），腾出磁盘空间后运行 zhengda doctor --repair"
        ) from error
