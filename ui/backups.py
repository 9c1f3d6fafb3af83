"""The backup files that the page makes: in home/backups, for the owner of the folder alone."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kb.archive import Backup, OnDone
from kb.errors import BadBackup

_NAME = re.compile(r"[\w（）()-][\w（）() .-]{0,79}\.zip")
_MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFile:
    """A backup as it lies there."""

    name: str
    size: int  # bytes
    made_at: datetime  # local


def folder_of(home: Path) -> Path:
    """Where the backups of the base in `home` are."""
    return home / "backups"


def backups_in(home: Path) -> list[BackupFile]:
    """The backups, the newest first."""
    found = []
    for path in folder_of(home).glob("*.zip"):
        if _NAME.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            state = path.stat()
            made = datetime.fromtimestamp(state.st_mtime)
            found.append(BackupFile(name=path.name, size=state.st_size, made_at=made))
    return sorted(found, key=lambda each: each.made_at, reverse=True)


def backup_path(home: Path, name: str) -> Path | None:
    """The backup of that name; None when there is none. `name` may come from anyone."""
    return folder_of(home) / name if name in {each.name for each in backups_in(home)} else None


def new_name() -> str:
    """A name for a backup made now."""
    return f"政答备份-{datetime.now():%Y%m%d-%H%M%S}.zip"


def make_backup(home: Path, name: str, on_done: OnDone) -> str:
    """Makes a backup of that name; what became of it, a line. Raises BadBackup and StorageFull."""
    from kb.backup import backup

    name = name.strip() or new_name()
    name = name if name.casefold().endswith(".zip") else f"{name}.zip"
    if not _NAME.fullmatch(name):
        raise BadBackup(f"备份文件名 {name!r} 不能用：请用汉字、字母、数字和 - _，不超过 80 字")
    target = folder_of(home) / name
    if target.exists():
        raise BadBackup(f"已有名为 {name} 的备份，请换一个名字")
    _make_folder(target.parent)
    made = backup(home, target, on_done)
    target.chmod(0o600)
    missing = f"；有 {len(made.missing)} 个原件在资料库里已经缺失，不在备份里" if made.missing else ""
    keys = f"；密钥不进备份：{'、'.join(made.keys_left_out)}" if made.keys_left_out else ""
    size = f"{made.size / _MIB:.1f} MB"
    return f"已备份 {holds(made)}，{size}，已逐个核对：{name}{missing}{keys}"


def holds(made: Backup) -> str:
    """What the backup holds, in words."""
    drafts = f"、{made.drafts} 份起草" if made.drafts else ""
    return f"{made.documents} 份文件、{made.originals} 个原件{drafts}"


def delete_backup(home: Path, name: str) -> None:
    """Deletes a backup; nothing when there is none of that name."""
    if (path := backup_path(home, name)) is not None:
        path.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if os.name == "posix":
            folder.chmod(0o700)
    except OSError as error:
        raise BadBackup(f"{folder}：备份文件夹建不了（{error.strerror}），请检查权限和磁盘空间") from error
