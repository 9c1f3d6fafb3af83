"""A second reading of the best sentences, by the trained reader: what it takes for the answer moves up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.sentences import CELL_MARK
from qa.evidence import Evidence
from qa.question import Question
from qa.reader import Reading, Sighting
from qa.span_reader import Judged, Window
from qa.want import FIGURES, Kind
from qa.window import heading_of, window_around

_WINDOWS = 4  # that the trained reader is shown
_SHARES = (0.1, 0.4)  # of its judgement in a sentence's score: where a figure is asked for, and else
_DECISION_SHARE = 0.1  # ... and where a decision is asked for: whether it is about the very thing, words tell better
_UNSEEN = 0.6  # what it would make of a sentence it was not shown, as a share of the score
_UNSEEN_ANSWERS = 0.3  # ... and how likely that would answer
_PRIOR = 0.4  # log-odds: among the windows found here more answer than among those it was trained on
_LEFT_OUT = 0.1  # chance that the answer begins before, or ends behind, what is shown of it


class Reader(Protocol):
    """Judges windows of text against a question."""

    def judge(self, question: str, windows: Sequence[Window]) -> list[Judged]:
        """One judgement for each window, in their order."""
        ...


def second_reading(reader: Reader, question: Question, readings: Sequence[Reading]) -> list[Reading]:
    """The readings with what the trained reader says of the best of them, best first again.

    It is not shown table rows: it was trained on sentences, and a row is judged by its headers. Where a figure is asked
    for and a row is among the best, rules alone decide between rows and sentences.
    """
    is_figure = question.wants[0].kind in FIGURES
    if is_figure and any(_is_row(r.evidence) for r in readings[:_WINDOWS]):
        return list(readings)
    spans: dict[tuple[str, int, int], Window] = {}
    of_reading: list[tuple[str, int, int] | None] = []
    for reading in readings:
        key = _key(reading.evidence)
        if key is not None and key not in spans and len(spans) < _WINDOWS:
            spans[key] = _window(reading.evidence, key[1], key[2])
        of_reading.append(key if key in spans else None)
    judged = dict(zip(spans, reader.judge(question.text, list(spans.values())), strict=True))
    share = _DECISION_SHARE if question.wants[0].kind is Kind.YES_NO else _SHARES[not is_figure]
    seen = [
        _moved(r, share) if key is None else _seen(r, key[1], judged[key], share)
        for r, key in zip(readings, of_reading, strict=True)
    ]
    return sorted(seen, key=lambda r: (-r.score, r.evidence.document.id, r.evidence.start))


def _key(evidence: Evidence) -> tuple[str, int, int] | None:
    """The window that a sentence is shown in; None for a table row."""
    if _is_row(evidence):
        return None
    return (evidence.document.id, *window_around(evidence.document.text, evidence.start, evidence.end))


def _is_row(evidence: Evidence) -> bool:
    return CELL_MARK in evidence.text


def _window(evidence: Evidence, start: int, end: int) -> Window:
    document = evidence.document
    head = heading_of(document.metadata.title, document.path_at(evidence.start))
    return Window(head, document.text[start:end])


def _seen(reading: Reading, at: int, judged: Judged, share: float) -> Reading:
    """The reading with its sighting, its score moved by it; its window begins at `at`."""
    sighting = _sighting(reading.evidence, at, judged)
    opinion = (sighting.answers + sighting.share) / 2
    return replace(reading, sighting=sighting, score=(1 - share) * reading.score + share * opinion)


def _moved(reading: Reading, share: float) -> Reading:
    """A reading that was not shown, its score on the same footing; a table row keeps it."""
    evidence = reading.evidence
    if _is_row(evidence):
        return reading
    unseen = Sighting(answers=_UNSEEN_ANSWERS, share=0.0, start=evidence.start, end=evidence.end)
    return replace(reading, sighting=unseen, score=(1 - share + share * _UNSEEN) * reading.score)


def _sighting(evidence: Evidence, at: int, judged: Judged) -> Sighting:
    """The judgement of a window, for one of its sentences."""
    first, last = evidence.start - at, evidence.end - at
    begins, ends = judged.begins[first:last], judged.ends[first:last]
    start = _quantile(begins, _LEFT_OUT)
    end = len(ends) - 1 - _quantile(ends[::-1], _LEFT_OUT)
    return Sighting(
        answers=1 / (1 + math.exp(-judged.answers - _PRIOR)),
        share=float(min(begins.sum(), 1.0)),
        start=evidence.start + start,
        end=evidence.start + max(end, start) + 1,
    )


def _quantile(shares: NDArray[np.float32], share: float) -> int:
    """The first place up to which more than `share` of the whole lies."""
    total = float(shares.sum())
    if total <= 0.0:
        return 0
    return int(np.searchsorted(np.cumsum(shares), share * total, side="right"))
