"""A draft as a Word file by GB/T 9704-2012, its sources as footnotes, the evidence and the gaps as annexes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.answer import Citation, Validity
from qa.draft import DraftKind, Part, PartKind, Reply
from ui import draft_words as words
from ui.draft_footnotes import Footnotes, allowed
from ui.draft_page import new_document, styled
from ui.render import day_label, pages_label, source_label

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

_LONG_TITLE_CHARS = 2  # a problem longer than its title by more than its end mark is given in full
_EVIDENCE_MM = (10, 34, 22, 22, 18, 16, 34)
_GAPS_MM = (12, 44, 100)
_CHAR_PT = 16
_HEADING_CHARS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around the replies. What is None is marked as missing."""

    kind: DraftKind
    title: str
    issuer: str | None = None
    day: date | None = None


def write(path: Path, replies: Sequence[Reply], frame: Frame) -> None:
    """Writes the file, whole or not at all. Raises OSError."""
    from docx.oxml.ns import qn

    document = new_document()
    document.core_properties.title = allowed(frame.title)[:250]
    document.core_properties.author = allowed(frame.issuer or "")[:250]
    document.core_properties.comments = ""
    notes = Footnotes(document)
    body = document.element.body
    section = body.find(qn("w:sectPr"))
    body.remove(section)  # it comes last; until then the end is where paragraphs go
    _body(document, notes, replies, frame)
    _evidence(document, replies)
    _gaps(document, replies, frame)
    body.append(section)
    notes.save()
    part = path.with_name(f".{path.name}.part")
    try:
        document.save(str(part))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _body(document: Document, notes: Footnotes, replies: Sequence[Reply], frame: Frame) -> None:
    styled(document, "title", allowed(frame.title))
    document.add_paragraph()
    styled(document, "body", words.OPENING)
    for reply in replies:
        _reply(document, notes, reply)
    document.add_paragraph()
    for line, left in zip(words.ANNEXES, (2, 5), strict=True):
        from docx.shared import Pt

        document.add_paragraph(line).paragraph_format.left_indent = Pt(left * _CHAR_PT)
    _signature(document, frame)


def _reply(document: Document, notes: Footnotes, reply: Reply) -> None:
    item = reply.item
    styled(document, "heading 1", f"{words.chinese_number(item.number)}、{allowed(item.title)}")
    if len(item.text) > len(item.title) + _LONG_TITLE_CHARS:
        styled(document, "body", words.PROBLEM + allowed(item.text))
    if item.requirement:
        styled(document, "body", words.REQUIREMENT + allowed(item.requirement))
    cited = {c.number: c for c in reply.citations}
    for number, part in enumerate(reply.parts, 1):
        if part.kind is not PartKind.ANSWER:
            styled(document, "heading 2", f"（{words.chinese_number(number)}）{part.kind.value}")
        _part(document, notes, part, cited)


def _part(document: Document, notes: Footnotes, part: Part, cited: dict[int, Citation]) -> None:
    """The sentences in one paragraph, each that has a label in its own; then what is missing."""
    paragraph: Paragraph | None = None
    for sentence in part.sentences:
        if paragraph is None or sentence.label:
            paragraph = styled(document, "body")
            if part.kind is PartKind.ANSWER and not sentence.label:
                paragraph.add_run(words.LOOKED_UP)
        if sentence.label:
            paragraph.add_run(allowed(sentence.label))
        paragraph.add_run(allowed(sentence.text))
        for number in sentence.citations:
            notes.add(paragraph, footnote_text(cited[number], is_rule=part.kind is PartKind.BASIS))
    for text in part.filled:
        _highlighted(styled(document, "body", allowed(text)), words.BY_HAND)
    for text in (*part.gaps, *map(words.note, part.notes)):
        _highlighted(styled(document, "body"), text)


def _highlighted(paragraph: Paragraph, text: str) -> None:
    from docx.enum.text import WD_COLOR_INDEX

    paragraph.add_run(allowed(text)).font.highlight_color = WD_COLOR_INDEX.YELLOW


def _signature(document: Document, frame: Frame) -> None:
    """Issuer and date as a document without a seal has them: the date two characters right of the issuer's first."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    document.add_paragraph()
    issuer, day = frame.issuer or words.NO_ISSUER, day_label(frame.day) or words.NO_DATE
    issuer_right = 2.0
    day_right = _width(issuer) - _width(day)
    if day_right < 2:
        day_right, issuer_right = 2.0, _width(day) + 4 - _width(issuer)
    for text, known, right in ((issuer, frame.issuer, issuer_right), (day, frame.day, day_right)):
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.right_indent = Pt(max(0.0, right) * _CHAR_PT)
        paragraph.paragraph_format.keep_with_next = known is frame.issuer
        if known is None:
            _highlighted(paragraph, text)
        else:
            paragraph.add_run(allowed(text))


def _width(text: str) -> float:
    """In characters of Chinese."""
    return sum(0.5 if c.isascii() else 1.0 for c in text)


# --- the annexes ---


def _evidence(document: Document, replies: Sequence[Reply]) -> None:
    _annex(document, 1, words.EVIDENCE_TITLE)
    citations = [c for reply in replies for c in in_order(reply)]
    rows = (
        (
            str(number),
            source_label(c.title, None),
            c.document_number or "未注明",
            c.issuer or "未注明",
            day_label(c.issued_on) or "未注明",
            place_label(c),
            c.quote,
        )
        for number, c in enumerate(citations, 1)
    )
    _table(document, words.EVIDENCE_HEADERS, rows, _EVIDENCE_MM)


def _gaps(document: Document, replies: Sequence[Reply], frame: Frame) -> None:
    _annex(document, 2, words.GAPS_TITLE)
    told = [
        (f"{reply.item.number}. {reply.item.title}", text)
        for reply in replies
        for part in reply.parts
        for text in (*part.gaps, *(words.FILLED + t for t in part.filled), *map(words.note, part.notes))
    ]
    told += [("落款", words.NO_ISSUER)] if frame.issuer is None else []
    told += [("落款", words.NO_DATE)] if frame.day is None else []
    if not told:
        styled(document, "body", words.NONE)
        return
    rows = ((str(number), item, text.strip("【】")) for number, (item, text) in enumerate(told, 1))
    _table(document, words.GAPS_HEADERS, rows, _GAPS_MM)


def _annex(document: Document, number: int, title: str) -> None:
    """The annex mark on a new page, flush left, and its title."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    mark = styled(document, "heading 1", f"附件{number}")
    mark.paragraph_format.page_break_before = True
    mark.paragraph_format.first_line_indent = Pt(0)
    _no_indent_by_characters(mark)
    heading = styled(document, "title", title)
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph()


def _no_indent_by_characters(paragraph: Paragraph) -> None:
    from docx.oxml.ns import qn

    indent: Any = paragraph._p.get_or_add_pPr().find(qn("w:ind"))
    indent.set(qn("w:firstLineChars"), "0")


def _table(
    document: Document, headers: Sequence[str], rows: Iterator[tuple[str, ...]], widths_mm: Sequence[int]
) -> None:
    """A ruled table whose head comes again on each page. Built as XML: python-docx takes minutes for thousands of rows."""
    from docx.oxml import parse_xml

    from ui.draft_table import table_xml

    table: Any = parse_xml(table_xml(headers, rows, widths_mm))
    document.element.body.append(table)
    document.element.body.append(document.add_paragraph()._p)


# --- how a source is named ---


def in_order(reply: Reply) -> list[Citation]:
    """The reply's citations in the order of their footnotes."""
    cited = {c.number: c for c in reply.citations}
    return [cited[n] for part in reply.parts for s in part.sentences for n in s.citations]


def footnote_text(c: Citation, *, is_rule: bool = False) -> str:
    """《标题》（文号），发文机关，2023年2月10日，第三条，第 2 页；of a rule also whether it is known to be in force."""
    facts = [source_label(c.title, c.document_number), c.issuer or "", day_label(c.issued_on), place_label(c)]
    where = "，".join(fact for fact in facts if fact)
    return f"{where}（资料未写明是否有效）。" if is_rule and c.status is Validity.UNKNOWN else f"{where}。"


def place_label(c: Citation) -> str:
    """Where in the document: the heading and the page."""
    heading = "／".join(h[:_HEADING_CHARS] for h in c.path[-2:])
    return "，".join(part for part in (heading, pages_label(c.pages)) if part)
