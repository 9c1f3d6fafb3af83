"""OFD files (GB/T 33190-2016), the national format of fixed pages: text by its place, tables by their rulings."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.document import UnreadableFile
from ingest.formats.ofd_content import POINTS, PageContent, content_of
from ingest.formats.ofd_lines import page_lines
from ingest.formats.ofd_package import WHAT, OfdDocument, OfdPackage, OfdPage
from ingest.formats.packed import open_packed
from ingest.formats.pdf_boxes import Box
from ingest.formats.pdf_layer import is_garbled
from ingest.formats.pdf_pages import laid_out
from ingest.formats.raw import RawDocument
from ingest.ocr import OcrUnavailable, check

if TYPE_CHECKING:
    from ingest.formats.pdf_scans import Scan
    from ingest.ocr import Picture

_PICTURE_SHARE = 0.5  # of the page: a picture of so much is the page
_MAX_PIXELS = 80_000_000


def read(path: Path) -> RawDocument:
    """The text lines of every page, top to bottom, with what their place tells about paragraphs.

    Pages that are pictures are read by OCR where it is there. Raises UnreadableFile.
    """
    with open_packed(path, WHAT) as packed:
        package = OfdPackage(packed, path)
        documents = package.documents()
        reader = _Reader(package)
        for page in (page for document in documents for page in document.pages):
            reader.page(page)
    notes = [*reader.warnings, *_beside(documents)]
    if not any(reader.boxes):
        reason = f"；{reader.warnings[0]}" if reader.warnings else ""
        raise UnreadableFile(f"{path}：共 {len(reader.boxes)} 页，没有可用的文字{reason}")
    content = laid_out(reader.boxes)
    characters = sum(scan.characters for scan in reader.scans)
    return RawDocument(
        lines=content.lines,
        property_title=documents[0].title,
        pages=len(reader.boxes),
        pages_empty=sum(not boxes for boxes in reader.boxes),
        pages_ocr=len(reader.scans),
        ocr_confidence=sum(s.characters * s.confidence for s in reader.scans) / characters if characters else None,
        hard_wrapped=True,
        tables=content.tables,
        table_rows=content.table_rows,
        warnings=tuple(notes),
    )


def _beside(documents: Sequence[OfdDocument]) -> Iterator[str]:
    """What the file holds beside its pages."""
    counted = (
        (sum(d.annotations for d in documents), "处批注或印章图形，未读取"),
        (sum(d.attachments for d in documents), "个附件，未读取"),
        (sum(d.signatures for d in documents), "个电子签章，未验证其是否有效"),
    )
    yield from (f"含 {count} {what}" for count, what in counted if count)
    if len(documents) > 1:
        yield f"一个文件里有 {len(documents)} 个文档，按先后连续编页"


class _Reader:
    """Goes through the pages; keeps their lines and what was lost."""

    def __init__(self, package: OfdPackage) -> None:
        self._package = package
        self.boxes: list[Sequence[Box]] = []
        self.scans: list[Scan] = []
        self.warnings: list[str] = []

    def page(self, page: OfdPage | None) -> None:
        number = len(self.boxes) + 1
        if page is None:
            self.warnings.append(f"第{number}页：内容缺失，文件可能不完整")
            self.boxes.append(())
            return
        content = content_of(page)
        width, height = page.area[2] * POINTS, page.area[3] * POINTS
        boxes: Sequence[Box] = page_lines(content, number, width, height)
        if is_garbled("".join(box.text for box in boxes)):
            self.warnings.append(f"第{number}页：字体没有文字编码，读出的文字不可用，请换用可复制文字的版本")
            boxes = ()
        self._note(content, number)
        if not boxes and content.pictures:
            boxes = self._scanned(page, content, number, width)
        self.boxes.append(boxes)

    def _note(self, content: PageContent, number: int) -> None:
        if content.leaning:
            self.warnings.append(f"第{number}页：{content.leaning} 个倾斜的字（水印、印章）未计入正文")
        if content.too_much:
            self.warnings.append(f"第{number}页：文字过多，超出部分没有读入，请拆分后重新导入")

    def _scanned(self, page: OfdPage, content: PageContent, number: int, width: float) -> Sequence[Box]:
        """The lines that OCR finds in the picture that the page is."""
        largest = max(content.pictures, key=lambda picture: picture.share)
        try:
            check()
            member = page.resources.pictures.get(largest.resource)
            picture = _picture(self._package.content(member) if member else None)
        except OcrUnavailable as error:
            self.warnings.append(f"第{number}页：是图片，文字未能识别：{error}")
            return ()
        if picture is None or largest.share < _PICTURE_SHARE:
            self.warnings.append(f"第{number}页：只有图片，图片的格式或大小不能识别")
            return ()
        from ingest.formats.pdf_scans import read_scan

        scan = read_scan(picture, number, width)
        self.warnings += scan.warnings
        if scan.boxes:
            self.scans.append(scan)
        return scan.boxes


def _picture(data: bytes | None) -> Picture | None:
    """The picture as blue, green and red; None when its format is not known (JBIG2) or it is damaged or too large."""
    import numpy as np
    from PIL import Image

    if data is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PIL's notes on odd tags
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "TIFF", "BMP", "GIF")) as image:
                if image.width * image.height > _MAX_PIXELS:
                    return None
                return np.ascontiguousarray(np.asarray(image.convert("RGB"), dtype=np.uint8)[:, :, ::-1])
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
