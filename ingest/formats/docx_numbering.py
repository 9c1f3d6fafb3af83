"""The automatic numbers of Word lists, which stand in no text run: 一、 （一） 1. ① a)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CHINESE = {
    *("chineseCounting", "chineseCountingThousand", "chineseLegalSimplified"),
    *("japaneseCounting", "ideographDigital", "taiwaneseCounting", "taiwaneseCountingThousand"),
}
_DIGITS = "零一二三四五六七八九"

_Element = Any  # an lxml element


class Numbering:
    """Counts list paragraphs in document order and says the mark of each."""

    def __init__(self, document: Document) -> None:
        self._numbers = _definitions(document)
        self._styles = _style_numbers(document)
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)

    def mark(self, paragraph: _Element) -> str:
        """The number in front of the paragraph, "" when it has none. Call once a paragraph, in order."""
        place = self._place(paragraph)
        if place is None or place[0] not in self._numbers:
            return ""
        number_id, level = place
        list_id, levels = self._numbers[number_id]
        if level not in levels:
            return ""
        counts = self._counts[list_id]
        counts[level] = counts[level] + 1 if level in counts else levels[level][2]
        for deeper in [at for at in counts if at > level]:
            del counts[deeper]
        return _rendered(levels, level, counts)

    def _place(self, paragraph: _Element) -> tuple[str, int] | None:
        """(number definition, level), from the paragraph itself, else from its style."""
        own = _number_of(paragraph.find(f"{_W}pPr"))
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        inherited = self._styles.get(style.get(f"{_W}val")) if style is not None else None
        if own is None:
            return inherited
        return (own[0] or (inherited[0] if inherited else ""), own[1])


_Level = tuple[str, str, int]  # number format, pattern such as "（%1）", first number


def _definitions(document: Document) -> dict[str, tuple[str, dict[int, _Level]]]:
    """Number definition id -> (the list it counts in, its levels)."""
    try:
        root = document.part.numbering_part.element
    except (KeyError, NotImplementedError):  # the file has no lists
        return {}
    abstract = {a.get(f"{_W}abstractNumId"): _levels(a) for a in root.findall(f"{_W}abstractNum")}
    found = {}
    for num in root.findall(f"{_W}num"):
        ref = num.find(f"{_W}abstractNumId")
        list_id = ref.get(f"{_W}val") if ref is not None else ""
        overrides = num.findall(f"{_W}lvlOverride")
        own_count = f"num{num.get(f'{_W}numId')}" if overrides else list_id  # an override restarts the count
        found[num.get(f"{_W}numId")] = (own_count, abstract.get(list_id, {}))
    return found


def _levels(abstract: _Element) -> dict[int, _Level]:
    levels = {}
    for level in abstract.findall(f"{_W}lvl"):
        kind, text, start = (level.find(f"{_W}{tag}") for tag in ("numFmt", "lvlText", "start"))
        levels[int(level.get(f"{_W}ilvl"))] = (
            kind.get(f"{_W}val") if kind is not None else "decimal",
            text.get(f"{_W}val", "") if text is not None else "",
            int(start.get(f"{_W}val")) if start is not None else 1,
        )
    return levels


def _style_numbers(document: Document) -> dict[str, tuple[str, int]]:
    found = {}
    for style in document.styles.element.findall(f"{_W}style"):
        number = _number_of(style.find(f"{_W}pPr"))
        if number and number[0]:
            found[style.get(f"{_W}styleId")] = number
    return found


def _number_of(properties: _Element | None) -> tuple[str, int] | None:
    mark = properties.find(f"{_W}numPr") if properties is not None else None
    if mark is None:
        return None
    number, level = mark.find(f"{_W}numId"), mark.find(f"{_W}ilvl")
    return (
        number.get(f"{_W}val") if number is not None else "",
        int(level.get(f"{_W}val")) if level is not None else 0,
    )


def _rendered(levels: dict[int, _Level], level: int, counts: dict[int, int]) -> str:
    kind, pattern, _ = levels[level]
    if kind in ("bullet", "none"):
        return ""
    for at in range(level + 1):
        shown = _number(levels[at][0] if at in levels else kind, counts.get(at, 1))
        pattern = pattern.replace(f"%{at + 1}", shown)
    return pattern


def _number(kind: str, value: int) -> str:
    if kind in _CHINESE:
        return _chinese(value)
    if kind == "decimalEnclosedCircle" and value <= 20:
        return chr(0x2460 + value - 1)
    if kind in ("lowerLetter", "upperLetter") and value <= 26:
        return chr((97 if kind == "lowerLetter" else 65) + value - 1)
    return str(value)


def _chinese(value: int) -> str:
    """A number below 100 in Chinese: 三, 十二, 二十; larger ones digit by digit."""
    if value >= 100:
        return "".join(_DIGITS[int(c)] for c in str(value))
    tens, ones = divmod(value, 10)
    head = "" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十"
    return head + (_DIGITS[ones] if ones or not tens else "")
