"""A reply to a list of questions or problems, made of sentences of the documents; what they do not say is a gap."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from ingest.document import Document
from kb.filters import Filter
from kb.records import Record
from qa.answer import Answer, Citation, Outcome
from qa.draft_gaps import gap
from qa.draft_items import Item
from qa.draft_rows import is_row, row_words
from qa.findings import Findings
from qa.question import Question
from qa.verify import MARK, UnsupportedAnswer, check, marked


class DraftKind(StrEnum):
    """What the reply is."""

    RECTIFICATION = "整改情况答复"
    STATEMENT = "情况说明"
    REPORT = "汇报材料"
    ANSWERS = "问答口径"


class PartKind(StrEnum):
    """The parts of the reply to one item; the value is its heading."""

    ANSWER = "答复"
    BASIS = "政策依据"
    WORK = "工作开展"
    RESULTS = "取得成效"
    OPEN = "存在不足"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the whole draft is about. None leaves it open."""

    kind: DraftKind = DraftKind.ANSWERS
    place: str | None = None
    year: int | None = None
    as_of: date | None = None
    only: frozenset[str] | None = None  # ids of the documents that may be used


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence and the numbers of the citations that carry it; `label` is a set phrase before it (source, place)."""

    text: str
    citations: tuple[int, ...]
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a reply. `gaps` stand in the place of what is missing, `notes` say what a person must look at,
    `filled` is what a person wrote in the place of a gap: no document carries it."""

    kind: PartKind
    sentences: tuple[Sentence, ...] = ()
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The reply to one item; citation numbers count within it."""

    item: Item
    parts: tuple[Part, ...]
    citations: tuple[Citation, ...]

    @property
    def gaps(self) -> tuple[str, ...]:
        """All that is missing."""
        return tuple(g for part in self.parts for g in part.gaps)


class Source(Protocol):
    """Where the sentences come from: qa.service.Service."""

    def evidence_for(
        self,
        question: str,
        *,
        place: str | None = None,
        year: int | None = None,
        as_of: date | None = None,
        within: Filter = ...,
        limit: int = ...,
    ) -> Findings:
        """The verbatim answer and the sentences judged for it."""

    def question(self, text: str, *, place: str | None = None, year: int | None = None) -> Question:
        """The question taken apart."""

    def document(self, document_id: str) -> Document:
        """One document."""

    def documents(self, *, hidden: bool = False) -> tuple[Record, ...]:
        """What may be cited."""


class Wording(Protocol):
    """Words the sentences of a part otherwise, as a language model may. What its citations do not carry is not taken."""

    def __call__(self, item: Item, kind: PartKind, sentences: Sequence[Sentence]) -> Sequence[Sentence]:
        """Sentences that cite the same numbers."""


def verbatim(item: Item, kind: PartKind, sentences: Sequence[Sentence]) -> Sequence[Sentence]:  # noqa: ARG001
    """The sentences as the documents have them."""
    return sentences


def draft(items: Iterable[Item], source: Source, options: Options, *, wording: Wording = verbatim) -> Iterator[Reply]:
    """The reply to each item, in order, each checked."""
    from qa.draft_answers import answer_parts
    from qa.draft_report import Desk

    desk = Desk(source, options)
    for item in items:
        if options.kind is DraftKind.ANSWERS:
            parts, citations = answer_parts(item, source, options)
        else:
            parts, citations = desk.parts(item)
        yield _checked(item, parts, citations, source, wording)


def _checked(
    item: Item, parts: Sequence[Part], citations: Sequence[Citation], source: Source, wording: Wording
) -> Reply:
    """The reply with only what its citations carry: another wording that they do not carry is put back to their own."""
    sound = []
    for part in parts:
        own = [s for s in part.sentences if is_carried(s, citations, source)]
        worded = [s for s in wording(item, part.kind, own) if is_carried(s, citations, source)] if own else []
        missing = {n for s in own for n in s.citations} - {n for s in worded for n in s.citations}
        put_back = [s for s in own if not missing.isdisjoint(s.citations)]
        gaps = part.gaps
        if part.sentences and not own:
            gaps = (*gaps, gap(f"“{item.title}”的{part.kind.value}，找到的内容未通过核对"))
        sound.append(Part(kind=part.kind, sentences=(*worded, *put_back), gaps=gaps, notes=part.notes))
    used = {n for part in sound for s in part.sentences for n in s.citations}
    return Reply(item=item, parts=tuple(sound), citations=tuple(c for c in citations if c.number in used))


def is_carried(sentence: Sentence, citations: Sequence[Citation], source: Source) -> bool:
    """Whether the quotes it cites stand in their documents, and its figures in the quotes."""
    if MARK.search(sentence.text):
        return False  # "[3]" of the document's own would be read as our mark
    text = sentence.text
    for number in sentence.citations:
        text = marked(text, number) if not MARK.search(text) else text + f"[{number}]"
    cited = tuple(c for c in citations if c.number in sentence.citations)
    answer = Answer(question="", outcome=Outcome.ANSWERED, text=text, citations=cited)
    try:
        check(answer, lambda i: source.document(i).text)
    except UnsupportedAnswer:
        return False
    return bool(cited)


def sentence_of(citation: Citation, label: str = "") -> Sentence:
    """A quote as a sentence of the draft: its own words, with an end mark; a table row as its cells with commas."""
    if is_row(citation.quote):
        return Sentence(text=row_words(citation.quote), citations=(citation.number,), label=label)
    text = re.sub(r"[；;，,、：:\s]+$", "", citation.quote)
    text = re.sub(r"\s*\n\s*", "", text)
    return Sentence(text=text if text[-1:] in "。！？”）)" else f"{text}。", citations=(citation.number,), label=label)
