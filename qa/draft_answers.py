"""The reply that is an answer and its sources (问答口径)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kb.filters import EVERYTHING, Filter
from qa.answer import Citation, Outcome
from qa.compose import cite
from qa.draft import Options, Part, PartKind, Sentence, Source, sentence_of
from qa.draft_gaps import gap, kind_of_figure, scope_words, short, wants_unmet
from qa.draft_items import Item
from qa.findings import Findings
from qa.parts import parts_of
from qa.question import MAX_CHARS, Question, QuestionError
from qa.scope import home_of
from qa.want import Kind

_LEAST_CHARS = 6  # of a question among several in one item
_TOPIC_SENTENCES = 3
_TOPIC_CERTAINTY = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One question of an item, with the scope it is asked in."""

    text: str
    place: str | None
    year: int | None


def answer_parts(item: Item, source: Source, options: Options) -> tuple[list[Part], list[Citation]]:
    """The answer to each question of the item, and a gap for each that has none."""
    sentences: list[Sentence] = []
    gaps: list[str] = []
    notes: list[str] = []
    citations: list[Citation] = []
    for asked in _questions(item, source, options):
        try:
            found = find(asked.text, source, options, place=asked.place, year=asked.year)
        except QuestionError as error:
            gaps.append(gap(f"“{short(item.title)}”没有查：{error}"))
            continue
        cited = _cited(found)
        if not cited:
            gaps.append(_missing(asked, found))
            continue
        unmet = kind_of_figure(wants_unmet(found.question, [c for c, _ in cited]))
        if unmet and found.answer.outcome is not Outcome.NO_EVIDENCE:
            gaps.append(gap(f"{_of(asked, found.question)}的{unmet}"))
        for citation, label in cited:
            numbered = replace(citation, number=len(citations) + 1)
            if any(
                (c.document_id, c.start, c.end) == (citation.document_id, citation.start, citation.end)
                for c in citations
            ):
                continue
            citations.append(numbered)
            sentences.append(sentence_of(numbered, label))
        notes += [re.sub(r"^\[\d+\]", "", w.text) for w in found.answer.warnings]
    part = Part(kind=PartKind.ANSWER, sentences=tuple(sentences), gaps=tuple(gaps), notes=tuple(dict.fromkeys(notes)))
    return [part], citations


def find(
    text: str, source: Source, options: Options, *, place: str | None, year: int | None, within: Filter = EVERYTHING
) -> Findings:
    """What the documents that may be used hold on `text`."""
    if options.only is not None:
        allowed = options.only if within.documents is None else options.only & within.documents
        within = replace(within, documents=allowed)
    return source.evidence_for(text[:MAX_CHARS], place=place, year=year, as_of=options.as_of, within=within)


def is_question(question: Question) -> bool:
    """Whether something is asked; else the words are a topic."""
    return question.text.endswith(("?", "？")) or question.wants[0].kind not in (Kind.ANY, Kind.METHOD)


def _questions(item: Item, source: Source, options: Options) -> Iterator[_Asked]:
    """The questions of the item: one for each question mark, and for each place or year that it names."""
    try:
        whole = source.question(item.text[:MAX_CHARS], place=options.place, year=options.year)
    except QuestionError:
        yield _Asked(text=item.text, place=options.place, year=options.year)
        return
    pieces = [p.strip() for p in re.findall(r"[^？?]+[？?]", item.text)]
    several = len(pieces) > 1 and all(len(p) >= _LEAST_CHARS for p in pieces)
    named = whole.places[-1] if len(whole.places) == 1 else None
    for piece in pieces if several else [item.text]:
        place = options.place or (named if several else None)
        year = options.year or (whole.years[0] if several and len(whole.years) == 1 else None)
        for part in parts_of(whole) if not several else [whole]:
            is_part = part is not whole
            yield _Asked(
                text=part.text if is_part else piece,
                place=place,
                year=part.years[0] if is_part and len(part.years) == 1 else year,
            )


def _cited(found: Findings) -> list[tuple[Citation, str]]:
    """The citations that answer, each with the place it is of where places differ; for a topic, the surest sentences."""
    answer = found.answer
    if answer.outcome is Outcome.SEVERAL:
        homes = {f.reading.evidence.document.id: home_of(f.reading.evidence.document) for f in found.found}
        return [(c, f"{homes[c.document_id]}：" if homes.get(c.document_id) else "") for c in answer.citations]
    cited = [(c, "") for c in answer.citations if not c.nearest]
    if is_question(found.question) or not cited:
        return cited
    have = {(c.document_id, c.start) for c, _ in cited}
    for f in found.found:
        evidence = f.reading.evidence
        if len(cited) >= _TOPIC_SENTENCES:
            break
        if f.certainty < _TOPIC_CERTAINTY or evidence.document.id != cited[0][0].document_id:
            continue
        span = (evidence.start, evidence.end)
        if (evidence.document.id, evidence.start) in have or _overlaps(span, [c for c, _ in cited]):
            continue
        cited.append((cite(f.reading, 1, span, standing=found.standing), ""))
    return cited


def _overlaps(span: tuple[int, int], citations: Sequence[Citation]) -> bool:
    return any(c.start < span[1] and span[0] < c.end for c in citations)


def _missing(asked: _Asked, found: Findings) -> str:
    """The gap of a question without an answer: of which place, year, and what kind of figure."""
    what = kind_of_figure(found.question.wants)
    why = found.answer.text if not found.answer.citations and not found.found else ""
    said = f"“{short(asked.text, 60)}”" + (f"所问的{what}" if what else "的依据和情况")
    return gap(f"{_of(asked, found.question)}{said}" + (f"（{why.rstrip('。')}）" if why else "，资料库里没有"))


def _of(asked: _Asked, question: Question) -> str:
    """The place and year, where the text does not say them already."""
    place = asked.place if asked.place and asked.place not in question.text else None
    year = asked.year if asked.year and str(asked.year) not in question.text else None
    return scope_words(place, year)
