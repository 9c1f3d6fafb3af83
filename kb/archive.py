"""What a backup file is: a ZIP of the ledger, the originals, the drafts and the settings, with a manifest of their SHA-256.

FILE is a ZIP: ledger.sqlite, originals/..., drafts/..., settings.toml without keys, and last manifest.json with the
SHA-256 of each. See kb.backup for making one, kb.restore for taking it back.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from kb.errors import BadBackup, StorageFull

OnDone = Callable[[int, int], None]  # bytes done, bytes in all

FORMAT = "zhengda-backup-1"
FORMAT_WITH_DRAFTS = "zhengda-backup-2"  # so that a program that knows of none says which one is needed
LEDGER, SETTINGS, MANIFEST, ORIGINALS, DRAFTS = (
    "ledger.sqlite",
    "settings.toml",
    "manifest.json",
    "originals/",
    "drafts/",
)
DRAFT_NAME = re.compile(r"[0-9a-f]{16}\.(?:jsonl|review\.json)")  # a draft, and what was decided on it
_BLOCK_BYTES = 2**20
_FILE_NAME = re.compile(r"[0-9A-Za-z._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup holds."""

    documents: int
    originals: int
    missing: tuple[str, ...]  # originals that the ledger names and that are not there
    keys_left_out: tuple[str, ...]  # settings that are not in it
    made_at: str
    size: int  # bytes
    drafts: int = 0


def told_of(total: int, on_done: OnDone | None) -> Callable[[int], None]:
    """Adds up bytes as they are done, and tells `on_done` of them."""
    done = 0

    def told(count: int) -> None:
        nonlocal done
        done += count
        if on_done is not None:
            on_done(min(done, total), total)

    return told


def copied(source: IO[bytes], target: IO[bytes] | None, told: Callable[[int], None]) -> dict[str, object]:
    """Streams to `target`, or only reads; the size and SHA-256 of it all."""
    size, digest = 0, hashlib.sha256()
    while block := source.read(_BLOCK_BYTES):
        size += len(block)
        digest.update(block)
        if target is not None:
            target.write(block)
        told(len(block))
    return {"size": size, "sha256": digest.hexdigest()}


def manifest_of(source: Path) -> dict[str, Any]:
    """What the backup says it holds. Raises BadBackup when it is none, or is cut off."""
    with _readable(source), zipfile.ZipFile(source) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        if manifest["format"] not in (FORMAT, FORMAT_WITH_DRAFTS):
            known = f"{FORMAT} 和 {FORMAT_WITH_DRAFTS}"
            raise BadBackup(f"{source}：备份格式是 {manifest['format']}，本程序只认 {known}，请用建立它的版本恢复")
        for name in manifest["files"]:
            if name not in (LEDGER, SETTINGS) and not _is_listed(name):
                raise BadBackup(f"{source}：备份里有不认识的文件 {name}，没有恢复")
        if LEDGER not in manifest["files"]:
            raise KeyError(LEDGER)
        return dict(manifest)


def _is_listed(name: str) -> bool:
    """Whether it is the name of an original or a draft, in its folder and nowhere else."""
    if name.startswith(DRAFTS):
        return DRAFT_NAME.fullmatch(name.removeprefix(DRAFTS)) is not None
    plain = name.removeprefix(ORIGINALS)
    return name.startswith(ORIGINALS) and bool(_FILE_NAME.fullmatch(plain) and plain.strip("."))


@contextmanager
def _readable(source: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, IsADirectoryError) as error:
        raise BadBackup(f"{source}：没有这个备份文件，请检查路径") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadBackup(f"{source}：不是完整的政答备份（可能没有拷贝完，或是别的文件），请换一份备份") from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise BadBackup(f"{source}：备份内容已损坏，请换一份备份") from error


def extract(source: Path, manifest: dict[str, Any], folder: Path | None, on_done: OnDone | None) -> None:
    """Writes the files to `folder`, or only reads them. Raises BadBackup when one is not as it was."""
    files = manifest["files"]
    told = told_of(sum(int(f["size"]) for f in files.values()), on_done)
    if folder is not None:
        (folder / ORIGINALS).mkdir()
        if any(name.startswith(DRAFTS) for name in files):
            (folder / DRAFTS).mkdir(mode=0o700)
    with _readable(source), zipfile.ZipFile(source) as archive:
        for name, noted in files.items():
            with archive.open(name) as stream:
                if folder is None:
                    found = copied(stream, None, told)
                else:
                    with (folder / name).open("wb") as target:
                        found = copied(stream, target, told)
                        target.flush()
                        os.fsync(target.fileno())
            if found != noted:
                raise BadBackup(f"{source}：备份里的 {name} 与校验值不符，备份已损坏，请换一份")


@contextmanager
def plain_errors(where: Path) -> Iterator[None]:
    """A full disk or a folder that cannot be written, as one line."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(f"{where}：磁盘已满，没有写成；腾出空间或换一个地方后重试，资料库没有变动") from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.ENOENT):
            raise StorageFull(f"{where}：文件夹不能写入（{error.strerror}），请检查权限或换一个地方") from error
        raise
