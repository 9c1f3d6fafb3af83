"""Plain text and Markdown, in the encodings that Chinese offices use."""

from __future__ import annotations

import re
from pathlib import Path

from ingest.document import UnreadableFile
from ingest.formats.raw import Line, RawDocument
from ingest.formats.tables import row_lines

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MARKDOWN_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*\s*$")
_MARKDOWN_RULE = re.compile(r"\s*([-*_]\s*){3,}$")
_MARKDOWN_TABLE_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")


def read(path: Path) -> RawDocument:
    """The lines of a plain text; one with Markdown headings is read as Markdown."""
    text = decode(path.read_bytes(), path)
    if re.search(r"^#{1,6} +\S", text, re.MULTILINE):
        return _markdown(text)
    return RawDocument(lines=tuple(Line(text=line) for line in text.splitlines()))


def read_markdown(path: Path) -> RawDocument:
    """The lines of a Markdown text: headings with their level, tables as rows, marks of emphasis dropped."""
    return _markdown(decode(path.read_bytes(), path))


def _markdown(text: str) -> RawDocument:
    lines: list[Line] = []
    tables = rows = 0
    pending: list[list[str]] = []
    for source in [*text.splitlines(), ""]:
        if source.lstrip().startswith("|"):
            if not _MARKDOWN_TABLE_RULE.match(source):
                pending.append([_plain(cell) for cell in source.strip().strip("|").split("|")])
            continue
        if pending:
            made = row_lines(pending)
            lines += made
            tables, rows, pending = tables + 1, rows + len(made), []
        lines += _markdown_line(source)
    return RawDocument(lines=tuple(lines), tables=tables, table_rows=rows)


def _markdown_line(source: str) -> list[Line]:
    if _MARKDOWN_RULE.match(source):
        return []
    heading = _MARKDOWN_HEADING.match(source.lstrip())
    if heading:
        return [Line(text=_plain(heading[2]), kind="heading", level=len(heading[1]))]
    return [Line(text=_plain(re.sub(r"^\s*(?:>\s?|[-*+]\s+)", "", source)))]


def _plain(text: str) -> str:
    text = re.sub(r"(\*\*|__)(.+?)\1", r"\2", text)
    return re.sub(r"!?\[([^\]]*)\]\((?:[^)\s]*)\)", r"\1", text).replace("\\|", "|").strip()


def decode(data: bytes, path: Path) -> str:
    """The text of `data`: by byte order mark, else UTF-8, UTF-16 without a mark, GB18030."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decoded(data, encoding, path)
    wide = _utf16_without_mark(data)
    if wide:
        return _decoded(data, wide, path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as bad:
        if len(data) - bad.start < 4 and bad.reason == "unexpected end of data":
            return data[: bad.start].decode("utf-8")  # a file cut off in the middle of its last character
    return _decoded(data, "gb18030", path)


def _decoded(data: bytes, encoding: str, path: Path) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableFile(f"{path}：不是能识别的文字编码，请另存为 UTF-8 后重新导入") from None


def _utf16_without_mark(data: bytes) -> str | None:
    """The UTF-16 flavour when many high or low bytes are zero, as line ends, digits and spaces make them."""
    sample = data[:4000]
    if len(sample) < 4 or b"\x00" not in sample:
        return None
    return "utf-16-le" if sample[1::2].count(0) >= sample[0::2].count(0) else "utf-16-be"
