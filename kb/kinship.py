"""Who stands for whom in the ledger: copies and versions of a document found, and one of each family chosen.

A family is one document that stands for itself (`current_id` is NULL) and those it stands for. Only the first is in
the indexes, so hiding and showing are changes that the indexes play. It goes by what was read from the files: what people
say of a document (kb.corrections) neither hides one nor brings an old one back.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from kb.identity import Member, identity_key, number_key, title_core
from kb.records import coverage_from, metadata_from
from kb.signature import RECIPE, Signatures, bands_of, likeness, packed, signature_of, unpacked
from kb.versions import COPY_LIKENESS, REPLACED_LIKENESS, Kinship, conflict, kinship, standing

_BAND_CANDIDATES = 100  # of those that share most bands, by signature
_MOST_COMPARED = 20  # of those that look like copies, sentence by sentence
_KEY_CANDIDATES = 50  # of those with the same 文号, or the same title, place and year
_PATH_CANDIDATES = 20  # of those of the same title that a file held before or holds since
_OF_OTHER_FILES = (  # parts of one file are never copies or versions of each other
    "NOT EXISTS (SELECT 1 FROM file_documents AS theirs JOIN file_documents AS ours USING (path)"
    " WHERE theirs.document_id = signatures.document_id AND ours.document_id = ?)"
)

Family = list[Member]


@dataclass(frozen=True, slots=True)
class _Titled:
    """Documents of one title that a file holds or held, with their signatures, shape (n, 100) uint32."""

    ids: tuple[str, ...]
    signatures: Signatures


class Neighbours:
    """What files hold and held, by title: read once for all documents of a file. Holds within one transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._read: dict[tuple[str, str], dict[str, _Titled]] = {}

    def alike(self, member: Member) -> list[str]:
        """Ids of documents that a file of the member's held before, or holds since, and that resemble it."""
        found: list[tuple[float, str]] = []
        tables = [("past_files", p) for p in member.paths | member.past_paths]
        tables += [("file_documents", p) for p in member.past_paths]
        for table, path in sorted(tables):
            if titled := self._of(table, path).get(title_core(member.metadata.title)):
                shares = np.mean(titled.signatures == member.signature, axis=1)
                found += [(-float(s), i) for s, i in zip(shares, titled.ids, strict=True) if s >= REPLACED_LIKENESS]
        return [i for _, i in sorted(found)[:_PATH_CANDIDATES]]

    def _of(self, table: str, path: str) -> dict[str, _Titled]:
        if (table, path) not in self._read:
            rows = self._db.execute(
                "SELECT id, json_extract(coalesce(as_read, metadata), '$.title') AS title, minhash"
                f" FROM {table} JOIN documents ON id = {table}.document_id JOIN signatures ON signatures.document_id = id"
                " WHERE path = ? ORDER BY id",
                (path,),
            )
            by_title: dict[str, list[sqlite3.Row]] = defaultdict(list)
            for row in rows:
                by_title[title_core(row["title"])].append(row)
            self._read[table, path] = {
                title: _Titled(tuple(r["id"] for r in of), np.stack([unpacked(r["minhash"]) for r in of]))
                for title, of in by_title.items()
            }
        return self._read[table, path]


def enrol(db: sqlite3.Connection, document_id: str) -> None:
    """Signs a new document, so that others like it find it."""
    row = db.execute(
        "SELECT text, coalesce(as_read, metadata) AS metadata FROM documents WHERE id = ?", (document_id,)
    ).fetchone()
    signature, metadata = signature_of(row["text"]), metadata_from(row["metadata"])
    number = db.execute(
        "INSERT INTO signatures (document_id, edition, document_number, identity, minhash) VALUES (?, 0, ?, ?, ?)",
        (document_id, number_key(metadata), identity_key(metadata), packed(signature)),
    ).lastrowid
    db.execute("UPDATE signatures SET edition = ? WHERE number = ?", (_next_edition(db), number))
    db.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", [(band, number) for band in bands_of(signature)])


def withdraw(db: sqlite3.Connection, document_id: str) -> None:
    """Takes a document out before it is deleted; another of its family takes its place."""
    row = db.execute("SELECT number, minhash FROM signatures WHERE document_id = ?", (document_id,)).fetchone()
    family = [m for m in _families(db, [document_id])[0] if m.id != document_id]
    _stand(db, family)
    bands = bands_of(unpacked(row["minhash"]))
    db.executemany("DELETE FROM bands WHERE hash = ? AND signature = ?", [(b, row["number"]) for b in bands])


def settle(db: sqlite3.Connection, document_ids: Iterable[str]) -> None:
    """Finds the families that documents belong to now, and who stands for them."""
    neighbours = Neighbours(db)
    for document_id in document_ids:
        _settle(db, document_id, neighbours)


def _settle(db: sqlite3.Connection, document_id: str, neighbours: Neighbours) -> None:
    own = _families(db, [document_id])[0]
    (member,) = (m for m in own if m.id == document_id)
    kin = [(k, m) for m in _candidates(db, member, neighbours) if (k := kinship(member, m)) is not None]
    kin.sort(key=lambda pair: (pair[0] != Kinship.COPY, -likeness(member.signature, pair[1].signature), pair[1].order))
    joined: Family = []
    for family in _families(db, [m.id for _, m in kin]):
        others = [m for m in family if m.id != document_id]
        if not any(conflict(a, b) for a in others for b in [member, *joined]):
            joined += others
    left = [m for m in own if m.id != document_id and m not in joined]
    _stand(db, left)
    editions = [m.edition for k, m in kin if k is Kinship.COPY and m in joined]
    if editions and editions[0] != member.edition:
        db.execute("UPDATE signatures SET edition = ? WHERE document_id = ?", (editions[0], document_id))
        member = replace(member, edition=editions[0])
    _stand(db, [*joined, member])


def renew(db: sqlite3.Connection, document_id: str) -> None:
    """Makes the text of a document that came back the newest edition of its family."""
    edition = _next_edition(db)
    (same,) = db.execute("SELECT edition FROM signatures WHERE document_id = ?", (document_id,)).fetchone()
    db.execute("UPDATE signatures SET edition = ? WHERE edition = ?", (edition, same))


def enrol_all(db: sqlite3.Connection) -> None:
    """Signs and settles all documents, in the order they came, unless they are signed in today's way."""
    if _recipe(db) == RECIPE:
        return
    db.execute("DELETE FROM bands")
    db.execute("DELETE FROM signatures")
    ids = [str(r[0]) for r in db.execute("SELECT id FROM documents ORDER BY added_at, rowid")]
    for id in ids:
        enrol(db, id)
    settle(db, ids)
    db.execute("INSERT OR REPLACE INTO meta VALUES ('signatures', ?)", (RECIPE,))


def is_enrolled(db: sqlite3.Connection) -> bool:
    """Whether the documents are signed in today's way."""
    return _recipe(db) == RECIPE


def _recipe(db: sqlite3.Connection) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE key = 'signatures'").fetchone()
    return str(row[0]) if row else None


def _next_edition(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(edition), 0) + 1 FROM signatures").fetchone()[0])


def _stand(db: sqlite3.Connection, family: Family) -> None:
    """Writes who stands for the family, and what the others are to it; what does not fit it stands for itself."""
    if not family:
        return
    current = standing(family)
    _write(db, current.id, None, None)
    for member in family:
        if member.id != current.id:
            fits = not conflict(member, current)
            related = kinship(member, current) or Kinship.VERSION
            _write(db, member.id, current.id if fits else None, related if fits else None)


def _write(db: sqlite3.Connection, id: str, current_id: str | None, related: Kinship | None) -> None:
    before = db.execute("SELECT current_id, kinship FROM documents WHERE id = ?", (id,)).fetchone()
    if (before["current_id"], before["kinship"]) == (current_id, related):
        return
    db.execute("UPDATE documents SET current_id = ?, kinship = ? WHERE id = ?", (current_id, related, id))
    db.execute("INSERT INTO changes (document_id, added) VALUES (?, ?)", (id, current_id is None))


def _families(db: sqlite3.Connection, ids: Iterable[str]) -> list[Family]:
    """The families of documents, each once, in the order of `ids`."""
    heads: dict[str, None] = {}
    for id in ids:
        row = db.execute("SELECT coalesce(current_id, id) FROM documents WHERE id = ?", (id,)).fetchone()
        heads[str(row[0])] = None
    return [
        _members(db, [r[0] for r in db.execute("SELECT id FROM documents WHERE id = ? OR current_id = ?", (h, h))])
        for h in heads
    ]


def _candidates(db: sqlite3.Connection, member: Member, neighbours: Neighbours) -> list[Member]:
    """Documents that may be the same as this one."""
    keys = (number_key(member.metadata), identity_key(member.metadata))
    ids = dict.fromkeys(_alike(db, member))
    for column, key in zip(("document_number", "identity"), keys, strict=True):
        found = db.execute(
            f"SELECT document_id FROM signatures WHERE {column} = ? AND {_OF_OTHER_FILES} ORDER BY number DESC LIMIT ?",
            (key, member.id, _KEY_CANDIDATES),
        )
        ids.update(dict.fromkeys(r[0] for r in found))
    ids.update(dict.fromkeys(neighbours.alike(member)))
    ids.pop(member.id, None)
    return _members(db, ids)


def _alike(db: sqlite3.Connection, member: Member) -> list[str]:
    """Ids of documents whose text looks like a copy of the member's, the most alike first."""
    bands = bands_of(member.signature)
    rows = db.execute(
        "SELECT document_id, minhash FROM signatures JOIN"
        f" (SELECT signature, count(*) AS shared FROM bands WHERE hash IN ({','.join('?' * len(bands))})"
        f"  GROUP BY signature) ON number = signature WHERE {_OF_OTHER_FILES}"
        " ORDER BY shared DESC, signature LIMIT ?",
        (*bands, member.id, _BAND_CANDIDATES),
    )
    scored = [(likeness(member.signature, unpacked(r["minhash"])), str(r["document_id"])) for r in rows]
    near = sorted((s for s in scored if s[0] >= COPY_LIKENESS), key=lambda s: (-s[0], s[1]))
    return [id for _, id in near[:_MOST_COMPARED]]


def _members(db: sqlite3.Connection, ids: Iterable[str]) -> list[Member]:
    return [_member(db, id) for id in ids]


def _member(db: sqlite3.Connection, id: str) -> Member:
    row = db.execute(
        "SELECT id, coalesce(as_read, metadata) AS metadata, text, coverage, minhash, edition, number,"
        " (SELECT json_group_array(path) FROM file_documents WHERE document_id = id) AS paths,"
        " (SELECT json_group_array(path) FROM past_files WHERE document_id = id) AS past_paths"
        " FROM documents JOIN signatures ON document_id = id WHERE id = ?",
        (id,),
    ).fetchone()
    return Member(
        id=row["id"],
        metadata=metadata_from(row["metadata"]),
        text=row["text"],
        signature=unpacked(row["minhash"]),
        scanned=coverage_from(row["coverage"]).pages_ocr > 0,
        paths=frozenset(json.loads(row["paths"])),
        past_paths=frozenset(json.loads(row["past_paths"])),
        edition=row["edition"],
        order=row["number"],
    )
