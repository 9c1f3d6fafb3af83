"""The indexes of a base, kept in step with its ledger. All are derived: what they lost is played or built again.

index/chroma/       Chroma's files, or nothing when its rows are on a server
index/matrix/       all vectors in one mapped file
index/lexical/      tantivy
index/applied.json  the number of the last change that they all hold, and where Chroma's rows are
index/dirty         there while Chroma's files may be half written: a process that dies leaves it behind
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from kb.catalog_reading import CatalogReading
from kb.lexical import Entry, LexicalIndex
from kb.matrix import Matrix
from kb.nearest import Nearest
from kb.ports import VectorSearch, WordIndex
from kb.records import Change
from kb.scan import scan_of
from kb.store import ChunkStore

_EMBEDDED = "embedded"


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
    ) -> None:
        """Opens them, and mends what is behind or not to be trusted; with `anew`, all. Raises IndexOutOfReach."""
        self._folder, self._catalog = folder, catalog
        self._url, self._collection = chroma_url, collection
        if anew or (self._dirty.exists() and not chroma_url):  # Chroma's files may be torn and must not be opened
            self._start_anew()
        else:
            self._start()
            if self._applied()[0] > catalog.sequence:  # the ledger was put back to an earlier day
                self.rebuild()
            else:
                self._mend()

    def catch_up(self) -> None:
        """Plays the changes that the indexes have missed, then notes how far they are."""
        sequence, (applied, _) = self._catalog.sequence, self._applied()
        changes = self._catalog.changed_since(applied)
        if changes:
            self._apply(changes)
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
        if not self._url:
            self._dirty.unlink(missing_ok=True)

    # --- inside ---

    @property
    def _dirty(self) -> Path:
        return self._folder / "dirty"

    def _start(self) -> None:
        self._store = ChunkStore(self._folder / "chroma", url=self._url, collection=self._collection)
        self._matrix = Matrix(self._folder / "matrix")
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
        self._store.close()
        self._matrix.close()

    def _mend(self) -> None:
        """Brings them up to the ledger; one that still differs is built anew by itself."""
        if self._applied()[1] != (self._url or _EMBEDDED):
            self._touch_dirty()
            self._store.clear()
        self.catch_up()
        chunks = self._catalog.chunk_count()
        if self._store.count() != chunks:
            self._touch_dirty()
            self._store.clear()
            self._store.add(self._catalog.rows())
        if self._matrix.count() != chunks:
            self._matrix.clear()
            self._matrix.add(self._catalog.rows())
        if self.words.count() != chunks:
            self.words.clear()
            self.words.change(removed=(), added=self._entries(r.id for r in self._catalog.records()))
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
        self.words.change(removed=[c.document_id for c in changes], added=self._entries(present))

    def _touch_dirty(self) -> None:
        if not self._url:
            self._dirty.touch()

    def _entries(self, document_ids: Iterable[str]) -> Iterator[Entry]:
        for document_id in document_ids:
            title = self._catalog.record(document_id).metadata.title
            for chunk, _ in self._catalog.chunks(document_id):
                yield Entry(
                    id=chunk.id, document_id=document_id, title=title, path=" ".join(chunk.path), text=chunk.text
                )

    def _applied(self) -> tuple[int, str]:
        """The last change noted, and where Chroma's rows were then."""
        try:
            note = json.loads((self._folder / "applied.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return 0, self._url or _EMBEDDED
        return int(note["sequence"]), str(note.get("chroma", _EMBEDDED))

    def _note(self, sequence: int) -> None:
        note = self._folder / "applied.json"
        partial = note.with_suffix(".partial")
        partial.write_text(json.dumps({"sequence": sequence, "chroma": self._url or _EMBEDDED}), encoding="utf-8")
        partial.replace(note)


class Glimpse:
    """The same for a process that may only look on: every committed document by vector, by word as far as indexed."""

    def __init__(self, folder: Path, catalog: CatalogReading) -> None:
        self.words: WordIndex = LexicalIndex(folder / "lexical")
        matrix = Matrix(folder / "matrix")
        is_current = matrix.sizes() == {r.id: r.chunks for r in catalog.records() if r.chunks}
        self.vectors: VectorSearch = matrix if is_current else scan_of(catalog.rows())

    def catch_up(self) -> None:
        """Nothing: that is the owner's to do."""

    def problems(self) -> list[str]:
        """None are looked for: the indexes are being written to."""
        return []

    def close(self) -> None:
        """Nothing is pending."""
