"""What all documents together say of places and of each other, worked out anew after each change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb.filters import years_of
from kb.knowledge_base import KnowledgeBase
from kb.records import Record
from qa.facets import Facets
from qa.gazetteer import Gazetteer, build_gazetteer
from qa.narrowing import Narrower
from qa.spelling import Spelling
from qa.validity import Register


@dataclass(frozen=True, slots=True)
class Known:
    """What is worked out from all documents, as of a change number of the ledger."""

    sequence: int
    records: tuple[Record, ...]
    gazetteer: Gazetteer
    register: Register
    narrower: Narrower
    facets: Facets
    spelling: Spelling
    years: frozenset[int]  # that documents are of, or were issued in


class Knowing:
    """Keeps what is known of a base until it changes. Safe to call from several threads."""

    def __init__(self, base: KnowledgeBase) -> None:
        self._base = base
        self._known: Known | None = None

    def now(self) -> Known:
        """As of the base's last change."""
        sequence, known = self._base.sequence, self._known
        if known is None or known.sequence != sequence:
            records = self._base.documents()
            gazetteer, register = build_gazetteer(records), Register(records)
            narrower = Narrower(records, gazetteer, register)
            known = self._known = Known(
                sequence=sequence,
                records=records,
                gazetteer=gazetteer,
                register=register,
                narrower=narrower,
                facets=Facets(records),
                spelling=self._spelling(records, gazetteer),
                years=frozenset(y for r in records for y in _years(r)),
            )
        return known

    def _spelling(self, records: Sequence[Record], gazetteer: Gazetteer) -> Spelling:
        """Reads by the words of the base as they are when it is first needed."""
        return Spelling(
            lambda: self._base.words.vocabulary(), [r.metadata.title for r in records], gazetteer.names, self._base.says
        )


def _years(record: Record) -> tuple[int, ...]:
    """The years a document speaks of, and the one it was issued in."""
    issued = record.metadata.issued_on
    return (*years_of(record.metadata), *([issued.year] if issued else []))
