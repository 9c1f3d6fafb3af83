"""The vector index over the whole base. This is the only module that knows Chroma."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kb.errors import IndexOutOfReach, StorageFull
from kb.ports import Row, Scored, Vector, Within

_COLLECTION = "chunks"
_HNSW = {"hnsw": {"space": "cosine", "ef_search": 200}}
_BATCH_ROWS = 4000  # Chroma takes at most 5,461 rows in one call
_BATCH_DOCUMENTS = 500
_OVERFETCH = 1.3  # how much more is fetched than a filter should need


class ChunkStore:
    """A VectorIndex in a Chroma collection: in a folder that one process at a time may hold, or on a Chroma server."""

    def __init__(self, folder: Path, *, url: str = "", collection: str = _COLLECTION) -> None:
        """With a `url` the rows are in `collection` on that server, and `folder` is left alone.

        Raises IndexOutOfReach when no Chroma server answers there.
        """
        self._where = url or str(folder)
        self._on_server, self._collection_name = bool(url), collection
        with self._plain_errors():
            self._client: Any = _server(url) if url else _embedded(folder)
            self._collection = self._open()

    def add(self, rows: Iterable[Row]) -> None:
        """See VectorIndex."""
        for batch in _batches(rows):
            with self._plain_errors():
                self._collection.upsert(
                    ids=[r[0] for r in batch],
                    metadatas=[{"document": r[1]} for r in batch],
                    embeddings=[r[2] for r in batch],
                )

    def remove(self, document_ids: Sequence[str]) -> None:
        """See VectorIndex."""
        for first in range(0, len(document_ids), _BATCH_DOCUMENTS):
            with self._plain_errors():
                self._collection.delete(
                    where={"document": {"$in": list(document_ids[first : first + _BATCH_DOCUMENTS])}}
                )

    def clear(self) -> None:
        """See VectorIndex."""
        with self._plain_errors():
            self._client.delete_collection(self._collection_name)
            self._collection = self._open()

    def drop(self) -> None:
        """Deletes the collection; it is not used after that."""
        with self._plain_errors():
            self._client.delete_collection(self._collection_name)

    def search(self, vector: Vector, limit: int, within: Within = None) -> list[Scored]:
        """See VectorIndex. Approximate; within a filter it looks further until enough pass, best for broad ones."""
        fetched = limit
        while fetched:
            found = self._nearest(vector, fetched, within)
            if len(found) >= limit:
                break
            total = self.count()  # takes longer than a search: only asked for when something seems to be missing
            if fetched >= total:
                break
            passing = max(len(found), 1) / fetched
            fetched = min(total, max(2 * fetched, int(_OVERFETCH * limit / passing)))
        return found[:limit] if fetched else []

    def count(self) -> int:
        """See VectorIndex."""
        with self._plain_errors():
            return int(self._collection.count())

    def close(self) -> None:
        """Writes what is pending and lets go of the folder or the connection."""
        self._client.close()
        if self._on_server:
            for client in (self._client, self._client._admin_client):  # chromadb 1.5 leaves their connections open
                client._server._session.close()

    def _nearest(self, vector: Vector, count: int, within: Within) -> list[Scored]:
        """The `count` nearest of all, without those outside the filter."""
        include = ["distances"] if within is None else ["distances", "metadatas"]
        with self._plain_errors():
            found = self._collection.query(query_embeddings=[vector], n_results=count, include=include)
        scored = zip(found["ids"][0], found["distances"][0], strict=True)
        if within is None:
            return [(i, 1.0 - d) for i, d in scored]
        documents = [m["document"] for m in found["metadatas"][0]]
        return [(i, 1.0 - d) for (i, d), document in zip(scored, documents, strict=True) if document in within]

    def _open(self) -> Any:
        return self._client.get_or_create_collection(
            self._collection_name, embedding_function=None, configuration=_HNSW
        )

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        """Chroma's errors when the disk gives out or the server is gone, as ours."""
        from chromadb.errors import ChromaError, InternalError
        from httpx import HTTPError

        of_server = (HTTPError, ChromaError) if self._on_server else ()
        try:
            yield
        except of_server as error:
            raise _out_of_reach(self._where, error) from error
        except (InternalError, OSError) as error:
            raise StorageFull(
                f"{self._where}：向量索引写入失败（{error}），腾出磁盘空间后运行 zhengda doctor --repair"
            ) from error


def _embedded(folder: Path) -> Any:
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    folder.mkdir(parents=True, exist_ok=True)
    try:
        return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    except Exception:  # chromadb 1.5 keeps what did not open, and hands that out the next time
        for kept in (SharedSystemClient._identifier_to_system, SharedSystemClient._identifier_to_refcount):
            kept.pop(str(folder), None)
        raise


def _server(url: str) -> Any:
    import chromadb
    from chromadb.config import Settings
    from httpx import HTTPError

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise IndexOutOfReach(f"chroma_url 是 {url}，应如 http://127.0.0.1:8000")
    try:
        return chromadb.HttpClient(
            host=parts.hostname,
            port=parts.port or (443 if parts.scheme == "https" else 8000),
            ssl=parts.scheme == "https",
            settings=Settings(anonymized_telemetry=False),
        )
    except (HTTPError, ValueError) as error:  # chromadb turns a refused connection into a ValueError
        raise _out_of_reach(url, error) from error


def _out_of_reach(url: str, error: Exception) -> IndexOutOfReach:
    return IndexOutOfReach(
        f"{url}：Chroma 服务没有正常应答（{error}），请先启动它（chroma run），或去掉设置 chroma_url 改用本机索引"
    )


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    source = iter(rows)
    while batch := list(islice(source, _BATCH_ROWS)):
        yield batch
