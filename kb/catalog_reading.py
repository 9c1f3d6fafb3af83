"""Reading the ledger: documents, records, chunks, vectors, files and failures."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.document import Chunk, Document, Page
from kb.access import TOLD_ANEW, Groups, groups_in
from kb.connection import Ledger
from kb.errors import UnknownDocument
from kb.records import (
    Change,
    Failure,
    FileRecord,
    Record,
    coverage_from,
    document_from,
    metadata_from,
    pages_from,
    places_from,
    relations_from,
)
from kb.versions import Kinship

Vectors = NDArray[np.float32]
_CHUNK = 'chunks.id, document_id, start, "end", path, substr(text, start + 1, "end" - start) AS text'
_SERVING = "(SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'generation')"
_AT_ONCE = 500  # ids in a statement
_Family = dict[str, dict[str, tuple[str, ...]]]


class CatalogReading:
    """What can be read from an open ledger. What is searched are the documents that stand for themselves."""

    def __init__(self, ledger: Ledger, generation: int | None = None) -> None:
        """With a `generation` the chunks are those of it, else those of the one that serves."""
        self._ledger = ledger
        self._of = f"generation = {_SERVING if generation is None else int(generation)}"
        self._current = f"chunks JOIN documents ON documents.id = document_id AND current_id IS NULL AND {self._of}"

    def at(self, generation: int) -> CatalogReading:
        """The same ledger with the chunks of a generation, whichever serves."""
        return CatalogReading(self._ledger, generation)

    @property
    def path(self) -> Path:
        """The ledger's file."""
        return self._ledger.path

    @property
    def generation(self) -> int:
        """The number of the chunks that serve: it grows when all are made anew in another way."""
        return int(self.meta("generation") or 1)

    def meta(self, key: str) -> str | None:
        """A setting the base was made with, or None."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    @property
    def sequence(self) -> int:
        """The number of the newest change; 0 for an empty ledger."""
        return int(self._db.execute("SELECT coalesce(max(sequence), 0) FROM changes").fetchone()[0])

    def changed_since(self, sequence: int) -> tuple[Change, ...]:
        """What happened to documents after change number `sequence`, each once, oldest change first.

        Left out is what only the ledger tells of a document: no index holds it.
        """
        rows = self._db.execute(
            "SELECT document_id, min(added) AS only_added, max(sequence) AS last,"
            " document_id IN (SELECT id FROM documents WHERE current_id IS NULL) AS there"
            " FROM changes WHERE sequence > ? AND added <> ? GROUP BY document_id ORDER BY last",
            (sequence, TOLD_ANEW),
        )
        return tuple(
            Change(document_id=r["document_id"], there=bool(r["there"]), is_new=bool(r["only_added"])) for r in rows
        )

    def file(self, path: str) -> FileRecord | None:
        """The file at an absolute path as it was last ingested, or None."""
        row = self._db.execute("SELECT * FROM files WHERE path = ?", (path,)).fetchone()
        return self._file_record(row) if row else None

    def file_of(self, document_id: str) -> FileRecord:
        """A file that holds the document, or held it before it was changed."""
        row = self._db.execute(
            "SELECT files.* FROM files JOIN file_documents USING (path) WHERE document_id = ? LIMIT 1",
            (document_id,),
        ).fetchone()
        row = row or self._db.execute("SELECT * FROM past_files WHERE document_id = ?", (document_id,)).fetchone()
        if row is None:
            raise unknown(document_id)
        return self._file_record(row)

    def originals(self) -> frozenset[str]:
        """Names of the kept copies that some file, as it is or as it was, still needs."""
        rows = self._db.execute(
            "SELECT original FROM files WHERE original NOT NULL"
            " UNION SELECT original FROM past_files WHERE original NOT NULL"
        )
        return frozenset(str(r[0]) for r in rows)

    def failures(self) -> tuple[Failure, ...]:
        """Files that could not be taken in and have not been since, by source."""
        rows = self._db.execute("SELECT path, source, reason, failed_at FROM failures ORDER BY source, path")
        return tuple(Failure(**{**dict(r), "failed_at": datetime.fromisoformat(r["failed_at"])}) for r in rows)

    def document(self, document_id: str) -> Document:
        """The document with its text. Raises UnknownDocument."""
        row = self._db.execute("SELECT * FROM documents WHERE id = ?", (document_id,)).fetchone()
        if row is None:
            raise unknown(document_id)
        return document_from(dict(row))

    def pages(self, document_id: str) -> tuple[Page, ...]:
        """The pages of the document alone; none for one that is not there."""
        row = self._db.execute("SELECT pages FROM documents WHERE id = ?", (document_id,)).fetchone()
        return pages_from(row["pages"]) if row else ()

    def holds(self, document_id: str) -> bool:
        """Whether the document is there."""
        return self._db.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone() is not None

    def record(self, document_id: str) -> Record:
        """The document without its text. Raises UnknownDocument."""
        for record in self._records("WHERE documents.id = ?", document_id):
            return record
        raise unknown(document_id)

    def records(self, *, hidden: bool = False) -> tuple[Record, ...]:
        """The documents that stand for themselves, without their text, by source; with `hidden`, all documents."""
        return tuple(self._records("" if hidden else "WHERE current_id IS NULL"))

    def chunks(self, document_id: str) -> Iterator[tuple[Chunk, NDArray[np.float32]]]:
        """Chunks of one document with their vectors, shape (dim,) float32, unit length."""
        rows = self._db.execute(
            f"SELECT {_CHUNK}, vector FROM chunks JOIN documents ON documents.id = document_id"
            f" WHERE document_id = ? AND {self._of} ORDER BY start",
            (document_id,),
        )
        for row in rows:
            yield _chunk(row), np.frombuffer(row["vector"], dtype="<f4")

    def chunks_by_id(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """Chunks for ids; ids that are not (or no longer) to be found are left out."""
        marks = ",".join("?" * len(ids))
        rows = self._db.execute(f"SELECT {_CHUNK} FROM {self._current} WHERE chunks.id IN ({marks})", tuple(ids))
        return {row["id"]: _chunk(row) for row in rows}

    def rows(self, document_id: str | None = None) -> Iterator[tuple[str, str, NDArray[np.float32]]]:
        """Chunk id, document id and vector of the chunks to be searched, a document's together; of one document, or of all."""
        where = "WHERE document_id = ?" if document_id else ""
        rows = self._db.execute(
            f"SELECT chunks.id, document_id, vector FROM {self._current} {where} ORDER BY document_id, start",
            (document_id,) if document_id else (),
        )
        for row in rows:
            yield row["id"], row["document_id"], np.frombuffer(row["vector"], dtype="<f4")

    def chunk_count(self, *, hidden: bool = False) -> int:
        """How many chunks there are to be searched; with `hidden`, how many in all."""
        rows = f"chunks WHERE {self._of}" if hidden else self._current
        return int(self._db.execute(f"SELECT count(*) FROM {rows}").fetchone()[0])

    def vector_bytes(self) -> int:
        """The size of one vector; 0 when there is none."""
        row = self._db.execute(f"SELECT length(vector) FROM chunks WHERE {self._of} LIMIT 1").fetchone()
        return int(row[0]) if row else 0

    def saying(self, words: str) -> frozenset[str]:
        """Ids of the documents that stand for themselves and whose text holds `words` as they stand."""
        rows = self._db.execute("SELECT id FROM documents WHERE current_id IS NULL AND instr(text, ?)", (words,))
        return frozenset(str(row[0]) for row in rows)

    def texts(self, ids: Sequence[str]) -> Iterator[str]:
        """The texts of documents; those that are gone by now are left out."""
        for at in range(0, len(ids), _AT_ONCE):
            some = ids[at : at + _AT_ONCE]
            marks = ",".join("?" * len(some))
            for row in self._db.execute(f"SELECT text FROM documents WHERE id IN ({marks})", tuple(some)):
                yield row["text"]

    def says(self, words: str) -> bool:
        """Whether the text of a document that stands for itself holds `words` as they stand."""
        held = "SELECT EXISTS(SELECT 1 FROM documents WHERE current_id IS NULL AND instr(text, ?))"
        return bool(self._db.execute(held, (words,)).fetchone()[0])

    def chunks_holding(self, words: Sequence[str]) -> Iterator[Chunk]:
        """Chunks to be searched that hold all of `words` as they stand, a document's together, in order."""
        where = " AND ".join(["instr(text, ?)"] * len(words))
        texts = self._db.execute(
            f"SELECT id, text FROM documents WHERE current_id IS NULL AND {where}", tuple(words)
        ).fetchall()
        for row in texts:
            spans = self._db.execute(
                f'SELECT id, start, "end", path FROM chunks WHERE document_id = ? AND {self._of} ORDER BY start',
                (row["id"],),
            )
            for span in spans:
                text = row["text"][span["start"] : span["end"]]
                if all(word in text for word in words):
                    yield _chunk({**dict(span), "document_id": row["id"], "text": text})

    def check(self) -> str | None:
        """SQLite's own integrity check: None when whole, else what it found."""
        return self._ledger.check()

    # --- inside ---

    @property
    def _db(self) -> sqlite3.Connection:
        return self._ledger.db

    def _records(self, where: str, document_id: str | None = None) -> Iterator[Record]:
        """Records by source; `where` has a place for `document_id` when that is given."""
        rows = self._db.execute(
            "SELECT id, source, metadata, places, relations, part, coverage, added_at, current_id, kinship,"
            " length(text) AS characters,"
            f" (SELECT count(*) FROM chunks WHERE document_id = documents.id AND {self._of}) AS chunks"
            f" FROM documents {where} ORDER BY source, id",
            (document_id,) if document_id else (),
        ).fetchall()
        behind, groups = self._behind(document_id), groups_in(self._db, document_id)
        for row in rows:
            yield _record(row, behind.get(row["id"], {}), groups.get(row["id"], Groups()))

    def _behind(self, document_id: str | None) -> _Family:
        """The ids that a document stands for, by its id and their kinship; those that came last first."""
        found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        rows = self._db.execute(
            "SELECT id, current_id, kinship FROM documents JOIN signatures ON document_id = id"
            f" WHERE {'current_id = ?' if document_id else 'current_id NOT NULL'} ORDER BY edition DESC, number DESC",
            (document_id,) if document_id else (),
        )
        for row in rows:
            found[row["current_id"]][row["kinship"]].append(row["id"])
        return {id: {kind: tuple(ids) for kind, ids in kinds.items()} for id, kinds in found.items()}

    def _file_record(self, row: sqlite3.Row) -> FileRecord:
        return FileRecord(
            path=row["path"],
            source=row["source"],
            sha256=row["sha256"],
            original=row["original"],
            documents=documents_of(self._db, row["path"]),
            coverage=coverage_from(row["coverage"]),
        )


def documents_of(db: sqlite3.Connection, path: str) -> tuple[str, ...]:
    """Ids of the documents that a file holds."""
    rows = db.execute("SELECT document_id FROM file_documents WHERE path = ? ORDER BY document_id", (path,))
    return tuple(str(r[0]) for r in rows)


def unknown(document_id: str) -> UnknownDocument:
    """The error for an id that no document has."""
    return UnknownDocument(f"资料库里没有编号为 {document_id} 的文件，用 zhengda documents 查看现有文件")


def _record(row: sqlite3.Row, behind: dict[str, tuple[str, ...]], groups: Groups) -> Record:
    return Record(
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
        current_id=row["current_id"],
        kinship=Kinship(row["kinship"]) if row["kinship"] else None,
        versions=behind.get(Kinship.VERSION, ()),
        copies=behind.get(Kinship.COPY, ()),
        groups=groups,
    )


def _chunk(row: sqlite3.Row | dict[str, Any]) -> Chunk:
    return Chunk(
        id=row["id"],
        document_id=row["document_id"],
        start=row["start"],
        end=row["end"],
        text=row["text"],
        path=tuple(json.loads(row["path"])),
    )
