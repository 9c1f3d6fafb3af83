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
_SHARES = (0.7, 0.75)  # of the best score and coverage: another document's figure this close answers the same
_SHARES_IN_WORDS = (0.8, 0.9)  # ... and another document's measures or conditions


def rivals(question: Question, sure: Sequence[Reading]) -> list[Reading]:
    """The best sentence of each place, where no place is named and documents of several places answer alike.

    Documents of no place known count as one, but for figures that differ. Empty when there is only one answer.
    """
    if question.places:
        return []
    chosen: dict[str, Reading] = {}
    for reading in _alike(question, sure):
        if not any(_says_the_same(question, reading, other) for other in chosen.values()):
            chosen.setdefault(_side(question, reading), reading)
    return list(chosen.values())[:_MOST] if len(chosen) > 1 else []


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
