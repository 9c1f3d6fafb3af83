"""Which files hold a document, and which held it before they were changed, as rows of the ledger."""

from __future__ import annotations

import sqlite3

from kb.kinship import renew
from kb.records import FileRecord, dump


def link(db: sqlite3.Connection, file: FileRecord, now: str) -> None:
    """Notes the file and which documents it holds; one that it held in the past is the newest edition again."""
    db.execute(
        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
        (file.path, file.source, file.sha256, file.original, dump(file.coverage), now),
    )
    db.execute("DELETE FROM file_documents WHERE path = ?", (file.path,))
    db.executemany("INSERT OR IGNORE INTO file_documents VALUES (?, ?)", [(file.path, d) for d in file.documents])
    for document_id in file.documents:
        if db.execute("DELETE FROM past_files WHERE document_id = ?", (document_id,)).rowcount:
            renew(db, document_id)


def is_held(db: sqlite3.Connection, document_id: str) -> bool:
    """Whether some file holds the document now."""
    return db.execute("SELECT 1 FROM file_documents WHERE document_id = ?", (document_id,)).fetchone() is not None


def is_past(db: sqlite3.Connection, document_id: str) -> bool:
    """Whether the document is kept though the file that held it has changed."""
    return db.execute("SELECT 1 FROM past_files WHERE document_id = ?", (document_id,)).fetchone() is not None


def note_past(db: sqlite3.Connection, document_id: str, file: sqlite3.Row) -> None:
    """Notes the file, as it was when it held the document."""
    columns = ("path", "source", "sha256", "original", "coverage")
    db.execute("INSERT INTO past_files VALUES (?, ?, ?, ?, ?, ?)", (document_id, *(file[c] for c in columns)))
