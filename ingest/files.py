"""Which files are meant by the paths that a user gives, and which of them cannot be taken, with the reason."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.document import UnreadableFile

_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp"})  # would move the cursor, turn the text round or end the line


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file that is meant, or what stands in its place and why it cannot be taken (`problem`)."""

    path: Path  # what to open; for a member of an archive, the archive
    identity: str  # the absolute path, links resolved: the same file found again has the same
    source: str  # what people see: the path as given or found
    size: int = 0  # bytes
    member: int | None = None  # its place in the archive at `path`
    problem: str | None = None  # one line in Chinese


def find_files(paths: Iterable[str | Path], names: Mapping[Path, str] | None = None) -> list[FoundFile]:
    """Every file meant, once, folders searched to the bottom.

    Within a folder: natural order (2 before 10), without hidden files, office lock files and what operating
    systems leave. Files of unknown kinds are listed, so that reading them reports why they are left out; so are
    links out of the folder, which are not followed, and what cannot be listed. `names` are sources to show instead
    of the path. Raises UnreadableFile when no path given exists; one that is missing beside others is a problem.
    """
    given = [Path(p) for p in paths]
    if given and not any(_exists(p) for p in given):
        raise UnreadableFile(_missing(given[0]))
    found: dict[str, FoundFile] = {}
    for path in given:
        for file in _walk(path, path, set()) if path.is_dir() else (_given(path, (names or {}).get(path)),):
            found.setdefault(file.identity, file)
    return list(found.values())


def shown(text: str) -> str:
    r"""`text` fit for a screen: names not in UTF-8 read as GB18030, control characters as \x07 and the like."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogateescape")
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError:
            text = raw.decode("utf-8", "backslashreplace")
    return "".join(ascii(c)[1:-1] if unicodedata.category(c) in _HIDDEN_CATEGORIES else c for c in text)


def is_left_out(name: str) -> bool:
    """Whether a name is a hidden file's, an office lock file's, or one that operating systems leave."""
    return name.startswith((".", "~$")) or name.lower() in _SYSTEM_FILES


def _given(path: Path, source: str | None) -> FoundFile:
    if not _exists(path):
        return _refused(path, _missing(path))
    return _file(path, source)


def _walk(folder: Path, root: Path, seen: set[Path]) -> Iterator[FoundFile]:
    """The files below `folder`; `seen` are the real folders already searched, so that no loop is run twice."""
    try:
        seen.add(folder.resolve())
        entries = sorted(folder.iterdir(), key=_natural)
    except (OSError, RuntimeError) as error:
        yield _refused(folder, f"{shown(str(folder))}：文件夹打不开（{_why(error)}），请检查权限")
        return
    for entry in entries:
        if is_left_out(entry.name):
            continue
        if entry.is_symlink() and (problem := _link_problem(entry, root)):
            yield _refused(entry, problem)
        elif not _is_folder(entry):
            yield _file(entry)
        elif (
            entry.resolve() not in seen and not entry.is_symlink()
        ):  # what a link inside leads to is found in its place
            yield from _walk(entry, root, seen)


def _link_problem(link: Path, root: Path) -> str | None:
    """Why a link found in a folder is not followed; None when it leads to something inside."""
    name = shown(str(link))
    try:
        target, home, here = link.resolve(strict=True), root.resolve(), link.parent.resolve()
    except FileNotFoundError:
        return f"{name}：是链接，指向的文件已不存在，请删除这个链接"
    except (OSError, RuntimeError) as error:
        looped = isinstance(error, RuntimeError) or "loop" in _why(error).lower()
        why = "链接指向自己，成了死循环" if looped else f"链接打不开（{_why(error)}）"
        return f"{name}：{why}，请删除这个链接"
    if not target.is_relative_to(home):
        return f"{name}：是指向文件夹之外的链接（{shown(str(target))}），没有跟随；确实要导入请直接给出该路径"
    if here.is_relative_to(target):
        return f"{name}：链接指回它所在的文件夹，成了死循环，请删除这个链接"
    return None


def _file(path: Path, source: str | None = None) -> FoundFile:
    name = source or str(path)
    try:
        identity = path.resolve()
        size = path.stat().st_size
        regular = path.is_file()
    except (OSError, RuntimeError) as error:
        return _refused(path, f"{shown(name)}：读不了（{_why(error)}），请检查文件是否还在、是否有权限")
    if not regular:
        return _refused(path, f"{shown(name)}：不是普通文件，请从参数或文件夹里去掉")
    return FoundFile(path=path, identity=_storable(identity), source=shown(name), size=size)


def _refused(path: Path, problem: str) -> FoundFile:
    identity = path.parent.resolve() / path.name
    return FoundFile(path=path, identity=_storable(identity), source=shown(str(path)), problem=problem)


def _storable(path: Path) -> str:
    """The path as text that UTF-8 can hold, different for different paths."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, RuntimeError, ValueError):
        return path.is_symlink()


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _missing(path: Path) -> str:
    return f"{shown(str(path))}：找不到这个文件或文件夹，请检查路径"


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """A sort key that compares the numbers in a name as numbers."""
    parts = re.split(r"(\d+)", path.name.casefold())
    return [(0, int(p), "") if p.isascii() and p.isdigit() else (1, 0, p) for p in parts if p]
