"""Chinese numerals as they stand in headings and dates: 十二, 一百零三, 二〇一九."""

from __future__ import annotations

_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | dict.fromkeys("零○◯Oo0", 0) | {"两": 2, "元": 1}
_UNITS = {"十": 10, "百": 100, "千": 1000}

NUMERAL = "一二三四五六七八九十百千〇零两"  # the characters a heading number is written with


def to_int(text: str) -> int | None:
    """The number that Arabic digits or a Chinese numeral below 10,000 stand for; None for anything else."""
    if text.isascii() and text.isdigit():
        return int(text)
    if not text or any(c not in _DIGITS and c not in _UNITS for c in text):
        return None
    if not any(c in _UNITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    return _with_units(text)


def _with_units(text: str) -> int:
    total, digit = 0, 0
    for c in text:
        if c in _UNITS:
            total += (digit or 1) * _UNITS[c]
            digit = 0
        else:
            digit = _DIGITS[c]
    return total + digit
