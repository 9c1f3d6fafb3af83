"""The ledger: files, documents, chunks and vectors in one SQLite database. It is the truth; indexes are derived.

Every change is one transaction with a growing sequence number. An index notes the number it has caught up with,
so whatever a crash took from it can be played again, or the whole of it built anew, without embedding anything.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ingest.document import Chunk, Document
from kb import access
from kb.access import Groups, keep_to
from kb.catalog_reading import CatalogReading, Vectors, documents_of, unknown
from kb.connection import Ledger, plain_errors
from kb.corrections import Corrections, Word, correct, corrections_in, hand_down
from kb.errors import NewerBase, OlderBase
from kb.generations import Generations, chunk_rows, serving
from kb.holding import is_held, is_past, link, note_past
from kb.kinship import enrol, enrol_all, is_enrolled, settle, withdraw
from kb.migrations import migrate
from kb.records import Change, FileRecord, Record, dump
from kb.schema import SCHEMA_VERSION, create_tables, has_tables, version_of

VectorsOf = Callable[[str, Sequence[Chunk]], Vectors]  # of chunks that stand under a title, shape (n, dim)


class Catalog(CatalogReading):
    """An open ledger. Safe to read from several threads; the caller sees to it that only one writes."""

    def __init__(self, path: Path, *, owned: bool = True, read_only: bool = False) -> None:
        """Opens the ledger, making it when there is none, and brings one of an earlier program up to date.

        Raises NewerBase when a newer program made it; OlderBase when an earlier one did and this process may not
        change it (`owned` is False). With `read_only` nothing is written, not even beside it.
        """
        super().__init__(Ledger(path, read_only=read_only))
        self.generations = Generations(self._ledger)
        try:
            with plain_errors(path):
                self._bring_up_to_date(owned)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes the connections of all threads."""
        self._ledger.close()

    def set_meta(self, **values: str) -> None:
        """Notes what the base was made with."""
        with self._ledger.write() as db:
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    def put_file(
        self,
        file: FileRecord,
        documents: Sequence[tuple[Document, Sequence[Chunk], Vectors]],
        vectors_of: VectorsOf | None = None,
    ) -> tuple[str, ...]:
        """Makes `documents` the content of `file`, in one transaction; returns the ids of documents this removed.

        Documents that the file held before and that no other file holds go, but for earlier versions of the new
        ones, which are kept behind them. Documents already there stay as they are; new ones are kept to the groups
        of those that the file held before, and corrected as the one in whose place they are. Where that gives one
        another title, its vectors are made anew by `vectors_of`.
        """
        now = _now()
        with self._ledger.write() as db:
            before = db.execute("SELECT * FROM files WHERE path = ?", (file.path,)).fetchone()
            held = documents_of(db, file.path)
            new = [d.id for d, chunks, vectors in documents if _insert_document(db, d, chunks, vectors, now)]
            access.hand_down(db, held, new)
            came = [*new, *(d for d in file.documents if is_past(db, d))]
            link(db, file, now)
            left = [d for d in held if d not in file.documents and not is_held(db, d)]
            for document_id in left:
                note_past(db, document_id, before)
            settle(db, file.documents)
            for document_id in hand_down(db, [d for d in held if d not in file.documents], came):
                self._embed_anew(db, document_id, vectors_of)
            db.execute("DELETE FROM failures WHERE path = ?", (file.path,))
            return _drop_all_but_versions(db, left)

    def put_failure(self, path: str, source: str, reason: str) -> None:
        """Notes that a file could not be taken in, until it is."""
        with self._ledger.write() as db:
            db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?)", (path, source, reason, _now()))

    def clear_failures(self, paths: Iterable[str]) -> None:
        """Forgets failures of files that are no longer there, or that went in unchanged after all."""
        with self._ledger.write() as db:
            db.executemany("DELETE FROM failures WHERE path = ?", [(path,) for path in paths])

    def set_groups(self, document_ids: Iterable[str], groups: Groups) -> None:
        """Keeps documents to these groups, in one transaction; to none: they are for everyone. Raises UnknownDocument."""
        with self._ledger.write() as db:
            for document_id in document_ids:
                if db.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone() is None:
                    raise unknown(document_id)
                keep_to(db, document_id, groups)

    def correct(self, document_id: str, word: Word, vectors_of: VectorsOf | None = None) -> None:
        """Takes a person's word on a document and its copies, in one transaction. Raises UnknownDocument.

        Where the title becomes another one, the vectors are made anew by `vectors_of`.
        """
        with self._ledger.write() as db:
            if corrections_in(db, document_id) is None:
                raise unknown(document_id)
            for id in correct(db, document_id, word, _now()):
                self._embed_anew(db, id, vectors_of)

    def corrections(self, document_id: str) -> Corrections:
        """What people say of a document, beside what was read. Raises UnknownDocument."""
        found = corrections_in(self._db, document_id)
        if found is None:
            raise unknown(document_id)
        return found

    def remove_document(self, document_id: str) -> Record:
        """Removes one document, and the files that held nothing else; returns what was removed."""
        record = self.record(document_id)
        with self._ledger.write() as db:
            paths = [r[0] for r in db.execute("SELECT path FROM file_documents WHERE document_id = ?", (document_id,))]
            db.execute("DELETE FROM file_documents WHERE document_id = ?", (document_id,))
            for path in paths:
                if not documents_of(db, path):
                    db.execute("DELETE FROM files WHERE path = ?", (path,))
            _drop(db, document_id)
        return record

    def _embed_anew(self, db: sqlite3.Connection, document_id: str, vectors_of: VectorsOf | None) -> None:
        """Makes the vectors of a document under its title of now; those of a next generation are to be made again."""
        chunks = [chunk for chunk, _ in self.chunks(document_id)]
        if vectors_of is None or not chunks:
            return
        rows = chunk_rows(serving(db), chunks, vectors_of(self.record(document_id).metadata.title, chunks))
        db.execute("DELETE FROM chunks WHERE document_id = ?", (document_id,))
        db.execute("DELETE FROM rebuilt WHERE document_id = ?", (document_id,))
        db.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def _bring_up_to_date(self, owned: bool) -> None:
        path = self._ledger.path
        if not has_tables(self._db):
            with self._ledger.write() as db:
                create_tables(db)
        version = version_of(self._db)
        if version > SCHEMA_VERSION:
            raise NewerBase(
                f"{path}：资料库由更新版本的程序建立（格式 {version}，本程序支持到 {SCHEMA_VERSION}），请升级程序"
            )
        if version < SCHEMA_VERSION and self._ledger.read_only:
            raise OlderBase(
                f"{path}：资料库是旧格式（{version}），文件夹只读，不能升级到格式 {SCHEMA_VERSION}；请改为可写，或复制到可写的地方再打开"
            )
        if version < SCHEMA_VERSION and not owned:
            raise OlderBase(
                f"{path}：资料库是旧格式（{version}），正被另一个进程使用，现在不能升级到格式 {SCHEMA_VERSION}；请等它结束后再打开"
            )
        migrate(self._ledger)
        if owned and not is_enrolled(self._db):
            with self._ledger.write() as db:
                enrol_all(db)


def _drop_all_but_versions(db: sqlite3.Connection, ids: Sequence[str]) -> tuple[str, ...]:
    """Deletes documents that no file holds now, but for earlier versions of others; returns what was deleted."""
    marks = ",".join("?" * len(ids))
    rows = db.execute(f"SELECT id FROM documents WHERE id IN ({marks}) AND kinship IS NOT 'version'", tuple(ids))
    gone = tuple(str(r[0]) for r in rows.fetchall())
    for document_id in gone:
        _drop(db, document_id)
    return gone


def _drop(db: sqlite3.Connection, document_id: str) -> None:
    withdraw(db, document_id)
    db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
    db.execute("INSERT INTO changes (document_id, added) VALUES (?, 0)", (document_id,))


def _insert_document(
    db: sqlite3.Connection, document: Document, chunks: Sequence[Chunk], vectors: Vectors, now: str
) -> bool:
    """Puts a document in; False when it is there already, and stays as it is."""
    if db.execute("SELECT 1 FROM documents WHERE id = ?", (document.id,)).fetchone():
        return False
    parts = {
        "metadata": document.metadata,
        "pages": document.pages,
        "sections": document.sections,
        "cuts": document.cuts,
        "places": document.places,
        "relations": document.relations,
        "boxes": document.boxes,
        "coverage": document.coverage,
    }
    db.execute(
        f"INSERT INTO documents ({', '.join(parts)}, id, source, text, part, added_at)"
        f" VALUES ({', '.join('?' * len(parts))}, ?, ?, ?, ?, ?)",
        (*map(dump, parts.values()), document.id, document.source, document.text, document.part, now),
    )
    db.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)", chunk_rows(serving(db), chunks, vectors))
    db.execute("INSERT INTO changes (document_id, added) VALUES (?, 1)", (document.id,))
    enrol(db, document.id)
    return True


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


__all__ = ["Catalog", "Change", "FileRecord"]
