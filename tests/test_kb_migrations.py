"""A ledger that any released program made opens with everything in it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest.document import RelationKind
from kb import migrations
from kb.catalog import Catalog
from kb.corrections import Word
from kb.embed import HashEmbedder
from kb.errors import OlderBase
from kb.filters import Filter
from kb.knowledge_base import KnowledgeBase
from kb.lock import BaseLock
from kb.schema import SCHEMA_VERSION

VERSION_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, text TEXT NOT NULL, metadata TEXT NOT NULL, pages TEXT NOT NULL,
    sections TEXT NOT NULL, cuts TEXT NOT NULL, places TEXT NOT NULL, repeals TEXT NOT NULL, coverage TEXT NOT NULL,
    added_at TEXT NOT NULL);
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
INSERT INTO meta VALUES ('schema_version', '1'), ('embedder', 'hash-64'), ('recipe', 'recipe-1');
"""
COVERAGE = '{"pages": 1, "pages_empty": 0, "pages_ocr": 0, "tables": 0, "table_rows": 0, "ocr_confidence": null, "characters": 40, "characters_cut": 4}'
OLD, NEW = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"
TEXTS = {
    OLD: "云霞县补助办法\n第一条 种植业每亩补助75元，每户最多十亩，由村级核实后报乡镇审核。",
    NEW: "云霞县补助办法\n第一条 养牛每头补助2500元，一次性发放。\n第二条 云政办发〔2019〕9号同时废止。",
}


def version_1(path: Path, *, embedder: str) -> None:
    """A ledger as version 1 left it, with two documents."""
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(VERSION_1)
        db.execute("UPDATE meta SET value = ? WHERE key = 'embedder'", (embedder,))
        for id, number, repeals in (
            (OLD, "云政办发〔2019〕9号", []),
            (NEW, "云政办发〔2023〕5号", ["云政办发〔2019〕9号"]),
        ):
            metadata = {
                "title": "云霞县补助办法", "document_number": number, "issuer": None, "issued_on": "2023-02-10",
                "published_on": None, "effective_on": None, "expires_on": None, "index_number": None, "place": "云霞县",
                "year": 2023, "kind": "rule",
            }  # fmt: skip
            columns = (
                json.dumps(metadata, ensure_ascii=False), "[]",
                '[{"level": 0, "heading": "", "path": [], "start": 0, "end": 8}]',
                '[{"reason": "counter", "text": "浏览4次", "page": null}]',
                '[{"name": "云霞县", "level": "county", "count": 1, "within": null}]',
                json.dumps(repeals, ensure_ascii=False), COVERAGE, "2026-01-02T03:04:05+00:00",
            )  # fmt: skip
            db.execute(f"INSERT INTO documents VALUES (?, ?, ?{', ?' * 8})", (id, f"{id}.txt", TEXTS[id], *columns))
            vector = HashEmbedder(64).passages([TEXTS[id][8:]])[0]
            db.execute(
                "INSERT INTO chunks VALUES (?, ?, 8, ?, ?, ?)",
                (f"{id}:8", id, len(TEXTS[id]), '["第一条"]', vector.tobytes()),
            )
            db.execute("INSERT INTO files VALUES (?, ?, ?, NULL, ?, '')", (f"/{id}", f"{id}.txt", id, COVERAGE))
            db.execute("INSERT INTO file_documents VALUES (?, ?)", (f"/{id}", id))
            db.execute("INSERT INTO changes (document_id, added) VALUES (?, 1)", (id,))
        db.commit()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    version_1(tmp_path / "home/ledger.sqlite", embedder=HashEmbedder(64).name)
    return tmp_path / "home"


def test_everything_of_version_1_is_there(home: Path) -> None:
    catalog = Catalog(home / "ledger.sqlite")
    assert catalog.meta("schema_version") == str(SCHEMA_VERSION)
    assert {r.id for r in catalog.records()} == {OLD, NEW}
    document = catalog.document(NEW)
    assert document.text == TEXTS[NEW]
    assert (document.part, document.boxes, document.metadata.place) == (0, (), "云霞县")
    assert [cut.text for cut in document.cuts] == ["浏览4次"]
    (relation,) = document.relations
    assert relation.kind is RelationKind.REPEALS
    assert document.text[relation.start : relation.end] == relation.document_number == "云政办发〔2019〕9号"
    assert catalog.document(OLD).relations == ()
    assert catalog.chunk_count() == 2
    file = catalog.file(f"/{OLD}")
    assert file is not None
    assert (file.documents, file.coverage.characters, file.coverage.warnings) == ((OLD,), 40, ())
    assert np.array_equal(next(catalog.chunks(OLD))[1], HashEmbedder(64).passages([TEXTS[OLD][8:]])[0])
    assert catalog.check() is None
    catalog.close()


def test_a_migrated_base_is_searched_and_written(home: Path) -> None:
    base = KnowledgeBase(home, HashEmbedder(64), "recipe-1", to_write=True)
    assert "2500元" in base.search("养牛每头补助多少", 1)[0].chunk.text
    base.remove(NEW)
    assert base.check() == []
    base.close()


def test_a_migrated_ledger_has_the_tables_of_a_new_one(home: Path, tmp_path: Path) -> None:
    def tables(path: Path) -> dict[str, str]:
        Catalog(path).close()
        with closing(sqlite3.connect(path)) as db:
            rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL").fetchall()
        return {
            name: " ".join(sql.replace('"documents"', "documents").replace('"chunks"', "chunks").split())
            for name, sql in rows
        }

    assert tables(home / "ledger.sqlite") == tables(tmp_path / "new.sqlite")


def version_3(path: Path) -> None:
    """A ledger as version 3 left it: with versions and generations, without groups."""
    version_1(path, embedder=HashEmbedder(64).name)
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        for step in (1, 2):
            migrations.STEPS[step](db)
        db.execute("UPDATE meta SET value = '3' WHERE key = 'schema_version'")
        db.commit()


def test_documents_of_version_3_are_for_everyone(tmp_path: Path) -> None:
    version_3(tmp_path / "home/ledger.sqlite")
    with closing(KnowledgeBase(tmp_path / "home", HashEmbedder(64), "recipe-1", to_write=True)) as base:
        assert {r.id: r.groups for r in base.documents(hidden=True)} == {OLD: frozenset(), NEW: frozenset()}
        assert {p.chunk.document_id for p in base.search("补助", 9, Filter(groups=frozenset()))} == {OLD, NEW}
        base.set_groups([NEW], ["财政专班"])
        assert {p.chunk.document_id for p in base.search("补助", 9, Filter(groups=frozenset()))} == {OLD}
        assert base.check() == []


def version_4(path: Path) -> None:
    """A ledger as version 4 left it: with groups, without corrections."""
    version_3(path)
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        migrations.STEPS[3](db)
        db.execute("INSERT INTO document_groups VALUES (?, '财政专班')", (NEW,))
        db.execute("UPDATE meta SET value = '4' WHERE key = 'schema_version'")
        db.commit()


def test_documents_of_version_4_are_as_read_and_can_be_corrected(tmp_path: Path) -> None:
    version_4(tmp_path / "home/ledger.sqlite")
    with closing(KnowledgeBase(tmp_path / "home", HashEmbedder(64), "recipe-1", to_write=True)) as base:
        read = base.record(NEW).metadata
        assert (read.year, read.corrected, read.ruling) == (2023, (), None)
        assert base.corrections(NEW).read == read
        assert base.groups_of(NEW) == {"财政专班"}
        base.correct(NEW, Word(said=replace(read, year=2024), fields=frozenset(["year"])))
        assert base.record(NEW).metadata.year == 2024
        assert base.corrections(NEW).read == read
        assert base.check() == []


def test_opening_again_changes_nothing(home: Path) -> None:
    Catalog(home / "ledger.sqlite").close()
    before = Catalog(home / "ledger.sqlite")
    sequence, records = before.sequence, before.records()
    before.close()
    again = Catalog(home / "ledger.sqlite")
    assert (again.sequence, again.records()) == (sequence, records)
    again.close()


def test_a_step_that_breaks_leaves_the_ledger_as_it_was(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(db: sqlite3.Connection) -> None:
        migrations._from_1_to_2(db)
        raise OSError("power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "STEPS", {1: broken})
        with pytest.raises(OSError, match="power"):
            Catalog(home / "ledger.sqlite")
    catalog = Catalog(home / "ledger.sqlite")
    assert len(catalog.records()) == 2
    catalog.close()


def test_a_reader_beside_an_older_program_says_so_in_one_line(home: Path) -> None:
    owner = BaseLock(home)
    assert owner.take(0)
    with pytest.raises(OlderBase, match="旧格式") as raised:
        KnowledgeBase(home, HashEmbedder(64), "recipe-1", to_write=False)
    assert "\n" not in str(raised.value)
    owner.release()
