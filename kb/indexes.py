"""The indexes of a base, kept in step with its ledger. All are derived: what they lost is played or built again.

index/chroma/       Chroma's files, or nothing when its rows are on a server
index/matrix/       all vectors in one mapped file
index/lexical/      tantivy
index/applied.json  the number of the last change that they all hold, and where Chroma's rows are
index/dirty         there while Chroma's files may be half written: a process that dies leaves it behind
index/closed.json   the files as a clean end left them, see kb.index_seal

Of a later generation of chunks (kb.generations) the folder is index-2, index-3 and so on.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from kb.catalog_reading import CatalogReading
from kb.index_seal import Seal
from kb.lexical import Entry, LexicalIndex
from kb.matrix import Matrix
from kb.nearest import Nearest
from kb.ports import Row, VectorSearch, WordIndex
from kb.records import Change
from kb.scan import scan_of
from kb.store import ChunkStore

_EMBEDDED = "embedded"
_BATCH_CHANGES = 500  # documents played into the indexes together
_TOLD_ROWS = 500  # between two reports of progress

OnDone = Callable[[int, int], None]  # done, total


def folder_of(home: Path, generation: int) -> Path:
    """Where the indexes of a generation of chunks are."""
    return home / ("index" if generation == 1 else f"index-{generation}")


def index_folders(home: Path) -> list[Path]:
    """The index folders of all generations that there are."""
    return [p for p in home.glob("index*") if p.is_dir() and (p.name == "index" or p.name[6:].isdigit())]


class Indexes:
    """The indexes of the process that owns the base."""

    def __init__(
        self,
        folder: Path,
        catalog: CatalogReading,
        *,
        chroma_url: str = "",
        collection: str = "chunks",
        anew: bool = False,
        on_done: OnDone | None = None,
    ) -> None:
        """Opens them, and mends what is behind or not to be trusted; with `anew`, all. Raises IndexOutOfReach.

        `on_done` is told how far the mending is, in chunks or documents.
        """
        self._folder, self._catalog = folder, catalog
        self._url, self._collection = chroma_url, collection
        self._on_done, self._seal = on_done, Seal(folder, catalog.path, collection)
        self._opened: list[ChunkStore | Matrix] = []
        try:
            self._open(anew)
        except BaseException:
            self._let_go()
            raise

    def catch_up(self) -> None:
        """Plays the changes that the indexes have missed, then notes how far they are."""
        sequence, (applied, _) = self._catalog.sequence, self._applied()
        changes = self._catalog.changed_since(applied)
        for first in range(0, len(changes), _BATCH_CHANGES):
            self._apply(changes[first : first + _BATCH_CHANGES])
            if len(changes) > _BATCH_CHANGES:
                self._tell(min(first + _BATCH_CHANGES, len(changes)), len(changes))
        if changes:
            self._note(sequence)

    def rebuild(self) -> None:
        """Builds all of them anew from the ledger."""
        self._let_go()
        self._start_anew()

    def problems(self) -> list[str]:
        """Where an index and the ledger differ, a line each in Chinese."""
        chunks = self._catalog.chunk_count()
        counts = {"向量索引": self._store.count(), "向量矩阵": self._matrix.count(), "词语索引": self.words.count()}
        return [f"{name}有 {count} 段，账本有 {chunks} 段" for name, count in counts.items() if count != chunks]

    def close(self) -> None:
        """Writes what is pending and notes that the end was clean."""
        self._let_go()
        with suppress(OSError):  # the disk is full: what stays marked as not clean is mended at the next opening
            self._seal.close()
            if not self._url:
                self._dirty.unlink(missing_ok=True)

    def drop(self) -> None:
        """Deletes them: another generation serves."""
        if self._url:
            self._store.drop()
        self._let_go()
        shutil.rmtree(self._folder, ignore_errors=True)

    # --- inside ---

    @property
    def _dirty(self) -> Path:
        return self._folder / "dirty"

    def _open(self, anew: bool) -> None:
        if anew or (self._dirty.exists() and not self._url):  # Chroma's files may be torn and must not be opened
            self._start_anew()
            return
        for part in self._seal.damaged():
            shutil.rmtree(self._folder / part, ignore_errors=True)
        self._start()
        if self._applied()[0] > self._catalog.sequence:  # the ledger was put back to an earlier day
            self.rebuild()
        else:
            self._mend()

    def _start(self) -> None:
        self._store = ChunkStore(self._folder / "chroma", url=self._url, collection=self._collection)
        self._opened.append(self._store)
        self._matrix = Matrix(self._folder / "matrix")
        self._opened.append(self._matrix)
        self.vectors: VectorSearch = Nearest(self._store, self._matrix)
        self.words: WordIndex = LexicalIndex(self._folder / "lexical")

    def _start_anew(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._start()
        for index in (self._store, self._matrix, self.words):
            index.clear()
        self._note(0)
        self.catch_up()

    def _let_go(self) -> None:
        for index in self._opened:
            index.close()
        self._opened = []

    def _mend(self) -> None:
        """Brings them up to the ledger; one that still differs is built anew by itself."""
        if self._applied()[1] != (self._url or _EMBEDDED):
            self._touch_dirty()
            self._store.clear()
        self.catch_up()
        chunks = self._catalog.chunk_count()
        for index in (self._store, self._matrix):
            if index.count() != chunks:
                self._touch_dirty()
                index.clear()
                index.add(self._counted(self._catalog.rows(), chunks))
        if self.words.count() != chunks:
            self._touch_dirty()
            self.words.clear()
            self.words.change(removed=(), added=entries_of(self._catalog, [r.id for r in self._catalog.records()]))
        self._note(self._catalog.sequence)

    def _apply(self, changes: Sequence[Change]) -> None:
        """Plays changes into all of them. Doing it twice does no harm: a process may die in between."""
        self._touch_dirty()
        changed = [c.document_id for c in changes if not c.is_new]
        present = [c.document_id for c in changes if c.there]
        for index in (self._store, self._matrix):
            index.remove(changed)
            index.add(row for document_id in present for row in self._catalog.rows(document_id))
        self._matrix.flush()
        self.words.change(removed=[c.document_id for c in changes], added=entries_of(self._catalog, present))

    def _counted(self, rows: Iterable[Row], total: int) -> Iterator[Row]:
        """The rows as they are, with progress told."""
        for number, row in enumerate(rows):
            if number % _TOLD_ROWS == 0:
                self._tell(number, total)
            yield row
        self._tell(total, total)

    def _tell(self, done: int, total: int) -> None:
        if self._on_done is not None:
            self._on_done(done, total)

    def _touch_dirty(self) -> None:
        self._seal.break_open()
        if not self._url:
            self._dirty.touch()

    def _applied(self) -> tuple[int, str]:
        """The last change noted, and where Chroma's rows were then."""
        try:
            note = json.loads((self._folder / "applied.json").read_text(encoding="utf-8"))
            return int(note["sequence"]), str(note.get("chroma", _EMBEDDED))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return 0, self._url or _EMBEDDED

    def _note(self, sequence: int) -> None:
        note = self._folder / "applied.json"
        partial = note.with_suffix(".partial")
        partial.write_text(json.dumps({"sequence": sequence, "chroma": self._url or _EMBEDDED}), encoding="utf-8")
        partial.replace(note)


class Glimpse:
    """The same for a process that may only look on: every committed document by vector, by word as far as indexed.

    What cannot be opened without writing is made in memory.
    """

    def __init__(self, folder: Path, catalog: CatalogReading) -> None:
        self.words: WordIndex = _words_of(folder / "lexical", catalog)
        self.vectors: VectorSearch = _vectors_of(folder / "matrix", catalog)

    def catch_up(self) -> None:
        """Nothing: that is the owner's to do."""

    def problems(self) -> list[str]:
        """None are looked for: the indexes are being written to."""
        return []

    def close(self) -> None:
        """Nothing is pending."""


def entries_of(catalog: CatalogReading, document_ids: Iterable[str]) -> Iterator[Entry]:
    """What the word index takes of documents."""
    for document_id in document_ids:
        title = catalog.record(document_id).metadata.title
        for chunk, _ in catalog.chunks(document_id):
            yield Entry(id=chunk.id, document_id=document_id, title=title, path=" ".join(chunk.path), text=chunk.text)


def _words_of(folder: Path, catalog: CatalogReading) -> WordIndex:
    try:
        return LexicalIndex(folder)
    except (OSError, ValueError):
        words = LexicalIndex(None)
        words.add(entries_of(catalog, [r.id for r in catalog.records()]))
        return words


def _vectors_of(folder: Path, catalog: CatalogReading) -> VectorSearch:
    try:
        matrix = Matrix(folder)
    except OSError:
        return scan_of(catalog.rows())
    is_current = matrix.sizes() == {r.id: r.chunks for r in catalog.records() if r.chunks}
    return matrix if is_current else scan_of(catalog.rows())
