"""Real Word footnotes for python-docx, which has none: the footnotes part, its relation, and the marks in the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_SEPARATORS = (
    '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>'
)


class Footnotes:
    """Collects the notes of a document; `save` writes them into its package."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._notes: list[str] = []

    def __len__(self) -> int:
        return len(self._notes)

    def add(self, paragraph: Paragraph, text: str) -> None:
        """A note with its mark at the end of the paragraph as it is now."""
        from docx.oxml import parse_xml

        self._notes.append(text)
        mark: Any = parse_xml(
            f'<w:r xmlns:w="{_W}"><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr>'
            f'<w:footnoteReference w:id="{len(self._notes)}"/></w:r>'
        )
        paragraph._p.append(mark)

    def save(self) -> None:
        """Adds the part to the document's package, and tells its settings of the separators."""
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part
        from docx.oxml import parse_xml

        notes = "".join(_note(number, text) for number, text in enumerate(self._notes, 1))
        blob = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:footnotes xmlns:w="{_W}">{_SEPARATORS}{notes}</w:footnotes>'
        main = self._document.part
        part = Part(PackURI("/word/footnotes.xml"), _TYPE, blob.encode("utf-8"), main.package)
        main.relate_to(part, _RELATION)
        properties: Any = parse_xml(
            f'<w:footnotePr xmlns:w="{_W}"><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr>'
        )
        settings = self._document.settings.element
        compat = settings.find(f"{{{_W}}}compat")
        if compat is None:
            settings.append(properties)
        else:
            compat.addprevious(properties)  # the schema has an order


def _note(number: int, text: str) -> str:
    return (
        f'<w:footnote w:id="{number}"><w:p><w:pPr><w:pStyle w:val="FootnoteText"/></w:pPr>'
        '<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r>'
        f'<w:r><w:t xml:space="preserve"> {escape(allowed(text))}</w:t></w:r></w:p></w:footnote>'
    )


def allowed(text: str) -> str:
    """The text without the characters that XML may not hold."""
    return "".join(
        c for c in text if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
    )
