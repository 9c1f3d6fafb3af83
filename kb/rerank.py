"""A second look at the passages found: how much of the question's own wording each of them says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Protocol

from kb.ports import Within
from kb.retrieve import Hit, Retriever

TextsOf = Callable[[Sequence[str]], dict[str, str]]  # chunk ids -> what is known of each; unknown ids are left out

_NOT_WORDING = re.compile(r"[\W_]+")
_LENGTHS = (2, 3)  # characters


class Reranker(Protocol):
    """Judges passages against a question."""

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """0..1 for each text, in the same order."""
        ...


class Wording:
    """The share of the question's runs of two and three characters that a text holds.

    Word indexes forget which words stood together; official questions repeat the wording of the rule they ask
    for, and its runs of characters tell its passage from one that only has the same words here and there.
    """

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """See Reranker."""
        runs = _runs(question)
        if not runs:
            return [0.0] * len(texts)
        return [sum(run in plain for run in runs) / len(runs) for plain in map(_plain, texts)]


class Reranked:
    """Another retriever's candidates in a better order. Scores lie in 0..1 when the inner ones do."""

    def __init__(
        self, inner: Retriever, reranker: Reranker, texts_of: TextsOf, *, weight: float = 0.6, depth: int = 200
    ) -> None:
        """`weight` is the reranker's share of the score; at least `depth` candidates are looked at."""
        self._inner, self._reranker, self._texts_of = inner, reranker, texts_of
        self._weight, self._depth = weight, depth

    def search(self, question: str, limit: int, within: Within = None) -> list[Hit]:
        """See Retriever."""
        hits = self._inner.search(question, max(limit, self._depth), within)
        texts = self._texts_of([h.chunk_id for h in hits])
        known = [h for h in hits if h.chunk_id in texts]
        scores = self._reranker.scores(question, [texts[h.chunk_id] for h in known])
        judged = [
            Hit(chunk_id=h.chunk_id, score=(1 - self._weight) * h.score + self._weight * s)
            for h, s in zip(known, scores, strict=True)
        ]
        return sorted(judged, key=lambda h: (-h.score, h.chunk_id))[:limit]


def _plain(text: str) -> str:
    wording = _NOT_WORDING.sub("", text)
    if not unicodedata.is_normalized("NFKC", wording):  # most Chinese text is, and to ask costs less than to do
        wording = _NOT_WORDING.sub("", unicodedata.normalize("NFKC", wording))
    return wording.lower()


def _runs(question: str) -> frozenset[str]:
    plain = _plain(question)
    return frozenset(plain[i : i + n] for n in _LENGTHS for i in range(len(plain) - n + 1))
