"""What a person decides on a draft, line by line, and the draft as it is after that."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from kb.errors import UnknownDocument
from qa.answer import Citation
from qa.draft import Part, PartKind, Reply, Sentence, Source, is_carried, sentence_of
from qa.draft_findings import rule_label
from qa.draft_gaps import gap, short

MAX_FILL_CHARS = 2000


class Verdict(StrEnum):
    """What is done with a line."""

    ACCEPT = "accept"
    STRIKE = "strike"
    REPLACE = "replace"  # by another passage
    FILL = "fill"  # a gap, by a person's words


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's word on one line; `citation` is the passage that takes its place, `text` what fills the gap."""

    verdict: Verdict
    citation: Citation | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """All decisions on a draft by the keys of its lines, and what stands around the replies. "" is not known."""

    decisions: Mapping[str, Decision]
    title: str = ""
    issuer: str = ""
    day: date | None = None

    def deciding(self, key: str, decision: Decision | None) -> Review:
        """With the decision; None takes it back."""
        kept = {k: d for k, d in self.decisions.items() if k != key}
        return replace(self, decisions=kept if decision is None else {**kept, key: decision})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sentence or a gap of a draft, under a key that stays while item, part, words and source are the same."""

    key: str
    item: int  # its place among the replies, from 0
    part: int
    kind: PartKind
    sentence: Sentence | None = None
    citations: tuple[Citation, ...] = ()  # that carry the sentence
    gap: str = ""


def lines_of(replies: Sequence[Reply]) -> list[Line]:
    """All lines of the draft, in order."""
    seen: Counter[str] = Counter()
    lines = []
    for item, reply in enumerate(replies):
        cited = {c.number: c for c in reply.citations}
        for number, part in enumerate(reply.parts):
            for sentence in part.sentences:
                own = tuple(cited[n] for n in sentence.citations)
                sources = (f"{c.title}{c.document_number or ''}" for c in own)
                key = _key(seen, reply, part, sentence.label, sentence.text, *sources)
                line = Line(key=key, item=item, part=number, kind=part.kind, sentence=sentence, citations=own)
                lines.append(line)
            for text in part.gaps:
                key = _key(seen, reply, part, "gap", text)
                lines.append(Line(key=key, item=item, part=number, kind=part.kind, gap=text))
    return lines


def reviewed(replies: Sequence[Reply], review: Review, source: Source) -> list[Reply]:
    """The draft with the decisions carried out and checked again: what no longer stands in its document is a gap."""
    of_item: dict[int, list[Line]] = {}
    for line in lines_of(replies):
        of_item.setdefault(line.item, []).append(line)
    return [_reviewed(reply, of_item.get(n, []), review.decisions, source) for n, reply in enumerate(replies)]


def _key(seen: Counter[str], reply: Reply, part: Part, *words: str) -> str:
    """16 hexadecimal digits; the second of the same words gets others."""
    said = "\0".join((reply.item.text, part.kind.value, *words))
    seen[said] += 1
    return hashlib.sha256(f"{said}\0{seen[said]}".encode("utf-8", "replace")).hexdigest()[:16]


def _reviewed(reply: Reply, lines: Sequence[Line], decisions: Mapping[str, Decision], source: Source) -> Reply:
    citations = list(reply.citations)
    parts = []
    for number, part in enumerate(reply.parts):
        own = [(line, decisions.get(line.key)) for line in lines if line.part == number]
        parts.append(_part(reply, part, own, citations, source))
    used = {n for part in parts for s in part.sentences for n in s.citations}
    return replace(reply, parts=tuple(parts), citations=tuple(c for c in citations if c.number in used))


def _part(
    reply: Reply, part: Part, lines: Sequence[tuple[Line, Decision | None]], citations: list[Citation], source: Source
) -> Part:
    sentences: list[Sentence] = []
    gaps: list[str] = []
    filled: list[str] = []
    for line, decision in lines:
        verdict = decision.verdict if decision else Verdict.ACCEPT
        if verdict is Verdict.STRIKE:
            continue
        sentence = line.sentence
        if decision and decision.citation and verdict is Verdict.REPLACE:
            sentence = _placed(decision.citation, line, citations)
        if decision and verdict is Verdict.FILL:
            filled.append(decision.text)
        elif sentence is None:
            gaps.append(line.gap)
        elif _stands(sentence, citations, source):
            sentences.append(sentence)
        else:
            gaps.append(
                gap(f"“{short(reply.item.title)}”的{part.kind.value}，引用的文件已更新或移除，请重新起草或另选")
            )
    if part.sentences and not (sentences or gaps or filled):
        gaps.append(gap(f"“{short(reply.item.title)}”的{part.kind.value}，起草时引用的内容已删去"))
    return replace(part, sentences=tuple(sentences), gaps=tuple(gaps), filled=tuple(filled))


def _placed(citation: Citation, line: Line, citations: list[Citation]) -> Sentence:
    """The passage as a sentence in the place of the line, its citation added to `citations`."""
    number = max((c.number for c in citations), default=0) + 1
    citations.append(replace(citation, number=number, nearest=False))
    label = rule_label(citation) if line.kind is PartKind.BASIS else ""
    return sentence_of(citations[-1], label)


def _stands(sentence: Sentence, citations: Sequence[Citation], source: Source) -> bool:
    try:
        return is_carried(sentence, citations, source)
    except UnknownDocument:
        return False
