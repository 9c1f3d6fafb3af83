"""A knowledge base on disk: the ledger, the originals, and two indexes derived from the ledger.

home/ledger.sqlite   documents, chunks, vectors: the truth
home/originals/      the files as they came, by SHA-256
home/index/          Chroma and tantivy: may be deleted at any time, are built anew from the ledger
home/lock            held by the one process that may write
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ingest.document import Chunk, Document
from kb.catalog import Catalog, Change, FileRecord
from kb.embed import Embedder
from kb.errors import BaseInUse, OtherRecipe, StorageFull, UnknownDocument
from kb.lexical import Entry, LexicalIndex
from kb.lock import BaseLock
from kb.records import Record
from kb.retrieve import Dense, Hybrid, Lexical
from kb.store import ChunkStore, ExactScan

OnDone = Callable[[int, int], None]  # done, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk found for a question; `score` compares only within one search."""

    chunk: Chunk
    score: float


class KnowledgeBase:
    """An open base. Reads may come from several threads; writes are taken one at a time."""

    def __init__(self, home: Path, embedder: Embedder, recipe: str, *, to_write: bool, repair: bool = False) -> None:
        """Opens the base in `home`, making it when there is none.

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
        self._store: ChunkStore | None = None
        self._lexical_index: LexicalIndex | None = None
        self._write_lock = threading.RLock()
        try:
            self._catalog = Catalog(home / "ledger.sqlite")
            if not repair:
                self._refuse_other_recipe()
        except BaseException:
            self._lock.release()
            raise
        self.document = lru_cache(maxsize=256)(self._catalog.document)

    def close(self) -> None:
        """Writes what is pending, marks the indexes clean and lets go of the base."""
        with self._write_lock:
            if self.owned and self._store is not None:
                self._store.close()
                self._store = None
                self._dirty.unlink(missing_ok=True)
            self._catalog.close()
            self._lock.release()

    # --- reading ---

    def search(self, question: str, limit: int) -> list[Passage]:
        """At most `limit` passages, best first."""
        self._open_indexes()
        hits = self._retriever.search(question, limit)
        chunks = self._catalog.chunks_by_id([h.chunk_id for h in hits])
        return [Passage(chunk=chunks[h.chunk_id], score=h.score) for h in hits if h.chunk_id in chunks]

    def documents(self) -> tuple[Record, ...]:
        """All documents, by source."""
        return self._catalog.records()

    def record(self, document_id: str) -> Record:
        """One document without its text. Raises UnknownDocument."""
        return self._catalog.record(document_id)

    def file(self, path: Path) -> FileRecord | None:
        """The file at a path as it was last ingested, or None."""
        return self._catalog.file(str(path.resolve()))

    def original(self, document_id: str) -> Path | None:
        """The kept copy of the file a document came from, or None when none was kept."""
        name = self._catalog.file_of(document_id).original
        return self.home / "originals" / name if name else None

    def says(self, words: str) -> bool:
        """Whether some document's text holds `words` as they stand."""
        return self._catalog.says(words)

    def is_empty(self) -> bool:
        """Whether no document is in the base."""
        return self._catalog.chunk_count() == 0

    @property
    def sequence(self) -> int:
        """Grows with every change: what was worked out from the documents holds until this moves."""
        return self._catalog.sequence

    @property
    def words(self) -> LexicalIndex:
        """The lexical index, for the rarity of words."""
        return self._lexical

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

    def put_file(self, file: FileRecord, documents: Sequence[tuple[Document, Sequence[Chunk]]]) -> None:
        """Makes `documents` the content of `file`: all of it or nothing. Found by search after `refresh`."""
        embedded = [
            (document, chunks, self._embedder.passages([passage_text(document.metadata.title, c) for c in chunks]))
            for document, chunks in documents
        ]
        with self._writing():
            self._catalog.put_file(file, embedded)

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
            self._open_indexes()
            self._catch_up()
            self.document.cache_clear()

    # --- health ---

    def check(self) -> list[str]:
        """What is wrong with the base, a line each in Chinese; empty when it is whole."""
        found = self._catalog.check()
        lines = [f"账本：{found}"] if found else []
        chunks = self._catalog.chunk_count()
        self._open_indexes()
        if self._store is not None and self._store.count() != chunks:
            lines.append(f"向量索引有 {self._store.count()} 段，账本有 {chunks} 段")
        if self._lexical.count() != chunks:
            lines.append(f"词语索引有 {self._lexical.count()} 段，账本有 {chunks} 段")
        if self._catalog.meta("embedder") not in (None, self._embedder.name):
            lines.append(f"向量由 {self._catalog.meta('embedder')} 生成，当前设置是 {self._embedder.name}")
        for record in self.documents():
            if (original := self.original(record.id)) and not original.exists():
                lines.append(f"原件缺失：{record.source}（{original.name}）")
        return lines

    def repair(self, on_done: OnDone) -> None:
        """Builds both indexes anew from the ledger; embeds again first when the embedder has changed."""
        with self._writing():
            if self._catalog.meta("embedder") != self._embedder.name:
                self._embed_again(on_done)
            self._rebuild()

    # --- inside ---

    @property
    def _dirty(self) -> Path:
        return self.home / "index" / "dirty"

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

    def _open_indexes(self) -> None:
        """Opens the indexes at their first use, mends them where they are behind or not to be trusted."""
        with self._write_lock:
            if self._lexical_index is not None:
                return
            if not self.owned:
                self._lexical_index = LexicalIndex(self.home / "index" / "lexical")
                self._use(ExactScan(*self._catalog.vectors()))
            elif self._dirty.exists():  # the last owner was killed: Chroma's files may be torn and must not be opened
                self._rebuild()
            else:
                store = self._start_indexes()
                if store.count() != self._lexical.count() or self._applied() > self._catalog.sequence:
                    self._rebuild()
                else:
                    self._catch_up()

    @property
    def _lexical(self) -> LexicalIndex:
        self._open_indexes()
        assert self._lexical_index is not None
        return self._lexical_index

    def _catch_up(self) -> None:
        """Plays the changes that the indexes have missed."""
        changes = self._catalog.changed_since(self._applied())
        if changes:
            self._apply(changes)

    def _start_indexes(self) -> ChunkStore:
        index = self.home / "index"
        self._store = store = ChunkStore(index / "chroma")
        self._lexical_index = LexicalIndex(index / "lexical")
        self._use(store)
        return store

    def _use(self, index: ChunkStore | ExactScan) -> None:
        self._retriever = Hybrid(Dense(self._embedder, index), Lexical(self._lexical))

    def _rebuild(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
        shutil.rmtree(self.home / "index", ignore_errors=True)
        self._start_indexes()
        self._apply(self._catalog.changed_since(0))

    def _apply(self, changes: Sequence[Change]) -> None:
        """Plays changes into both indexes, then notes how far they are."""
        assert self._store is not None
        sequence = self._catalog.sequence
        self._dirty.touch()
        for change in changes:
            if not change.is_new:
                self._store.remove(change.document_id)
        present = [c.document_id for c in changes if c.there]
        self._store.add(
            (chunk.id, chunk.document_id, vector) for d in present for chunk, vector in self._catalog.chunks(d)
        )
        self._lexical.change(removed=[c.document_id for c in changes], added=self._entries(present))
        note = self.home / "index" / "applied.json"
        partial = note.with_suffix(".partial")
        partial.write_text(json.dumps({"sequence": sequence}), encoding="utf-8")
        partial.replace(note)

    def _entries(self, document_ids: Sequence[str]) -> Iterator[Entry]:
        for document_id in document_ids:
            title = self._catalog.record(document_id).metadata.title
            for chunk, _ in self._catalog.chunks(document_id):
                yield Entry(
                    id=chunk.id, document_id=document_id, title=title, path=" ".join(chunk.path), text=chunk.text
                )

    def _applied(self) -> int:
        try:
            note = json.loads((self.home / "index" / "applied.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return 0
        return int(note["sequence"])

    def _embed_again(self, on_done: OnDone) -> None:
        total, done = self._catalog.chunk_count(), 0
        for record in self.documents():
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
