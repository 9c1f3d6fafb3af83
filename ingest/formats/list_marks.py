"""The automatic numbers of lists, which stand in no text: 第一条, 一、, （一）, 1., ①, a)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_DIGITS = "零一二三四五六七八九"
_LEGAL = str.maketrans("零一二三四五六七八九十百千", "零壹贰叁肆伍陆柒捌玖拾佰仟")
_CHINESE = {
    *("chineseCounting", "chineseCountingThousand", "ideographDigital"),
    *("japaneseCounting", "japaneseDigitalTenThousand", "taiwaneseCounting", "taiwaneseCountingThousand"),
}
_LEGAL_KINDS = {"chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"}
_CIRCLED = {"decimalEnclosedCircle", "decimalEnclosedCircleChinese"}
_STEMS = {"ideographTraditional": "甲乙丙丁戊己庚辛壬癸", "ideographZodiac": "子丑寅卯辰巳午未申酉戌亥"}
_SINGLE = {**dict.fromkeys(_CIRCLED, 0x2460), "decimalEnclosedParen": 0x2474, "decimalEnclosedFullstop": 0x2488}
_ROMAN = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_BULLET = re.compile("[\\s·•●○■□◆◇▪▫★☆➢➤✓✔–—*o\ue000-\uf8ff-]*")
_LIMIT = 10_000  # a number as large is no list number

# The codes of number formats in .doc, .rtf and Word 2003 XML, named as .docx names them (MS-OSHARED 2.2.1.3).
KINDS: Mapping[int, str] = {
    0: "decimal",
    1: "upperRoman",
    2: "lowerRoman",
    3: "upperLetter",
    4: "lowerLetter",
    10: "ideographDigital",
    11: "japaneseCounting",
    16: "japaneseLegal",
    17: "japaneseDigitalTenThousand",
    14: "decimalFullWidth",
    18: "decimalEnclosedCircle",
    19: "decimalFullWidth",
    22: "decimalZero",
    23: "bullet",
    26: "decimalEnclosedFullstop",
    27: "decimalEnclosedParen",
    28: "decimalEnclosedCircleChinese",
    29: "ideographEnclosedCircle",
    30: "ideographTraditional",
    31: "ideographZodiac",
    33: "taiwaneseCounting",
    34: "ideographLegalTraditional",
    35: "taiwaneseCountingThousand",
    37: "chineseCounting",
    38: "chineseLegalSimplified",
    39: "chineseCountingThousand",
    255: "none",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLevel:
    """How one level of a list is numbered; `pattern` has %1 for the number of the first level, %2 of the second."""

    kind: str
    pattern: str
    start: int = 1


class ListCounter:
    """Counts list paragraphs in document order and says the mark of each."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[int, int]] = {}

    def mark(self, list_id: str, levels: Mapping[int, ListLevel], level: int) -> str:
        """The number in front of the next paragraph of this list and level, "" when it has none."""
        if level not in levels:
            return ""
        counts = self._counts.setdefault(list_id, {})
        counts[level] = counts[level] + 1 if level in counts else levels[level].start
        for deeper in [at for at in counts if at > level]:
            del counts[deeper]
        return _rendered(levels, level, counts)


def _rendered(levels: Mapping[int, ListLevel], level: int, counts: Mapping[int, int]) -> str:
    kind, pattern = levels[level].kind, levels[level].pattern
    if kind in ("bullet", "none"):
        return ""
    for at in range(level + 1):
        shown = number(levels[at].kind if at in levels else kind, counts.get(at, 1))
        pattern = pattern.replace(f"%{at + 1}", shown)
    return shown_mark(pattern)


def shown_mark(mark: str) -> str:
    """The mark as it stands before the text: without bullets, a gap after 章, 节, 条 as print has it."""
    mark = mark.strip()
    if _BULLET.fullmatch(mark):
        return ""
    return f"{mark} " if mark.endswith(("编", "章", "节", "条")) else mark


def number(kind: str, value: int) -> str:
    """`value` written as a list of this kind writes it; in Arabic digits where that is not known."""
    if not 0 < value < _LIMIT:
        return str(value)
    if kind in _CHINESE:
        return _chinese(value)
    if kind in _LEGAL_KINDS:
        return _chinese(value).translate(_LEGAL)
    if kind in _SINGLE and value <= 20:
        return chr(_SINGLE[kind] + value - 1)
    if kind == "ideographEnclosedCircle" and value <= 10:
        return chr(0x3220 + value - 1)
    if kind in _STEMS and value <= len(_STEMS[kind]):
        return _STEMS[kind][value - 1]
    if kind in ("lowerLetter", "upperLetter") and value <= 26:
        return chr((97 if kind == "lowerLetter" else 65) + value - 1)
    if kind in ("lowerRoman", "upperRoman") and value < 400:
        return _roman(value) if kind == "lowerRoman" else _roman(value).upper()
    return f"{value:02}" if kind == "decimalZero" else str(value)


def _chinese(value: int) -> str:
    """A number below 10,000 as headings write it: 三, 十二, 二十, 一百零五."""
    text, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            text += ("零" if gap else "") + _DIGITS[digit] + name
        gap = bool(text) and not digit
    return text.removeprefix("一") if text.startswith("一十") else text


def _roman(value: int) -> str:
    text = ""
    for size, letters in _ROMAN:
        count, value = divmod(value, size)
        text += letters * count
    return text
