"""ZIP archives as folders: every member is a file of its own, and a bad one fails alone.

Members are unpacked one at a time, under names of our own: no path inside an archive is ever written to.
A member's identity is "path of the archive!/member", its source "archive/member"; archives inside archives likewise.
"""

from __future__ import annotations

import re
import stat
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from ingest.document import IngestError, UnreadableFile
from ingest.files import FoundFile, is_left_out, shown
from ingest.formats.sniff import true_suffix

MAX_DEPTH = 3  # archives inside each other
MAX_MEMBERS = 10_000  # files in an archive, those in archives inside it included
MAX_BYTES = 4 * 2**30  # unpacked, all together
MAX_RATIO = 200  # unpacked over packed; office files and texts stay below 50
RATIO_FROM_BYTES = 32 * 2**20  # smaller files may be as regular as they like
COPY_BYTES = 2**20

_PACKED = {
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "GZ",
    b"BZh": "BZ2",
    b"\xfd7zX": "XZ",
    b"MSCF": "CAB",
}
_PACKED_SUFFIXES = (".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".cab")
_ZIP_HEADS = (b"PK\x03\x04", b"PK\x05\x06")
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_UNICODE_PATH = 0x7075  # Info-ZIP's extra field with the name in UTF-8
_OFFICE = frozenset({".docx", ".docm", ".xlsx", ".xlsm", ".pptx", ".ofd", ".odt", ".ods", ".epub", ".wps", ".et"})
_BAD_MEMBER = (BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError)


class _TooMuch(UnreadableFile):
    """The archive as a whole goes beyond a limit."""


@dataclass(slots=True)
class _Room:
    """What an archive may still unpack, archives inside it included."""

    members: int = field(default_factory=lambda: MAX_MEMBERS)
    size: int = field(default_factory=lambda: MAX_BYTES)

    def take(self, infos: Sequence[ZipInfo], source: str) -> None:
        self.members -= len(infos)
        self.size -= sum(i.file_size for i in infos)
        if self.members < 0:
            raise _TooMuch(f"{source}：压缩包里的文件超过 {MAX_MEMBERS} 个，请分几次解压后导入文件夹")
        if self.size < 0:
            raise _TooMuch(f"{source}：解压后超过 {MAX_BYTES // 2**30} GB，请解压后分批导入文件夹")


def expand(files: Iterable[FoundFile], folder: Path) -> list[FoundFile]:
    """The files, with each archive's members in its place. Archives inside archives are unpacked into `folder`.

    An archive over the limits is refused as a whole.
    """
    expanded: list[FoundFile] = []
    for file in files:
        if file.problem or not (kind := _kind(file.path)):
            expanded.append(file)
        elif kind != "ZIP":
            expanded.append(_as_problem(file, _unpack_first(file.source, kind)))
        else:
            try:
                expanded += list(_members(file, folder, 1, _Room()))
            except UnreadableFile as error:
                expanded.append(_as_problem(file, str(error)))
    return expanded


def unpack(file: FoundFile, folder: Path) -> Path:
    """A member as a file of its own in `folder`, under a name that any system takes. Raises UnreadableFile."""
    assert file.member is not None
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / _safe_name(file.source)
    try:
        with (
            ZipFile(file.path) as archive,
            archive.open(archive.infolist()[file.member]) as packed,
            target.open("wb") as out,
        ):
            while piece := packed.read(COPY_BYTES):
                out.write(piece)
    except _BAD_MEMBER as error:
        what = "压缩方式不支持" if isinstance(error, NotImplementedError) else "在压缩包里已损坏"
        raise UnreadableFile(f"{file.source}：{what}，请在电脑上解压后单独导入") from None
    except RuntimeError:
        raise UnreadableFile(f"{file.source}：已加密，请去掉密码后重新导入") from None
    return target


def _members(file: FoundFile, folder: Path, depth: int, room: _Room) -> Iterator[FoundFile]:
    """The members of the archive at `file.path`, those of archives inside it in their place."""
    try:
        with ZipFile(file.path) as archive:
            listed = [(n, i, _name(i)) for n, i in enumerate(archive.infolist()) if not i.is_dir()]
    except (*_BAD_MEMBER, OSError):
        raise UnreadableFile(f"{file.source}：压缩包已损坏或没有下载完整，请重新下载后再导入") from None
    meant = [m for m in listed if not any(is_left_out(part) for part in _parts(m[2]) if part not in (".", ".."))]
    room.take([info for _, info, _ in listed], file.source)
    if not meant:
        yield _as_problem(file, f"{file.source}：压缩包里没有可导入的文件")
    times: dict[str, int] = {}
    for number, info, name in meant:
        times[name] = times.get(name, 0) + 1
        again = f"#{times[name]}" if times[name] > 1 else ""  # an archive may hold one name twice
        member = FoundFile(
            path=file.path,
            identity=f"{file.identity}!/{name}{again}",
            source=shown(f"{file.source}/{name}{again}"),
            size=info.file_size,
            member=number,
        )
        yield from _member(member, info, name, folder, depth, room)


def _member(member: FoundFile, info: ZipInfo, name: str, folder: Path, depth: int, room: _Room) -> Iterator[FoundFile]:
    if problem := _problem(info, name):
        yield _as_problem(member, f"{member.source}：{problem}")
        return
    try:
        inner = _inner_archive(member, folder / f"{MAX_MEMBERS - room.members}-{member.member}")
        if inner is None:
            yield member
        elif depth == MAX_DEPTH:
            yield _as_problem(member, f"{member.source}：压缩包套了 {MAX_DEPTH} 层以上，请解压后导入文件夹")
        else:
            yield from _members(_at(member, inner), folder, depth + 1, room)
    except _TooMuch:
        raise
    except UnreadableFile as error:
        yield _as_problem(member, str(error))


def _problem(info: ZipInfo, name: str) -> str | None:
    """Why a member is not taken, by its entry in the directory alone."""
    if name.startswith("/") or ".." in _parts(name) or re.match(r"[A-Za-z]:", name):
        return "压缩包里的路径指向外面，不安全，没有导入"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "是链接，没有跟随"
    if info.flag_bits & _ENCRYPTED_FLAG:
        return "已加密，请用密码解压后导入文件夹"
    if info.file_size > RATIO_FROM_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
        return f"压缩比超过 {MAX_RATIO} 倍，疑似压缩炸弹，没有解压"
    return None


def _inner_archive(member: FoundFile, folder: Path) -> Path | None:
    """The member unpacked, when it is itself an archive. Raises UnreadableFile for one of another kind than ZIP."""
    assert member.member is not None
    suffix = Path(_safe_name(member.source)).suffix.lower()
    if suffix in _OFFICE:
        return None
    try:
        with ZipFile(member.path) as archive, archive.open(archive.infolist()[member.member]) as packed:
            head = packed.read(4)
    except (*_BAD_MEMBER, RuntimeError, OSError):
        return None  # unpacking it later says what is wrong
    if head not in _ZIP_HEADS:
        if kind := _packed_kind(head, suffix):
            raise UnreadableFile(_unpack_first(member.source, kind))
        return None
    path = unpack(member, folder)
    return path if _kind(path) == "ZIP" else None


def _unpack_first(source: str, kind: str) -> str:
    return f"{source}：是 {kind} 压缩包，不能直接打开，请先解压，再导入解压出来的文件夹（或改存为 ZIP）"


def _kind(path: Path) -> str | None:
    """What kind of archive the file is; None for anything else, also for office files, which are ZIPs inside."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
        if head == _ZIP_HEADS[1]:
            return "ZIP"
        if head == _ZIP_HEADS[0]:
            return "ZIP" if true_suffix(path) == ".zip" else None
    except (OSError, IngestError):
        return None  # reading it later says what is wrong
    return _packed_kind(head, path.suffix.lower())


def _packed_kind(head: bytes, suffix: str) -> str | None:
    named = suffix[1:].upper() if suffix in _PACKED_SUFFIXES else None
    return next((kind for magic, kind in _PACKED.items() if head.startswith(magic)), named)


def _name(info: ZipInfo) -> str:
    """The member's name: UTF-8 where the archive says so, else as whoever packed it most likely wrote it."""
    if info.flag_bits & _UTF8_FLAG:
        name = info.filename
    else:
        raw = info.orig_filename.encode("cp437", "replace")
        name = _unicode_path(info.extra, raw) or _decoded(raw) or info.filename
    return name.split("\x00")[0].replace("\\", "/")


def _decoded(raw: bytes) -> str | None:
    """UTF-8 (macOS) or GB18030 (Windows here); None when it is neither.

    Some words in GB18030 are also UTF-8, 通知 among them, but then of no character above U+07FF, let alone a Chinese one.
    """
    for encoding in ("utf-8", "gb18030"):
        try:
            name = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "gb18030" or name.isascii() or max(name) > "\u07ff":
            return name
    return None


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name in the extra field made for that, when it belongs to this name."""
    while len(extra) >= 4:
        tag, size = struct.unpack("<HH", extra[:4])
        body, extra = extra[4 : 4 + size], extra[4 + size :]
        if tag == _UNICODE_PATH and body[1:5] == struct.pack("<I", zlib.crc32(raw)):
            return body[5:].decode("utf-8", "replace")
    return None


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part]


def _safe_name(source: str) -> str:
    """The last part of a source as a file name that any system takes, its suffix kept."""
    name = re.sub(r'[<>:"\\|?*\x00-\x1f]', "_", source.rsplit("/", 1)[-1])
    stem, dot, suffix = name.rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem and len(suffix) <= 10 else (name, "")
    return (stem.encode("utf-8")[:150].decode("utf-8", "ignore").rstrip(" .") or "_") + suffix


def _at(member: FoundFile, path: Path) -> FoundFile:
    return FoundFile(path=path, identity=member.identity, source=member.source, size=member.size)


def _as_problem(file: FoundFile, problem: str) -> FoundFile:
    return FoundFile(path=file.path, identity=file.identity, source=file.source, problem=problem)
