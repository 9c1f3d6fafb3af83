"""Years that a question says by the day it is asked: 去年, 今年, 近三年, and a half of the year without its year."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

RELATIVE = {"去年": -1, "今年": 0, "本年": 0, "本年度": 0, "前年": -2, "明年": 1}

_SAID = re.compile(r"去年|今年(?!度)|本年度?|明年|(?<![以之往常多当])前年|今年度")
_COMPARED = re.compile(  # what another year's figure is compared with
    r"(?:比|较)(?:去年|前年|今年)|(?:与|同|跟|和)(?:去年|前年|今年)[^,，。?？]{0,4}(?:相比|对比|比较)|(?:去年|前年)同期"
)
_LAST = re.compile(r"(?:最)?近(?P<count>[两二三四五2-5])年(?:以?来|内|间)?")
_HALF = re.compile(r"(?<!每年)(?<!年)(?<!的)[上下]半年(?!度)")
_NAMED = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)|《|〔")
_COUNTS = dict(zip("两二三四五2345", (2, 2, 3, 4, 5, 2, 3, 4, 5), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A question with its years as figures; `note` says in a sentence what was left as it was said, and why."""

    text: str
    note: str = ""


def dated(question: str, today: date, years: Collection[int] | None = None) -> Dated:
    """The question with years counted from `today` in figures; one that names its years keeps a half without one.

    Where the `years` of the base are given (no day was asked for), "this year" stays as it was said in a base that has nothing of it:
    it is then read by what the documents call so.
    """
    compared = [m.span() for m in _COMPARED.finditer(question)]
    spoken: list[tuple[int, int, str, bool]] = []  # start, end, in figures, whether it is this year
    for match in _SAID.finditer(question):
        if not any(start <= match.start() < end for start, end in compared):
            year = today.year + RELATIVE.get(match[0], 0)
            spoken.append((*match.span(), f"{year}年", year == today.year))
    for match in _LAST.finditer(question):
        spoken.append((*match.span(), _last_years(_COUNTS[match["count"]], today), False))
    if not spoken and not compared and not _NAMED.search(question):
        spoken += [(m.start(), m.start(), f"{today.year}年", True) for m in list(_HALF.finditer(question))[:1]]
    note, text = "", question
    for start, end, figures, is_this_year in sorted(spoken, reverse=True):
        if is_this_year and years is not None and today.year not in years:
            note = f"资料库里没有{today.year}年的资料，问题没有限定年份，请看清答案说的是哪一年。"
        else:
            text = text[:start] + figures + text[end:]
    return Dated(text=text, note=note)


def _last_years(count: int, today: date) -> str:
    """The last years, this one among them: "2023年、2024年和2025年"."""
    *most, last = (f"{today.year - back}年" for back in reversed(range(count)))
    return f"{'、'.join(most)}和{last}"
