"""A question that asks the same of several towns or years, as one question for each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ingest.place import level_of
from qa.answer import Answer, Citation, Outcome, Warning
from qa.question import Question
from qa.verify import MARK


def parts_of(question: Question) -> list[Question]:
    """One question for each of several places of one level, or of several years; else the question alone."""
    levels = Counter(level_of(p) for p in question.places)
    level, count = levels.most_common(1)[0] if levels else (None, 0)
    if level is not None and count > 1:
        wider = [p for p in question.places if level_of(p) != level]
        return [
            replace(question, places=(*wider, place), text=_without(question.text, question.places, place))
            for place in question.places
            if level_of(place) == level
        ]
    if len(question.years) > 1:
        return [replace(question, years=(year,)) for year in question.years]
    return [question]


def part_name(part: Question) -> str:
    """What tells this part from the others."""
    return part.places[-1] if part.places else f"{part.years[0]}年" if part.years else ""


def joined(question: Question, parts: list[Question], answers: list[Answer]) -> Answer:
    """The answers of the parts as one, a line each; a part without an answer is named in a warning."""
    citations: list[Citation] = []
    lines, warnings = [], []
    for part, answer in zip(parts, answers, strict=True):
        if answer.outcome is Outcome.NO_EVIDENCE:
            warnings.append(Warning(kind="other", text=f"关于{part_name(part)}，资料库里没有找到依据。"))
            continue
        moved = {c.number: len(citations) + i for i, c in enumerate(answer.citations, 1)}
        lines.append(_renumbered(answer.text, moved))
        citations += [replace(c, number=moved[c.number]) for c in answer.citations]
        warnings += answer.warnings
    return Answer(
        question=question.text,
        outcome=Outcome.ANSWERED,
        text="\n".join(lines),
        citations=tuple(citations),
        warnings=tuple(dict.fromkeys(warnings)),
        certainty=min(a.certainty for a in answers if a.outcome is not Outcome.NO_EVIDENCE),
    )


def _without(text: str, places: tuple[str, ...], kept: str) -> str:
    for place in places:
        if place != kept:
            text = text.replace(place, "")
    return text


def _renumbered(text: str, moved: dict[int, int]) -> str:
    return MARK.sub(lambda m: f"[{moved.get(int(m[1]), int(m[1]))}]", text)
