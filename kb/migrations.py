"""Bringing a ledger that an earlier program made to today's tables: ordered steps, each one transaction.

A step knows only the tables it begins and ends with, never today's code: it must still work when that has moved on.
What is derived from the text (signatures, who stands for whom) is not migrated but worked out anew, see `kb.kinship`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kb.schema import SCHEMA_VERSION, run, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kb.connection import Ledger

Step = Callable[[sqlite3.Connection], None]


def migrate(ledger: Ledger) -> None:
    """Takes every step from the ledger's version to SCHEMA_VERSION. A step that breaks leaves the one before it."""
    while (version := version_of(ledger.db)) < SCHEMA_VERSION:
        with _references_off(ledger.db), ledger.write() as db:
            STEPS[version](db)
            db.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (str(version + 1),))
            broken = db.execute("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise sqlite3.DatabaseError(f"升级后有 {len(broken)} 处引用落空")


@contextmanager
def _references_off(db: sqlite3.Connection) -> Iterator[None]:
    """A table that others refer to can only be made anew while references are not watched (sqlite.org/lang_altertable)."""
    db.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        db.execute("PRAGMA foreign_keys = ON")


def _from_1_to_2(db: sqlite3.Connection) -> None:
    """Relations in place of `repeals`; boxes and part; copies, versions, past files and failures."""
    run(db, _TABLES_2)
    rows = db.execute("SELECT id, text, repeals FROM documents WHERE repeals <> '[]'").fetchall()
    run(db, _DOCUMENTS_2)
    for row in rows:
        relations = [_repeal(number, row["text"]) for number in json.loads(row["repeals"])]
        db.execute(
            "UPDATE documents SET relations = ? WHERE id = ?", (json.dumps(relations, ensure_ascii=False), row["id"])
        )


def _repeal(number: str, text: str) -> dict[str, object]:
    """A relation as version 2 has it, from a 文号 that version 1 knew to be repealed."""
    start = max(text.find(number), 0)
    end = start + len(number) if text.startswith(number, start) else start
    return {"kind": "repeals", "document_number": number, "title": None, "start": start, "end": end}


def _from_2_to_3(db: sqlite3.Connection) -> None:
    """Chunks belong to a generation, so that those of another embedder or recipe can be made beside them."""
    run(db, _CHUNKS_3)


def _from_3_to_4(db: sqlite3.Connection) -> None:
    """Documents may be kept to groups; those there are for everyone."""
    run(db, _GROUPS_4)


def _from_4_to_5(db: sqlite3.Connection) -> None:
    """What people say of documents, beside what was read; nothing was said yet."""
    run(db, _CORRECTIONS_5)


_TABLES_2 = """
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
"""
_DOCUMENTS_2 = """
CREATE TABLE documents_2 (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, text TEXT NOT NULL, metadata TEXT NOT NULL, pages TEXT NOT NULL,
    sections TEXT NOT NULL, cuts TEXT NOT NULL, places TEXT NOT NULL, relations TEXT NOT NULL, boxes TEXT NOT NULL,
    part INTEGER NOT NULL, coverage TEXT NOT NULL, added_at TEXT NOT NULL,
    current_id TEXT, kinship TEXT CHECK (kinship IN ('copy', 'version') AND current_id NOT NULL OR kinship IS NULL));
INSERT INTO documents_2
    SELECT id, source, text, metadata, pages, sections, cuts, places, '[]', '[]', 0, coverage, added_at, NULL, NULL
    FROM documents ORDER BY rowid;
DROP TABLE documents;
ALTER TABLE documents_2 RENAME TO documents;
CREATE INDEX documents_of_current ON documents(current_id) WHERE current_id NOT NULL;
"""

_CHUNKS_3 = """
CREATE TABLE chunks_3 (
    generation INTEGER NOT NULL, id TEXT NOT NULL, document_id TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, path TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (generation, id));
INSERT INTO chunks_3 SELECT 1, id, document_id, start, "end", path, vector FROM chunks ORDER BY rowid;
DROP TABLE chunks;
ALTER TABLE chunks_3 RENAME TO chunks;
CREATE INDEX chunks_of_document ON chunks(document_id, generation, start);
CREATE TABLE rebuilt (document_id TEXT PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE) WITHOUT ROWID;
INSERT INTO meta VALUES ('generation', '1');
"""

_GROUPS_4 = """
CREATE TABLE document_groups (
    document_id TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE, name TEXT NOT NULL,
    PRIMARY KEY (document_id, name)) WITHOUT ROWID;
"""

_CORRECTIONS_5 = """
ALTER TABLE documents ADD COLUMN as_read TEXT;
CREATE TABLE corrections (
    document_id TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, made_by TEXT, made_at TEXT NOT NULL,
    PRIMARY KEY (document_id, field)) WITHOUT ROWID;
"""

STEPS: Mapping[int, Step] = {1: _from_1_to_2, 2: _from_2_to_3, 3: _from_3_to_4, 4: _from_4_to_5}
