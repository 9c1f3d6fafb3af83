"""The places the documents of a base speak of, and which lies in which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from ingest.document import Document
from ingest.place import level_of
from kb.records import Record
from qa.question import place_stem

_SURE_COUNT = 2  # a name met this often in one document is taken for a place, whatever stands around it


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Known place names, the homes of the documents, and the places each place lies in."""

    names: frozenset[str]
    homes: tuple[str, ...]  # places that documents as a whole speak of, most documents first
    within: dict[str, frozenset[str]]

    def covers(self, document: Document | Record, place: str) -> bool:
        """Whether the document may speak of `place`: it names it, or it is of a place that `place` lies in."""
        stem = place_stem(place)
        metadata = document.metadata
        own = (metadata.title, metadata.issuer or "", metadata.place or "")
        if any(stem in p.name for p in document.places) or any(stem in o for o in own):
            return True
        if isinstance(document, Document) and stem in document.text:
            return True
        return self.governs(document, place)

    def governs(self, document: Document | Record, place: str) -> bool:
        """Whether the document is of a place that `place` lies in, so that its rules hold there."""
        return document.metadata.place is not None and document.metadata.place in self.within.get(place, frozenset())

    def holds(self, place: str, document: Document | Record) -> bool:
        """Whether the document is of a place that lies in `place`."""
        outer = self.within.get(document.metadata.place or "", frozenset())
        return place in outer or any(place_stem(o) == place_stem(place) for o in outer)

    def near(self, place: str, limit: int = 3) -> list[str]:
        """Known names that look like `place`."""
        return get_close_matches(place, self.names, n=limit, cutoff=0.6)


def build_gazetteer(records: Iterable[Record]) -> Gazetteer:
    """The gazetteer of a base's documents."""
    names: set[str] = set()
    homes: Counter[str] = Counter()
    within: dict[str, set[str]] = {}
    for record in records:
        if record.metadata.place:
            homes[record.metadata.place] += 1
            names.add(record.metadata.place)
        for place in record.places:
            if place.count >= _SURE_COUNT or place.within or place.level != "county":
                names.add(place.name)
            if place.within:
                within.setdefault(place.name, set()).add(place.within)
        _add_issuer_places(record, within)
    return Gazetteer(
        names=frozenset(names),
        homes=tuple(name for name, _ in homes.most_common()),
        within=_closed(within),
    )


def _add_issuer_places(record: Record, within: dict[str, set[str]]) -> None:
    """A town that a county's document names often lies in that county, unless the text says otherwise."""
    home = record.metadata.place
    if home and level_of(home) == "county":
        for place in record.places:
            if place.level == "town" and place.within is None:
                within.setdefault(place.name, set()).add(home)


def _closed(within: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    """The relation with everything that follows from it: a village of a town of a county lies in the county."""
    closed: dict[str, frozenset[str]] = {}
    for name in within:
        reached, todo = set(), [name]
        while todo:
            for outer in within.get(todo.pop(), ()):
                if outer not in reached and outer != name:
                    reached.add(outer)
                    todo.append(outer)
        closed[name] = frozenset(reached)
    return closed
