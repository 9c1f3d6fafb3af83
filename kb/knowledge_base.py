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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ingest.document import Chunk, Document
from kb.catalog import Catalog
from kb.catalog_reading import CatalogReading
from kb.embed import Embedder, EmbedderError, Progress
from kb.errors import BaseInUse, KnowledgeBaseError, OtherRecipe, StorageFull, UnknownDocument
from kb.filters import EVERYTHING, Filter, allowed
from kb.generations import Maker, Rebuilding, Vectors
from kb.indexes import Glimpse, Indexes, folder_of, index_folders
from kb.lexical import tokens
from kb.lock import BaseLock
from kb.ports import Within, WordIndex
from kb.records import Failure, FileRecord, Record
from kb.reindex import Filling, OnDone, Split, Stopped, passage_text
from kb.retrieve import Hit
from kb.serving import Serving

_READ_ONLY = (errno.EACCES, errno.EROFS, errno.EPERM)

Former = Callable[[str, str], Embedder]  # the name and the note of an embedder; raises EmbedderError


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
        split: Split | None = None,
        former: Former | None = None,
        embedder_note: str = "",
        on_rebuild: OnDone | None = None,
    ) -> None:
        """Opens the base in `home`, making it when there is none. With a `chroma_url` that server holds Chroma's rows.

        A base made with another embedder or recipe goes on serving as it was made, with the embedder that `former`
        opens, until `reindex` has brought it to this one; it needs `split` for that. `embedder_note` is what `former`
        gets back then. `on_rebuild` is told when indexes have to be built at opening.
        When another process owns it, or nothing can be written there, a reader still gets every committed document,
        by exact scan. Raises BaseInUse when `to_write` and another process owns it; OtherRecipe when it was made with another
        embedder or recipe and cannot serve so, unless `repair`.
        """
        self._lock = BaseLock(home)
        self.is_read_only = False
        with _plain_errors(home):
            try:
                home.mkdir(parents=True, exist_ok=True)
                self.owned = self._lock.take(timeout_s=2.0 if to_write else 0.0)
            except OSError as error:
                if to_write or error.errno not in _READ_ONLY or not (home / "ledger.sqlite").exists():
                    raise
                self.owned, self.is_read_only = False, True
        if to_write and not self.owned:
            raise BaseInUse(f"{home}：资料库正被{self._lock.holder()}使用，请等它结束或先停止它")
        self.home, self._repair = home, repair
        self._wanted = Maker(embedder=embedder.name, recipe=recipe, note=embedder_note)
        self._wanted_embedder, self._former, self._split = embedder, former, split
        self._chroma_url, self._on_rebuild = chroma_url, on_rebuild
        self._serving: Serving | None = None
        self._known: _Known | None = None
        self._write_lock, self._reindexing = threading.RLock(), threading.Lock()
        self._closing = threading.Event()
        self._background: threading.Thread | None = None
        try:
            self._catalog = Catalog(home / "ledger.sqlite", owned=self.owned, read_only=self.is_read_only)
            self._embedder = self._serving_embedder()
            if to_write:
                self._tidy()
        except BaseException:
            self._lock.release()
            raise
        self.document = lru_cache(maxsize=256)(self._catalog.document)

    def close(self) -> None:
        """Writes what is pending, marks the indexes clean and lets go of the base."""
        self._closing.set()
        if self._background is not None:
            self._background.join()
        with self._write_lock:
            try:
                if self._serving is not None:
                    self._serving.retire()
                    self._serving.indexes.close()
                    self._serving = None
            finally:
                self._catalog.close()
                self._lock.release()

    # --- reading ---

    def search(self, question: str, limit: int, filter: Filter | None = None) -> list[Passage]:
        """At most `limit` passages that pass the filter, best first."""
        within = self._within(filter)
        with self._in_use() as serving:
            hits = serving.retriever.search(question, limit, within) if within is None or within else []
            return _passages(serving, hits)

    def search_stage(self, stage: str, question: str, limit: int) -> list[Passage]:
        """The same by one stage of the search alone, for measuring: dense, lexical, hybrid or reranked."""
        with self._in_use() as serving:
            return _passages(serving, serving.stages[stage].search(question, limit))

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
        return self._open_serving().indexes.words

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
    ) -> list[Embedded | None]:
        """Vectors of each document's chunks, made in one go; None for what is in the base already.

        `on_done` is told how many chunks of all are finished.
        """
        new = {document.id: (document, chunks) for document, chunks in documents if not self._holds(document.id)}
        texts = [passage_text(d.metadata.title, c) for d, chunks in new.values() for c in chunks]
        embedder = self._embedder
        rows = embedder.passages(texts, on_done) if texts else np.zeros((0, 0), np.float32)
        vectors, at = {}, 0
        for id_, (_, chunks) in new.items():
            vectors[id_] = Embedded(embedder=embedder.name, vectors=rows[at : at + len(chunks)])
            at += len(chunks)
        return [vectors.get(document.id) for document, _ in documents]

    def put_file(
        self,
        file: FileRecord,
        documents: Sequence[tuple[Document, Sequence[Chunk]]],
        vectors: Sequence[Embedded | None] | None = None,
    ) -> None:
        """Makes `documents` the content of `file`: all of it or nothing. Found by search after `refresh`.

        `vectors` come from `embed`; what they lack, or what another embedder made that served then, is made now.
        """
        vectors = self.embed(documents) if vectors is None else vectors
        with self._writing():
            fits = [v is not None and v.embedder == self._embedder.name for v in vectors]
            made = iter(self.embed([d for d, fit in zip(documents, fits, strict=True) if not fit]))
            rows = [v if fit else next(made) for v, fit in zip(vectors, fits, strict=True)]
            none = np.zeros((0, 0), np.float32)  # of a document that is there and stays as it is
            self._catalog.put_file(
                file, [(d, c, none if v is None else v.vectors) for (d, c), v in zip(documents, rows, strict=True)]
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
            self._open_serving().indexes.catch_up()
            self.document.cache_clear()

    # --- health ---

    def check(self) -> list[str]:
        """What is wrong with the base, a line each in Chinese; empty when it is whole."""
        found = self._catalog.check()
        lines = [f"账本：{found}"] if found else []
        lines += self._open_serving().indexes.problems()
        lines += self._outdated_lines()
        for record in self.documents(hidden=True):
            if (original := self.original(record.id)) and not original.exists():
                lines.append(f"原件缺失：{record.source}（{original.name}）")
        return lines

    def repair(self, on_done: OnDone) -> None:
        """Builds the indexes anew from the ledger; makes chunks and vectors anew first when a setting has changed."""
        if self.is_outdated:
            self.reindex(on_done)
            return
        with self._writing():
            old, self._serving = self._serving, None
            if old is not None:
                old.retire()
                old.indexes.close()
            self._serving = self._serve(self._own_indexes(anew=True, on_done=on_done))

    # --- bringing it to other settings ---

    @property
    def is_outdated(self) -> bool:
        """Whether it was made with another embedder or recipe than is set."""
        maker = self._catalog.generations.maker()
        return maker is not None and not maker.is_same(self._wanted)

    def rebuilding(self) -> Rebuilding | None:
        """How far another process, or this one in the background, is with bringing the base to other settings."""
        return self._catalog.generations.rebuilding()

    def reindex(self, on_done: OnDone) -> None:
        """Makes all chunks and vectors anew beside those that serve, then lets them serve in one step.

        Reading and writing go on meanwhile. What was made is gone on with after an end in between. Raises
        EmbedderError and KnowledgeBaseError.
        """
        with self._reindexing:
            if not self.is_outdated:
                return
            try:
                self._make_next(on_done)
            except (EmbedderError, KnowledgeBaseError) as error:
                with suppress(KnowledgeBaseError), self._writing():
                    self._catalog.generations.note_stop(str(error))
                raise

    def reindex_in_background(self, on_failed: Callable[[str], None]) -> None:
        """`reindex` in a thread that ends with this base; `on_failed` is told in a line why it could not go on."""

        def work() -> None:
            try:
                self.reindex(lambda *_: None)
            except Stopped:
                pass
            except (EmbedderError, KnowledgeBaseError) as error:
                on_failed(str(error))

        if self.owned and self.is_outdated:
            self._background = threading.Thread(target=work, name="reindex", daemon=True)
            self._background.start()

    def _make_next(self, on_done: OnDone) -> None:
        generations = self._catalog.generations

        def told(done: int, total: int) -> None:
            if self._closing.is_set():
                raise Stopped
            on_done(done, total)

        filling = Filling(
            self._catalog,
            self._wanted,
            self._wanted_embedder,
            self._split,
            writing=self._writing,
            on_done=told,
        )
        filling.fill()
        indexes = self._own_indexes(filling.number, anew=True, on_done=told)
        old: Serving | None = None
        try:
            while True:
                filling.fill()  # what was taken in meanwhile
                indexes.catch_up()
                with self._writing():
                    if generations.pending():
                        continue
                    indexes.catch_up()
                    generations.serve_next()
                    self._embedder = self._wanted_embedder
                    old, self._serving = self._serving, self._serve(indexes)
                    break
        except BaseException:
            indexes.close()
            raise
        if old is not None:
            old.retire()
            if isinstance(old.indexes, Indexes):
                old.indexes.drop()
        self._tidy()

    def _tidy(self) -> None:
        """Deletes what is left of generations that no longer serve, or that are no longer wanted."""
        generations = self._catalog.generations
        with self._writing():
            if not self.is_outdated:
                generations.drop_next()
        left = generations.drop_others()
        while not self._closing.is_set():
            with self._writing():
                if next(left, None) is None:
                    break
        for folder in index_folders(self.home):
            if folder != folder_of(self.home, self._catalog.generation):
                shutil.rmtree(folder, ignore_errors=True)

    def _outdated_lines(self) -> list[str]:
        """What doctor says of a base that was made with other settings and is not being brought to these."""
        maker, progress = self._catalog.generations.maker(), self.rebuilding()
        lines = []
        if maker is not None and maker.embedder != self._wanted.embedder:
            lines.append(f"向量由 {maker.embedder} 生成，当前设置是 {self._wanted.embedder}")
        if maker is not None and maker.recipe != self._wanted.recipe:
            lines.append(f"分段方式是 {maker.recipe}，当前程序是 {self._wanted.recipe}")
        is_running = self._reindexing.locked() if self.owned else progress and not progress.stopped
        if not lines or is_running:
            return []
        if progress:
            reason = f"（{progress.stopped}）" if progress.stopped else ""
            lines.append(f"重建停在 {progress.done:,}/{progress.total:,} 段{reason}，下次从这里接着做")
        return lines

    # --- inside ---

    def _holds(self, document_id: str) -> bool:
        try:
            self._catalog.record(document_id)
        except UnknownDocument:
            return False
        return True

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self.is_read_only:
            raise StorageFull(f"{self.home}：文件夹只读，现在只能查询；要导入或修改，请检查权限或用 --home 换一个")
        if not self.owned:
            raise BaseInUse(f"{self.home}：资料库正被{self._lock.holder()}使用，现在只能查询")
        with self._write_lock, _plain_errors(self.home):
            yield

    def _serving_embedder(self) -> Embedder:
        """The embedder that the vectors were made with. Raises OtherRecipe when it is not to be had."""
        maker = self._catalog.generations.maker()
        if maker is None:
            if self.owned:
                wanted = self._wanted
                self._catalog.set_meta(embedder=wanted.embedder, recipe=wanted.recipe, embedder_note=wanted.note)
            return self._wanted_embedder
        if maker.is_same(self._wanted) or self._repair:
            return self._wanted_embedder
        if maker.recipe != self._wanted.recipe and self._split is None:
            raise _other_recipe(self.home, "分段方式", maker.recipe, self._wanted.recipe)
        if maker.embedder == self._wanted.embedder:
            return self._wanted_embedder
        if self._former is None:
            raise _other_recipe(self.home, "向量模型", maker.embedder, self._wanted.embedder)
        try:
            former = self._former(maker.embedder, maker.note)
            former.query("政策")
        except EmbedderError as error:
            raise _other_recipe(self.home, "向量模型", maker.embedder, self._wanted.embedder, str(error)) from error
        if former.name != maker.embedder:
            raise _other_recipe(self.home, "向量模型", maker.embedder, self._wanted.embedder)
        return former

    @contextmanager
    def _in_use(self) -> Iterator[Serving]:
        """What serves, kept as it is until the end."""
        while not (serving := self._open_serving()).enter():
            pass
        try:
            yield serving
        finally:
            serving.leave()

    def _open_serving(self) -> Serving:
        """What serves; its indexes are opened and mended at their first use."""
        serving = self._serving
        if serving is not None and (self.owned or serving.generation == self._catalog.generation):
            return serving
        with self._write_lock, _plain_errors(self.home):
            if self._serving is None:
                self._serving = self._serve(
                    self._own_indexes(on_done=self._on_rebuild) if self.owned else self._glimpse()
                )
            elif not self.owned and self._serving.generation != self._catalog.generation:  # its owner rebuilt it
                self._embedder = self._serving_embedder()
                self._serving = self._serve(self._glimpse())
            return self._serving

    def _glimpse(self) -> Glimpse:
        generation = self._catalog.generation
        return Glimpse(folder_of(self.home, generation), self._catalog.at(generation))

    def _own_indexes(
        self, generation: int | None = None, *, anew: bool = False, on_done: OnDone | None = None
    ) -> Indexes:
        number = generation or self._catalog.generation
        if not self._catalog.meta("id"):  # names this base's rows on a server that several bases share
            self._catalog.set_meta(id=uuid.uuid4().hex)
        name = f"zhengda-{self._catalog.meta('id')}"
        return Indexes(
            folder_of(self.home, number),
            self._catalog.at(number),
            chroma_url=self._chroma_url,
            collection=name if number == 1 else f"{name}-{number}",
            anew=anew,
            on_done=on_done,
        )

    def _serve(self, indexes: Indexes | Glimpse) -> Serving:
        number = self._catalog.generation
        return Serving(number, self._embedder, self._catalog.at(number), indexes, self._texts_of)

    def _texts_of(self, catalog: CatalogReading, ids: Sequence[str]) -> dict[str, str]:
        """Chunks below the title and issuer of their document."""
        records = self._records().by_id
        return {
            i: f"{_head(records[chunk.document_id])} {chunk.text}"
            for i, chunk in catalog.chunks_by_id(ids).items()
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

    def _drop_unused_originals(self) -> None:
        needed = self._catalog.originals()
        for path in (self.home / "originals").glob("[!.]*"):
            if path.name not in needed:
                path.unlink()


def _identity(file: Path | str) -> str:
    return file if isinstance(file, str) else str(file.resolve())


def _passages(serving: Serving, hits: Sequence[Hit]) -> list[Passage]:
    chunks = serving.catalog.chunks_by_id([h.chunk_id for h in hits])
    return [Passage(chunk=chunks[h.chunk_id], score=h.score) for h in hits if h.chunk_id in chunks]


def _head(record: Record) -> str:
    return f"{record.metadata.title} {record.metadata.issuer or ''}"


def _other_recipe(home: Path, what: str, theirs: str, ours: str, why: str = "") -> OtherRecipe:
    gone = f"，而原来的打不开（{why}）" if why else ""
    return OtherRecipe(
        f"{home}：资料库的{what}是 {theirs}，当前设置是 {ours}{gone}；请改回原设置，或运行 zhengda doctor --repair 重建"
    )


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


__all__ = ["KnowledgeBase", "OnDone", "Passage", "UnknownDocument", "passage_text"]
