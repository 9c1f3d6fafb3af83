"""Which files are meant by the paths that a user gives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest.document import UnreadableFile

_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


def find_files(paths: Iterable[str | Path]) -> list[tuple[Path, str]]:
    """(file, source) of every file meant, folders searched to the bottom; source is the path as given or found.

    Within a folder: natural order (2 before 10), without hidden files, office lock files and what operating
    systems leave. Files of unknown kinds are listed, so that reading them reports why they are left out.
    Raises UnreadableFile for a path that does not exist.
    """
    found: dict[Path, str] = {}
    for given in paths:
        path = Path(given)
        if not path.exists():
            raise UnreadableFile(f"{path}：找不到这个文件或文件夹，请检查路径")
        for file in _walk(path) if path.is_dir() else (path,):
            found.setdefault(file, str(file))
    return list(found.items())


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir(), key=_natural):
        if _is_left_out(entry.name):
            continue
        if entry.is_dir():
            yield from _walk(entry)
        elif entry.is_file():
            yield entry


def _is_left_out(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in _SYSTEM_FILES


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """A sort key that compares the numbers in a name as numbers."""
    parts = re.split(r"(\d+)", path.name.casefold())
    return [(0, int(p), "") if p.isascii() and p.isdigit() else (1, 0, p) for p in parts if p]
