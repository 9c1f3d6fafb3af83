"""How sure it is that a reading answers the question, and does not only stand near it."""

from __future__ import annotations

from qa.question import Question
from qa.reader import Rarity, Reading, found_around, spoken_of, word_weights
from qa.want import FIGURES

_SHARES = {"score": 0.4, "coverage": 0.3, "document": 0.3}
_SUBJECT_MISSING = 0.05  # taken off when the most telling noun is not spoken of
_IN_SCOPE = 0.3  # below it the sentence speaks of another place or year
_IN_SCOPE_FOR_FIGURES = 0.5
_NO_FIGURE = 0.6  # what is left when a figure is asked for and none stands there
_TELLING = 0.8  # a noun this close in weight to the most telling one is as telling
_MONEY_NOUNS = frozenset(("补助", "补贴", "资金", "费用", "经费", "标准"))  # said by the kind of figure already
_SUBJECT_NAMED = 0.6  # of the telling nouns: a single one must stand around the sentence
_SPOKEN_OF = 0.45  # from here on a word counts as spoken of


def certainty(question: Question, reading: Reading, rarity: Rarity) -> float:
    """0..1. For a figure the thing itself must be named: the standard for another animal or item is not an answer.

    The shares were chosen by hand on development questions; `Settings.confidence` moves along the curve of
    false refusals against wrong answers.
    """
    is_figure = question.wants[0].kind in FIGURES
    if reading.scope < (_IN_SCOPE_FOR_FIGURES if is_figure else _IN_SCOPE):
        return 0.0
    weights = word_weights(question, rarity)
    document = reading.evidence.document
    text = f"{document.metadata.title} {document.metadata.issuer or ''} {document.text}"
    total = sum(weights.values())
    in_document = sum(w * spoken_of(word, text) for word, w in weights.items()) / total if total else 1.0
    sure = _SHARES["score"] * reading.score + _SHARES["coverage"] * reading.coverage + _SHARES["document"] * in_document
    if is_figure and not reading.has_figure:
        return sure * _NO_FIGURE
    if _subject(question, reading, weights) >= _SUBJECT_NAMED:
        return sure
    return 0.0 if is_figure else sure - _SUBJECT_MISSING


def _subject(question: Question, reading: Reading, weights: dict[str, float]) -> float:
    """How surely the most telling nouns are spoken of: 1 around the sentence, half elsewhere in the document."""
    nouns = [n for n in question.nouns if n not in _MONEY_NOUNS]
    most = max((weights[n] for n in nouns), default=0.0)
    telling = [n for n in nouns if weights[n] >= _TELLING * most]
    if not telling:
        return 1.0
    return sum(_presence(noun, reading) for noun in telling) / len(telling)


def _presence(noun: str, reading: Reading) -> float:
    if found_around(noun, reading.evidence) >= _SPOKEN_OF:
        return 1.0
    return 0.5 if spoken_of(noun, reading.evidence.document.text) >= _SPOKEN_OF else 0.0
