"""Word documents in a single XML file: of Word 2003, and the packages of later versions laid flat.

Both are put together as a .docx in memory and read by its reader.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from ingest.document import UnreadableFile
from ingest.formats import docx
from ingest.formats.raw import RawDocument
from ingest.formats.wordml_parts import as_package

_PKG = "{http://schemas.microsoft.com/office/2006/xmlPackage}"
_TITLE = ".//{urn:schemas-microsoft-com:office:office}DocumentProperties/{urn:schemas-microsoft-com:office:office}Title"
_OLD_WORDS = b"http://schemas.microsoft.com/office/word/2003/wordml"
_WORDS = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"

_Element = Any  # an lxml element


def read(path: Path) -> RawDocument:
    """The paragraphs and table rows of the body, then the footnotes; heads and feet of pages left out."""
    root = _parsed(path.read_bytes(), path)
    flat = root.tag == f"{_PKG}package"
    title = root.findtext(_TITLE)
    parts = list(_flat_parts(root, path)) if flat else as_package(_renamed(root, path), path)
    raw = docx.read_package(_package(parts), path)
    return raw if flat else replace(raw, property_title=(title or "").strip() or None)


def _parsed(data: bytes, path: Path) -> _Element:
    from lxml import etree

    try:
        return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except (etree.XMLSyntaxError, ValueError):
        message = f"{path}：Word XML 文件不完整或已损坏，无法打开，请用 Word 或 WPS 另存为 docx 后重新导入"
        raise UnreadableFile(message) from None


def _renamed(root: _Element, path: Path) -> _Element:
    """The same with the words of Word 2003 in the namespace of later versions."""
    from lxml import etree

    return _parsed(etree.tostring(root, encoding="utf-8").replace(_OLD_WORDS, _WORDS), path)


def _flat_parts(root: _Element, path: Path) -> Iterator[tuple[str, str, bytes]]:
    """(name, content type, content) of every part."""
    from lxml import etree

    for part in root.iter(f"{_PKG}part"):
        name, kind = part.get(f"{_PKG}name", "").lstrip("/"), part.get(f"{_PKG}contentType", "")
        xml, binary = part.find(f"{_PKG}xmlData"), part.findtext(f"{_PKG}binaryData")
        if xml is not None and len(xml):
            yield name, kind, etree.tostring(xml[0], encoding="utf-8")
        elif binary is not None:
            try:
                yield name, kind, base64.b64decode(binary)
            except binascii.Error:
                raise UnreadableFile(f"{path}：Word XML 文件已损坏（{name}），请另存为 docx 后重新导入") from None


def _package(parts: list[tuple[str, str, bytes]]) -> BytesIO:
    from lxml import etree

    types = etree.Element("Types", xmlns="http://schemas.openxmlformats.org/package/2006/content-types")
    etree.SubElement(
        types, "Default", Extension="rels", ContentType="application/vnd.openxmlformats-package.relationships+xml"
    )
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, kind, content in {part[0]: part for part in parts}.values():
            if not name.endswith(".rels"):
                etree.SubElement(types, "Override", PartName=f"/{name}", ContentType=kind)
            archive.writestr(name, content)
        archive.writestr("[Content_Types].xml", etree.tostring(types, xml_declaration=True, encoding="utf-8"))
    packed.seek(0)
    return packed
