"""Reading without a language model: which sentence answers, and how surely."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ingest.sentences import CELL_MARK, clause_spans
from ingest.title import plain_title
from qa.evidence import Evidence
from qa.forms import form_share
from qa.question import Question, place_stem
from qa.scope import fit
from qa.spoken import found_around, spoken_of
from qa.want import FIGURES, Kind

Rarity = Callable[[str], float]  # how telling a word is: 0 and up

_NO_FIGURE = 0.45  # what is left of a score when the kind of figure asked for is not in the sentence
_CLOSENESS_SHARE = 0.35  # of a score that hangs on the subject standing close to the figure
# Of the passage's retrieval score in a sentence's: where a figure is asked for, and else.
_RELEVANCE_SHARES = (0.25, 0.4)
_NOT_A_NOUN = 0.75  # verbs and the like say less of the subject
_RARE = 3.0  # rarer than this, a verb is only worded otherwise in the documents
_LEAST_WEIGHT = 0.3  # of the commonest subject word
_BEHIND_CHARS = 3  # between a noun and the figure right behind it
_BEHIND_SHARE = 0.25
_TITLE_CHARS = 6  # a shorter title may be any words
_FIGURE = re.compile(
    r"(?<![\d(（第])(?!(?:19|20)\d{2}(?!\d))\d+(?![.、)）\d])(?=.*。)|百分之"
)  # no year and no number of a heading
_BELOW = re.compile(r"不足|不到|低于|未满|未达")
_COMMA = re.compile(r"[,，;；:：。]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What the trained reader says of a sentence, see qa.second_reading.

    `answers`: 0..1, that the answer stands in the words around it; `share`: 0..1, how much of that stands in this
    sentence and not in another; `start`, `end`: the part of the sentence, in the document's text, that it takes for it.
    """

    answers: float
    share: float
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A sentence judged against the question. All numbers lie in 0..1.

    `coverage`: share of the question's subject words, by how telling they are, that the sentence and its
    surroundings speak of; `scope`: see qa.scope; `score`: all of it together, comparable across questions.
    """

    evidence: Evidence
    coverage: float
    scope: float
    has_figure: bool
    score: float
    sighting: Sighting | None = None  # where the trained reader was asked
    score_by_rule: float  # the score without what the trained reader says


def read(question: Question, evidence: Sequence[Evidence], rarity: Rarity) -> list[Reading]:
    """Every sentence judged, best first."""
    weights = word_weights(question, rarity)
    readings = [_judge(question, e, weights) for e in evidence if not _is_heading(e)]
    return sorted(readings, key=lambda r: (-r.score, r.evidence.document.id, r.evidence.start))


def word_weights(question: Question, rarity: Rarity) -> dict[str, float]:
    """How much each subject word counts."""
    weights = {}
    for word in question.words:
        weight = max(rarity(word), _LEAST_WEIGHT)
        weights[word] = weight if word in question.nouns else _NOT_A_NOUN * min(weight, _RARE)
    return weights


def asked_of(question: Question, evidence: Evidence, words: Iterable[str]) -> list[str]:
    """Those of the question's words that tell one sentence of the document from another.

    Where the question says the document's title, with or without 《》, the title's words only choose the document.
    """
    words = list(words)
    title = re.sub(r"[（(][^（）()]{1,12}[)）]$", "", plain_title(evidence.document.metadata.title))  # "（试行）"
    if len(title) < _TITLE_CHARS or title not in re.sub(r"[\s《》〈〉“”]", "", question.text):
        return words
    return [w for w in words if w not in title] or words


def _judge(question: Question, evidence: Evidence, weights: dict[str, float]) -> Reading:
    text = evidence.text
    weights = {w: weights[w] for w in asked_of(question, evidence, weights)}
    found = {w: found_around(w, evidence) for w in weights}
    total = sum(weights.values())
    coverage = sum(weights[w] * found[w] for w in weights) / total if total else 1.0
    has_figure, near = _figure(question, text, {w: weights[w] for w in weights if found[w] > 0})
    scope = fit(evidence, question)
    closeness = 1 - _CLOSENESS_SHARE * (1 - near)
    score = coverage * closeness * scope * (1.0 if has_figure else _NO_FIGURE)
    score *= form_share(question, evidence, has_figure=has_figure)
    share = _RELEVANCE_SHARES[question.wants[0].kind not in FIGURES]
    score = (1 - share) * score + share * evidence.relevance * min(scope, 1.0)
    return Reading(
        evidence=evidence, coverage=coverage, scope=scope, has_figure=has_figure, score=score, score_by_rule=score
    )


def _figure(question: Question, text: str, weights: dict[str, float]) -> tuple[bool, float]:
    """Whether the kinds of figure asked for stand in the sentence, and how much of the subject stands close to one.

    All kinds asked for must be there for the full share; right behind a noun of the question is closest.
    """
    wanted = [(w, w.pattern) for w in question.wants if w.pattern is not None]
    if not wanted:
        return True, 1.0
    found = [
        [m for m in p.finditer(text) if w.kind is Kind.ORGANISATION or _is_told(m, question, text)] for w, p in wanted
    ]
    there, spots = [bool(f) for f in found], [m for f in found for m in f]
    if not spots or sum(there) * 2 < len(wanted):
        return False, 0.0
    total = sum(weights.values())
    if not total:
        return True, 0.0
    near = max(_share_near(text, m.start(), m.end(), weights) for m in spots) / total
    behind = any(
        n in text[max(0, m.start() - len(n) - _BEHIND_CHARS) : m.start()] for m in spots for n in question.nouns
    )
    return True, sum(there) / len(there) * (near if behind else (1 - _BEHIND_SHARE) * near)


def _is_told(figure: re.Match[str], question: Question, text: str) -> bool:
    """Whether a figure is told, and is neither in the question nor one that something stays below ("不足10万元的村")."""
    below = _BELOW.search(text, max(0, figure.start() - 4), figure.start())
    return figure.group() not in question.text and (below is None or _BELOW.search(question.text) is not None)


def _share_near(text: str, start: int, end: int, weights: dict[str, float]) -> float:
    """Weight of the words in the clause of text[start:end] or the one before it."""
    marks = [m.end() for m in _COMMA.finditer(text, 0, start)]
    from_ = marks[-2] if len(marks) >= 2 else 0
    after = _COMMA.search(text, end)
    window = text[from_ : after.start() if after else len(text)]
    return sum(weight * spoken_of(word, window) for word, weight in weights.items())


def _is_heading(evidence: Evidence) -> bool:
    """Whether the sentence is only a heading: it names a subject and says nothing of it."""
    text = evidence.text
    if CELL_MARK in text or re.search(r"[:：]\s*\S", text) or (text.endswith("。") and _FIGURE.search(text)):
        return False
    if text in evidence.document.metadata.title:
        return True
    path = evidence.document.path_at(evidence.start)
    return bool(path) and text.rstrip("。：: ") == path[-1].rstrip("。：: ") and len(text) <= 40


def best_clauses(question: Question, reading: Reading, rarity: Rarity, max_chars: int) -> tuple[int, int]:
    """The span to show as the answer: the sentence, or of one longer than `max_chars` the run of clauses that answers."""
    evidence = reading.evidence
    text = evidence.document.text
    if evidence.end - evidence.start <= max_chars:
        return evidence.start, evidence.end
    clauses = clause_spans(text, evidence.start, evidence.end)
    weights = word_weights(question, rarity)
    best = max(range(len(clauses)), key=lambda i: _clause_score(question, text[slice(*clauses[i])], weights))
    start, end = clauses[best]
    while best + 1 < len(clauses) and clauses[best + 1][1] - start <= max_chars // 2:
        best += 1
        end = clauses[best][1]
    return start, end


def _clause_score(question: Question, clause: str, weights: dict[str, float]) -> float:
    has_figure, near = _figure(question, clause, weights)
    covered = sum(weight * spoken_of(w, clause) for w, weight in weights.items()) / (sum(weights.values()) or 1.0)
    covered += any(place_stem(p) in clause for p in question.places)
    wanted = any(w.kind in (Kind.LIST, Kind.METHOD, Kind.ANY, Kind.YES_NO) for w in question.wants)
    return covered + (0.5 * near if has_figure and not wanted else 0.0)
