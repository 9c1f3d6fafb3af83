"""What passages may be found: a filter over what documents say of themselves, worked out to the documents it allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.document import Metadata
from kb.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Passages must pass every field that is given; within a field any one of the values will do.

    What only all documents together can tell (which lie in a place, which were in force on a day) is worked out above
    and comes as `documents`.
    """

    documents: frozenset[str] | None = None  # ids
    years: frozenset[int] = frozenset()  # the document's year, or one of its period
    kinds: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    issuers: frozenset[str] = frozenset()
    groups: frozenset[str] | None = None  # those the reader belongs to: what is kept to others only is not found

    def allows(self, record: Record) -> bool:
        """Whether the document's passages may be found."""
        metadata = record.metadata
        return (
            (self.documents is None or record.id in self.documents)
            and (not self.years or any(y in self.years for y in years_of(metadata)))
            and (not self.kinds or metadata.kind in self.kinds)
            and (not self.topics or not self.topics.isdisjoint(metadata.topics))
            and (self.groups is None or not record.groups or not record.groups.isdisjoint(self.groups))
            and (not self.issuers or not self.issuers.isdisjoint(issuers_of(metadata)))
        )


EVERYTHING = Filter()


def allowed(filter: Filter, records: Iterable[Record]) -> frozenset[str]:
    """The ids of the documents that pass."""
    return frozenset(r.id for r in records if filter.allows(r))


def years_of(metadata: Metadata) -> tuple[int, ...]:
    """The years a document speaks of, first to last."""
    first, last = metadata.period or (1, 0)
    own = () if metadata.year is None or first <= metadata.year <= last else (metadata.year,)
    return tuple(sorted((*own, *range(first, last + 1))))


def issuers_of(metadata: Metadata) -> tuple[str, ...]:
    """The offices that issued a document, one by one."""
    return metadata.issuers or ((metadata.issuer,) if metadata.issuer else ())
