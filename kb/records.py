"""Documents as rows of the ledger and back: the JSON in its columns, nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from ingest.document import (
    Box,
    Coverage,
    Cut,
    Document,
    FieldSpan,
    Metadata,
    Page,
    PlacedText,
    PlaceName,
    Relation,
    RelationKind,
    Ruling,
    RulingState,
    Section,
)
from kb.versions import Kinship

_DATES = ("issued_on", "published_on", "effective_on", "expires_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A document as the catalog lists it, without its text."""

    id: str
    source: str
    metadata: Metadata
    places: tuple[PlaceName, ...]
    relations: tuple[Relation, ...]
    part: int
    coverage: Coverage
    chunks: int
    characters: int
    added_at: datetime
    current_id: str | None = None  # the document that stands for this one; None: it stands for itself
    kinship: Kinship | None = None  # what this one is to the one that stands for it
    versions: tuple[str, ...] = ()  # ids of the other versions that this one stands for, the newest first
    copies: tuple[str, ...] = ()  # ids of the copies that this one stands for
    groups: frozenset[str] = frozenset()  # whom it is kept to; none: it is for everyone


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
class Failure:
    """A file that could not be taken in, and has not been since."""

    path: str  # absolute
    source: str  # as given or found
    reason: str  # one line for the user
    failed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an index must do to catch up with one document."""

    document_id: str
    there: bool  # in the ledger now, and standing for itself
    is_new: bool  # only ever added since: nothing of it needs to be taken out of an index first


def dump(value: object) -> str:
    """JSON of a dataclass or a tuple of dataclasses; dates as ISO strings."""
    plain = [asdict(v) for v in value] if isinstance(value, tuple) else asdict(value)  # type: ignore[call-overload]
    return json.dumps(plain, ensure_ascii=False, default=date.isoformat)


def metadata_from(text: str) -> Metadata:
    """The inverse of `dump` for Metadata."""
    values: dict[str, Any] = json.loads(text)
    for name in _DATES:
        if values.get(name):
            values[name] = date.fromisoformat(values[name])
    for name in ("issuers", "topics", "corrected"):
        values[name] = tuple(values.get(name, ()))
    values["period"] = tuple(values["period"]) if values.get("period") else None
    values["spans"] = tuple(FieldSpan(**s) for s in values.get("spans", ()))
    values["ruling"] = _ruling_from(values["ruling"]) if values.get("ruling") else None
    return Metadata(**values)


def _ruling_from(values: dict[str, Any]) -> Ruling:
    day = values["from_day"]
    return Ruling(
        **{**values, "state": RulingState(values["state"]), "from_day": date.fromisoformat(day) if day else None}
    )


def places_from(text: str) -> tuple[PlaceName, ...]:
    """The inverse of `dump` for a document's places."""
    return tuple(PlaceName(**p) for p in json.loads(text))


def pages_from(text: str) -> tuple[Page, ...]:
    """The inverse of `dump` for a document's pages."""
    return tuple(Page(**p) for p in json.loads(text))


def coverage_from(text: str) -> Coverage:
    """The inverse of `dump` for Coverage."""
    values: dict[str, Any] = json.loads(text)
    return Coverage(**{**values, "warnings": tuple(values.get("warnings", ()))})


def relations_from(text: str) -> tuple[Relation, ...]:
    """The inverse of `dump` for a document's relations."""
    return tuple(Relation(**{**r, "kind": RelationKind(r["kind"])}) for r in json.loads(text))


def boxes_from(text: str) -> tuple[PlacedText, ...]:
    """The inverse of `dump` for a document's boxes."""
    return tuple(PlacedText(**{**p, "box": Box(**p["box"])}) for p in json.loads(text))


def document_from(row: dict[str, Any]) -> Document:
    """A Document from a row of the ledger's `documents` table."""
    return Document(
        id=row["id"],
        source=row["source"],
        text=row["text"],
        metadata=metadata_from(row["metadata"]),
        pages=pages_from(row["pages"]),
        sections=tuple(Section(**{**s, "path": tuple(s["path"])}) for s in json.loads(row["sections"])),
        cuts=tuple(Cut(**c) for c in json.loads(row["cuts"])),
        places=places_from(row["places"]),
        relations=relations_from(row["relations"]),
        boxes=boxes_from(row["boxes"]),
        part=row["part"],
        coverage=coverage_from(row["coverage"]),
    )
