"""Evidence: the sentences of the passages found, each with the words around it that say what it is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.document import Document
from ingest.sentences import sentence_spans
from kb.knowledge_base import Passage

_LEAD_CHARS = 60

# A sentence that gives the reader (or a model) orders is no statement of fact, whatever figures stand in it.
_ORDERS = re.compile(
    r"忽略(?:以上|上述|前面|之前|先前|所有|一切)[^。]{0,10}(?:要求|指令|指示|内容|提示|规则|限制)|(?:请|必须)?直接(?:回答|输出|回复)|"
    r"ignore (?:all|any|the|previous|above)|system prompt|(?:你现在是|请扮演|你将扮演)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One sentence of a document and its surroundings. `relevance` is that of its passage, 0..1."""

    document: Document
    start: int
    end: int
    relevance: float
    lead: str  # how its paragraph begins, when that is not the sentence itself
    before: str  # the sentence before it in the paragraph
    headings: str  # the heading path, joined by spaces
    head: str  # title and issuer of the document

    @property
    def text(self) -> str:
        """The sentence."""
        return self.document.text[self.start : self.end]


def gather(passages: Sequence[Passage], document_of: Callable[[str], Document]) -> list[Evidence]:
    """The sentences of the passages, each once, in the order of their passages."""
    best = max((p.score for p in passages), default=1.0) or 1.0
    seen: set[tuple[str, int]] = set()
    found: list[Evidence] = []
    for passage in passages:
        document = document_of(passage.chunk.document_id)
        for start, end in sentence_spans(document.text, passage.chunk.start, passage.chunk.end):
            start, end = _whole_sentence(document.text, start, end)
            if (document.id, start) not in seen and states_something(document.text[start:end]):
                seen.add((document.id, start))
                found.append(_evidence(document, start, end, passage.score / best))
    return found


def states_something(sentence: str) -> bool:
    """Whether a sentence says how things are: a question asks, and an order to the reader is no fact."""
    return not _ORDERS.search(sentence) and not sentence.rstrip("”」』）) ").endswith(("？", "?"))


def paragraph_of(text: str, position: int) -> tuple[int, int]:
    """The span of the line that holds `position`."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return start, len(text) if end < 0 else end


def _whole_sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence that a passage's edge may have cut."""
    for span in sentence_spans(text, *paragraph_of(text, start)):
        if span[0] <= start < span[1]:
            return span
    return start, end


def _evidence(document: Document, start: int, end: int, relevance: float) -> Evidence:
    text = document.text
    paragraph_start, _ = paragraph_of(text, start)
    sentences = sentence_spans(text, paragraph_start, start)
    first = text[slice(*sentences[0])] if sentences else ""
    metadata = document.metadata
    return Evidence(
        document=document,
        start=start,
        end=end,
        relevance=relevance,
        lead=first[:_LEAD_CHARS],
        before=text[slice(*sentences[-1])] if sentences else "",
        headings=" ".join(document.path_at(start)),
        head=" ".join(filter(None, (metadata.title, metadata.issuer))),
    )
