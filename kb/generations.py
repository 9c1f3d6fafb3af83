"""Generations of chunks in the ledger: those that serve, and beside them the next ones while they are being made.

All chunks of a base come from one embedder and one recipe of splitting. When a setting changes, the next generation is
made document by document, each batch a transaction; `serve_next` then makes it the one that serves, in one. A
process that dies in between leaves the old one serving and the next one to be gone on with.

meta.generation, .embedder, .recipe, .embedder_note            what serves, and what made it
meta.next_generation, .next_embedder, .next_recipe, .next_note what is being made
rebuilt                                                        documents whose chunks of the next generation are whole
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.document import Chunk
from kb.connection import Ledger

Vectors = NDArray[np.float32]
_DELETED_AT_ONCE = 2000
_NEXT = ("next_generation", "next_embedder", "next_recipe", "next_note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What a generation is made with. `note` is how to open the embedder again; the base only keeps it."""

    embedder: str
    recipe: str
    note: str = ""

    def is_same(self, other: Maker) -> bool:
        """Whether both make the same chunks and vectors."""
        return (self.embedder, self.recipe) == (other.embedder, other.recipe)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilding:
    """How far the next generation is, in chunks of the one that serves."""

    done: int
    total: int
    stopped: str = ""  # why it stopped, a line; "" when it did not or was only interrupted


def rebuilding_in(ledger: Path) -> Rebuilding | None:
    """How far the next generation is in a ledger that another process may hold; None when none is being made."""
    try:
        with closing(sqlite3.connect(f"{ledger.resolve().as_uri()}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            return _rebuilding(db)
    except sqlite3.Error:  # there is none yet, or it is older
        return None


def _rebuilding(db: sqlite3.Connection) -> Rebuilding | None:
    meta = _meta(db)
    if "next_generation" not in meta:
        return None
    of_all = f"SELECT count(*) FROM chunks WHERE generation = {int(meta['generation'])}"
    done = db.execute(f"{of_all} AND document_id IN (SELECT document_id FROM rebuilt)").fetchone()[0]
    total = db.execute(of_all).fetchone()[0]
    return Rebuilding(done=int(done), total=int(total), stopped=meta.get("rebuild_stopped", ""))


def _meta(db: sqlite3.Connection) -> dict[str, str]:
    return {str(r["key"]): str(r["value"]) for r in db.execute("SELECT key, value FROM meta")}


class Generations:
    """The generations of an open ledger. The caller sees to it that only one process and thread writes."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def maker(self) -> Maker | None:
        """What the generation that serves was made with; None for a base that has not been used."""
        meta = self._meta()
        if "embedder" not in meta:
            return None
        return Maker(embedder=meta["embedder"], recipe=meta.get("recipe", ""), note=meta.get("embedder_note", ""))

    def rebuilding(self) -> Rebuilding | None:
        """How far the next generation is; None when none was begun."""
        return _rebuilding(self._ledger.db)

    def begin(self, maker: Maker) -> int:
        """The number of the next generation, by `maker`: gone on with if it was begun so, else begun anew."""
        meta = self._meta()
        if tuple(meta.get(k) for k in ("next_embedder", "next_recipe")) == (maker.embedder, maker.recipe):
            self.note_stop("")
            return int(meta["next_generation"])
        self.drop_next()
        number = int(meta["generation"]) + 1
        with self._ledger.write() as db:
            values = (str(number), maker.embedder, maker.recipe, maker.note)
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(zip(_NEXT, values, strict=True)))
        return number

    def note_stop(self, reason: str) -> None:
        """Keeps why the making stopped, for whoever asks."""
        with self._ledger.write() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('rebuild_stopped', ?)", (reason,))

    def pending(self) -> list[str]:
        """Ids of the documents whose next chunks are not whole."""
        rows = self._ledger.db.execute(
            "SELECT id FROM documents WHERE id NOT IN (SELECT document_id FROM rebuilt) ORDER BY rowid"
        )
        return [str(r[0]) for r in rows]

    def held(self, number: int, document_id: str) -> frozenset[str]:
        """Ids of the chunks that a generation has of a document."""
        rows = self._ledger.db.execute(
            "SELECT id FROM chunks WHERE generation = ? AND document_id = ?", (number, document_id)
        )
        return frozenset(str(r[0]) for r in rows)

    def put(self, number: int, document_id: str, chunks: Sequence[Chunk], vectors: Vectors, *, whole: bool) -> None:
        """Adds chunks of a document, with `whole` its last ones. Nothing when it is no longer in the ledger."""
        with self._ledger.write() as db:
            if db.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone():
                db.executemany(
                    "INSERT OR REPLACE INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)", chunk_rows(number, chunks, vectors)
                )
                if whole:
                    db.execute("INSERT OR IGNORE INTO rebuilt VALUES (?)", (document_id,))

    def serve_next(self) -> None:
        """Makes the next generation the one that serves, in one transaction."""
        with self._ledger.write() as db:
            for key in ("generation", "embedder", "recipe"):
                db.execute(
                    "UPDATE meta SET value = (SELECT value FROM meta WHERE key = ?) WHERE key = ?", (f"next_{key}", key)
                )
            db.execute("INSERT OR REPLACE INTO meta SELECT 'embedder_note', value FROM meta WHERE key = 'next_note'")
            _forget_next(db)
            db.execute("INSERT INTO changes (document_id, added) VALUES ('', 0)")  # what was worked out is out of date

    def drop_next(self) -> None:
        """Forgets what was made of a next generation."""
        if "next_generation" in self._meta() or self._ledger.db.execute("SELECT 1 FROM rebuilt").fetchone():
            with self._ledger.write() as db:
                _forget_next(db)
        for _ in self.drop_others():
            pass

    def drop_others(self) -> Iterator[int]:
        """Deletes the chunks of generations that neither serve nor are being made; yields how many, time and again."""
        meta = self._meta()
        serving, next_ = int(meta["generation"]), int(meta.get("next_generation", -1))
        while True:
            rows = self._ledger.db.execute(
                "SELECT rowid FROM (SELECT rowid FROM chunks WHERE generation < ?1 UNION ALL"
                " SELECT rowid FROM chunks WHERE generation > ?1 AND generation <> ?2) LIMIT ?3",
                (serving, next_, _DELETED_AT_ONCE),
            ).fetchall()
            if not rows:
                return
            with self._ledger.write() as db:
                db.executemany("DELETE FROM chunks WHERE rowid = ?", [(r[0],) for r in rows])
            yield len(rows)

    def _meta(self) -> dict[str, str]:
        return _meta(self._ledger.db)


def serving(db: sqlite3.Connection) -> int:
    """The number of the generation that serves."""
    return int(db.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0])


def chunk_rows(generation: int, chunks: Sequence[Chunk], vectors: Vectors) -> list[tuple[object, ...]]:
    """Chunks with their vectors as rows of the ledger."""
    return [
        (generation, c.id, c.document_id, c.start, c.end, json.dumps(c.path, ensure_ascii=False), _packed(v))
        for c, v in zip(chunks, vectors, strict=True)
    ]


def _packed(vector: Vectors) -> bytes:
    return vector.astype("<f4").tobytes()


def _forget_next(db: sqlite3.Connection) -> None:
    db.execute(f"DELETE FROM meta WHERE key IN ({','.join('?' * len(_NEXT))}, 'rebuild_stopped')", _NEXT)
    db.execute("DELETE FROM rebuilt")
