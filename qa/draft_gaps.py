"""What a draft lacks, said so that a person knows what to look for: 【待补充：…】."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.answer import Citation
from qa.question import Question
from qa.want import Kind, Want

_FIGURES = {
    Kind.MONEY: "金额或标准",
    Kind.SHARE: "比例",
    Kind.COUNT: "数量",
    Kind.DATE: "时间",
    Kind.PHONE: "电话",
    Kind.PERSON: "人员姓名、职务",
    Kind.ORGANISATION: "单位名称",
}


def gap(what: str) -> str:
    """The words that stand in the place of what is missing."""
    return f"【待补充：{what}】"


def scope_words(place: str | None, year: int | None) -> str:
    """Of which place and year: "松溪镇2023年"."""
    return f"{place or ''}{f'{year}年' if year else ''}"


def kind_of_figure(wants: Sequence[Want]) -> str:
    """The kinds of figure asked for, "" when none is."""
    names = [f"{_FIGURES[w.kind]}{f'（{w.unit}）' if w.unit else ''}" for w in wants if w.kind in _FIGURES]
    return "、".join(dict.fromkeys(names))


def wants_unmet(question: Question, citations: Sequence[Citation]) -> tuple[Want, ...]:
    """The kinds of figure asked for that stand in no quote."""
    quotes = "\n".join(c.quote for c in citations)
    return tuple(
        w
        for w in question.wants
        if w.kind in _FIGURES
        and w.pattern is not None
        and not any(m.group() not in question.text for m in _looks(w).finditer(quotes))
    )


def _looks(want: Want) -> re.Pattern[str]:
    """How an answer looks; a count may be said in another unit ("脱贫户共183户"), but is no year, month or day."""
    return (
        re.compile(
            r"(?<![\d.])(?!(?:19|20)\d{2}(?:\s*年|[、,，至—-]))\d+(?!\d*\s*[月日])|[一二两三四五六七八九十百千]+(?=[余多]?[户人名次条座处亩头只套台所期批张份项家辆])"
        )
        if want.kind is Kind.COUNT or not want.pattern
        else want.pattern
    )


def about(title: str, place: str | None, year: int | None) -> str:
    """The item as a gap names it, with the place and year that it does not name itself."""
    scope = scope_words(None if place and place in title else place, None if year and str(year) in title else year)
    return f"{scope}“{short(title)}”"


def short(title: str, max_chars: int = 30) -> str:
    """The item's title as a gap names it."""
    plain = re.sub(r"\s+", "", title).rstrip("？?。")
    return plain if len(plain) <= max_chars else f"{plain[:max_chars]}…"
