"""Passages like a given one: the same subject in other places, years and words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.document import Document
from kb.filters import Filter
from kb.knowledge_base import KnowledgeBase
from kb.records import Record
from qa.evidence import paragraph_of
from qa.matching import Matches
from qa.question import QuestionError

_SPOT = re.compile(r"(?P<document>[0-9a-f]{6,64}):(?P<start>\d{1,9})(?:-(?P<end>\d{1,9}))?")
_FIGURES = re.compile(r"[\d,，.．%％〇]+")  # another year's figures are others
_MAX_CHARS = 500
_POOL = 200
_LIKE = 0.3  # of the best score: below that a passage only shares common words

BAD_SPOT = "{}：看不懂这是哪一段，应为 文件编号:起点 或 文件编号:起点-终点，例如 0123456789abcdef:812-871。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in a document; with no end, the paragraph that holds the start."""

    document_id: str
    start: int
    end: int | None = None


def read_spot(text: str) -> Spot:
    """The spot that "DOC:START" or "DOC:START-END" names. Raises QuestionError."""
    match = _SPOT.fullmatch(text.strip())
    if match is None:
        raise QuestionError(BAD_SPOT.format(text.strip()[:80] or "（空）"))
    end = int(match["end"]) if match["end"] else None
    return Spot(document_id=match["document"], start=int(match["start"]), end=end)


def span_of(spot: Spot, document: Document) -> tuple[int, int]:
    """The span of the document's text that the spot means. Raises QuestionError when it lies outside."""
    start, end = (spot.start, spot.end) if spot.end is not None else paragraph_of(document.text, spot.start)
    if not 0 <= start < end <= len(document.text):
        raise QuestionError(
            f"{spot.document_id}：正文共 {len(document.text)} 字，没有 {spot.start}-{spot.end or '…'} 这一段。"
        )
    return start, end


def like(
    base: KnowledgeBase,
    records: Mapping[str, Record],
    document: Document,
    span: tuple[int, int],
    *,
    filter: Filter,
    limit: int,
) -> Matches:
    """Passages about what text[start:end] is about, best first, without itself."""
    start, end = span
    words = " ".join(_FIGURES.sub(" ", document.text[start:end])[:_MAX_CHARS].split())
    found = base.search(words, max(limit + 5, _POOL), filter) if any(c.isalnum() for c in words) else []
    others = [
        p
        for p in found
        if p.chunk.document_id in records
        and not (p.chunk.document_id == document.id and p.chunk.start < end and start < p.chunk.end)
    ]
    least = _LIKE * max((p.score for p in others), default=0.0)
    alike = [p for p in others if p.score >= least]
    return Matches(passages=tuple(alike[:limit]), counts=Counter(p.chunk.document_id for p in alike))
