"""What people say of documents against what was read from their files: it stands until it is taken back.

documents.metadata   what counts: what was read, with what people say in its place
documents.as_read    what was read from the file; NULL where nobody says otherwise
corrections          a row for each field that a person set, with who and when

All copies of a text are given the same word. It goes to the next version of the file too, and stays behind when a
document is removed: the same text taken in again has it again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.document import Metadata
from kb.access import TOLD_ANEW
from kb.identity import number_key, title_core
from kb.records import dump, metadata_from
from kb.signature import Signature, likeness, unpacked
from kb.versions import REPLACED_LIKENESS

# what can be corrected -> the attributes of Metadata that it sets together
FIELDS: Mapping[str, tuple[str, ...]] = {
    "title": ("title",),
    "document_number": ("document_number",),
    "issuer": ("issuer", "issuers"),
    "issued_on": ("issued_on",),
    "published_on": ("published_on",),
    "effective_on": ("effective_on",),
    "expires_on": ("expires_on",),
    "validity": ("ruling",),
    "place": ("place",),
    "year": ("year", "period"),
    "kind": ("kind",),
    "topics": ("topics",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A field that a person set, who and when."""

    field: str  # of FIELDS
    made_by: str | None  # None: not known
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """What people say of a document."""

    read: Metadata  # what was read from its file
    made: tuple[Correction, ...]  # in the order of FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one person says at one time: `fields` are as in `said`, those of `as_read` as in the file again."""

    said: Metadata
    fields: frozenset[str]
    as_read: frozenset[str] = frozenset()
    by: str | None = None


def corrections_in(db: sqlite3.Connection, document_id: str) -> Corrections | None:
    """What people say of a document; None when there is no such document."""
    row = db.execute(
        "SELECT coalesce(as_read, metadata) AS read FROM documents WHERE id = ?", (document_id,)
    ).fetchone()
    if row is None:
        return None
    made = [
        Correction(field=r["field"], made_by=r["made_by"], made_at=datetime.fromisoformat(r["made_at"]))
        for r in _rows(db, document_id)
    ]
    return Corrections(read=metadata_from(row["read"]), made=tuple(made))


def correct(db: sqlite3.Connection, document_id: str, word: Word, now: str) -> list[str]:
    """Takes a person's word on a document and its copies; the ids of those whose title is another one now.

    A field that is said to be what was read is as read.
    """
    said = json.loads(dump(word.said))
    return [id for id in (document_id, *_copies(db, document_id)) if _take(db, id, said, word, now)]


def hand_down(db: sqlite3.Connection, left: Sequence[str], came: Collection[str]) -> list[str]:
    """Lets what is said of documents that left a file hold for those that came in their place, and for new copies.

    `came` are documents that are new, or that were kept as an earlier version. What is another document altogether is
    left as it is read. The ids of those whose title is another one now.
    """
    spoken = {str(r[0]) for r in db.execute("SELECT DISTINCT document_id FROM corrections")} if came else set()
    if not spoken:
        return []
    predecessors = {}
    if not spoken.isdisjoint((*left, *came)):
        predecessors = _predecessors([_known(db, id) for id in came], [_known(db, id) for id in left])
    retitled = []
    for id in came:
        heir_of = predecessors.get(id) or (None if _rows(db, id) else _spoken_of(db, id))
        if heir_of is not None:
            db.execute("DELETE FROM corrections WHERE document_id = ?", (id,))
            db.execute(
                "INSERT INTO corrections SELECT ?, field, value, made_by, made_at FROM corrections WHERE document_id = ?",
                (id, heir_of),
            )
        if _renew(db, id):
            retitled.append(id)
    return retitled


# --- inside ---


@dataclass(frozen=True, slots=True)
class _Known:
    """What tells whether a document takes the place of another: as read from the file."""

    id: str
    part: int
    title: str  # its core
    number: str | None  # the 文号 in one spelling
    signature: Signature


def _take(db: sqlite3.Connection, id: str, said: dict[str, object], word: Word, now: str) -> bool:
    """Notes the word on one document; whether its title is another one now."""
    row = db.execute("SELECT coalesce(as_read, metadata) AS read FROM documents WHERE id = ?", (id,)).fetchone()
    read = json.loads(dump(metadata_from(row["read"])))
    for field in word.fields | word.as_read:
        value = {name: said[name] for name in FIELDS[field]}
        if field in word.as_read or all(read[name] == v for name, v in value.items()):
            db.execute("DELETE FROM corrections WHERE document_id = ? AND field = ?", (id, field))
            continue
        db.execute(
            "INSERT INTO corrections VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value,"
            " made_by = excluded.made_by, made_at = excluded.made_at WHERE value <> excluded.value",
            (id, field, json.dumps(value, ensure_ascii=False), word.by, now),
        )
    return _renew(db, id)


def _renew(db: sqlite3.Connection, id: str) -> bool:
    """Works out what counts from what was read and what is said; whether the title is another one now."""
    row = db.execute("SELECT metadata, as_read FROM documents WHERE id = ?", (id,)).fetchone()
    before, read, rows = row["metadata"], row["as_read"] or row["metadata"], _rows(db, id)
    values = json.loads(read)
    for said in rows:
        values |= json.loads(said["value"])
    spoken = {name for said in rows for name in FIELDS[said["field"]]}
    values["corrected"] = [said["field"] for said in rows]
    values["spans"] = [s for s in values.get("spans", ()) if s["field"] not in spoken]
    after = json.dumps(values, ensure_ascii=False) if rows else read
    if after == before:
        return False
    db.execute("UPDATE documents SET metadata = ?, as_read = ? WHERE id = ?", (after, read if rows else None, id))
    is_retitled = bool(json.loads(before)["title"] != values["title"])
    db.execute("INSERT INTO changes (document_id, added) VALUES (?, ?)", (id, 0 if is_retitled else TOLD_ANEW))
    return is_retitled


def _rows(db: sqlite3.Connection, id: str) -> list[sqlite3.Row]:
    """What is said of a document, in the order of FIELDS."""
    order = list(FIELDS)
    rows = db.execute("SELECT field, value, made_by, made_at FROM corrections WHERE document_id = ?", (id,))
    return sorted(rows, key=lambda row: order.index(row["field"]))


def _copies(db: sqlite3.Connection, id: str) -> list[str]:
    """Ids of the other copies of a document's text."""
    rows = db.execute(
        "SELECT theirs.document_id FROM signatures AS ours JOIN signatures AS theirs USING (edition)"
        " JOIN documents AS ourselves ON ourselves.id = ours.document_id"
        " JOIN documents AS other ON other.id = theirs.document_id"
        " WHERE ours.document_id = ?1 AND other.id <> ?1"
        " AND coalesce(other.current_id, other.id) = coalesce(ourselves.current_id, ourselves.id) ORDER BY other.id",
        (id,),
    )
    return [str(r[0]) for r in rows]


def _spoken_of(db: sqlite3.Connection, id: str) -> str | None:
    """The copy of the document that people say something of; of several, the one spoken of last."""
    copies = _copies(db, id)
    row = db.execute(
        f"SELECT document_id FROM corrections WHERE document_id IN ({','.join('?' * len(copies))})"
        " ORDER BY made_at DESC, document_id LIMIT 1",
        copies,
    ).fetchone()
    return str(row[0]) if row else None


def _known(db: sqlite3.Connection, id: str) -> _Known:
    row = db.execute(
        "SELECT part, coalesce(as_read, metadata) AS read, minhash FROM documents"
        " JOIN signatures ON document_id = id WHERE id = ?",
        (id,),
    ).fetchone()
    read = metadata_from(row["read"])
    return _Known(id, row["part"], title_core(read.title), number_key(read), unpacked(row["minhash"]))


def _predecessors(came: Sequence[_Known], before: Sequence[_Known]) -> dict[str, str]:
    """New document -> the one that left in whose place it is: of its title, or much of its text; the most alike first."""
    pairs = []
    for new in came:
        same = [old.id for old in before if _is_of_same_title(old, new)]
        for old in before:
            alike = likeness(old.signature, new.signature)
            if alike >= REPLACED_LIKENESS or same == [old.id]:
                pairs.append((alike, old.part == new.part, old.id, new.id))
    found: dict[str, str] = {}
    for _, _, old_id, new_id in sorted(pairs, reverse=True):
        if new_id not in found and old_id not in found.values():
            found[new_id] = old_id
    return found


def _is_of_same_title(old: _Known, new: _Known) -> bool:
    return old.title == new.title and len({old.number, new.number} - {None}) < 2
