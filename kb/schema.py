"""The ledger's tables as they are now. A base made by an earlier program is brought here by `kb.migrations`."""

from __future__ import annotations

import sqlite3

SCHEMA_VERSION = 5

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, text TEXT NOT NULL, metadata TEXT NOT NULL, pages TEXT NOT NULL,
    sections TEXT NOT NULL, cuts TEXT NOT NULL, places TEXT NOT NULL, relations TEXT NOT NULL, boxes TEXT NOT NULL,
    part INTEGER NOT NULL, coverage TEXT NOT NULL, added_at TEXT NOT NULL,
    current_id TEXT, kinship TEXT CHECK (kinship IN ('copy', 'version') AND current_id NOT NULL OR kinship IS NULL),
    as_read TEXT);
CREATE INDEX documents_of_current ON documents(current_id) WHERE current_id NOT NULL;
CREATE TABLE chunks (
    generation INTEGER NOT NULL, id TEXT NOT NULL, document_id TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, path TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (generation, id));
CREATE INDEX chunks_of_document ON chunks(document_id, generation, start);
CREATE TABLE rebuilt (document_id TEXT PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE) WITHOUT ROWID;
CREATE TABLE files (
    path TEXT PRIMARY KEY, source TEXT NOT NULL, sha256 TEXT NOT NULL, original TEXT, coverage TEXT NOT NULL,
    seen_at TEXT NOT NULL);
CREATE TABLE file_documents (
    path TEXT NOT NULL REFERENCES files(path) ON DELETE CASCADE, document_id TEXT NOT NULL REFERENCES documents(id),
    PRIMARY KEY (path, document_id)) WITHOUT ROWID;
CREATE INDEX files_of_document ON file_documents(document_id);
CREATE TABLE past_files (
    document_id TEXT PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE, path TEXT NOT NULL, source TEXT NOT NULL,
    sha256 TEXT NOT NULL, original TEXT, coverage TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE failures (
    path TEXT PRIMARY KEY, source TEXT NOT NULL, reason TEXT NOT NULL, failed_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE signatures (
    number INTEGER PRIMARY KEY, document_id TEXT NOT NULL UNIQUE REFERENCES documents(id) ON DELETE CASCADE,
    edition INTEGER NOT NULL, document_number TEXT, identity TEXT, minhash BLOB NOT NULL);
CREATE INDEX signatures_by_edition ON signatures(edition);
CREATE INDEX signatures_by_document_number ON signatures(document_number) WHERE document_number NOT NULL;
CREATE INDEX signatures_by_identity ON signatures(identity) WHERE identity NOT NULL;
CREATE TABLE bands (
    hash INTEGER NOT NULL, signature INTEGER NOT NULL, PRIMARY KEY (hash, signature)) WITHOUT ROWID;
CREATE TABLE document_groups (
    document_id TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE, name TEXT NOT NULL,
    PRIMARY KEY (document_id, name)) WITHOUT ROWID;
CREATE TABLE corrections (
    document_id TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, made_by TEXT, made_at TEXT NOT NULL,
    PRIMARY KEY (document_id, field)) WITHOUT ROWID;
CREATE TABLE changes (sequence INTEGER PRIMARY KEY AUTOINCREMENT, document_id TEXT NOT NULL, added INTEGER NOT NULL);
"""


def create_tables(db: sqlite3.Connection) -> None:
    """Makes the tables of an empty ledger, inside the caller's transaction."""
    run(db, TABLES)
    db.execute("INSERT INTO meta VALUES ('schema_version', ?), ('generation', '1')", (str(SCHEMA_VERSION),))


def run(db: sqlite3.Connection, statements: str) -> None:
    """Runs several statements, each ended by a semicolon at a line's end, without ending the transaction."""
    for statement in statements.split(";\n"):
        if statement.strip():
            db.execute(statement)


def has_tables(db: sqlite3.Connection) -> bool:
    """Whether a ledger has been made in this file."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'documents'").fetchone() is not None


def version_of(db: sqlite3.Connection) -> int:
    """The version of the tables in the file."""
    row = db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    return int(row[0]) if row else 0
