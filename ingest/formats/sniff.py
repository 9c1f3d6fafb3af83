"""What a file really is: its first bytes count for more than its name."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from ingest.document import UnreadableFile
from ingest.formats.ole import ole_suffix

_HEAD_BYTES = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TEXTUAL = (".txt", ".text", ".md", ".markdown", ".html", ".htm", ".xhtml")
_SHEETS = (".xls", ".xlsx", ".et", ".csv", ".tsv")
_OFFICE = (".docx", ".docm", ".doc", ".wps", ".pdf", ".rtf")  # when such a file holds plain text, it is a text
_HTML = re.compile(rb"(?:<\?xml[^>]*\?>|<!--.*?-->|\s)*<(?:!doctype html|html|head|meta)\b", re.DOTALL)
_HTML_IN_OFFICE = re.compile(_HTML.pattern[:-3] + rb"|body|style|table|div|p)\b", re.DOTALL)
_MAIL_HEAD = re.compile(rb"(?:from|mime-version|date|subject|snapshot[\w-]*|content-[\w-]+|x-[\w-]+)[ \t]*:")
_MAGIC = (
    (b"{\\rtf", ".rtf"),
    (b"\x89PNG", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"II*\x00", ".tif"),
    (b"MM\x00*", ".tif"),
    (b"GIF8", ".gif"),
    (b"BM", ".bmp"),
    (b"Rar!", ".rar"),
    (b"7z\xbc\xaf", ".7z"),
)
_ZIP_MEMBERS = (
    ("word/document.xml", ".docx"),
    ("xl/workbook.xml", ".xlsx"),
    ("xl/workbook.bin", ".xlsb"),
    ("ppt/presentation.xml", ".pptx"),
    ("OFD.xml", ".ofd"),
    ("META-INF/container.xml", ".epub"),
    ("content.xml", ".odt"),
)

# What a kind of file is called in a message.
NAMES: dict[str, str] = {
    ".doc": "旧版 Word 文件（.doc）",
    ".wps": "WPS 文字文件",
    ".xls": "旧版 Excel 表格（.xls）",
    ".ppt": "旧版幻灯片（.ppt）",
    ".xlsx": "Excel 表格（.xlsx）",
    ".pptx": "幻灯片（.pptx）",
    ".csv": "文本表格（.csv）",
    ".xlsb": "二进制 Excel 表格（.xlsb）",
    ".ofd": "OFD 版式文件",
    ".epub": "电子书",
    ".odt": "ODF 文件",
    ".rtf": "RTF 文件",
    ".zip": "压缩包",
    ".rar": "压缩包",
    ".7z": "压缩包",
    ".mht": "单文件网页（.mht）",
    ".xml": "XML 文件",
    ".wordml": "Word XML 文件",
    ".bin": "无法识别的二进制文件",
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".gif", ".bmp"), "图片"),
}


def true_suffix(path: Path) -> str:
    """The suffix that fits the content. Raises UnreadableFile for an empty, damaged or encrypted file."""
    named = path.suffix.lower()
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip(b"\x00 \r\n\t"):
        raise UnreadableFile(f"{path}：文件是空的，请检查后重新导入")
    if b"%PDF-" in head[:1024]:
        return ".pdf"
    if head.startswith(b"PK\x03\x04"):
        return _zip_suffix(path)
    if head.startswith(_OLE):
        return ole_suffix(path, named)
    for magic, suffix in _MAGIC:
        if head.startswith(magic) and (suffix != ".bmp" or b"\x00" in head):
            return suffix
    return _text_suffix(head, named, path)


def _zip_suffix(path: Path) -> str:
    try:
        with ZipFile(path) as archive:
            names = set(archive.namelist())
    except BadZipFile:
        raise UnreadableFile(f"{path}：文件已损坏或没有下载完整，请重新下载后再导入") from None
    return next((suffix for member, suffix in _ZIP_MEMBERS if member in names), ".zip")


def _text_suffix(head: bytes, named: str, path: Path) -> str:
    plain = _lowered(head)
    if b"office/word/2003/wordml" in plain or (b"office/2006/xmlpackage" in plain and b"powerpoint" not in plain):
        return ".wordml"
    if (_HTML_IN_OFFICE if named in _OFFICE else _HTML).match(plain):
        return ".html"
    if plain.startswith(b"{\\rtf"):
        return ".rtf"
    if _MAIL_HEAD.match(plain) and (b"multipart/related" in plain or named in (".mht", ".mhtml")):
        return ".mht"
    if named in _TEXTUAL and not _is_binary(head):
        return named
    if named in _SHEETS and not _is_binary(head):  # what systems export under the name of a sheet
        return ".xml" if plain.startswith(b"<?xml") else ".html" if b"<table" in plain else ".csv"
    if named in _OFFICE:
        if _is_binary(head):
            raise UnreadableFile(f"{path}：文件已损坏，无法打开，请重新下载或另存后再导入")
        return ".txt"
    return ".bin" if named in _TEXTUAL else named


def _lowered(head: bytes) -> bytes:
    """The beginning in small letters, without byte order mark; UTF-16 as UTF-8."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", errors="ignore").encode()
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()


def _is_binary(head: bytes) -> bool:
    """Whether there are zero bytes that are not those of UTF-16 text."""
    if b"\x00" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    zeros = max(head[0::2].count(0), head[1::2].count(0))
    return head.count(0) != zeros or b"\x00\x00" in head
