"""A knowledge base on disk: the ledger, the originals, and the indexes derived from it.

home/ledger.sqlite   documents, chunks, vectors: the truth
home/originals/      the files as they came, by SHA-256
home/index/          see kb.indexes: may be deleted at any time, is built anew from the ledger
home/lock            held by the one process that may write
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ingest.document import Chunk, Document
from kb.catalog import Catalog
from kb.catalog_reading import Vectors
from kb.embed import Embedder, Progress
from kb.errors import BaseInUse, OtherRecipe, StorageFull, UnknownDocument
from kb.filters import EVERYTHING, Filter, allowed
from kb.indexes import Glimpse, Indexes
from kb.lexical import tokens
from kb.lock import BaseLock
from kb.ports import Within, WordIndex
from kb.records import Failure, FileRecord, Record
from kb.rerank import Reranked, Wording
from kb.retrieve import Dense, Hybrid, Lexical, Retriever

OnDone = Callable[[int, int], None]  # done, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk found for a question; `score` compares only within one search."""

    chunk: Chunk
    score: float


class _Known:
    """The documents as of a change number of the ledger."""

    def __init__(self, sequence: int, catalog: Catalog) -> None:
        self.sequence, self.records = sequence, catalog.records()
        self.by_id = {record.id: record for record in self.records}
        self.allowed = lru_cache(maxsize=128)(lambda filter: allowed(filter, self.records))
        self.saying = lru_cache(maxsize=256)(catalog.saying)


class KnowledgeBase:
    """An open base. Reads may come from several threads; writes are taken one at a time."""

    def __init__(
        self,
        home: Path,
        embedder: Embedder,
        recipe: str,
        *,
        to_write: bool,
        repair: bool = False,
        chroma_url: str = "",
    ) -> None:
        """Opens the base in `home`, making it when there is none. With a `chroma_url` that server holds Chroma's rows.

        When another process owns it, a reader still gets every committed document, by exact scan.
        Raises BaseInUse when `to_write` and another process owns it; OtherRecipe when it was made with another
        embedder or recipe, unless `repair`.
        """
        with _plain_errors(home):
            home.mkdir(parents=True, exist_ok=True)
            self._lock = BaseLock(home)
            self.owned = self._lock.take(timeout_s=2.0 if to_write else 0.0)
        if to_write and not self.owned:
            raise BaseInUse(f"{home}：资料库正被{self._lock.holder()}使用，请等它结束或先停止它")
        self.home, self._embedder, self._recipe = home, embedder, recipe
        self._chroma_url = chroma_url
        self._indexes: Indexes | Glimpse | None = None
        self._known: _Known | None = None
        self._write_lock = threading.RLock()
        try:
            self._catalog = Catalog(home / "ledger.sqlite", owned=self.owned)
            if not repair:
                self._refuse_other_recipe()
        except BaseException:
            self._lock.release()
            raise
        self.document = lru_cache(maxsize=256)(self._catalog.document)

    def close(self) -> None:
        """Writes what is pending, marks the indexes clean and lets go of the base."""
        with self._write_lock:
            if self._indexes is not None:
                self._indexes.close()
                self._indexes = None
            self._catalog.close()
            self._lock.release()

    # --- reading ---

    def search(self, question: str, limit: int, filter: Filter | None = None) -> list[Passage]:
        """At most `limit` passages that pass the filter, best first."""
        self._open_indexes()
        within = self._within(filter)
        hits = self._retriever.search(question, limit, within) if within is None or within else []
        chunks = self._catalog.chunks_by_id([h.chunk_id for h in hits])
        return [Passage(chunk=chunks[h.chunk_id], score=h.score) for h in hits if h.chunk_id in chunks]

    def matches(self, question: str, filter: Filter | None = None) -> dict[str, int]:
        """How many passages of each document pass the filter and hold a word of the question."""
        within = self._within(filter)
        return self.words.matches(tokens(question), within) if within is None or within else {}

    def documents(self, *, hidden: bool = False) -> tuple[Record, ...]:
        """The documents that stand for themselves, by source; with `hidden`, copies and other versions too."""
        return self._catalog.records(hidden=True) if hidden else self._records().records

    def failures(self) -> tuple[Failure, ...]:
        """Files that could not be taken in and have not been since, by source."""
        return self._catalog.failures()

    def record(self, document_id: str) -> Record:
        """One document without its text. Raises UnknownDocument."""
        return self._catalog.record(document_id)

    def file(self, file: Path | str) -> FileRecord | None:
        """The file at a path, or of an identity, as it was last ingested, or None."""
        return self._catalog.file(_identity(file))

    def original(self, document_id: str) -> Path | None:
        """The kept copy of the file a document came from, or None when none was kept."""
        name = self._catalog.file_of(document_id).original
        return self.home / "originals" / name if name else None

    def says(self, words: str) -> bool:
        """Whether some document's text holds `words` as they stand."""
        return bool(self.saying(words))

    def saying(self, words: str) -> frozenset[str]:
        """Ids of the documents whose text holds `words` as they stand."""
        return self._records().saying(words)

    def is_empty(self) -> bool:
        """Whether no document is in the base."""
        return not self._records().records

    @property
    def sequence(self) -> int:
        """Grows with every change: what was worked out from the documents holds until this moves."""
        return self._catalog.sequence

    @property
    def words(self) -> WordIndex:
        """The word index, for the rarity of words."""
        return self._open_indexes().words

    # --- writing ---

    def keep_original(self, path: Path, sha256: str) -> str:
        """Copies a file into the base; returns the name of the copy."""
        folder = self.home / "originals"
        name = sha256 + path.suffix.lower()
        with _plain_errors(self.home):
            folder.mkdir(exist_ok=True)
            if not (folder / name).exists():
                partial = folder / f".{name}.{os.getpid()}"
                try:
                    shutil.copyfile(path, partial)
                    partial.replace(folder / name)
                finally:
                    partial.unlink(missing_ok=True)
        return name

    def embed(
        self, documents: Sequence[tuple[Document, Sequence[Chunk]]], on_done: Progress | None = None
    ) -> list[Vectors | None]:
        """Vectors of each document's chunks, shape (n, dim), made in one go; None for what is in the base already.

        `on_done` is told how many chunks of all are finished.
        """
        new = {document.id: (document, chunks) for document, chunks in documents if not self._holds(document.id)}
        texts = [passage_text(d.metadata.title, c) for d, chunks in new.values() for c in chunks]
        rows = self._embedder.passages(texts, on_done) if texts else np.zeros((0, 0), np.float32)
        vectors, at = {}, 0
        for id_, (_, chunks) in new.items():
            vectors[id_] = rows[at : at + len(chunks)]
            at += len(chunks)
        return [vectors.get(document.id) for document, _ in documents]

    def put_file(
        self,
        file: FileRecord,
        documents: Sequence[tuple[Document, Sequence[Chunk]]],
        vectors: Sequence[Vectors | None] | None = None,
    ) -> None:
        """Makes `documents` the content of `file`: all of it or nothing. Found by search after `refresh`.

        `vectors` come from `embed`; what they lack is made now.
        """
        vectors = self.embed(documents) if vectors is None else vectors
        with self._writing():
            made = iter(self.embed([d for d, v in zip(documents, vectors, strict=True) if v is None]))
            rows = [next(made) if v is None else v for v in vectors]  # what was there may be gone by now
            none = np.zeros((0, 0), np.float32)  # of a document that is there and stays as it is
            self._catalog.put_file(
                file, [(d, c, none if v is None else v) for (d, c), v in zip(documents, rows, strict=True)]
            )

    def note_failure(self, file: Path | str, source: str, reason: str) -> None:
        """Keeps why a file could not be taken in, until it is or is gone."""
        with self._writing():
            self._catalog.put_failure(_identity(file), source, reason)

    def clear_failure(self, file: Path | str) -> None:
        """Forgets that a file could not be taken in."""
        with self._writing():
            self._catalog.clear_failures([_identity(file)])

    def remove(self, document_id: str) -> Record:
        """Removes a document at once from everything; returns what was removed. Raises UnknownDocument."""
        with self._writing():
            record = self._catalog.remove_document(document_id)
            self.document.cache_clear()
            self._drop_unused_originals()
            self.refresh()
        return record

    def refresh(self) -> None:
        """Brings the indexes up to the ledger."""
        with self._writing():
            self._open_indexes().catch_up()
            self.document.cache_clear()

    # --- health ---

    def check(self) -> list[str]:
        """What is wrong with the base, a line each in Chinese; empty when it is whole."""
        found = self._catalog.check()
        lines = [f"账本：{found}"] if found else []
        lines += self._open_indexes().problems()
        if self._catalog.meta("embedder") not in (None, self._embedder.name):
            lines.append(f"向量由 {self._catalog.meta('embedder')} 生成，当前设置是 {self._embedder.name}")
        for record in self.documents(hidden=True):
            if (original := self.original(record.id)) and not original.exists():
                lines.append(f"原件缺失：{record.source}（{original.name}）")
        return lines

    def repair(self, on_done: OnDone) -> None:
        """Builds the indexes anew from the ledger; embeds again first when the embedder has changed."""
        with self._writing():
            if self._catalog.meta("embedder") != self._embedder.name:
                self._embed_again(on_done)
            if self._indexes is not None:
                self._indexes.close()
            self._use(self._own_indexes(anew=True))

    # --- inside ---

    def _holds(self, document_id: str) -> bool:
        try:
            self._catalog.record(document_id)
        except UnknownDocument:
            return False
        return True

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if not self.owned:
            raise BaseInUse(f"{self.home}：资料库正被{self._lock.holder()}使用，现在只能查询")
        with self._write_lock, _plain_errors(self.home):
            yield

    def _refuse_other_recipe(self) -> None:
        for key, ours, what in (("embedder", self._embedder.name, "向量模型"), ("recipe", self._recipe, "分段方式")):
            theirs = self._catalog.meta(key)
            if theirs is not None and theirs != ours:
                raise OtherRecipe(
                    f"{self.home}：资料库的{what}是 {theirs}，当前设置是 {ours}；"
                    "请改回原设置，或运行 zhengda doctor --repair 重建"
                )
        if self.owned and self._catalog.meta("embedder") is None:
            self._catalog.set_meta(embedder=self._embedder.name, recipe=self._recipe)

    def _open_indexes(self) -> Indexes | Glimpse:
        """The indexes, opened and mended at their first use."""
        with self._write_lock:
            if self._indexes is None:
                self._use(self._own_indexes() if self.owned else Glimpse(self.home / "index", self._catalog))
            assert self._indexes is not None
            return self._indexes

    def _own_indexes(self, *, anew: bool = False) -> Indexes:
        if not self._catalog.meta("id"):  # names this base's rows on a server that several bases share
            self._catalog.set_meta(id=uuid.uuid4().hex)
        return Indexes(
            self.home / "index",
            self._catalog,
            chroma_url=self._chroma_url,
            collection=f"zhengda-{self._catalog.meta('id')}",
            anew=anew,
        )

    def _use(self, indexes: Indexes | Glimpse) -> None:
        self._indexes = indexes
        hybrid = Hybrid(Dense(self._embedder, indexes.vectors), Lexical(indexes.words))
        self._retriever: Retriever = Reranked(hybrid, Wording(), self._texts_of)

    def _texts_of(self, ids: Sequence[str]) -> dict[str, str]:
        """Chunks below the title and issuer of their document."""
        records = self._records().by_id
        return {
            i: f"{_head(records[chunk.document_id])} {chunk.text}"
            for i, chunk in self._catalog.chunks_by_id(ids).items()
            if chunk.document_id in records
        }

    def _records(self) -> _Known:
        """The documents and what filters allow of them, read anew after each change."""
        sequence = self._catalog.sequence
        if self._known is None or self._known.sequence != sequence:
            self._known = _Known(sequence, self._catalog)
        return self._known

    def _within(self, filter: Filter | None) -> Within:
        """The documents that pass the filter; None when all do."""
        if filter is None or filter == EVERYTHING:
            return None
        known = self._records()
        within = known.allowed(filter)
        return None if len(within) == len(known.records) else within

    def _embed_again(self, on_done: OnDone) -> None:
        total, done = self._catalog.chunk_count(hidden=True), 0
        for record in self.documents(hidden=True):
            chunks = [chunk for chunk, _ in self._catalog.chunks(record.id)]
            vectors = self._embedder.passages([passage_text(record.metadata.title, c) for c in chunks])
            self._catalog.replace_vectors([c.id for c in chunks], vectors)
            done += len(chunks)
            on_done(done, total)
        self._catalog.set_meta(embedder=self._embedder.name)

    def _drop_unused_originals(self) -> None:
        needed = self._catalog.originals()
        for path in (self.home / "originals").glob("[!.]*"):
            if path.name not in needed:
                path.unlink()


def _identity(file: Path | str) -> str:
    return file if isinstance(file, str) else str(file.resolve())


def _head(record: Record) -> str:
    return f"{record.metadata.title} {record.metadata.issuer or ''}"


def passage_text(title: str, chunk: Chunk) -> str:
    """What is embedded of a chunk: its text, with the title and headings it stands under."""
    return " ".join((title, *chunk.path[-2:], chunk.text)) if chunk.path or title else chunk.text


@contextmanager
def _plain_errors(home: Path) -> Iterator[None]:
    """A full disk or a folder that cannot be written, as one line."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(f"{home}：磁盘已满，腾出空间后重试；已入库的内容没有丢失") from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.EEXIST):
            raise StorageFull(f"{home}：文件夹不能写入（{error.strerror}），请检查权限或用 --home 换一个") from error
        raise


__all__ = ["KnowledgeBase", "OnDone", "Passage", "UnknownDocument"]
