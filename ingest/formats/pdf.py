"""PDF files with a text layer. PDFium reads the text, pypdf the encryption and the title."""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.document import UnreadableFile
from ingest.formats.raw import Line, RawDocument

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

_PDFIUM = threading.Lock()  # PDFium is not thread-safe, not even for two files
_MARGIN_SHARE = 0.12  # so many of the lines must begin or end at a margin for it to be one
_BLOCK_GAP_EMS = 6  # a larger step down the page begins another block
_INDENT_EMS = 1.2
_RAGGED_EMS = 2.2  # what may be left free at the end of a full line: punctuation and numbers are not parted


@dataclass(frozen=True, slots=True)
class _Box:
    """A line with its place on the page, in points from the lower left corner; `em` is a character's width."""

    text: str
    page: int
    width: float  # of the page
    left: float
    right: float
    top: float
    em: float


def read(path: Path) -> RawDocument:
    """The text lines of every page, top to bottom, with what their place tells about paragraphs."""
    title = _title(path)
    with _PDFIUM:
        pages = _pages(path)
    lines = _lines([box for page in pages for box in page])
    if not lines:
        raise UnreadableFile(f"{path}：没有文字层，应为扫描件，目前还不能识别图片文字，请换用可复制文字的版本")
    empty = sum(1 for page in pages if not page)
    return RawDocument(lines=tuple(lines), property_title=title, pages=len(pages), pages_empty=empty, hard_wrapped=True)


def _title(path: Path) -> str | None:
    """The title in the file's properties. Raises UnreadableFile when the file is encrypted or damaged."""
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # PDFium decides what is damaged, not its notes
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
            raise UnreadableFile(f"{path}：文件已加密，请去掉密码后重新导入")
        title = reader.metadata.title if reader.metadata else None
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # what PDFium cannot open either is reported by _pages
    return title.strip() or None if isinstance(title, str) else None


def _pages(path: Path) -> list[list[_Box]]:
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with PdfDocument(path) as pdf:
            return [_page_boxes(pdf, i) for i in range(len(pdf))]
    except PdfiumError as error:
        if "assword" in str(error):
            raise UnreadableFile(f"{path}：文件已加密，请去掉密码后重新导入") from None
        raise UnreadableFile(f"{path}：PDF 已损坏，无法打开，请重新下载或另存后再导入") from None


def _page_boxes(pdf: PdfDocument, index: int) -> list[_Box]:
    page: PdfPage = pdf[index]
    text_page: PdfTextPage = page.get_textpage()
    try:
        return _in_reading_order(_boxes(text_page, index + 1, page.get_width()))
    finally:
        text_page.close()
        page.close()


def _boxes(text_page: PdfTextPage, number: int, width: float) -> list[_Box]:
    text = text_page.get_text_range()
    located = len(text) == text_page.count_chars()
    boxes = []
    for match in re.finditer(r"[^\r\n]+", text):
        line = match[0].strip("\x02\ufffe ")
        if not line:
            continue
        first = match.start() + match[0].index(line[0])
        last = match.start() + match[0].rindex(line[-1])
        left, _, first_right, top = text_page.get_charbox(first, loose=True) if located else (0.0, 0.0, 0.0, 0.0)
        right = text_page.get_charbox(last, loose=True)[2] if located else 0.0
        em = max(first_right - left, (top - text_page.get_charbox(first, loose=True)[1]) * 0.7) if located else 0.0
        boxes.append(_Box(_undoubled(line.replace("\ufffe", "")), number, width, left, right, top, em))
    return boxes


def _undoubled(line: str) -> str:
    """The line with every character once, when bold was made by printing each twice."""
    pairs = len(line) % 2 == 0 and len(line) >= 6 and line[::2] == line[1::2]
    return line[::2] if pairs and len(set(line)) > 2 else line


def _in_reading_order(boxes: list[_Box]) -> list[_Box]:
    """Blocks that the file holds out of order put from top to bottom; columns side by side stay as they are."""
    runs: list[list[_Box]] = []
    for box in boxes:
        drop = runs[-1][-1].top - box.top if runs else 0.0
        if runs and -box.em / 2 <= drop < _BLOCK_GAP_EMS * box.em:
            runs[-1].append(box)
        else:
            runs.append([box])
    ordered = sorted(runs, key=lambda run: -run[0].top)
    stacked = all(a[-1].top > b[0].top for a, b in zip(ordered, ordered[1:], strict=False))
    return [box for run in (ordered if stacked else runs) for box in run]


def _lines(boxes: Sequence[_Box]) -> list[Line]:
    """The boxes as lines that know whether they are indented and whether they reach the right edge."""
    margins = {
        width: _margins([b for b in boxes if round(b.width) == width]) for width in {round(b.width) for b in boxes}
    }
    lines = []
    for box in boxes:
        left, right = margins[round(box.width)]
        located = box.em > 0
        lines.append(
            Line(
                text=box.text,
                page=box.page,
                indented=box.left > left + _INDENT_EMS * box.em if located else None,
                full=box.right > right - _RAGGED_EMS * box.em if located else None,
            )
        )
    return lines


def _margins(boxes: Sequence[_Box]) -> tuple[float, float]:
    """The leftmost and rightmost edges that a fair share of the lines have in common, to 4 points."""
    lefts = Counter(round(b.left / 4) for b in boxes)
    rights = Counter(round(b.right / 4) for b in boxes)
    return min(_common(lefts)) * 4.0, max(_common(rights)) * 4.0


def _common(edges: Counter[int]) -> list[int]:
    """The edges that enough lines share, else the one that most share."""
    enough = max(2.0, edges.total() * _MARGIN_SHARE)
    return [at for at, times in edges.items() if times >= enough] or [edges.most_common(1)[0][0]]
