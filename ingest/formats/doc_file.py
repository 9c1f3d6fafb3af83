"""The streams of a legacy Word file (.doc, .wps) and its information block (MS-DOC 2.5, "Fib")."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from ingest.document import UnreadableFile
from ingest.formats.doc_title import property_title

_WORD_97 = 0x00C1  # nFib of Word 97 and everything after
_WORD_IDENTS = (0xA5EC, 0xA5DC)
_ENCRYPTED, _SECOND_TABLE = 0x0100, 0x0200
_CHARACTER_COUNTS = 0x4C  # ccpText, ccpFtn, ccpHdd, ccpMcr, ccpAtn, ccpEdn, ccpTxbx, ccpHdrTxbx
_PAIRS = 0x9A  # FibRgFcLcb97: (offset, length) in the table stream
_MAX_STREAM_BYTES, _MAX_PROPERTY_BYTES = 256 << 20, 1 << 20

# Numbers of the pairs that are used.
STYLES, NOTE_TEXTS, SECTIONS, CHARACTER_PAGES, PARAGRAPH_PAGES = 1, 3, 6, 12, 13
PIECES, BOX_ANCHORS, ENDNOTE_TEXTS, BOX_TEXTS, LISTS, LIST_USES = 33, 40, 47, 56, 73, 74


@dataclass(frozen=True, slots=True, kw_only=True)
class DocFile:
    """The three streams that hold the text and its properties, and how the text is divided.

    `counts` are the characters of the body, footnotes, heads and feet, macros, comments, endnotes and text
    boxes, which follow one another in this order. `east_asian` says that the file was written in Chinese,
    Japanese or Korean.
    """

    main: bytes
    table: bytes
    data: bytes
    counts: tuple[int, ...]
    east_asian: bool
    title: str | None = None

    def part(self, pair: int) -> bytes:
        """The piece of the table stream that the pair points to, b"" when there is none."""
        at, size = _pair(self.main, pair)
        return self.table[at : at + size]

    def part_end(self, pair: int) -> int:
        """Where the piece ends in the table stream; what belongs to it may follow there."""
        at, size = _pair(self.main, pair)
        return at + size

    def span(self, index: int) -> tuple[int, int]:
        """First and last + 1 character position of a part of the text, by its place in `counts`."""
        start = sum(self.counts[:index])
        return start, start + self.counts[index]


def open_doc(path: Path) -> DocFile:
    """Raises UnreadableFile for a file that is damaged, encrypted, or older than Word 97."""
    streams, title = _streams(path)
    main = streams.get("worddocument", b"")
    if not main:
        raise UnreadableFile(
            f"{path}：里面没有 Word 格式的正文，可能是更早的 WPS 或 Works 文件，请用 WPS 另存为 docx 后导入"
        )
    if len(main) < _PAIRS:
        raise damaged(path)
    ident, version, flags = (struct.unpack_from("<H", main, at)[0] for at in (0, 2, 10))
    if ident not in _WORD_IDENTS:
        raise damaged(path)
    if flags & _ENCRYPTED:
        raise UnreadableFile(f"{path}：文件已加密，请去掉密码后重新导入")
    if ident == 0xA5DC or version < _WORD_97:
        raise UnreadableFile(f"{path}：是 Word 6.0/95 的旧文件，读不了，请用 Word 或 WPS 另存为 docx 后重新导入")
    counts = struct.unpack_from("<8i", main, _CHARACTER_COUNTS)
    if min(counts) < 0:
        raise damaged(path)
    language = struct.unpack_from("<H", main, 6)[0] & 0x3FF
    return DocFile(
        main=main,
        table=streams.get("1table" if flags & _SECOND_TABLE else "0table", b""),
        data=streams.get("data", b""),
        counts=counts,
        east_asian=language in (0x04, 0x11, 0x12),
        title=title,
    )


def damaged(path: Path) -> UnreadableFile:
    return UnreadableFile(f"{path}：Word 文件已损坏，无法打开，请用 Word 或 WPS 另存后重新导入")


def _streams(path: Path) -> tuple[dict[str, bytes], str | None]:
    """Name in small letters -> content of the streams that hold the text, and the title in the properties."""
    import olefile

    found = {}
    try:
        with olefile.OleFileIO(path) as file:
            for name in ("WordDocument", "0Table", "1Table", "Data"):
                if file.exists(name) and file.get_size(name) <= _MAX_STREAM_BYTES:
                    found[name.lower()] = _stream(file, name)
            return found, _title(file)
    except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error, RecursionError):
        if not found.get("worddocument"):
            raise damaged(path) from None
        return found, None


def _stream(file: object, name: str) -> bytes:
    data: bytes = file.openstream(name).read()  # type: ignore[attr-defined]
    return data


def _title(file: object) -> str | None:
    name = "\x05SummaryInformation"
    there = file.exists(name) and file.get_size(name) <= _MAX_PROPERTY_BYTES  # type: ignore[attr-defined]
    return property_title(_stream(file, name)) if there else None


def _pair(main: bytes, number: int) -> tuple[int, int]:
    at = _PAIRS + 8 * number
    if at + 8 > len(main):
        return 0, 0
    offset, size = struct.unpack_from("<II", main, at)
    return offset, size
