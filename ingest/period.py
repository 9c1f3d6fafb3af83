"""The years that a document says its content is about: one year, or a first and a last one."""

from __future__ import annotations

import re
from collections import Counter

from ingest.placeholder import placeholder_years

_YEAR = re.compile(r"(?<!\d)(20\d{2}|19[89]\d)(?=\s*年|年度|[—–－-]20\d{2}\s*年)")
_RANGE = re.compile(
    r"(?<!\d)(?P<first>(?:19|20)\d{2})\s*年?\s*(?:[—–－~～-]{1,2}|至|到)\s*(?P<last>(?:19|20)\d{2})\s*年(?!\d|\s*\d{1,2}\s*月)"
)
_PLAN = re.compile(r"[“\"]?十(?P<n>[一二三四五])五[”\"]?(?=时期|期间|规划|计划|[”\"]|[\u4e00-\u9fff]{2,20}规划)")
_STATED = re.compile(r"(?:规划期|实施期限|实施期|方案期限|规划期限|期限|报告期)[为是:：]?[^。；，]{0,6}")
_FIVE_YEAR_PLANS = {"一": 2006, "二": 2011, "三": 2016, "四": 2021, "五": 2026}  # 十一五 begins in 2006


def year_in(title: str) -> int | None:
    """The first year that the title names; None for "20xx年"."""
    match = _YEAR.search(title)
    return int(match[1]) if match else None


def year_spoken_of(text: str) -> tuple[int | None, bool]:
    """The year that the text names most, and whether it clearly does (at least twice, and more than all others and
    than placeholders)."""
    counts = Counter(int(y) for y in _YEAR.findall(text))
    (year, times) = next(iter(counts.most_common(1)), (0, 0))
    if times < 2 or times <= placeholder_years(text):
        return None, False
    return year, times * 2 > counts.total()


def find_period(title: str, text: str) -> tuple[int, int] | None:
    """First and last year where the title says so ("2021—2025年", "十四五"), or a sentence on the period covered."""
    stated = _STATED.search(text)
    return _period(title) or (_period(text[stated.start() : stated.end() + 20]) if stated else None)


def _period(text: str) -> tuple[int, int] | None:
    span = _RANGE.search(text)
    if span and 0 < int(span["last"]) - int(span["first"]) <= 30:
        return int(span["first"]), int(span["last"])
    plan = _PLAN.search(text)
    if plan:
        first = _FIVE_YEAR_PLANS[plan["n"]]
        return first, first + 4
    return None
