"""How the base and the program are: numbers that are read quickly, without loading any model."""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from kb.generations import Rebuilding
from kb.records import Record
from qa.service import Service
from ui.backups import folder_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the 系统 tab lists. Sizes in bytes."""

    documents: int
    hidden: int  # versions and copies that others stand for
    passages: int
    home: Path
    base_size: int
    backup_size: int
    free: int
    version: str
    embedder: str
    is_outdated: bool
    rebuilding: Rebuilding | None
    language_model: str  # "" without one
    reader: str  # the setting: "builtin" or "none"
    ocr: bool | None  # None: switched off; False: a part is missing
    imports: tuple[tuple[date, int], ...]  # the last days on which documents were taken in, the newest first


def health_of(service: Service) -> Health:
    """The state of the service's base."""
    settings, records = service.settings, service.documents(hidden=True)
    backup_size = _size(folder_of(settings.home))
    return Health(
        documents=len(service.documents()),
        hidden=len(records) - len(service.documents()),
        passages=sum(record.chunks for record in records),
        home=settings.home,
        base_size=_size(settings.home) - backup_size,
        backup_size=backup_size,
        free=shutil.disk_usage(settings.home).free,
        version=version("zhengda"),
        embedder=settings.embedder,
        is_outdated=service.is_outdated,
        rebuilding=service.rebuilding(),
        language_model=settings.llm_model if settings.has_llm else "",
        reader=settings.reader,
        ocr=all(find_spec(part) for part in ("rapidocr", "cv2")) if settings.ocr else None,
        imports=_imports(records),
    )


def _imports(records: tuple[Record, ...], days: int = 8) -> tuple[tuple[date, int], ...]:
    counts = Counter(record.added_at.astimezone().date() for record in records)
    return tuple(sorted(counts.items(), reverse=True)[:days])


def _size(folder: Path) -> int:
    """Bytes of all files; those that go meanwhile count nothing."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            if path.is_file() and not path.is_symlink():
                size += path.stat().st_size
    return size
