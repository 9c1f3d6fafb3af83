"""From judged sentences to an answer: one, several side by side, or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingest.placeholder import has_placeholder
from ingest.sentences import CELL_MARK, sentence_spans
from qa.answer import Answer, Citation, Outcome, Validity, Warning
from qa.certainty import certainties
from qa.evidence import paragraph_of, states_something
from qa.question import Question
from qa.reader import Rarity, Reading, best_clauses
from qa.rivals import rivals
from qa.scope import home_of
from qa.validity import Standing
from qa.verify import marked
from qa.want import Kind

_MAX_ANSWER_CHARS = 180
_MAX_LIST_CHARS = 380
_NEAREST = 3
_CANDIDATES = 12  # readings that may become the answer
_MAX_SEVERAL_CHARS = 360


def compose(
    question: Question, readings: Sequence[Reading], rarity: Rarity, *, confidence: float, standing: Standing
) -> Answer:
    """The answer that the readings (best first) carry; NO_EVIDENCE when the best is below `confidence`."""
    candidates = readings[:_CANDIDATES]
    judged = list(zip(certainties(question, candidates, rarity), candidates, strict=True))
    surest = max((c for c, _ in judged), default=0.0)
    sure = [r for c, r in judged if c >= confidence]
    if not sure:
        return replace(refuse(question.text, readings, standing=standing), certainty=surest)
    chosen = rivals(question, sure) or [sure[0]]
    citations = _that_fit(
        cite(reading, number, _answer_span(question, reading, rarity), standing=standing)
        for number, reading in enumerate(chosen, 1)
    )
    chosen = chosen[: len(citations)]
    several = len(chosen) > 1
    return Answer(
        question=question.text,
        outcome=Outcome.SEVERAL if several else Outcome.ANSWERED,
        text=_several_text(chosen, citations) if several else marked(citations[0].quote, 1),
        citations=citations,
        warnings=_warnings(chosen, citations, standing),
        certainty=surest,
    )


def _that_fit(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """The first two, and those after them as far as they can be taken in at a glance."""
    kept: list[Citation] = []
    for citation in citations:
        if len(kept) >= 2 and sum(len(c.quote) for c in (*kept, citation)) > _MAX_SEVERAL_CHARS:
            break
        kept.append(citation)
    return tuple(kept)


def refuse(question: str, readings: Sequence[Reading], *, standing: Standing, reason: str = "") -> Answer:
    """No answer, with the nearest passages marked as such."""
    nearest = [r for r in readings if r.coverage > 0][:_NEAREST]
    citations = tuple(
        cite(r, n, (r.evidence.start, r.evidence.end), standing=standing, nearest=True)
        for n, r in enumerate(nearest, 1)
    )
    text = reason or "资料库里没有找到能回答这个问题的内容。"
    if citations and not reason:
        text += "下面是最接近的几段，供核对，不是答案。"
    return Answer(question=question, outcome=Outcome.NO_EVIDENCE, text=text, citations=citations)


def cite(
    reading: Reading, number: int, span: tuple[int, int], *, standing: Standing, nearest: bool = False
) -> Citation:
    """The citation of a span of the reading's document."""
    document = reading.evidence.document
    metadata = document.metadata
    start, end = span
    return Citation(
        number=number,
        document_id=document.id,
        source=document.source,
        title=metadata.title,
        document_number=metadata.document_number,
        issuer=metadata.issuer,
        issued_on=metadata.issued_on,
        status=standing.status(metadata),
        pages=document.pages_of(start, end),
        path=document.path_at(start),
        start=start,
        end=end,
        quote=document.text[start:end],
        nearest=nearest,
    )


def _answer_span(question: Question, reading: Reading, rarity: Rarity) -> tuple[int, int]:
    """What to show of the sentence, or from it on where the answer is a list that follows."""
    start, end = best_clauses(question, reading, rarity, _MAX_ANSWER_CHARS)
    text = reading.evidence.document.text
    if text[start:end].rstrip().endswith(("：", ":")) or re.search(r"如下[。:：]?$", text[start:end]):
        return start, _end_of_list(text, end)
    if question.wants[0].kind in (Kind.LIST, Kind.METHOD) and CELL_MARK not in text[start:end]:
        return start, _end_of_thought(text, start, end)
    return start, end


def _end_of_list(text: str, end: int) -> int:
    """The end of the lines that follow a colon, as far as an answer may reach."""
    for start, stop in sentence_spans(text, end, min(len(text), end + _MAX_LIST_CHARS)):
        if stop - end > _MAX_LIST_CHARS:
            break
        end_of_item = stop
        if start > end and text[stop - 1] in "。！？" and text[stop : stop + 1] != "\n":
            return end_of_item
        end = max(end, end_of_item) if end_of_item - end < _MAX_LIST_CHARS else end
    return end


def _end_of_thought(text: str, start: int, end: int) -> int:
    """The end of the paragraph when it is short, else of the sentences that fit."""
    _, stop = paragraph_of(text, end - 1)
    for sentence_start, sentence_end in sentence_spans(text, end, stop):
        if sentence_end - start > _MAX_ANSWER_CHARS or not states_something(text[sentence_start:sentence_end]):
            break
        end = sentence_end
    return end


def _several_text(readings: Sequence[Reading], citations: Sequence[Citation]) -> str:
    lines = []
    for reading, citation in zip(readings, citations, strict=True):
        home = home_of(reading.evidence.document)
        label = f"{home}：" if home and home not in citation.quote else ""
        lines.append(label + marked(citation.quote, citation.number))
    return "\n".join(lines)


def _warnings(readings: Sequence[Reading], citations: Sequence[Citation], standing: Standing) -> tuple[Warning, ...]:
    found = []
    for reading, c in zip(readings, citations, strict=True):
        if why := standing.explain(reading.evidence.document.metadata):
            found.append(
                Warning(kind="other" if c.status is Validity.NOT_YET else "expired", text=f"[{c.number}]{why}")
            )
        if has_placeholder(c.quote):
            found.append(
                Warning(kind="placeholder", text=f"[{c.number}]原文用**、××等代替了具体内容，不能当作数值使用。")
            )
    if len(citations) > 1:
        places = all(home_of(r.evidence.document) for r in readings)
        text = (
            "问题没有指明地方，各地资料不同，分别列出，请按所在地选用。"
            if places
            else "各份文件说法不同，分别列出，请核对原文。"
        )
        found.append(Warning(kind="other", text=text))
    return tuple(found)
