"""Evidence: the sentences of the passages found, each with the words around it that say what it is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.document import Document
from ingest.sentences import CELL_MARK, sentence_spans
from kb.knowledge_base import Passage

_LEAD_CHARS = 60
_ROWS_ABOVE = 60  # of a table that are looked past for the line above it
ITEM = re.compile(r"[（(][一二三四五六七八九十\d]+[)）]|\d{1,2}[.、)）]")
_OPENS_LIST = re.compile(r"(?:下列|以下|如下|之一|不予|不得|可以|应当|应).*[:：]\s*$")
_ANSWERS = re.compile(r"\s*(?:答|回答|解答|答复)[:：]")

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
    before: str  # the sentence before it in the paragraph; of a table row the line above it, of a reply its question
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


def _question_before(text: str, paragraph_start: int) -> str:
    """The question that the paragraph answers, where the text is in questions and answers; else ""."""
    if not is_reply(text, paragraph_start) or paragraph_start < 2:
        return ""
    question = text[slice(*paragraph_of(text, paragraph_start - 2))].strip()
    return question if question.endswith(("？", "?")) else ""


def is_reply(text: str, paragraph_start: int) -> bool:
    """Whether the paragraph is the answer to a question that the text puts itself ("答：……")."""
    return _ANSWERS.match(text, paragraph_start) is not None


def _line_before(text: str, paragraph_start: int, sentence: str) -> str:
    """What stands above a paragraph and belongs to its first sentence."""
    return _caption(text, paragraph_start) if CELL_MARK in sentence else _question_before(text, paragraph_start)


def opens_list(line: str) -> bool:
    """Whether the line says what becomes of the items below it ("下列情形不予补助：")."""
    return _OPENS_LIST.search(line) is not None


def _caption(text: str, row_start: int) -> str:
    """The line above the table that a row stands in."""
    start = row_start
    for _ in range(_ROWS_ABOVE):
        if start < 2:
            break
        start, end = paragraph_of(text, start - 1)
        if end > start and CELL_MARK not in text[start:end]:
            return text[start:end].strip()
    return ""


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
        before=text[slice(*sentences[-1])] if sentences else _line_before(text, paragraph_start, text[start:end]),
        headings=" ".join(document.path_at(start)),
        head=" ".join(filter(None, (metadata.title, metadata.issuer))),
    )
