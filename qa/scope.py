"""Whether a sentence speaks of the place and the year that were asked about."""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.document import Document
from ingest.place import Place, find_places, level_of
from qa.evidence import Evidence
from qa.question import Question, place_stem

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=\s*年|[-/.]\d|\d{0}年|〕|\])")
_LEVELS = ("province", "city", "county", "town", "village")
_REACH_CHARS = 3000  # a place named this far back may still be the one spoken of


def fit(evidence: Evidence, question: Question) -> float:
    """How surely the sentence lies in the question's scope: 1 it says so, 0 it speaks of another place or year."""
    return place_fit(evidence, question.places) * year_fit(evidence, question.years)


def place_fit(evidence: Evidence, places: tuple[str, ...]) -> float:
    """0..1 for all the places asked about; the narrowest counts in full, the wider ones only if contradicted."""
    if not places:
        return 1.0
    narrow = max(places, key=_depth)
    result = _one_place(evidence, narrow)
    for place in places:
        if place != narrow:
            result *= max(_one_place(evidence, place), 0.7)
    return result


def year_fit(evidence: Evidence, years: tuple[int, ...]) -> float:
    """0..1: whether the sentence speaks of one of the years asked about; 1 when none was."""
    return max((_one_year(evidence, y) for y in years), default=1.0)


def names_place(document: Document, place: str) -> bool:
    """Whether the document names the place at all."""
    stem = place_stem(place)
    return stem in document.text or stem in document.metadata.title or stem in (document.metadata.issuer or "")


def home_of(document: Document) -> str | None:
    """The place the document as a whole speaks of: stated, or the town or county that clearly prevails in it."""
    return document.metadata.place or _prevailing(document)


def _one_place(evidence: Evidence, place: str) -> float:
    stem = place_stem(place)
    document = evidence.document
    if stem in evidence.text or stem in evidence.headings or stem in evidence.lead:
        return 1.0
    others = _narrower_places(evidence, place)
    if stem in evidence.head or (home := home_of(document)) and (stem in home or home in place):
        return 0.75 if others else 1.0
    if stem in evidence.before:
        return 0.95
    if stem not in document.text:
        return 0.0
    return 0.9 if _last_named(document, evidence.start, level_of(place)) == place else 0.35


def _narrower_places(evidence: Evidence, place: str) -> bool:
    """Whether the sentence names places within the one asked about ("北山村" for a question about its town)."""
    depth = _depth(place)
    return any(_LEVELS.index(p.level) > depth for p in find_places(evidence.text))


def _depth(place: str) -> int:
    level = level_of(place)
    return _LEVELS.index(level) if level else 0


def _prevailing(document: Document) -> str | None:
    """The town (else county) that is named alone or at least twice as often as any other of its level."""
    for level in ("town", "county"):
        named = [p for p in document.places if p.level == level][:2]
        if named and named[0].count >= 2 and (len(named) == 1 or named[0].count >= 2 * named[1].count):
            return named[0].name
    return None


@lru_cache(maxsize=512)
def _places_in(text: str) -> tuple[Place, ...]:
    return find_places(text)


def _last_named(document: Document, position: int, level: str | None) -> str | None:
    """The last place of this level named before `position`, within reach."""
    last = None
    for place in _places_in(document.text):
        if place.start >= position:
            break
        if place.level == level and position - place.start < _REACH_CHARS:
            last = place.name
    return last


def _one_year(evidence: Evidence, year: int) -> float:
    document, metadata = evidence.document, evidence.document.metadata
    said = {int(y) for y in _YEAR.findall(evidence.text)}
    if year in said:
        return 1.0
    if said:
        return 0.25
    if str(year) in evidence.headings or str(year) in evidence.lead or str(year) in evidence.before:
        return 1.0
    if metadata.year == year or str(year) in metadata.title:
        return 1.0
    if metadata.issued_on and metadata.issued_on.year == year:
        return 0.9
    if metadata.year is None and metadata.issued_on is None:
        return 0.8 if f"{year}年" in document.text else 0.3
    return 0.2
