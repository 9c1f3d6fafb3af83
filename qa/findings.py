"""What the documents hold on a question, before any of it is made an answer: for drafts, which need more than one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.answer import Answer
from qa.certainty import certainty
from qa.question import Question
from qa.reader import Rarity, Reading
from qa.validity import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A sentence and how surely (0..1) it speaks of what was asked."""

    reading: Reading
    certainty: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The verbatim answer, and the sentences that were judged for it, best first."""

    question: Question
    answer: Answer
    found: tuple[Finding, ...]
    standing: Standing


def findings(
    asked: Question, answer: Answer, readings: Sequence[Reading], rarity: Rarity, standing: Standing, *, limit: int
) -> Findings:
    """The first `limit` readings, each with its certainty."""
    found = tuple(Finding(reading=r, certainty=certainty(asked, r, rarity)) for r in readings[:limit])
    return Findings(question=asked, answer=answer, found=found, standing=standing)
