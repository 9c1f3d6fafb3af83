"""What a PDF page has to be read from: its text layer, or its picture. And the picture of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from ingest.characters import mend_characters
from ingest.formats.pdf_boxes import Box

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

    from ingest.ocr import Picture

Layer = Literal["text", "none", "thin", "garbled", "empty"]
"""text: good; none: no text but something drawn; thin: little text over a picture of the page; garbled: the text
is not what is printed; empty: nothing on the page."""

_DPI = 200
_MAX_PIXELS = 16_000_000
_MAX_SIDE = 4000
_PICTURE_SHARE = 0.5  # of the page that pictures cover
_THIN_CHARS = 100
_GARBLED_SHARE = 0.15  # of the characters that Chinese documents do not use
_RARE_SHARE = 0.35  # of the Chinese characters that are rare; 0.02-0.06 in real text, 0.45 in random text
_MIN_CHARS = 12
_MAX_FORMS_DEEP = 3

_Handle = Any  # a PDFium object


def layer_of(page: PdfPage, boxes: Sequence[Box]) -> Layer:
    """What the page has to be read from."""
    import pypdfium2.raw as pdfium

    text = "".join(box.text for box in boxes)
    characters = sum(not c.isspace() for c in text)
    if is_garbled(text) or (characters >= _MIN_CHARS and not _has_chinese(text) and _is_unmapped(page)):
        return "garbled"
    if characters >= _THIN_CHARS:
        return "text"
    if not characters:
        return "none" if pdfium.FPDFPage_CountObjects(page.raw) > 0 else "empty"
    return "thin" if _picture_share(page) >= _PICTURE_SHARE else "text"


def is_garbled(text: str) -> bool:
    """Whether the font's codes came through instead of the text: private, odd or too many rare characters."""
    times = Counter("".join(mend_characters(text.replace("\ufffe", "").translate(_KEPT)).split()))
    total = times.total()
    if total < _MIN_CHARS:
        return total > 2 and times[_ODD] == total
    odd = sum(n for c, n in times.items() if not _is_usual(c))
    chinese = {c: n for c, n in times.items() if "\u4e00" <= c <= "\u9fff"}
    rare = sum(n for c, n in chinese.items() if not _is_common(c))
    return odd >= total * _GARBLED_SHARE or rare >= max(_MIN_CHARS, sum(chinese.values())) * _RARE_SHARE


_ODD = "\ufffd"
_KEPT = dict.fromkeys((*range(57344, 63744), *range(14, 32), *range(1, 9)), _ODD)


def _is_usual(character: str) -> bool:
    """Whether the character is ASCII or in one of the national character sets."""
    return character.isascii() or _code(character, "gb2312") is not None or _code(character, "big5") is not None


def _is_common(character: str) -> bool:
    """Whether the Chinese character is of the first level of GB 2312 or Big5."""
    simple, traditional = _code(character, "gb2312"), _code(character, "big5")
    return (simple is not None and simple < 0xD800) or (traditional is not None and traditional < 0xC900)


def _code(character: str, charset: str) -> int | None:
    try:
        return int.from_bytes(character.encode(charset), "big")
    except UnicodeEncodeError:
        return None


def _has_chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in mend_characters(text))


def _is_unmapped(page: PdfPage) -> bool:
    """Whether the fonts do not say what most of their characters are."""
    import pypdfium2.raw as pdfium

    text_page = page.get_textpage()
    try:
        at = range(0, text_page.count_chars(), 3)
        unmapped = sum(pdfium.FPDFText_HasUnicodeMapError(text_page.raw, i) == 1 for i in at)
        return bool(unmapped * 2 > len(at))
    finally:
        text_page.close()


def _picture_share(page: PdfPage) -> float:
    """The share of the page that pictures cover, overlaps counted twice."""
    width, height = page.get_size()
    return float(sum(_picture_areas(page)) / max(1.0, width * height))


def _picture_areas(page: PdfPage) -> Iterator[float]:
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFPage_CountObjects(page.raw)
    for child in (pdfium.FPDFPage_GetObject(page.raw, i) for i in range(count)):
        if _is_picture(child, 0):
            yield _area(child)


def _is_picture(item: _Handle, deep: int) -> bool:
    """Whether the object is a picture, or a form that holds one."""
    import pypdfium2.raw as pdfium

    kind = pdfium.FPDFPageObj_GetType(item)
    if kind == pdfium.FPDF_PAGEOBJ_FORM and deep < _MAX_FORMS_DEEP:
        count = pdfium.FPDFFormObj_CountObjects(item)
        return any(_is_picture(pdfium.FPDFFormObj_GetObject(item, i), deep + 1) for i in range(count))
    return bool(kind == pdfium.FPDF_PAGEOBJ_IMAGE)


def _area(item: _Handle) -> float:
    from ctypes import c_float

    import pypdfium2.raw as pdfium

    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    if not pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top):
        return 0.0
    return max(0.0, right.value - left.value) * max(0.0, top.value - bottom.value)


def picture_of(page: PdfPage) -> Picture:
    """The page as it prints, 200 dots an inch or as many as a picture may have."""
    import numpy as np

    width, height = page.get_size()
    scale = min(_DPI / 72, (_MAX_PIXELS / max(1.0, width * height)) ** 0.5, _MAX_SIDE / max(width, height, 1.0))
    bitmap = page.render(scale=scale, rev_byteorder=False)
    try:
        pixels = bitmap.to_numpy()
        if pixels.ndim == 2:
            pixels = pixels[:, :, None]
        colours = pixels[:, :, :3] if pixels.shape[2] >= 3 else np.repeat(pixels[:, :, :1], 3, axis=2)
        return np.array(colours, dtype=np.uint8, order="C")
    finally:
        bitmap.close()
