"""A Word 2003 XML document taken apart into what a .docx keeps in separate parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.document import UnreadableFile
from ingest.formats.list_marks import KINDS

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WX = "{http://schemas.microsoft.com/office/word/2003/auxHint}"
_AML = "{http://schemas.microsoft.com/aml/2001/core}"
_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"

_Element = Any  # an lxml element
_Part = tuple[str, str, bytes]  # name, content type, content


def as_package(root: _Element, path: Path) -> list[_Part]:
    """The parts of the document whose elements are already in the later namespace."""
    body = root.find(f"{_W}body")
    if body is None:
        raise UnreadableFile(f"{path}：Word XML 文件里没有正文，请用 Word 或 WPS 另存为 docx 后重新导入")
    _settle_changes(body)
    _unwrap_sections(body)
    _rename(root)
    inner = {
        "styles": root.find(f"{_W}styles"),
        "numbering": _numbering(root.find(f"{_W}lists")),
        "footnotes": _notes(body),
    }
    document = _new("document")
    document.append(body)
    parts = [("word/document.xml", f"{_TYPES}.document.main+xml", _xml(document))]
    found = [(name, element) for name, element in inner.items() if element is not None]
    parts += [(f"word/{name}.xml", f"{_TYPES}.{name}+xml", _xml(element)) for name, element in found]
    parts.append(_relations("_rels/.rels", [("officeDocument", "word/document.xml")]))
    parts.append(_relations("word/_rels/document.xml.rels", [(name, f"{name}.xml") for name, _ in found]))
    return parts


def _settle_changes(body: _Element) -> None:
    """Tracked insertions stay, deletions, comments and other notes about the text go."""
    for note in list(body.iter(f"{_AML}annotation")):
        if note.get(f"{_W}type") == "Word.Insertion":
            for content in list(note.iterchildren(f"{_AML}content")):
                _unwrap(content)
            _unwrap(note)
        else:
            note.getparent().remove(note)


def _unwrap_sections(body: _Element) -> None:
    """Word 2003 wraps sections, and what stands under a heading, in elements of their own."""
    for wrapper in list(body.iter(f"{_WX}*")):
        _unwrap(wrapper)


def _unwrap(element: _Element) -> None:
    parent = element.getparent()
    at = parent.index(element)
    for offset, child in enumerate(list(element)):
        parent.insert(at + offset, child)
    parent.remove(element)


def _rename(root: _Element) -> None:
    for merge in root.iter(f"{_W}vmerge"):
        merge.tag = f"{_W}vMerge"
    for place in root.iter(f"{_W}listPr"):
        place.tag = f"{_W}numPr"
        for number in place.iterchildren(f"{_W}ilfo"):
            number.tag = f"{_W}numId"


def _numbering(lists: _Element | None) -> _Element | None:
    if lists is None:
        return None
    for definition in lists.iterchildren(f"{_W}listDef"):
        definition.tag = f"{_W}abstractNum"
        definition.set(f"{_W}abstractNumId", definition.get(f"{_W}listDefId", ""))
    for kind in lists.iter(f"{_W}nfc"):
        kind.tag = f"{_W}numFmt"
        value = kind.get(f"{_W}val", "")
        kind.set(f"{_W}val", KINDS.get(int(value), "decimal") if value.isdecimal() else "decimal")
    for level in lists.iter(f"{_W}lvl"):
        _complete(level)
    for use in lists.iterchildren(f"{_W}list"):
        use.tag = f"{_W}num"
        use.set(f"{_W}numId", use.get(f"{_W}ilfo", ""))
        for which in use.iterchildren(f"{_W}ilst"):
            which.tag = f"{_W}abstractNumId"
    lists.tag = f"{_W}numbering"
    return lists


def _complete(level: _Element) -> None:
    """A level says its number and where it starts."""
    if not level.get(f"{_W}ilvl", "").isdecimal():
        level.getparent().remove(level)
    for start in level.iterchildren(f"{_W}start"):
        if not start.get(f"{_W}val", "").isdecimal():
            level.remove(start)


def _notes(body: _Element) -> _Element:
    """The footnotes and endnotes, which stand in the text where they are referred to."""
    notes = _new("footnotes")
    for note in list(body.iter(f"{_W}footnote", f"{_W}endnote")):
        note.tag = f"{_W}footnote"
        note.attrib.pop(f"{_W}type", None)
        note.tail = None
        notes.append(note)
    return notes


def _relations(name: str, targets: list[tuple[str, str]]) -> _Part:
    from lxml import etree

    root = etree.Element("Relationships", xmlns="http://schemas.openxmlformats.org/package/2006/relationships")
    for number, (kind, target) in enumerate(targets, start=1):
        etree.SubElement(root, "Relationship", Id=f"rId{number}", Type=f"{_RELATIONS}/{kind}", Target=target)
    return name, _RELATIONS_TYPE, _xml(root)


def _new(name: str) -> _Element:
    from lxml import etree

    return etree.Element(f"{_W}{name}", nsmap={"w": _W.strip("{}")})


def _xml(element: _Element) -> bytes:
    from lxml import etree

    data: bytes = etree.tostring(element, encoding="utf-8", xml_declaration=True)
    return data
