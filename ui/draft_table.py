"""A ruled Word table as XML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from ui.draft_footnotes import allowed

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TWIPS_PER_MM = 56.7
_SIDES = ("top", "left", "bottom", "right", "insideH", "insideV")
_LINE_TWIPS = 320
_HALF_POINTS = 21


def table_xml(headers: Sequence[str], rows: Iterable[Sequence[str]], widths_mm: Sequence[int]) -> str:
    """The table; its first row comes again on each page."""
    widths = [round(mm * _TWIPS_PER_MM) for mm in widths_mm]
    borders = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for side in _SIDES)
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    head = _row(headers, widths, "黑体", "<w:trPr><w:tblHeader/></w:trPr>")
    body = "".join(_row(row, widths, "仿宋_GB2312", "<w:trPr><w:cantSplit/></w:trPr>") for row in rows)
    return (
        f'<w:tbl xmlns:w="{_W}"><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{borders}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{head}{body}</w:tbl>'
    )


def _row(cells: Sequence[str], widths: Sequence[int], font: str, properties: str) -> str:
    return f"<w:tr>{properties}{''.join(_cell(c, w, font) for c, w in zip(cells, widths, strict=True))}</w:tr>"


def _cell(text: str, width: int, font: str) -> str:
    lines = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(allowed(line))}</w:t>' for line in text.split("\n"))
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p><w:pPr><w:snapToGrid w:val="0"/>'
        f'<w:spacing w:line="{_LINE_TWIPS}" w:lineRule="exact"/></w:pPr><w:r><w:rPr><w:rFonts w:eastAsia="{font}"/>'
        f'<w:sz w:val="{_HALF_POINTS}"/></w:rPr>{lines}</w:r></w:p></w:tc>'
    )
