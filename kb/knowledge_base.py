"""A knowledge base on disk: the ledger, the originals, and the indexes derived from it.

home/ledger.sqlite   documents, chunks, vectors: the truth
home/originals/      the files as they came, by SHA-256
home/index/          see kb.indexes: may be deleted at any time, is built anew from the ledger
home/lock            held by the one process that may write
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ingest.document import Chunk, Document
from kb.access import named
from kb.base_reading import BaseReading, identity_of
from kb.corrections import Word
from kb.current import Current, Former, Wanted
from kb.embed import Embedder, Progress
from kb.generations import Maker, Rebuilding, Vectors
from kb.passages import NO_VECTORS, Embedded, Passage, embedded
from kb.premises import Premises
from kb.records import FileRecord, Record
from kb.reindex import OnDone, Split, passage_text
from kb.renewal import Renewal


class KnowledgeBase(BaseReading):
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
        self.home = home
        maker = Maker(embedder=embedder.name, recipe=recipe, note=embedder_note)
        wanted = Wanted(
            maker=maker,
            embedder=embedder,
            split=split,
            former=former,
            repair=repair,
            chroma_url=chroma_url,
            on_rebuild=on_rebuild,
        )
        super().__init__(Premises(home, to_write=to_write))
        self.owned, self.is_read_only = self._premises.owned, self._premises.is_read_only
        self._writing = self._premises.writing
        try:
            self._current = Current(self._premises, wanted, self._records)
            self._renewal = Renewal(self._premises, self._current, wanted)
            if to_write:
                self._renewal.tidy()
        except BaseException:
            self._premises.close()
            raise

    def close(self) -> None:
        """Writes what is pending, marks the indexes clean and lets go of the base."""
        self._renewal.close()
        with self._premises.write_lock:
            try:
                self._current.close()
            finally:
                self._premises.close()

    # --- writing ---

    def keep_original(self, path: Path, sha256: str) -> str:
        """Copies a file into the base; returns the name of the copy."""
        return self._premises.keep_original(path, sha256)

    def embed(
        self, documents: Sequence[tuple[Document, Sequence[Chunk]]], on_done: Progress | None = None
    ) -> list[Embedded | None]:
        """Vectors of each document's chunks, made in one go; None for what is in the base already.

        `on_done` is told how many chunks of all are finished.
        """
        new = [(d, c) for d, c in documents if not self._catalog.holds(d.id)]
        made = embedded(self._current.embedder, new, on_done)
        return [made.get(document.id) for document, _ in documents]

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
            fits = [v is not None and v.embedder == self._current.embedder.name for v in vectors]
            made = iter(self.embed([d for d, fit in zip(documents, fits, strict=True) if not fit]))
            rows = [v if fit else next(made) for v, fit in zip(vectors, fits, strict=True)]
            of_each = zip(documents, rows, strict=True)
            put = [(d, c, NO_VECTORS if v is None else v.vectors) for (d, c), v in of_each]
            self._catalog.put_file(file, put, self._vectors_of)

    def note_failure(self, file: Path | str, source: str, reason: str) -> None:
        """Keeps why a file could not be taken in, until it is or is gone."""
        with self._writing():
            self._catalog.put_failure(identity_of(file), source, reason)

    def clear_failure(self, file: Path | str) -> None:
        """Forgets that a file could not be taken in."""
        with self._writing():
            self._catalog.clear_failures([identity_of(file)])

    def set_groups(self, document_ids: Iterable[str], groups: Iterable[str]) -> None:
        """Keeps documents to these access groups at once; to none: they are for everyone. Read as `Record.groups`.

        Raises UnknownDocument and BadGroup, and nothing is changed then.
        """
        with self._writing():
            self._catalog.set_groups(list(document_ids), named(groups))

    def correct(self, document_id: str, word: Word) -> Record:
        """Takes a person's word on a document and its copies, at once everywhere; the document as it is now.

        Raises UnknownDocument, and EmbedderError where another title needs other vectors: nothing is changed then.
        """
        with self._writing():
            self._catalog.correct(document_id, word, self._vectors_of)
            self.refresh()
            return self._catalog.record(document_id)

    def remove(self, document_id: str) -> Record:
        """Removes a document at once from everything; returns what was removed. Raises UnknownDocument."""
        with self._writing():
            record = self._catalog.remove_document(document_id)
            self.document.cache_clear()
            self._premises.drop_unused_originals()
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
        lines += self._renewal.problems()
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
            self._current.rebuild(on_done)

    # --- bringing it to other settings ---

    @property
    def is_outdated(self) -> bool:
        """Whether it was made with another embedder or recipe than is set."""
        return self._renewal.is_due

    def rebuilding(self) -> Rebuilding | None:
        """How far another process, or this one in the background, is with bringing the base to other settings."""
        return self._renewal.progress()

    def reindex(self, on_done: OnDone) -> None:
        """Makes all chunks and vectors anew beside those that serve, then lets them serve in one step.

        Reading and writing go on meanwhile. What was made is gone on with after an end in between. Raises
        EmbedderError and KnowledgeBaseError.
        """
        self._renewal.run(on_done)

    def reindex_in_background(self, on_failed: Callable[[str], None]) -> None:
        """`reindex` in a thread that ends with this base; `on_failed` is told in a line why it could not go on."""
        self._renewal.run_in_background(on_failed)

    # --- inside ---

    @property
    def _embedder(self) -> Embedder:
        return self._current.embedder

    def _vectors_of(self, title: str, chunks: Sequence[Chunk]) -> Vectors:
        """Vectors of chunks under a title."""
        return self._embedder.passages([passage_text(title, c) for c in chunks])


__all__ = ["Embedded", "KnowledgeBase", "OnDone", "Passage", "passage_text"]
