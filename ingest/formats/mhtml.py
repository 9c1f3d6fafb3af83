"""Web pages saved in one file (.mht, .mhtml): the page among the parts of a mail-like message."""

from __future__ import annotations

import email
from email.message import Message
from pathlib import Path

from ingest.document import UnreadableFile
from ingest.formats.html import decode_page, read_page
from ingest.formats.raw import RawDocument


def read(path: Path) -> RawDocument:
    """The page that the file is about; the frames in their order when that page is only a frame for others."""
    try:
        parts = _pages(path.read_bytes())
        pages = [_read(part, path) for part in parts]
    except RecursionError:
        raise _damaged(path) from None
    full = [page for page in pages if page is not None and any(line.text.strip() for line in page.lines)]
    if not full:
        raise _damaged(path)
    if pages[0] is full[0]:
        return full[0]
    return RawDocument(
        lines=tuple(line for page in full for line in page.lines),
        title=full[0].title,
        tables=sum(page.tables for page in full),
        table_rows=sum(page.table_rows for page in full),
    )


def _damaged(path: Path) -> UnreadableFile:
    return UnreadableFile(f"{path}：单文件网页里没有正文，可能已损坏，请重新保存网页后再导入")


def _pages(data: bytes) -> list[Message]:
    """The HTML parts, the one that the message names as its start first."""
    message = email.message_from_bytes(data)
    parts = [part for part in message.walk() if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    start = message.get_param("start")
    return sorted(parts, key=lambda part: not (isinstance(start, str) and part.get("Content-ID") == start))


def _read(part: Message, path: Path) -> RawDocument | None:
    """The page, None for a set of frames and other parts without text of their own."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        return read_page(_decoded(data, part.get_content_charset(), path), path)
    except UnreadableFile:
        return None


def _decoded(data: bytes, charset: str | None, path: Path) -> str:
    """The markup, in the character set of the part, else in the one that the page names."""
    charset = (charset or "").lower()
    if charset and charset not in ("us-ascii", "unicode"):
        try:
            return data.decode("gb18030" if charset.startswith("gb") else charset)
        except (LookupError, ValueError):
            pass  # the part is not what it says
    return decode_page(data, path)
