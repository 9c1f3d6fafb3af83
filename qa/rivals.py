"""Sentences of other documents that answer the same question otherwise: they are shown beside the best one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.question import Question
from qa.reader import Reading
from qa.scope import home_of
from qa.want import FIGURES

_MOST = 6
_SETS = frozenset(("rule",))  # kinds of documents that set what holds; others tell of it
_SETS_RATES = _SETS | {"notice", "plan"}
_TIMELESS = frozenset(("rule", "notice", "plan", "interpretation"))  # what they say holds until another says otherwise
_NOW = re.compile(r"现在|目前|当前|如今|现有|截至|最新|最近")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=\s*年)")
_SHARES = (0.7, 0.75)  # of the best score and coverage: another document's figure this close answers the same
_SHARES_IN_WORDS = (0.8, 0.9)  # ... and another document's measures or conditions


def rivals(question: Question, sure: Sequence[Reading]) -> list[Reading]:
    """The best sentence of each place, where no place is named and documents of several places answer alike.

    Documents of no place known count as one, but for figures that differ. Where all speak of one place, and no year is
    named, the best of each year, newest first; of "目前" the newest alone. Empty when there is only one answer.
    """
    if by_year := _by_year(question, sure):
        return by_year
    if question.places:
        return []
    chosen: dict[str, Reading] = {}
    for reading in _alike(question, sure):
        if not any(_says_the_same(question, reading, other) for other in chosen.values()):
            chosen.setdefault(_side(question, reading), reading)
    return list(chosen.values())[:_MOST] if len(chosen) > 1 else []


def _by_year(question: Question, sure: Sequence[Reading]) -> list[Reading]:
    """The best sentence of each year's report on one place, where the question leaves the year open."""
    best = sure[0].evidence.document
    if question.years or question.wants[0].kind not in FIGURES or best.metadata.kind in _TIMELESS:
        return []
    home, of_year = home_of(best), dict[int, Reading]()
    for reading in _alike(question, sure):
        document, year = reading.evidence.document, year_of(reading)
        if (
            document.metadata.kind not in _TIMELESS
            and home_of(document) == home
            and year
            and reading.scope >= sure[0].scope
        ):
            of_year.setdefault(year, reading)
    told = {y: _figures(question, r) for y, r in of_year.items()}
    if home is None or year_of(sure[0]) not in of_year or len(set(map(frozenset, told.values()))) < 2:
        return []
    return [of_year[year] for year in sorted(of_year, reverse=True)][: 1 if _NOW.search(question.text) else _MOST]


def year_of(reading: Reading) -> int | None:
    """The year that the sentence speaks of: its own, else its document's."""
    said = {int(y) for y in _YEAR.findall(reading.evidence.text)}
    metadata = reading.evidence.document.metadata
    return said.pop() if len(said) == 1 else metadata.year


def _alike(question: Question, sure: Sequence[Reading]) -> list[Reading]:
    """The best sentence of each document whose answer is about as good as the best."""
    best = sure[0]
    score, coverage = _SHARES if question.wants[0].kind in FIGURES else _SHARES_IN_WORDS
    asks_rate = any(w.rate is not None for w in question.wants)
    sets = _SETS_RATES if asks_rate else _SETS
    is_set = best.evidence.document.metadata.kind in sets
    of_document: dict[str, Reading] = {}
    for reading in sure:
        told_by_report = is_set and reading.evidence.document.metadata.kind not in sets
        as_good = reading.score_by_rule >= score * best.score_by_rule and reading.coverage >= coverage * best.coverage
        if as_good and not told_by_report:
            of_document.setdefault(reading.evidence.document.id, reading)
    return list(of_document.values())


def _side(question: Question, reading: Reading) -> str:
    """Whom the sentence speaks for: its place; without one, for figures its document."""
    home = home_of(reading.evidence.document)
    return home or (reading.evidence.document.id if question.wants[0].kind in FIGURES else "")


def _says_the_same(question: Question, reading: Reading, other: Reading) -> bool:
    """Whether it says it in the same words, or, of no place known, gives the same figure."""
    ours, theirs = (re.sub(r"\W", "", r.evidence.text) for r in (reading, other))
    if ours in theirs or theirs in ours:
        return True
    if home_of(reading.evidence.document) and home_of(other.evidence.document):
        return False
    return bool(_figures(question, reading) & _figures(question, other))


def _figures(question: Question, reading: Reading) -> set[str]:
    """The figures of the kind asked for that the sentence gives, and the question does not."""
    patterns = [w.pattern for w in question.wants if w.kind in FIGURES and w.pattern is not None]
    found = {re.sub(r"\s", "", m.group()) for p in patterns for m in p.finditer(reading.evidence.text)}
    return {f for f in found if f not in question.text}
