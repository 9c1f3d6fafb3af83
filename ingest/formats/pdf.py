"""PDF files. PDFium reads the text, pypdf the encryption and the title; pages without usable text are read by OCR."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.document import UnreadableFile
from ingest.formats.pdf_boxes import Box, page_boxes
from ingest.formats.pdf_layer import Layer, layer_of, picture_of
from ingest.formats.pdf_pages import laid_out
from ingest.formats.pdfium import PDFIUM, opened
from ingest.formats.raw import RawDocument
from ingest.ocr import OcrUnavailable

if TYPE_CHECKING:
    from ingest.formats.pdf_scans import Scan
    from ingest.ocr import Picture

_RICHER = 1.5  # times as many characters by OCR as in a thin text layer: the layer is only a stamp or a head
_WHY: dict[Layer, str] = {"none": "没有文字层", "thin": "文字层很少", "garbled": "文字层是乱码"}


@dataclass(slots=True)
class _Pages:
    """The pages as they are read: their lines, what their text layers are like, what OCR made of some."""

    boxes: list[list[Box]]
    layers: list[Layer]
    scans: dict[int, Scan] = field(default_factory=dict)  # index of the page -> what is taken from its picture
    warnings: list[str] = field(default_factory=list)


def read(path: Path) -> RawDocument:
    """The text lines of every page, top to bottom, with what their place tells about paragraphs."""
    title = _title(path)
    with PDFIUM:
        pages = _text_pages(path)
    _read_pictures(path, pages)
    if not any(pages.boxes):
        raise UnreadableFile(f"{path}：{_nothing(pages)}")
    content = laid_out(pages.boxes)
    characters = sum(scan.characters for scan in pages.scans.values())
    return RawDocument(
        lines=content.lines,
        property_title=title,
        pages=len(pages.boxes),
        pages_empty=sum(not boxes for boxes in pages.boxes),
        pages_ocr=len(pages.scans),
        ocr_confidence=_confidence(pages.scans) if characters else None,
        hard_wrapped=True,
        tables=content.tables,
        table_rows=content.table_rows,
        warnings=tuple(pages.warnings),
    )


def _confidence(scans: Mapping[int, Scan]) -> float:
    """The mean over the characters that were read by OCR."""
    characters = sum(scan.characters for scan in scans.values())
    return sum(scan.characters * scan.confidence for scan in scans.values()) / characters


def _nothing(pages: _Pages) -> str:
    """Why there is no text."""
    if pages.warnings:
        return f"没有可用的文字；{pages.warnings[0]}"
    count = len(pages.boxes)
    if all(layer == "empty" for layer in pages.layers):
        return f"共 {count} 页，都是空白页，请检查是否导出有误"
    return f"共 {count} 页，没有文字层，也没有从页面图像里认出文字，请换用更清晰的扫描件"


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
        return None  # what PDFium cannot open either is reported by `opened`
    return title.strip() or None if isinstance(title, str) else None


def _text_pages(path: Path) -> _Pages:
    """What the text layers hold."""
    pages = _Pages([], [])
    with opened(path) as pdf:
        for index in range(len(pdf)):
            page = pdf[index]
            try:
                pages.boxes.append(page_boxes(page, index + 1))
                pages.layers.append(layer_of(page, pages.boxes[-1]))
            finally:
                page.close()
    return pages


def _read_pictures(path: Path, pages: _Pages) -> None:
    """Reads the pages without a usable text layer from their pictures; says which could not be."""
    wanted = [index for index, layer in enumerate(pages.layers) if layer not in ("text", "empty")]
    for index in wanted:
        try:
            scan = _scan(path, index)
        except OcrUnavailable as error:
            pages.warnings += _left_out(wanted, pages, str(error))
            return
        layer, text = pages.layers[index], pages.boxes[index]
        if scan.characters > _RICHER * _length(text) if layer == "thin" else scan.boxes:
            pages.boxes[index], pages.scans[index] = list(scan.boxes), scan
        elif layer == "thin":
            continue
        elif layer == "garbled":
            pages.boxes[index] = []
            pages.warnings.append(f"第{index + 1}页文字层是乱码，也没有从页面图像里认出文字，未收入")
        pages.warnings += scan.warnings


def _left_out(wanted: Sequence[int], pages: _Pages, reason: str) -> Iterator[str]:
    """One line for each kind of page that is left as it is; garbled text is left out."""
    for layer, why in _WHY.items():
        numbers = [index + 1 for index in wanted if pages.layers[index] == layer]
        if layer == "garbled":
            for number in numbers:
                pages.boxes[number - 1] = []
        if numbers:
            yield f"{_listed(numbers)}{why}，应为扫描件或特殊字体，未能识别：{reason}"


def _listed(numbers: Sequence[int]) -> str:
    shown = "、".join(map(str, numbers[:10]))
    return f"第{shown}页" if len(numbers) <= 10 else f"第{shown}等{len(numbers)}页"


def _length(boxes: Sequence[Box]) -> int:
    return sum(not c.isspace() for box in boxes for c in box.text)


def _scan(path: Path, index: int) -> Scan:
    from ingest.formats.pdf_scans import read_scan

    with PDFIUM, opened(path) as pdf:
        page = pdf[index]
        try:
            picture: Picture = picture_of(page)
            width = page.get_width()
        finally:
            page.close()
    return read_scan(picture, index + 1, width)
