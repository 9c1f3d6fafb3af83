"""The automatic numbers of Word lists, which stand in no text run: 一、 （一） 1. ① a)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.formats.list_marks import ListCounter, ListLevel

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_Element = Any  # an lxml element


class Numbering:
    """Counts list paragraphs in document order and says the mark of each."""

    def __init__(self, document: Document) -> None:
        self._numbers = _definitions(document)
        self._styles = _style_numbers(document)
        self._counter = ListCounter()

    def mark(self, paragraph: _Element) -> str:
        """The number in front of the paragraph, "" when it has none. Call once a paragraph, in order."""
        place = self._place(paragraph)
        if place is None or place[0] not in self._numbers:
            return ""
        number_id, level = place
        list_id, levels = self._numbers[number_id]
        return self._counter.mark(list_id, levels, level)

    def _place(self, paragraph: _Element) -> tuple[str, int] | None:
        """(number definition, level), from the paragraph itself, else from its style."""
        own = _number_of(paragraph.find(f"{_W}pPr"))
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        inherited = self._styles.get(style.get(f"{_W}val")) if style is not None else None
        if own is None:
            return inherited
        return (own[0] or (inherited[0] if inherited else ""), own[1])


def _definitions(document: Document) -> dict[str, tuple[str, dict[int, ListLevel]]]:
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


def _levels(abstract: _Element) -> dict[int, ListLevel]:
    levels = {}
    for level in abstract.findall(f"{_W}lvl"):
        kind, text, start = (level.find(f"{_W}{tag}") for tag in ("numFmt", "lvlText", "start"))
        levels[_whole(level, -1, "ilvl")] = ListLevel(
            kind=kind.get(f"{_W}val") if kind is not None else "decimal",
            pattern=text.get(f"{_W}val", "") if text is not None else "",
            start=_whole(start, 1),
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
        _whole(level, 0),
    )


def _whole(element: _Element | None, missing: int, name: str = "val") -> int:
    """The number that the element gives, `missing` when it gives none."""
    value = element.get(f"{_W}{name}", "") if element is not None else ""
    return int(value) if value.isdecimal() and value.isascii() else missing
