"""Dates and times of a sheet as the sheet shows them, by their number format."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

LITERAL = "\ue000"  # stands before every character of a literal
_DATE_PART = re.compile(r"yyyy|yy|e{1,4}|m{1,5}|d{1,4}|h{1,2}|s{1,2}(?:\.0+)?|a{3,4}|am/pm|上午/下午", re.I)
_WEEKDAYS = "一二三四五六日"
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_MAX_DAYS = 2_958_464  # 9999-12-30


def bare_of(section: str) -> str:
    """The section without its literals."""
    return re.sub(f"{LITERAL}.", "", section, flags=re.S)


def is_date(section: str) -> bool:
    """Whether the format is one of dates or times."""
    bare = bare_of(section).lower()
    return "general" not in bare and not re.search(r"[#0?](?!\])", re.sub(r"s\.0+", "s", bare)) and bool(
        re.search(r"[ymdhs]|e(?![+-])|aaa", bare)
    )  # fmt: skip


def date_text(value: float, section: str, from_1904: bool) -> str:
    """The day and time that the number stands for, written as the format says."""
    if not 0 <= value <= _MAX_DAYS:
        return f"{value:.15g}"
    if re.search(r"\[h+\]", section, re.I):
        minutes = round(value * 1440)
        return f"{minutes // 60}:{minutes % 60:02d}"
    days = value if from_1904 or value >= 60 else value + 1  # the sheet's calendar has a 29 February 1900
    moment = (_EPOCH_1904 if from_1904 else _EPOCH) + timedelta(seconds=round(days * 86400))
    text, at, hours = "", 0, False
    while at < len(section):
        part = None if section[at] == LITERAL else _DATE_PART.match(section, at)
        if section[at] == LITERAL:
            text += section[at + 1 : at + 2]
            at += 2
        elif part is None:
            text += section[at] if section[at] not in "[]@" else ""
            at += 1
        else:
            code = part[0].lower()
            is_minute = code in ("m", "mm") and bool(hours or re.match(r"[^a-z]{0,3}s", section[part.end() :], re.I))
            text += _date_part("minute" if is_minute else code, len(code), moment, "/p" in section.lower())
            hours = code[0] in "h"
            at = part.end()
    return text.strip()


def _date_part(code: str, length: int, moment: datetime, halves: bool) -> str:
    values = {"d": moment.day, "m": moment.month, "h": (moment.hour - 1) % 12 + 1 if halves else moment.hour}
    if code == "minute":
        return f"{moment.minute:0{length}d}"
    if code[0] in "ye":
        return f"{moment.year % 100:02d}" if code == "yy" else str(moment.year)
    if code.startswith("aaa") or (code[0] == "d" and length > 2):
        return ("星期" if length > 3 else "") + _WEEKDAYS[moment.weekday()]
    if code[0] == "s":
        return f"{moment.second:0{min(length, 2)}d}"
    if "/" in code:
        return "上午" if moment.hour < 12 else "下午"
    return f"{values[code[0]]:0{min(length, 2)}d}"
