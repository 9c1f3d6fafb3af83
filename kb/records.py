"""Documents as rows of the ledger and back: the JSON in its columns, nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from ingest.document import Coverage, Cut, Document, Metadata, Page, PlaceName, Section

_DATES = ("issued_on", "published_on", "effective_on", "expires_on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A document as the catalog lists it, without its text."""

    id: str
    source: str
    metadata: Metadata
    places: tuple[PlaceName, ...]
    repeals: tuple[str, ...]
    coverage: Coverage
    chunks: int
    characters: int
    added_at: datetime


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
    return Metadata(**values)


def places_from(text: str) -> tuple[PlaceName, ...]:
    """The inverse of `dump` for a document's places."""
    return tuple(PlaceName(**p) for p in json.loads(text))


def coverage_from(text: str) -> Coverage:
    """The inverse of `dump` for Coverage."""
    return Coverage(**json.loads(text))


def document_from(row: dict[str, Any]) -> Document:
    """A Document from a row of the ledger's `documents` table."""
    return Document(
        id=row["id"],
        source=row["source"],
        text=row["text"],
        metadata=metadata_from(row["metadata"]),
        pages=tuple(Page(**p) for p in json.loads(row["pages"])),
        sections=tuple(Section(**{**s, "path": tuple(s["path"])}) for s in json.loads(row["sections"])),
        cuts=tuple(Cut(**c) for c in json.loads(row["cuts"])),
        places=places_from(row["places"]),
        repeals=tuple(json.loads(row["repeals"])),
        coverage=coverage_from(row["coverage"]),
    )
