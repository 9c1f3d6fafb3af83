"""From judged sentences to an answer: one, several side by side, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.placeholder import has_placeholder
from qa.answer import Answer, Citation, Outcome, Validity, Warning
from qa.answer_spans import answer_spans
from qa.certainty import certainties
from qa.citing import cite_span
from qa.question import Question
from qa.reader import Rarity, Reading
from qa.rivals import rivals
from qa.scope import home_of
from qa.table_rows import is_row, rows_asked_for
from qa.validity import Standing
from qa.verify import marked

_NEAREST = 3
_CANDIDATES = 12  # readings that may become the answer
_MAX_SEVERAL_CHARS = 360
_Shown = tuple[Reading, tuple[tuple[int, int], ...]]


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
    shown = _that_fit([(reading, answer_spans(question, reading, rarity)) for reading in chosen])
    cited = [reading for reading, spans in shown for _ in spans]
    citations = tuple(
        cite(reading, number, span, standing=standing)
        for number, (reading, span) in enumerate(((r, span) for r, spans in shown for span in spans), 1)
    )
    several = len(shown) > 1
    return Answer(
        question=question.text,
        outcome=Outcome.SEVERAL if several else Outcome.ANSWERED,
        text=_several_text(cited, citations) if several else "\n".join(marked(c.quote, c.number) for c in citations),
        citations=citations,
        warnings=_warnings(question, cited, citations, standing),
        certainty=surest,
    )


def _that_fit(shown: Sequence[_Shown]) -> list[_Shown]:
    """The first two readings with their spans, and those after them as far as they can be taken in at a glance."""
    kept: list[_Shown] = []
    size = 0
    for reading, spans in shown:
        size += sum(end - start for start, end in spans)
        if len(kept) >= 2 and size > _MAX_SEVERAL_CHARS:
            break
        kept.append((reading, spans))
    return kept


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
    return cite_span(reading.evidence.document, number, span, standing=standing, nearest=nearest)


def _several_text(readings: Sequence[Reading], citations: Sequence[Citation]) -> str:
    lines = []
    for reading, citation in zip(readings, citations, strict=True):
        home = home_of(reading.evidence.document)
        label = f"{home}：" if home and home not in citation.quote else ""
        lines.append(label + marked(citation.quote, citation.number))
    return "\n".join(lines)


def _warnings(
    question: Question, readings: Sequence[Reading], citations: Sequence[Citation], standing: Standing
) -> tuple[Warning, ...]:
    found = []
    for c in citations:
        if has_placeholder(c.quote):
            found.append(
                Warning(kind="placeholder", text=f"[{c.number}]原文用**、××等代替了具体内容，不能当作数值使用。")
            )
    for reading, c in _first_of_each(readings, citations):
        if why := standing.explain(reading.evidence.document.metadata):
            kind = "other" if c.status is Validity.NOT_YET else "expired"
            found.append(Warning(kind=kind, text=f"[{c.number}]{why}"))
        if is_row(reading.evidence) and (note := rows_asked_for(question, reading.evidence).note):
            found.append(Warning(kind="other", text=f"[{c.number}]{note}"))
    if len({id(reading) for reading in readings}) > 1:
        homes = {home_of(r.evidence.document) for r in readings}
        if len(homes) == 1 and None not in homes:
            text = "问题没有指明年份，各年资料不同，从新到旧分别列出，请按年份选用。"
        elif None not in homes:
            text = "问题没有指明地方，各地资料不同，分别列出，请按所在地选用。"
        else:
            text = "各份文件说法不同，分别列出，请核对原文。"
        found.append(Warning(kind="other", text=text))
    return tuple(found)


def _first_of_each(readings: Sequence[Reading], citations: Sequence[Citation]) -> list[tuple[Reading, Citation]]:
    """Each reading with the first of its citations."""
    first: dict[int, tuple[Reading, Citation]] = {}
    for reading, citation in zip(readings, citations, strict=True):
        first.setdefault(id(reading), (reading, citation))
    return list(first.values())
