"""What all documents together say of places and of each other, worked out anew after each change."""

from __future__ import annotations

from dataclasses import dataclass

from kb.knowledge_base import KnowledgeBase
from kb.records import Record
from qa.facets import Facets
from qa.gazetteer import Gazetteer, build_gazetteer
from qa.narrowing import Narrower
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
            known = self._known = Known(sequence, records, gazetteer, register, narrower, Facets(records))
        return known
