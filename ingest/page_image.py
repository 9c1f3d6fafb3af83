"""Pages of an original as pictures for the screen: of PDF files and of pictures themselves."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ingest.document import IngestError, UnreadableFile
from ingest.formats import READERS, image
from ingest.formats.pdfium import PDFIUM, opened, opened_page
from ingest.formats.sniff import true_suffix

if TYPE_CHECKING:
    from PIL.Image import Image

PageKind = Literal["pdf", "picture"]

WIDTH_PX = 1240  # A4 at 150 dpi: sharp on the screen at the width of the viewer and at twice that
_MAX_PIXELS = 16_000_000
_MAX_SIDE = 8000


def page_kind(path: Path) -> PageKind | None:
    """How the file's pages are drawn, by its content; None when we cannot draw them."""
    try:
        reader = READERS.get(true_suffix(path))
    except (OSError, IngestError):
        return None
    if reader is image.read:
        return "picture"
    return "pdf" if reader is READERS[".pdf"] else None


def page_size(path: Path, number: int) -> tuple[float, float]:
    """Width and height of the page as it is shown, in points or pixels. Raises UnreadableFile."""
    if page_kind(path) == "pdf":
        with PDFIUM, opened(path) as pdf:
            _check(path, number, len(pdf))
            with opened_page(pdf, number) as page:
                width, height = page.get_size()
                return float(width), float(height)
    shown = _picture(path, number)
    return float(shown.width), float(shown.height)


def page_png(path: Path, number: int, width_px: int = WIDTH_PX) -> bytes:
    """Page `number`, from 1, as a PNG so many pixels wide, less where the page is very long.

    Raises UnreadableFile when the file has no such page, is damaged, or is of a kind we cannot draw.
    """
    kind = page_kind(path)
    if kind is None:
        raise UnreadableFile(f"{path}：这种文件没有可以显示的页面，请看文字或下载原件")
    picture = _drawn(path, number, width_px) if kind == "pdf" else _fitted(_picture(path, number), width_px)
    written = io.BytesIO()
    picture.save(written, "PNG", compress_level=2)
    return written.getvalue()


def _drawn(path: Path, number: int, width_px: int) -> Image:
    with PDFIUM, opened(path) as pdf:
        _check(path, number, len(pdf))
        with opened_page(pdf, number) as page:
            width, height = page.get_size()
            bitmap = page.render(scale=_scale(width, height, width_px))
            try:
                picture: Image = bitmap.to_pil().convert("RGB")  # a copy: the bitmap's memory is given back
                return picture
            finally:
                bitmap.close()


def _check(path: Path, number: int, count: int) -> None:
    if not 1 <= number <= count:
        raise UnreadableFile(f"{path}：共 {count} 页，没有第 {number} 页")


def _picture(path: Path, number: int) -> Image:
    """The picture as OCR saw it: upright, on white."""
    from PIL import Image as images

    for at, pixels in enumerate(image.pictures(path), start=1):
        if at == number:
            return images.fromarray(pixels[:, :, ::-1].copy())
    raise UnreadableFile(f"{path}：没有第 {number} 页")


def _fitted(picture: Image, width_px: int) -> Image:
    from PIL.Image import Resampling

    scale = min(1.0, _scale(picture.width, picture.height, width_px))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture if size == picture.size else picture.resize(size, Resampling.LANCZOS)


def _scale(width: float, height: float, width_px: int) -> float:
    """Pixels a unit, within what a picture may have."""
    width, height = max(width, 1.0), max(height, 1.0)
    return float(min(width_px / width, (_MAX_PIXELS / (width * height)) ** 0.5, _MAX_SIDE / max(width, height)))
