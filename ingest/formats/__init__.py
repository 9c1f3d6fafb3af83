"""Readers, one a file format. A new format is one file here and one line in READERS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingest.document import UnknownFormat, UnreadableFile
from ingest.formats import delimited, doc, docx, html, image, mhtml, ofd, pdf, rtf, slides, text, wordml, xls, xlsx
from ingest.formats.raw import RawDocument
from ingest.formats.sniff import NAMES, true_suffix

Reader = Callable[[Path], RawDocument]

READERS: dict[str, Reader] = {
    ".txt": text.read,
    ".text": text.read,
    ".md": text.read_markdown,
    ".markdown": text.read_markdown,
    ".pdf": pdf.read,
    ".docx": docx.read,
    ".docm": docx.read,
    ".doc": doc.read,
    ".wps": doc.read,
    ".rtf": rtf.read,
    ".wordml": wordml.read,
    ".mht": mhtml.read,
    ".mhtml": mhtml.read,
    ".htm": html.read,
    ".html": html.read,
    ".xhtml": html.read,
    ".png": image.read,
    ".jpg": image.read,
    ".jpeg": image.read,
    ".tif": image.read,
    ".tiff": image.read,
    ".bmp": image.read,
    ".gif": image.read,
    ".webp": image.read,
    ".xlsx": xlsx.read,
    ".xlsm": xlsx.read,
    ".xls": xls.read,
    ".csv": delimited.read,
    ".tsv": delimited.read,
    ".pptx": slides.read,
    ".pptm": slides.read,
    ".ppsx": slides.read,
    ".ofd": ofd.read,
}


def read(path: Path) -> RawDocument:
    """What the file holds, by what it is rather than by what it is called.

    Raises UnreadableFile for a file that is missing, empty or damaged, UnknownFormat for one without a reader.
    """
    suffix = _suffix(path)
    reader = READERS.get(suffix)
    if reader is not None:
        return reader(path)
    named = path.suffix.lower()
    what = NAMES.get(suffix, f"“{suffix}”文件" if suffix else "没有扩展名的文件")
    mislabelled = f"名为 {named}，内容其实是{what}" if named in READERS or named != suffix else f"是{what}"
    raise UnknownFormat(f"{path}：{mislabelled}，目前不支持，请另存为 docx、pdf、html 或 txt 后重新导入")


def _suffix(path: Path) -> str:
    try:
        return true_suffix(path)
    except FileNotFoundError:
        raise UnreadableFile(f"{path}：找不到这个文件，请检查路径") from None
    except IsADirectoryError:
        raise UnreadableFile(f"{path}：这是文件夹，不是文件") from None
    except PermissionError:
        raise UnreadableFile(f"{path}：没有读取权限，请检查文件是否被占用或受保护") from None
