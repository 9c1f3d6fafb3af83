"""The ledger: files, documents, chunks and vectors in one SQLite database. It is the truth; indexes are derived.

Every change is one transaction with a growing sequence number. An index notes the number it has caught up with,
so whatever a crash took from it can be played again, or the whole of it built anew, without embedding anything.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.document import Chunk, Coverage, Document
from kb.errors import DamagedBase, NewerBase, StorageFull, UnknownDocument
from kb.records import Record, coverage_from, document_from, dump, metadata_from, places_from, relations_from

SCHEMA_VERSION = 1
Vectors = NDArray[np.float32]

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, text TEXT NOT NULL, metadata TEXT NOT NULL, pages TEXT NOT NULL,
    sections TEXT NOT NULL, cuts TEXT NOT NULL, places TEXT NOT NULL, relations TEXT NOT NULL, boxes TEXT NOT NULL,
    part INTEGER NOT NULL, coverage TEXT NOT NULL, added_at TEXT NOT NULL);
CREATE TABLE chunks (
    id TEXT PRIMARY KEY, document_id TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, path TEXT NOT NULL, vector BLOB NOT NULL);
CREATE INDEX chunks_of_document ON chunks(document_id, start);
CREATE TABLE files (
    path TEXT PRIMARY KEY, source TEXT NOT NULL, sha256 TEXT NOT NULL, original TEXT, coverage TEXT NOT NULL,
    seen_at TEXT NOT NULL);
CREATE TABLE file_documents (
    path TEXT NOT NULL REFERENCES files(path) ON DELETE CASCADE, document_id TEXT NOT NULL REFERENCES documents(id),
    PRIMARY KEY (path, document_id)) WITHOUT ROWID;
CREATE INDEX files_of_document ON file_documents(document_id);
CREATE TABLE changes (sequence INTEGER PRIMARY KEY AUTOINCREMENT, document_id TEXT NOT NULL, added INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """A file that was ingested: where it lay, its SHA-256, and the documents read from it."""

    path: str  # absolute: the file's identity
    source: str  # as given or found: what people see
    sha256: str
    original: str | None  # name of the kept copy under originals/
    documents: tuple[str, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an index must do to catch up with one document."""

    document_id: str
    there: bool  # in the ledger now
    is_new: bool  # only ever added since: nothing of it needs to be taken out of an index first


class Catalog:
    """An open ledger. Safe to read from several threads; the caller sees to it that only one writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        with _plain_errors(path):
            if not self._tables():
                with self._write() as db:
                    for statement in _SCHEMA.split(";\n"):
                        db.execute(statement)
                    db.execute("INSERT INTO meta VALUES ('schema_version', ?)", (str(SCHEMA_VERSION),))
        version = int(self.meta("schema_version") or 0)
        if version > SCHEMA_VERSION:
            raise NewerBase(
                f"{path}：资料库由更新版本的程序建立（格式 {version}，本程序支持到 {SCHEMA_VERSION}），请升级程序"
            )

    def close(self) -> None:
        """Closes the connections of all threads."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._local = threading.local()

    # --- what the base was made with -------------------------------------------------------------------------

    def meta(self, key: str) -> str | None:
        """A setting the base was made with, or None."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def set_meta(self, **values: str) -> None:
        """Notes what the base was made with."""
        with self._write() as db:
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    @property
    def sequence(self) -> int:
        """The number of the newest change; 0 for an empty ledger."""
        return int(self._db.execute("SELECT coalesce(max(sequence), 0) FROM changes").fetchone()[0])

    def changed_since(self, sequence: int) -> tuple[Change, ...]:
        """What happened to documents after change number `sequence`, each document once, oldest change first."""
        rows = self._db.execute(
            "SELECT document_id, min(added) AS only_added, max(sequence) AS last,"
            " document_id IN (SELECT id FROM documents) AS there"
            " FROM changes WHERE sequence > ? GROUP BY document_id ORDER BY last",
            (sequence,),
        )
        return tuple(
            Change(document_id=r["document_id"], there=bool(r["there"]), is_new=bool(r["only_added"])) for r in rows
        )

    # --- writing -----------------------------------------------------------------------------------------------

    def put_file(
        self, file: FileRecord, documents: Sequence[tuple[Document, Sequence[Chunk], Vectors]]
    ) -> tuple[str, ...]:
        """Makes `documents` the content of `file`, in one transaction; returns the ids of documents this removed.

        Documents that the file held before and that no other file holds go. Documents already there stay as they are.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._write() as db:
            before = _documents_of(db, file.path)
            for document, chunks, vectors in documents:
                _insert_document(db, document, chunks, vectors, now)
            db.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
                (file.path, file.source, file.sha256, file.original, dump(file.coverage), now),
            )
            db.execute("DELETE FROM file_documents WHERE path = ?", (file.path,))
            db.executemany(
                "INSERT OR IGNORE INTO file_documents VALUES (?, ?)", [(file.path, d) for d in file.documents]
            )
            return _drop_orphans(db, before)

    def remove_document(self, document_id: str) -> Record:
        """Removes one document, and the files that held nothing else; returns what was removed."""
        record = self.record(document_id)
        with self._write() as db:
            paths = [r[0] for r in db.execute("SELECT path FROM file_documents WHERE document_id = ?", (document_id,))]
            db.execute("DELETE FROM file_documents WHERE document_id = ?", (document_id,))
            for path in paths:
                if not _documents_of(db, path):
                    db.execute("DELETE FROM files WHERE path = ?", (path,))
            _drop_orphans(db, (document_id,))
        return record

    def replace_vectors(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Writes new vectors for chunks, in the order of `ids`."""
        with self._write() as db:
            db.executemany(
                "UPDATE chunks SET vector = ? WHERE id = ?",
                [(v.astype("<f4").tobytes(), i) for i, v in zip(ids, vectors, strict=True)],
            )

    # --- reading -----------------------------------------------------------------------------------------------

    def file(self, path: str) -> FileRecord | None:
        """The file at an absolute path as it was last ingested, or None."""
        row = self._db.execute("SELECT * FROM files WHERE path = ?", (path,)).fetchone()
        return self._file_record(row) if row else None

    def file_of(self, document_id: str) -> FileRecord:
        """A file that holds the document."""
        row = self._db.execute(
            "SELECT files.* FROM files JOIN file_documents USING (path) WHERE document_id = ? LIMIT 1",
            (document_id,),
        ).fetchone()
        if row is None:
            raise _unknown(document_id)
        return self._file_record(row)

    def originals(self) -> frozenset[str]:
        """Names of the kept copies that some file still needs."""
        return frozenset(str(r[0]) for r in self._db.execute("SELECT original FROM files WHERE original NOT NULL"))

    def document(self, document_id: str) -> Document:
        """The document with its text. Raises UnknownDocument."""
        row = self._db.execute("SELECT * FROM documents WHERE id = ?", (document_id,)).fetchone()
        if row is None:
            raise _unknown(document_id)
        return document_from(dict(row))

    def record(self, document_id: str) -> Record:
        """The document without its text. Raises UnknownDocument."""
        for record in self._records("WHERE documents.id = ?", (document_id,)):
            return record
        raise _unknown(document_id)

    def records(self) -> tuple[Record, ...]:
        """All documents without their text, by source."""
        return tuple(self._records("", ()))

    def chunks(self, document_id: str | None = None) -> Iterator[tuple[Chunk, NDArray[np.float32]]]:
        """Chunks with their vectors, shape (dim,) float32, unit length: of one document, or of all."""
        where = "WHERE document_id = ?" if document_id else ""
        rows = self._db.execute(
            'SELECT chunks.id, document_id, start, "end", path, vector, substr(text, start + 1, "end" - start) AS text'
            f" FROM chunks JOIN documents ON documents.id = document_id {where} ORDER BY document_id, start",
            (document_id,) if document_id else (),
        )
        for row in rows:
            yield _chunk(row), np.frombuffer(row["vector"], dtype="<f4")

    def chunks_by_id(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """Chunks for ids; ids that are not (or no longer) in the ledger are left out."""
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(
            'SELECT chunks.id, document_id, start, "end", path, substr(text, start + 1, "end" - start) AS text'
            f" FROM chunks JOIN documents ON documents.id = document_id WHERE chunks.id IN ({marks})",
            tuple(ids),
        )
        return {row["id"]: _chunk(row) for row in rows}

    def vectors(self) -> tuple[list[str], Vectors]:
        """Ids and vectors of all chunks, shape (n, dim) float32, in the same order."""
        ids, blobs = [], []
        for row in self._db.execute("SELECT id, vector FROM chunks"):
            ids.append(str(row["id"]))
            blobs.append(row["vector"])
        if not ids:
            return [], np.zeros((0, 0), dtype=np.float32)
        return ids, np.frombuffer(b"".join(blobs), dtype="<f4").reshape(len(ids), -1)

    def chunk_count(self) -> int:
        """How many chunks there are."""
        return int(self._db.execute("SELECT count(*) FROM chunks").fetchone()[0])

    def says(self, words: str) -> bool:
        """Whether some document's text holds `words` as they stand."""
        return self._db.execute("SELECT 1 FROM documents WHERE instr(text, ?) LIMIT 1", (words,)).fetchone() is not None

    def check(self) -> str | None:
        """SQLite's own integrity check: None when whole, else what it found."""
        with _plain_errors(self._path):
            found = str(self._db.execute("PRAGMA integrity_check").fetchone()[0])
        return None if found == "ok" else found

    # --- inside ------------------------------------------------------------------------------------------------

    @property
    def _db(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=10, check_same_thread=False, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            self._local.connection = connection
            self._connections.append(connection)
        return connection

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with _plain_errors(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _tables(self) -> bool:
        return self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'documents'").fetchone() is not None

    def _records(self, where: str, values: tuple[str, ...]) -> Iterator[Record]:
        rows = self._db.execute(
            "SELECT id, source, metadata, places, relations, part, coverage, added_at, length(text) AS characters,"
            " (SELECT count(*) FROM chunks WHERE document_id = documents.id) AS chunks"
            f" FROM documents {where} ORDER BY source, id",
            values,
        )
        for row in rows:
            yield Record(
                id=row["id"],
                source=row["source"],
                metadata=metadata_from(row["metadata"]),
                places=places_from(row["places"]),
                relations=relations_from(row["relations"]),
                part=row["part"],
                coverage=coverage_from(row["coverage"]),
                chunks=row["chunks"],
                characters=row["characters"],
                added_at=datetime.fromisoformat(row["added_at"]),
            )

    def _file_record(self, row: sqlite3.Row) -> FileRecord:
        return FileRecord(
            path=row["path"],
            source=row["source"],
            sha256=row["sha256"],
            original=row["original"],
            documents=_documents_of(self._db, row["path"]),
            coverage=coverage_from(row["coverage"]),
        )


def _insert_document(
    db: sqlite3.Connection, document: Document, chunks: Sequence[Chunk], vectors: Vectors, now: str
) -> None:
    if db.execute("SELECT 1 FROM documents WHERE id = ?", (document.id,)).fetchone():
        return
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
    db.executemany(
        "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                c.id,
                document.id,
                c.start,
                c.end,
                json.dumps(c.path, ensure_ascii=False),
                v.astype("<f4").tobytes(),
            )
            for c, v in zip(chunks, vectors, strict=True)
        ],
    )
    db.execute("INSERT INTO changes (document_id, added) VALUES (?, 1)", (document.id,))


def _documents_of(db: sqlite3.Connection, path: str) -> tuple[str, ...]:
    rows = db.execute("SELECT document_id FROM file_documents WHERE path = ? ORDER BY document_id", (path,))
    return tuple(str(r[0]) for r in rows)


def _drop_orphans(db: sqlite3.Connection, candidates: Sequence[str]) -> tuple[str, ...]:
    """Deletes those of `candidates` that no file holds any longer."""
    gone = []
    for document_id in candidates:
        if not db.execute("SELECT 1 FROM file_documents WHERE document_id = ?", (document_id,)).fetchone():
            db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
            db.execute("INSERT INTO changes (document_id, added) VALUES (?, 0)", (document_id,))
            gone.append(document_id)
    return tuple(gone)


def _chunk(row: sqlite3.Row) -> Chunk:
    return Chunk(
        id=row["id"],
        document_id=row["document_id"],
        start=row["start"],
        end=row["end"],
        text=row["text"],
        path=tuple(json.loads(row["path"])),
    )


def _unknown(document_id: str) -> UnknownDocument:
    return UnknownDocument(f"资料库里没有编号为 {document_id} 的文件，用 zhengda documents 查看现有文件")


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    """SQLite's errors as ours, each one line."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "full" in str(error) or "disk I/O" in str(error):
            raise StorageFull(f"{path.parent}：磁盘已满或无法写入，腾出空间后重试；已入库的内容没有丢失") from error
        if "readonly" in str(error) or "unable to open" in str(error):
            raise StorageFull(f"{path.parent}：文件夹不能写入，请检查权限或换一个 --home") from error
        raise DamagedBase(f"{path}：账本读写出错（{error}），请先备份该文件再运行 zhengda doctor") from error
    except sqlite3.IntegrityError:
        raise  # ours to mend, not the user's
    except sqlite3.DatabaseError as error:
        raise DamagedBase(f"{path}：账本已损坏（{error}），请从备份恢复") from error
