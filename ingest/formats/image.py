"""Pictures of pages: JPG, PNG, TIFF of several pages, BMP, GIF, WEBP. Photographs are turned as the camera says."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.document import UnreadableFile
from ingest.formats.pdf_pages import laid_out
from ingest.formats.raw import RawDocument
from ingest.ocr import OcrUnavailable, check

if TYPE_CHECKING:
    from PIL.Image import Image

    from ingest.formats.pdf_scans import Scan
    from ingest.ocr import Picture

_MAX_PIXELS = 80_000_000  # a page, A2 at 300 dpi; a file may claim more than there is memory
_MAX_PAGES = 2000
_SHORT_PT, _LONG_PT = 595.3, 841.9  # the sheet that a picture is taken to be of: A4, as it lies
_FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "DIB", "GIF", "WEBP")  # a JPEG of several pictures (MPO) is opened as JPEG


def read(path: Path) -> RawDocument:
    """The text lines of every picture in the file, with what their place tells about paragraphs."""
    try:
        check()
        scans = list(_scans(path))
    except OcrUnavailable as error:
        raise UnreadableFile(f"{path}：图片里的文字未能识别：{error}") from None
    characters = sum(scan.characters for scan in scans)
    if not characters:
        raise UnreadableFile(f"{path}：没有从图片里认出文字，请换用更清晰的图片")
    content = laid_out([scan.boxes for scan in scans])
    return RawDocument(
        lines=content.lines,
        pages=len(scans),
        pages_empty=sum(not scan.boxes for scan in scans),
        pages_ocr=sum(bool(scan.boxes) for scan in scans),
        ocr_confidence=sum(scan.characters * scan.confidence for scan in scans) / characters,
        hard_wrapped=True,
        tables=content.tables,
        table_rows=content.table_rows,
        warnings=tuple(warning for scan in scans for warning in scan.warnings),
    )


def _scans(path: Path) -> Iterator[Scan]:
    from ingest.formats.pdf_scans import read_scan

    for number, picture in enumerate(pictures(path), start=1):
        height, width = picture.shape[:2]
        yield read_scan(picture, number, _LONG_PT if width > height else _SHORT_PT)


def pictures(path: Path) -> Iterator[Picture]:
    """The pages. Raises UnreadableFile for a damaged file, one of too many pixels or pages."""
    from PIL import Image, UnidentifiedImageError

    Image.init()  # registers the formats that PIL does not know from the start

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PIL's notes on odd tags; the size is checked here
            with Image.open(path, formats=_FORMATS) as image:
                pages = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
                if pages > _MAX_PAGES:
                    raise UnreadableFile(f"{path}：图片有 {pages} 页，最多 {_MAX_PAGES} 页，请拆分后重新导入")
                for page in range(pages):
                    if pages > 1:
                        image.seek(page)
                    yield _pixels(path, image)
    except UnidentifiedImageError:
        raise UnreadableFile(f"{path}：图片已损坏或格式不支持，请另存为 JPG 或 PNG 后重新导入") from None
    except Image.DecompressionBombError:
        raise UnreadableFile(f"{path}：图片像素过大，无法打开，请缩小到 8000 万像素以内后重新导入") from None
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise UnreadableFile(f"{path}：图片已损坏或没有下载完整，无法打开，请重新获取后再导入") from None


def _pixels(path: Path, image: Image) -> Picture:
    """Blue, green and red of the page, upright, on white where it is transparent."""
    import numpy as np
    from PIL import Image as images
    from PIL import ImageOps

    width, height = image.size
    if width * height > _MAX_PIXELS:
        raise UnreadableFile(
            f"{path}：图片像素过大（{width}×{height}），请缩小到 {_MAX_PIXELS // 10_000} 万像素以内后重新导入"
        )
    page = ImageOps.exif_transpose(image)
    if page.mode.startswith(("I", "F")):
        page = _eight_bits(page)
    if page.mode in ("RGBA", "LA", "PA") or "transparency" in page.info:
        page = page.convert("RGBA")
        page = images.alpha_composite(images.new("RGBA", page.size, "white"), page)
    return np.ascontiguousarray(np.asarray(page.convert("RGB"), dtype=np.uint8)[:, :, ::-1])


def _eight_bits(page: Image) -> Image:
    """A picture of 16 or 32 bits with its range as 0 to 255."""
    import numpy as np
    from PIL import Image as images

    levels = np.asarray(page, dtype=np.float64)
    low, high = float(levels.min()), float(levels.max())
    return images.fromarray(((levels - low) * (255.0 / max(high - low, 1e-9))).astype(np.uint8))
