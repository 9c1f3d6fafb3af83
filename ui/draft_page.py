"""The page and the type of an official document by GB/T 9704-2012: margins, grid, fonts, page numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.document import Document
    from docx.styles.style import ParagraphStyle
    from docx.text.paragraph import Paragraph

BODY, TITLE, FIRST, SECOND, SONG = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体"
_LATIN = "Times New Roman"
_ELSE = {BODY: "仿宋", TITLE: "宋体", SECOND: "楷体"}  # where the font is not installed
_LINE_TWIPS = 579  # 22 lines on 225 mm
_CHARACTER_SPACE = -849  # 1/4096 pt: 28 characters of 16 pt on 156 mm
_TIGHTER = -5  # twips: a character of 16 pt into its place of 15.79, for programs that would give it two
_BODY_PT, _TITLE_PT = 16, 22
_STYLE_IDS = {"title": "Title", "body": "OfficialBody", "heading 1": "Heading1", "heading 2": "Heading2"}
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def new_document() -> Document:
    """An empty document with the page, the styles and the page numbers."""
    import docx

    document = docx.Document()
    _page(document)
    _styles(document)
    _page_numbers(document)
    _font_table(document)
    return document


def styled(document: Document, style: str, text: str = "") -> Paragraph:
    """A paragraph at the end in one of the styles, set by its id: python-docx looks through all styles each time, and
    through all paragraphs for the end."""
    from docx.oxml.parser import OxmlElement
    from docx.text.paragraph import Paragraph

    element: Any = OxmlElement("w:p")
    body = document.element.body
    if len(body) and body[-1].tag == f"{{{_W}}}sectPr":
        body[-1].addprevious(element)
    else:
        body.append(element)
    paragraph = Paragraph(element, document._body)
    if text:
        paragraph.add_run(text)
    paragraph._p.style = _STYLE_IDS[style]
    return paragraph


def _page(document: Document) -> None:
    from docx.shared import Mm

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(15), Mm(24)  # the number stands 7 mm below the type area
    properties = section._sectPr
    for old in properties.findall(f"{{{_W}}}docGrid"):
        properties.remove(old)
    properties.append(
        _xml(f'<w:docGrid w:type="linesAndChars" w:linePitch="{_LINE_TWIPS}" w:charSpace="{_CHARACTER_SPACE}"/>')
    )


def _styles(document: Document) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    styles: Any = document.styles
    normal = styles["Normal"]
    _font(normal, BODY, _BODY_PT)
    normal.element.rPr.append(_xml(f'<w:spacing w:val="{_TIGHTER}"/>'))
    _line(normal)
    body = styles.add_style("公文正文", WD_STYLE_TYPE.PARAGRAPH)
    body.element.set(f"{{{_W}}}styleId", _STYLE_IDS["body"])
    body.base_style = normal
    _indent(body)
    body.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.LEFT  # the grid sets the width of every character
    for name, font in (("Heading 1", FIRST), ("Heading 2", SECOND), ("Heading 3", BODY)):
        _font(styles[name], font, _BODY_PT)
        _line(styles[name])
        _indent(styles[name])
        styles[name].next_paragraph_style = body
    title = styles["Title"]
    _font(title, TITLE, _TITLE_PT)
    _line(title)
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for border in title.element.iter(f"{{{_W}}}pBdr"):
        border.getparent().remove(border)
        break
    note = styles.add_style("footnote text", WD_STYLE_TYPE.PARAGRAPH)
    note.element.set(f"{{{_W}}}styleId", "FootnoteText")
    note.base_style = normal
    _font(note, BODY, 10.5)
    note.paragraph_format.line_spacing = 1.0
    mark = styles.add_style("footnote reference", WD_STYLE_TYPE.CHARACTER)
    mark.element.set(f"{{{_W}}}styleId", "FootnoteReference")
    mark.font.superscript = True


def _font(style: ParagraphStyle, name: str, points: float) -> None:
    """The font for Chinese and for the rest, black, neither bold nor slanted."""
    from docx.shared import Pt, RGBColor

    font = style.font
    font.size, font.bold, font.italic, font.name = Pt(points), False, False, _LATIN
    font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in list(fonts.attrib):
        if "heme" in key:
            del fonts.attrib[key]
    for key, value in (("eastAsia", name), ("ascii", _LATIN), ("hAnsi", _LATIN), ("cs", _LATIN)):
        fonts.set(f"{{{_W}}}{key}", value)
    for spacing in style.element.rPr.findall(f"{{{_W}}}spacing") + style.element.rPr.findall(f"{{{_W}}}kern"):
        style.element.rPr.remove(spacing)


def _line(style: ParagraphStyle) -> None:
    from docx.enum.text import WD_LINE_SPACING
    from docx.shared import Pt, Twips

    layout = style.paragraph_format
    layout.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    layout.line_spacing = Twips(_LINE_TWIPS)
    layout.space_before = layout.space_after = Pt(0)


def _indent(style: ParagraphStyle) -> None:
    """Two characters."""
    from docx.shared import Pt

    style.paragraph_format.first_line_indent = Pt(2 * _BODY_PT)
    style.element.pPr.find(f"{{{_W}}}ind").set(f"{{{_W}}}firstLineChars", "200")


def _page_numbers(document: Document) -> None:
    """ "— 1 —", one character from the outer edge: odd pages right, even pages left."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.alignment = side
        layout = paragraph.paragraph_format
        layout.right_indent = layout.left_indent = Pt(14)
        for piece in ("— ", None, " —"):
            run = paragraph.add_run(piece or "")
            run.font.size, run.font.name = Pt(14), SONG
            run._r.get_or_add_rPr().get_or_add_rFonts().set(f"{{{_W}}}eastAsia", SONG)
            if piece is None:
                for part in (
                    '<w:fldChar w:fldCharType="begin"/>',
                    '<w:instrText xml:space="preserve"> PAGE </w:instrText>',
                    '<w:fldChar w:fldCharType="separate"/>',
                    "<w:t>1</w:t>",
                    '<w:fldChar w:fldCharType="end"/>',
                ):
                    run._r.append(_xml(part))


def _font_table(document: Document) -> None:
    """Tells Word what to take where a font is not installed."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    part: Any = document.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    fonts = "".join(f'<w:font w:name="{name}"><w:altName w:val="{other}"/></w:font>' for name, other in _ELSE.items())
    part._blob = part.blob.replace(b"</w:fonts>", fonts.encode("utf-8") + b"</w:fonts>")


def _xml(text: str) -> Any:
    from docx.oxml import parse_xml

    head, rest = (text[:-2], "/>") if text.endswith("/>") else (text[: text.index(">")], text[text.index(">") :])
    return parse_xml(f'{head} xmlns:w="{_W}"{rest}')
