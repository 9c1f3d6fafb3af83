"""Zip files of XML parts (XLSX, PPTX, OFD), opened with a limit on what they may unpack to."""

from __future__ import annotations

import posixpath
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from ingest.document import UnreadableFile

MAX_XML_BYTES = 1 << 30  # of all XML parts together; a sheet of 100,000 rows and 10 columns has 50 million
MAX_PART_BYTES = 64 << 20  # of a part that is read whole
_MIN_BOMB_BYTES = 50 << 20
_MAX_RATIO = 400  # a sheet of equal rows packs 1:100 or so; deflate can reach 1:1032

Element = Any  # an lxml element


class Packed:
    """The parts of an open package, by name. Reading raises UnreadableFile when a part is damaged or too large."""

    def __init__(self, archive: ZipFile, path: Path, what: str) -> None:
        self._archive = archive
        self._path = path
        self._what = what
        self.names = frozenset(archive.namelist())

    def xml(self, name: str) -> Element | None:
        """The root element of a part, None when there is no such part."""
        from lxml import etree

        data = self.content(name)
        if data is None:
            return None
        try:
            return etree.fromstring(data, xml_parser())
        except (etree.XMLSyntaxError, ValueError):
            raise self.damaged(name) from None

    def content(self, name: str) -> bytes | None:
        """A part whole, None when there is no such part."""
        if name not in self.names:
            return None
        if self._archive.getinfo(name).file_size > MAX_PART_BYTES:
            raise UnreadableFile(
                f"{self._path}：其中的 {name} 解压后超过 {MAX_PART_BYTES >> 20} MB，可能是压缩炸弹，没有读取"
            )
        with self.opened(name) as part:
            return bytes(part.read())

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """A part as a stream; damage met while it is open is reported."""
        try:
            with self._archive.open(name) as part:
                yield part
        except (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
            raise self.damaged(name) from None

    def damaged(self, name: str) -> UnreadableFile:
        """The error that says which part cannot be read."""
        return UnreadableFile(f"{self._path}：{self._what}已损坏（{name} 无法读取），请重新下载或另存后再导入")


@contextmanager
def open_packed(path: Path, what: str) -> Iterator[Packed]:
    """The package at `path`; `what` names the kind of file in messages. Raises UnreadableFile."""
    try:
        archive = ZipFile(path)
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        raise UnreadableFile(f"{path}：{what}已损坏或没有下载完整，请重新下载后再导入") from None
    with archive:
        _check(archive, path, what)
        yield Packed(archive, path, what)


def _check(archive: ZipFile, path: Path, what: str) -> None:
    parts = [info for info in archive.infolist() if info.filename.lower().endswith((".xml", ".rels"))]
    if any(info.flag_bits & 1 for info in parts):
        raise UnreadableFile(f"{path}：文件已加密，请去掉密码后重新导入")
    size, packed = sum(info.file_size for info in parts), sum(info.compress_size for info in parts)
    if size > MAX_XML_BYTES or (size > _MIN_BOMB_BYTES and size > packed * _MAX_RATIO):
        raise UnreadableFile(f"{path}：{what}解压后有 {size >> 20} MB，超出限制或可能是压缩炸弹，没有读取")


def xml_parser() -> Any:
    """A parser that follows no entities and no addresses."""
    from lxml import etree

    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=False)


def resolved(target: str, folder: str) -> str:
    """The name of a part that `target` points to from `folder`; one that begins with "/" counts from the top."""
    joined = target if target.startswith("/") else posixpath.join(folder, target)
    return posixpath.normpath(joined.replace("\\", "/")).lstrip("/")


def local(element: Element) -> str:
    """An element's name without its namespace; "" for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
