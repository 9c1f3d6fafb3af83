"""The reply that is an answer and its sources (问答口径)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.document import Document
from kb.filters import EVERYTHING, Filter
from qa.answer import Citation, Outcome
from qa.compose import cite
from qa.draft import Options, Part, PartKind, Sentence, Source, sentence_of
from qa.draft_gaps import about, gap, kind_of_figure, short, wants_unmet
from qa.draft_items import Item
from qa.draft_topic import names_something, runs_of, speaks_of, subject_of, things
from qa.draft_units import bare_start, is_problem_told, names_itself
from qa.findings import Findings
from qa.parts import part_name, parts_of
from qa.question import MAX_CHARS, Question, QuestionError
from qa.scope import home_of
from qa.verify import MARK
from qa.want import Kind

_LEAST_CHARS = 6  # of a question among several in one item
_TOPIC_SENTENCES = 3
_NEXT_CERTAINTY = 0.6
_NEXT_SHARE = 0.85  # of the surest one's


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One question of an item, with the scope it is asked in."""

    text: str
    place: str | None
    year: int | None
    part: str = ""  # what tells it from the others of the item: "松溪镇"


def answer_parts(item: Item, source: Source, options: Options) -> tuple[list[Part], list[Citation]]:
    """The answer to each question of the item, and a gap for each that has none."""
    sentences: list[Sentence] = []
    gaps: list[str] = []
    notes: list[str] = []
    citations: list[Citation] = []
    for asked in _questions(item, source, options):
        try:
            if not names_something(source.question(asked.text[:MAX_CHARS])):
                raise QuestionError("没有看懂要查什么事项")
            found = find(asked.text, source, options, place=asked.place, year=asked.year)
        except QuestionError as error:
            gaps.append(gap(f"“{short(item.title) or item.text[:30]}”没有查：{error}"))
            continue
        cited = _cited(found, source)
        if not cited:
            gaps.append(_missing(asked, found))
            continue
        unmet = kind_of_figure(wants_unmet(found.question, [c for c, _ in cited]))
        if unmet and found.answer.outcome is not Outcome.NO_EVIDENCE:
            gaps.append(gap(f"{_named(asked)}所问的{unmet}"))
        for citation, label in cited:
            if not any(_same_span(c, citation) for c in citations):
                citations.append(replace(citation, number=len(citations) + 1))
                sentences.append(sentence_of(citations[-1], label or _label(asked, found, citation, source)))
        notes += _notes(found, [c for c, _ in cited])
    part = Part(kind=PartKind.ANSWER, sentences=tuple(sentences), gaps=tuple(gaps), notes=tuple(dict.fromkeys(notes)))
    return [part], citations


def _notes(found: Findings, shown: Sequence[Citation]) -> Iterator[str]:
    """The answer's warnings that are of what is shown."""
    ends = {(c.document_id, c.end) for c in shown}
    numbers = {c.number for c in found.answer.citations if (c.document_id, c.end) in ends}
    for warning in found.answer.warnings:
        mark = MARK.match(warning.text)
        if int(mark[1]) in numbers if mark else len(shown) > 1:
            yield MARK.sub("", warning.text, count=1) if mark else warning.text


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
    for piece in _made_whole(pieces, source) if several else [item.text]:
        place = options.place or (named if several else None)
        year = options.year or (whole.years[0] if several and len(whole.years) == 1 else None)
        for part in parts_of(whole) if not several else [whole]:
            is_part = part is not whole
            yield _Asked(
                text=part.text if is_part else piece,
                place=place,
                year=part.years[0] if is_part and len(part.years) == 1 else year,
                part=part_name(part) if is_part else "",
            )


def _made_whole(pieces: Sequence[str], source: Source) -> Iterator[str]:
    """The questions of an item; one that names no thing is of what the one before it asks about."""
    subject = ""
    for piece in pieces:
        try:
            names_thing = bool(things(source.question(piece)))
        except QuestionError:
            names_thing = True
        yield piece if names_thing or not subject else f"{subject}，{piece}"
        subject = subject_of(piece) if names_thing or not subject else subject


def _cited(found: Findings, source: Source) -> list[tuple[Citation, str]]:
    """The citations that answer, each with the place it is of where places differ; for a topic, the surest sentences.

    What only tells a problem that was found, or the document's own title, is no answer: the next surest takes its place.
    """
    answer = found.answer
    documents = {c.document_id: source.document(c.document_id) for c in answer.citations}
    kept = [c for c in answer.citations if not c.nearest and _says_something(documents[c.document_id], c.start, c.end)]
    if answer.outcome is Outcome.SEVERAL and len(kept) > 1:
        homes = {i: home_of(d) for i, d in documents.items()}
        return [
            (_bare(c, documents[c.document_id]), f"{homes[c.document_id]}：" if homes[c.document_id] else "")
            for c in kept
        ]
    is_topic = not is_question(found.question)
    least = max(_NEXT_CERTAINTY, _NEXT_SHARE * answer.certainty)
    runs = runs_of(found.question.text)
    if answer.outcome is not Outcome.NO_EVIDENCE and (is_topic or not kept):
        for f in found.found:
            evidence = f.reading.evidence
            span, document = (evidence.start, evidence.end), evidence.document
            if len(kept) >= (_TOPIC_SENTENCES if is_topic else 1):
                break
            if f.certainty < least or not f.reading.has_figure or not _says_something(document, *span):
                continue
            if kept and (document.id != kept[0].document_id or _overlaps(span, kept)):
                continue
            if kept and not speaks_of(found.question, runs, f):
                continue
            kept.append(cite(f.reading, 1, span, standing=found.standing))
    return [(_bare(c, source.document(c.document_id)), "") for c in kept]


def _says_something(document: Document, start: int, end: int) -> bool:
    return not is_problem_told(document, start) and not names_itself(document, start, end)


def _bare(citation: Citation, document: Document) -> Citation:
    """The citation without the number of an item ("三是") at its head."""
    start = bare_start(document, citation.start, citation.end)
    return replace(citation, start=start, quote=citation.quote[start - citation.start :])


def _same_span(a: Citation, b: Citation) -> bool:
    return (a.document_id, a.start, a.end) == (b.document_id, b.start, b.end)


def _label(asked: _Asked, found: Findings, citation: Citation, source: Source) -> str:
    """The place (or year) that the sentence is of, where the question does not say it, or asks of several."""
    home = home_of(source.document(citation.document_id))
    name = asked.part or (home if home and not found.question.places else "")
    return f"{name}：" if name and name not in citation.quote else ""


def _overlaps(span: tuple[int, int], citations: Sequence[Citation]) -> bool:
    return any(c.start < span[1] and span[0] < c.end for c in citations)


def _missing(asked: _Asked, found: Findings) -> str:
    """The gap of a question without an answer: of which place, year, and what kind of figure."""
    what = kind_of_figure(found.question.wants)
    why = found.answer.text if not found.answer.citations and not found.found else ""
    said = _named(asked) + (f"所问的{what}" if what else "的依据和情况")
    return gap(said + (f"（{why.rstrip('。')}）" if why else "，资料库里没有"))


def _named(asked: _Asked) -> str:
    if asked.part:
        return f"{asked.part}：“{short(asked.text)}”"
    return about(asked.text, asked.place, asked.year)
