"""Dates as offices write them: 2019年9月30日, 2019-09-30, 2019/9/30, 2019.9.30, 二〇一九年九月三十日."""

from __future__ import annotations

import re
from datetime import date, timedelta

from ingest.numerals import to_int

_CHINESE_YEAR = "(?:[一二][〇○◯零Oo0一二三四五六七八九]{3})"
_CHINESE_DAY = "[一二三四五六七八九十元]{1,3}"

DATE = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d{2})\s*(?:年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*日"
    r"|(?P<sep>[-/.])(?P<m2>\d{1,2})(?P=sep)(?P<d2>\d{1,2})(?!\d))"
    rf"|(?P<cy>{_CHINESE_YEAR})\s*年\s*(?P<cm>{_CHINESE_DAY})\s*月\s*(?P<cd>{_CHINESE_DAY})\s*日"
)

ANY_DATE = "(?:" + re.sub(r"\?P<\w+>", "?:", DATE.pattern).replace("(?P=sep)", "[-/.]") + ")"  # without groups


def find_date(text: str) -> date | None:
    """The first real date in `text`."""
    for match in DATE.finditer(text):
        found = to_date(match)
        if found is not None:
            return found
    return None


def only_date(line: str) -> date | None:
    """The date when the line says nothing else (brackets and 印发 aside)."""
    match = DATE.search(line)
    if match is None:
        return None
    rest = (line[: match.start()] + line[match.end() :]).strip(" （）()。　")
    return to_date(match) if rest in ("", "印发", "发布", "公布") else None


def to_date(match: re.Match[str]) -> date | None:
    """The date a match of DATE stands for; None when there is no such day."""
    groups = match.groupdict()
    if groups["cy"]:
        parts = [to_int(groups[k]) for k in ("cy", "cm", "cd")]
    else:
        parts = [int(groups["y"]), int(groups["m"] or groups["m2"]), int(groups["d"] or groups["d2"])]
    year, month, day = parts
    if year is None or month is None or day is None:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def last_day_after_years(start: date, years: int) -> date:
    """The last day in force of a document that takes effect on `start` for so many years."""
    try:
        same_day = start.replace(year=start.year + years)
    except ValueError:  # 29 February
        same_day = date(start.year + years, 3, 1)
    return same_day - timedelta(days=1)
